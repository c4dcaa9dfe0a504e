"""Boundaries of districts and small areas: published ones where there are, else built ones."""

import tempfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import shapely

from ehlib.load.areas import Areas, county_areas
from ehlib.load.areas.register import english_areas
from ehlib.load.boundaries.built import boundary_source as boundary_source
from ehlib.load.boundaries.built import build_boundaries, build_msoas, with_source
from ehlib.load.boundaries.published import COLUMNS, empty
from ehlib.load.boundaries.published import read_boundary_file as read_boundary_file
from ehlib.load.boundaries.published import read_boundary_files as read_boundary_files
from ehlib.load.boundaries.shapes import GRID
from ehlib.load.reads import note_read
from ehlib.load.schema import LISTED, SourceError
from ehlib.load.sources.extract import Extract, fault, join_faults

LEVELS = ("district", "lsoa")
COUNCILS = ["district", "unitary"]
WRITERS = {".geojson": "GeoJSON", ".json": "GeoJSON", ".gpkg": "GPKG"}


def district_boundaries(
    code: str,
    level: str = "district",
    *,
    raw_dir: Path | None = None,
    cache_dir: Path | None = None,
) -> gpd.GeoDataFrame:
    """Boundaries of the districts, or of the LSOAs, of an English county or unitary.

    Parameters
    ----------
    code : str
        County or unitary of today; a unitary has one boundary, its own.
    level : str
        `district` or `lsoa` (LSOAs of 2011, which nest in districts).
    raw_dir : Path, optional
        Folder of extracts. District boundaries published as GeoJSON, TopoJSON, GeoPackage or
        shapefile in a folder `boundaries` of it take the place of built ones.
    cache_dir : Path, optional
        Folder that keeps what was built; nothing is kept when not given.

    Returns
    -------
    GeoDataFrame in EPSG:27700, one row per area, by name
        `area_code`, `area_name`, `area_type`, `district_code`, `county_code`, `vintage` (year of
        the areas, where told), `source` and `geometry`. Built neighbours share their edges
        exactly. `attrs["source"]` is the source line.

    Raises
    ------
    ValueError
        If the code is not a county or unitary of today or the level is unknown.
    SourceError
        If a published file holds some of the districts but not all.
    """
    if level not in LEVELS:
        raise ValueError(f"level is {level!r}; expected {' or '.join(LEVELS)}")
    areas = county_areas(code)
    if raw_dir and level == "district":
        shapes, _ = read_boundary_files(raw_dir)
        published, lacking = _own_districts(shapes, areas)
        for source, words in lacking.items():
            raise SourceError(f"{source}: {words}")
        if len(published):
            return with_source(published)
    cached = cache_dir / f"boundaries_{code}_{level}.parquet" if cache_dir else None
    if cached and cached.exists():
        kept = gpd.read_parquet(cached)
        if list(kept) == COLUMNS and set(kept["source"]) == {boundary_source()}:
            return with_source(kept)
    built = build_boundaries(areas, level)
    if cached:
        _write(built, cached)
    return built


def prepared_boundaries(
    areas: Areas, raw: Path, processed: Path, msoas: pd.Series | None = None
) -> tuple[gpd.GeoDataFrame, dict[str, Extract]]:
    """Every boundary that pages may draw, and an account of each published file.

    Parameters
    ----------
    areas : Areas
        The county with its districts.
    raw, processed : Path
        Folder of extracts, and the folder that keeps what was built.
    msoas : Series by name, optional
        Codes of MSOAs, which built ones lack.

    Returns
    -------
    tuple of GeoDataFrame and dict of str to Extract
        `COLUMNS`, the county's own districts first: published ones where a file has all of them,
        else built. LSOAs and MSOAs of 2011 are built where none are published; every other
        published shape follows. Small areas whose file names no council have that around them.
    """
    code = areas.county.code
    shapes, extracts = read_boundary_files(raw)
    own, lacking = _own_districts(shapes, areas)
    for name, extract in extracts.items():
        words = lacking.get(Path(name).name) if extract.kind == "boundaries" else None
        if words:
            said = fault(pd.Index([1]), "boundary_incomplete", "", [words])
            extracts[name] = replace(extract, faults=join_faults([extract.faults, said]))
    if own.empty:
        own = district_boundaries(code, cache_dir=processed)
    inside = shapes["area_type"].isin(COUNCILS) & shapes["area_code"].isin(own["area_code"])
    others = _inside_councils(shapes[~inside], own)
    small = others[others["county_code"] == code]
    parts = [own, others]
    held = set(small.loc[small["vintage"].isin(["2011", ""]), "area_type"])
    if not {"lsoa", "msoa"} <= held:
        lsoas = district_boundaries(code, "lsoa", cache_dir=processed)
        known = pd.Series(dtype="str") if msoas is None else msoas
        built = {"lsoa": lsoas, "msoa": build_msoas(lsoas, known)}
        parts += [each for level, each in built.items() if level not in held]
    together = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return with_source(gpd.GeoDataFrame(together, geometry="geometry", crs=GRID)), extracts


