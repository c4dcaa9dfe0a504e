"""Slope and relative index of inequality between groups ranked by deprivation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, ndtri, stdtrit

from ehlib.measure.rates.standardised import refuse, tail

Array = NDArray[np.float64]
Number = float | Array

SCALES: dict[str, tuple[Callable, Callable, float, float]] = {
    "plain": (np.positive, np.positive, -np.inf, np.inf),  # there, back, least, greatest value
    "log": (np.log, np.exp, 0, np.inf),
    "logit": (logit, expit, 0, 1),
}
PHE = (
    "Public Health England's definition. A line weighted by population is fitted to the groups; "
    "the slope index is its {0} deprived end less its {1} deprived end, {2} 0 where the most "
    "deprived have the higher values; the relative index is its {0} deprived end divided by its "
    "{1} deprived end, 1 where there is no inequality."
)
SCOTLAND = (
    "The linear-model definition used in Scotland. A line weighted by population is fitted to the "
    "groups; the slope index is its most deprived end less its least deprived end, above 0 where "
    "the most deprived have the higher values; the relative index is the slope index divided by "
    "the value of all groups together, 0 where there is no inequality."
)


@dataclass(frozen=True)
class SlopeIndex:
    """Slope and relative index of inequality, their limits and what they mean in words."""

    sii: Number
    rii: Number
    lower: Number
    upper: Number
    rii_lower: Number
    rii_upper: Number
    intercept: Number
    definition: str


def slope_index(
    values: ArrayLike,
    populations: ArrayLike,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    scale: str = "plain",
    multiplier: float = 1,
    *,
    method: str = "phe",
    confidence: float = 0.95,
) -> SlopeIndex:
    """Slope and relative index of inequality across groups, with an interval.

    Each group stands at the middle of its place in the population ranked by deprivation, from 0
    to 1, and a line weighted by population is fitted to the values at those places.

    Parameters
    ----------
    values, populations : array_like, shape (..., groups)
        Value and population of each group, most deprived first. A group of nobody does not count.
    lower, upper : array_like, optional
        95 per cent limits of the values, which give their standard errors. Without them, or with
        limits that the scale cannot hold, the results of `phe` have no limits.
    scale : str
        `plain`; `log` (rates) or `logit` (shares) to fit the line to the transformed values.
    multiplier : float
        Unit of the results, such as 100 for shares; below 0 turns the comparison round.
    method : str
        `phe`; or `linear_model`, whose limits come from the groups' distances from the line.
    confidence : float
        Level of the interval, a share from 0.9 to below 1.

    Returns
    -------
    SlopeIndex
        `definition` says which end is worse; `intercept` is the most deprived end. All missing
        where a group is missing or is at the edge of its scale (0; for `logit` also 1); `rii`
        missing where a fitted end is not above 0, but no inequality where the ends are equal.

    Raises
    ------
    ValueError
        If an argument is unknown, or a population or value cannot be right (position named).

    References
    ----------
    Low and Low (2004), J Public Health 26, 388-395; Fieller (1954), J R Stat Soc B 16, 175-185.
    """
    _check_options(scale, method, multiplier)
    if (lower is None) != (upper is None):
        raise ValueError("lower and upper go together; one of them is not given")
    known, shares = groups(values, populations)
    moved = np.where(shares == 0, 0.0, _moved(known, scale, "values"))
    if method == "linear_model":
        return _linear_model(moved, shares, multiplier, confidence)
    errors = np.full(known.shape, np.nan)
    if lower is not None:
        errors = _errors(lower, upper, scale)
    spreads = -ndtri(tail(confidence)) * np.where(shares == 0, 0.0, errors)
    back = SCALES[scale][1]
    ends = [back((weights * moved).sum(axis=-1)) for weights in _ends(shares)]
    limits = (
        _plain_limits(moved, shares, spreads)
        if scale == "plain"
        else _moved_limits(moved, shares, spreads, back)
    )
    return _phe(*ends, limits, multiplier)


def groups(
    values: ArrayLike, populations: ArrayLike, least: float = -np.inf
) -> tuple[Array, Array]:
    """Values and shares of the population; a group of nobody has the value and the share 0."""
    known = np.asarray(values, dtype="float64")
    wanted = "a number of 0 or more" if least == 0 else "a finite number"
    refuse((known < least) | np.isinf(known), known, "values", wanted)
    known, people = np.broadcast_arrays(known, np.asarray(populations, dtype="float64"))
    refuse((people < 0) | np.isinf(people), people, "populations", "a number of 0 or more")
    if known.ndim == 0 or known.shape[-1] < 2:
        raise ValueError(f"values have the shape {known.shape}; expected two groups or more")
    total = people.sum(axis=-1, keepdims=True)
    return np.where(people == 0, 0.0, known), people / np.where(total == 0, np.nan, total)


def places(shares: Array) -> Array:
    """Middle of each group's place in the ranked population, less the middle of all."""
    return np.cumsum(shares, axis=-1) - shares / 2 - 0.5


