"""What needs attention: outcomes off track, each with its action, and what to decide of them."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import filter_latest, filter_totals
from ehlib.measure.impact.progress import NO_FIGURE, YEAR
from ehlib.measure.impact.standing import OVERDUE, UNKNOWN, without_action
from ehlib.show.board.actions import count_actions, linked_words
from ehlib.show.board.words import (
    figure_cells,
    in_turn,
    limit_cells,
    list_names,
    now_of,
    unit_name,
)
from ehlib.show.cells import show_note, show_table
from ehlib.show.figures.process import quarters_chart, rule_words
from ehlib.show.numbers import unmarked
from ehlib.show.sentences import begin, count_words, in_sentence, list_words, short_label
from ehlib.show.tables import LIMITS

NONE = "No outcome that can be judged is off track: none is worsening or worse than England."
EXCEPTION_NOTE = (
    "Off track means worsening, worse than England, or a process chart shows a concern. Links "
    "between outcomes and actions are our reading of the plan."
)


def exceptions(
    progress: pd.DataFrame,
    measures: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    areas: Areas,
) -> pd.DataFrame:
    """Rows of outcomes that are off track, with why.

    Parameters
    ----------
    progress : DataFrame
        As `add_progress` gives it.
    measures : DataFrame
        Compared with England; districts and quarters are looked for here.
    indicators : mapping
        The catalogue.
    areas : Areas
        The county, and the districts named.

    Returns
    -------
    DataFrame, rows of `progress`
        Adds `why`, a list of words, and `county` (whether the county itself is off track, not
        only districts of it).
    """
    rows = []
    for row in progress.to_dict("records"):
        indicator = indicators[row["indicator_id"]]
        own = measures[measures["indicator_id"] == row["indicator_id"]]
        county = [*_of_county(row), *_of_chart(own, indicator, areas)]
        why = [*county, *_of_districts(own, indicator)]
        if why:
            rows.append(row | {"why": why, "county": bool(county)})
    return pd.DataFrame(rows, columns=[*progress.columns, "why", "county"])


def exceptions_table(
    found: pd.DataFrame, indicators: Mapping[str, Indicator], actions: pd.DataFrame
) -> pd.DataFrame:
    """One row an outcome off track: its figure, why, and the action that is to mend it."""
    told = in_turn(found, indicators)
    table = pd.DataFrame(
        {
            "Outcome": [unit_name(now) for _, now in told],
            "What is off track": [begin("; ".join(row["why"])) for row, _ in told],
            "County": figure_cells(found, indicators),
            LIMITS: limit_cells(found, indicators),
            "Period": [short_label(row["period"]) for row, _ in told],
            "Action": [linked_words(row["indicator_id"], actions) for row, _ in told],
        }
    )
    return unmarked(table)


def show_exceptions(
    found: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    actions: pd.DataFrame,
    measures: pd.DataFrame,
) -> None:
    """Table of what is off track, or that nothing is."""
    if found.empty:
        show_note(NONE)
        return
    sources = measures[measures["indicator_id"].isin(found["indicator_id"])]
    show_table(
        exceptions_table(found, indicators, actions),
        caption="Outcomes off track, each with the actions that are to mend it.",
        note=EXCEPTION_NOTE,
        of=sources.dropna(subset="value"),
    )


def exceptions_findings(found: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    """Which outcomes are off track, as sentences; none where nothing is."""
    told = [
        (in_sentence(now_of(indicators[row["indicator_id"]], row).short_name), row)
        for row in found.to_dict("records")
    ]
    county = [name for name, row in told if row["county"]]
    parts = [name for name, row in told if not row["county"]]
    said = [f"Off track: {list_names(county)}."] if county else []
    said += [f"Off track in some districts only: {list_names(parts)}."] if parts else []
    return [" ".join(said)] if said else []


def decisions(
    actions: pd.DataFrame, found: pd.DataFrame, progress: pd.DataFrame, indicators: Mapping
) -> pd.DataFrame:
    """What the Board is asked to decide, derived from what is overdue, off track or not known.

    Parameters
    ----------
    actions : DataFrame
        As `add_standing` gives them.
    found : DataFrame
        As `exceptions` gives them.
    progress : DataFrame
        As `add_progress` gives it.
    indicators : mapping
        The catalogue.

    Returns
    -------
    DataFrame of text
        `Decision` and `Why it is asked`; no rows where there is nothing to decide.
    """
    overdue = actions[actions["standing"] == OVERDUE]
    unknown = actions[actions["standing"] == UNKNOWN]
    lone = without_action(list(found["indicator_id"]), actions)
    lacking = progress[progress["status"] == NO_FIGURE]
    names = [in_sentence(indicators[key].short_name) for key in lone]
    asked = [
        (
            overdue,
            "Agree a new date for each overdue action, or say that it stops",
            f"{count_actions(overdue)} past the date set and not done",
        ),
        (
            unknown,
            "Ask the bodies that lead to report on the actions past their date",
            f"{count_actions(unknown)} past the date set with no status recorded",
        ),
        (
            lone,
            "Agree an action for each outcome off track that has none",
            f"No action is recorded for {list_names(names)}" if names else "",
        ),
        (
            lacking,
            "Name who supplies the figures that are missing",
            f"{count_words(len(lacking), 'indicator')} of the plan without a figure: nobody can "
            "say whether they move",
        ),
    ]
    rows = [{"Decision": what, "Why it is asked": why} for each, what, why in asked if len(each)]
    return pd.DataFrame(rows, columns=["Decision", "Why it is asked"])


def show_decisions(asked: pd.DataFrame) -> None:
    """Table of the decisions asked for, or that none follows from the figures."""
    if asked.empty:
        show_note("No decision follows from the figures or the actions recorded.")
        return
    show_table(asked, caption="Decisions asked for.")


def _of_county(row: Mapping[str, object]) -> list[str]:
    """Why the county's latest figure is off track."""
    said = []
    if row["status"] == "worsening":
        since = short_label(str(row["year_period"])) if row["basis"] == YEAR else row["basis"]
        said.append(f"worsening since {since}")
    if row["comparison"] == "worse":
        said.append(f"worse than {row['benchmark_name']}")
    return said


def _of_chart(own: pd.DataFrame, indicator: Indicator, areas: Areas) -> list[str]:
    """What the process chart shows of the latest quarter, where it is a concern."""
    totals = filter_totals(own, indicator)
    current = indicator.at(totals["period_start"].max().date()) if len(totals) else indicator
    chart = quarters_chart(totals, areas.county.code, current).dropna(subset="value")
    if chart.empty or chart["icon"].iloc[-1] != "concern":
        return []
    return [rule_words(chart.iloc[-1])]


def _of_districts(own: pd.DataFrame, indicator: Indicator) -> list[str]:
    """Which districts are worse than England in the latest period held for districts."""
    latest = filter_latest(filter_totals(own, indicator), area_types=("district",))
    worse = latest[(latest["area_type"] == "district") & (latest["comparison"] == "worse")]
    if worse.empty:
        return []
    name = worse["benchmark_name"].iloc[0]
    places = list_words(sorted(worse["area_name"]))
    return [f"worse than {name} in {places}" if name else f"worse in {places}"]
