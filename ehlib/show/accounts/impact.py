"""The account of the impact measures: how many improve, which, and why others are not judged."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import in_words, parse_period, parse_quarter
from ehlib.show.findings import last_day
from ehlib.show.sentences import (
    begin,
    count_words,
    list_words,
    number,
    short_label,
    with_unit,
)

STATUS_SIGNS = {"improving": "\u2714", "worsening": "\u2718", "no clear change": "\u2248"}
STATUS_NOTE = (
    "Baseline and national value as the plan printed them: tbc, to be confirmed; (p), provisional; "
    "N/A, not applicable. Status compares the latest figure with the baseline."
)
JUDGED = {  # what a status says of one measure, and of several
    "improving": ("is improving", "are improving"),
    "worsening": ("is worsening", "are worsening"),
    "no clear change": (
        "shows no clear change since the baseline",
        "show no clear change since the baseline",
    ),
}


def impact_context(areas: Areas, quarter: str) -> str:
    """Line under the title of the page on impact measures."""
    return (
        f"{areas.county.name}, {in_words(parse_quarter(quarter))}. The ten measures of the Early "
        f"Help Development Plan 2013-16. Periods that ended after {last_day(quarter)} are left out."
    )


def impact_findings(statuses: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[str]:
    """How many measures are improving or worsening, which, and why the others are not judged."""
    said = [
        _judged(statuses[statuses["status"] == status], words, indicators)
        for status, words in JUDGED.items()
    ]
    others = statuses[~statuses["status"].isin(JUDGED)]
    reasons = []
    for reason, rows in others.groupby("reason", sort=False):
        each = "each " if len(rows) > 1 else ""
        names = list_words([_name(indicators, key) for key in rows["indicator_id"]])
        count = begin(count_words(len(rows), "measure"))
        reasons.append(f"{count} cannot be judged, {each}because {reason}: {names}.")
    none = ["No measure can be judged yet."] if len(others) == len(statuses) else []
    return [*none, *filter(None, said), *reasons]


def in_sentence(name: str) -> str:
    """Name as it stands inside a sentence: a small first letter unless it begins an acronym."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _name(indicators: Mapping[str, Indicator], indicator_id: str) -> str:
    return in_sentence(indicators[indicator_id].short_name)


def _judged(rows: pd.DataFrame, words: tuple[str, str], indicators: Mapping[str, Indicator]) -> str:
    if rows.empty:
        return ""
    told = []
    for row in rows.itertuples():
        figure = with_unit(row.value, indicators[row.indicator_id])
        when = short_label(row.latest_period)
        told.append(f"{_name(indicators, row.indicator_id)} ({figure} in {when})")
    count = begin(count_words(len(rows), "measure"))
    return f"{count} {words[len(rows) > 1]}: {list_words(told)}."


def impact_table(statuses: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """One row a measure: target, baseline and national as printed, latest, status in words."""
    rows = []
    for row in statuses.itertuples():
        indicator = indicators[row.indicator_id]
        reason = f": {row.reason}" if row.reason else ""
        sign = STATUS_SIGNS.get(row.status, "")
        rows.append(
            {
                "Measure": f"{row.impact_number}. {indicator.impact_name}",
                "Status": f"{sign} {begin(row.status)}{reason}".strip(),
                "Latest for the county": _latest(row, indicator),
                "Target": begin(indicator.versions[0].target),
                "Baseline": indicator.baseline.printed,
                "National": indicator.national.printed,
            }
        )
    return pd.DataFrame(rows)


def _latest(row: tuple, indicator: Indicator) -> str:
    """Latest figure with limits and period, and its own name where the definition changed."""
    if np.isnan(row.value):
        return "none held"
    start = parse_period(row.latest_period, indicator.calendar).start
    changed = indicator.version_at(start) != indicator.versions[0]
    now = indicator.at(start)
    limits = (
        ""
        if np.isnan(row.lower_ci)
        else f" ({number(row.lower_ci, now.decimals)} to {number(row.upper_ci, now.decimals)})"
    )
    other = f", of a changed measure: {in_sentence(now.name)}" if changed else ""
    return f"{with_unit(row.value, now)}{limits}, {short_label(row.latest_period)}{other}"
