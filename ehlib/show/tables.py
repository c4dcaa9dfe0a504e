"""Tables of text made from finished frames, ready for `show_table`."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import begin, noun, number, short_label

MARKERS = {  # GSS shorthand for figures that are missing or need care, most serious first
    "suppressed": ("[c]", "hidden so that no child can be identified"),
    "not_available": ("[x]", "not available"),
    "not_applicable": ("[z]", "not applicable"),
    "unreliable": ("[u]", "low reliability, as the publisher marks it"),
    "provisional": ("[p]", "provisional"),
    "revised": ("[r]", "revised"),
    "restated": ("[s]", "restated: changed since an earlier preparation"),
    "estimated": ("[e]", "estimated"),
    "derived": ("[d]", "the figure or a count under it is derived by us from published figures"),
    "inferred": ("[i]", "the figure or a count under it is inferred by us from published figures"),
}
SIGNS = {"above": "\u25b2", "below": "\u25bc"}
WIDER = ["locality", "county", "unitary", "region", "england"]
MISSING = ["suppressed", "not_available", "not_applicable", "unreliable"]
LIMITS, ENDS = "95% limits", ["lower_ci", "upper_ci"]


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
        "Number": _numbers(rows),
        "Out of": marked(counts_text(rows["denominator"], rows["value_note"]), rows, "out_of"),
        heading(indicator): marked(values_text(rows, indicator), rows, "value"),
        LIMITS: marked(_limits(rows, indicator), rows, "limits"),
        compared: rows["comparison"].where(rows["benchmark_value"].notna(), ""),
    }
    table = unmarked(pd.DataFrame({name: list(cells) for name, cells in columns.items()}))
    for name, column in {"Number": "numerator", "Out of": "denominator"}.items():
        if indicator.method == "count" or rows[column].isna().all():
            table = table.drop(columns=name)
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
        `Period` and one column per area; `[x]` where an area has no row for a period.
    """
    rows = order_areas(measures)
    above = rows["lower_ci"] > rows["benchmark_value"]
    below = rows["upper_ci"] < rows["benchmark_value"]
    signs = np.select([above, below], [SIGNS["above"] + " ", SIGNS["below"] + " "], "")
    texts = [sign + text for sign, text in zip(signs, values_text(rows, indicator), strict=True)]
    wide = rows.assign(text=marked(texts, rows, "value")).pivot_table(
        index=["period_start", "period"], columns="area_code", values="text", aggfunc="first"
    )
    names = rows.drop_duplicates("area_code").set_index("area_code")["area_name"]
    wide = wide.sort_index(ascending=False)[list(names.index)].fillna("[x]").set_axis(names, axis=1)
    wide.insert(0, "Period", [short_label(label) for _, label in wide.index])
    return unmarked(wide.reset_index(drop=True))


