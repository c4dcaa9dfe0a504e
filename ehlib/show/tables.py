"""Tables of text made from finished frames, ready for `show_table`."""

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.show.sentences import MARKERS, marker, noun, number

SIGNS = {"above": "\u25b2", "below": "\u25bc"}
WIDER = ["locality", "county", "unitary", "region", "england"]


def areas_table(latest: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """One row an area with count, value, limits and comparison, as text.

    Parameters
    ----------
    latest : DataFrame, one row per area
        Measures of one period with `comparison`.
    indicator : Indicator
        Gives unit and decimals.

    Returns
    -------
    DataFrame of text
        Columns without any figure are left out; units stand in the column names.
    """
    rows = order_areas(latest)
    compared = f"Compared with {rows['benchmark_name'].iloc[0]}"
    columns = {
        "Area": rows["area_name"],
        "Number": _counts(rows, "numerator"),
        "Out of": _counts(rows, "denominator"),
        f"{noun(indicator).capitalize()} ({indicator.unit_short})": values_text(
            rows, indicator.decimals
        ),
        "95% limits": _limits(rows, indicator),
        compared: rows["comparison"].where(rows["benchmark_value"].notna(), ""),
    }
    table = pd.DataFrame({name: list(cells) for name, cells in columns.items()})
    if indicator.method == "count":
        table = table.drop(columns=["Number", "Out of"])
    if table[compared].isin(["", "not compared"]).all():
        table = table.drop(columns=compared)
    return table.loc[:, (table != "").any()]


def periods_table(measures: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """One row a period, latest first, one column an area, with signs against the benchmark.

    Parameters
    ----------
    measures : DataFrame, one row per area and period
        With `benchmark_value`, `lower_ci`, `upper_ci`.
    indicator : Indicator
        Gives decimals.

    Returns
    -------
    DataFrame of text
        `Period` and one column per area; empty where an area has no row for a period.
    """
    rows = order_areas(measures)
    above, below = (
        rows["lower_ci"] > rows["benchmark_value"],
        rows["upper_ci"] < rows["benchmark_value"],
    )
    signs = np.select([above, below], [" " + SIGNS["above"], " " + SIGNS["below"]], "")
    texts = rows.assign(text=np.char.add(values_text(rows, indicator.decimals).astype(str), signs))
    wide = texts.pivot_table(
        index=["period_start", "period"], columns="area_name", values="text", aggfunc="first"
    )
    wide = wide.sort_index(ascending=False)[list(rows["area_name"].drop_duplicates())].fillna("")
    return wide.reset_index().drop(columns="period_start").rename(columns={"period": "Period"})


def signs_note(measures: pd.DataFrame) -> str:
    """What the signs of `periods_table` mean; empty when nothing could be compared."""
    compared = measures[["lower_ci", "benchmark_value"]].notna().all(axis=1)
    if not compared.any():
        return ""
    name = measures["benchmark_name"].iloc[0]
    return (
        f"{SIGNS['above']} higher than {name}, {SIGNS['below']} lower than {name}; no sign: "
        "not clearly different, or not compared."
    )


def local_areas(measures: pd.DataFrame) -> pd.DataFrame:
    """Rows of districts and of the county, or of the widest area held when there is no county."""
    local = measures[measures["area_type"].isin(["district", "county", "unitary"])]
    return order_areas(local if len(local) else measures)


def order_areas(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with districts first, by name, then the areas that hold them, from the smallest."""
    rank = rows["area_type"].map({name: place for place, name in enumerate(WIDER, start=1)})
    ordered = rows.assign(rank=rank.fillna(0))
    return ordered.sort_values(["rank", "area_name"], kind="stable").drop(columns="rank")


def values_text(rows: pd.DataFrame, decimals: int) -> np.ndarray:
    """Values as text, each with the marker of its most serious note."""
    return np.array(
        [
            (marker(note) or "[x]")
            if np.isnan(value)
            else f"{number(value, decimals)} {marker(note)}".strip()
            for value, note in zip(rows["value"], rows["value_note"], strict=True)
        ],
        dtype=object,
    )


def counts_text(values: pd.Series, notes: pd.Series) -> list[str]:
    """Counts as whole numbers with thousands separators; `[c]` where hidden, else empty."""
    hidden = MARKERS["suppressed"][0]
    return [
        (hidden if "suppressed" in note else "") if np.isnan(value) else f"{value:,.0f}"
        for value, note in zip(values, notes, strict=True)
    ]


def _counts(rows: pd.DataFrame, column: str) -> list[str]:
    return counts_text(rows[column], rows["value_note"])


def _fixed(value: float, indicator: Indicator) -> str:
    return number(value, indicator.decimals)


def quarters_table(own: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """One row a quarter of one area, latest first: number, number so far in the year, rate, limits.

    Parameters
    ----------
    own : DataFrame, one row per quarter
        One area's totals; hidden where suppressed.
    indicator : Indicator
        Gives unit and decimals.

    Returns
    -------
    DataFrame of text
        The number so far in the year is left empty where a part of it is hidden.
    """
    rows = own.sort_values("period_start")
    year = rows["period"].str[:7]
    so_far = rows["numerator"].groupby(year).transform(lambda part: part.cumsum(skipna=False))
    columns = {
        "Quarter": rows["period"],
        "Number": counts_text(rows["numerator"], rows["value_note"]),
        "Number since April": counts_text(so_far, rows["value_note"]),
        f"{noun(indicator).capitalize()} ({indicator.unit_short})": values_text(
            rows, indicator.decimals
        ),
        "95% limits": _limits(rows, indicator),
    }
    return pd.DataFrame({name: list(cells) for name, cells in columns.items()}).iloc[::-1]


def counts_table(measures: pd.DataFrame) -> pd.DataFrame:
    """One row an area, one column a quarter: counts, never to be read as rates."""
    rows = order_areas(measures)
    texts = rows.assign(text=counts_text(rows["numerator"], rows["value_note"]))
    wide = texts.pivot_table(
        index="area_name", columns="period", values="text", aggfunc="first", sort=False
    )
    return wide[sorted(wide.columns)].reset_index().rename(columns={"area_name": "Area"})


def shares(parts: pd.DataFrame, *, periods: int = 8) -> pd.DataFrame:
    """Per cent of one area's whole by category, one row a period, latest first.

    Parameters
    ----------
    parts : DataFrame, one row per category and period
        `value` in per cent; missing where suppressed.
    periods : int
        How many of the latest periods to keep.

    Returns
    -------
    DataFrame
        Index `period`; one column per category, largest in the latest period first.
    """
    wide = parts.pivot_table(index="period", columns="category", values="value", dropna=False)
    latest = wide.sort_index(ascending=False).head(periods)
    return latest[latest.iloc[0].sort_values(ascending=False, na_position="last").index]


def parts_table(parts: pd.DataFrame) -> pd.DataFrame:
    """One row a period, latest first, one column a category: number and per cent."""
    counts = counts_text(parts["numerator"], parts["value_note"])
    texts = [
        count if np.isnan(value) else f"{count} ({value:.1f}%)"
        for count, value in zip(counts, parts["value"], strict=True)
    ]
    wide = parts.assign(text=texts).pivot_table(
        index="period", columns="category", values="text", aggfunc="first"
    )
    order = [name for name in shares(parts).columns if name in wide]
    named = wide.sort_index(ascending=False)[order].rename(columns=str.capitalize)
    return named.reset_index().rename(columns={"period": "Quarter"})


def _limits(rows: pd.DataFrame, indicator: Indicator) -> list[str]:
    return [
        "" if np.isnan(low) else f"{_fixed(low, indicator)} to {_fixed(high, indicator)}"
        for low, high in zip(rows["lower_ci"], rows["upper_ci"], strict=True)
    ]
