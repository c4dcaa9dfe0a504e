"""How many events stand between a place and a benchmark, and how long the change takes to show."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ehlib.measure import intervals

POWER = 0.8  # chance of seeing a change that is really there


@dataclass(frozen=True)
class FewerEvents:
    """Events to gain or lose for a value to equal a reference.

    Attributes
    ----------
    events : float
        Events of the period less those the reference would give; negative when the place is
        already below it. Missing where a count is.
    lower, upper : float
        Its limits, from those of the count; the reference is taken as known.
    periods : float
        Periods of the same length, before and after, that have to be counted before such a
        change is told from chance four times in five, by a normal approximation that is rough
        below about 10 events. Missing when there is nothing to see.
    """

    events: float
    lower: float
    upper: float
    periods: float


def fewer_events(
    numerator: float,
    denominator: float,
    reference: float,
    *,
    kind: str = "rate",
    multiplier: float = 1000,
    confidence: float = 0.95,
) -> FewerEvents:
    """Events by which a place differs from a reference value, and periods until that would show.

    Parameters
    ----------
    numerator, denominator : float
        Events and population of one period; missing where suppressed.
    reference : float
        Value to reach, per `multiplier`: England's, the best district's or the baseline.
    kind : str
        `rate` (Poisson limits) or `proportion` (Wilson limits).
    multiplier : float
        Of the reference: 1,000 for a rate per 1,000.
    confidence : float
        Level of the interval and of the later comparison, a share from 0.9 to below 1.

    Returns
    -------
    FewerEvents
        All missing when a count or the reference is, or the denominator is 0.

    Raises
    ------
    ValueError
        If a count cannot be right, the reference is negative or the kind is unknown.

    References
    ----------
    Periods: Fleiss, Levin and Paik (2003), Statistical methods for rates and proportions, ch. 4,
    without continuity correction; for rates with Poisson variances.
    """
    most = multiplier if kind == "proportion" else np.inf
    if kind not in ("rate", "proportion") or not (0 <= reference <= most or np.isnan(reference)):
        raise ValueError(
            f"kind is {kind!r}, reference {reference:g}; expected rate or proportion, and a value "
            f"from 0 to {most:g}"
        )
    if denominator < 0:
        raise ValueError(f"denominator is {denominator:g}; expected a count of 0 or more")
    if kind == "rate":
        lower, upper = (float(limit) for limit in intervals.poisson(numerator, confidence))
    else:
        shares = intervals.wilson(numerator, denominator, confidence)
        lower, upper = (float(share) * denominator for share in shares)
    wanted = reference / multiplier * denominator if denominator > 0 else np.nan
    spread = numerator + wanted
    if kind == "proportion":
        spread -= (numerator**2 + wanted**2) / denominator
    z = ndtri(1 - (1 - confidence) / 2) + ndtri(POWER)
    gone = numerator - wanted
    periods = float(max(np.ceil(z**2 * spread / gone**2), 1)) if gone else np.nan
    return FewerEvents(float(gone), lower - wanted, upper - wanted, periods)
