import csv
import json
import math
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehlib.load.indicators import read_indicators
from ehlib.load.readers import read_extract
from ehlib.load.schema import COLUMNS, SourceError
from ehlib.load.small_areas import (
    SMALL_AREAS,
    add_parents,
    children_by_area,
    deprivation_scores,
    knows_lookup,
    read_lookup,
    read_lookups,
)
from ehlib.load.small_areas.columns import area_columns, finest
from ehlib.load.small_areas.deprivation import edition_of, index_column
from ehlib.load.small_areas.lookups import LOOKUP_COLUMNS, carry_over, map_scores
from ehlib.load.tables import find_table, read_grids

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="no ../shared data here")
EDITIONS = {  # file of an edition: its LSOAs in the county with Nottingham, and in all England
    "2007": ("iod2007_lsoa01_nottinghamshire.csv", 673, 32_482),
    "2010": ("iod2010_lsoa01_nottinghamshire.csv", 673, 32_482),
    "2015": ("iod2015_lsoa11_nottinghamshire.csv", 679, 32_844),
    "2019": ("iod2019_lsoa11_nottinghamshire.csv", 679, 32_844),
    "2025": ("iod2025_lsoa21_nottinghamshire.csv", 684, 33_755),
}
ESTIMATES = [
    f"ons_mid{year}_population_0-17_lsoa11_nottinghamshire.csv" for year in (2017, 2019, 2020)
]
IMD, MOST = "Index of Multiple Deprivation (IMD)", "(where 1 is most deprived"


def read_cells(path: Path) -> pd.DataFrame:
    cells = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    cells.index = pd.RangeIndex(2, 2 + len(cells), name="row")
    cells.attrs["file"] = path.name
    return cells


def kinds_of(header: list[str]) -> list[str]:
    known = [kind for kind, each in SMALL_AREAS.items() if each.knows(header)]
    return [*known, *(["lookup"] if knows_lookup(header) else [])]


def translated(path: Path) -> pd.DataFrame:
    cells = read_cells(path)
    (kind,) = kinds_of(list(cells))
    return SMALL_AREAS[kind].translate(cells)


def wide(rows: pd.DataFrame) -> pd.DataFrame:
    figures = rows.assign(figure=pd.to_numeric(rows["value"].replace("", None)))
    return figures.set_index(["area_code", "indicator_id"])["figure"].unstack()  # noqa: PD010


def read_lookup_file(path: Path):
    return read_lookup(find_table(read_grids(path)[0], knows_lookup))


def lookup_of(*pairs: tuple[str, str, str, str, str]) -> pd.DataFrame:
    """Lookup from (from_code, from_vintage, to_code, to_vintage, to_type)."""
    rows = [
        (one, "lsoa", since, "", other, kind, until, "", "")
        for one, since, other, until, kind in pairs
    ]
    return pd.DataFrame(rows, columns=LOOKUP_COLUMNS, dtype="str")


@pytest.mark.parametrize(
    ("header", "finest_column"),
    [
        (["lsoa11_code", "lsoa11_name", "lad19_code"], ("lsoa11_code", "lsoa", "2011")),
        (["LSOA21NM", "LSOA21CD", "LAD22CD"], ("LSOA21CD", "lsoa", "2021")),
        (["LSOA code (2011)", "LSOA name (2011)"], ("LSOA code (2011)", "lsoa", "2011")),
        (["LSOA CODE", "LA CODE", "LA NAME"], ("LSOA CODE", "lsoa", "")),
        (["lad_code", "msoa11_code"], ("msoa11_code", "msoa", "2011")),
        (["WD25CD", "WD25NM", "LADCD"], ("WD25CD", "ward", "2025")),
        (["Local Authority District code (2019)"],) * 1
        + (("Local Authority District code (2019)", "district", "2019"),),
        (["ltla23_code", "utla23_code"], ("ltla23_code", "district", "2023")),
        (["CTYUA23CD", "CTYUA23NM"], ("CTYUA23CD", "county", "2023")),
        (["Upper Tier Local Authority code"], ("Upper Tier Local Authority code", "county", "")),
    ],
)
def test_columns_of_codes_are_known_in_every_publishers_writing(header, finest_column):
    found = finest(header)
    assert (found.column, found.area_type, found.year) == finest_column


def test_names_stand_with_the_codes_of_their_own_year():
    found = area_columns(["lsoa11_name", "lsoa01_code", "lsoa11_code", "lsoa01_name", "ward"])
    assert [(each.column, each.names) for each in found] == [
        ("lsoa01_code", "lsoa01_name"),
        ("lsoa11_code", "lsoa11_name"),
    ]