def _check_options(scale: str, method: str, multiplier: float) -> None:
    if scale not in SCALES:
        raise ValueError(f"scale is {scale!r}; expected one of {', '.join(SCALES)}")
    if method not in ("phe", "linear_model"):
        raise ValueError(f"method is {method!r}; expected phe or linear_model")
    if method == "linear_model" and (scale != "plain" or multiplier < 0):
        raise ValueError("method linear_model has the plain scale and a multiplier above 0 only")


def _moved(values: ArrayLike, scale: str, name: str) -> Array:
    """Values on the scale, missing where it cannot hold them."""
    there, _, least, greatest = SCALES[scale]
    known = np.asarray(values, dtype="float64")
    refuse((known < least) | (known > greatest), known, name, f"{least:g} to {greatest:g}")
    with np.errstate(divide="ignore"):
        moved = there(known)
    return np.where(np.isfinite(moved), moved, np.nan)


def _errors(lower: ArrayLike, upper: ArrayLike, scale: str) -> Array:
    """Standard errors on the scale from 95 per cent limits."""
    low, high = np.asarray(lower, dtype="float64"), np.asarray(upper, dtype="float64")
    refuse(low > high, low, "lower", "at most the upper limit")
    return (_moved(high, scale, "upper") - _moved(low, scale, "lower")) / (2 * ndtri(0.975))


def _ends(shares: Array) -> tuple[Array, Array]:
    """Weights of the groups' values in the most and the least deprived end of the line."""
    middles = places(shares)
    squares = (shares * middles**2).sum(axis=-1, keepdims=True)
    half = shares * middles / np.where(squares == 0, np.nan, squares) / 2
    return shares - half, shares + half


def _plain_limits(values: Array, shares: Array, spreads: Array) -> tuple[Array, ...]:
    """Limits of the difference of the ends, and of their ratio by Fieller's theorem."""
    most, least = _ends(shares)
    first, last = (most * values).sum(axis=-1), (least * values).sum(axis=-1)
    of_first, of_last, of_both = (
        (one * two * spreads**2).sum(axis=-1)
        for one, two in ((most, most), (least, least), (most, least))
    )
    half = np.sqrt((((least - most) * spreads) ** 2).sum(axis=-1))
    base, middle = first**2 - of_first, first * last - of_both
    base = np.where(base > 0, base, np.nan)  # else the ratio has no bounds
    root = np.sqrt(np.maximum(middle**2 - base * (last**2 - of_last), 0))
    ratios = np.maximum((middle - root) / base, 0), (middle + root) / base
    return last - first - half, last - first + half, *ratios


def _moved_limits(
    values: Array, shares: Array, spreads: Array, back: Callable
) -> tuple[Array, ...]:
    """Limits from the limits of the slope on the scale, turning the line round its middle."""
    most, least = _ends(shares)
    middle, slope = (shares * values).sum(axis=-1), ((least - most) * values).sum(axis=-1)
    half = np.sqrt((((least - most) * spreads) ** 2).sum(axis=-1))
    ends = [
        (back(middle - limit / 2), back(middle + limit / 2))
        for limit in (slope - half, slope + half)
    ]
    return *(last - first for first, last in ends), *(last / first for first, last in ends)


def _phe(first: Array, last: Array, limits: tuple[Array, ...], multiplier: float) -> SlopeIndex:
    lower, upper, rii_lower, rii_upper = limits
    positive = (first > 0) & (last >= 0)
    rii = np.where(
        positive, last / np.where(positive, first, 1), np.where(first == last, 1, np.nan)
    )
    rii_lower, rii_upper = (np.where(positive, each, np.nan) for each in (rii_lower, rii_upper))
    words = PHE.format("least", "most", "below")
    if multiplier < 0:
        words = PHE.format("most", "least", "above")
        lower, upper = upper, lower
        with np.errstate(divide="ignore"):
            rii, rii_lower, rii_upper = 1 / rii, 1 / rii_upper, 1 / rii_lower
    sii, lower, upper = (multiplier * each for each in (last - first, lower, upper))
    numbers = (sii, rii, lower, upper, rii_lower, rii_upper, abs(multiplier) * first)
    return SlopeIndex(*(np.asarray(number)[()] for number in numbers), definition=words)


def _linear_model(values: Array, shares: Array, multiplier: float, confidence: float) -> SlopeIndex:
    most, least = _ends(shares)
    first, last, overall = ((by * values).sum(axis=-1) for by in (most, least, shares))
    middles = places(shares)
    residuals = values - overall[..., None] - (last - first)[..., None] * middles
    freedom = (shares > 0).sum(axis=-1) - 2.0
    squares = (shares * residuals**2).sum(axis=-1) / np.where(freedom > 0, freedom, np.nan)
    error = np.sqrt(squares / (shares * middles**2).sum(axis=-1))
    spread = -multiplier * stdtrit(np.maximum(freedom, 1), tail(confidence)) * error
    sii, whole = multiplier * (first - last), multiplier * overall
    slopes = (sii, sii - spread, sii + spread)
    rii, *limits = (
        np.where(sii == 0, 0.0, each / np.where(whole == 0, np.nan, whole)) for each in slopes
    )
    numbers = (sii, rii, *slopes[1:], *limits, multiplier * first)
    return SlopeIndex(*(np.asarray(number)[()] for number in numbers), definition=SCOTLAND)
