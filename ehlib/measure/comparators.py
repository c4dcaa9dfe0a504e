"""One place over the years on every indicator, and where it stands among others like it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import add_comparison, filter_totals
from ehlib.measure.gaps.pairs import PAIRS
from ehlib.measure.rates import add_measures

SCALES = ("rate", "proportion")
FEWEST = 2  # comparators without which a place has no rank
STANDING = ["others", "lowest", "middle", "highest", "rank"]


def profile_ids(indicators: Mapping[str, Indicator]) -> list[str]:
    """Published indicators that profiles show: not those of groups of pupils, which are pairs."""
    pairs = {key for pair in PAIRS for key in (*pair.group_ids, *pair.others_ids)}
    published = [each.id for each in indicators.values() if each.data_class == "published"]
    return [key for key in published if key not in pairs]


def comparator_codes(area_code: str, areas: Areas) -> list[str]:
    """Areas that a place is set beside: its fellows, or a county's statistical neighbours."""
    if area_code == areas.county.code:
        return [area.code for area in areas.statistical_neighbours]
    return [code for code in areas.codes(areas.type(area_code)) if code != area_code]


def place_series(
    observations: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    areas: Areas,
    area_code: str,
) -> pd.DataFrame:
    """Every yearly figure of one place, of its comparators and of England.

    Parameters
    ----------
    observations : DataFrame
        Published figures, for periods that had ended.
    indicators : mapping
        The catalogue; rates and percentages that are published yearly are kept.
    areas : Areas
        The county.
    area_code : str
        District, locality or county.

    Returns
    -------
    DataFrame, one row per indicator, area and period
        Measures with `comparison` and `benchmark_value` (England's), of indicators that the place
        has a figure for, in the order of the catalogue.
    """
    wanted = [area_code, areas.england.code, areas.county.code, *comparator_codes(area_code, areas)]
    near = observations[observations["area_code"].isin(wanted)]
    own = near.loc[near["area_code"] == area_code, "indicator_id"].unique()
    parts = []
    for key, indicator in indicators.items():
        if key not in own or not _is_yearly(indicator):
            continue
        rows = add_measures(near[near["indicator_id"] == key], indicators)
        totals = filter_totals(rows, indicator)
        if totals.loc[totals["area_code"] == area_code, "value"].notna().any():
            parts.append(add_comparison(totals, indicators, benchmark_area=areas.england.code))
    if not parts:
        return observations.head(0).assign(comparison="", benchmark_value=np.nan, definition="")
    return pd.concat(parts, ignore_index=True)


def _is_yearly(indicator: Indicator) -> bool:
    yearly = indicator.calendar not in ("financial_quarter", "release")
    return indicator.data_class == "published" and indicator.method in SCALES and yearly


def add_ranks(series: pd.DataFrame, area_code: str, codes: list[str]) -> pd.DataFrame:
    """Latest figure of a place on each indicator, and its place among its comparators.

    Parameters
    ----------
    series : DataFrame
        From `place_series`.
    area_code : str
        The place.
    codes : list of str
        Its comparators.

    Returns
    -------
    DataFrame, one row per indicator
        The place's latest row with `STANDING`: how many comparators have a figure for the same
        period, their lowest, middle and highest figure, and the rank of the place from the highest
        figure (1) down, equal figures sharing the better one. Missing with fewer than two.
    """
    own = series[series["area_code"] == area_code].dropna(subset="value")
    latest = own.sort_values("period_start").drop_duplicates("indicator_id", keep="last")
    order = {key: place for place, key in enumerate(series["indicator_id"].unique())}
    latest = latest.sort_values("indicator_id", key=lambda ids: ids.map(order))
    found = []
    for row in latest.itertuples():
        same = (series["indicator_id"] == row.indicator_id) & (series["period"] == row.period)
        beside = series[same & series["area_code"].isin(codes)]["value"].dropna()
        if len(beside) < FEWEST:
            found.append((len(beside), np.nan, np.nan, np.nan, np.nan))
            continue
        ends = beside.min(), beside.median(), beside.max()
        found.append((len(beside), *ends, 1.0 + float((beside > row.value).sum())))
    return latest.reset_index(drop=True).join(pd.DataFrame(found, columns=STANDING))
