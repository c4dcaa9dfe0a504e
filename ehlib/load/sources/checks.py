"""Checks of published figures: what cannot be right, row by row, and rows that disagree."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.definitions import definitions_in_force, percentages
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY, NUMBERS, SEXES, VALUE_NOTES
from ehlib.load.sources.extract import fault, find_repeats, name_repeats

FIGURES = [*NUMBERS, "value_note"]  # what a row says about its key
MISSING = ["suppressed", "not_available", "not_applicable"]  # notes that explain an empty row
SLACK = 5  # publishers round counts to 5 or 10, and the rate beside them may be of the true count


def check_words(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Faults of words that are not in the vocabulary, and of breakdowns half described."""
    notes = rows["value_note"].str.split(";").explode()
    unknown = (~notes.isin(["", *VALUE_NOTES])).groupby(level=0).any()
    half = (rows["category"] != "") != (rows["category_type"] != "")
    mend = "use one of these words"
    checks = [
        ("sex", ~rows["sex"].isin(SEXES), f"one of {', '.join(SEXES)}", mend),
        ("value_note", unknown, f"one of {', '.join(VALUE_NOTES)}", mend),
        ("category", half, "category and category_type, or neither", "fill in both or neither"),
    ]
    return [
        fault(rows.index[wrong], f"{column}_unknown", column, rows.loc[wrong, column], *words)
        for column, wrong, *words in checks
    ]


def check_counts(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> list[pd.DataFrame]:
    """Faults of numbers that cannot be right by themselves or beside each other."""
    numerator, denominator, value, lower, upper = (rows[column] for column in NUMBERS)
    share = percentages(rows, indicators)
    signed = [key for key, each in indicators.items() if each.method == "value"]
    negative = (value < 0) & ~rows["indicator_id"].isin(signed)
    outside = (value < lower) | (value > upper) | (lower > upper)
    empty = numerator.isna() & value.isna()
    alone = empty & (lower.notna() | upper.notna())
    none = empty & ~alone & ~rows["value_note"].str.contains("|".join(MISSING))
    at_least, check, note = "0 or more", "check whether the columns are swapped", "a value_note"
    checks = [
        ("numerator_negative", numerator, numerator < 0, at_least, "correct it"),
        ("denominator_negative", denominator, denominator < 0, at_least, "correct it"),
        ("value_negative", value, negative, at_least, "correct it"),
        ("percentage_above_100", value, share & (value > 100), "at most 100", "correct it"),
        ("value_outside_limits", value, outside, "a value within its limits", check),
        ("limits_alone", lower, alone, "limits only beside a figure", "empty them or add it"),
        ("figure_missing", value, none, f"a figure, or {note} why there is none", f"add {note}"),
    ]
    above = share & (numerator > denominator)
    checks.append(("numerator_above_denominator", numerator, above, "at most the whole", check))
    return [
        fault(rows.index[wrong], rule, str(column.name), column[wrong].map(_number), *words)
        for rule, column, wrong, *words in checks
    ]


def check_values(
    rows: pd.DataFrame, cells: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> pd.DataFrame:
    """Faults of values that do not follow from their counts, such as shares for percentages.

    Parameters
    ----------
    rows : DataFrame
        With numbers as such.
    cells : DataFrame of text
        Rows as written: they tell to how many decimals a value was rounded.
    indicators : mapping
        The catalogue; the version in force gives method and multiplier.
    """
    in_force = definitions_in_force(rows, indicators)
    plain = in_force["method"] == "count"
    factor = in_force["multiplier"].where(in_force["method"].isin(["proportion", "rate"]))
    denominator = rows["denominator"].mask(rows["denominator"] <= 0)
    expected = (rows["numerator"] / denominator * factor).mask(plain, rows["numerator"])
    slack = (SLACK * (factor + rows["value"]) / denominator).mask(plain, 0.0)
    written = cells["value"] if "value" in cells else pd.Series("", index=cells.index)
    decimals = written[rows.index].str.extract(r"\.(\d+)", expand=False).str.len().fillna(0)
    wrong = (rows["value"] - expected).abs() > slack + 0.501 * 10.0**-decimals
    found = [
        f"{_number(value)} beside counts that give {count:.6g}"
        for value, count in zip(rows.loc[wrong, "value"], expected[wrong], strict=True)
    ]
    wanted = "a value that follows from the counts beside it, in the indicator's unit"
    mend = "correct the value or the counts, or leave the value empty"
    return fault(rows.index[wrong], "value_not_from_counts", "value", found, wanted, mend)


def check_repeats(rows: pd.DataFrame) -> tuple[pd.Index, pd.DataFrame]:
    """Rows to be taken once, by their index, and faults of rows that contradict each other."""
    again, contradicted = find_repeats(rows, KEY, FIGURES)
    wrong = rows[contradicted]
    places = pd.Series([f"row {row}" for row in wrong.index], index=wrong.index, dtype="str")
    found = name_repeats(wrong, KEY, places) + ": " + wrong["area_code"] + ", " + wrong["period"]
    wanted = "one row an indicator, area, period and breakdown"
    mend = "delete the row that is out of date"
    faults = fault(wrong.index, "key_repeated", "area_code", found, wanted, mend)
    return rows.index[again], faults


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.15g}"
