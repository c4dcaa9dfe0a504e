"""Whether the latest five years of a series rise, fall or neither, judged as Fingertips does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

POINTS = 5
CRITICAL = 9.54953570608324  # chi-squared with one degree of freedom, 0.2 per cent in both tails
STANDARD_ERRORS = 3.92  # in a 95 per cent interval, rounded as Fingertips rounds it
ROUNDING = 1e-12  # a slope this small beside the figures is the computer's, not the children's
NAMES = ("values", "lower", "upper", "numerators", "denominators")
NEEDS = {
    "ci_weighted": ("values", "lower", "upper"),
    "proportion": ("numerators", "denominators"),
}
NOT_YEARLY = {  # calendars whose points are not separate years, and why that forbids a trend
    "three_calendar_years": "Neighbouring three-year periods share years, so they are not separate",
    "release": "Editions of an index are not a yearly series",
}
PLACES = ("first", "second", "third", "fourth", "fifth")

Floats = NDArray[np.float64]
Fit = tuple[float, float, Floats]


@dataclass(frozen=True)
class RecentTrend:
    """What the latest five years show.

    Attributes
    ----------
    direction : str
        `increasing`, `decreasing`, `no_change` or `cannot_be_calculated`.
    chi_squared : float
        Test of a straight line against none; missing where it cannot be calculated.
    slope : float
        Change a year: in the unit of the values, or as a share for `proportion`.
    points : int
        Figures the answer rests on; five, or what there was when it cannot be calculated.
    reason : str
        Why, in words.
    method : str
        `ci_weighted` or `proportion`.
    """

    direction: str
    chi_squared: float
    slope: float
    points: int
    reason: str
    method: str


def recent_trend(
    values: ArrayLike | None,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    numerators: ArrayLike | None = None,
    denominators: ArrayLike | None = None,
    method: str = "ci_weighted",
    *,
    frequency: str = "annual",
    calendar: str = "",
    definitions: Sequence[str] | None = None,
    gaps: str = "refuse",
) -> RecentTrend:
    """Direction of the latest five yearly figures of one series.

    A series changes when a line through the five figures fits much better than none (chi-squared
    above 9.5495) and its slope keeps its sign whichever figure is left out.

    Parameters
    ----------
    values, lower, upper : array_like, optional
        Figures and their 95 per cent limits in time order, one for every year; a year without a
        figure is a missing value. Used by `ci_weighted`; with `proportion` only to tell which
        years have a figure, and then they may be None.
    numerators, denominators : array_like, optional
        Counts, same shape, used by `proportion`. A share of nobody (denominator 0) is missing.
    method : str
        `proportion` for percentages of people, `ci_weighted` for everything else.
    frequency, calendar : str
        The indicator's. Quarterly series are refused; periods that overlap cannot be calculated.
    definitions : sequence of str, optional
        Definition each figure follows; figures before the latest definition are not used.
    gaps : str
        A year without a figure among the latest five: `refuse` (as the PHEindicatormethods
        package) or `skip` it for an older year, spaced as if next to it (as the website).

    Returns
    -------
    RecentTrend
        Never fails on missing, zero or equal figures: the reason says what was found.

    Raises
    ------
    ValueError
        If the series is not yearly, an option is unknown, the lengths differ, or a figure cannot
        be right (infinite, limits crossed, negative count, numerator above denominator).

    References
    ----------
    OHID (2025), Fingertips public health technical guidance: trend markers; Armitage (1955),
    Biometrics 11, 375-386.
    """
    _check_options(method, frequency, calendar, gaps)
    columns = _columns(method, values, lower, upper, numerators, denominators)
    known = ~np.isnan(np.array(list(columns.values()))).any(axis=0)
    start = _latest_definition(definitions, known.size)
    usable = np.arange(start, known.size)
    chosen = (usable[known[usable]] if gaps == "skip" else usable)[-POINTS:]
    figures = [columns[name][chosen] for name in NEEDS[method]]
    shown = ~np.isnan(columns.get("values", np.full(known.size, np.nan)))
    refusal = NOT_YEARLY.get(calendar) or _refusal(known[chosen], shown[chosen], start, method)
    if not refusal and method == "ci_weighted" and (figures[1] == figures[2]).any():
        refusal = "A figure has an interval without width, so it cannot be weighed"
    if refusal:
        used = int(known[chosen].sum())
        return RecentTrend("cannot_be_calculated", np.nan, np.nan, used, refusal, method)
    chi_squared, slope, slopes = FITS[method](*figures)
    direction, reason = _verdict(chi_squared, slope, slopes)
    if known.size - chosen[0] > POINTS:
        reason += "; years without a figure are passed over"
    return RecentTrend(direction, chi_squared, slope, POINTS, reason, method)


def _weighted(values: Floats, lower: Floats, upper: Floats) -> Fit:
    """Chi-squared, slope, and slopes over all and all but one, weighted by squared errors."""
    weights = (STANDARD_ERRORS / (upper - lower)) ** 2
    slopes, spread = _slopes(values, weights / weights.max())
    return float(slopes[0] ** 2 * spread * weights.max()), float(slopes[0]), slopes


def _proportion(events: Floats, people: Floats) -> Fit:
    """Chi-squared for trend, slope of the share, and unweighted slopes of the log odds."""
    share = events.sum() / people.sum()
    if share in (0, 1):
        return 0.0, 0.0, np.zeros(POINTS + 1)
    slopes, spread = _slopes(events / people, people)
    # Log odds do not exist at nobody or everybody; half a person more on both sides mends that.
    half = 0.5 if ((events == 0) | (events == people)).any() else 0.0
    log_odds = np.log((events + half) / (people - events + half))
    chi_squared = slopes[0] ** 2 * spread / (share * (1 - share))
    return float(chi_squared), float(slopes[0]), _slopes(log_odds, np.ones(POINTS))[0]


FITS = {"ci_weighted": _weighted, "proportion": _proportion}


def _slopes(figures: Floats, weights: Floats) -> tuple[Floats, float]:
    """Slopes with nothing and each point in turn left out; weighted spread of the years."""
    kept = np.vstack([np.ones(POINTS), 1 - np.eye(POINTS)]) * weights
    share = kept / kept.sum(axis=1, keepdims=True)
    years = np.arange(1.0, POINTS + 1)
    # Both sides are centred: a heavy year would otherwise carry its rounding into the slope.
    from_middle, from_mean = (each - (share @ each)[:, None] for each in (years, figures))
    spread = (kept * from_middle**2).sum(axis=1)
    slopes = (kept * from_middle * from_mean).sum(axis=1) / spread
    slopes[np.abs(slopes) <= ROUNDING * np.abs(figures).max()] = 0.0
    return slopes, float(spread[0])


def _verdict(chi_squared: float, slope: float, slopes: Floats) -> tuple[str, str]:
    if chi_squared <= CRITICAL:
        return "no_change", "The change over the five years is no more than chance could explain"
    lone = np.flatnonzero(np.sign(slopes[1:]) != np.sign(slopes[0]))
    if lone.size:
        place = PLACES[lone[0]]
        return "no_change", f"Without the {place} of the five years the direction is not the same"
    if np.sign(slope) != np.sign(slopes[0]):
        return "no_change", "Weighing the years by their numbers turns the direction round"
    way = "increasing" if slope > 0 else "decreasing"
    return way, (
        "The change over the five years is more than chance would explain, and leaving out any "
        "one year does not turn it"
    )


def _refusal(known: NDArray[np.bool_], shown: NDArray[np.bool_], start: int, method: str) -> str:
    """Why these points cannot be judged, or nothing; `shown` are those with a value at least."""
    figures = "1 yearly figure" if known.size == 1 else f"{known.size} yearly figures"
    if known.size < POINTS and start:
        return f"The definition changed, and five figures are needed but {figures} followed"
    if known.size < POINTS:
        return f"Five yearly figures are needed; found {figures}"
    if known.all():
        return ""
    if not shown.all():
        return "A figure is missing among the latest five years"
    lacking = "limits" if method == "ci_weighted" else "counts"
    few = "None" if not known.any() else "Not every one"
    return f"{few} of the latest five figures has {lacking}, by which the years are weighed"


def _latest_definition(definitions: Sequence[str] | None, size: int) -> int:
    """Position of the first figure that follows the latest definition without a break."""
    if definitions is None:
        return 0
    labels = np.asarray(definitions, dtype=object)
    if labels.shape != (size,):
        raise ValueError(f"definitions has {labels.size} labels; expected {size}, one a figure")
    other = np.flatnonzero(labels != labels[-1:])
    return int(other[-1]) + 1 if other.size else 0


def _columns(method: str, *arrays: ArrayLike | None) -> dict[str, Floats]:
    """Arrays that decide which years have a figure, checked for what cannot be right."""
    given = dict(zip(NAMES, arrays, strict=True))
    wanted = [name for name in given if name in NEEDS[method] or name == "values"]
    lacking = [name for name in NEEDS[method] if given[name] is None]
    if lacking:
        raise ValueError(f"method {method} needs {' and '.join(lacking)}; found none")
    columns = {n: np.array(given[n], dtype="float64") for n in wanted if given[n] is not None}
    for name, column in columns.items():
        if column.shape != (next(iter(columns.values())).size,):
            raise ValueError(f"{name} has shape {column.shape}; expected one figure a year in each")
        _refuse(np.isinf(column), column, name, "a finite figure")
    if method == "ci_weighted":
        _refuse(columns["lower"] > columns["upper"], columns["lower"], "lower", "at most upper")
        return columns
    for name in NEEDS[method]:
        _refuse(columns[name] < 0, columns[name], name, "a count of 0 or more")
    events, people = columns["numerators"], columns["denominators"]
    _refuse(events > people, events, "numerators", "at most the denominator")
    columns["denominators"] = np.where(people == 0, np.nan, people)
    return columns


def _refuse(wrong: NDArray[np.bool_], column: Floats, name: str, wanted: str) -> None:
    if wrong.any():
        position = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{name} at position {position} is {column[position]:g}; expected {wanted}"
        )


def _check_options(method: str, frequency: str, calendar: str, gaps: str) -> None:
    if frequency != "annual" or calendar == "financial_quarter":
        raise ValueError(
            f"frequency is {frequency!r}, calendar {calendar!r}; the recent trend needs "
            "yearly figures, so use ehlib.measure.spc.process_chart"
        )
    if method not in NEEDS:
        raise ValueError(f"method is {method!r}; expected one of {', '.join(NEEDS)}")
    if gaps not in ("refuse", "skip"):
        raise ValueError(f"gaps is {gaps!r}; expected refuse or skip")