def signs_note(measures: pd.DataFrame) -> str:
    """What the signs of `periods_table` mean; empty when nothing could be compared."""
    compared = measures.loc[measures[["lower_ci", "benchmark_value"]].notna().all(axis=1)]
    if compared.empty:
        return ""
    name = compared["benchmark_name"].iloc[0]
    return (
        f"{SIGNS['above']} higher than {name}, {SIGNS['below']} lower than {name}; no sign: "
        "not clearly different, or not compared."
    )


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
        The number so far in the year is hidden where a part of it is, and left empty where the
        year's first quarter is not held.
    """
    rows = own.sort_values("period_start")
    year = rows["period"].str[:7]
    so_far = rows["numerator"].groupby(year).transform(lambda part: part.cumsum(skipna=False))
    whole = rows["period"].groupby(year).transform("first").str.endswith("Q1")
    since_april = np.where(whole, _hidden_from(so_far, year, rows["value_note"]), "")
    columns = {
        "Quarter": rows["period"].map(short_label),
        "Number": _numbers(rows),
        "Number since April": marked(since_april, rows, "since_april"),
        heading(indicator): marked(values_text(rows, indicator), rows, "value"),
        LIMITS: marked(_limits(rows, indicator), rows, "limits"),
    }
    table = unmarked(pd.DataFrame({name: list(cells) for name, cells in columns.items()}))
    table = table.iloc[::-1]
    return table.loc[:, (table != "").any()]


def counts_table(measures: pd.DataFrame) -> pd.DataFrame:
    """One row an area, one column a quarter: counts, never to be read as rates."""
    rows = order_areas(measures)
    texts = rows.assign(text=_numbers(rows))
    wide = texts.pivot_table(
        index="area_name", columns="period", values="text", aggfunc="first", sort=False
    )
    wide = wide[sorted(wide.columns)].fillna("[x]").reset_index()
    wide = wide.rename(columns=lambda name: {"area_name": "Area"}.get(name, short_label(name)))
    return unmarked(wide)


def shares(parts: pd.DataFrame, *, periods: int = 8) -> pd.DataFrame:
    """Per cent of one area's whole by category, one row a quarter, latest first.

    Parameters
    ----------
    parts : DataFrame, one row per category and quarter
        `value` in per cent; missing where suppressed.
    periods : int
        How many of the latest quarters to keep.

    Returns
    -------
    DataFrame
        Index `period`; one column per category, largest in the latest period first.
    """
    wide = parts.pivot_table(index="period", columns="category", values="value", dropna=False)
    latest = wide.sort_index(ascending=False).head(periods)
    ranked = latest.iloc[0].sort_values(ascending=False, na_position="last", kind="stable")
    return latest[ranked.index].rename(index=short_label)


def parts_table(parts: pd.DataFrame) -> pd.DataFrame:
    """One row a quarter, latest first, one column a category: number and per cent."""
    counts = counts_text(parts["numerator"], parts["value_note"])
    texts = [
        count if np.isnan(value) else f"{count} ({value:.1f}%)"
        for count, value in zip(counts, parts["value"], strict=True)
    ]
    texts = marked(texts, parts, "number", "value")
    rows = parts.assign(text=texts, period=parts["period"].map(short_label))
    wide = rows.pivot_table(index="period", columns="category", values="text", aggfunc="first")
    order = [name for name in shares(parts).columns if name in wide]
    named = wide.sort_index(ascending=False)[order].fillna("[x]").rename(columns=begin)
    return unmarked(named.reset_index().rename(columns={"period": "Quarter"}))


def order_areas(rows: pd.DataFrame, *, by: str = "area_name") -> pd.DataFrame:
    """Rows with districts first, by name, then the areas that hold them, from the smallest."""
    rank = rows["area_type"].map({name: place for place, name in enumerate(WIDER, start=1)})
    ordered = rows.assign(rank=rank.fillna(0)).sort_values(["rank", by], kind="stable")
    return ordered.drop(columns="rank")


def heading(indicator: Indicator) -> str:
    """Name of the column of values, with its unit unless the name says it."""
    name = noun(indicator).capitalize()
    named = indicator.unit_short in ("%", "score")
    return name if named else f"{name} ({indicator.unit_short})"


def marker(value_note: str) -> str:
    """GSS marker of the most serious note of a figure; empty when there is nothing to say."""
    notes = value_note.split(";")
    return next((symbol for note, (symbol, _) in MARKERS.items() if note in notes), "")


def missing_marker(value_note: str) -> str:
    """Marker in place of a figure: why there is none, not what care it would have needed."""
    notes = value_note.split(";")
    return next((MARKERS[note][0] for note in MISSING if note in notes), "[x]")


def values_text(rows: pd.DataFrame, indicator: Indicator) -> list[str]:
    """Values as text, each with the marker of its most serious note.

    That the populations of case records are derived is said in words once on the page
    (`findings.population_note`), not with a marker on every rate.
    """
    notes = rows["value_note"]
    if indicator.data_class == "case":
        notes = notes.str.replace(";?derived", "", regex=True)
    return [
        missing_marker(note)
        if np.isnan(value)
        else f"{number(value, indicator.decimals)} {marker(note)}".strip()
        for value, note in zip(rows["value"], notes, strict=True)
    ]


def counts_text(values: pd.Series, notes: Iterable[str]) -> list[str]:
    """Counts as whole numbers with thousands separators; `[c]` where hidden, else empty."""
    hidden = MARKERS["suppressed"][0]
    return [
        (hidden if "suppressed" in note else "") if np.isnan(value) else f"{value:,.0f}"
        for value, note in zip(values, notes, strict=True)
    ]


def _numbers(rows: pd.DataFrame) -> list[str]:
    """Numerators as text, each with its id."""
    return marked(counts_text(rows["numerator"], rows["value_note"]), rows, "number")


def _hidden_from(so_far: pd.Series, year: pd.Series, notes: pd.Series) -> list[str]:
    """Running totals as text; once a quarter is hidden, the rest of its year is too."""
    hidden = notes.str.contains("suppressed").groupby(year).cummax()
    return counts_text(so_far, np.where(hidden, "suppressed", ""))


def _limits(rows: pd.DataFrame, indicator: Indicator) -> list[str]:
    ends = (rows[name] for name in ENDS)
    return [limits_text(*each, indicator.decimals) for each in zip(*ends, strict=True)]


def limits_text(low: float, high: float, decimals: int = 1) -> str:
    """Limits as text, `21.7 to 26.9`; empty where one is missing."""
    ends = [number(end, decimals) for end in (low, high)]
    return "" if "[x]" in ends else " to ".join(ends)
