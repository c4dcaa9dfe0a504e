"""The account of the early help measures: where each stands, and how each is defined."""

from collections.abc import Sequence

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator, Version
from ehlib.load.periods import in_words, parse_quarter
from ehlib.measure.impact.progress import MOVED, NO_FIGURE, NOT_JUDGED
from ehlib.show.board.words import (
    QUARTER_NOTE,
    VERBS,
    baseline_words,
    compared_cells,
    figure_cells,
    hidden_words,
    limit_cells,
    named,
    next_words,
    now_of,
    status_told,
    synthetic_words,
    unit_name,
)
from ehlib.show.findings import last_day
from ehlib.show.numbers import unmarked
from ehlib.show.sentences import (
    begin,
    count_words,
    in_sentence,
    list_words,
    number,
    short_label,
)
from ehlib.show.summary.cards import Card
from ehlib.show.tables import LIMITS

TITLE = "Early help impact report"
PLANS = ("Early Help Development Plan 2013-16", "Children, Young People and Families Plan 2014-16")
STATUS_NOTE = (
    "Baseline and national value as the early help plan printed them: tbc, to be confirmed; (p), "
    "provisional; N/A, not applicable. Status: against that baseline where it can be compared, "
    "else against the same period a year before. Only a change larger than chance counts. "
    f"{QUARTER_NOTE}"
)
ADDED = "children's plan only"


def impact_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the page on impact measures."""
    return (
        f"{areas.county.name}, {in_words(parse_quarter(quarter))}. The measures of the {PLANS[0]} "
        f"and of the {PLANS[1]}. Periods that ended after {last_day(quarter)} are left out."
    )


def measure_name(indicator: Indicator, row: dict[str, object]) -> str:
    """Short name and unit of a measure with its number in the early help plan, if it has one."""
    name = unit_name(now_of(indicator, row))
    number_of = indicator.impact_number
    return f"{number_of}. {name}" if number_of else f"{name}, {ADDED}"


def impact_findings(progress: pd.DataFrame, measures: Sequence[Indicator]) -> list[str]:
    """How many measures move which way and which, why others are not judged, how many lack one.

    Parameters
    ----------
    progress : DataFrame
        As `add_progress` gives it for these measures.
    measures : sequence of Indicator
        As `early_help_measures` gives them.

    Returns
    -------
    list of str
    """
    known = {each.id: each for each in measures}
    said = []
    for status in ("worsening", "improving", "no clear change"):
        rows = progress[progress["status"] == status]
        if len(rows):
            count, which = count_words(len(rows), "measure"), named(rows, known, figures=True)
            said.append(f"{count} {VERBS[status][len(rows) > 1]}: {which}.")
    said = said or ["No measure can be judged yet."]
    unclear = progress[progress["status"] == NOT_JUDGED]
    for reason, rows in unclear.groupby("reason", sort=False):
        count = count_words(len(rows), "measure")
        said.append(f"{count} cannot be judged, because {reason}: {named(rows, known)}.")
    lacking = int((progress["status"] == NO_FIGURE).sum())
    if lacking:
        have = "has" if lacking == 1 else "have"
        said.append(f"{count_words(lacking, 'measure')} {have} no figure for the county yet.")
    said += hidden_words(progress, "measure")
    sample = synthetic_words(progress.dropna(subset="value"), "measure")
    return [f"{said[0]} {sample}".strip(), *said[1:]]


def impact_cards(progress: pd.DataFrame, measures: Sequence[Indicator]) -> list[Card]:
    """One card a measure that has a figure, counted on the index of the quarter."""
    cards = []
    for indicator, row in _rows(progress, measures):
        if pd.isna(row["value"]):
            continue
        now = now_of(indicator, row)
        ends = [number(float(row[name]), now.decimals) for name in ("lower_ci", "upper_ci")]
        cards.append(
            Card(
                label=now.short_name,
                value=f"{number(row['value'], now.decimals)}{'%' * (now.unit_short == '%')}",
                unit=now.unit.removeprefix("% "),
                period=short_label(row["period"]),
                status=row["status"] if row["status"] in MOVED else "",
                against=row["basis"],
                note="" if "[x]" in ends else f"95% limits {' to '.join(ends)}",
                counted=row["status"] in MOVED,
            )
        )
    return cards


def impact_table(
    progress: pd.DataFrame, measures: Sequence[Indicator], quarter: str
) -> pd.DataFrame:
    """One row a measure: status, latest figure, target, baseline, national value, next figure."""
    told, known = _rows(progress, measures), {each.id: each for each in measures}
    table = pd.DataFrame(
        {
            "Measure": [measure_name(each, row) for each, row in told],
            "Status": [status_told(row) for _, row in told],
            "Compared with": compared_cells(progress, known),
            "Latest": figure_cells(progress, known),
            LIMITS: limit_cells(progress, known),
            "Period and next": [_periods(each, row, quarter) for each, row in told],
            "Target": [begin(now_of(each, row).target) for each, row in told],
            "Baseline": [baseline_words(each) for each, _ in told],
            "National": [each.national.printed or "none printed" for each, _ in told],
        }
    )
    return unmarked(table)


def definitions_table(measures: Sequence[Indicator]) -> pd.DataFrame:
    """One row a measure: what each plan counts, and what changed between them."""
    rows = []
    for each in measures:
        first, last = each.versions[0], each.versions[-1]
        changed = first != last
        rows.append(
            {
                "Measure": f"{each.impact_number}. {first.short_name}"
                if each.impact_number
                else f"{first.short_name}, {ADDED}",
                "Early help plan": _counted(first) if each.impact_number else "Not in this plan",
                "Children's plan": _counted(last)
                if changed or not each.impact_number
                else "The same",
                "What changed, and from when": f"From {last.start:%B %Y}: {last.reason}"
                if changed
                else "Nothing",
            }
        )
    return pd.DataFrame(rows)


def printed_words(measures: Sequence[Indicator]) -> str:
    """Sentence on the ten measures and the twelve, and how they overlap."""
    whole = {each.impact_number for each in measures if each.impact_number}
    added = [in_sentence(each.short_name) for each in measures if not each.impact_number]
    report = sum("early_help_report" in each.sets for each in measures)
    also = f"; {list_words(added)} is in the second plan alone" if len(added) == 1 else ""
    return (
        f"The early help plan prints {len(whole)} measures, the children's plan {report}: the gap "
        f"in attainment is one measure in the first and two in the second{also}."
    )


def _rows(
    progress: pd.DataFrame, measures: Sequence[Indicator]
) -> list[tuple[Indicator, dict[str, object]]]:
    return list(zip(measures, progress.to_dict("records"), strict=True))


def _periods(indicator: Indicator, row: dict[str, object], quarter: str) -> str:
    """Latest period and the next with whether it is due: `2013; next 2014, not over yet`."""
    following = next_words(row, indicator, quarter)
    return f"{short_label(str(row['period']))}; next {following}" if following else ""


def _counted(version: Version) -> str:
    """What a definition counts, out of what."""
    out_of = version.denominator
    words = f"{version.numerator}, out of {out_of[:1].lower()}{out_of[1:]}" if out_of else ""
    return words or version.numerator
