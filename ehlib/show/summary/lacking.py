"""What a reader of an indicator's page would look for and not find."""

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.show.sentences import list_words, period_words, possessive

HIDDEN = "No figure can be shown: some of the numbers are so small that a child could be known."
EDITIONS = "Each edition is rebuilt for England as it then is, so two editions show no change."
APART = "No earlier figure can be compared with the latest."
SMALL = "since some of the numbers are so small that a child could be known"
NO_DISTRICTS = (
    "No figures for districts are held, so it cannot be said where in the county they are high or "
    "low."
)


def not_held(
    measures: pd.DataFrame, latest: pd.DataFrame, indicator: Indicator, areas: Areas
) -> list[str]:
    """Which figures are not held: England's and the county's for the latest period, districts'.

    Parameters
    ----------
    measures : DataFrame
        All periods of the areas that the page shows.
    latest : DataFrame, one row per area
        The latest period, with `benchmark_value`.
    indicator : Indicator
        Numbers, which are larger where more children live, are not missed for England.
    areas : Areas
        The county and England.

    Returns
    -------
    list of str
        At most two sentences; none where all are held, or where nothing is.
    """
    if latest["value"].isna().all():
        return []
    districts = measures["area_type"].eq("district").any()
    county = measures["area_code"].eq(areas.county.code).any()
    within = NO_DISTRICTS if county and not districts else ""
    return [*filter(None, [_wholes(latest, indicator, areas), within])]


def _wholes(latest: pd.DataFrame, indicator: Indicator, areas: Areas) -> str:
    """Whether England's figure or the county's is wanting; empty where each is there."""
    if indicator.method == "count":
        return ""
    when, held = period_words(latest, indicator), latest.dropna(subset="value")
    national, county = areas.england, areas.county
    there = {
        national: held["area_type"].eq("england").any(),
        county: held["area_code"].eq(county.code).any(),
    }
    missing = [area for area, known in there.items() if not known]
    whose = [possessive(area.name) for area in missing]
    if len(missing) == 2:
        return (
            f"Neither {whose[0]} nor {whose[1]} figure for {when} is held, so the districts are "
            "set beside one another alone."
        )
    if missing == [national]:
        return (
            f"{whose[0]} figure for {when} is not held, so no place is compared with "
            f"{national.name}."
        )
    if missing:
        return f"{whose[0]} figure for {when} is not held."
    bare = held["benchmark_value"].isna().all()
    return f"{possessive(national.name)} figure for {when} is not reliable." if bare else ""


def without_figure(latest: pd.DataFrame) -> str:
    """Which districts have no figure in the latest period, and whether it is hidden."""
    rows = latest[(latest["area_type"] == "district") & latest["value"].isna()]
    if latest["value"].isna().all():
        return ""
    small = rows["value_note"].str.contains("suppressed")
    hidden, other = (sorted(rows.loc[which, "area_name"]) for which in (small, ~small))
    said = [f"Hidden, {SMALL}: {list_words(hidden)}."] if hidden else []
    said += [f"No figure is given for {list_words(other)}."] if other else []
    return " ".join(said)


def districts_before(measures: pd.DataFrame, latest: pd.DataFrame, indicator: Indicator) -> str:
    """Which period districts were last known for, where the page shows a later one."""
    known = measures[measures["area_type"] == "district"].dropna(subset="value")
    if known.empty or latest["area_type"].eq("district").any():
        return ""
    last = known[known["period_start"] == known["period_start"].max()]
    return f"The latest figures for districts are for {period_words(last, indicator)}."


def no_trend(local: pd.DataFrame, indicator: Indicator) -> str:
    """Why no change can be drawn; empty when it can."""
    known = local.dropna(subset="value").sort_values("period_start")
    if known.empty:
        return HIDDEN
    if known["period"].iloc[0] == known["period"].iloc[-1]:
        only = period_words(known, indicator)
        return f"A figure is held for {only} alone, so no change can be shown."
    return EDITIONS if indicator.calendar == "release" else ""
