"""Tables that give an account: impact measures, extracts read, and indicators held."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.load.periods import parse_quarter
from ehlib.show.sentences import number, with_unit

STATUS_SIGNS = {"improving": "\u2714", "worsening": "\u2718", "no clear change": "\u2248"}
STATUS_NOTE = (
    "Baseline and national value as the plan printed them: tbc, to be confirmed; (p), provisional; "
    "N/A, not applicable. Status compares the latest figure with the baseline."
)


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
                "Target": indicator.versions[0].target.capitalize(),
                "Baseline": indicator.baseline.printed,
                "National": indicator.national.printed,
                "Latest for the county": _latest(row, indicator),
                "Status": f"{sign} {row.status.capitalize()}{reason}".strip(),
            }
        )
    return pd.DataFrame(rows)


def files_table(accounts: Mapping[str, list[dict[str, object]]]) -> pd.DataFrame:
    """One row an extract: what it is, and how many rows were read, loaded and refused."""
    counts = ["read", "loaded", "normalised", "rejected"]
    rows = [
        {
            "Extract": each["file"],
            "Kind": str(each["kind"]).replace("_", " "),
            "Outcome": each["outcome"],
            **{f"Rows {name}": f"{each[f'rows_{name}']:,}" for name in counts},
        }
        for each in accounts["files"]
    ]
    return pd.DataFrame(rows)


def coverage_table(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], quarter: str
) -> pd.DataFrame:
    """One row an indicator of the plans: latest period, its age, and which areas have a figure."""
    known = observations.dropna(subset=["value", "numerator"], how="all")
    known = known[known["category_type"] == ""]
    end = pd.Timestamp(parse_quarter(quarter).end)
    rows = []
    for indicator in (each for each in indicators.values() if each.sets):
        held = known[known["indicator_id"] == indicator.id]
        latest = held[held["period_end"] == held["period_end"].max()]
        areas = latest["area_type"].value_counts()
        rows.append(
            {
                "Indicator": indicator.name,
                "Reported": indicator.frequency,
                "Latest period": latest["period"].iloc[0] if len(latest) else "none held",
                "Age in months": _months(latest, end),
                "Districts": str(areas.get("district", 0)),
                "County": "yes" if areas.get("county", 0) else "no",
                "England": "yes" if areas.get("england", 0) else "no",
            }
        )
    return pd.DataFrame(rows)


def _months(latest: pd.DataFrame, end: pd.Timestamp) -> str:
    if latest.empty:
        return ""
    last = latest["period_end"].iloc[0]
    return str((end.year - last.year) * 12 + end.month - last.month)


def _latest(row: tuple, indicator: Indicator) -> str:
    if np.isnan(row.value):
        return "none held"
    limits = (
        ""
        if np.isnan(row.lower_ci)
        else f" ({number(row.lower_ci, indicator.decimals)} to "
        f"{number(row.upper_ci, indicator.decimals)})"
    )
    return f"{with_unit(row.value, indicator)}{limits}, {row.latest_period}"
