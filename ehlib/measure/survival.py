"""How long episodes last, where some are still open: the estimate of Kaplan and Meier."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ehlib.measure.disclosure import THRESHOLD

WEEKS = "early_help_weeks"  # episodes by the week in which their following ended
CATEGORY = r"^(?:(?P<level>.+), )?weeks? (?:(?P<first>\d+) to )?(?P<week>\d+)$"
GROUP = ["area_code", "area_name", "area_type", "period", "period_start", "period_end", "level"]
SHARE_WEEKS = 26  # half a year: the share closed by then is given beside the median


class Curve(NamedTuple):
    """Share that has not ended by each time, with limits; `at_risk` were followed up to it."""

    time: NDArray[np.float64]
    share: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    at_risk: NDArray[np.float64]
    width: NDArray[np.float64]  # how much time before each belongs to it


def kaplan_meier(
    time: ArrayLike,
    ended: ArrayLike,
    leaving: ArrayLike,
    confidence: float = 0.95,
    *,
    width: ArrayLike = 1,
) -> Curve:
    """Share of episodes that last beyond each time, from those followed to different times.

    Parameters
    ----------
    time : array of float, rising
        Times at which episodes ended or stopped being followed, each once.
    ended : array of float, same length
        Episodes that ended at that time.
    leaving : array of float, same length
        Episodes whose following ended at that time: those that ended, and those still open then.
    confidence : float
        Level of the limits, a share between 0 and 1.
    width : array of float
        Units of time that each element stands for. In a band of several, those still open left
        one after another: they count for the part of it in which they were followed.

    Returns
    -------
    Curve
        One element a time. Limits by Greenwood's variance on the scale log(-log share); missing
        while all are open and once none is.

    Raises
    ------
    ValueError
        If times do not rise, a count is negative, more ended than left, or the confidence is no
        share. It names the position of the first.

    References
    ----------
    Kaplan and Meier (1958), J Am Stat Assoc 53, 457-481. Kalbfleisch and Prentice (1980), The
    Statistical Analysis of Failure Time Data, section 1.3, for the limits. Cutler and Ederer
    (1958), Journal of Chronic Diseases 8, 699-712, for bands.
    """
    time, ended, leaving = (np.asarray(each, dtype="float64") for each in (time, ended, leaving))
    _check(time, ended, leaving, confidence)
    width = np.broadcast_to(np.asarray(width, dtype="float64"), time.shape)
    at_risk = leaving[::-1].cumsum()[::-1]
    followed = at_risk - (leaving - ended) * (width - 1) / (2 * width)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.cumprod(np.where(at_risk > 0, 1 - ended / followed, 1.0))
        greenwood = np.cumsum(np.where(ended > 0, ended / (followed * (followed - ended)), 0.0))
        log_share = np.log(share)
        half = stats.norm.isf((1 - confidence) / 2) * np.sqrt(greenwood) / np.abs(log_share)
        lower, upper = share ** np.exp(half), share ** np.exp(-half)
    known = (share > 0) & (share < 1)
    lower, upper = (np.where(known, limit, np.nan) for limit in (lower, upper))
    return Curve(time, share, lower, upper, at_risk, width)


def median_time(curve: Curve) -> tuple[float, float, float]:
    """Time by which half have ended, with limits; missing where it was not reached.

    Parameters
    ----------
    curve : Curve
        As `kaplan_meier` gives it.

    Returns
    -------
    tuple of float
        The first time at which the share is a half or less, and the same of its lower and upper
        limits (Brookmeyer and Crowley, 1982, Biometrics 38, 29-41). Within a band it is where the
        straight line across the band is, in whole units of time.
    """
    over = curve.share == 0
    lower, upper = (np.where(over, 0.0, each) for each in (curve.lower, curve.upper))
    return tuple(_half(curve, share) for share in (curve.share, lower, upper))


def share_ended(curve: Curve, by: float) -> tuple[float, float, float]:
    """Share that has ended by a time, with limits; missing where none was followed so far."""
    if not len(curve.time) or by > curve.time[-1]:
        return np.nan, np.nan, np.nan
    place = np.searchsorted(curve.time, by, side="right") - 1
    if place < 0:
        return 0.0, np.nan, np.nan
    return 1 - curve.share[place], 1 - curve.upper[place], 1 - curve.lower[place]


def aggregate_time_to_close(
    observations: pd.DataFrame, *, confidence: float = 0.95, threshold: int = THRESHOLD
) -> pd.DataFrame:
    """Median weeks to close and percentage closed within 26 weeks, safe to show.

    Parameters
    ----------
    observations : DataFrame
        Counts of `early_help_weeks`; other rows are ignored.
    confidence : float
        Level of the limits, a share.
    threshold : int
        Estimates that rest on fewer closed episodes than this are hidden, and those with fewer
        still open, unless none is.

    Returns
    -------
    DataFrame, one row an area, period and need level ("" for all)
        `episodes` opened in the 12 months to the end of the period, `closed`, `median` with
        `median_lower` and `median_upper` in weeks, `value` with `lower_ci` and `upper_ci` in per
        cent, `value_note`. Hidden rows have no numbers and the note `suppressed`.
    """
    rows = [
        (
            *key,
            *_estimates(part, confidence),
            part["value_note"].iloc[0],
            part["source_name"].iloc[0],
        )
        for key, part in read_weeks(observations).groupby(GROUP, observed=True, dropna=False)
    ]
    names = ["median", "median_lower", "median_upper", "value", "lower_ci", "upper_ci"]
    columns = [*GROUP, "episodes", "closed", *names, "value_note", "source_name"]
    table = pd.DataFrame(rows, columns=columns)
    still_open = table["episodes"] - table["closed"]
    few = (table["closed"] < threshold) | ((still_open > 0) & (still_open < threshold))
    numbers = ["episodes", "closed", *names]
    table[numbers] = table[numbers].astype("float64").mask(few)
    said = (table["value_note"] + ";suppressed").str.strip(";")
    return table.assign(value_note=table["value_note"].mask(few, said), indicator_id=WEEKS)


def aggregate_curves(observations: pd.DataFrame, *, threshold: int = THRESHOLD) -> pd.DataFrame:
    """Percentage of episodes closed by each week, safe to draw.

    Parameters
    ----------
    observations : DataFrame
        Counts of `early_help_weeks` of one area; its latest period. Other rows are ignored.
    threshold : int
        A week is given while at least this many episodes were followed to it and this many have
        closed; a level with fewer closed, or fewer but some open, is left out.

    Returns
    -------
    DataFrame, one row a need level ("" for all) and week
        `level`, `week`, `value`, `lower_ci` and `upper_ci` in per cent.
    """
    latest = observations["period_start"] == observations["period_start"].max()
    observations = observations[latest]
    shown = aggregate_time_to_close(observations, threshold=threshold)
    shown = shown.loc[shown["median"].notna() | shown["value"].notna(), "level"]
    parts = []
    for level, part in read_weeks(observations).groupby("level", observed=True):
        if level in set(shown):
            curve = _curve(part, 0.95)
            closed = part.sort_values("week")["numerator"].cumsum().to_numpy()
            known = (curve.at_risk >= threshold) & (closed >= threshold)
            limits = {"lower_ci": 1 - curve.upper, "upper_ci": 1 - curve.lower}
            drawn = pd.DataFrame({"week": curve.time, "value": 1 - curve.share, **limits}) * 100
            parts.append(drawn.assign(week=curve.time, level=level)[known])
    if not parts:
        return pd.DataFrame(columns=["level", "week", "value", "lower_ci", "upper_ci"])
    return pd.concat(parts, ignore_index=True)


def read_weeks(observations: pd.DataFrame) -> pd.DataFrame:
    """Counts by week or band of weeks, those in which nobody's following ended left out.

    Parameters
    ----------
    observations : DataFrame
        Counts of `early_help_weeks`; other rows are ignored.

    Returns
    -------
    DataFrame
        With `level` ("" for all), `week`, the last of its band, and `width`, how many it has.
    """
    kinds = observations["category_type"].isin(["week", "level_and_week"])
    rows = observations[(observations["indicator_id"] == WEEKS) & kinds]
    named = rows["category"].astype("str").str.extract(CATEGORY)
    week = named["week"].astype("float64")
    width = week - named["first"].astype("float64").fillna(week) + 1
    rows = rows.assign(level=named["level"].fillna(""), week=week, width=width)
    if "source_name" not in rows:
        rows = rows.assign(source_name="")
    return rows[rows["denominator"] > 0]


def _curve(part: pd.DataFrame, confidence: float) -> Curve:
    part = part.sort_values("week")
    counts = part["week"], part["numerator"], part["denominator"]
    return kaplan_meier(*counts, confidence, width=part["width"])


def _estimates(part: pd.DataFrame, confidence: float) -> tuple[float, ...]:
    """Episodes, those closed, the median with limits and the percentage closed with limits."""
    curve = _curve(part, confidence)
    share = (100 * each for each in share_ended(curve, SHARE_WEEKS))
    return (part["denominator"].sum(), part["numerator"].sum(), *median_time(curve), *share)


def _half(curve: Curve, share: NDArray[np.float64]) -> float:
    """When a share comes to a half."""
    reached = np.flatnonzero(share <= 0.5)
    if not len(reached):
        return np.nan
    place = reached[0]
    before = np.nan_to_num(share[place - 1], nan=1.0) if place else 1.0
    part = (before - 0.5) / (before - share[place])
    return float(curve.time[place] - np.floor((1 - part) * curve.width[place] + 1e-9))


def _check(
    time: NDArray[np.float64],
    ended: NDArray[np.float64],
    leaving: NDArray[np.float64],
    confidence: float,
) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected a share between 0 and 1")
    wrong = {
        "time does not rise": np.diff(time, prepend=-np.inf) <= 0,
        "count is negative": (ended < 0) | (leaving < 0),
        "more ended than left": ended > leaving,
    }
    for problem, places in wrong.items():
        if places.any():
            raise ValueError(f"{problem} at position {int(np.flatnonzero(places)[0])}")
