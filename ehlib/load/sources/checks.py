"""Checks of published figures: what cannot be right, row by row, and rows that disagree."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.definitions import definitions_in_force
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY, NUMBERS
from ehlib.load.sources.coding import Findings, Said, combinations
from ehlib.load.sources.extract import find_repeats, name_repeats, share_key

FIGURES = [*NUMBERS, "value_note"]  # what a row says about its key
MISSING = ["suppressed", "not_available", "not_applicable", "unreliable"]  # explain an empty row
SLACK = 5  # publishers round counts to 5 or 10, and the rate beside them may be of the true count
BLOCK = 100_000  # rows looked at together: each step of a formula takes memory for all of them
FAR = 10  # times below every other percentage: no percentage, if a hundred times it is among them


def add_definitions(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Rows with `method` and `multiplier` of the definition in force, missing where unknown."""
    places, each = combinations(rows, ["indicator_id", "period", "category_type"])
    starts = pd.Series(rows["period_start"].to_numpy()).groupby(places).first()
    kinds = each["category_type"].str.removesuffix("year to date")
    in_force = definitions_in_force(
        each.assign(period_start=starts, category_type=kinds.str.removesuffix(", ")), indicators
    )
    methods = pd.Categorical(in_force["method"]).take(places)
    return rows.assign(method=methods, multiplier=in_force["multiplier"].to_numpy()[places])


def check_counts(
    rows: pd.DataFrame, indicators: Mapping[str, Indicator], findings: Findings
) -> None:
    """Numbers that cannot be right by themselves or beside each other."""
    legible = ~rows["wrong"].to_numpy()
    numerator, denominator, value, lower, upper = (rows[name].to_numpy() for name in NUMBERS)
    share = (rows["method"] == "proportion").to_numpy()
    counted = [key for key, each in indicators.items() if each.method != "value"]
    negative = (value < 0) & rows["indicator_id"].isin(counted).to_numpy()
    outside = (value < lower) | (value > upper) | (lower > upper)
    empty = np.isnan(numerator) & np.isnan(value)
    alone = empty & legible & ~(np.isnan(lower) & np.isnan(upper))
    explained = [note for note in rows["value_note"].cat.categories if _explains(note)]
    none = empty & legible & ~alone & ~rows["value_note"].isin(explained).to_numpy()
    for rule, column, wrong in (
        ("numerator_negative", "numerator", numerator < 0),
        ("denominator_negative", "denominator", denominator < 0),
        ("value_negative", "value", negative),
        ("percentage_above_100", "value", share & (value > 100)),
        ("value_outside_limits", "value", outside),
        ("limits_alone", "lower_ci", alone),
        ("figure_missing", "value", none),
        ("numerator_above_denominator", "numerator", share & (numerator > denominator)),
    ):
        findings.add(rule, column, wrong, _numbers(rows[column]))


def check_values(rows: pd.DataFrame, findings: Findings) -> None:
    """Values that do not follow from their counts, such as shares for percentages."""
    parts = [rows.iloc[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]
    checked = [_against_counts(part) for part in parts]
    expected = np.concatenate([each[0] for each in checked])
    wrong = np.concatenate([each[1] for each in checked])
    share = np.concatenate([each[2] for each in checked])
    value = rows["value"].to_numpy()

    def found(places: np.ndarray) -> list[str]:
        pairs = zip(value[places].tolist(), expected[places].tolist(), strict=True)
        return [f"{said:.15g} beside counts that give {count:.6g}" for said, count in pairs]

    findings.add("value_not_from_counts", "value", wrong & ~share, found)
    findings.add("share_for_percentage", "value", share, found)
    _check_shares(rows, findings)


def _against_counts(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the counts give, whether the value is another, and whether it is a share of 1."""
    numerator, denominator, value = (rows[name].to_numpy() for name in NUMBERS[:3])
    plain = (rows["method"] == "count").to_numpy()
    rated = rows["method"].isin(["proportion", "rate"]).to_numpy()
    factor = np.where(rated, rows["multiplier"].to_numpy(), np.nan)
    whole = np.where(denominator > 0, denominator, np.nan)
    expected = np.where(plain, numerator, numerator / whole * factor)
    slack = np.where(plain, 0.0, SLACK * (factor + value) / whole)
    near = 0.501 * 10.0 ** -rows["decimals"].to_numpy().astype(float)
    wrong = np.abs(value - expected) > slack + near
    share = wrong & (factor == 100) & (np.abs(100 * value - expected) <= slack + 100 * near)
    return expected, wrong, share


def check_repeats(rows: pd.DataFrame, findings: Findings) -> np.ndarray:
    """Whether each good row says again what another says; rows that contradict are put down."""
    good = np.flatnonzero(share_key(rows, KEY) & ~findings.bad)
    again, contradicted = find_repeats(rows.iloc[good], KEY, FIGURES)
    wrong = np.zeros(len(rows), dtype=bool)
    wrong[good[contradicted.to_numpy()]] = True

    def found(places: np.ndarray) -> pd.Series:
        part = rows.iloc[places]
        said = pd.Series([f"row {row}" for row in part.index], dtype="str", index=part.index)
        about = part["area_code"].astype("str") + ", " + part["period"].astype("str")
        return name_repeats(part, KEY, said) + ": " + about

    findings.add("key_repeated", "area_code", wrong, found)
    repeated = np.zeros(len(rows), dtype=bool)
    repeated[good[again.to_numpy()]] = True
    return repeated


def _check_shares(rows: pd.DataFrame, findings: Findings) -> None:
    """Values far below all other percentages of their indicator of which 100 times is among them.

    A per cent sign on some and none on others is how a column comes to hold both.
    """
    value = rows["value"].to_numpy()
    small = (rows["method"] == "proportion").to_numpy() & (value > 0) & (value <= 1)
    small &= ~rows["signed"].to_numpy() & ~findings.bad & np.isnan(rows["numerator"].to_numpy())
    wrong = np.zeros(len(rows), dtype=bool)
    ids = rows["indicator_id"].cat.codes.to_numpy()
    for code in np.unique(ids[small]):
        own = ids == code
        others = value[own & (value > 1) & ~findings.bad]
        if len(others):
            hundredfold = 100 * value
            among = (hundredfold >= others.min() / 2) & (hundredfold <= others.max() * 2)
            wrong |= own & small & among & (value * FAR < others.min())
    findings.add("share_for_percentage", "value", wrong, _numbers(rows["value"]))


def _explains(note: str) -> bool:
    return any(word in MISSING for word in note.split(";"))


def _numbers(column: pd.Series) -> Said:
    def found(places: np.ndarray) -> list[str]:
        texts = [f"{value:.15g}" for value in column.to_numpy()[places].tolist()]
        return ["" if text == "nan" else text for text in texts]

    return found
