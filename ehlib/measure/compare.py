"""Comparisons in words: with a benchmark, and with a target since a baseline."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY
from ehlib.measure.rates import Triple, subtract

ENGLAND = "E92000001"
NOT_COMPARED = "not compared"
NOT_KNOWN = (np.nan, np.nan, np.nan)
WORDS = {  # below the reference, no clear difference, above it
    "high_is_good": ("worse", "similar", "better"),
    "low_is_good": ("better", "similar", "worse"),
    "no_judgement": ("lower", "similar", "higher"),
}


def benchmark(
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    reference: ArrayLike,
    polarity: str,
) -> NDArray[np.str_]:
    """How each value compares with a reference, by whether its interval holds the reference.

    Parameters
    ----------
    value, lower, upper : array_like
        Values and their limits in one unit; missing where not known.
    reference : array_like
        The benchmark's value, one for all or one each, taken as known without error.
    polarity : str
        `high_is_good`, `low_is_good` or `no_judgement`.

    Returns
    -------
    ndarray of str
        `better`, `similar`, `worse`; without judgement `higher`, `similar`, `lower`;
        `not compared` where value, limits or reference are missing. A reference that equals a
        limit is similar.

    Raises
    ------
    ValueError
        If the polarity is unknown.

    References
    ----------
    PHE (2018), Fingertips technical guidance: comparing with a benchmark by confidence intervals.
    """
    if polarity not in WORDS:
        raise ValueError(f"polarity is {polarity!r}; expected one of {', '.join(WORDS)}")
    arrays = (np.asarray(each, dtype="float64") for each in (value, lower, upper, reference))
    values, lows, highs, references = np.broadcast_arrays(*arrays)
    below, same, above = WORDS[polarity]
    words = np.select([highs < references, lows > references], [below, above], same)
    missing = np.isnan(values) | np.isnan(lows) | np.isnan(highs) | np.isnan(references)
    return np.where(missing, NOT_COMPARED, words)


def target_status(
    latest: Triple,
    target: str,
    *,
    goal: float | None = None,
    baseline: Triple = NOT_KNOWN,
    baseline_status: str = "final",
    same_definition: bool = True,
    same_calendar: bool = True,
    later: bool = True,
) -> NDArray[np.str_]:
    """Honest status of each figure against a target: a number, or only a way to go.

    Parameters
    ----------
    latest : tuple of array_like
        Value, lower and upper limit; missing where not known.
    target : str
        `increase` or `reduce`.
    goal : float, optional
        Number to reach, in the same unit. Without it the target is to improve on the baseline.
    baseline : tuple of array_like
        Value, lower and upper limit of the baseline; not looked at when there is a goal.
    baseline_status : str
        `final`, `provisional`, `tbc`, `not_applicable` or `none`, as the plan printed it.
    same_definition, same_calendar : bool
        Whether both figures are defined alike and cover stretches of the same length.
    later : bool
        Whether the latest period ended after the baseline's.

    Returns
    -------
    ndarray of str
        With a goal: `met` when the whole interval lies at or beyond it, `not met` when it lies
        short of it, `not clear` when it holds it; a value without limits stands for itself;
        `not compared` where there is none. Without a goal: `improving`, `worsening`, `no clear
        change`, or why that cannot be said: `no baseline`, `definition changed`, `periods
        differ`, `too early to say`, `baseline provisional`, `no interval`.

    Raises
    ------
    ValueError
        If the target is neither increase nor reduce.
    """
    if target not in ("increase", "reduce"):
        raise ValueError(f"target is {target!r}; expected increase or reduce")
    sign = 1.0 if target == "increase" else -1.0
    if goal is not None:
        return _goal_status(latest, sign, goal)
    change, least, most = subtract(latest, baseline)
    reasons = [
        ("no baseline", baseline_status in ("tbc", "none", "not_applicable")),
        ("definition changed", not same_definition),
        ("periods differ", not same_calendar),
        ("too early to say", np.isnan(np.asarray(latest[0], "float64")) | (not later)),
        ("no baseline", np.isnan(change)),
        ("baseline provisional", baseline_status == "provisional"),
        ("no interval", np.isnan(least) | np.isnan(most)),
        ("no clear change", (least <= 0) & (most >= 0)),
        ("improving", sign * change > 0),
    ]
    words, applies = zip(*reasons, strict=True)
    return np.select(applies, words, "worsening")


def _goal_status(latest: Triple, sign: float, goal: float) -> NDArray[np.str_]:
    """Status against a number; a figure whose limits are not known is its own limit."""
    value, *limits = np.broadcast_arrays(*(np.asarray(each, "float64") for each in latest))
    unlimited = np.isnan(limits).any(axis=0)
    lower, upper = (np.where(unlimited, value, limit) for limit in limits)
    near, far = (lower, upper) if sign > 0 else (upper, lower)
    reasons = [
        (NOT_COMPARED, np.isnan(value) | np.isnan(goal)),
        ("met", sign * near >= sign * goal),
        ("not met", sign * far < sign * goal),
    ]
    words, applies = zip(*reasons, strict=True)
    return np.select(applies, words, "not clear")


def add_comparison(
    measures: pd.DataFrame, indicators: Mapping[str, Indicator], *, benchmark_area: str = ENGLAND
) -> pd.DataFrame:
    """Measures with the benchmark's value of the same period and how each row compares with it.

    Parameters
    ----------
    measures : DataFrame, one row per observation
        With `value`, `lower_ci` and `upper_ci`.
    indicators : mapping
        The catalogue; the version in force gives the polarity.
    benchmark_area : str
        Area code of the benchmark. A row is compared with the benchmark's row of the same
        indicator, period and breakdown, and not at all when there is none or it is unreliable.

    Returns
    -------
    DataFrame, same rows and order
        Adds `benchmark_name`, `benchmark_value` and `comparison`.
    """
    keys = [key for key in KEY if key != "area_code"]
    own = measures["area_code"] == benchmark_area
    reliable = ~measures["value_note"].str.contains("unreliable")
    references = measures.loc[own & reliable, [*keys, "value"]]
    references = references.rename(columns={"value": "benchmark_value"})
    joined = measures.merge(references, on=keys, how="left", validate="many_to_one")
    joined = joined.set_axis(measures.index)
    names = measures.loc[own, "area_name"]
    joined["benchmark_name"] = names.iloc[0] if len(names) else ""
    joined["benchmark_value"] = joined["benchmark_value"].mask(own)
    joined["comparison"] = NOT_COMPARED
    polarities = _polarities(measures, indicators)
    for polarity in polarities.unique():
        part = joined[polarities == polarity]
        numbers = (part[name] for name in ("value", "lower_ci", "upper_ci", "benchmark_value"))
        joined.loc[polarities == polarity, "comparison"] = benchmark(*numbers, polarity)
    return joined


def _polarities(measures: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.Series:
    """Polarity of the definition in force when each row's period starts."""
    on = ["indicator_id", "period_start"]
    keys = measures[on].drop_duplicates(ignore_index=True)
    keys["polarity"] = [
        indicators[indicator_id].version_at(start.date()).polarity
        for indicator_id, start in keys.itertuples(index=False)
    ]
    found = measures[on].merge(keys, on=on, how="left", validate="m:1")
    return found["polarity"].set_axis(measures.index)


