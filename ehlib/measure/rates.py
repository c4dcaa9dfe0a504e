"""Values with their limits: percentages, rates, differences, and a whole frame at once."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ehlib.load.indicators import Indicator
from ehlib.measure import intervals

Measure = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
Triple = tuple[ArrayLike, ArrayLike, ArrayLike]


def proportion(
    numerator: ArrayLike,
    denominator: ArrayLike,
    multiplier: float = 100,
    confidence: float = 0.95,
) -> Measure:
    """Percentage of children with its Wilson limits.

    Parameters
    ----------
    numerator, denominator : array_like
        Counts, one shape; missing where suppressed.
    multiplier : float
        100 for per cent.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray
        Value, lower and upper limit, in units of `multiplier`; missing where a count is missing
        or the denominator is 0.

    Raises
    ------
    ValueError
        If a count is negative or a numerator is above its denominator.

    References
    ----------
    Wilson (1927), J Am Stat Assoc 22, 209-212.
    """
    lower, upper = intervals.wilson(numerator, denominator, confidence)
    value = _share(numerator, denominator)
    return value * multiplier, lower * multiplier, upper * multiplier


def rate(
    numerator: ArrayLike,
    denominator: ArrayLike,
    multiplier: float = 1000,
    confidence: float = 0.95,
) -> Measure:
    """Crude rate of events with exact limits below 10 events and Byar's from 10.

    Parameters
    ----------
    numerator : array_like
        Events; missing where suppressed. May exceed the denominator: a child can have several.
    denominator : array_like
        Population at risk, same shape.
    multiplier : float
        1,000 for a rate per 1,000.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray
        Value, lower and upper limit per `multiplier`; missing where a count is missing or the
        denominator is 0.

    Raises
    ------
    ValueError
        If a count is negative.

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442; Breslow and Day (1987), p 69.
    """
    lower, upper = intervals.poisson(numerator, confidence)
    population = _denominator(denominator)
    value = np.asarray(numerator, dtype="float64") / population
    scale = multiplier / population
    return value * multiplier, lower * scale, upper * scale


def difference(
    first: tuple[ArrayLike, ArrayLike],
    second: tuple[ArrayLike, ArrayLike],
    *,
    kind: str = "proportion",
    multiplier: float = 100,
    confidence: float = 0.95,
) -> Measure:
    """First value minus second, with limits that keep each value's own skewness.

    Parameters
    ----------
    first, second : tuple of array_like
        Numerator and denominator of each side; missing where suppressed.
    kind : str
        `proportion` (Newcombe's hybrid score limits) or `rate` (the same construction, MOVER,
        from exact and Byar's limits).
    multiplier : float
        As for `proportion` and `rate`.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray
        Difference, lower and upper limit, per `multiplier`; missing where a side is.

    Raises
    ------
    ValueError
        If `kind` is unknown or a count cannot be right.

    References
    ----------
    Newcombe (1998), Stat Med 17, 873-890, method 10; Zou and Donner (2008), Stat Med 27,
    1693-1702.
    """
    if kind not in MEASURES or kind == "value":
        raise ValueError(f"kind is {kind!r}; expected proportion or rate")
    measure = MEASURES[kind]
    one, two = measure(*first, multiplier, confidence), measure(*second, multiplier, confidence)
    return subtract(one, two)


def subtract(first: Triple, second: Triple) -> Measure:
    """First value minus second, with limits from the limits of both (MOVER).

    Parameters
    ----------
    first, second : tuple of array_like
        Value, lower and upper limit of each side, in one unit; missing where not known.

    Returns
    -------
    tuple of ndarray
        Difference, lower and upper limit; limits are missing where a side has none.

    References
    ----------
    Zou and Donner (2008), Stat Med 27, 1693-1702.
    """
    one, one_lower, one_upper = (np.asarray(each, dtype="float64") for each in first)
    two, two_lower, two_upper = (np.asarray(each, dtype="float64") for each in second)
    below = np.hypot(one - one_lower, two_upper - two)
    above = np.hypot(one_upper - one, two - two_lower)
    return one - two, one - two - below, one - two + above


def add_measures(
    observations: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Observations with value and limits by the method of each indicator's definition.

    Counts give the value where both are known; otherwise the published value stands. Limits the
    publisher gave stand, since publishers compute them from counts before rounding. A rate
    published with its count but without its population takes its limits from the count.

    Parameters
    ----------
    observations : DataFrame, one row per observation
        As `validate_observations` returns them.
    indicators : mapping
        The catalogue. The version in force when a period starts gives method and multiplier.
        A breakdown (`category_type` other than empty) is a percentage of its denominator.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    DataFrame, same rows and order
        `value`, `lower_ci`, `upper_ci` filled in the unit of the indicator; missing counts stay
        missing. Adds `definition`, the start of the definition in force: rows that differ in it
        are not to be compared or joined by a line.

    Raises
    ------
    ValueError
        If an indicator is not in the catalogue or a count cannot be right.
    """
    unknown = sorted(set(observations["indicator_id"]) - set(indicators))
    if unknown:
        raise ValueError(f"indicator_id {', '.join(unknown[:5])} is not in the catalogue")
    measures = observations.assign(definition="")
    for (method, multiplier), rows in _by_method(observations, indicators).items():
        part = MEASURES[method](
            measures.loc[rows, "numerator"],
            _population(measures.loc[rows], method, multiplier),
            multiplier,
            confidence,
        )
        for column, computed in zip(("value", "lower_ci", "upper_ci"), part, strict=True):
            measures.loc[rows, column] = _prefer(column, computed, measures.loc[rows])
    keys = measures.groupby(["indicator_id", "period_start"], sort=False).groups
    for (indicator_id, start), rows in keys.items():
        version = indicators[indicator_id].version_at(start.date())
        measures.loc[rows, "definition"] = version.start.isoformat()
    return measures


def _prefer(
    column: str, computed: NDArray[np.float64], published: pd.DataFrame
) -> NDArray[np.float64]:
    """Computed values where both counts are known; published limits wherever there are any."""
    given = published[column].to_numpy()
    if column == "value":
        known = published[["numerator", "denominator"]].notna().all(axis=1).to_numpy()
        return np.where(known & ~np.isnan(computed), computed, given)
    return np.where(np.isnan(given), computed, given)


def _population(observations: pd.DataFrame, method: str, multiplier: float) -> NDArray[np.float64]:
    """Denominators, with the one a published rate implies where only its count is known."""
    given = observations["denominator"].to_numpy()
    if method != "rate":
        return given
    value = observations["value"].to_numpy()
    implied = observations["numerator"].to_numpy() * multiplier / np.where(value > 0, value, np.nan)
    return np.where(np.isnan(given), implied, given)


def _by_method(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> dict[tuple[str, float], list[int]]:
    """Row labels of each method and multiplier; a breakdown is a percentage of its whole."""
    groups: dict[tuple[str, float], list[int]] = {}
    keys = ["indicator_id", "period_start", "category_type"]
    parts = observations.groupby(keys, dropna=False, observed=True, sort=False).groups
    for (indicator_id, start, category_type), rows in parts.items():
        version = indicators[indicator_id].version_at(start.date())
        method, multiplier = version.method, version.multiplier
        if category_type and method != "value":
            method, multiplier = "proportion", 100.0
        groups.setdefault((method, multiplier), []).extend(rows)
    return groups


def _count(
    numerator: ArrayLike, denominator: ArrayLike, multiplier: float, confidence: float
) -> Measure:
    """A plain count is its own value and has no limits: it is not a sample of anything."""
    del denominator, multiplier, confidence
    value = np.asarray(numerator, dtype="float64")
    return value, np.full_like(value, np.nan), np.full_like(value, np.nan)


def _as_published(
    numerator: ArrayLike, denominator: ArrayLike, multiplier: float, confidence: float
) -> Measure:
    del denominator, multiplier, confidence
    nothing = np.full_like(np.asarray(numerator, dtype="float64"), np.nan)
    return nothing, nothing, nothing


def _share(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(numerator, dtype="float64") / _denominator(denominator)


def _denominator(denominator: ArrayLike) -> NDArray[np.float64]:
    """Denominators, missing where 0; negative ones are refused."""
    values = np.asarray(denominator, dtype="float64")
    if (values < 0).any():
        position = int(np.flatnonzero(values < 0)[0])
        found = values.flat[position]
        raise ValueError(
            f"denominator at position {position} is {found:g}; expected a count of 0 or more"
        )
    return np.where(values == 0, np.nan, values)


MEASURES: dict[str, Callable[..., Measure]] = {
    "proportion": proportion,
    "rate": rate,
    "count": _count,
    "value": _as_published,
}
