"""Signals on a process chart: which points the four rules call special causes, and how."""

import numpy as np
import pandas as pd

ENOUGH = 13  # figures on which limits can rest (NHS England, Making data count)
ROUNDING = 1e-9  # beside the largest figure, a distance this small is the computer's
WAYS = {"increase": 1, "decrease": -1, "neutral": 0}
RULES = ("outside limits", "trend", "two of three", "run")  # a point belongs to the first it meets


def add_signals(
    chart: pd.DataFrame,
    *,
    improvement: str = "increase",
    target: float | None = None,
    points: int = 7,
) -> pd.DataFrame:
    """Chart with the rule each point meets, what that means, and what the limits promise.

    Parameters
    ----------
    chart : DataFrame, one row per point in time order
        `value`, `mean`, `lower_limit`, `upper_limit`, `half` (width between mean and limit before
        any cut) and `group` (points that share limits).
    improvement : str
        `increase`, `decrease` or `neutral`.
    target : float, optional
        In the unit of the values.
    points : int
        Length of a run or trend, 6 or 7.

    Returns
    -------
    DataFrame, same rows
        Without `half` and `group`; adds `special_cause, rule, side, icon, assurance, warning`.

    Raises
    ------
    ValueError
        If `improvement` or `points` is not one of those.

    References
    ----------
    NHS England, Making data count; R package NHSRplotthedots 0.2.2. Like NHS England's own tool
    since 2023, and unlike that package, a point outside the limits counts among two of three.
    """
    if improvement not in WAYS:
        raise ValueError(f"improvement is {improvement!r}; expected one of {', '.join(WAYS)}")
    if points not in (6, 7):
        raise ValueError(f"points is {points!r}; expected 6 or 7")
    rule, way = _rules(chart, points)
    good = way * WAYS[improvement]
    unknown = (chart["value"].isna() | chart["half"].isna()).to_numpy()
    icons = ["", "common cause", "improvement", "concern"]
    trend, rises = rule == "trend", way > 0
    sides = [~rises & ~(way < 0), trend & rises, trend, rises]
    return chart.drop(columns=["half", "group"]).assign(
        special_cause=rule != "",
        rule=rule,
        side=np.select(sides, ["", "rising", "falling", "above"], "below"),
        icon=np.select([unknown, rule == "", good > 0, good < 0], icons, "change"),
        assurance=_assurance(chart, target, WAYS[improvement]),
        warning=_warning(chart),
    )


def _rules(chart: pd.DataFrame, points: int) -> tuple[np.ndarray, np.ndarray]:
    """First rule each point meets, and 1 where it is high or rising, -1 low or falling."""
    group, half = chart["group"], chart["half"]
    value = chart["value"].where(half.notna())
    rounding = ROUNDING * value.abs().groupby(group).transform("max")
    away = value - chart["mean"]
    away = away.mask(away.abs() <= rounding, 0.0)
    side, trend = np.sign(away), _trend(value, group, points)
    beyond = away.abs() > half * 2 / 3 + rounding
    met = [
        away.abs() > half + rounding,
        trend != 0,
        _two_of_three(beyond, side, group),
        _long(side, group, points),
    ]
    rule = np.select(met, RULES, "")
    return rule, np.select([rule == "", rule == "trend"], [0.0, trend], side)


def _long(signs: pd.Series, group: pd.Series, length: int) -> pd.Series:
    """Whether each point is in an unbroken stretch of one sign at least this long."""
    signs = signs.fillna(0.0)
    stretch = ((signs != signs.shift()) | (group != group.shift())).cumsum()
    return (signs != 0) & (signs.groupby(stretch).transform("size") >= length)


def _trend(value: pd.Series, group: pd.Series, points: int) -> pd.Series:
    """1 in a rising trend, -1 in a falling one, else 0; a turning point goes with what follows."""
    steps = np.sign(value.groupby(group).diff())
    steps = steps.where(_long(steps, group, points - 1), 0.0)
    following = steps.shift(-1, fill_value=0.0)
    return following.where(following != 0, steps)


def _two_of_three(beyond: pd.Series, side: pd.Series, group: pd.Series) -> pd.Series:
    """Points beyond the inner limits in three of which two are, all three on one side."""
    alike = (side != 0) & (side == side.shift(1)) & (side == side.shift(2))
    last = alike & (group == group.shift(2)) & (beyond.rolling(3).sum() >= 2)
    return beyond & (last | last.shift(-1, fill_value=False) | last.shift(-2, fill_value=False))


def _assurance(chart: pd.DataFrame, target: float | None, way: int) -> object:
    """Whether usual variation keeps to the good side of the target, to the bad, or crosses it."""
    if target is None or not way:
        return "no target" if target is None else "not judged"
    above, below = ["consistently missed", "consistently met"][::way]
    lower, upper = chart["lower_limit"], chart["upper_limit"]
    judged = [lower.isna(), target > upper, target < lower]
    return np.select(judged, ["not judged", above, below], "hit or miss")


def _warning(chart: pd.DataFrame) -> np.ndarray:
    """Why the limits of a point's group are weak, or nothing."""
    count = chart.groupby("group")["value"].transform("count")
    none = ~chart["half"].notna().groupby(chart["group"]).transform("any")
    few = "limits rest on " + count.astype(str) + f" figures; {ENOUGH} or more are wanted"
    return np.select([none, count < ENOUGH], ["too few figures for limits", few], "")
