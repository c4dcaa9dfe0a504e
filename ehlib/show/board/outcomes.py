"""The outcomes of the plan on a page: counts by status, one row each, and those without figures."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.indicators.reported import REPORT_SETS
from ehlib.load.periods import in_words, parse_quarter
from ehlib.measure.compare import ENGLAND
from ehlib.measure.impact.progress import HIDDEN, MOVED, NO_FIGURE, NOT_JUDGED
from ehlib.show.board.words import (
    PRIORITY_WORDS,
    compared_cells,
    counted,
    england_words,
    figure_cells,
    hidden_words,
    in_turn,
    limit_cells,
    named,
    next_words,
    status_told,
    status_words,
    synthetic_words,
    unit_name,
)
from ehlib.show.cells import show_note, show_table
from ehlib.show.findings import last_day
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import begin, count_words, in_sentence, list_words, short_label
from ehlib.show.tables import LIMITS

COUNTED = (*reversed(MOVED), NOT_JUDGED, NO_FIGURE, HIDDEN)  # a phone shows the first columns
TITLES = {
    "all": "Outcomes of the children's plan",
    "hwb_framework": "Outcomes: Health and Wellbeing Board set",
    "early_help_report": "Outcomes: early help set",
}


def outcomes_context(areas: Areas, quarter: str, report_set: str) -> str:
    """Line under the title of a page of outcomes."""
    return (
        f"{areas.county.name}, {in_words(parse_quarter(quarter))}. Indicators of "
        f"{REPORT_SETS[report_set][1]}. Periods that ended after {last_day(quarter)} are left out."
    )


def outcomes_findings(
    progress: pd.DataFrame, indicators: Mapping[str, Indicator], areas: Areas
) -> list[str]:
    """How many outcomes move which way, which they are, and how many have no figure.

    Parameters
    ----------
    progress : DataFrame
        As `add_progress` gives it.
    indicators : mapping
        The catalogue.
    areas : Areas
        Names the county.
    """
    held, county = progress.dropna(subset="value"), areas.county.name
    lacking = progress[progress["status"] == NO_FIGURE]
    total = count_words(len(progress), "indicator")
    hidden = hidden_words(progress)
    if held.empty:
        return [
            f"None of the {total} has a figure for {county} {'to show' if hidden else 'yet'}.",
            *hidden,
        ]
    counts = f"{len(held)} of the {total} {'has' if len(held) == 1 else 'have'} a figure"
    said = [f"{counts} for {county}: {_counted(held)}. {synthetic_words(held)}".strip()]
    for status in ("worsening", "improving"):
        rows = held[held["status"] == status]
        if len(rows):
            said.append(f"{begin(status)}: {named(rows, indicators, figures=True)}.")
    worse = held[held["comparison"] == "worse"]
    if len(worse):
        said.append(f"Worse than {worse['benchmark_name'].iloc[0]}: {named(worse, indicators)}.")
    if len(lacking):
        said.append(f"{begin(count_words(len(lacking), 'indicator'))} {_wait(len(lacking))}.")
    return [*said, *hidden]


def counts_table(progress: pd.DataFrame) -> pd.DataFrame:
    """One row a priority and one for all: how many indicators have each status."""
    counts = pd.crosstab(progress["priority"], progress["status"])
    counts = counts.reindex(progress["priority"].unique()).reindex(columns=list(COUNTED))
    counts = counts.fillna(0).astype("int64")
    if not counts[HIDDEN].any():
        counts = counts.drop(columns=HIDDEN)
    if len(counts) > 1:
        counts.loc["All priorities"] = counts.sum()
    table = counts.rename(columns=status_words).astype("str")
    table.insert(0, "Indicators", counts.sum(axis=1).astype("str"))
    table = table.rename_axis("Priority").rename(index=PRIORITY_WORDS)
    return table.reset_index().rename_axis(columns=None)


def outcome_table(
    rows: pd.DataFrame, indicators: Mapping[str, Indicator], quarter: str
) -> pd.DataFrame:
    """One row an indicator that has a figure: status, latest figure, England, next figure.

    Parameters
    ----------
    rows : DataFrame
        As `add_progress` gives it; those without a figure are left out.
    indicators : mapping
        The catalogue.
    quarter : str
        Decides whether the next figure is awaited or overdue.

    Returns
    -------
    DataFrame of text
        A column without any figure, such as England's, is left out.
    """
    held = rows.dropna(subset="value")
    told = in_turn(held, indicators)
    england = [england_words(row, now) for row, now in told]
    names = [name for name in held["benchmark_name"].unique() if name]
    table = pd.DataFrame(
        {
            "Indicator": [unit_name(now) for _, now in told],
            "Status": [status_told(row) for row, _ in told],
            "Compared with": compared_cells(held, indicators),
            "Latest": figure_cells(held, indicators),
            LIMITS: limit_cells(held, indicators),
            "Period": [short_label(row["period"]) for row, _ in told],
            names[0] if names else "England": marked(england, _of_benchmark(held), "value"),
            "Next figure": [next_words(row, now, quarter) for row, now in told],
        }
    )
    table = unmarked(table)
    return table.loc[:, (table != "").any()]


def show_lacking(
    progress: pd.DataFrame, measures: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> None:
    """Table of the indicators without a figure for the county; or that all have one."""
    lacking = progress[progress["status"] == NO_FIGURE]
    if lacking.empty:
        hidden = progress["status"].eq(HIDDEN).any()
        show_note(f"Every indicator has a figure{' or is hidden' if hidden else ''}.")
        return
    table = lacking_table(list(lacking["indicator_id"]), measures, indicators)
    show_table(table, caption="Where the figures that are missing will come from.")


def lacking_table(
    indicator_ids: list[str], measures: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """One row a source: the indicators that wait for it, and those it gives for districts alone."""
    known = measures.dropna(subset="value")
    districts = set(known.loc[known["area_type"] == "district", "indicator_id"])
    waiting: dict[str, list[str]] = {}
    for key in indicator_ids:
        each = indicators[key]
        only = " (held for districts, not for the county)" if key in districts else ""
        waiting.setdefault(each.source, []).append(f"{in_sentence(each.short_name)}{only}")
    rows = [
        {
            "Indicators": begin("; ".join(names)),
            "Number of indicators": str(len(names)),
            "Source": source,
        }
        for source, names in waiting.items()
    ]
    return pd.DataFrame(rows)


def _of_benchmark(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(area_code=ENGLAND)


def _counted(held: pd.DataFrame) -> str:
    """How many figures have each status: `3 are improving, 1 shows no clear change`."""
    said = []
    for status in (*MOVED, NOT_JUDGED):
        count = int((held["status"] == status).sum())
        if count or status == "worsening":
            said.append(counted(status, count))
    return list_words(said)


def _wait(count: int) -> str:
    return "has no figure yet" if count == 1 else "have no figure yet"
