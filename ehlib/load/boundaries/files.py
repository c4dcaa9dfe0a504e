"""Files of shapes as received: GeoJSON, TopoJSON, GeoPackage, shapefiles loose or in a zip."""

import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from ehlib.load.schema import SourceError

LARGEST = 100_000_000  # bytes: a full-resolution file of all England's LSOAs would fill the memory
DENSEST = 200  # times that a shapefile may shrink in a zip; real ones reach 10
MEMBERS = 2_000
SHAPEFILE = b"\x00\x00\x27\x0a"
START = 65_536  # bytes in which a JSON file says what it is
CRS = re.compile(rb'"crs"\s*:\s*')
LETTER = re.compile(rb"\\u00(?:[46][1-9a-fA-F]|[57][0-9aA])")  # no program writes letters so
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")  # files that make up one shapefile
DRIVERS = {"GeoJSON": "GeoJSON:", "TopoJSON": "TopoJSON:", "GPKG": "GPKG:", "shapefile": ""}
KINDS = "GeoJSON, TopoJSON, a GeoPackage or a shapefile (loose or in a zip)"
WHOLE = "one or more shapefiles: .shp with its .shx, .dbf and .prj"
UNPACK = "unpack it, look at what it holds and put the parts of the shapefile here"
SMALLER = "use the publisher's generalised version (BGC or BUC), or cut out the county"


def refuse(
    path: Path, found: str, wanted: str, mend: str, *, rule: str = "boundary_refused"
) -> SourceError:
    """Error of a file of which no shape can be used."""
    message = f"{path.name}: {found}; expected {wanted}; {mend}"
    return SourceError(message, rule=rule, wanted=wanted, mend=mend)


def read_layers(path: Path) -> dict[str, gpd.GeoDataFrame]:
    """Shapes of each layer of a file, by the layer's name.

    Parameters
    ----------
    path : Path
        Told by its content, whatever its name; no other file and no address that its content
        names is opened.

    Raises
    ------
    SourceError
        If the file is of another kind, too large, damaged, or a zip that cannot be trusted.
    """
    if path.stat().st_size > LARGEST:
        size = f"{path.stat().st_size / 1e6:,.0f} MB"
        raise refuse(path, f"the file has {size}", f"at most {LARGEST / 1e6:,.0f} MB", SMALLER)
    kind = _kind(path)
    if kind != "zip":
        return _layers(path, path, kind)
    with _unpacked(path) as shapefiles:
        return {
            name: layer
            for shapefile in shapefiles
            for name, layer in _layers(shapefile, path, "shapefile").items()
        }


def _kind(path: Path) -> str:
    """Format by content: a file's name, or what its content refers to, is never trusted."""
    with path.open("rb") as file:
        start = file.read(START)
    text = start.decode("utf-8-sig", errors="replace").lstrip()
    compact = "".join(text.split())
    if start.startswith(b"SQLite format 3\x00"):
        return "GPKG"
    if start.startswith(SHAPEFILE):
        return "shapefile"
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    if text.startswith("{") and '"hexes":{' in compact:
        raise refuse(
            path,
            "these are hexagons of a diagram (hexjson), one an area and all of one size",
            "the outlines of areas",
            "remove the file: hexagons have no place or size on a map",
            rule="boundary_declined",
        )
    if text.startswith("{"):
        topology = '"type":"Topology"' in compact or '"arcs":[' in compact
        return "TopoJSON" if topology else "GeoJSON"
    found = "the file is empty" if not start.strip() else "this is no file of shapes"
    raise refuse(path, found, KINDS, "save or download the boundaries in one of these formats")


def _check_system(path: Path) -> None:
    """Refuse a JSON file whose coordinate system is an address: GDAL would ask there."""
    content = path.read_bytes()
    links = [LETTER.search(content)]
    for place in CRS.finditer(content):
        text = content[place.end() : place.end() + START].decode("utf-8", errors="replace")
        try:
            system, _ = json.JSONDecoder().raw_decode(text)
        except ValueError:
            system = {"type": "unknown"}
        links.append(place if isinstance(system, dict) and system.get("type") != "name" else None)
    if any(links):
        wanted = "a coordinate system by its name, such as urn:ogc:def:crs:EPSG::27700, or none"
        found = "the coordinate system is not named in the file"
        raise refuse(path, found, wanted, "open it in QGIS and save it as a GeoPackage")


