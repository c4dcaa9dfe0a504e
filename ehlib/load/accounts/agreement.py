"""Figures of the same key from several extracts: which agree, and which tells the most."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.definitions import definitions_in_force
from ehlib.load.indicators import Indicator
from ehlib.load.schema import NUMBERS

DIGITS = 9  # decimals beyond these are the noise of a calculation
FIGURE = ["numerator", "value"]  # a row without either says only why there is none
NEAR = 0.5 + 1e-6  # of the last decimal: half up and half down are both in use


def add_told(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with `figure`, whether there is one, and `told`, what a row tells, more being better.

    Counts and limits beside a value tell more than the value alone; of rows that tell the same
    numbers the one with more decimals does.
    """
    digits = pd.concat([decimals(rows[name]) for name in NUMBERS], axis=1).max(axis=1)
    known = rows[NUMBERS].notna().sum(axis=1)
    return rows.assign(figure=rows[FIGURE].notna().any(axis=1), told=100 * known + digits)


def agree(
    rows: pd.DataFrame, others: pd.DataFrame, indicators: Mapping[str, Indicator]
) -> np.ndarray:
    """Whether each row says what the other one beside it says, to the coarser one's rounding.

    Parameters
    ----------
    rows, others : DataFrame, same length
        Observations of the same keys, with `figure`.
    indicators : mapping
        The catalogue: a value follows from counts where only they are given.

    Returns
    -------
    array of bool
        False where any number that both give differs, or where one has a figure and one has none.
    """
    alike = rows["figure"].to_numpy() == others["figure"].to_numpy()
    first, second = (_with_values(each, indicators) for each in (rows, others))
    for name in NUMBERS:
        a, b = first[name].to_numpy(), second[name].to_numpy()
        if np.isnan(a).all() or np.isnan(b).all():
            continue
        coarser = np.minimum(decimals(first[name]), decimals(second[name]))
        differ = np.abs(a - b) > NEAR * 10.0**-coarser
        alike &= ~np.where(np.isnan(a) | np.isnan(b), False, differ & (a != b))
    return alike


def decimals(numbers: pd.Series) -> pd.Series:
    """How many decimals each number is written with at the shortest; 0 where it is missing."""
    whole = numbers.isna() | (numbers == numbers.round())
    found = pd.Series(0, index=numbers.index, dtype="int64")
    for digits in range(1, DIGITS + 1):
        # Ten decimals are no longer than nine: what is left over is noise.
        rest = ~whole & (numbers.round(digits - 1) != numbers)
        if not rest.any():
            break
        found = found.mask(rest, digits)
    return found


def _with_values(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.DataFrame:
    """Rows with the value that follows from their counts where none is given."""
    rows = rows.reset_index(drop=True)
    lacking = rows["value"].isna() & rows["denominator"].gt(0)
    if not lacking.any():
        return rows
    in_force = definitions_in_force(rows[lacking], indicators)
    factor = in_force["multiplier"].where(in_force["method"].isin(["proportion", "rate"]))
    made = rows["numerator"] / rows["denominator"] * factor.reindex(rows.index)
    return rows.assign(value=rows["value"].fillna(made))
