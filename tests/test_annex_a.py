"""Annex A, lists 1 to 3: headings of the templates of 2018 to 2023, and what is counted of them."""

from itertools import chain
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ehlib.load.areas import read_areas
from ehlib.load.cases import KEEP, count_cases, describe_cases, is_cases, read_cases
from ehlib.load.schema import SourceError, validate_observations
from ehlib.load.tables import find_table, read_grids

COUNTY = "E10000024"
CONTACTS = [
    ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)"],
    ["Date of Contact", "Contact Source"],
]
EARLY_HELP = [
    ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)"],
    ["Assessment start date", "Assessment completion date", "Organisation Completing Assessment"],
]
REFERRALS = [
    ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)"],
    ["Date of referral", "Referral Source", "Referral NFA?"],
    ["Number of Referrals in last 12 months", "Allocated Team", "Allocated Worker"],
]
LISTS = {  # kind: headings, one row
    "annex_a_contacts": (
        [*chain(*CONTACTS)],
        ["1001", "b) Female", "a) WBRI", "2016-05-04", "7", "2023-10-02", "q) 6: Police"],
    ),
    "annex_a_early_help": (
        [*chain(*EARLY_HELP)],
        ["1001", "a) Male", "a) WBRI", "2016-05-04", "7", "2023-09-28", "2023-10-20", "School"],
    ),
    "annex_a_referrals": (
        [*chain(*REFERRALS)],
        [
            *("1001", "a) Male", "a) WBRI", "2016-05-04", "7", "2023-11-02", "1A: Individual"),
            *("b) No", "1", "Team North", "A Worker"),
        ],
    ),
}
NOBODY = pd.DataFrame(
    columns=["indicator_id", "area_code", "period", "numerator", "value", "value_note"]
)
every_list = pytest.mark.parametrize("kind", LISTS)


def write(folder: Path, kind: str, *changes: dict[str, str], drop: tuple[str, ...] = ()) -> Path:
    """CSV of a list with one row a set of changes to its first, each of another child."""
    headings, first = LISTS[kind]
    plain = dict(zip(headings, first, strict=True))
    rows = [{**plain, headings[0]: str(1001 + row), **each} for row, each in enumerate(changes)]
    path = folder / f"{kind}.csv"
    pd.DataFrame(rows).drop(columns=list(drop)).to_csv(path, index=False, encoding="utf-8")
    return path


def counted(folder: Path, kind: str, *changes: dict[str, str]) -> pd.DataFrame:
    extract = read_cases(write(folder, kind, *changes))
    assert extract.rows_rejected == 0, extract.faults
    extract.frame.to_parquet(folder / f"{kind}.parquet", index=False)
    return validate_observations(count_cases(folder, NOBODY, read_areas()))


@every_list
def test_each_list_is_recognised_and_drops_what_is_personal(tmp_path, kind):
    extract = read_cases(write(tmp_path, kind, {}))
    assert extract.kind == kind
    assert (extract.rows_read, extract.rows_rejected) == (1, 0)
    assert extract.frame["age"].tolist() == [7]
    assert extract.frame["child_id"].tolist() != [1001]
    rules = set(extract.faults["rule"])
    assert {"dob_to_age", "column_left_out"} <= rules
    assert ("column_personal" in rules) == (kind == "annex_a_referrals")
    everything = extract.frame.to_csv() + extract.faults.to_csv() + extract.rejected.to_csv()
    for word in ("2016-05-04", "WBRI", "A Worker", "1001"):
        assert word not in everything


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        ("annex_a_contacts", ["Child's Unique ID", "Sex", "Date of contact", "Source of contact"]),
        ("annex_a_contacts", ["child unique id", "GENDER", "DATE OF CONTACT"]),
        (
            "annex_a_early_help",
            ["Unique ID", "Sex", "Assessment Start Date", "Assessment Completed Date"],
        ),
        ("annex_a_referrals", ["Child Unique ID", "Gender", "Referral Date", "Referral NFA"]),
        ("annex_a_referrals", ["Child\u2019s Unique ID", "Sex", "Date of referral"]),
    ],
)
def test_headings_of_other_years_are_known(kind, headings):
    assert is_cases(headings) == kind


@pytest.mark.parametrize(
    "headings",
    [
        ["Child Unique ID", "Date of Birth"],
        ["Child Unique ID", "Gender", "CP Plan Start Date"],  # list 7
        ["indicator_id", "area_code", "period", "value"],
    ],
)
def test_other_headings_are_not(headings):
    assert is_cases(headings) == ""


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a) Male", "male"),
        ("b) Female", "female"),
        ("c) Not stated/recorded (or unborn)", "unknown"),
        ("d) Neither", "unknown"),
        ("M", "male"),
    ],
)
def test_sex_is_read_as_the_lists_write_it(tmp_path, written, kept):
    extract = read_cases(write(tmp_path, "annex_a_contacts", {"Gender": written}))
    assert extract.frame["sex"].tolist() == [kept]


@pytest.mark.parametrize(
    ("written", "kept"),  # codes of the children in need census
    [
        ("1A: Individual", "family and public"),
        ("d) 2A: Schools", "schools"),
        ("3E", "health"),
        ("4", "housing"),
        ("5B: Social care e.g. adult social care based", "council services"),
        ("6: Police", "police"),
        ("8", "other"),
        ("9: Anonymous", "family and public"),
        ("Police", "police"),
        ("", ""),
    ],
)
def test_sources_are_read_by_word_or_by_code(tmp_path, written, kept):
    extract = read_cases(write(tmp_path, "annex_a_referrals", {"Referral Source": written}))
    assert extract.frame["source"].tolist() == [kept]


