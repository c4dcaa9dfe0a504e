"""Statistical process control: which points of a series are more than its usual variation."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ehlib.measure.spc.funnel import funnel_comparison, funnel_limits
from ehlib.measure.spc.signals import add_signals

__all__ = ["funnel_comparison", "funnel_limits", "p_chart", "process_chart", "u_chart"]

UNBIASED = 1.128  # mean range of two normal figures, in standard deviations
LIMIT = 2.66  # 3 / 1.128, rounded as NHS England does: three standard deviations in mean ranges
SCREEN = 3.267  # a range of this many mean ranges is an event, not usual variation (Nelson)


def process_chart(
    values: ArrayLike,
    improvement: str = "increase",
    target: float | None = None,
    rebase: Sequence[object] = (),
    points: int = 7,
    screen: bool = True,
    *,
    definitions: Sequence[object] | None = None,
    annotations: Mapping[object, str] | None = None,
) -> pd.DataFrame:
    """XmR chart of one series: mean, limits, and the points that are special causes.

    Rules in order: outside the limits; in a `trend` of `points` that all rise or all fall; one of
    two in three beyond two thirds of the limit, all three on one side of the mean; in a `run` of
    `points` on one side. A figure equal to the mean is on neither side, equal neighbours end a
    trend, and every point of a run or trend is marked.

    Parameters
    ----------
    values : array_like
        Figures in time order. A missing one is skipped, not bridged: it gives no range to its
        neighbours and ends runs and trends. A Series keeps its index.
    improvement : str
        `increase`, `decrease` or `neutral`.
    target : float, optional
        In the unit of the values; compared with the limits.
    rebase : sequence of int or index label
        Positions or labels where limits start anew; no rule reaches across.
    points : int
        Length of a run or trend, 6 or 7.
    screen : bool
        Leave ranges of 3.267 mean ranges or more out of the limits, once.
    definitions : sequence, optional
        Definition each figure follows; limits start anew where it changes.
    annotations : mapping of int or index label to str, optional
        Texts for the column `annotation`.

    Returns
    -------
    DataFrame, one row per value
        `value, mean, lower_limit, upper_limit, special_cause, rule`; `side` (above, below,
        rising, falling); `icon` (improvement, concern, change, common cause; empty without figure
        or limits); `assurance` (consistently met, hit or miss, consistently missed, no target,
        not judged); `warning` of short groups; `annotation`.

    Raises
    ------
    ValueError
        If a figure is infinite, an option unknown, or a position or label not in the series.

    References
    ----------
    NHS England, Making data count; NHSRplotthedots 0.2.2; Nelson (1982), J Qual Technol 14, 172.
    """
    series, index = _series(values, "value")
    groups, notes = _groups(index, rebase, definitions, annotations)
    ranges = series.groupby(groups).diff().abs()
    usual = ranges.groupby(groups).transform("mean")
    if screen:  # where nothing moves, every range is as large as 3.267 times none: keep those
        ranges = ranges.where((ranges < SCREEN * usual) | (usual == 0))
        usual = ranges.groupby(groups).transform("mean")
    mean = series.groupby(groups).transform("mean")
    chart = _charted(series, mean, LIMIT * usual, groups, (-np.inf, np.inf))
    chart = add_signals(chart, improvement=improvement, target=target, points=points)
    return chart.assign(annotation=notes).set_axis(index)


def p_chart(
    numerators: ArrayLike,
    denominators: ArrayLike,
    multiplier: float = 100,
    overdispersed: bool = False,
    **options: object,
) -> pd.DataFrame:
    """P chart: shares with limits three binomial standard errors from the overall share.

    Parameters
    ----------
    numerators, denominators : array_like
        Counts in time order; missing where suppressed. A share of nobody is missing.
    multiplier : float
        100 for per cent.
    overdispersed : bool
        Whether limits allow for variation beyond counting (Laney's P' chart).
    **options
        `improvement`, `target`, `rebase`, `points`, `definitions`, `annotations` as for
        `process_chart`, the target in the unit of the value.

    Returns
    -------
    DataFrame
        As `process_chart`, with limits by denominator, within 0 and `multiplier`. Its
        `attrs["overdispersion"]` is Laney's sigma z since the latest rebase: 1 when shares vary
        as counting alone would make them; well above 1, use `overdispersed`.

    Raises
    ------
    ValueError
        As `process_chart`, and for a negative count or a numerator above its denominator.

    References
    ----------
    Montgomery, Introduction to statistical quality control, ch. 7; Laney (2002), Qual Eng 14, 531.
    """
    return _count_chart(numerators, denominators, multiplier, overdispersed, 1.0, **options)


def u_chart(
    numerators: ArrayLike,
    denominators: ArrayLike,
    multiplier: float = 1000,
    overdispersed: bool = False,
    **options: object,
) -> pd.DataFrame:
    """U chart: rates with limits three Poisson standard errors from the overall rate.

    Parameters
    ----------
    numerators, denominators, overdispersed, **options
        As for `p_chart`, but events may outnumber people.
    multiplier : float
        1,000 for a rate per 1,000.

    Returns
    -------
    DataFrame
        As `p_chart`, without a ceiling to the limits.
    """
    return _count_chart(numerators, denominators, multiplier, overdispersed, np.inf, **options)


def _count_chart(
    numerators: ArrayLike,
    denominators: ArrayLike,
    multiplier: float,
    overdispersed: bool,
    ceiling: float,
    *,
    improvement: str = "increase",
    target: float | None = None,
    rebase: Sequence[object] = (),
    points: int = 7,
    definitions: Sequence[object] | None = None,
    annotations: Mapping[object, str] | None = None,
) -> pd.DataFrame:
    (events, index), (people, _) = (
        _series(numerators, "numerator", 0.0),
        _series(denominators, "denominator", 0.0),
    )
    if len(events) != len(people):
        raise ValueError(f"{len(events)} numerators but {len(people)} denominators; expected equal")
    _refuse(events > ceiling * people, events, "numerator", "at most the denominator")
    groups, notes = _groups(index, rebase, definitions, annotations)
    people = people.mask(people == 0)
    value = events / people
    sums = [each.where(value.notna()).groupby(groups).transform("sum") for each in (events, people)]
    mean = sums[0] / sums[1]
    error = np.sqrt(mean * (1 - mean / ceiling) / people)
    steps = ((value - mean) / error).groupby(groups).diff().abs()
    sigma_z = steps.groupby(groups).transform("mean") / UNBIASED
    half = 3 * error * (sigma_z.fillna(1.0) if overdispersed else 1.0)
    columns = [multiplier * each for each in (value, mean, half)]
    chart = _charted(*columns, groups, (0.0, multiplier * ceiling))
    chart = add_signals(chart, improvement=improvement, target=target, points=points)
    chart.attrs["overdispersion"] = float(sigma_z.iloc[-1]) if len(sigma_z) else np.nan
    return chart.assign(annotation=notes).set_axis(index)


def _charted(
    value: pd.Series,
    mean: pd.Series,
    half: pd.Series,
    groups: NDArray[np.int_],
    ends: tuple[float, float],
) -> pd.DataFrame:
    """Mean and limits half a width either side of it, none where one figure stands alone."""
    half = half.where(value.groupby(groups).transform("count") > 1)
    chart = pd.DataFrame({"value": value, "mean": mean, "half": half, "group": groups})
    chart["lower_limit"] = (mean - half).clip(*ends)
    chart["upper_limit"] = (mean + half).clip(*ends)
    return chart


def _groups(
    index: pd.Index,
    rebase: Sequence[object],
    definitions: Sequence[object] | None,
    annotations: Mapping[object, str] | None,
) -> tuple[NDArray[np.int_], list[str]]:
    """Number of the group each point is in, and the text at each point."""
    starts, notes = np.zeros(len(index), dtype="int64"), [""] * len(index)
    starts[[_position(item, index, "rebase") for item in rebase]] = 1
    if definitions is not None:
        labels = np.asarray(definitions, dtype=object)
        if labels.shape != (len(index),):
            raise ValueError(f"definitions has {labels.size} labels; expected {len(index)}")
        for at in np.flatnonzero(labels[1:] != labels[:-1]) + 1:
            starts[at] = 1
            notes[at] = f"definition changed from {labels[at - 1]} to {labels[at]}"
    for item, text in (annotations or {}).items():
        at = _position(item, index, "annotations")
        notes[at] = f"{notes[at]}; {text}" if notes[at] else text
    return starts.cumsum(), notes


def _position(item: object, index: pd.Index, name: str) -> int:
    labels = list(index)
    position = (
        item if isinstance(item, int | np.integer) else labels.index(item) if item in labels else -1
    )
    if not 0 <= position < len(labels):
        raise ValueError(
            f"{name} names {item!r}; expected a position from 0 to {len(labels) - 1} or a label"
        )
    return int(position)


def _series(values: ArrayLike, name: str, least: float = -np.inf) -> tuple[pd.Series, pd.Index]:
    """Figures numbered from 0, and the index they came with."""
    series = pd.Series(values, dtype="float64")
    wanted = "a finite figure" if np.isinf(least) else "a count of 0 or more"
    _refuse(np.isinf(series) | (series < least), series, name, wanted)
    return series.reset_index(drop=True), series.index


def _refuse(wrong: pd.Series, series: pd.Series, name: str, wanted: str) -> None:
    if wrong.any():
        position = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{name} at position {position} is {series.iloc[position]:g}; expected {wanted}"
        )
