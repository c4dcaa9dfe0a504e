"""Clusters of neighbourhoods or districts, and the refusal where too few could show any."""

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.boundaries import read_boundaries
from ehlib.load.indicators import Indicator
from ehlib.measure.inequality.gradient import NEIGHBOURHOODS, countable
from ehlib.measure.spatial import local_moran, neighbour_weights

COUNTED = {  # an indicator of districts, and the one that has the same for neighbourhoods
    "children_relative_low_income_percent": "children_relative_low_income",
    "imd_average_score": "imd_score",
    "idaci_average_score": "idaci_score",
}
SHARE_WITH_SHAPE = 0.9  # of neighbourhoods, below which a map would have holes
VINTAGES = ("2011", "2021", "")  # of small areas: figures may follow either census
NOT_CLEAR, NO_FIGURE = "not clear", "no figure"


@dataclass(frozen=True)
class Clusters:
    """Areas with their shapes and their cluster in words; `reason` says why there can be none.

    `areas` has `area_code`, `area_name`, `value`, `cluster` (high among high, low among low, high
    among low, low among high, not clear, no figure) and `geometry`; `level` is district, msoa or
    lsoa, `period` the label of the figures, `smallest_p` what the likeliest area could reach.
    """

    areas: gpd.GeoDataFrame
    level: str
    period: str
    smallest_p: float
    reason: str = ""


def with_neighbourhoods(indicator_id: str) -> list[str]:
    """An indicator's id, and that under which neighbourhoods have the same, if another."""
    return list(dict.fromkeys([indicator_id, COUNTED.get(indicator_id, indicator_id)]))


def local_clusters(
    data_dir: str | Path, neighbourhoods: pd.DataFrame, districts: pd.DataFrame
) -> Clusters:
    """Clusters of neighbourhoods where their figures and shapes are held, else of districts.

    Parameters
    ----------
    data_dir : str or Path
        Folder that `ehlib prepare` wrote, with the boundaries.
    neighbourhoods, districts : DataFrame, one row per area
        As `find_clusters` takes them; the first may be empty.

    Returns
    -------
    Clusters
        The `reason` of a refusal also says where shapes of neighbourhoods would mend it.
    """
    if neighbourhoods.empty:
        return find_clusters(districts, read_boundaries(data_dir))
    kind = neighbourhoods["area_type"].iloc[0]
    held = [read_boundaries(data_dir, kind, vintage=year) for year in VINTAGES]
    ours = [each[each["area_code"].isin(neighbourhoods["area_code"])] for each in held]
    shapes = max(ours, key=len).drop_duplicates("area_code")
    if len(shapes) >= SHARE_WITH_SHAPE * len(neighbourhoods):
        return find_clusters(neighbourhoods, shapes)
    found = find_clusters(districts, read_boundaries(data_dir))
    lacking = (
        f" Figures of {len(neighbourhoods)} neighbourhoods are held, but not their boundaries."
    )
    return replace(found, reason=f"{found.reason}{lacking}" if found.reason else "")


def find_clusters(rows: pd.DataFrame, boundaries: gpd.GeoDataFrame) -> Clusters:
    """Which areas have neighbours like them, or unlike them, beyond chance.

    Parameters
    ----------
    rows : DataFrame, one row per area, one period
        `area_code`, `area_name`, `area_type`, `period`, `value`.
    boundaries : GeoDataFrame
        Shapes of these areas; areas without one are left out, shapes without a row have no figure.

    Returns
    -------
    Clusters
        As `local_moran` finds them, its p-values adjusted for the number of areas.
    """
    shapes = boundaries[["area_code", "geometry"]].merge(
        rows[["area_code", "area_name", "value"]], on="area_code", how="left", validate="1:1"
    )
    found = local_moran(shapes["value"], neighbour_weights(shapes))
    clusters = np.where(found.cluster, found.quadrant, NOT_CLEAR)
    shapes["cluster"] = np.where(shapes["value"].isna(), NO_FIGURE, clusters)
    least = np.nanmin(found.smallest_p, initial=np.inf)
    kind, period = rows["area_type"].iloc[0], rows["period"].iloc[0]
    return Clusters(shapes, kind, period, float(least), found.reason)


def filter_neighbourhoods(
    measures: pd.DataFrame,
    indicator: Indicator,
    *,
    areas: Areas,
    scores: pd.DataFrame,
    people: pd.DataFrame,
) -> pd.DataFrame:
    """The county's neighbourhoods in the latest period that has any: MSOAs, or else LSOAs.

    Parameters
    ----------
    measures : DataFrame
        Of the indicator and of its counterpart for neighbourhoods, if it has one.
    indicator : Indicator
        Whose page this is; a count is divided by the children of each neighbourhood.
    areas, scores, people
        As for `deprivation_gradient`; the scores tell which neighbourhoods the county holds.

    Returns
    -------
    DataFrame, one row per neighbourhood
        None where no neighbourhood has a figure.
    """
    wanted = {indicator.id, COUNTED.get(indicator.id, indicator.id)}
    small = measures["indicator_id"].isin(wanted) & measures["area_type"].isin(NEIGHBOURHOODS)
    inside = scores.loc[scores["county_code"] == areas.county.code, "area_code"]
    rows = measures[small & measures["area_code"].isin(inside)].dropna(subset="value")
    rows = rows[
        (rows["category_type"] == "") & (rows["period_start"] == rows["period_start"].max())
    ]
    rows = rows[rows["area_type"] == rows["area_type"].max()]  # msoa comes after lsoa
    if COUNTED.get(indicator.id, "").startswith("children"):
        rows = rows.assign(denominator=np.nan)
        rows, _ = countable(rows, replace(indicator, method="count"), people)
        rows = rows.dropna(subset="value")
    return rows.drop_duplicates("area_code")
