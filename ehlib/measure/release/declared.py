"""What of case records is shown at all, as `disclosure.toml` declares it."""

from collections.abc import Iterable, Mapping

import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.measure.disclosure.policy import Shown


def filter_declared(
    observations: pd.DataFrame, indicators: Mapping[str, Indicator], shown: Iterable[Shown]
) -> pd.DataFrame:
    """Published observations, and of those counted from case records the declared ones.

    Parameters
    ----------
    observations : DataFrame, one row per observation
        Key and `area_type`.
    indicators : mapping
        The catalogue: tells which indicators are counted from case records.
    shown : iterable of Shown
        Indicators, breakdowns and area types that pages or downloads show. A figure of one sex is
        of the breakdown `sex` under whichever name it stands.
    """
    cases = [key for key, each in indicators.items() if each.data_class == "case"]
    kept = ~observations["indicator_id"].isin(cases).to_numpy(bool)
    of_one_sex = (observations["category_type"] == "") & (observations["sex"] != "persons")
    breakdown = observations["category_type"].mask(of_one_sex, "sex")
    for each in shown:
        named = observations["indicator_id"].isin(each.indicators)
        named &= breakdown.isin(each.breakdowns) & observations["area_type"].isin(each.area_types)
        kept |= named.to_numpy(bool)
    return observations[kept].reset_index(drop=True)
