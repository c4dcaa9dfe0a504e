"""Published boundary files dropped into a folder of boundaries: what they hold, and what not."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from ehlib.load.areas import resolve_areas
from ehlib.load.areas.register import english_areas, successors
from ehlib.load.boundaries.files import read_layers, refuse
from ehlib.load.boundaries.shapes import (
    GRID,
    code_column,
    district_column,
    mend_shapes,
    name_column,
    on_the_grid,
)
from ehlib.load.schema import SourceError
from ehlib.load.small_areas.lookups import LOOKUP_COLUMNS, add_parents
from ehlib.load.sources.extract import Extract, fault, join_faults

FOLDER = "boundaries"  # files in a folder of this name, at any depth, are read as boundaries
COLUMNS = ["area_code", "area_name", "area_type", "district_code", "county_code", "vintage"]
COLUMNS += ["source", "geometry"]
# Parts of a shapefile that its .shp brings along, and notes that people keep beside files.
BESIDE = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qmd", ".xml", ".lyr", ".qml")
BESIDE += (".txt", ".md", ".pdf", ".html", ".toml", ".docx")
COUNCILS = ["district", "unitary", "county"]
KEY = ["area_type", "area_code", "vintage"]


def read_boundary_files(raw: Path) -> tuple[gpd.GeoDataFrame, dict[str, Extract]]:
    """Shapes of every boundary file under a folder, and an account of each file.

    Parameters
    ----------
    raw : Path
        Files in a folder called `boundaries` are read, at any depth, whatever their names.

    Returns
    -------
    tuple of GeoDataFrame and dict of str to Extract
        `COLUMNS`, in EPSG:27700, each area of a year once (of the first file that has it), and
        one extract a file by its name under `raw`: of kind `boundaries`, with one row a shape, or
        `refused`. One file that cannot be used never stops the others.
    """
    parts, extracts = [empty()], {}
    taken = pd.MultiIndex.from_tuples([], names=KEY)
    for path in boundary_files(raw):
        shapes, extract = read_boundary_file(path, taken)
        parts.append(shapes)
        extracts[path.relative_to(raw).as_posix()] = extract
        taken = taken.append(pd.MultiIndex.from_frame(shapes[KEY]))
    together = pd.concat([part for part in parts if len(part)] or [empty()], ignore_index=True)
    return gpd.GeoDataFrame(together, geometry="geometry", crs=GRID), extracts


def read_boundary_file(
    path: Path, taken: pd.MultiIndex | None = None
) -> tuple[gpd.GeoDataFrame, Extract]:
    """Shapes of one boundary file, and its account; see `read_boundary_files`.

    Parameters
    ----------
    path : Path
        File in any of the forms, in any folder.
    taken : MultiIndex, optional
        Type, code and year of areas that files read before have.
    """
    try:
        return _read_file(
            path, pd.MultiIndex.from_tuples([], names=KEY) if taken is None else taken
        )
    except SourceError as error:
        return empty(), _refused(error)
    except OSError as error:
        words = error.strerror or str(error)
        mend = "close it in the other program"
        return empty(), _refused(refuse(path, words, "a file that can be read", mend))


def boundary_files(raw: Path) -> list[Path]:
    """Files in the folders of boundaries under a folder, but for parts of others and notes."""
    found = [path for path in sorted(raw.rglob("*")) if path.is_file()]
    return [
        path
        for path in found
        if FOLDER in path.relative_to(raw.parent).parts[:-1]
        and not path.name.startswith((".", "~"))
        and path.suffix.lower() not in BESIDE
    ]


def empty() -> gpd.GeoDataFrame:
    """No shapes, with the columns of some."""
    columns = {name: pd.Series(dtype="str") for name in COLUMNS[:-1]}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=GRID))


def _read_file(path: Path, taken: pd.MultiIndex) -> tuple[gpd.GeoDataFrame, Extract]:
    """Shapes of one file that can be used, and its account; layers count their shapes on."""
    parts, faults, rejected, read = [], [], [], 0
    for layer, shapes in read_layers(path).items():
        shapes.index = pd.RangeIndex(read + 1, read + 1 + len(shapes), name="row")
        if shapes.empty or not isinstance(shapes, gpd.GeoDataFrame):
            continue
        read += len(shapes)
        good, listed = _read_layer(shapes, path, layer, taken)
        taken = taken.append(pd.MultiIndex.from_frame(good[KEY]))
        parts.append(good)
        faults.append(listed)
        left = shapes.index.difference(good.index)
        rejected.append(pd.DataFrame(shapes.drop(columns="geometry")).loc[left].astype("str"))
    if not read:
        raise refuse(path, "the file holds no shapes", "outlines of areas", "download it again")
    together, listed = pd.concat(parts), join_faults(faults)
    mended = pd.Index(listed.loc[listed["rule"] == "boundary_repaired", "row"])
    return together, Extract(
        kind="boundaries",
        frame=pd.DataFrame(together.drop(columns="geometry")),
        faults=listed,
        rejected=pd.concat(rejected),
        rows_read=read,
        rows_normalised=len(mended),
        mended=mended,
    )


def _read_layer(
    shapes: gpd.GeoDataFrame, path: Path, layer: str, taken: pd.MultiIndex
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Shapes that can be used, with their areas, and faults of all that need one."""
    code, year = code_column(shapes, path)
    placed, assumed = on_the_grid(shapes, path)
    areas = _areas(placed, code, year).assign(source=f"Boundaries: {path.name}, as published.")
    drawn, mended, unfit = mend_shapes(placed)
    again = pd.MultiIndex.from_frame(areas[KEY].fillna("")).isin(taken) | areas.duplicated(KEY)
    reasons = {  # rule: what is said of each shape that is left out for it
        "area_unknown": areas["area_problem"].where(~areas["area_problem"].str.startswith("out")),
        "area_outside": areas["area_problem"].where(areas["area_problem"].str.startswith("out")),
        "boundary_repeated": pd.Series(np.where(again, "held already", ""), index=shapes.index),
        "boundary_unusable": unfit,
        "boundary_repaired": mended,
    }
    faults, left = [], pd.Series(False, index=shapes.index)
    for rule, said in reasons.items():
        rows = said.fillna("").ne("") & ~left
        if not rows.any():
            continue
        found = shapes.loc[rows, code].astype("str").fillna("no code") + ": " + said[rows]
        faults.append(fault(shapes.index[rows], rule, code, found, sheet=layer))
        left |= rows if rule != "boundary_repaired" else False
    if assumed:
        found = [f"no coordinate system; {assumed} fits"]
        faults.append(fault(shapes.index[:1], "boundary_crs_assumed", "", found, sheet=layer))
    kept = areas[~left].assign(geometry=drawn.geometry[~left])
    return gpd.GeoDataFrame(kept[COLUMNS], geometry="geometry", crs=GRID), join_faults(faults)


