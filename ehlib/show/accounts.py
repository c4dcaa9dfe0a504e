"""Pages that give an account: of the impact measures, and of the extracts read."""

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

Accounts = Mapping[str, list[dict[str, object]]]
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


def quality_context(accounts: Accounts, areas: Areas, quarter: str) -> str:
    """Line under the title of the page on data quality."""
    day = pd.Timestamp(str(accounts["prepared"]))
    return (
        f"{areas.county.name}. Extracts prepared on {day.day} {day:%B %Y}. Periods that ended "
        f"after {last_day(quarter)} are left out."
    )


def quality_findings(
    accounts: Accounts, observations: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> list[str]:
    """What was read and refused, and for how many of the plans' indicators a figure is held."""
    files = pd.DataFrame(accounts["files"])
    rows = f"{files['rows_read'].sum():,} rows of {count_words(len(files), 'extract')}"
    planned = {key for key, each in indicators.items() if each.sets}
    known = observations.dropna(subset=["value", "numerator"], how="all")["indicator_id"]
    synthetic = observations["value_note"].str.contains("synthetic").any()
    return [
        f"All {rows} are accounted for. {_refused(files)}",
        f"Figures are held for {len(planned & set(known))} of the {len(planned)} indicators of the "
        "two plans.",
        "Case records are a synthetic sample, not real children." if synthetic else "",
    ]


def _refused(files: pd.DataFrame) -> str:
    counts = {
        "row": int(files["rows_rejected"].sum()),
        "whole file": int((files["outcome"] == "refused").sum()),
    }
    said = [count_words(count, name) for name, count in counts.items() if count]
    if not said:
        return "Nothing was refused."
    return f"{begin(list_words(said))} {'was' if sum(counts.values()) == 1 else 'were'} refused."


def files_table(accounts: Accounts) -> pd.DataFrame:
    """One row an extract: what it is, and how many rows were read, loaded and refused."""
    counts = ["read", "loaded", "normalised", "rejected"]
    rows = [
        {
            "Extract": each["file"],
            "Kind": str(each["kind"]).replace("_", " ").replace("mash", "MASH"),
            "Outcome": each["outcome"],
            **{f"Rows {name}": f"{each[f'rows_{name}']:,}" for name in counts},
        }
        for each in accounts["files"]
    ]
    return pd.DataFrame(rows)


def coverage_table(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], quarter: str
) -> pd.DataFrame:
    """One row an indicator of the plans: latest period, its age, and which areas have a figure.

    Indicators with a figure come first, each part in the order of the catalogue.
    """
    known = observations.dropna(subset=["value", "numerator"], how="all")
    known = known[known["category_type"] == ""]
    end = pd.Timestamp(parse_quarter(quarter).end)
    rows = []
    for indicator in (each for each in indicators.values() if each.sets):
        held = known[known["indicator_id"] == indicator.id]
        latest = held[held["period_end"] == held["period_end"].max()]
        areas = latest["area_type"].value_counts()
        label = short_label(latest["period"].iloc[0]) if len(latest) else "none held"
        rows.append(
            {
                "Indicator": indicator.name,
                "Reported": indicator.frequency,
                "Latest period": label,
                "Age in months": _months(latest, end),
                "Districts": str(areas.get("district", 0)) if len(latest) else "",
                **{name: _yes(name, areas) for name in ("County", "England")},
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values(
        "Latest period", key=lambda labels: labels == "none held", kind="stable"
    )


def _yes(name: str, areas: pd.Series) -> str:
    if areas.empty:
        return ""
    return "yes" if areas.get(name.lower(), 0) else "no"


def _months(latest: pd.DataFrame, end: pd.Timestamp) -> str:
    if latest.empty:
        return ""
    last = latest["period_end"].iloc[0]
    return str((end.year - last.year) * 12 + end.month - last.month)
