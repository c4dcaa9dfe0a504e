"""What a reader can be told of hidden figures: how many there are, and what is shown instead."""

from collections.abc import Mapping

import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY

INSTEAD = ["instead", "instead_area", "instead_numerator"]


def count_hidden(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> dict[str, int]:
    """How many figures are hidden, of how many, apart for those that their publisher hides.

    Parameters
    ----------
    rows : DataFrame, one row per observation
        What a page has, each row once; hidden rows have the note `suppressed`.
    indicators : mapping
        The catalogue: tells which are counted from case records.

    Returns
    -------
    dict
        `hidden` of `figures` of case records, and `by_publisher`.
    """
    each = rows.drop_duplicates(KEY)
    case, hidden = _is_case(each, indicators), _is_hidden(each)
    return {
        "figures": int(case.sum()),
        "hidden": int((case & hidden).sum()),
        "by_publisher": int((~case & hidden).sum()),
    }


def what_is_left(
    rows: pd.DataFrame, indicators: Mapping[str, Indicator], areas: Areas
) -> pd.DataFrame:
    """For each hidden figure of case records, the narrowest figure shown that it is a part of.

    Parameters
    ----------
    rows : DataFrame, one row per observation
        What may be shown; hidden rows have the note `suppressed`.
    indicators : mapping
        The catalogue.
    areas : Areas
        Which districts each locality has.

    Returns
    -------
    DataFrame, the hidden rows
        With `instead`: `total` (of the same place and quarter, all parts together), `locality` or
        `county` (the same part there) or empty; and its `instead_area` and `instead_numerator`.
    """
    each = rows.drop_duplicates(KEY)
    hidden = each[_is_case(each, indicators) & _is_hidden(each)]
    shown = each[each["numerator"].notna()].set_index(KEY)["numerator"]
    locality = {code: part.code for part in areas.localities for code in part.districts}
    found = [_wider(key, shown, locality, areas) for key in hidden[KEY].itertuples(index=False)]
    return hidden.reset_index(drop=True).join(pd.DataFrame(found, columns=INSTEAD))


def _wider(
    key: tuple, shown: pd.Series, locality: Mapping[str, str], areas: Areas
) -> tuple[str, str, float]:
    """Kind, area and count of the first of the wider figures that is shown."""
    county = areas.county.code
    wider = []
    if key.category_type:
        wider.append(("total", key._replace(category_type="", category="")))
    if key.area_code in locality:
        wider.append(("locality", key._replace(area_code=locality[key.area_code])))
    if key.area_code != county:
        wider.append(("county", key._replace(area_code=county)))
    for kind, other in wider:
        if tuple(other) in shown.index:
            return kind, other.area_code, float(shown[tuple(other)])
    return "", "", float("nan")


def _is_case(rows: pd.DataFrame, indicators: Mapping[str, Indicator]) -> pd.Series:
    cases = [key for key, each in indicators.items() if each.data_class == "case"]
    return rows["indicator_id"].isin(cases)


def _is_hidden(rows: pd.DataFrame) -> pd.Series:
    notes = rows["value_note"].astype("str").str.split(";")
    return notes.map(lambda each: "suppressed" in each).astype(bool)
