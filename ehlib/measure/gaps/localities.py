"""Figures of localities, summed from those of their districts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY

SUMMED = ("rate", "proportion", "count")
COUNTS = ["numerator", "denominator"]
BY = ["area_code", *[name for name in KEY if name != "area_code"]]


def aggregate_localities(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], areas: Areas
) -> pd.DataFrame:
    """Observations with rows of the county's localities: published counts, summed by us.

    Parameters
    ----------
    observations : DataFrame
        Published figures; rows of localities that are there already stay as they are.
    indicators : mapping
        The catalogue. Only rates, percentages and numbers of published data are summed; scores,
        and percentages that came without counts, cannot be.
    areas : Areas
        The localities with their districts.

    Returns
    -------
    DataFrame, the same rows and those of localities
        These say `derived`. A locality has a figure where every one of its districts has both
        counts. The population under a rate that was published with its count alone is taken from
        the two, and so is known to the rounding of the rate.
    """
    wanted = [key for key, each in indicators.items() if _may_be_summed(each)]
    inside = {code: each for each in areas.localities for code in each.districts}
    rows = observations[
        observations["area_code"].isin(list(inside)) & observations["indicator_id"].isin(wanted)
    ]
    rows = _with_populations(rows[rows["category_type"] == ""], indicators)
    if rows.empty:
        return observations
    places = rows["area_code"].map({code: each.code for code, each in inside.items()})
    grouped = rows.assign(area_code=places).groupby(BY, dropna=False, observed=True, sort=False)
    sums = grouped[COUNTS].sum(min_count=1)
    whole = grouped["numerator"].count()
    notes = grouped["value_note"].agg(_notes)
    first = grouped[["period_start", "period_end", "source_id", "source_name"]].first()
    made = first.join(sums).assign(value_note=notes, held=whole).reset_index()
    sizes = {each.code: len(each.districts) for each in areas.localities}
    made = made[made["held"] == made["area_code"].map(sizes)].drop(columns="held")
    names = {each.code: each.name for each in areas.localities}
    made = made.assign(area_name=made["area_code"].map(names), area_type="locality")
    return _after(observations, made)


def _may_be_summed(indicator: Indicator) -> bool:
    return indicator.data_class == "published" and indicator.method in SUMMED


def _with_populations(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Rows whose counts are both known, or the only one there is for a number."""
    method = rows["indicator_id"].map(lambda key: indicators[key].method)
    times = rows["indicator_id"].map(lambda key: indicators[key].multiplier)
    implied = rows["numerator"] * times / rows["value"].mask(rows["value"] <= 0)
    filled = rows["denominator"].fillna(implied.where(method == "rate"))
    enough = rows["numerator"].notna() & (filled.notna() | (method == "count"))
    return rows.assign(denominator=filled)[enough]


def _notes(notes: pd.Series) -> str:
    """Notes of the districts, and that the sum is ours."""
    told = {word for note in notes for word in note.split(";")} - {"", "derived", "unreliable"}
    return ";".join([*sorted(told), "derived"])


def _after(observations: pd.DataFrame, made: pd.DataFrame) -> pd.DataFrame:
    """Rows made here after those held, which come first where both have a key."""
    blank = dict.fromkeys(("value", "lower_ci", "upper_ci"), np.nan)
    told = made.assign(**blank).reindex(columns=observations.columns)
    return pd.concat([observations, told], ignore_index=True).drop_duplicates(KEY)
