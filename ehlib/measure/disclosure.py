"""Small numbers of case records: what is hidden before anything is drawn or written."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.definitions import percentages
from ehlib.load.indicators import Indicator

THRESHOLD = 5  # counts from 1 to 4 are hidden; zeros are shown (design: default for case records)
FIGURES = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
BLOCK = ["indicator_id", "period", "category_type"]  # rows that add up to one another
DRAWN_FROM = {"mash_outcome": "mash_enquiries"}  # percentage: indicator that counts all its records


def protect_counts(
    measures: pd.DataFrame, indicators: Mapping[str, Indicator], *, threshold: int = THRESHOLD
) -> pd.DataFrame:
    """Measures of case records without any small count or figure from which one follows.

    A breakdown is shown for a period only if no cell of it, in any area, is small: hiding the
    one cell would leave it to be found by subtraction. Totals of districts and localities are
    treated the same way, so that a small district does not follow from its county. What is shown
    elsewhere (another page, an earlier release) is not known here.

    Parameters
    ----------
    measures : DataFrame, one row per observation
        With value and limits, before any comparison. Rows of published indicators are left as
        their publisher has them.
    indicators : mapping
        The catalogue: tells the percentages, whose remainders can be small too.
    threshold : int
        Counts from 1 to below this are small. So are the remainders, denominator less numerator,
        of a breakdown or percentage, and the records that a percentage leaves out.

    Returns
    -------
    DataFrame, same rows and order
        Hidden rows have no numbers and the note `suppressed`. A county's total stays where it and
        the county's other totals of the block are not small.
    """
    cases = [key for key, each in indicators.items() if each.data_class == "case"]
    case = measures["indicator_id"].isin(cases)
    count, rest = measures["numerator"], measures["denominator"] - measures["numerator"]
    share = percentages(measures, indicators)
    small = _small(count, threshold) | (share & _small(rest, threshold))
    small |= share & _small(_left_out(measures), threshold)
    small |= measures["value_note"].str.contains("suppressed")
    total = (measures["category_type"] == "") & (measures["area_type"] == "county")
    block = [measures[name] for name in BLOCK]
    spoiled = small.groupby(block).transform("any")
    safe = total & ~(small & total).groupby(block).transform("any")
    return _hidden(measures, case & spoiled & ~safe)


def _small(counts: pd.Series, threshold: int) -> pd.Series:
    return (counts > 0) & (counts < threshold)


def _left_out(measures: pd.DataFrame) -> pd.Series:
    """Records of an area and period that a percentage is not about: those without an outcome."""
    place = ["indicator_id", "area_code", "period", "sex", "age"]
    totals = measures[measures["category_type"] == ""]
    counted = totals.drop_duplicates(place).set_index(place)["numerator"]
    drawn_from = measures["indicator_id"].map(DRAWN_FROM).astype("str")
    keys = pd.MultiIndex.from_frame(measures[place].assign(indicator_id=drawn_from))
    return counted.reindex(keys).set_axis(measures.index) - measures["denominator"]


def _hidden(measures: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """Measures without the numbers of some rows, which say so."""
    protected = measures.copy()
    protected[FIGURES] = protected[FIGURES].mask(rows)
    noted = measures["value_note"].str.split(";").map(lambda notes: "suppressed" in notes)
    said = (measures["value_note"] + ";suppressed").str.strip(";")
    protected["value_note"] = measures["value_note"].mask(rows & ~noted, said)
    return protected
