"""Which indicators a report has: the early help measures of both plans, and section 4 by set."""

import re
from collections.abc import Mapping
from dataclasses import replace

from ehlib.load.indicators import Indicator, indicators_in
from ehlib.load.indicators.catalogue import PLAN_PERIOD, PlanValue

REPORT_SETS = {  # page parameter: set of the catalogue, and what a reader calls it
    "all": ("cypf_plan", "the children's plan"),
    "hwb_framework": ("hwb_framework", "the Health and Wellbeing Board's outcomes framework"),
    "early_help_report": ("early_help_report", "the early help impact reports"),
}


def outcomes_of(indicators: Mapping[str, Indicator], report_set: str) -> tuple[Indicator, ...]:
    """Indicators of section 4 of the children's plan that belong to a report, in its order.

    Parameters
    ----------
    indicators : mapping
        The catalogue.
    report_set : str
        One of `REPORT_SETS`.

    Raises
    ------
    ValueError
        If the report is unknown.
    """
    if report_set not in REPORT_SETS:
        raise ValueError(f"report_set is {report_set!r}; expected one of {', '.join(REPORT_SETS)}")
    return indicators_in(indicators, REPORT_SETS[report_set][0])


def early_help_measures(indicators: Mapping[str, Indicator]) -> tuple[Indicator, ...]:
    """Measures of the early help plan in its order, then those the children's plan adds.

    A measure in parts gives way to its parts: each has the part of the printed baseline and
    national value that is its own, and the number of the whole.
    """
    chosen: list[Indicator] = []
    for each in indicators_in(indicators, "early_help_plan"):
        chosen += _parts(each, indicators) if each.parts else [each]
    taken = {each.id for each in chosen}
    added = indicators_in(indicators, "early_help_report")
    return (*chosen, *(each for each in added if each.id not in taken))


def _parts(whole: Indicator, indicators: Mapping[str, Indicator]) -> list[Indicator]:
    """Parts of a measure, each with its share of what the plan prints for the whole."""
    return [
        replace(
            indicators[part],
            impact_name=whole.impact_name,
            impact_number=whole.impact_number,
            baseline=_share(whole.baseline, place, len(whole.parts)),
            national=_share(whole.national, place, len(whole.parts)),
        )
        for place, part in enumerate(whole.parts)
    ]


def _share(value: PlanValue, place: int, parts: int) -> PlanValue:
    """The part at a place of a value printed in so many parts; the whole if it has others."""
    values = value.values
    if len(values) != parts:
        return value
    label = values[place][0]
    printed = re.search(rf"{re.escape(label)}:?\s+\S+", value.printed)
    dated = PLAN_PERIOD.search(value.printed)
    text = (printed[0] if printed else value.printed) + (dated[0] if dated else "")
    return replace(value, printed=text, values=(values[place],))