def test_an_age_is_made_where_the_list_has_none(tmp_path):
    path = write(tmp_path, "annex_a_contacts", {}, drop=("Age of Child (Years)",))
    assert read_cases(path).frame["age"].tolist() == [7]
    path = write(tmp_path, "annex_a_contacts", {}, drop=("Age of Child (Years)", "Date of Birth"))
    with pytest.raises(SourceError, match="column age is missing") as said:
        read_cases(path)
    assert said.value.place["rule"] == "column_missing"


def test_a_record_without_an_id_of_its_own_is_told_by_child_day_and_source(tmp_path):
    same = {"Child Unique ID": "5"}
    other = {"Contact Source": "2A", "Child Unique ID": "5"}
    wrong = {"Child Unique ID": "6"}
    changes = [same, same, other, wrong, {**wrong, "Gender": "a) Male"}]
    extract = read_cases(write(tmp_path, "annex_a_contacts", *changes))
    assert len(extract.frame) == 2
    assert extract.frame["record_id"].is_unique
    assert (extract.rows_normalised, extract.rows_rejected) == (3, 2)
    errors = extract.faults[extract.faults["severity"] == "error"]
    assert errors["row"].tolist() == [5, 6]
    assert set(errors["rule"]) == {"id_repeated"}


def test_a_workbook_with_a_sheet_a_list_gives_each_of_them(tmp_path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, (headings, first) in enumerate(LISTS.values(), start=1):
        sheet = book.create_sheet(f"List {number}")
        sheet.append([f"List {number}: of the last six months"])
        sheet.append([])
        sheet.append(headings)
        sheet.append(first)
    path = tmp_path / "annex_a.xlsx"
    book.save(path)
    tables = [
        find_table(grid, lambda header: bool(is_cases(header)), keep=KEEP)
        for grid in read_grids(path)
    ]
    extracts = [read_cases(table) for table in tables]
    assert [each.kind for each in extracts] == list(LISTS)
    assert [each.rows_read for each in extracts] == [1, 1, 1]
    assert [each.header_row for each in extracts] == [3, 3, 3]
    assert [each.sheet for each in extracts] == ["List 1", "List 2", "List 3"]
    assert all(each.frame.index.tolist() == [4] for each in extracts)


def total(observations: pd.DataFrame, indicator_id: str, category: str = "") -> list[tuple]:
    rows = observations.query("indicator_id == @indicator_id and category == @category")
    return [
        (row.area_code, row.period, row.numerator, row.denominator) for row in rows.itertuples()
    ]


def test_contacts_are_counted_for_the_county_alone(tmp_path):
    days = ["2023-09-30", "2023-10-01", "2023-12-31"]
    changes = [{"Date of Contact": day} for day in days]
    changes += [{"Contact Source": "2A: Schools"}, {"Age of Child (Years)": "18"}]
    observations = counted(tmp_path, "annex_a_contacts", *changes)
    assert set(observations["area_type"]) == {"county"}
    assert total(observations, "social_care_contacts") == [
        (COUNTY, "2023/24-Q2", 1, 1),
        (COUNTY, "2023/24-Q3", 3, 3),
    ]
    assert total(observations, "social_care_contacts", "schools")[1][2:] == (1, 3)
    assert total(observations, "social_care_contacts", "5-9")[1][2:] == (3, 3)
    said = describe_cases(tmp_path, read_areas())["annex_a_contacts"]
    assert (said["records"], said["grown_up"], said["elsewhere"]) == (5, 1, 0)
    assert "for the county alone" in said["note"]


def test_early_help_assessments_are_counted_when_completed(tmp_path):
    changes = [{}, {"Assessment completion date": ""}, {"Assessment completion date": "2024-01-03"}]
    observations = counted(tmp_path, "annex_a_early_help", *changes)
    assert total(observations, "early_help_assessments") == [
        (COUNTY, "2023/24-Q3", 1, 1),
        (COUNTY, "2023/24-Q4", 1, 1),
    ]
    assert total(observations, "early_help_assessments", "school")[0][2:] == (1, 1)


def test_referrals_without_action_are_out_of_those_where_it_is_recorded(tmp_path):
    many = "Number of Referrals in last 12 months"
    changes = [{"Referral NFA?": word} for word in ("Yes", "b) No", "N", "")]
    changes += [{many: "4"}, {many: ""}]
    observations = counted(tmp_path, "annex_a_referrals", *changes)
    assert total(observations, "social_care_referrals") == [(COUNTY, "2023/24-Q3", 6, 6)]
    assert total(observations, "referrals_no_action") == [(COUNTY, "2023/24-Q3", 1, 5)]
    parts = {"1": 4, "3 or more": 1, "not recorded": 1}
    for part, count in parts.items():
        assert total(observations, "social_care_referrals", part)[0][2:] == (count, 6)


def test_an_assessment_that_ends_before_it_starts_is_refused(tmp_path):
    path = write(tmp_path, "annex_a_early_help", {"Assessment completion date": "2023-09-01"})
    extract = read_cases(path)
    errors = extract.faults[extract.faults["severity"] == "error"]
    assert errors[["rule", "column"]].to_numpy().tolist() == [
        ["ends_before_start", "Assessment completion date"]
    ]
