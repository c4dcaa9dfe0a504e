"""Comparisons in words: with a benchmark, and with a target since a baseline."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY

ENGLAND = "E92000001"
NOT_COMPARED = "not compared"
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


def numeric_target_status(
    value: ArrayLike,
    target: float,
    direction: str,
    *,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
) -> NDArray[np.str_]:
    """Whether each value meets a numeric target: `met`, `not met` or `not clear`.

    Parameters
    ----------
    value : array_like
        Values; missing where not known.
    target : float
        The target in the same unit; a value equal to it meets it.
    direction : str
        `increase` (at or above the target is met) or `reduce` (at or below it is).
    lower, upper : array_like, optional
        Limits. When given, the whole interval must lie on the target's side.

    Returns
    -------
    ndarray of str
        `not compared` where the value is missing.

    Raises
    ------
    ValueError
        If the direction is unknown.
    """
    if direction not in ("increase", "reduce"):
        raise ValueError(f"direction is {direction!r}; expected increase or reduce")
    sign = 1 if direction == "increase" else -1
    values = np.asarray(value, dtype="float64")
    ends = [values if end is None else np.asarray(end, dtype="float64") for end in (lower, upper)]
    near, far = ends if sign > 0 else ends[::-1]
    words = np.select([sign * near >= sign * target, sign * far < sign * target], MET, "not clear")
    return np.where(np.isnan(values) | np.isnan(near) | np.isnan(far), NOT_COMPARED, words)


MET = ["met", "not met"]


def target_status(
    change: tuple[float, float, float],
    target: str,
    *,
    baseline_status: str = "final",
    same_definition: bool = True,
    same_calendar: bool = True,
    later: bool = True,
) -> str:
    """Honest status of a target that only says which way, such as "Reduce".

    Parameters
    ----------
    change : tuple of float
        Latest value minus baseline with its limits; missing limits when there are no counts.
    target : str
        `increase` or `reduce`.
    baseline_status : str
        `final`, `provisional`, `tbc`, `not_applicable` or `none`, as the plan printed it.
    same_definition, same_calendar : bool
        Whether both figures are defined alike and cover stretches of the same length.
    later : bool
        Whether the latest period is later than the baseline's.

    Returns
    -------
    str
        `improving`, `worsening`, `no clear change`, or why that cannot be said: `no baseline`,
        `baseline provisional`, `definition changed`, `periods differ`, `too early to say`,
        `no interval`.

    Raises
    ------
    ValueError
        If the target is neither increase nor reduce.
    """
    if target not in ("increase", "reduce"):
        raise ValueError(f"target is {target!r}; expected increase or reduce")
    reasons = {
        "no baseline": baseline_status in ("tbc", "none", "not_applicable"),
        "definition changed": not same_definition,
        "periods differ": not same_calendar,
        "too early to say": not later or np.isnan(change[0]),
        "baseline provisional": baseline_status == "provisional",
        "no interval": np.isnan(change[1]) or np.isnan(change[2]),
        "no clear change": change[1] <= 0 <= change[2],
    }
    for status, applies in reasons.items():
        if applies:
            return status
    return "improving" if (change[0] > 0) == (target == "increase") else "worsening"


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
    references = measures.loc[measures["area_code"] == benchmark_area, [*keys, "value"]]
    joined = measures.merge(
        references.rename(columns={"value": "benchmark_value"}),
        on=keys,
        how="left",
        validate="many_to_one",
    )
    joined.loc[joined["area_code"] == benchmark_area, "benchmark_value"] = np.nan
    names = measures.loc[measures["area_code"] == benchmark_area, "area_name"]
    joined["benchmark_name"] = names.iloc[0] if len(names) else ""
    joined["comparison"] = NOT_COMPARED
    for (indicator_id, start), rows in joined.groupby(
        ["indicator_id", "period_start"]
    ).groups.items():
        polarity = indicators[indicator_id].version_at(start.date()).polarity
        part = joined.loc[rows]
        joined.loc[rows, "comparison"] = benchmark(
            part["value"], part["lower_ci"], part["upper_ci"], part["benchmark_value"], polarity
        )
    return joined


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
