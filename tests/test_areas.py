import csv
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehlib.load.areas import (
    Area,
    county_areas,
    filter_areas,
    read_areas,
    resolve_area,
    resolve_areas,
)
from ehlib.load.areas.register import REFERENCE, english_areas, successors
from ehlib.load.schema import SourceError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="no ../shared data here")
DISTRICTS = {
    "E07000170": "Ashfield",
    "E07000171": "Bassetlaw",
    "E07000172": "Broxtowe",
    "E07000173": "Gedling",
    "E07000174": "Mansfield",
    "E07000175": "Newark and Sherwood",
    "E07000176": "Rushcliffe",
}


def read_shared(name: str) -> list[dict[str, str]]:
    with (SHARED / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def code_of(text: str) -> str | None:
    area = resolve_area(text)
    return area.code if area else None


def test_county_has_its_seven_districts_region_and_country():
    areas = read_areas()
    assert areas.county == Area("E10000024", "Nottinghamshire", "county")
    assert {area.code: area.name for area in areas.districts} == DISTRICTS
    assert {area.type for area in areas.districts} == {"district"}
    assert areas.region == Area("E12000004", "East Midlands", "region")
    assert areas.england == Area("E92000001", "England", "england")


def test_every_district_is_in_one_locality_and_the_assumption_is_stated():
    localities = read_areas().localities
    assert [each.code for each in localities] == [f"E10000024-L{n}" for n in (1, 2, 3)]
    members = [code for each in localities for code in each.districts]
    assert sorted(members) == sorted(DISTRICTS)
    assert all(each.assumption.startswith("Assumption") for each in localities)


def test_areas_answer_by_code():
    areas = read_areas()
    assert areas.name("E07000175") == "Newark and Sherwood"
    assert areas.type("E10000024-L2") == "locality"
    assert areas.name("E06000018") == "Nottingham"
    assert areas.codes("district") == list(DISTRICTS)
    assert areas.codes("county") == ["E10000024"]
    with pytest.raises(ValueError, match=r"area_code is 'E07000032'; expected Nottinghamshire"):
        areas.name("E07000032")


@pytest.mark.parametrize(
    ("code", "parent"),
    [
        ("E07000170", "E10000024"),
        ("E10000024-L1", "E10000024"),
        ("E10000024", "E12000004"),
        ("E12000004", "E92000001"),
        ("E92000001", ""),
    ],
)
def test_parent_is_the_area_above(code, parent):
    assert read_areas().parent(code) == parent


def test_parent_of_an_unknown_area_is_refused():
    with pytest.raises(ValueError, match="area_code is 'E99999999'"):
        read_areas().parent("E99999999")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("E07000175", "E07000175"),
        (" e07000175\u00a0", "E07000175"),
        ("Newark & Sherwood", "E07000175"),
        ("NEWARK  AND\u00a0SHERWOOD ", "E07000175"),
        ("Newark and Sherwood District Council", "E07000175"),
        ("Ashfield District", "E07000170"),
        ("Mans\ufb01eld", "E07000174"),  # a ligature, as copied from a PDF
        ("Borough of Broxtowe", "E07000172"),
        ("Nottingham City", "E06000018"),
        ("Nottingham UA", "E06000018"),
        ("Nottinghamshire County Council", "E10000024"),
        ("Herefordshire\u201a County of", "E06000019"),  # a low quotation mark, as in ONS workbooks
        ("Herefordshire\uff0c County of", "E06000019"),  # full-width comma
        ("Bristol, City of", "E06000023"),
        ("City of Bristol", "E06000023"),
        ("Bristol", "E06000023"),
        ("Kingston upon Hull, City of", "E06000010"),
        ("King\u2019s Lynn & West Norfolk", "E07000146"),
        ("St Helens", "E08000013"),
        ("Stoke on Trent", "E06000021"),
        ("London Borough of Camden", "E09000007"),
        ("City of London", "E09000001"),
        ("London", "E12000007"),
        ("EAST MIDLANDS", "E12000004"),
        ("england", "E92000001"),
        ("Northumberland County Council", "E06000057"),
    ],
)
def test_codes_and_name_variants_resolve(text, code):
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("E08000016", "E08000038"),
        ("E08000019", "E08000039"),
        ("E08000020", "E08000037"),
        ("E06000048", "E06000057"),
        ("E07000097", "E07000242"),
        ("E07000100", "E07000240"),
        ("E07000101", "E07000243"),
        ("E07000104", "E07000241"),
        ("E10000002", "E06000060"),
        ("E10000023", "E06000065"),
        ("E10000027", "E06000066"),
        ("Shepway", "E07000112"),
    ],
)
def test_recoded_and_renamed_areas_give_the_area_of_today(old, new):
    assert code_of(old) == new
    assert new in set(english_areas()["area_code"])