def read_boundaries(
    path: str | Path, level: str = "district", *, vintage: str = ""
) -> gpd.GeoDataFrame:
    """Boundaries of the county's areas of one level, as they were prepared.

    Parameters
    ----------
    path : str or Path
        Folder of prepared data with its `boundaries.parquet`, or that file.
    level : str
        Area type: `district` (also of unitary councils), `ward`, `msoa`, `lsoa`, `county`.
    vintage : str
        Year of the areas, such as `2011`; the latest held when empty.

    Returns
    -------
    GeoDataFrame in EPSG:27700
        `COLUMNS`; without rows when there is none of this level and year.

    Raises
    ------
    SourceError
        If there is no such file.
    """
    path = Path(path)
    if path.is_dir():
        path /= "boundaries.parquet"
    note_read(path)
    if not path.exists():
        raise SourceError(f"{path.name}: not found in {path.parent}; run ehlib prepare first")
    county = pq.read_table(path, columns=["county_code"]).slice(0, 1)["county_code"].to_pylist()
    types = COUNCILS if level == "district" else [level]
    chosen = [("area_type", "in", types), ("county_code", "in", county)]
    shapes = gpd.read_parquet(path, filters=chosen)
    wanted = vintage or shapes["vintage"].max()
    return with_source(shapes[shapes["vintage"] == wanted].reset_index(drop=True))


def write_boundaries(
    code: str,
    level: str,
    out: Path,
    *,
    raw_dir: Path | None = None,
    cache_dir: Path | None = None,
) -> None:
    """Write boundaries as GeoJSON (longitude and latitude), GeoPackage or GeoParquet (EPSG:27700).

    Parameters
    ----------
    code, level, raw_dir, cache_dir
        As `district_boundaries` takes them.
    out : Path
        File to write; its suffix (`.geojson`, `.json`, `.gpkg`, `.parquet`) gives the format. It
        is replaced in one step, so a failure leaves an earlier file as it was.

    Raises
    ------
    ValueError
        If the suffix is another, besides the causes of `district_boundaries`.
    """
    known = (*WRITERS, ".parquet")
    if out.suffix.lower() not in known:
        raise ValueError(f"out is {out.name!r}; expected a name ending in {', '.join(known)}")
    _write(district_boundaries(code, level, raw_dir=raw_dir, cache_dir=cache_dir), out)


def _write(boundaries: gpd.GeoDataFrame, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    driver = WRITERS.get(out.suffix.lower())
    # Windows cannot replace a file across drives, so the new one is made beside the old.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".boundaries") as folder:
        new = Path(folder) / out.name
        if driver is None:
            boundaries.to_parquet(new, index=False)
        elif driver == "GeoJSON":
            boundaries.to_crs("EPSG:4326").to_file(new, driver=driver, RFC7946="YES")
        else:
            boundaries.to_file(new, driver=driver, layer="boundaries")
        new.replace(out)


def _own_districts(
    shapes: gpd.GeoDataFrame, areas: Areas
) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """Published districts of the county, the latest file that has all, and what others lack."""
    wanted = {area.code: area.name for area in areas.districts or (areas.county,)}
    inside = shapes[shapes["area_type"].isin(COUNCILS) & shapes["area_code"].isin(wanted)]
    complete, lacking = empty(), {}
    for (_, source), part in inside.groupby(["vintage", "source"], observed=True, dropna=False):
        absent = [
            f"{code} {name}" for code, name in wanted.items() if code not in {*part.area_code}
        ]
        if absent:
            rest = f" and {len(absent) - LISTED} more" if len(absent) > LISTED else ""
            words = f"found no boundary of {', '.join(absent[:LISTED])}{rest}"
            lacking[source.removeprefix("Boundaries: ").removesuffix(", as published.")] = words
        else:
            complete = part
    return complete.sort_values("area_name", ignore_index=True), {} if len(complete) else lacking


def _inside_councils(shapes: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Shapes of which no council is told, with the county's district that they lie in."""
    unplaced = shapes["county_code"].eq("") & ~shapes["area_type"].isin(["region", "england"])
    middles = shapely.point_on_surface(shapes.loc[unplaced, "geometry"].to_numpy())
    tree = shapely.STRtree(districts.geometry.to_numpy())
    point, place = tree.query(middles, predicate="within")
    rows = shapes.index[unplaced][point]
    found = pd.Series(districts["area_code"].to_numpy()[place], index=rows)
    found = found[~found.index.duplicated()]
    council = found.reindex(shapes.index).fillna(shapes["district_code"])
    counties = english_areas().set_index("area_code")["county_code"]
    county = found.map(counties).reindex(shapes.index).fillna(shapes["county_code"])
    return shapes.assign(district_code=council, county_code=county)
