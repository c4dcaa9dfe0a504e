"""Profiles: many indicators of one area beside England, and of all districts at once."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import add_comparison, filter_latest, filter_totals
from ehlib.measure.rates import add_measures

KINDS = ("rate", "proportion")
FEWEST = 2  # places between which a bar can run
MANY = 20  # places from which the middle half of them is worth drawing
POSITIONS = ["position", "worst", "lower_quarter", "upper_quarter", "best"]


def profile_measures(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], areas: Areas
) -> pd.DataFrame:
    """Latest yearly figure of every area for each published indicator that England has too.

    Parameters
    ----------
    observations : DataFrame
        Of all indicators, for periods that had ended.
    indicators : mapping
        The catalogue. Counts of case records are left out: England has none.
    areas : Areas
        The county; an indicator counts when a district of it or the county has a figure.

    Returns
    -------
    DataFrame, one row per indicator and area
        Measures with `comparison`, `benchmark_value`, `short_name` and `polarity`; indicators in
        the order of the catalogue.
    """
    england = observations["area_code"] == areas.england.code
    ours = [areas.county.code, *areas.codes("district")]
    parts = []
    for key in observations.loc[england, "indicator_id"].unique():
        indicator = indicators.get(key)
        if indicator is None or indicator.data_class == "case" or indicator.method not in KINDS:
            continue
        if indicator.calendar == "financial_quarter":
            continue
        rows = observations[observations["indicator_id"] == key]
        totals = filter_totals(add_measures(rows, indicators), indicator)
        compared = add_comparison(totals, indicators, benchmark_area=areas.england.code)
        known = compared[compared["benchmark_value"].notna() & compared["area_code"].isin(ours)]
        latest = filter_latest(known)
        if latest["value"].notna().any():
            when = compared["period_start"] == latest["period_start"].iloc[0]
            now = indicator.at(latest["period_start"].iloc[0].date())
            parts.append(compared[when].assign(short_name=now.short_name, polarity=now.polarity))
    if not parts:
        return observations.head(0).assign(short_name="", polarity="", comparison="")
    order = {key: place for place, key in enumerate(indicators)}
    whole = pd.concat(parts, ignore_index=True)
    return whole.sort_values("indicator_id", key=lambda ids: ids.map(order), kind="stable")


def spine(measures: pd.DataFrame, area_code: str, areas: Areas) -> pd.DataFrame:
    """One area's place between the worst and the best of its kind, England in the middle.

    Parameters
    ----------
    measures : DataFrame
        From `profile_measures`.
    area_code : str
        District or county.
    areas : Areas
        Its districts are what the area is placed among, unless places of all England are held.

    Returns
    -------
    DataFrame, one row per indicator that the area has a row for
        The area's measures, `places` (how many the bar spans), and from -1 (worst) through 0
        (England) to 1 (best) the `POSITIONS`; for an indicator that is not judged, from lowest to
        highest. The quarters are missing where fewer than 20 places are held, and all of them
        where fewer than two are. A district stands among districts and unitary authorities, a
        county's figure that districts lack among counties and unitary authorities.
    """
    rows = measures[measures["area_code"] == area_code]
    found = [_placed(row, measures, areas) for row in rows.itertuples()]
    return rows.reset_index(drop=True).join(pd.DataFrame(found, columns=["places", *POSITIONS]))


def _placed(row: tuple, measures: pd.DataFrame, areas: Areas) -> tuple[float, ...]:
    own = measures[measures["indicator_id"] == row.indicator_id]
    ours = own.loc[own["area_code"].isin(areas.codes("district")), "value"].dropna()
    tier = "district" if len(ours) else "county"  # a figure of counties has none of districts
    all_england = own.loc[own["area_type"].isin([tier, "unitary"]), "value"].dropna()
    values = (all_england if len(all_england) >= 10 * len(areas.districts) else ours).to_numpy()
    if values.size < FEWEST:
        return values.size, *[np.nan] * len(POSITIONS)
    sign = -1.0 if row.polarity == "low_is_good" else 1.0
    away = sign * (values - row.benchmark_value)
    scale = max(np.nanmax(np.abs([*away, row.value - row.benchmark_value])), 1e-12)
    quarters = np.quantile(away, [0.25, 0.75]) if values.size >= MANY else (np.nan, np.nan)
    position = sign * (row.value - row.benchmark_value)
    ends = position, away.min(), *quarters, away.max()
    return values.size, *(float(each) / scale for each in ends)


def rug(measures: pd.DataFrame, areas: Areas) -> pd.DataFrame:
    """Districts and the county by indicators: those of `profile_measures` that have districts."""
    codes = [*areas.codes("district"), areas.county.code]
    rows = measures[measures["area_code"].isin(codes)]
    local = rows.loc[rows["area_type"] == "district"].dropna(subset="value")["indicator_id"]
    kept = rows[rows["indicator_id"].isin(local)]
    order = {code: place for place, code in enumerate(codes)}
    ranked = kept.assign(
        place=kept["area_code"].map(order), row=kept["indicator_id"].factorize()[0]
    )
    return ranked.sort_values(["row", "place"], kind="stable").drop(columns=["row", "place"])