@pytest.mark.parametrize("text", ["E07000026", "Allerdale", "E10000006", "E07000190"])
def test_an_area_that_became_part_of_another_is_not_taken_for_the_whole(text):
    area = resolve_area(text)
    assert area.name in ("Allerdale", "Cumbria", "Taunton Deane")
    assert area.code not in set(english_areas()["area_code"])


@pytest.mark.parametrize(
    "text",
    [
        "Dorset",  # the council of 2019 and the county before it differ by Christchurch
        "Nottingham County Council",
        "West Midlands County",
        "City of Durham",
        "Newcastle",
        "E07999999",
        "Atlantis",
        "nan",
        "",
    ],
)
def test_ambiguous_and_unknown_names_do_not_resolve(text):
    assert resolve_area(text) is None


@given(
    name=st.sampled_from(["Newark and Sherwood", "Bristol, City of", "Stockton-on-Tees"]),
    upper=st.lists(st.booleans(), min_size=24, max_size=24),
    space=st.sampled_from([" ", "  ", "\u00a0", "\u2009", "\t"]),
)
def test_case_and_kinds_of_space_never_matter(name, upper, space):
    letters = zip(name, upper, strict=False)
    written = "".join(letter.upper() if up else letter.lower() for letter, up in letters)
    assert code_of(space + written.replace(" ", space)) == code_of(name)


def test_a_column_resolves_row_by_row_and_says_why_not():
    texts = pd.Series(["Newark & Sherwood", None, "Dorset", "E08000016"], index=[9, 4, 4, 0])
    before = texts.copy()
    resolved = resolve_areas(texts)
    pd.testing.assert_series_equal(texts, before)
    assert list(resolved.index) == [9, 4, 4, 0]
    assert resolved["area_code"].fillna("-").tolist() == ["E07000175", "-", "-", "E08000038"]
    assert resolved["area_type"].fillna("-").tolist() == ["district", "-", "-", "unitary"]
    assert resolved["area_problem"].tolist() == [
        "",
        "unknown",
        "ambiguous: E06000059 Dorset or E10000009 Dorset",
        "",
    ]


def test_a_long_column_is_resolved_once_for_each_text(monkeypatch):
    asked = []
    real = resolve_areas.__globals__["_resolved"]
    monkeypatch.setitem(
        resolve_areas.__globals__, "_resolved", lambda text: asked.append(text) or real(text)
    )
    resolved = resolve_areas(pd.Series(list(DISTRICTS) * 10_000))
    assert len(resolved) == 70_000
    assert len(asked) == 7


@pytest.mark.parametrize(
    ("text", "code", "area_type"),
    [
        ("E01027925", "E01027925", "lsoa"),
        (" e02005819\u00a0", "E02005819", "msoa"),
        ("E05008857", "E05008857", "ward"),
        ("E38000132", "E38000132", "ccg"),
        ("E10000024-L1", "E10000024-L1", "locality"),
        ("North Nottinghamshire", "E10000024-L1", "locality"),
    ],
)
def test_small_areas_and_localities_are_known_by_code(text, code, area_type):
    area = resolve_area(text)
    assert (area.code, area.type) == (code, area_type)


