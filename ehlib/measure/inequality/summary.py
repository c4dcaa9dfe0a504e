"""Summaries of inequality between groups listed from the most to the least deprived."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ehlib.measure.inequality.slope import Array, Number, groups, places
from ehlib.measure.rates import subtract
from ehlib.measure.rates.standardised import divide, refuse


@dataclass(frozen=True)
class RangeAndRatio:
    """Difference and ratio of the most and the least deprived group, with their limits."""

    range: Number
    range_lower: Number
    range_upper: Number
    ratio: Number
    ratio_lower: Number
    ratio_upper: Number
    definition: str = (
        "The most deprived group's value less, and divided by, the least deprived group's; above "
        "0 and above 1 where the most deprived have the higher values."
    )


def range_and_ratio(
    values: ArrayLike, lower: ArrayLike | None = None, upper: ArrayLike | None = None
) -> RangeAndRatio:
    """Difference and ratio of the most and the least deprived group.

    Parameters
    ----------
    values : array_like, shape (..., groups)
        Rates or shares, most deprived first; only the two ends are compared.
    lower, upper : array_like, optional
        Limits of the values; without them the results have none.

    Returns
    -------
    RangeAndRatio
        In the unit of the values; missing where an end is. A value above 0 divided by 0 is
        infinity, 0 divided by 0 is missing.

    Raises
    ------
    ValueError
        If a value is below 0 (the first position is named).
    """
    known = np.asarray(values, dtype="float64")
    refuse(known < 0, known, "values", "a rate or share of 0 or more")
    unknown = np.full(known.shape, np.nan)
    rows = [known, *(unknown if each is None else np.asarray(each) for each in (lower, upper))]
    most, least = (tuple(row[..., end] for row in rows) for end in (0, -1))
    results = (*subtract(most, least), *divide(most, least))
    return RangeAndRatio(*(np.asarray(result)[()] for result in results))


def population_attributable_risk(values: ArrayLike, populations: ArrayLike) -> Number:
    """Share of events that would not happen if all groups had the least deprived group's rate.

    Parameters
    ----------
    values, populations : array_like, shape (..., groups)
        Rate and population of each group, most deprived first.

    Returns
    -------
    float or ndarray
        Share from 0 to 1; below 0 where the least deprived group's rate is above that of all;
        0 without events; missing where a group is.

    Raises
    ------
    ValueError
        If a rate or population is below 0 (the first position is named).
    """
    known, shares = groups(values, populations, least=0)
    overall = (known * shares).sum(axis=-1)
    least = np.where(shares[..., -1] == 0, np.nan, known[..., -1])
    return np.where(overall == 0, 0.0 * least, 1 - least / np.where(overall == 0, 1, overall))[()]


def concentration_index(values: ArrayLike, populations: ArrayLike) -> Number:
    """How far events concentrate among the most (below 0) or least deprived (above 0).

    Parameters
    ----------
    values, populations : array_like, shape (..., groups)
        Rate and population of each group, most deprived first.

    Returns
    -------
    float or ndarray
        From -1 to 1; 0 where groups are equal or have no events; missing where a group is.

    Raises
    ------
    ValueError
        If a rate or population is below 0 (the first position is named).

    References
    ----------
    Kakwani, Wagstaff and van Doorslaer (1997), J Econom 77, 87-103.
    """
    known, shares = groups(values, populations, least=0)
    overall = (known * shares).sum(axis=-1)
    tilt = 2 * (shares * places(shares) * (known - overall[..., None])).sum(axis=-1)
    return (tilt / np.where(overall == 0, 1, overall))[()]


def deprivation_groups(scores: ArrayLike, k: int = 10) -> Array:
    """Group of each area by its score: 1 is the most deprived, the highest score.

    Parameters
    ----------
    scores : array_like
        Deprivation scores of all areas that are ranked together. Ranks of the Indices of
        Deprivation, in which 1 is the most deprived, go in with a minus sign.
    k : int
        Groups: 10 for tenths, 5 for fifths.

    Returns
    -------
    ndarray
        Groups 1 to k; equal scores share the lower group number. Missing for areas without a
        score, and for all when fewer areas have one than there are groups.

    Raises
    ------
    ValueError
        If `k` is below 2.

    References
    ----------
    PHE, Technical guide: assigning deprivation categories.
    """
    if k < 2:
        raise ValueError(f"k is {k}; expected 2 or more groups")
    known = np.asarray(scores, dtype="float64")
    ranked = np.sort(known[~np.isnan(known)])
    if ranked.size < k:
        return np.full(known.shape, np.nan)
    from_the_other_end = np.searchsorted(ranked, known, side="right")  # n + 1 - rank, ties lowest
    # whole numbers, because n / k as a fraction puts areas at a boundary in the wrong group
    numbers = k + 1 - -(-from_the_other_end * k // ranked.size)
    return np.where(np.isnan(known), np.nan, numbers)
