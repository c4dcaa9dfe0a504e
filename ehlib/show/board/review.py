"""The year against the plan: each measure then, a year ago and now; what could not be judged."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import earlier_quarter, parse_quarter
from ehlib.measure.impact.progress import CHANGE, HIDDEN, MOVED, NO_FIGURE, NOT_JUDGED
from ehlib.measure.impact.standing import filter_due
from ehlib.show.board.actions import NONE, actions_table, count_actions
from ehlib.show.board.words import (
    QUARTER_NOTE,
    STATUS_NOTE,
    baseline_words,
    counted,
    figure_cells,
    hidden_words,
    in_turn,
    limit_cells,
    list_names,
    named,
    status_words,
    synthetic_words,
    unit_name,
)
from ehlib.show.cells import show_note, show_table
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import (
    begin,
    count_words,
    in_sentence,
    list_words,
    number,
    short_label,
)
from ehlib.show.tables import LIMITS

CHANGE_NOTE = "Changes are in the figure's own unit, those of percentages in percentage points."


def review_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the annual review."""
    first, last = year_of(quarter)
    return (
        f"{areas.county.name}, the year from {first:%B %Y} to {last:%B %Y}. Periods that ended "
        f"after {last.day} {last:%B %Y} are left out."
    )


def year_of(quarter: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of the four quarters that end with one."""
    period = parse_quarter(quarter)
    return pd.Timestamp(earlier_quarter(period, 3).start), pd.Timestamp(period.end)


def review_findings(
    progress: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    *,
    actions: pd.DataFrame,
    quarter: str,
) -> list[str]:
    """What moved, what could not be judged, and which actions were due, as sentences."""
    counts = Counter(progress["status"])
    judged = sum(counts[status] for status in MOVED)
    moved = list_words([counted(status, counts[status]) for status in MOVED])
    sample = synthetic_words(progress.dropna(subset="value"))
    said = [f"{judged} of the {len(progress)} indicators can be judged: {moved}. {sample}".strip()]
    for status in ("worsening", "improving"):
        rows = progress[progress["status"] == status]
        if len(rows):
            said.append(f"{begin(status)}: {named(rows, indicators, figures=True)}.")
    lacking = counts[NO_FIGURE]
    if lacking:
        have = "has" if lacking == 1 else "have"
        said.append(f"{begin(count_words(lacking, 'indicator'))} {have} no figure for the county.")
    return [*said, *hidden_words(progress), _due_sentence(actions, quarter)]


def _due_sentence(actions: pd.DataFrame, quarter: str) -> str:
    """How many actions were due in the year and are done; or that none is recorded at all."""
    if actions.empty:
        return NONE
    due = filter_due(actions, *year_of(quarter))
    done = int((due["status"] == "done").sum())
    said = f"The plan had {count_actions(due)} due in the year"
    return said + (f"; {done or 'none'} recorded as done." if len(due) else ".")


def review_table(progress: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row an outcome that has a figure: the plan's baseline, a year ago, now, and the change.

    Parameters
    ----------
    progress : DataFrame
        As `add_progress` gives it.
    indicators : mapping
        The catalogue, with what the plan prints.

    Returns
    -------
    DataFrame of text
    """
    held = progress.dropna(subset="value")
    told = in_turn(held, indicators)
    before = held.assign(period=held["year_period"])
    table = pd.DataFrame(
        {
            "Outcome": [unit_name(now) for _, now in told],
            "Baseline in the plan": [baseline_words(now) for _, now in told],
            "A year before": marked([_before(row, now) for row, now in told], before, "value"),
            "Now": figure_cells(held, indicators),
            LIMITS: limit_cells(held, indicators),
            "Period": [short_label(row["period"]) for row, _ in told],
            "Change in the year": marked([_change(*each) for each in told], held, "year_change"),
            "Status": [status_words(row["status"]) for row, _ in told],
        }
    )
    return unmarked(table)


def show_review(progress: pd.DataFrame, indicators: Mapping[str, Indicator], place: str) -> None:
    """Table of the year, or that no outcome has a figure."""
    held = progress.dropna(subset="value")
    if held.empty:
        show_note(f"No outcome has a figure for {place} yet.")
        return
    show_table(
        review_table(progress, indicators),
        caption=f"Outcomes of the plan that have a figure, {place}: then, a year before, now.",
        note=f"{STATUS_NOTE} {QUARTER_NOTE} {CHANGE_NOTE}",
        of=held,
    )


def show_unjudged(progress: pd.DataFrame, indicators: Mapping[str, Indicator]) -> None:
    """Table of why outcomes cannot be judged and which they are; or that all can be."""
    rows = progress[progress["status"].isin([NOT_JUDGED, NO_FIGURE, HIDDEN])]
    if rows.empty:
        show_note("Every outcome can be judged.")
        return
    table = [
        {
            "Why it cannot be judged": begin(reason),
            "Outcomes": str(len(part)),
            "Which": begin(list_names([_name(key, indicators) for key in part["indicator_id"]])),
        }
        for reason, part in rows.groupby("reason", sort=False)
    ]
    show_table(pd.DataFrame(table), caption="Outcomes that cannot be judged, by reason.")


def show_due(
    actions: pd.DataFrame,
    progress: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    quarter: str,
) -> None:
    """Table of the actions due in the year, or that there was none; nothing where none is known."""
    if actions.empty:
        return
    first, last = year_of(quarter)
    due = filter_due(actions, first, last)
    if due.empty:
        show_note("No action of the plan was due in the year.")
        return
    show_table(
        actions_table(due, progress, indicators),
        caption=f"Actions due from {first:%B %Y} to {last:%B %Y}.",
        note="An action without a recorded status may be done: nobody has said so.",
    )


def _before(row: Mapping[str, object], now: Indicator) -> str:
    if not row["year_period"]:
        return ""
    return f"{number(row['year_value'], now.decimals)} ({short_label(row['year_period'])})"


def _change(row: Mapping[str, object], now: Indicator) -> str:
    """Difference from a year before with its sign and limits; why there is none."""
    change, lower, upper = (float(row[name]) for name in CHANGE)
    if pd.isna(change):
        return "not compared" if row["year_period"] else ""
    signed = f"{'+' if change > 0 else ''}{number(change, now.decimals)}"
    if pd.isna(lower):
        return signed
    ends = " to ".join(number(end, now.decimals) for end in (lower, upper))
    return f"{signed} ({ends})"


def _name(indicator_id: str, indicators: Mapping[str, Indicator]) -> str:
    return in_sentence(indicators[indicator_id].short_name)