def test_the_name_of_a_small_area_is_that_of_its_row():
    codes = pd.Series(["E01027925", "E05006489", "E02005819", "E07000174"], index=[7, 1, 1, 3])
    names = pd.Series(["Ashfield\u00a0015A ", "Mansfield", "", "ASHFIELD"], index=codes.index)
    found = resolve_areas(codes, names)
    assert list(found.index) == [7, 1, 1, 3]
    # A ward may be called as a district is; a district has the name of the register.
    assert found["area_name"].tolist() == ["Ashfield 015A", "Mansfield", "E02005819", "Mansfield"]
    assert found["area_type"].tolist() == ["lsoa", "ward", "msoa", "district"]
    assert resolve_areas(codes)["area_name"].tolist()[0] == "E01027925"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("W06000015", "outside: Wales"),
        ("W92000004", "outside: Wales"),
        ("Wales", "outside: Wales"),
        ("Cardiff", "outside: Wales"),
        ("Rhondda Cynon Taf Council", "outside: Wales"),
        ("S12000033", "outside: Scotland"),
        ("N09000001", "outside: Northern Ireland"),
        ("K04000001", "outside: more than England"),
        ("England and Wales", "outside: more than England"),
        ("E47000013", "outside: a combined authority"),
        ("E13000001", "outside: inner or outer London"),
        ("Outer London", "outside: inner or outer London"),
        ("E11000001", "outside: a metropolitan county, which has no council"),
        ("West Midlands (Met County)", "outside: a metropolitan county, which has no council"),
        ("Tyne and Wear", "outside: a metropolitan county, which has no council"),
        ("E54000015", "outside: an integrated care board"),
        ("E00000001", "outside: an output area"),
        ("E61000001", "outside: a kind of area that is not used here"),
        ("E01099999", "unknown"),  # no census has so many
        ("E01000000", "unknown"),
        ("E02999999", "unknown"),
        ("E07999999", "unknown"),
        ("E10999999", "unknown"),
        ("X06000015", "unknown"),
        ("E0102792", "unknown"),
        ("Ashfield 015A", "unknown"),
        ("Ashfield 015", "unknown"),
    ],
)
def test_areas_outside_england_are_told_from_unknown_ones(text, problem):
    found = resolve_areas(pd.Series([text])).iloc[0]
    assert found["area_problem"] == problem
    assert pd.isna(found["area_code"])
    assert pd.isna(found["area_name"])
    assert resolve_area(text) is None


def test_a_name_that_a_region_and_a_metropolitan_county_share_is_the_region():
    assert resolve_area("West Midlands") == Area("E12000005", "West Midlands", "region")


@pytest.mark.parametrize(
    "text",
    [
        "Ashfield1",
        "Ashfield1,2",
        "Ashfield [1]",
        "Ashfield [note 3]",
        "Ashfield (2)",
        "Ashfield (p)",
        "Ashfield\u00b2",
        "Ashfield*",
        "* Ashfield",
        "Ashfield \u2020",
        "Ashfield District Council4",
    ],
)
def test_a_footnotes_mark_does_not_hide_an_area(text):
    assert code_of(text) == "E07000170"


@pytest.mark.parametrize("text", ["Ashfield 1", "Ashfield 2a", "Ashfield123", "(1)", "1", "[note]"])
def test_what_may_be_part_of_a_name_is_no_footnote(text):
    assert code_of(text) is None


def test_every_lsoa_of_england_resolves():
    codes = pd.Series([f"E01{number:06d}" for number in range(1, 34_001)])
    found = resolve_areas(codes)
    assert set(found["area_type"]) == {"lsoa"}
    assert found["area_code"].equals(codes.astype("str"))