def _areas(shapes: gpd.GeoDataFrame, code: str, year: str) -> pd.DataFrame:
    """Areas that shapes outline, with the council and county of today that they lie in."""
    names, district = name_column(shapes, code), district_column(shapes, code)
    own = shapes[names].astype("str") if names else None
    areas = resolve_areas(shapes[code].astype("str").str.strip(), own)
    parents = add_parents(areas, pd.DataFrame(columns=LOOKUP_COLUMNS, dtype="str"))
    council = parents["district_code"]
    if district:
        told = resolve_areas(shapes[district].astype("str"))["area_code"].replace(successors())
        council = told.fillna(council)
    council = areas["area_code"].where(areas["area_type"].isin(COUNCILS), council)
    counties = english_areas().set_index("area_code")["county_code"]
    return areas.assign(
        district_code=council.where(~areas["area_type"].eq("county"), "").fillna(""),
        county_code=council.map(counties).fillna(""),
        vintage=year,
    )


def _refused(error: SourceError) -> Extract:
    """Account of a file of which no shape was taken; to be declined is no error."""
    place = {key: str(error.place[key]) for key in ("rule", "wanted", "mend")}
    faults = fault(pd.Index([1]), column="", found=[str(error)], **place)
    return Extract("refused", pd.DataFrame(), faults, pd.DataFrame(), 0, 0)