@pytest.mark.parametrize(
    ("column", "known"),
    [
        (f"{IMD} Score", ("imd", "score")),
        (f"{IMD} Rank {MOST})", ("imd", "rank")),
        (f"{IMD} Decile {MOST} 10% of LSOAs)", ("imd", "decile")),
        ("IMD_score", ("imd", "score")),
        ("RANK OF IMD SCORE (where 1 is most deprived)", ("imd", "rank")),
        ("imd_score_recomputed", ("imd", "score")),
        ("Income Score (rate)", ("income", "score")),
        (
            "Income Deprivation Affecting Children Index (IDACI) Score (rate)",
            ("idaci", "score"),
        ),
        (
            f"Income Deprivation Affecting Older People (IDAOPI) Decile {MOST} 10% of LSOAs)",
            ("idaopi", "decile"),
        ),
        ("Barriers to Housing and Services Score", ("housing", "score")),
        ("Housing_and_Access_decile", ("housing", "decile")),
        ("Education, Skills and Training Score", ("education", "score")),
        ("Children and Young People Sub-domain Score", ("children_and_young_people", "score")),
        ("t_income", None),
        ("income_domain_numerator", None),
        ("IMD - Average score", None),
        ("score", None),
    ],
)
def test_columns_of_an_index_are_known_in_every_publishers_writing(column, known):
    assert index_column(column) == known


@pytest.mark.parametrize(
    ("header", "told", "edition"),
    [
        (["LSOA code (2011)", "Local Authority District code (2019)"], "", "2019"),
        (["LSOA code (2011)", "Local Authority District code (2013)"], "", "2015"),
        (["LSOA code (2021)", "Local Authority District code (2024)"], "", "2025"),
        (["lsoa21_code"], "", "2025"),
        (["lsoa01_code", "lad07_code"], "", "2007"),
        (["LSOA CODE", "RANK OF IMD SCORE (where 1 is most deprived)"], "", "2010"),
        (["lsoa01_code"], "IMD 2010.csv", "2010"),
        (["lsoa01_code"], "imd 2007 and 2010.csv", ""),
        (["lsoa11_code"], "downloaded 20190401.csv", ""),
        (["lsoa11_code"], "", ""),
    ],
)
def test_edition_is_told_by_the_columns_or_else_by_the_files_name(header, told, edition):
    assert edition_of(header, told) == edition


def test_an_edition_that_nothing_tells_is_asked_for():
    cells = pd.DataFrame({"lsoa11_code": ["E01027925"], "IMD_score": ["20"]}, dtype="str")
    cells.attrs["file"] = "scores.csv"
    translate = SMALL_AREAS["deprivation_small_areas"].translate
    with pytest.raises(SourceError, match=r"scores.csv: no column says of which edition") as caught:
        translate(cells)
    assert caught.value.place["rule"] == "edition_unknown"
    assert "add a column `edition`" in caught.value.place["mend"]
    told = translate(cells.assign(edition="2015"))
    assert told[["indicator_id", "period", "value"]].to_numpy().tolist() == [
        ["imd_score", "2015", "20"]
    ]


@pytest.mark.parametrize("told", ["IoD2019 scores.csv", "imd2019.csv", "File_5_IoD_2019.csv"])
def test_the_year_in_a_files_name_is_found_behind_letters(told):
    cells = pd.DataFrame({"lsoa11_code": ["E01027925"], "IMD_score": ["20"]}, dtype="str")
    cells.attrs["file"] = told
    rows = SMALL_AREAS["deprivation_small_areas"].translate(cells)
    assert rows["period"].tolist() == ["2019"]


def test_the_publishers_workbook_of_all_indices_is_read(tmp_path):
    header = ["LSOA code (2011)", "LSOA name (2011)", "Local Authority District code (2019)"]
    header += [f"{IMD} Score", f"{IMD} Rank {MOST})", f"{IMD} Decile {MOST} 10% of LSOAs)"]
    header += ["Crime Score", "Income Deprivation Affecting Children Index (IDACI) Score (rate)"]
    header += ["Total population: mid 2015 (excluding prisoners)"]
    header += ["Dependent Children aged 0-15: mid 2015 (excluding prisoners)"]
    row = ["E01027925", "Ashfield 015A", "E07000170", 28.1, 9_000, 3, 0.5, 0.21, 1_500, 300]
    path = tmp_path / "File_7.xlsx"
    pd.DataFrame([row], columns=header).to_excel(path, index=False, sheet_name="IoD2019 all")
    table = find_table(read_grids(path)[0], SMALL_AREAS["deprivation_small_areas"].knows)
    rows = SMALL_AREAS["deprivation_small_areas"].translate(table.cells())
    assert dict(zip(rows["indicator_id"], rows["value"], strict=True)) == {
        "imd_score": "28.1",
        "imd_rank": "9000",
        "imd_decile": "3",
        "iod_crime_score": "0.5",
        "idaci_score": "0.21",
        "iod_population": "1500",
        "iod_children_0_15": "300",
    }
    assert set(rows["area_name"]) == {"Ashfield 015A"}
    assert set(rows["period"]) == {"2019"}