def filter_latest(measures: pd.DataFrame, *, area_types: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows of the latest period in which any area (of the given types, if any) has a value.

    Parameters
    ----------
    measures : DataFrame
        One indicator and breakdown.
    area_types : tuple of str
        Types that must have a value for a period to count; empty for any.

    Returns
    -------
    DataFrame
        All rows of that period; none when no period has a value.
    """
    known = measures.dropna(subset="value")
    if area_types:
        known = known[known["area_type"].isin(area_types)]
    return measures[measures["period_start"] == known["period_start"].max()]


def filter_type(measures: pd.DataFrame, *area_types: str) -> pd.DataFrame:
    """Rows of areas of the given types."""
    return measures[measures["area_type"].isin(area_types)].reset_index(drop=True)


def filter_area(measures: pd.DataFrame, area_code: str) -> pd.DataFrame:
    """Rows of one area."""
    return measures[measures["area_code"] == area_code].reset_index(drop=True)


def filter_totals(measures: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Rows of an indicator's own sex and age, of no category: no breakdown beside its total.

    Where the catalogue's own sex or age has no row, that of most rows stands for it.
    """
    rows = measures[measures["category_type"] == ""]
    for name, usual in (("sex", "persons"), ("age", "")):
        wanted = getattr(indicator, name, usual)
        present = rows[name].value_counts()
        if len(present) > 1:
            rows = rows[rows[name] == (wanted if wanted in present.index else present.index[0])]
    return rows