def test_former_councils_lead_to_one_of_today():
    today = set(english_areas()["area_code"])
    assert set(successors().values()) <= today
    assert successors()["E07000026"] == "E06000063"  # Allerdale in Cumberland
    assert successors()["E08000016"] == "E08000038"  # Barnsley, recoded
    assert "E10000009" not in successors()  # the county of Dorset was split


def test_an_empty_column_resolves_to_no_rows():
    assert resolve_areas(pd.Series([], dtype="str")).shape == (0, 4)


def test_english_areas_are_those_of_today():
    areas = english_areas()
    assert areas["area_type"].value_counts().to_dict() == {
        "district": 164,
        "unitary": 132,
        "county": 21,
        "region": 9,
        "england": 1,
    }
    assert areas["area_code"].is_unique
    councils = areas[areas["area_type"].isin(["district", "unitary", "county"])]
    assert councils["region_code"].isin(areas["area_code"]).all()
    assert councils["county_code"].isin(areas["area_code"]).all()


def test_english_areas_hands_out_a_copy():
    areas = english_areas()
    areas["area_name"] = "spoilt"
    assert "Ashfield" in set(english_areas()["area_name"])


def test_changes_lead_from_a_former_area_to_one_of_today():
    changes = pd.read_csv(REFERENCE / "area_changes.csv", dtype="str")
    today = set(english_areas()["area_code"])
    ended = changes[changes["change"] != "renamed"]
    assert not set(ended["old_code"]) & today
    assert set(changes["new_code"]) <= today | set(ended["old_code"])
    assert not changes.duplicated(["old_code", "new_code"]).any()
    assert pd.to_datetime(changes["effective_date"], format="%Y-%m-%d").is_monotonic_increasing


