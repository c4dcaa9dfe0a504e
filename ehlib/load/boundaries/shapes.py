"""Shapes made fit for maps: on the national grid, valid, and each with its area's code."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ehlib.load.areas import resolve_areas
from ehlib.load.boundaries.files import refuse
from ehlib.load.small_areas.columns import GSS, area_columns, spelt

GRID = "EPSG:27700"  # British National Grid, in metres
DEGREES = "EPSG:4326"
GRID_BOUNDS = (0.0, 0.0, 700_000.0, 1_300_000.0)
DEGREE_BOUNDS = (-9.0, 49.0, 3.0, 61.5)
FINEST = ("lsoa", "msoa", "ward", "locality", "district", "unitary", "ccg", "county", "region")
POLYGONS = (3, 6)  # shapely's numbers of Polygon and MultiPolygon
MOSTLY = 0.9  # share of a column that must be codes: a file may have a few areas without one


def on_the_grid(shapes: gpd.GeoDataFrame, path: Path) -> tuple[gpd.GeoDataFrame, str]:
    """Shapes in metres of the national grid, and what had to be assumed to bring them there.

    Parameters
    ----------
    shapes : GeoDataFrame
        In any coordinate system, or in none: then the coordinates tell, since those of England in
        degrees, on the national grid and in any other system do not overlap.
    path : Path
        File that they are of, for messages.

    Raises
    ------
    SourceError
        If they have no coordinate system and lie neither way in Great Britain.
    """
    told = shapes.crs
    if np.isnan(shapes.total_bounds).any():
        raise refuse(path, "no shape has an outline", "polygons", "draw or download it again")
    within = [
        _inside(shapes.total_bounds, DEGREE_BOUNDS),
        _inside(shapes.total_bounds, GRID_BOUNDS),
    ]
    # GeoJSON without a system counts as degrees, whatever stands in it.
    doubtful = told is None or (told.is_geographic and not _inside_the_globe(shapes.total_bounds))
    if not doubtful:
        return shapes.to_crs(GRID), ""
    if not any(within):
        west, south, east, north = shapes.total_bounds
        found = f"no coordinate system, and coordinates from {west:.6g}, {south:.6g} to "
        found += f"{east:.6g}, {north:.6g}"
        wanted = "longitude and latitude, or metres of the national grid, in Great Britain"
        mend = "add the .prj file, or save it with its coordinate system as a GeoPackage"
        raise refuse(path, f"found {found}", wanted, mend)
    assumed = DEGREES if within[0] else GRID
    return shapes.set_crs(assumed, allow_override=True).to_crs(GRID), assumed


def code_column(shapes: pd.DataFrame, path: Path) -> tuple[str, str]:
    """Column with the code of each shape's own area, and the year of its areas if it is told.

    Parameters
    ----------
    shapes : DataFrame
        Attributes of the shapes. A file of wards may also have their districts' codes: the finest
        kind of area with one code a shape is the shapes' own.
    path : Path
        File that they are of, for messages.

    Raises
    ------
    SourceError
        If no column has codes, or none has a code of its own for each shape.
    """
    years = {each.column: each.year for each in area_columns(shapes.columns)}
    found = _candidates(shapes, _coded, years) or _candidates(shapes, _of_names, years)
    if not found:
        columns = ", ".join(map(str, list(shapes.columns)[:8])) or "none"
        wanted = "a column of codes of areas, such as LSOA21CD, WD25CD or LAD23CD"
        raise refuse(path, f"the columns {columns} hold none", wanted, "add the codes of the areas")
    best = min(found, key=found.get)
    if found[best][0]:
        often = shapes[best].value_counts()
        said = f"{often.iloc[0]} shapes have the code {often.index[0]} in {best}"
        mend = "keep the column of their own codes, or join the parts of an area to one shape"
        raise refuse(path, said, "a code of its own for each shape", mend)
    return best, years.get(best, "")


def _candidates(
    shapes: pd.DataFrame, reading: Callable[[pd.Series], pd.Series], years: dict[str, str]
) -> dict[str, tuple[bool, int, bool]]:
    """Columns that name areas, the shapes' own lowest: each shape another, fine, named so."""
    found = {}
    for column in _texts(shapes):
        codes = reading(shapes[column])
        if codes.notna().mean() >= MOSTLY:
            kinds = resolve_areas(codes.dropna())["area_type"].dropna()
            finest = min((FINEST.index(each) for each in kinds if each in FINEST), default=99)
            found[column] = (codes.dropna().duplicated().any(), finest, column not in years)
    return found


