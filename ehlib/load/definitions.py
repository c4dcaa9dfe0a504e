"""The definition in force for each observation: by what method its figure is made from counts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from ehlib.load.indicators import Indicator

UNKNOWN = ("", np.nan, "")
PERCENTAGE = ("proportion", 100.0)


def definitions_in_force(
    observations: pd.DataFrame, indicators: "Mapping[str, Indicator]"
) -> pd.DataFrame:
    """Method, multiplier and start of the definition that holds when each row's period starts.

    Parameters
    ----------
    observations : DataFrame, one row per observation
        With `indicator_id`, `period_start` and `category_type`.
    indicators : mapping
        The catalogue.

    Returns
    -------
    DataFrame, same index
        `method`, `multiplier` and `definition`, a date as text; empty and missing where the
        indicator or the period is not known. A breakdown of case records is a percentage of all
        records, whatever their total is; a published breakdown is what its indicator is.
    """
    on = ["indicator_id", "period_start"]
    keys = observations[on].drop_duplicates(ignore_index=True)
    found = [
        UNKNOWN
        if indicator_id not in indicators or pd.isna(start)
        else _version(indicators[indicator_id], start)
        for indicator_id, start in keys.itertuples(index=False)
    ]
    named = pd.DataFrame(found, keys.index, ["method", "multiplier", "definition"])
    in_force = observations[on].merge(keys.join(named), on=on, how="left", validate="m:1")
    in_force = in_force.drop(columns=on).set_axis(observations.index)
    cases = [key for key, each in indicators.items() if each.data_class == "case"]
    part = observations["indicator_id"].isin(cases) & (observations["category_type"] != "")
    part &= in_force["method"].isin(["rate", "count"])
    in_force["method"] = in_force["method"].mask(part, PERCENTAGE[0])
    in_force["multiplier"] = in_force["multiplier"].mask(part, PERCENTAGE[1])
    return in_force


def percentages(observations: pd.DataFrame, indicators: "Mapping[str, Indicator]") -> pd.Series:
    """Whether each row is a percentage: its numerator is a part of its denominator."""
    return definitions_in_force(observations, indicators)["method"] == "proportion"


def _version(indicator: "Indicator", start: pd.Timestamp) -> tuple[str, float, str]:
    version = indicator.version_at(start.date())
    return version.method, float(version.multiplier), version.start.isoformat()
