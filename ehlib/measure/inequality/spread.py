"""How far areas lie apart, and whether chance alone would put them there."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtri
from scipy.stats import studentized_range

from ehlib.measure import intervals
from ehlib.measure.inequality.slope import slope_index
from ehlib.measure.rates import Triple, divide, subtract

Floats = NDArray[np.float64]
FEW = 5  # events expected in an area, below which chi-squared is not to be trusted


@dataclass(frozen=True)
class Heterogeneity:
    """Test of all areas at once against one common value; `reason` says why where it is missing."""

    chi_squared: float
    freedom: int
    p_value: float
    reason: str = ""


@dataclass(frozen=True)
class WidestGap:
    """Highest less lowest area, with limits that allow for choosing the pair after looking.

    `highest` and `lowest` are positions; `factor` is what the limits of each area were widened by.
    """

    gap: float
    lower: float
    upper: float
    highest: int
    lowest: int
    factor: float


def heterogeneity(
    values: ArrayLike,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    *,
    numerators: ArrayLike | None = None,
    denominators: ArrayLike | None = None,
    kind: str = "rate",
) -> Heterogeneity:
    """Whether areas differ by more than chance, all together and before any pair is picked.

    Parameters
    ----------
    values, lower, upper : array_like
        Values and 95 per cent limits; used where counts are not given. Areas without them are
        left out.
    numerators, denominators : array_like, optional
        Counts and populations; areas without both are left out.
    kind : str
        `proportion` (Pearson's test of a table of areas by yes and no) or `rate` (Poisson counts
        against those that one rate would give).

    Returns
    -------
    Heterogeneity
        Missing, with the reason, for fewer than two areas or where an area would have fewer than
        five events (or non-events) at the common rate.

    Raises
    ------
    ValueError
        If the kind is unknown or a count cannot be right.

    References
    ----------
    Armitage, Berry and Matthews (2002), Statistical methods in medical research, ch. 8; Cochran
    (1954), Biometrics 10, 101-129.
    """
    if kind not in ("proportion", "rate"):
        raise ValueError(f"kind is {kind!r}; expected proportion or rate")
    if numerators is None or denominators is None:
        return _of_values(values, lower, upper)
    events, people = intervals.counts(numerator=numerators, denominator=denominators)
    known = ~np.isnan(events) & (people > 0)
    events, people = events[known], people[known]
    if events.size < 2:
        return _untested(f"Only {events.size} areas have counts; two are needed")
    expected = events.sum() / people.sum() * people
    tables = [(events, expected)]
    if kind == "proportion":
        tables.append((people - events, people - expected))
    if min(each.min() for _, each in tables) < FEW:
        return _untested("An area is too small: it would have fewer than five events or non-events")
    statistic = sum(((seen - due) ** 2 / due).sum() for seen, due in tables)
    return _tested(statistic, events.size - 1)


def widest_gap(
    values: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, confidence: float = 0.95
) -> WidestGap:
    """Gap between the highest and the lowest of several areas, a pair chosen after looking.

    Parameters
    ----------
    values, lower, upper : array_like
        Values of 0 or more and their 95 per cent limits; areas without a value are left out. The
        limits of the gap are missing where an area has none.
    confidence : float
        Chance that the limits of all pairs of areas hold at once, a share from 0.9 to below 1.

    Returns
    -------
    WidestGap
        All missing, with positions -1, for fewer than two areas.

    References
    ----------
    Tukey (1953) and Kramer (1956), with the limits of each area widened before they are combined
    as Zou and Donner (2008) do; conservative for unequal areas: Hayter (1984), Ann Stat 12, 61-75.
    """
    rows = np.array([np.asarray(each, dtype="float64") for each in (values, lower, upper)])
    places = np.flatnonzero(~np.isnan(rows[0]))
    if places.size < 2:
        return WidestGap(np.nan, np.nan, np.nan, -1, -1, np.nan)
    factor = pairs_factor(places.size, confidence)
    known = rows[:, places]
    wide = np.array(
        [
            known[0],
            np.maximum(known[0] - factor * (known[0] - known[1]), 0),
            known[0] + factor * (known[2] - known[0]),
        ]
    )
    if np.isnan(known).any():
        wide[1:] = np.nan
    top, low = int(known[0].argmax()), int(known[0].argmin())
    gap, *limits = (float(each) for each in subtract(wide[:, top], wide[:, low]))
    return WidestGap(gap, *limits, int(places[top]), int(places[low]), factor)


@lru_cache(maxsize=64)
def pairs_factor(areas: int, confidence: float = 0.95) -> float:
    """Width of limits that hold for all pairs of areas, over that of one 95 per cent interval."""
    critical = studentized_range.ppf(confidence, areas, np.inf) / np.sqrt(2)
    return float(critical / ndtri(0.975))


def attributable_limits(
    values: ArrayLike, populations: ArrayLike, lower: ArrayLike, upper: ArrayLike
) -> Triple:
    """Population attributable risk with limits: share due to rates above the least deprived's.

    Parameters
    ----------
    values, populations, lower, upper : array_like, shape (groups)
        Rate, population and 95 per cent limits of each group, most deprived first.

    Returns
    -------
    tuple of float
        Share, lower and upper limit; missing where a group or its limits are, or the least
        deprived group's rate is 0.

    References
    ----------
    Donner and Zou (2012), Stat Methods Med Res 21, 347-359, for the ratio of the other groups'
    rates to the least deprived's, of which the share is a rising function.
    """
    rates = np.array([np.asarray(each, dtype="float64") for each in (values, lower, upper)])
    people = np.asarray(populations, dtype="float64")
    shares = people / people.sum()
    others = shares[:-1] * rates[:, :-1]
    total = others[0].sum()
    below = np.sqrt(((others[0] - others[1]) ** 2).sum())
    above = np.sqrt(((others[2] - others[0]) ** 2).sum())
    if not rates[0, -1] > 0:
        return np.nan, np.nan, np.nan
    ratios = divide((total, total - below, total + above), tuple(rates[:, -1]))
    return tuple(float(1 - 1 / (shares[-1] + each)) for each in ratios)


def decisive_places(
    values: ArrayLike, populations: ArrayLike, lower: ArrayLike, upper: ArrayLike
) -> list[int]:
    """Positions of places without any one of which a slope would be clear, or unclear, instead.

    Parameters
    ----------
    values, populations, lower, upper : array_like, shape (places)
        As for `slope_index`, most deprived first.

    Returns
    -------
    list of int
        Places whose leaving out turns the slope, or puts 0 within its limits or out of them.
    """
    rows = np.array([np.asarray(each, "float64") for each in (values, populations, lower, upper)])
    said = _way(rows)
    return [each for each in range(rows.shape[1]) if _way(np.delete(rows, each, axis=1)) != said]


def _way(rows: Floats) -> int:
    """1 where a slope is clearly above 0, -1 where below, 0 where its limits hold 0."""
    found = slope_index(*rows)
    return int(found.lower > 0) - int(found.upper < 0)


def _of_values(
    values: ArrayLike, lower: ArrayLike | None, upper: ArrayLike | None
) -> Heterogeneity:
    if lower is None or upper is None:
        return _untested("The figures have neither counts nor limits")
    rows = np.array([np.asarray(each, dtype="float64") for each in (values, lower, upper)])
    value, low, high = rows[:, ~np.isnan(rows).any(axis=0) & (rows[1] < rows[2])]
    if value.size < 2:
        return _untested(f"Only {value.size} areas have limits; two are needed")
    weights = (2 * ndtri(0.975) / (high - low)) ** 2
    common = (weights * value).sum() / weights.sum()
    return _tested((weights * (value - common) ** 2).sum(), value.size - 1)


def _tested(statistic: float, freedom: int) -> Heterogeneity:
    return Heterogeneity(float(statistic), freedom, float(chdtrc(freedom, statistic)))


def _untested(reason: str) -> Heterogeneity:
    return Heterogeneity(np.nan, 0, np.nan, reason)
