"""Confidence limits of a share and of a count, for whole arrays at a time."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, ndtri

EXACT_BELOW = 10  # events under which Byar's approximation is too rough (PHE technical guide)

Limits = tuple[NDArray[np.float64], NDArray[np.float64]]


def wilson(numerator: ArrayLike, denominator: ArrayLike, confidence: float = 0.95) -> Limits:
    """Wilson score limits of a share.

    Parameters
    ----------
    numerator : array_like
        Children with the characteristic; missing where suppressed.
    denominator : array_like
        Children counted, same shape.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit as shares from 0 to 1, missing where a count is missing or the
        denominator is 0 (a share of nobody is not known).

    Raises
    ------
    ValueError
        If a count is negative, a numerator is above its denominator (the first position is
        named), or `confidence` is out of range.

    References
    ----------
    Wilson (1927), J Am Stat Assoc 22, 209-212; Newcombe (1998), Stat Med 17, 857-872.
    """
    events, total = counts(numerator=numerator, denominator=denominator)
    _refuse(events > total, events, "numerator", "at most the denominator")
    z2 = _z(confidence) ** 2
    total = np.where(total == 0, np.nan, total)
    centre = 2 * events + z2
    # events * (total - events) first: 1 - p would lose digits at huge counts
    spread = np.sqrt(z2 * (z2 + 4 * events * ((total - events) / total)))
    lower, upper = (centre - spread) / (2 * (total + z2)), (centre + spread) / (2 * (total + z2))
    return lower, np.where(events == total, 1.0, upper)  # exact, where rounding leaves a trace


def poisson(count: ArrayLike, confidence: float = 0.95) -> Limits:
    """Limits of a count of events: exact below 10 events, Byar's approximation from 10.

    Parameters
    ----------
    count : array_like
        Events; missing where suppressed.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    tuple of ndarray
        Lower and upper limit in events, missing where the count is. No events give 0 and
        3.688879 at 95 per cent.

    Raises
    ------
    ValueError
        If a count is negative (the first position is named) or `confidence` is out of range.

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442; Breslow and Day (1987), Statistical methods in cancer
    research II, p 69; PHE, Technical guide: confidence intervals (2018).
    """
    (events,) = counts(count=count)
    exact_lower, exact_upper = _exact(events, confidence)
    byar_lower, byar_upper = _byar(events, confidence)
    small = events < EXACT_BELOW
    return np.where(small, exact_lower, byar_lower), np.where(small, exact_upper, byar_upper)


def _exact(events: NDArray[np.float64], confidence: float) -> Limits:
    tail = (1 - _checked(confidence)) / 2
    events = np.where(events < EXACT_BELOW, events, np.nan)
    some = np.where(events > 0, events, np.nan)
    # chdtri takes the upper tail, so the lower limit is the point with 1 - tail above it
    lower = np.where(events == 0, 0.0, chdtri(2 * some, 1 - tail) / 2)
    return lower, chdtri(2 * events + 2, tail) / 2


def _byar(events: NDArray[np.float64], confidence: float) -> Limits:
    z = _z(confidence)
    some, following = np.where(events > 0, events, np.nan), events + 1
    lower = some * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3
    return lower, following * (1 - 1 / (9 * following) + z / (3 * np.sqrt(following))) ** 3


def _z(confidence: float) -> float:
    return float(-ndtri((1 - _checked(confidence)) / 2))


def _checked(confidence: float) -> float:
    if not 0.9 <= confidence < 1:
        raise ValueError(f"confidence is {confidence!r}; expected a share from 0.9 to below 1")
    return confidence


def counts(**named: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Counts as arrays of one shape.

    Parameters
    ----------
    **named : array_like
        Counts by the name that an error gives them; missing where not known.

    Returns
    -------
    tuple of ndarray
        In the order given.

    Raises
    ------
    ValueError
        If a count is negative or infinite; the first position is named.
    """
    arrays = np.broadcast_arrays(*(np.asarray(each, dtype="float64") for each in named.values()))
    for name, values in zip(named, arrays, strict=True):
        _refuse((values < 0) | np.isinf(values), values, name, "a count of 0 or more")
    return tuple(arrays)


def _refuse(wrong: NDArray[np.bool_], values: NDArray[np.float64], name: str, wanted: str) -> None:
    if wrong.any():
        position = int(np.flatnonzero(wrong)[0])
        found = values.flat[position]
        raise ValueError(f"{name} at position {position} is {found:.15g}; expected {wanted}")
