"""Funnel limits: how far an area of a given size may lie from a reference by chance."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import gdtrib, ndtri

from ehlib.load.indicators import Indicator
from ehlib.measure.compare import NOT_COMPARED, WORDS

TAILS = {"95": 0.025, "998": 0.001}  # share beyond each limit
CURVE = 60  # points of a drawn limit
MULTIPLIERS = {"proportion": 100.0, "rate": 1000.0, "ratio": 1.0}

Floats = NDArray[np.float64]


def funnel_limits(
    denominators: ArrayLike,
    reference: ArrayLike,
    kind: str = "proportion",
    multiplier: float | None = None,
) -> pd.DataFrame:
    """Limits between which 95 and 99.8 per cent of areas like the reference would lie.

    Parameters
    ----------
    denominators : array_like
        People (`proportion`, `rate`) or expected events (`ratio`); missing where not known.
    reference : array_like
        The value areas are compared with, in the unit of the values; one for all or one each.
    kind : str
        `proportion`: Wilson's limits turned round, where an area's interval would just touch the
        reference. `rate`, `ratio`: the same for exact Poisson limits, between whole counts too.
    multiplier : float, optional
        The unit of the reference and the limits: 100 (per cent), 1,000 and 1 when not given.

    Returns
    -------
    DataFrame, one row per denominator
        `lower_95, upper_95, lower_998, upper_998` in the unit of the reference, within 0 and (for
        a proportion) `multiplier`; missing where the denominator is missing or 0.

    Raises
    ------
    ValueError
        If the kind is unknown, a denominator or reference negative or infinite, or the reference
        of a proportion above `multiplier`.

    References
    ----------
    PHEindicatormethods 2.1, calculate_funnel_limits; Spiegelhalter (2005), Stat Med 24, 1185-1202.
    """
    if kind not in LIMITS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(LIMITS)}")
    unit = MULTIPLIERS[kind] if multiplier is None else multiplier
    people, expected = np.broadcast_arrays(
        np.asarray(denominators, dtype="float64"),
        np.asarray(reference, dtype="float64") / unit,
    )
    most = 1.0 if kind == "proportion" else np.inf
    _refuse((people < 0) | np.isinf(people), people, "denominator", "a finite number from 0")
    wrong = (expected < 0) | (expected > most) | np.isinf(expected)
    _refuse(wrong, expected * unit, "reference", f"from 0 to {most * unit:g}")
    people = np.where(people == 0, np.nan, people)
    columns = {}
    for level, tail in TAILS.items():
        lower, upper = LIMITS[kind](people, expected, tail)
        columns[f"lower_{level}"] = unit * np.maximum(lower, 0.0)
        columns[f"upper_{level}"] = unit * np.minimum(upper, most)
    index = denominators.index if isinstance(denominators, pd.Series) else None
    return pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=index)


def funnel_comparison(
    value: ArrayLike,
    denominators: ArrayLike,
    reference: ArrayLike,
    kind: str = "proportion",
    multiplier: float | None = None,
    polarity: str = "no_judgement",
    *,
    confidence: float = 0.95,
) -> NDArray[np.str_]:
    """How each value compares with a reference, by whether it lies within the funnel.

    Parameters
    ----------
    value : array_like
        Values in the unit of the reference; missing where not known.
    denominators, reference, kind, multiplier
        As for `funnel_limits`.
    polarity : str
        `high_is_good`, `low_is_good` or `no_judgement`.
    confidence : float
        0.95 or 0.998.

    Returns
    -------
    ndarray of str
        `better`, `similar`, `worse`; without judgement `higher`, `similar`, `lower`;
        `not compared` where anything is missing. A value equal to a limit is similar.

    Raises
    ------
    ValueError
        As `funnel_limits`, and if the polarity or confidence is unknown.
    """
    if polarity not in WORDS:
        raise ValueError(f"polarity is {polarity!r}; expected one of {', '.join(WORDS)}")
    if confidence not in (0.95, 0.998):
        raise ValueError(f"confidence is {confidence!r}; expected 0.95 or 0.998")
    level = "95" if confidence == 0.95 else "998"
    limits = funnel_limits(denominators, reference, kind, multiplier)
    values = np.asarray(value, dtype="float64")
    lower, upper = (limits[f"{end}_{level}"].to_numpy() for end in ("lower", "upper"))
    below, same, above = WORDS[polarity]
    words = np.select([values < lower, values > upper], [below, above], same)
    return np.where(np.isnan(values) | np.isnan(lower), NOT_COMPARED, words)


def add_funnel(latest: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Districts of one period with the limits that chance gives places of their size.

    Parameters
    ----------
    latest : DataFrame, one row per area
        One period's measures with `benchmark_value` and `benchmark_name`.
    indicator : Indicator
        A rate or a proportion, as in force in that period.

    Returns
    -------
    DataFrame, one row per district with a figure and a population
        `denominator` (where only count and rate are published, what they imply; `implied` says
        so), `reference` and `reference_name` (the benchmark, else the county), the limits of
        `funnel_limits`, and `comparison` with the 95 per cent limits. Empty where any of this is
        not known, or fewer than two districts have it.
    """
    places = latest[latest["area_type"] == "district"].dropna(subset=["value", "numerator"])
    given = places["denominator"]
    implied = (
        places["numerator"] * indicator.multiplier / places["value"].mask(places["value"] <= 0)
    )
    places = places.assign(denominator=given.fillna(implied), implied=given.isna())
    places = places.dropna(subset="denominator")
    about, name = _reference(latest)
    if len(places) < 2 or np.isnan(about) or indicator.method not in ("rate", "proportion"):
        return places.head(0)
    options = (places["denominator"], about, indicator.method, indicator.multiplier)
    words = funnel_comparison(places["value"], *options, indicator.polarity)
    limits = funnel_limits(*options)
    named = places.assign(reference=about, reference_name=name, comparison=words)
    return named.join(limits)


def funnel_curve(places: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Funnel limits over the sizes of some districts, with those sizes as index."""
    ends = places["denominator"].min() * 0.85, places["denominator"].max() * 1.1
    sizes = np.linspace(*ends, CURVE)
    reference = places["reference"].iloc[0]
    limits = funnel_limits(sizes, reference, indicator.method, indicator.multiplier)
    return limits.set_axis(sizes)


def _reference(latest: pd.DataFrame) -> tuple[float, str]:
    """Benchmark's value and name, or the county's where there is none."""
    known = latest.dropna(subset="benchmark_value")
    if len(known):
        return float(known["benchmark_value"].iloc[0]), known["benchmark_name"].iloc[0]
    county = latest[latest["area_type"] == "county"].dropna(subset="value")
    return (np.nan, "") if county.empty else tuple(county.iloc[0][["value", "area_name"]])


def _proportion(people: Floats, share: Floats, tail: float) -> tuple[Floats, Floats]:
    # Wilson's interval holds the reference exactly when this score interval holds the share.
    spread = ndtri(1 - tail) * np.sqrt(share * (1 - share) / people)
    return share - spread, share + spread


def _poisson(people: Floats, rate: Floats, tail: float) -> tuple[Floats, Floats]:
    """Events whose exact limits just touch those expected, for each person."""
    expected = people * rate
    return (gdtrib(1.0, 1 - tail, expected) - 1) / people, gdtrib(1.0, tail, expected) / people


LIMITS = {"proportion": _proportion, "rate": _poisson, "ratio": _poisson}


def _refuse(wrong: NDArray[np.bool_], values: Floats, name: str, wanted: str) -> None:
    if wrong.any():
        position = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"{name} at position {position} is {values.flat[position]:g}; expected {wanted}"
        )
