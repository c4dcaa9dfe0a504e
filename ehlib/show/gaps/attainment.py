"""The page on closing the gap: findings, tables and the charts of each group of pupils."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words
from ehlib.measure.gaps import PAIRS, gap_change
from ehlib.measure.gaps import pair_ids as pair_ids
from ehlib.measure.gaps.pairs import LOOKED_AFTER, MEALS, NEEDS, SIX_YEARS
from ehlib.show.findings import last_day
from ehlib.show.gaps.words import beside_england, change_sentence, pair_sentence
from ehlib.show.sentences import begin, list_words, number

BY_ID = {pair.id: pair for pair in PAIRS}
HEADLINES = [["development_fsm"], ["standard_fsm"], ["score_fsm", "gcse_fsm"]]
CARE = "standard_care"
PLANS = (
    "Early Help Development Plan 2013-16; Children, Young People and Families Plan 2014-16: for "
    "the figures given as printed"
)
ENOUGH = 3  # findings beside which the plans' aim need not be told
PROMISE = (
    "Both plans want the gaps to shrink. The early help plan counts pupils who take free school "
    "meals now, the children's plan those who took them in the past six years. So the gap of the "
    "children's plan has no starting figure."
)
PRINTED = {"fsm_attainment_gap": 0, "fsm_gap_age_11": 1, "fsm_gap_age_16": 1}  # version of each
SUPPLIES = (
    "Results that are not held are published by the Department for Education. For the analyst: put "
    "the data file of its Local Authority Interactive Tool, or a table with the numbers of pupils, "
    "into the folder of extracts and prepare the data again: numbers of pupils give the gaps their "
    "limits."
)
KINDS = {
    MEALS: "pupils taking free school meals",
    SIX_YEARS: "disadvantaged pupils",
    LOOKED_AFTER: "looked-after children",
    NEEDS: "pupils with special educational needs",
}
RULES = (
    "The children's plan counts pupils who took free school meals at any time in the past six "
    "years, the early help plan those who take them now. These are two measures, and no line joins "
    "them. Lines also stop where the assessment itself changed."
)


def closing_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the page."""
    return (
        f"{areas.county.name}, compared with {areas.england.name}. School years that ended after "
        f"{last_day(quarter)} are left out."
    )


def closing_findings(
    gaps: pd.DataFrame, indicators: Mapping[str, Indicator], areas: Areas, quarter: str
) -> list[str]:
    """Gaps at 5, 11 and 16, that of looked-after children, what was planned, what is not held."""
    ours, england = of_area(gaps, areas.county.code), of_area(gaps, areas.england.code)
    said = [headline(ours, england, ids, indicators) for ids in HEADLINES]
    told = [*filter(None, [*said, headline(ours, england, [CARE], indicators)])]
    missing = lacking(gaps, areas, quarter)
    if not any(said):
        told.append(_printed(indicators))
    if len(told) < ENOUGH:
        told.append(PROMISE)
    return [*filter(None, [*told, missing])]


def of_area(gaps: pd.DataFrame, area_code: str) -> pd.DataFrame:
    """Gaps of one area."""
    return gaps[gaps["area_code"] == area_code]


def headline(
    ours: pd.DataFrame, england: pd.DataFrame, ids: list[str], indicators: Mapping[str, Indicator]
) -> str:
    """Latest gap of the first of some pairs that is held latest, beside England's, and its way."""
    rows = ours[ours["pair"].isin(ids)].sort_values("period_start", kind="stable")
    if rows.empty:
        return ""
    row = rows.iloc[-1]
    pair = BY_ID[row["pair"]]
    indicator = indicators[pair.like]
    said = pair_sentence(row, pair, indicator) + beside_england(row, england)
    change = gap_change(rows[rows["pair"] == pair.id])
    moved = change_sentence(change, pair.unit, indicator, "the gap")
    return f"{said} {moved}".strip()


def _printed(indicators: Mapping[str, Indicator]) -> str:
    """Gaps that the early help plan set out from, as it prints them."""
    each = indicators["fsm_attainment_gap"]
    ours, england = (
        {label: value for label, value, _ in told.values}  # noqa: PD011
        for told in (each.baseline, each.national)
    )
    if not ours or each.baseline.period is None:
        return ""
    ages = {"KS2": "at age 11", "KS4": "at age 16"}
    told = [
        f"{number(value)} percentage points {ages[label]} (England {number(england[label])})"
        for label, value in ours.items()
    ]
    when = in_words(each.baseline.period)
    return (
        f"The early help plan sets out from gaps between pupils taking free school meals and "
        f"others of {list_words(told)}, in {when}. These are figures as printed, without limits."
    )


def lacking(gaps: pd.DataFrame, areas: Areas, quarter: str) -> str:
    """Which groups have no figures for a school year that had ended, and who supplies them."""
    held = {BY_ID[name].basis for name in gaps.loc[gaps["area_code"] == areas.county.code, "pair"]}
    missing = [words for basis, words in KINDS.items() if basis not in held]
    if not missing:
        return ""
    end = last_day(quarter)
    return f"No results of {list_words(missing)} are held for a school year that ended by {end}."


def how_to_get(gaps: pd.DataFrame, areas: Areas, quarter: str) -> str:
    """Where results that are not held come from; empty when all are."""
    return SUPPLIES if lacking(gaps, areas, quarter) else ""


def plan_table(indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """What the two plans print of each gap, as text."""
    rows = []
    for key, place in PRINTED.items():
        each = indicators[key]
        version, first = each.versions[place], place == 0
        rows.append(
            {
                "Measure": version.name,
                "Plan": version.plan,
                "Target": begin(version.target),
                "Baseline as printed": each.baseline.printed if first else "none printed",
                "National as printed": each.national.printed if first else "none printed",
            }
        )
    return pd.DataFrame(rows)
