"""Neighbourhoods of a place: how deprived they are, and where events lie among them."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.boundaries import read_boundaries
from ehlib.load.boundaries.shapes import GRID
from ehlib.load.indicators import Indicator
from ehlib.load.schema import read_observations
from ehlib.measure.inequality import deprivation_groups
from ehlib.measure.inequality.gradient import countable

FIFTHS = 5
DECILE = "imd_decile"
VINTAGES = ("2011", "2021", "")


@dataclass(frozen=True)
class Spread:
    """How events lie across neighbourhoods; shares from 0 to 1.

    `top_share` is the share of events in neighbourhoods of the county's most deprived fifth, also
    where `places` is of a part of the county; `elsewhere` that outside it; and `half` the fewest
    neighbourhoods that hold half of all events.
    """

    places: int
    events: float
    half: int
    top_share: float

    @property
    def elsewhere(self) -> float:
        """Share of events outside the county's most deprived fifth."""
        return 1 - self.top_share


def neighbourhood_rates(
    measures: pd.DataFrame,
    indicator: Indicator,
    *,
    areas: Areas,
    scores: pd.DataFrame,
    people: pd.DataFrame,
) -> pd.DataFrame:
    """Latest count of each of the county's MSOAs as a rate per 1,000 children, with its score.

    Parameters
    ----------
    measures : DataFrame
        One indicator that counts children, all areas and periods.
    indicator : Indicator
        Its entry in the catalogue.
    areas, scores, people
        As for `deprivation_gradient`; the scores tell which neighbourhoods the county holds.

    Returns
    -------
    DataFrame, one row per neighbourhood
        With `value` and limits per 1,000 children aged 0 to 17, `population`, `score` and `fifth`
        (1 is the most deprived of the county's). Of the latest period that is not provisional,
        where there is one. No rows where none is held, no index was known, or no population is.
    """
    rows = measures[(measures["area_type"] == "msoa") & (measures["category_type"] == "")]
    rows = rows.dropna(subset="value")
    firm = ~rows["value_note"].str.contains("provisional")
    rows = rows[firm] if firm.any() else rows
    rows = rows[rows["period_start"] == rows["period_start"].max()]
    inside = scores[(scores["area_type"] == "msoa") & (scores["county_code"] == areas.county.code)]
    joined = rows.merge(inside[["area_code", "score", "edition"]], on="area_code", validate="m:1")
    rated, _ = countable(joined, indicator, people)
    rated = rated.dropna(subset="value")
    return rated.assign(fifth=deprivation_groups(rated["score"], FIFTHS))


def spread_of_events(rates: pd.DataFrame) -> Spread | None:
    """How concentrated events are, of all `neighbourhood_rates` or a part; None without any."""
    counts = np.sort(rates["numerator"].to_numpy())[::-1]
    total = float(counts.sum())
    if not total > 0:
        return None
    half = int(np.searchsorted(counts.cumsum(), total / 2) + 1)
    top = rates.loc[rates["fifth"] == 1, "numerator"].sum()
    return Spread(len(counts), total, half, float(top / total))


@dataclass(frozen=True)
class Deprived:
    """Neighbourhoods (LSOAs) of a place with their tenth of England, 1 the most deprived.

    `shapes` has `area_code`, `decile` and `geometry`; `edition` is that of the index. Empty where
    no index of neighbourhoods had been published by then, or their shapes are not held.
    """

    area_code: str
    shapes: gpd.GeoDataFrame
    edition: str
    source_name: str

    @property
    def places(self) -> int:
        """How many neighbourhoods there are."""
        return len(self.shapes)

    def within(self, tenths: int) -> int:
        """How many are in so many of England's most deprived tenths."""
        return int((self.shapes["decile"] <= tenths).sum())


def districts_of(area_code: str, areas: Areas) -> list[str]:
    """Districts that a place is made of."""
    if area_code == areas.county.code:
        return areas.codes("district")
    inside = {each.code: list(each.districts) for each in areas.localities}
    return inside.get(area_code, [area_code])


def deprived_neighbourhoods(
    data_dir: str | Path, quarter: str, area_code: str, areas: Areas
) -> Deprived:
    """Neighbourhoods of a place by the latest index that a quarter knows.

    Parameters
    ----------
    data_dir : str or Path
        Folder that `ehlib prepare` wrote.
    quarter : str
        Editions published later are left out.
    area_code : str
        District, locality or county.
    areas : Areas
        The county.
    """
    held = read_observations(data_dir, quarter=quarter, indicator_id=DECILE)
    rows = held[held["area_type"] == "lsoa"].dropna(subset="value")
    rows = rows[rows["period_start"] == rows["period_start"].max()]
    if rows.empty:
        nothing = {"area_code": [], "decile": []}
        return Deprived(area_code, gpd.GeoDataFrame(nothing, geometry=[], crs=GRID), "", "")
    shapes = small_shapes(data_dir, "lsoa", rows["area_code"])
    inside = shapes[shapes["district_code"].isin(districts_of(area_code, areas))]
    joined = inside[["area_code", "geometry"]].merge(
        rows[["area_code", "value"]].rename(columns={"value": "decile"}), on="area_code"
    )
    return Deprived(area_code, joined, rows["period"].iloc[0], rows["source_name"].iloc[0])


def small_shapes(data_dir: str | Path, level: str, codes: pd.Series) -> gpd.GeoDataFrame:
    """Shapes of the census year that fits most of some small areas' codes."""
    held = [read_boundaries(data_dir, level, vintage=year) for year in VINTAGES]
    best = max(held, key=lambda each: each["area_code"].isin(codes).sum())
    return best.drop_duplicates("area_code")