def _layers(path: Path, received: Path, kind: str) -> dict[str, gpd.GeoDataFrame]:
    if kind in ("GeoJSON", "TopoJSON"):
        _check_system(path)
    if kind == "shapefile" and not path.read_bytes().startswith(SHAPEFILE):
        mend = "download the zip again"
        raise refuse(received, f"{path.name} is no shapefile", "shapefiles", mend)
    # Without a named driver GDAL follows what the content tells it, to any file or address.
    source = f"{DRIVERS[kind]}{path}"
    try:
        names = [str(name) for name, geometry in pyogrio.list_layers(source) if geometry]
        layers = {name: gpd.read_file(source, layer=name) for name in names}
    except (DataSourceError, DataLayerError, ValueError, RuntimeError) as error:
        said = str(error).replace(str(path), received.name).split(";")[0]
        mend = "download the file again, or open it in QGIS and save it as a GeoPackage"
        raise refuse(received, f"cannot be read as boundaries: {said}", KINDS, mend) from error
    return {
        name: _in_degrees(layer) if kind == "TopoJSON" else layer for name, layer in layers.items()
    }


def _in_degrees(shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Shapes of a TopoJSON file, whose coordinates are degrees unless they cannot be."""
    west, south, east, north = shapes.total_bounds
    degrees = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    return shapes.set_crs("EPSG:4326") if degrees and shapes.crs is None else shapes


@contextmanager
def _unpacked(path: Path) -> Iterator[list[Path]]:
    """Shapefiles of a zip, in a folder of ours under names of ours."""
    with tempfile.TemporaryDirectory(prefix="ehlib-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                chosen = _members(path, archive)
                shapefiles = []
                for number, (stem, members) in enumerate(chosen.items()):
                    name = "".join(each if each.isalnum() else "_" for each in Path(stem).name)
                    for member in members:
                        suffix = PurePosixPath(member.filename).suffix.lower()
                        target = Path(folder, str(number), f"{name}{suffix}")
                        target.parent.mkdir(exist_ok=True)
                        with archive.open(member) as packed, target.open("wb") as file:
                            shutil.copyfileobj(packed, file)
                    shapefiles.append(Path(folder, str(number), f"{name}.shp"))
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            mend = "download the file again, or unpack it and put the parts here"
            raise refuse(path, f"the zip is damaged: {error}", "a whole zip", mend) from error
        yield shapefiles


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, list[zipfile.ZipInfo]]:
    """Parts of each shapefile of a zip that can be trusted, by its path without suffix."""
    infos = archive.infolist()
    for info in infos:
        _check_member(path, info)
    if len(infos) > MEMBERS or sum(info.file_size for info in infos) > LARGEST:
        most = f"at most {LARGEST / 1e6:,.0f} MB"
        raise refuse(path, "the zip unpacks to too much", most, SMALLER)
    named = [(info.filename[:-4], info.filename[-4:].lower(), info) for info in infos]
    stems: dict[str, list[zipfile.ZipInfo]] = {
        stem: [] for stem, suffix, _ in named if suffix == ".shp"
    }
    for stem, suffix, info in named:
        if stem in stems and suffix in PARTS:
            stems[stem].append(info)
    if not stems:
        raise refuse(path, "the zip holds no shapefile", WHOLE, UNPACK)
    for stem, parts in stems.items():
        lacking = {".shx", ".dbf"} - {info.filename[-4:].lower() for info in parts}
        if lacking:
            name = f"{PurePosixPath(stem).name}.shp lacks its {' and '.join(sorted(lacking))}"
            raise refuse(path, name, WHOLE, UNPACK)
    return stems


def _check_member(path: Path, info: zipfile.ZipInfo) -> None:
    """Refuse a zip for a part that leads out of it, is locked, or swells."""
    place = PurePosixPath(info.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in info.filename:
        raise refuse(path, "the zip holds a path that leads out of it", WHOLE, UNPACK)
    if info.flag_bits & 1:
        raise refuse(path, "the zip is locked with a password", WHOLE, UNPACK)
    if info.file_size > DENSEST * max(info.compress_size, 1) + START:
        raise refuse(path, "the zip unpacks to far more than such files do", WHOLE, UNPACK)
