"""Standardised rates, means and ratios with their limits, for whole arrays at a time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from ehlib.measure import intervals

FEWEST = 10  # events under which a directly standardised rate is not given (Morris et al 2018)

Array = NDArray[np.float64]
Measure = tuple[Array, Array, Array]
Side = tuple[ArrayLike, ArrayLike]
Triple = tuple[ArrayLike, ArrayLike, ArrayLike]


def directly_standardised(
    counts: ArrayLike,
    populations: ArrayLike,
    standard: ArrayLike,
    multiplier: float = 100_000,
    confidence: float = 0.95,
) -> Measure:
    """Rates that the areas would have with the standard's age structure, with Dobson's limits.

    Parameters
    ----------
    counts, populations : array_like, shape (..., age groups)
        Events and people at risk in each age group; missing where suppressed.
    standard : array_like, shape (age groups) or (..., age groups)
        Standard population, such as the European Standard Population 2013. Its sum is free.
    multiplier : float
        100,000 for a rate per 100,000.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray, shape (...)
        Value, lower and upper limit. Missing under 10 events in all, where a count or population
        is missing, and where nobody lives in an age group to which the standard gives weight.

    Raises
    ------
    ValueError
        If a count is negative or the standard sums to 0 (the first position is named).

    References
    ----------
    Dobson et al (1991), Stat Med 10, 457-462; Morris et al (2018), Popul Health Metr 16, 19.
    """
    named = {"counts": counts, "populations": populations, "standard": standard}
    events, people, weights = intervals.counts(**named)
    sums = weights.sum(axis=-1, keepdims=True)
    refuse(sums == 0, sums, "sum of the standard", "a sum above 0")
    scale = np.where(weights == 0, 0.0, weights / sums / np.where(people > 0, people, np.nan))
    value, variance = (events * scale).sum(axis=-1), (events * scale**2).sum(axis=-1)
    total = events.sum(axis=-1)
    total = np.where(total >= FEWEST, total, np.nan)
    lower, upper = intervals.poisson(total, confidence)
    spread = np.sqrt(variance / total)
    limits = (value + spread * (limit - total) for limit in (total, lower, upper))
    return tuple(multiplier * limit for limit in limits)


def indirectly_standardised(
    counts: ArrayLike,
    populations: ArrayLike,
    reference_rates: ArrayLike,
    multiplier: float = 1,
    confidence: float = 0.95,
) -> Measure:
    """Events as a ratio to those expected at the reference's rates, with limits of the count.

    Parameters
    ----------
    counts : array_like, shape (..., age groups) or (..., 1)
        Events in each age group, or their total on an axis of one; missing where suppressed.
    populations : array_like, shape (..., age groups)
        People at risk.
    reference_rates : array_like, shape (age groups) or (..., age groups)
        Events per person in each age group of the reference.
    multiplier : float
        1 for a ratio; 100 sets the reference at 100; the reference's crude rate gives the
        indirectly standardised rate.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray, shape (...)
        Value, lower and upper limit (exact below 10 events, Byar's from 10). No events give 0 and
        an upper limit above 0. Missing where a count is missing or no events are expected.

    Raises
    ------
    ValueError
        If a count, population or rate is negative (the first position is named).

    References
    ----------
    Breslow and Day (1987), Statistical methods in cancer research II, chapter 2.
    """
    (events,) = intervals.counts(counts=counts)
    people, rates = intervals.counts(populations=populations, reference_rates=reference_rates)
    total, expected = events.sum(axis=-1), (people * rates).sum(axis=-1)
    scale = multiplier / np.where(expected > 0, expected, np.nan)
    lower, upper = intervals.poisson(total, confidence)
    return total * scale, lower * scale, upper * scale


def mean(values: ArrayLike, confidence: float = 0.95) -> Measure:
    """Mean of each row of measurements with the limits of Student's t distribution.

    Parameters
    ----------
    values : array_like, shape (..., measurements)
        Measurements, in any unit.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray, shape (...)
        Mean, lower and upper limit in the unit of the values; missing where a measurement is.
        One measurement has no limits, none has no mean.

    Raises
    ------
    ValueError
        If `confidence` is out of range or a measurement is infinite.

    References
    ----------
    Altman et al (2000), Statistics with confidence, 2nd edition, chapter 4.
    """
    share = tail(confidence)
    data = np.asarray(values, dtype="float64")
    refuse(np.isinf(data), data, "values", "a finite measurement")
    count = data.shape[-1] or np.nan
    freedom = count - 1 or np.nan
    centre = data.sum(axis=-1) / count
    squares = ((data - centre[..., None]) ** 2).sum(axis=-1)
    spread = -stdtrit(freedom, share) * np.sqrt(squares / freedom / count)
    return centre, centre - spread, centre + spread


def ratio(first: Side, second: Side, kind: str = "proportion", confidence: float = 0.95) -> Measure:
    """First value divided by second, with limits that are symmetric on the log scale.

    Parameters
    ----------
    first, second : tuple of array_like
        Numerator and denominator of each side; missing where suppressed.
    kind : str
        `proportion` (Katz) or `rate` (the log method for two counts of events).
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray
        Ratio, lower and upper limit; missing where a side is missing or has a denominator of 0.
        With a numerator of 0, or two shares of 100 per cent, the log scale fails and limits come
        from those of each side, as in `divide`. No events first: 0, from 0 to a limit. None
        second: infinity, from a limit to infinity. None at all: missing, from 0 to infinity.

    Raises
    ------
    ValueError
        If `kind` is unknown or a count cannot be right.

    References
    ----------
    Katz et al (1978), Biometrics 34, 469-474; Breslow and Day (1987), chapter 3.
    """
    if kind not in ("proportion", "rate"):
        raise ValueError(f"kind is {kind!r}; expected proportion or rate")
    sides = [_limits(side, kind, confidence) for side in (first, second)]
    value, lower, upper = divide(*sides)
    variance = _log_variance(first, kind) + _log_variance(second, kind)
    on_log = np.isfinite(variance) & (variance > 0)
    factor = np.exp(-ndtri(tail(confidence)) * np.sqrt(np.where(on_log, variance, np.nan)))
    return value, np.where(on_log, value / factor, lower), np.where(on_log, value * factor, upper)


def divide(first: Triple, second: Triple) -> Measure:
    """First value divided by second, with limits from the limits of both (MOVER).

    Parameters
    ----------
    first, second : tuple of array_like
        Value, lower and upper limit of each side, none below 0; missing where not known.

    Returns
    -------
    tuple of ndarray
        Ratio, lower and upper limit. A value above 0 divided by 0 is infinity, 0 divided by 0 is
        missing; the upper limit is infinity where the second side's lower limit is 0.

    References
    ----------
    Donner and Zou (2012), Stat Methods Med Res 21, 347-359.
    """
    one, one_lower, one_upper = (np.asarray(each, dtype="float64") for each in first)
    two, two_lower, two_upper = (np.asarray(each, dtype="float64") for each in second)
    product = one * two
    below, over = one_lower * (2 * one - one_lower), two_upper * (2 * two - two_upper)
    root = product + np.sqrt(np.maximum(product**2 - below * over, 0))
    above, under = one_upper * (2 * one - one_upper), two_lower * (2 * two - two_lower)
    top = product + np.sqrt(np.maximum(product**2 - above * under, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where(below == 0, 0.0 * root, below / root)
        upper = np.where(under == 0, np.inf + 0.0 * top, top / under)
        return one / two, lower, upper


def tail(confidence: float) -> float:
    """Share of a distribution beyond each limit of an interval, 0.025 at 95 per cent."""
    if not 0.9 <= confidence < 1:
        raise ValueError(f"confidence is {confidence!r}; expected a share from 0.9 to below 1")
    return (1 - confidence) / 2


def refuse(wrong: NDArray[np.bool_], values: Array, name: str, wanted: str) -> None:
    """Raise ValueError with the first of the positions at which values cannot be right."""
    if wrong.any():
        position = int(np.flatnonzero(wrong)[0])
        found = values.flat[position]
        raise ValueError(f"{name} at position {position} is {found:g}; expected {wanted}")


def _limits(side: Side, kind: str, confidence: float) -> Measure:
    """Value and limits of one side, per person; missing where the denominator is 0."""
    events, people = intervals.counts(numerator=side[0], denominator=side[1])
    known = np.where(people > 0, people, np.nan)
    if kind == "proportion":
        return events / known, *intervals.wilson(events, people, confidence)
    lower, upper = intervals.poisson(events, confidence)
    return events / known, lower / known, upper / known


def _log_variance(side: Side, kind: str) -> Array:
    """Variance of the log of one side's value; infinite without events."""
    events, people = (np.asarray(each, dtype="float64") for each in side)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1 / events - (1 / people if kind == "proportion" else 0.0 * people)
