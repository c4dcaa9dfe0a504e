"""Rounding: small counts hidden and the others to the nearest multiple, each for itself."""

import numpy as np
import pandas as pd

from ehlib.measure.disclosure.policy import Policy

COUNTS = ["numerator", "denominator"]
MADE = ["value", "lower_ci", "upper_ci"]


def round_counts(rows: pd.DataFrame, share: pd.Series, policy: Policy) -> pd.DataFrame:
    """Counts of case-based rows as a rounding policy shows them.

    Zeros stay, counts from 1 to below the threshold are hidden, the others go to the nearest
    multiple of `round_to` (halves up). Populations are not rounded. What is made from counts is
    left out: `ehlib.measure.rates` makes it again from the rounded ones.

    Not guaranteed: that rounded parts add up to their rounded total, and that no hidden count
    can be bounded. A total of 20 (18 to 22) less a part of 20 leaves 0 to 4; a reader who sees a
    row's other parts, all rounded, may prove a hidden one small. It says less about larger counts
    than suppression does, and more about where the hidden ones are.

    Parameters
    ----------
    rows : DataFrame, one row per observation
        Case-based, with numerator and denominator.
    share : Series of bool
        Whether the denominator is a count of records too.
    policy : Policy
        `threshold`, `round_to` and whether zeros are shown.

    Returns
    -------
    DataFrame, same rows and order
        Rows with a hidden count have no numbers at all. New arrays throughout.
    """
    numerator = rows["numerator"].to_numpy(float)
    denominator = rows["denominator"].to_numpy(float)
    rest = denominator - numerator
    least = 0 if policy.zeros_shown else -1
    small = (numerator > least) & (numerator < policy.threshold)
    parts = share.to_numpy(bool)
    for each in (denominator, *([rest] if policy.remainders else [])):
        small |= parts & (each > least) & (each < policy.threshold) & (each != 0)
    shown = ~small & ~np.isnan(numerator)
    rounded = pd.DataFrame(np.nan, rows.index, [*COUNTS, *MADE])
    rounded.loc[shown, "numerator"] = _nearest(numerator[shown], policy.round_to)
    whole = np.where(parts, _nearest(denominator, policy.round_to), denominator)
    rounded.loc[shown, "denominator"] = whole[shown]
    return rounded.assign(hidden=small)


def _nearest(counts: np.ndarray, base: int) -> np.ndarray:
    return np.floor(counts / base + 0.5) * base