def test_only_what_the_catalogue_lacks_brings_its_own_name():
    cells = pd.DataFrame(
        {"lsoa21_code": ["E01027925"], "IMD_score": ["20"], "Crime_decile": ["4"]}, dtype="str"
    )
    rows = SMALL_AREAS["deprivation_small_areas"].translate(cells).set_index("indicator_id")
    assert rows.loc["imd_score", ["_name", "_unit", "_calendar"]].tolist() == ["", "", ""]
    assert rows.loc["iod_crime_decile", ["_name", "_calendar"]].tolist() == [
        "Indices of deprivation: Crime domain, tenth",
        "release",
    ]


@needs_shared
def test_each_file_by_small_area_is_of_one_kind_and_no_other_file_is():
    known = {}
    for path in sorted(SHARED.rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            known[path.name] = kinds_of(next(csv.reader(file)))
    assert all(len(kinds) <= 1 for kinds in known.values())
    counted = pd.Series([kinds[0] for kinds in known.values() if kinds]).value_counts().to_dict()
    assert counted == {
        "deprivation_small_areas": 5,
        "deprivation_districts": 2,
        "population_by_age": 4,
        "low_income_small_areas": 1,
        "lookup": 4,
    }


@needs_shared
@pytest.mark.parametrize("edition", EDITIONS)
def test_tenths_follow_from_ranks_among_all_of_englands_lsoas(edition):
    name, count, of_england = EDITIONS[edition]
    rows = translated(SHARED / "deprivation" / name)
    assert set(rows["period"]) == {edition}
    figures = wide(rows)
    assert len(figures) == count
    for index in ("imd", "idaci") if edition == "2019" else ("imd",):
        tenths = [math.ceil(rank * 10 / of_england) for rank in figures[f"{index}_rank"]]
        assert (figures[f"{index}_decile"] == tenths).mean() > 0.998  # cut points differ by one
    by_rank = figures.sort_values("imd_rank")["imd_score"]
    assert (by_rank.diff().dropna() <= (0.005 if edition == "2019" else 0)).all()


@needs_shared
@pytest.mark.parametrize(
    ("name", "rows", "figures"),
    [
        # Figures: areas times the columns that hold an index, a count or an age.
        (f"deprivation/{EDITIONS['2007'][0]}", 673, 673 * 3),
        (f"deprivation/{EDITIONS['2010'][0]}", 673, 673 * 17),
        (f"deprivation/{EDITIONS['2015'][0]}", 679, 679 * 5),
        (f"deprivation/{EDITIONS['2019'][0]}", 679, 679 * 18),
        (f"deprivation/{EDITIONS['2025'][0]}", 684, 684 * 19),
        ("deprivation/iod2019_lad_summaries_england.csv", 317, 317 * 2),
        ("deprivation/iod2025_lad_summaries_england.csv", 296, 296),
        (f"population/{ESTIMATES[0]}", 679, 679 * 20),
        ("population/ons_mid2020_population_0-17_ltla21_england.csv", 309, 309 * 20),
    ],
)
def test_every_row_becomes_observations_and_none_is_refused(name, rows, figures):
    (extract,) = read_extract(SHARED / name, read_indicators())
    assert extract.rows_read == rows
    assert extract.rows_rejected == 0
    assert not extract.has_errors
    assert len(extract.frame) == figures
    assert extract.frame["area_code"].nunique() == rows


@needs_shared
def test_scores_made_anew_and_small_counts_left_empty_are_noted():
    rows = translated(SHARED / "deprivation" / EDITIONS["2019"][0])
    notes = rows.groupby("indicator_id")["value_note"].agg(set)
    assert notes["imd_score"] == {"derived"}
    assert notes["imd_rank"] == {""}
    children = rows[rows["indicator_id"] == "iod_income_deprived_children"]
    assert (children["value_note"] == "suppressed").equals(children["value"] == "")
    assert (children["value"] == "").sum() == 93


@needs_shared
@pytest.mark.parametrize("name", ESTIMATES)
def test_single_years_add_up_to_the_children_published(name):
    rows = translated(SHARED / "population" / name)
    counts = rows.assign(count=rows["numerator"].astype(int))
    together = counts[counts["age"] == "0-17"].set_index("area_code")["count"]
    single = counts[~counts["age"].isin(["0-17", "all"])]
    assert single["age"].drop_duplicates().tolist() == list(map(str, range(18)))
    assert set(single["indicator_id"]) == {"population"}
    sums = single.groupby("area_code")["count"].sum()
    assert len(sums) == 679
    assert (sums == together[sums.index]).all()
    assert set(rows["period"]) == {name[7:11]}


@needs_shared
def test_lsoas_add_up_to_the_districts_of_another_file():
    lsoas = translated(SHARED / "population" / ESTIMATES[-1])
    districts = translated(SHARED / "population" / "ons_mid2020_population_0-17_ltla21_england.csv")
    assert set(districts["period"]) == {"2020"}  # only the file's name says so
    parents = read_cells(SHARED / "population" / ESTIMATES[-1]).set_index("lsoa11_code")
    of = lsoas["area_code"].map(parents["ltla21_code"])
    sums = lsoas["numerator"].astype(int).groupby([of, lsoas["age"]]).sum()
    told = districts.set_index(["area_code", "age"])["numerator"].astype(int)
    assert len(sums) == 8 * 20
    assert (sums == told.reindex(sums.index)).all()


def test_residents_of_no_known_year_are_asked_for():
    header = {"ltla21_code": ["E07000170"], **{str(age): ["9"] for age in range(18)}}
    cells = pd.DataFrame(header, dtype="str")
    translate = SMALL_AREAS["population_by_age"].translate
    cells.attrs["file"] = "estimates 2020 as downloaded 2021.csv"
    with pytest.raises(SourceError, match="no column says of which year the residents are"):
        translate(cells)
    cells.attrs["file"] = "ons_mid-year_2020.csv"
    assert set(translate(cells)["period"]) == {"2020"}


@needs_shared
def test_low_income_by_msoa_keeps_years_and_what_is_provisional():
    rows = translated(
        SHARED / "health" / "dwp_children_relative_low_income_msoa11_nottinghamshire"
        "_2014-15_to_2021-22.csv"
    )
    assert len(rows) == 138 * 8
    assert rows["area_name"].str.fullmatch(r"\w[\w ]+ \d{3}").all()
    latest = rows["period"] == "2021/22"
    assert (rows["value_note"] == "provisional").equals(latest)


@needs_shared
def test_lookups_link_every_lsoa_and_lose_none():
    extracts = {path.name[:16]: read_lookup_file(path) for path in sorted(lookup_files())}
    for extract in extracts.values():
        assert (extract.rows_loaded, extract.rows_rejected) == (extract.rows_read, 0)
        assert extract.faults.empty
        assert list(extract.frame) == LOOKUP_COLUMNS
    frame = extracts["lsoa11_to_lsoa21"].frame
    assert frame.loc[frame["from_vintage"] == "2011", "from_code"].nunique() == 679
    later = frame[frame["to_vintage"] == "2021"]
    assert later["to_code"].nunique() == 684
    assert later["change"].value_counts().to_dict() == {"U": 658, "S": 20, "M": 12}
    # U: the same code. M and S: several to one, one to several.
    same = later["from_code"] == later["to_code"]
    assert same.equals(later["change"] == "U")


def lookup_files() -> list[Path]:
    return list((SHARED / "lookups").glob("*.csv"))


@pytest.fixture(scope="module")
def linked() -> pd.DataFrame:
    frames = [read_lookup_file(path).frame for path in sorted(lookup_files())]
    return pd.concat(frames, ignore_index=True)


@needs_shared
@pytest.mark.parametrize(("edition", "county"), [("2010", 0), ("2019", 497), ("2025", 505)])
def test_every_lsoa_lies_in_a_district_and_an_msoa(edition, county, linked):
    codes = translated(SHARED / "deprivation" / EDITIONS[edition][0])["area_code"].unique()
    parents = add_parents(pd.DataFrame({"area_code": codes, "area_name": ""}), linked)
    inside = parents["county_code"] == "E10000024"
    assert set(parents["county_code"]) == {"E10000024", "E06000018"}
    if county:
        assert inside.sum() == county
    assert parents["msoa_name"].str.fullmatch(r"\w[\w ]+ \d{3}").all()
    prefix = parents["area_name"].str.extract(r"(.+) \d", expand=False)
    assert prefix.nunique() == 8


def test_an_lsoa_without_a_lookup_lies_where_its_name_says():
    areas = pd.DataFrame(
        {
            "area_code": ["E01027925", "E02005819", "E01019120", "E01000001", "E05006489"],
            "area_name": ["Ashfield 015A", "Ashfield 001", "Allerdale 008C", "", "Mansfield"],
        },
        index=[4, 2, 9, 1, 0],
    )
    before = areas.copy()
    parents = add_parents(areas, pd.DataFrame(columns=LOOKUP_COLUMNS, dtype="str"))
    pd.testing.assert_frame_equal(areas, before)
    assert list(parents.index) == [4, 2, 9, 1, 0]
    assert parents["district_code"].tolist() == ["E07000170", "E07000170", "E06000063", "", ""]
    assert parents["county_code"].tolist() == ["E10000024", "E10000024", "E06000063", "", ""]
    assert parents["msoa_name"].tolist() == ["Ashfield 015", "", "Allerdale 008", "", ""]
    assert parents["area_name"].tolist()[3] == "E01000001"


def test_a_lookup_goes_before_the_name():
    areas = pd.DataFrame({"area_code": ["E01027925"], "area_name": ["Ashfield 015A"]})
    lookup = lookup_of(
        ("E01027925", "2011", "E01099999", "2021", "lsoa"),
        ("E01099999", "2021", "E07000174", "2024", "district"),
    )
    assert add_parents(areas, lookup)["district_code"].tolist() == ["E07000174"]


def test_rows_of_a_lookup_are_refused_or_left_out_with_their_reason(tmp_path):
    path = tmp_path / "lookup.csv"
    path.write_text(
        "LSOA11CD,LSOA11NM,CHGIND,LSOA21CD,LSOA21NM,LAD22CD,LAD22NM,ObjectId\n"
        "E01027925,Ashfield 015A,U,E01027925,Ashfield 015A,E07000170,Ashfield,1\n"
        "W01000001,Isle of Anglesey 007A,U,W01000001,x,W06000001,Isle of Anglesey,2\n"
        "E01027926,Ashfield 015B,U,,,E07000170,Ashfield,3\n",
        encoding="utf-8",
    )
    extract = read_lookup_file(path)
    assert (extract.kind, extract.rows_read, extract.rows_loaded) == ("lookup", 3, 1)
    assert extract.rejected.index.tolist() == [3, 4]
    said = extract.faults[["rule", "severity", "row", "column"]].astype("str")
    assert sorted(said.to_numpy().tolist()) == [
        ["area_outside", "note", "3", "LSOA11CD"],
        ["lookup_code_unknown", "error", "4", "LSOA21CD"],
    ]
    pairs = extract.frame[["from_code", "to_code", "change"]].to_numpy().tolist()
    assert pairs == [["E01027925", "E01027925", "U"], ["E01027925", "E07000170", ""]]


@pytest.mark.parametrize(
    "header",
    [
        ["lsoa11_code", "lsoa11_name", "lad19_code", "imd_rank"],
        ["lsoa11_code", "lsoa11_name"],
        ["indicator_id", "area_code", "period", "value"],
    ],
)
def test_a_table_with_figures_is_no_lookup(header):
    assert not knows_lookup(header)


def test_counts_are_carried_over_splits_and_merges():
    lookup = lookup_of(
        ("A", "2011", "A1", "2021", "lsoa"),
        ("A", "2011", "A2", "2021", "lsoa"),
        ("B", "2011", "D", "2021", "lsoa"),
        ("C", "2011", "D", "2021", "lsoa"),
        ("E", "2011", "E", "2021", "lsoa"),
    )
    old = pd.Series({"A": 100.0, "B": 30.0, "C": 50.0, "E": 7.0})
    new = carry_over(old, lookup, pd.Index(["A1", "A2", "D", "E", "F"]))
    assert new.tolist()[:4] == [50, 50, 80, 7]
    assert math.isnan(new["F"])
    back = carry_over(new.dropna(), lookup, pd.Index(["A", "B", "C", "E"]))
    assert back.tolist() == [100, 40, 40, 7]  # how a merged count was made up is not known


@given(
    counts=st.lists(st.integers(0, 3000), min_size=4, max_size=4),
    splits=st.lists(st.integers(1, 4), min_size=4, max_size=4),
)
def test_carrying_counts_over_splits_loses_nobody(counts, splits):
    codes = [f"E0100000{n}" for n in range(4)]
    pairs = [
        (code, "2011", f"{code}{part}", "2021", "lsoa")
        for code, parts in zip(codes, splits, strict=True)
        for part in range(parts)
    ]
    old = pd.Series(counts, index=codes, dtype="float64")
    new = carry_over(old, lookup_of(*pairs), pd.Index([pair[2] for pair in pairs]))
    assert new.sum() == pytest.approx(sum(counts))


def test_scores_are_put_on_later_lsoas_by_residents():
    lookup = lookup_of(
        ("A", "2001", "A1", "2011", "lsoa"),
        ("A", "2001", "A2", "2011", "lsoa"),
        ("B", "2001", "D", "2011", "lsoa"),
        ("C", "2001", "D", "2011", "lsoa"),
        ("E", "2001", "E", "2011", "lsoa"),
    )
    scores = pd.Series({"A": 10.0, "B": 20.0, "C": 40.0, "E": 5.0})
    weights = pd.Series({"B": 1000.0, "C": 3000.0})
    mapped = map_scores(scores, weights, lookup, "2011")
    assert mapped["score"].to_dict() == {"A1": 10, "A2": 10, "D": 35, "E": 5}
    assert mapped["changed"].to_dict() == {"A1": True, "A2": True, "D": True, "E": False}
    assert map_scores(scores, weights, lookup, "2021").empty
    assert map_scores(mapped["score"], weights, lookup, "2001")["score"].to_dict() == {
        "A": 10,
        "B": 35,
        "C": 35,
        "E": 5,
    }


def observations(*rows: tuple) -> pd.DataFrame:
    """Observations from (indicator, code, name, type, period, age, value)."""
    listed = []
    for indicator, code, name, kind, period, age, value in rows:
        day = f"{period}-06-30" if indicator == "population" else f"{period}-12-31"
        words = {"indicator_id": indicator, "area_code": code, "area_name": name, "sex": "persons"}
        words |= {"area_type": kind, "period": period, "age": age, "source_id": "x"}
        days = dict.fromkeys(("period_start", "period_end"), pd.Timestamp(day))
        listed.append({**dict.fromkeys(COLUMNS, ""), **words, **days, "value": value})
    frame = pd.DataFrame(listed).astype({"value": "float64"})
    counts = frame["value"].where(frame["indicator_id"] == "population")
    empty = dict.fromkeys(("denominator", "lower_ci", "upper_ci"), math.nan)
    return frame.assign(numerator=counts, **empty)


@pytest.fixture
def prepare(tmp_path):
    """Writes prepared data with the observations and lookups given; says where."""

    def write(frame: pd.DataFrame, lookups: pd.DataFrame | None = None) -> Path:
        frame.to_parquet(tmp_path / "observations.parquet", index=False)
        account = {"files": [], "sources": [{"id": "x", "name": "x"}]}
        (tmp_path / "sources.json").write_text(json.dumps(account), encoding="utf-8")
        if lookups is not None:
            lookups.to_parquet(tmp_path / "lookups.parquet", index=False)
        return tmp_path

    return write


def imd(code: str, name: str, score: float, period: str = "2015") -> tuple:
    return ("imd_score", code, name, "lsoa", period, "all", score)


ONE, TWO, THREE = ("E01000001", "Ashfield 001A"), ("E01000002", "Ashfield 001B"), ("E01000003",)
LSOAS = [imd(*ONE, 10), imd(*TWO, 40), imd(*THREE, "Mansfield 002A", 7)]


def test_averages_are_weighted_by_the_residents_that_the_edition_counts(prepare):
    people = [("iod_population", code, "", "lsoa", "2015", "all", n) for code, n in RESIDENTS]
    scores = deprivation_scores(prepare(observations(*LSOAS, *people)), "2016/17-Q1")
    by_name = scores.set_index("area_name")
    assert by_name["score"].to_dict() == {
        "Ashfield 001A": 10,
        "Ashfield 001B": 40,
        "Mansfield 002A": 7,
        "Ashfield 001": 20,  # (10 x 1,000 + 40 x 500) / 1,500
        "Mansfield 002": 7,
        "Ashfield": 20,
        "Mansfield": 7,
    }
    assert by_name["derived_how"].tolist() == [""] * 3 + ["population-weighted mean of LSOAs"] * 4
    assert by_name["value_note"].tolist() == [""] * 3 + ["derived"] * 4
    assert by_name["area_code"].tolist()[3:] == [
        "Ashfield 001",
        "Mansfield 002",
        "E07000170",
        "E07000174",
    ]
    assert set(scores["county_code"]) == {"E10000024"}
    assert set(scores["area_vintage"]) == {"2011"}
    assert set(scores["edition"]) == {"2015"}


RESIDENTS = [("E01000001", 1000), ("E01000002", 500), ("E01000003", 800)]


def test_without_residents_the_mean_is_plain_and_says_so(prepare):
    scores = deprivation_scores(prepare(observations(*LSOAS))).set_index("area_name")
    assert scores.loc["Ashfield", ["score", "derived_how"]].tolist() == [
        25,
        "plain mean of LSOAs",
    ]


def test_residents_of_the_nearest_year_stand_in(prepare):
    far = [("population", code, "", "lsoa", "2011", "all", 1) for code, _ in RESIDENTS]
    near = [("population", code, "", "lsoa", "2016", "all", n) for code, n in RESIDENTS]
    folder = prepare(observations(*LSOAS, *far, *near))
    assert deprivation_scores(folder).set_index("area_name")["score"]["Ashfield"] == 20
    early = deprivation_scores(folder, "2015/16-Q4").set_index("area_name")
    assert early["score"]["Ashfield"] == 25  # the estimate of 2016 is not out yet


def test_a_group_with_one_lsoa_of_unknown_residents_is_not_weighted(prepare):
    people = [("iod_population", code, "", "lsoa", "2015", "all", n) for code, n in RESIDENTS[1:]]
    scores = deprivation_scores(prepare(observations(*LSOAS, *people))).set_index("area_name")
    assert scores.loc["Ashfield", "derived_how"] == "plain mean of LSOAs"
    assert scores.loc["Mansfield", "derived_how"] == "population-weighted mean of LSOAs"


def test_the_published_average_of_a_district_goes_before_ours(prepare):
    published = ("imd_average_score", "E07000170", "Ashfield", "district", "2015", "all", 26.3)
    city = ("imd_average_score", "E06000018", "Nottingham", "unitary", "2015", "all", 34.9)
    scores = deprivation_scores(prepare(observations(*LSOAS, published, city)))
    councils = scores[scores["area_type"] == "district"].set_index("area_name")
    assert councils["score"].to_dict() == {"Ashfield": 26.3, "Nottingham": 34.9, "Mansfield": 7}
    assert councils["value_note"].to_dict() == {
        "Ashfield": "",
        "Nottingham": "",
        "Mansfield": "derived",
    }
    assert councils["county_code"]["Nottingham"] == "E06000018"


def test_an_edition_released_after_the_quarter_is_not_used(prepare):
    later = [imd(*ONE, 90, "2019"), imd(*TWO, 90, "2019")]
    folder = prepare(observations(*LSOAS, *later))
    assert set(deprivation_scores(folder, "2019/20-Q3")["edition"]) == {"2019"}
    before = deprivation_scores(folder, "2019/20-Q2")
    assert set(before["edition"]) == {"2015"}
    assert deprivation_scores(folder, "2013/14-Q3").empty
    assert list(deprivation_scores(folder, "2013/14-Q3")) == list(before)


def test_scores_on_the_lsoas_of_2001_reach_the_msoas_of_2011(prepare):
    lookup = lookup_of(
        ("E01000001", "2001", "E01000009", "2011", "lsoa"),
        ("E01000002", "2001", "E01000009", "2011", "lsoa"),
        ("E01000009", "2011", "E07000170", "2021", "district"),
    )
    lookup.loc[lookup["to_code"] == "E01000009", "to_name"] = "Ashfield 016A"
    old = [imd("E01000001", "E01000001", 10, "2010"), imd("E01000002", "E01000002", 40, "2010")]
    other = ("population", "E02000016", "Ashfield 016", "msoa", "2009", "all", 5)
    scores = deprivation_scores(prepare(observations(*old, other), lookup), "2013/14-Q3")
    msoa = scores[scores["area_type"] == "msoa"]
    assert msoa[["area_code", "area_name", "score"]].to_numpy().tolist() == [
        ["E02000016", "Ashfield 016", 25.0]
    ]
    assert set(scores["area_vintage"]) == {"2001"}
    council = scores[scores["area_type"] == "district"]
    assert council[["area_code", "score"]].to_numpy().tolist() == [["E07000170", 25.0]]


def ages(area: tuple[str, str], years: range, count: int, kind: str = "lsoa") -> list[tuple]:
    return [("population", *area, kind, "2017", str(age), count) for age in years]


def test_children_are_summed_over_the_years_of_age_asked_for(prepare):
    rows = [*ages(ONE, range(18), 10), *ages(TWO, range(18), 20)]
    folder = prepare(observations(*rows))
    lsoas = children_by_area(folder, "2018/19-Q1", "lsoa")
    assert lsoas["denominator"].tolist() == [160, 320]
    assert lsoas["year"].tolist() == ["2017", "2017"]
    msoas = children_by_area(folder, "2018/19-Q1", "msoa", (16, 17))
    assert msoas[["area_code", "denominator"]].to_numpy().tolist() == [["Ashfield 001", 60.0]]
    districts = children_by_area(folder, "", "district", (0, 0))
    assert districts[["area_code", "area_name", "denominator"]].to_numpy().tolist() == [
        ["E07000170", "Ashfield", 30.0]
    ]
    assert children_by_area(folder, "2013/14-Q3", "lsoa").empty


def test_the_latest_estimate_that_a_quarter_knows_is_taken(prepare):
    earlier = ages(ONE, range(18), 10)
    later = [(*row[:4], "2020", *row[5:6], 11) for row in earlier]
    folder = prepare(observations(*earlier, *later))
    for quarter, year, count in (("2019/20-Q4", "2017", 160), ("2020/21-Q1", "2020", 176)):
        found = children_by_area(folder, quarter, "lsoa")
        assert found[["denominator", "year"]].to_numpy().tolist() == [[count, year]]


def test_an_area_that_lacks_a_year_of_age_has_no_sum(prepare):
    rows = [*ages(ONE, range(15), 10), *ages(TWO, range(18), 20)]
    folder = prepare(observations(*rows))
    assert children_by_area(folder, "", "lsoa")["denominator"].isna().tolist() == [True, False]
    assert children_by_area(folder, "", "district")["denominator"].isna().tolist() == [True]


def test_published_districts_go_before_sums(prepare):
    council = ages(("E07000170", "Ashfield"), range(18), 33, "district")
    folder = prepare(observations(*council, *ages(ONE, range(18), 10)))
    assert children_by_area(folder, "", "district", (0, 0))["denominator"].tolist() == [33]


def test_without_lookups_there_is_an_empty_frame(tmp_path):
    assert read_lookups(tmp_path).empty
    assert list(read_lookups(tmp_path)) == LOOKUP_COLUMNS


def observed(path: Path) -> pd.DataFrame:
    """Observations of scores and residents in a file of ../shared."""
    rows = translated(path)
    rows = rows[rows["indicator_id"].isin(["imd_score", "iod_population", "population"])]
    figures = rows["value"] if "value" in rows else rows["numerator"]
    ages_told = rows["age"] if "age" in rows else pd.Series("all", index=rows.index)
    columns = (rows["indicator_id"], rows["area_code"], rows["area_name"], rows["period"])
    return observations(
        *(
            (indicator, code, name, "lsoa", period, age, float(figure))
            for indicator, code, name, period, age, figure in zip(
                *columns, ages_told, figures, strict=True
            )
            if age == "all"
        )
    )


@needs_shared
@pytest.mark.parametrize(
    ("edition", "summary", "largest"),
    [
        # The edition's own residents: within rounding. Of 2025 only those of mid-2020 are held.
        ("2019", "iod2019_lad_summaries_england.csv", 0.0006),
        ("2025", "iod2025_lad_summaries_england.csv", 0.31),
    ],
)
def test_averages_agree_with_the_published_ones(prepare, linked, edition, summary, largest):
    parts = [observed(SHARED / "deprivation" / EDITIONS[edition][0])]
    parts += [observed(SHARED / "population" / ESTIMATES[-1])]
    scores = deprivation_scores(prepare(pd.concat(parts, ignore_index=True), linked))
    councils = scores[scores["area_type"] == "district"].set_index("area_code")["score"]
    told = translated(SHARED / "deprivation" / summary).set_index(["indicator_id", "area_code"])
    published = told.loc["imd_average_score", "value"].astype(float)
    assert len(councils) == 8
    assert (councils - published[councils.index]).abs().max() < largest


@needs_shared
def test_every_msoa_of_2011_has_a_score_in_each_edition(prepare, linked):
    low_income = "dwp_children_relative_low_income_msoa11_nottinghamshire_2014-15_to_2021-22.csv"
    msoas = translated(SHARED / "health" / low_income).drop_duplicates("area_code")
    held = observations(
        *(
            ("other", code, name, "msoa", "2015", "all", 1.0)
            for code, name in zip(msoas["area_code"], msoas["area_name"], strict=True)
        )
    )
    for name, *_ in EDITIONS.values():
        frame = pd.concat([observed(SHARED / "deprivation" / name), held], ignore_index=True)
        scores = deprivation_scores(prepare(frame, linked))
        found = scores[scores["area_type"] == "msoa"]
        assert found["area_code"].is_unique
        lacking = set(msoas["area_code"]) - set(found["area_code"])
        assert len(lacking) <= (1 if "2025" in name else 0)  # one was split in 2021
        assert found["score"].notna().all()


def test_errors_of_files_read_as_one_sentence():
    cells = pd.DataFrame({"lsoa01_code": ["E01000001"], "imd_rank": ["1"]}, dtype="str")
    with pytest.raises(SourceError) as caught:
        SMALL_AREAS["deprivation_small_areas"].translate(cells)
    assert re.fullmatch(r"the file: no column says .*; expected .*; add .*", str(caught.value))
