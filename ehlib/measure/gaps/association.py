"""How far two figures of the same places go together, with an interval and no test."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import rankdata

FEWEST = 25  # places below which the interval would hold nearly every answer


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's correlation of ranks with limits; `reason` says why where it is not given."""

    value: float
    lower: float
    upper: float
    places: int
    reason: str = ""


def rank_correlation(
    first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95
) -> RankCorrelation:
    """How far places that rank high on one figure rank high on another.

    Parameters
    ----------
    first, second : array_like
        Figures of the same places in the same order; places that lack one are left out.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    RankCorrelation
        From -1 (opposite order) to 1 (same order). Not given for fewer than 25 places, or where
        all have one figure. Neighbouring places are alike, so the limits are narrower than they
        should be.

    References
    ----------
    Bonett and Wright (2000), Psychometrika 65, 23-28.
    """
    one, two = (np.asarray(each, dtype="float64") for each in (first, second))
    known = ~(np.isnan(one) | np.isnan(two))
    count = int(known.sum())
    if count < FEWEST:
        return RankCorrelation(np.nan, np.nan, np.nan, count, f"only {count} places have both")
    ranks = [rankdata(each[known]) for each in (one, two)]
    if any(np.ptp(each) == 0 for each in ranks):
        return RankCorrelation(np.nan, np.nan, np.nan, count, "all places have the same figure")
    found = float(np.corrcoef(*ranks)[0, 1])
    if abs(found) > 1 - 1e-12:
        return RankCorrelation(round(found), round(found), round(found), count)
    width = ndtri(0.5 + confidence / 2) * np.sqrt((1 + found**2 / 2) / (count - 3))
    low, high = (float(np.tanh(np.arctanh(found) + each)) for each in (-width, width))
    return RankCorrelation(found, low, high, count)


def small_area_association(
    observations: pd.DataFrame, pair: tuple[str, str], codes: pd.Series
) -> RankCorrelation:
    """Rank correlation of two figures across neighbourhoods (LSOAs), of one period.

    Parameters
    ----------
    observations : DataFrame
        With both indicators.
    pair : tuple of str
        Indicators whose figures run the same way, such as two tenths of deprivation.
    codes : Series of str
        Neighbourhoods to look at.
    """
    rows = observations[observations["area_code"].isin(codes)].dropna(subset="value")
    held = [set(rows.loc[rows["indicator_id"] == key, "period_start"]) for key in pair]
    if not held[0] & held[1]:
        return rank_correlation([], [])
    rows = rows[rows["period_start"] == max(held[0] & held[1])]
    wide = rows.pivot_table(index="area_code", columns="indicator_id", values="value")
    return rank_correlation(*(wide[key] for key in pair))