def name_column(shapes: pd.DataFrame, code: str) -> str:
    """Column with the names that go with a column of codes; empty where there is none."""
    named = {each.column: each.names for each in area_columns(shapes.columns)}
    own = named.get(code) or next(
        (name for name in _texts(shapes) if spelt(name) in ("area name", "name")), ""
    )
    return own


def district_column(shapes: pd.DataFrame, code: str) -> str:
    """Column with the codes of the councils that small areas lie in; empty where there is none."""
    for column in _texts(shapes):
        codes = _coded(shapes[column])
        if column != code and codes.notna().mean() >= MOSTLY:
            kinds = set(resolve_areas(codes.dropna())["area_type"].dropna())
            if kinds and kinds <= {"district", "unitary"}:
                return column
    return ""


def mend_shapes(shapes: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.Series, pd.Series]:
    """Shapes as valid polygons, with what was wrong with those mended and those beyond mending.

    Parameters
    ----------
    shapes : GeoDataFrame
        On the national grid.

    Returns
    -------
    tuple of GeoDataFrame and two Series of text, same index
        Heights are dropped. The first text says what was mended, the second why a shape cannot be
        used; both are empty where there is nothing to say.
    """
    flat = shapely.force_2d(shapes.geometry.to_numpy())
    missing = shapely.is_missing(flat) | shapely.is_empty(flat)
    polygons = np.isin(shapely.get_type_id(flat), POLYGONS)
    broken = ~missing & ~(polygons & shapely.is_valid(flat))
    whole = flat.copy()
    whole[broken] = [_polygons(each) for each in shapely.make_valid(flat[broken])]
    without_area = broken & (shapely.area(whole) == 0)
    west, south, east, north = shapely.bounds(whole).T
    across, up = (west + east) / 2, (south + north) / 2
    left, low, right, top = GRID_BOUNDS
    inside = (across >= left) & (across <= right) & (up >= low) & (up <= top)
    unfit = pd.Series("", index=shapes.index, dtype="str")
    unfit[~inside] = "a place outside Great Britain"
    unfit[without_area] = [f"{each.geom_type}, no area" for each in flat[without_area]]
    unfit[missing] = "no outline"
    mended = pd.Series("", index=shapes.index, dtype="str")
    mended[broken] = [_reason(each) for each in flat[broken]]
    return shapes.set_geometry(whole, crs=GRID), mended.mask(unfit != "", ""), unfit


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Polygons of a shape, without the lines and points that making it valid left over."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_type_id(parts) == POLYGONS[0]])


def _reason(shape: shapely.Geometry) -> str:
    """What is wrong with an outline, in GEOS's words: `Self-intersection at 451200 357300`."""
    words, _, place = shapely.is_valid_reason(shape).partition("[")
    numbers = [f"{float(each):.0f}" for each in place.rstrip("]").split()[:2]]
    return f"{words} at {' '.join(numbers)}" if numbers else f"{shape.geom_type}, not polygons only"


def _texts(shapes: pd.DataFrame) -> list[str]:
    geometry = shapes.geometry.name if isinstance(shapes, gpd.GeoDataFrame) else ""
    others = [name for name in shapes.columns if name != geometry]
    return [name for name in others if pd.api.types.is_string_dtype(shapes[name])]


def _coded(texts: pd.Series) -> pd.Series:
    """Codes of a column, missing where there is other text or none."""
    plain = texts.astype("str").str.strip().str.upper()
    return plain.where(plain.str.fullmatch(rf"{GSS.pattern}(?:-L\d+)?").fillna(False))


def _of_names(texts: pd.Series) -> pd.Series:
    """Codes of councils that a column names, missing where there is other text or none."""
    return resolve_areas(texts.astype("str").fillna(""))["area_code"]


def _inside(bounds: np.ndarray, limits: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    return limits[0] <= west and limits[1] <= south and east <= limits[2] and north <= limits[3]


def _inside_the_globe(bounds: np.ndarray) -> bool:
    return _inside(bounds, (-180.0, -90.0, 180.0, 90.0))
