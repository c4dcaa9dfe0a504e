"""Small numbers of case records: what is hidden before anything is drawn or written."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ehlib.load.indicators import Indicator

THRESHOLD = 5  # counts from 1 to 4 are hidden; zeros are shown (design: default for case records)
FIGURES = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]


def protect_counts(
    measures: pd.DataFrame, indicators: Mapping[str, Indicator], *, threshold: int = THRESHOLD
) -> pd.DataFrame:
    """Measures of case records without any small count or figure from which one follows.

    A breakdown is shown for a period only if no cell of it, in any area, is small: hiding the
    one cell would leave it to be found by subtraction. Totals of districts and localities are
    treated the same way, so that a small district does not follow from its county.

    Parameters
    ----------
    measures : DataFrame, one row per observation
        With value and limits. Rows of published indicators are left as their publisher has them.
    indicators : mapping
        The catalogue: tells the percentages, whose remainders can be small too.
    threshold : int
        Counts from 1 to below this are small. So are the remainders, denominator less numerator,
        of a breakdown or percentage.

    Returns
    -------
    DataFrame, same rows and order
        Hidden rows have no numbers and the note `suppressed`.
    """
    count, rest = measures["numerator"], measures["denominator"] - measures["numerator"]
    percentages = [key for key, each in indicators.items() if each.method == "proportion"]
    share = (measures["category_type"] != "") | measures["indicator_id"].isin(percentages)
    small = _small(count, threshold) | (share & _small(rest, threshold))
    block = ["indicator_id", "period", "category_type", "sex", "age"]
    spoiled = small.groupby([measures[name] for name in block]).transform("any")
    whole = (measures["category_type"] == "") & (measures["area_type"] == "county") & ~small
    cases = [key for key, each in indicators.items() if each.data_class == "case"]
    hidden = (spoiled & ~whole & measures["indicator_id"].isin(cases)).to_numpy()
    protected = measures.copy()
    protected.loc[hidden, FIGURES] = np.nan
    protected.loc[hidden, "value_note"] = [
        ";".join([*filter(None, [note]), "suppressed"])
        for note in protected.loc[hidden, "value_note"]
    ]
    return protected


def _small(counts: pd.Series, threshold: int) -> pd.Series:
    return (counts > 0) & (counts < threshold)