def test_any_county_or_unitary_has_areas():
    kent = county_areas("E10000016")
    assert len(kent.districts) == 12
    assert kent.localities == ()
    assert kent.region.name == "South East"
    dorset = county_areas("E06000059")
    assert dorset.county == Area("E06000059", "Dorset", "unitary")
    assert dorset.districts == ()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "E10000006",
            "found 'E10000006', Cumbria, which became E06000063 Cumberland and E06000064",
        ),
        ("E07000170", "found 'E07000170', Ashfield, a district; expected a county"),
        ("E12000004", "East Midlands, a region; expected a county"),
        ("nonsense", "found 'nonsense'; expected an area of today"),
    ],
)
def test_areas_of_anything_but_a_county_are_refused(code, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        county_areas(code)


def test_filter_areas_keeps_the_county_and_what_holds_it():
    rows = pd.DataFrame({"area_code": ["E07000170", "E06000018", "E10000024", "E92000001"]})
    areas = read_areas()
    assert filter_areas(rows, areas)["area_code"].tolist() == [
        "E07000170",
        "E10000024",
        "E92000001",
    ]
    assert filter_areas(rows, areas, "district")["area_code"].tolist() == ["E07000170"]


@pytest.mark.parametrize(
    ("found", "put", "message"),
    [
        ('county = "E10000024"', 'county = "E10000006"', "areas.toml, county: found 'E10000006'"),
        ('county = "E10000024"', 'county = "E07000170"', "areas.toml, county: found 'E07000170'"),
        ('county = "E10000024"', "county = 24", "areas.toml, county: found 24; expected text"),
        (
            'region = "E12000004"',
            'region = "E12000003"',
            "areas.toml, region: found 'E12000003'; expected E12000004 (East Midlands)",
        ),
        (
            'england = "E92000001"',
            'england = "E1"',
            "areas.toml, england: found 'E1'; expected E92000001",
        ),
        ('england = "E92000001"', "", "areas.toml, england: found nothing; expected text"),
        ('england = "E92', 'scotland = "S1"\nengland = "E92', "areas.toml, scotland: not a known"),
        ('"E08000017"', '"E08000016"', "areas.toml, neighbours: found 'E08000016', Barnsley"),
        ('"E06000066"', '"E1"', "areas.toml, statistical_neighbours: found 'E1'; expected an area"),
        (
            '    "E07000171",',
            '    "E07000032",',
            "areas.toml, locality 1, districts: found 'E07000032'; expected a district of Notting",
        ),
        (
            '    "E07000171",',
            '    "E07000171", "E07000170",',
            "areas.toml, locality 2, districts: E07000170 is already in E10000024-L1",
        ),
        (
            '    "E07000171",',
            "",
            "areas.toml, locality: found E07000171 Bassetlaw in none; expected one each",
        ),
        (
            "E10000024-L2",
            "E10000024-L1",
            "areas.toml, locality 2, code: found 'E10000024-L1'; expected 'E10000024-L2'",
        ),
        ("districts = [", "district = [", "areas.toml, locality 1, districts: found nothing"),
        ("county =", "county", "areas.toml: not valid TOML"),
    ],
)
def test_a_wrong_entry_is_refused_with_file_and_key(tmp_path, found, put, message):
    text = (REFERENCE / "areas.toml").read_text(encoding="utf-8")
    assert found in text
    path = tmp_path / "areas.toml"
    path.write_text(text.replace(found, put, 1), encoding="utf-8")
    with pytest.raises(SourceError, match=re.escape(message)):
        read_areas(path)


def test_a_file_of_another_county_needs_no_localities(tmp_path):
    path = tmp_path / "areas.toml"
    path.write_text(
        'county = "E06000059"\nregion = "E12000009"\nengland = "E92000001"\nneighbours = []\n'
        'statistical_neighbours = []\nlocality_assumption = ""\nlocality = []\n',
        encoding="utf-8",
    )
    assert read_areas(path) == county_areas("E06000059")


@needs_shared
def test_register_agrees_with_the_ons_lookup_of_2023():
    areas = english_areas().set_index("area_code")
    since = {"E08000016": "E08000038", "E08000019": "E08000039"}
    for row in read_shared("lookups/ltla23_to_utla23_england.csv"):
        area = areas.loc[since.get(row["ltla23_code"], row["ltla23_code"])]
        county = since.get(row["utla23_code"], row["utla23_code"])
        assert (area["area_name"], area["county_code"]) == (row["ltla23_name"], county)


@needs_shared
def test_regions_agree_with_the_department_for_education():
    areas = english_areas().set_index("area_code")
    checked = 0
    for row in read_shared("social_care/dfe_b1_children_in_need_2013_to_2025.csv"):
        area = resolve_area(row["new_la_code"])
        if area and area.code in areas.index and area.type in ("county", "unitary"):
            london = row["region_code"].startswith("E13")
            region = "E12000007" if london else row["region_code"]
            assert areas.loc[area.code, "region_code"] == region
            checked += 1
    assert checked > 1000


@needs_shared
def test_statistical_neighbours_are_those_of_the_department_in_its_order():
    rows = read_shared("social_care/dfe_statistical_neighbours_2025.csv")
    names = {row["old_la_code"]: row["la_name"] for row in rows}
    own = next(row for row in rows if row["la_name"] == "Nottinghamshire")
    published = [names[own[f"SN_{place}"]] for place in range(1, 11)]
    assert [area.name for area in read_areas().statistical_neighbours] == published


@needs_shared
def test_names_of_an_ons_workbook_of_2017_mean_the_same_as_its_codes():
    rows = read_shared("health/ons_under18_conceptions_1998_2017.csv")
    named = {(row["area_code"], row["area_name"]) for row in rows if row["year"] == "2011"}
    councils = {(code, name) for code, name in named if re.fullmatch(r"E(0[6789]|10)\d{6}", code)}
    differ = {name for code, name in councils if code_of(code) != code_of(name)}
    assert len(councils) > 340
    assert differ == {"Dorset"}  # by name it is ambiguous
    assert None not in {code_of(code) for code, _ in councils}
