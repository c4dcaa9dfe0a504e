"""Values with their limits: percentages, rates, differences, and a whole frame at once."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ehlib.load.definitions import definitions_in_force
from ehlib.load.indicators import Indicator
from ehlib.load.schema import NUMBERS
from ehlib.measure import intervals
from ehlib.measure.rates.standardised import directly_standardised as directly_standardised
from ehlib.measure.rates.standardised import divide as divide
from ehlib.measure.rates.standardised import indirectly_standardised as indirectly_standardised
from ehlib.measure.rates.standardised import mean as mean
from ehlib.measure.rates.standardised import ratio as ratio

Measure = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
Triple = tuple[ArrayLike, ArrayLike, ArrayLike]
LIMITS = ["lower_ci", "upper_ci"]
FIGURES = ["value", *LIMITS]
PUBLISHED = 0.95  # confidence at which publishers give their limits


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
    value, _ = _quotient(numerator, denominator)
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
    value, population = _quotient(numerator, denominator)
    lower, upper = intervals.poisson(numerator, confidence)
    return value * multiplier, lower / population * multiplier, upper / population * multiplier


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
    if kind not in MEASURES:
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

    Counts give the value where they are known; otherwise the published value stands. Limits the
    publisher gave stand where 95 per cent is asked for, since publishers compute them from counts
    before rounding. A rate published with its count but without its population takes its limits
    from the count.

    Parameters
    ----------
    observations : DataFrame, one row per observation
        As `validate_observations` returns them.
    indicators : mapping
        The catalogue. The version in force when a period starts gives method and multiplier.
        A breakdown of case records is a percentage of its denominator.
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
        If an indicator is not in the catalogue or a count cannot be right; the position is that
        of the row in the frame.
    """
    unknown = sorted(set(observations["indicator_id"]) - set(indicators))
    if unknown:
        raise ValueError(f"indicator_id {', '.join(unknown[:5])} is not in the catalogue")
    in_force = definitions_in_force(observations, indicators)
    measures = observations.assign(definition=in_force["definition"])
    for method, multiplier in set(zip(in_force["method"], in_force["multiplier"], strict=True)):
        alike = (in_force["method"] == method) & (in_force["multiplier"] == multiplier)
        # The other rows are blanked, not left out: an error names the place in the whole frame.
        numbers = observations[NUMBERS].where(alike)
        figures = _figures(numbers, method, multiplier, confidence)
        measures[FIGURES] = measures[FIGURES].mask(alike, figures)
    return measures


def _figures(
    numbers: pd.DataFrame, method: str, multiplier: float, confidence: float
) -> pd.DataFrame:
    """Value and limits, as counts give them or else as published."""
    count, population = numbers["numerator"], numbers["denominator"]
    # A plain count is its own value and has no limits: it is not a sample of anything.
    value, *limits = count if method == "count" else np.nan, np.nan, np.nan
    if method in MEASURES:
        value, *limits = MEASURES[method](count, population, multiplier, confidence)
    if method == "rate":
        # Where only the rate and its count are published, they imply the population.
        implied = count * multiplier / numbers["value"].mask(numbers["value"] <= 0)
        _, *limits = rate(count, population.fillna(implied), multiplier, confidence)
    computed = pd.DataFrame(dict(zip(FIGURES, (value, *limits), strict=True)), numbers.index)
    computed["value"] = computed["value"].fillna(numbers["value"])
    if confidence == PUBLISHED:
        given = numbers[LIMITS].notna().all(axis=1)
        computed[LIMITS] = computed[LIMITS].mask(given, numbers[LIMITS])
    return computed


def _quotient(
    numerator: ArrayLike, denominator: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Numerator as a share of the denominator, and the denominator: both missing where it is 0."""
    events, total = intervals.counts(numerator=numerator, denominator=denominator)
    known = np.where(total == 0, np.nan, total)
    return events / known, known


MEASURES: dict[str, Callable[..., Measure]] = {"proportion": proportion, "rate": rate}
