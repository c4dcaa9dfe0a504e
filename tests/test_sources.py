"""Tidy files: what is normalised, what is refused and by which row, and that every row is there."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehlib.load.indicators import read_indicators
from ehlib.load.readers import read_extract
from ehlib.load.schema import COLUMNS, SourceError, validate_observations
from ehlib.load.sources import TIDY_HAS, is_tidy, read_tidy_table
from ehlib.load.sources.extract import Extract, fault
from ehlib.load.tables import find_table, read_grids

INDICATORS = read_indicators()
CONCEPTIONS = {
    "indicator_id": "under18_conceptions",
    "area_code": "E07000170",
    "area_name": "Ashfield",
    "area_type": "district",
    "period": "2011",
    "sex": "female",
    "age": "15-17",
    "category_type": "",
    "category": "",
    "numerator": "96",
    "denominator": "",
    "value": "44.1",
    "lower_ci": "",
    "upper_ci": "",
    "value_note": "",
    "source_id": "ons",
}
SHARE = CONCEPTIONS | {
    "indicator_id": "eyfs_good_development",
    "period": "2013/14",
    "sex": "persons",
    "age": "5",
    "numerator": "831",
    "denominator": "1464",
    "value": "57",
}


def write(folder: Path, *rows: dict, encoding: str = "utf-8", name: str = "figures.csv") -> Path:
    """CSV of rows, numbered 2 and on as a spreadsheet shows them."""
    path = folder / name
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def read_tidy(path: Path) -> Extract:
    table = find_table(read_grids(path)[0], is_tidy)
    assert table is not None
    return read_tidy_table(table, INDICATORS)


def read(folder: Path, *rows: dict) -> Extract:
    extract = read_tidy(write(folder, *rows))
    parts = extract.rows_loaded, extract.rows_normalised, extract.rows_rejected
    assert sum(parts) == extract.rows_read == len(rows)
    assert min(parts) >= 0
    return extract


def only(extract: Extract) -> pd.Series:
    assert extract.faults.empty, extract.faults
    assert len(extract.frame) == 1
    return extract.frame.iloc[0]


def test_a_good_file_is_loaded_as_it_is_written(tmp_path):
    rows = [CONCEPTIONS, SHARE, SHARE | {"area_code": "E07000171", "area_name": "Bassetlaw"}]
    extract = read(tmp_path, *rows)
    assert (extract.rows_loaded, extract.rows_normalised, extract.rows_rejected) == (3, 0, 0)
    assert extract.faults.empty
    assert extract.frame.index.tolist() == [2, 3, 4]
    found = validate_observations(extract.frame[COLUMNS], INDICATORS)
    row = found[found["indicator_id"] == "under18_conceptions"].iloc[0]
    assert (row["numerator"], row["value"], row["period"]) == (96, 44.1, "2011")
    assert (row["period_start"], row["period_end"]) == (
        pd.Timestamp("2011-01-01"),
        pd.Timestamp("2011-12-31"),
    )


def test_columns_that_are_not_there_have_the_usual_meaning(tmp_path):
    needed = ("indicator_id", "area_code", "period", "value")
    row = only(read(tmp_path, {name: CONCEPTIONS[name] for name in needed}))
    assert (row["sex"], row["age"], row["category"]) == ("female", "15-17", "")
    assert (row["area_name"], row["area_type"]) == ("Ashfield", "district")
    assert (row["source_id"], row["value_note"]) == ("figures", "")
    assert np.isnan(row["numerator"])


@pytest.mark.parametrize(
    ("change", "column", "kept"),
    [
        ({"area_code": "Ashfield"}, "area_code", "E07000170"),
        ({"area_code": "", "area_name": "Ashfield District Council"}, "area_code", "E07000170"),
        ({"area_code": " E07000170 "}, "area_code", "E07000170"),
        ({"area_code": "E07000170\u00a0"}, "area_code", "E07000170"),
        (
            {"area_code": "E07000175", "area_name": "Newark & Sherwood"},
            "area_name",
            "Newark and Sherwood",
        ),
        ({"area_type": "District"}, "area_type", "district"),
        ({"area_type": "lower tier"}, "area_type", "district"),
        ({"sex": "Female"}, "sex", "female"),
        ({"age": "15\u00a0to 17"}, "age", "15 to 17"),
        ({"value_note": "Derived; revised;"}, "value_note", "derived;revised"),
        ({"value": "44.1 "}, "value", 44.1),
        ({"numerator": "1,096", "value": "500"}, "numerator", 1096),
        ({"numerator": "", "value": "[c]"}, "value_note", "suppressed"),
        ({"numerator": "*", "value": ""}, "value_note", "suppressed"),
        ({"numerator": "", "value": ".."}, "value_note", "not_available"),
        ({"numerator": "", "value": "-"}, "value_note", "not_available"),
        ({"numerator": "", "value": "Z"}, "value_note", "not_applicable"),
        (
            {"numerator": "c", "value": "c", "value_note": "provisional"},
            "value_note",
            "provisional;suppressed",
        ),
        (
            {"numerator": "", "value": "c", "value_note": "suppressed"},
            "value_note",
            "suppressed",
        ),
        ({"lower_ci": "-", "upper_ci": "-"}, "value_note", ""),  # no limits: nothing to note
    ],
)
def test_what_is_certain_is_normalised_and_counted(tmp_path, change, column, kept):
    extract = read(tmp_path, CONCEPTIONS | change)
    assert only(extract)[column] == kept
    assert (extract.rows_loaded, extract.rows_normalised) == (0, 1)


@pytest.mark.parametrize(
    ("written", "kept"), [("57%", 57), ("57 %", 57), ("57.0%", 57), ("56.76", 56.76)]
)
def test_a_per_cent_sign_is_read_where_the_unit_is_per_cent(tmp_path, written, kept):
    assert only(read(tmp_path, SHARE | {"value": written}))["value"] == kept


@pytest.mark.parametrize(
    ("written", "label"),
    [("2013-14", "2013/14"), ("2013/2014", "2013/14"), ("2013/14", "2013/14")],
)
def test_a_period_is_kept_in_its_one_form(tmp_path, written, label):
    extract = read(tmp_path, SHARE | {"period": written})
    assert only(extract)["period"] == label
    assert extract.rows_normalised == (written != label)


@pytest.mark.parametrize(
    ("change", "rule", "column"),
    [
        ({"indicator_id": "under19_conceptions"}, "indicator_unknown", "indicator_id"),
        ({"indicator_id": ""}, "indicator_unknown", "indicator_id"),
        ({"area_code": "E07999999"}, "area_unknown", "area_code"),
        ({"area_code": "", "area_name": ""}, "area_unknown", "area_code"),
        ({"area_name": "Mansfield"}, "area_disagrees", "area_name"),
        ({"area_code": "E10000024", "area_name": "Nottingham"}, "area_disagrees", "area_name"),
        ({"period": "2011/12"}, "period_unknown", "period"),
        ({"period": ""}, "period_unknown", "period"),
        ({"period": "11"}, "period_unknown", "period"),
        ({"sex": "girls"}, "sex_unknown", "sex"),
        ({"value_note": "guess"}, "value_note_unknown", "value_note"),
        ({"category": "1"}, "category_unknown", "category"),
        ({"category_type": "decile"}, "category_unknown", "category"),
        ({"value": "about 44"}, "number_unreadable", "value"),
        ({"value": "44.1%"}, "number_unreadable", "value"),  # the unit is per 1,000
        ({"numerator": "96%"}, "number_unreadable", "numerator"),
        ({"value": "inf"}, "number_unreadable", "value"),
        ({"value": "nan"}, "number_unreadable", "value"),
        ({"value": "1e999"}, "number_unreadable", "value"),
        ({"value": "True"}, "number_unreadable", "value"),
        ({"value": "44,1"}, "number_unreadable", "value"),
        ({"numerator": "1234,567"}, "number_unreadable", "numerator"),
        ({"numerator": "1 096"}, "number_unreadable", "numerator"),
        ({"lower_ci": "40 to 50"}, "number_unreadable", "lower_ci"),
        ({"numerator": "-96"}, "numerator_negative", "numerator"),
        ({"denominator": "-1"}, "denominator_negative", "denominator"),
        ({"value": "-44.1", "numerator": ""}, "value_negative", "value"),
        ({"lower_ci": "45", "upper_ci": "50"}, "value_outside_limits", "value"),
        ({"lower_ci": "50", "upper_ci": "40"}, "value_outside_limits", "value"),
        ({"value": "", "lower_ci": "50", "upper_ci": "40"}, "value_outside_limits", "value"),
        (
            {"value": "", "numerator": "", "lower_ci": "-1", "upper_ci": "-1"},
            "limits_alone",
            "lower_ci",
        ),
        ({"value": "", "numerator": ""}, "figure_missing", "value"),
        ({"numerator": "96", "denominator": "2000"}, "value_not_from_counts", "value"),
    ],
)
def test_what_is_not_certain_is_refused_by_row_and_column(tmp_path, change, rule, column):
    other = CONCEPTIONS | {"period": "2010"}
    extract = read(tmp_path, other, CONCEPTIONS | change, SHARE)
    assert set(extract.faults["rule"]) >= {rule}
    named = extract.faults[extract.faults["rule"] == rule].iloc[0]
    assert (named["row"], named["column"], named["severity"]) == (3, column, "error")
    assert named["wanted"]
    assert named["mend"]
    assert extract.frame.index.tolist() == [2, 4]  # the rows around it are taken
    assert extract.rejected.index.tolist() == [3]
    assert extract.rejected.loc[3].to_dict() == CONCEPTIONS | change


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"numerator": "1465", "value": ""}, "numerator_above_denominator"),
        ({"numerator": "", "denominator": "", "value": "100.1"}, "percentage_above_100"),
        ({"numerator": "831%"}, "number_unreadable"),
        ({"value": "0.57"}, "share_for_percentage"),
        ({"value": "56.1"}, "value_not_from_counts"),  # 56.76 to one decimal is 56.8
        ({"value": "75"}, "value_not_from_counts"),  # digits exchanged
    ],
)
def test_a_percentage_must_be_one(tmp_path, change, rule):
    extract = read(tmp_path, SHARE | change)
    assert rule in set(extract.faults["rule"])
    assert extract.frame.empty


@pytest.mark.parametrize(
    "change",
    [
        {"value": "57"},  # 56.76 to the whole number
        {"value": "56.8"},
        {"value": "56.9"},  # of counts that were rounded to 5
        {"numerator": "1464", "value": "100"},
        {"numerator": "0", "value": "0"},
        {"numerator": "0", "denominator": "0", "value": ""},
    ],
)
def test_a_value_may_be_rounded_or_of_rounded_counts(tmp_path, change):
    only(read(tmp_path, SHARE | change))


def test_a_number_of_children_must_be_its_own_count(tmp_path):
    people = CONCEPTIONS | {"indicator_id": "population_0_17", "period": "2013", "value": "96"}
    only(read(tmp_path, people))
    assert read(tmp_path, people | {"value": "97"}).faults["rule"].tolist() == [
        "value_not_from_counts"
    ]


def test_the_method_of_the_time_decides_what_is_a_percentage(tmp_path):
    entrants = {"indicator_id": "first_time_entrants", "numerator": "9", "value": ""}
    rows = [
        CONCEPTIONS | entrants | {"period": year, "denominator": "5"} for year in ("2013", "2016")
    ]
    assert read(tmp_path, *rows).faults.empty  # a number, then a rate: neither is a percentage


def test_one_bad_row_is_rejected_whole_with_all_its_faults(tmp_path):
    wrong = CONCEPTIONS | {"area_code": "nowhere", "period": "never", "value": "x1"}
    extract = read(tmp_path, wrong)
    assert set(extract.faults["rule"]) == {"area_unknown", "period_unknown", "number_unreadable"}
    assert (extract.rows_rejected, len(extract.rejected)) == (1, 1)


def test_a_row_is_counted_once_though_it_was_normalised_before_it_was_rejected(tmp_path):
    extract = read(tmp_path, CONCEPTIONS, CONCEPTIONS | {"area_code": "Mansfield ", "value": "x1"})
    counts = extract.rows_loaded, extract.rows_normalised, extract.rows_rejected
    assert counts == (1, 0, 1)


# Rows about the same


def test_rows_that_say_the_same_are_taken_once_and_counted(tmp_path):
    extract = read(tmp_path, SHARE, CONCEPTIONS, SHARE, SHARE | {"area_code": "ashfield"})
    assert (extract.rows_loaded, extract.rows_normalised, extract.rows_rejected) == (2, 2, 0)
    assert extract.frame.index.tolist() == [2, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"value": "56"},
        {"numerator": "", "denominator": ""},
        {"value_note": "provisional"},
        {"lower_ci": "50", "upper_ci": "60"},
    ],
)
def test_rows_that_contradict_are_all_refused_and_name_each_other(tmp_path, change):
    extract = read(tmp_path, SHARE, CONCEPTIONS, SHARE | change)
    assert extract.faults["rule"].tolist() == ["key_repeated"] * 2
    assert extract.faults["row"].tolist() == [2, 4]
    assert extract.faults["found"].str.startswith("row 2, row 4: E07000170, 2013/14").all()
    assert extract.frame.index.tolist() == [3]


def test_two_rows_against_one_is_no_vote(tmp_path):
    extract = read(tmp_path, SHARE, SHARE, SHARE | {"value": "56"})
    assert extract.frame.empty
    assert extract.rows_rejected == 3


def test_a_row_refused_for_another_reason_does_not_take_the_good_one_with_it(tmp_path):
    extract = read(tmp_path, SHARE, SHARE | {"value": "many"})
    assert extract.frame.index.tolist() == [2]
    assert extract.faults["row"].tolist() == [3]


# Whole files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_an_encoding_that_offices_use_is_read(tmp_path, encoding):
    row = CONCEPTIONS | {"source_id": "ons \u2013 2017 caf\u00e9"}
    path = write(tmp_path, row, encoding=encoding)
    extract = read_tidy(path)
    assert extract.frame["source_id"].tolist() == [row["source_id"]]
    assert extract.rows_loaded == 1
    assert not extract.has_errors


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_is_read(tmp_path, end):
    path = tmp_path / "figures.csv"
    lines = ["indicator_id,area_code,period,value", "under18_conceptions,E07000170,2011,44.1"]
    path.write_bytes(end.join(lines).encode())
    assert only(read_tidy(path))["value"] == 44.1


def test_blank_rows_and_nameless_columns_that_spreadsheets_leave_are_passed_over(tmp_path):
    path = tmp_path / "figures.csv"
    path.write_text(
        "indicator_id,area_code,period,value,,\n,,,,,\n"
        "under18_conceptions,E07000170,2011,44.1,,\n  ,,\u00a0,,,\n"
        "under18_conceptions,E07000170,2012,37\n",
        encoding="utf-8",
    )
    extract = read_tidy(path)
    assert extract.rows_read == extract.rows_loaded == 2
    assert extract.frame.index.tolist() == [3, 5]  # as the spreadsheet numbers them


def test_a_file_that_stops_in_the_middle_of_a_row_is_refused(tmp_path):
    path = tmp_path / "figures.csv"
    path.write_text(
        "indicator_id,area_code,period,value\nunder18_conceptions,E07000170,2011", encoding="utf-8"
    )
    with pytest.raises(SourceError, match=r"figures\.csv, row 2: the file stops"):
        read_tidy(path)


def test_an_unknown_column_is_refused_since_it_may_change_the_meaning(tmp_path):
    path = write(tmp_path, CONCEPTIONS | {"ethnicity": "all"})
    with pytest.raises(SourceError, match="row 1: column 'ethnicity' is not known; expected ind"):
        read_tidy(path)


def test_a_header_without_rows_is_refused(tmp_path):
    path = tmp_path / "figures.csv"
    path.write_text(",".join(TIDY_HAS) + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match="no rows under the header"):
        read_tidy(path)


def test_the_tidy_format_is_known_by_its_columns():
    assert is_tidy(["value", "period", "area_code", "indicator_id"])
    assert not is_tidy(["period", "area_code", "indicator_id", "sex"])
    assert not is_tidy(["enquiry_id", "area_code", "period", "value"])
    assert not is_tidy([])


# The account of rows


def test_rows_that_are_rejected_or_merged_later_move_in_the_account():
    frame = pd.DataFrame({"a": [1, 2, 3, 4]}, index=[2, 3, 4, 5])
    none = fault(pd.Index([]), "key_repeated", "", [])
    mended = pd.Index([4, 5])
    extract = Extract("tidy", frame, none, frame.iloc[:0], 4, 2, mended)
    more = fault(pd.Index([2, 4]), "key_repeated", "a", ["", ""], "", "")
    without = extract.without(more, frame.loc[[2, 4]].astype(str))
    counts = without.rows_loaded, without.rows_normalised, without.rows_rejected
    assert counts == (1, 1, 2)
    assert without.frame.index.tolist() == [3, 5]
    merged = extract.merged(pd.Index([3, 5]))
    assert (merged.rows_loaded, merged.rows_normalised, merged.rows_rejected) == (1, 3, 0)
    assert merged.frame.index.tolist() == [2, 4]


def test_no_count_falls_below_nothing_where_the_reader_does_not_say_which_rows_it_mended():
    frame = pd.DataFrame({"a": [1, 2]}, index=[2, 3])
    none = fault(pd.Index([]), "key_repeated", "", [])
    extract = Extract("mash_enquiries", frame, none, frame.iloc[:0], 2, 2)
    more = fault(pd.Index([2]), "key_repeated", "a", [""], "", "")
    without = extract.without(more, frame.loc[[2]].astype(str))
    assert (without.rows_loaded, without.rows_normalised, without.rows_rejected) == (0, 1, 1)
    merged = extract.merged(pd.Index([3]))
    assert (merged.rows_loaded, merged.rows_normalised) == (0, 2)


# At random

YEARS = [str(year) for year in range(2001, 2006)]
PLACES = {"E07000170": "Ashfield", "E07000171": "Bassetlaw", "E92000001": "England"}
GOOD = [
    CONCEPTIONS
    | {"area_code": code, "area_name": name, "area_type": "", "period": year}
    | {"numerator": "", "value": f"{30 + place}.{year[-1]}"}
    for place, (code, name) in enumerate(PLACES.items())
    for year in YEARS
]
junk = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8),
    st.sampled_from(
        [
            *PLACES,
            *PLACES.values(),
            *YEARS,
            *("", " ", "-", "[c]", "*", "-1", "1e9", "NaN", "inf", "2,001", "12%", '"', "a\nb"),
            *("=1+1", "derived", "under16_conceptions", "2008 to 2010"),
        ]
    ),
)
corruptions = st.lists(
    st.tuples(st.integers(0, len(GOOD) - 1), st.sampled_from(list(CONCEPTIONS)), junk), max_size=6
)
calm = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@settings(calm, max_examples=25)
@given(corruptions)
def test_whatever_stands_in_a_cell_every_row_is_accounted_for(tmp_path, changes):
    rows = [dict(row) for row in GOOD]
    for place, column, text in changes:
        rows[place][column] = text
    extract = read_tidy(write(tmp_path, *rows))
    parts = extract.rows_loaded, extract.rows_normalised, extract.rows_rejected
    assert extract.rows_read == len(rows)
    assert sum(parts) == len(rows)
    assert min(parts) >= 0
    # Rejected rows are those with an error, as they were written; nothing else is missing.
    faults = extract.faults
    assert set(extract.rejected.index) == set(faults.loc[faults["severity"] == "error", "row"])
    for number, cells in extract.rejected.iterrows():
        assert cells.to_dict() == rows[number - 2]
    assert not set(extract.frame.index) & set(extract.rejected.index)
    gone = set(range(2, len(rows) + 2)) - set(extract.frame.index) - set(extract.rejected.index)
    assert len(gone) <= extract.rows_normalised  # merged with a row that says the same
    validate_observations(extract.frame[COLUMNS], INDICATORS)
    # A row that nobody touched is loaded as it is, unless a changed one contradicts it.
    touched = {place + 2 for place, _, _ in changes}
    disputed = extract.faults.loc[extract.faults["rule"] == "key_repeated", "row"]
    for number in set(range(2, len(rows) + 2)) - touched - set(disputed) - gone:
        assert extract.frame.loc[number, "value"] == float(GOOD[number - 2]["value"])
        assert extract.frame.loc[number, "area_code"] == GOOD[number - 2]["area_code"]


@settings(calm, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), min_size=1, max_size=4))
def test_whatever_bytes_a_file_holds_it_is_read_or_refused_in_words(tmp_path, changes):
    content = write(tmp_path, *GOOD).read_bytes()
    for place, new in changes:
        content = content[:place] + new + content[place + 1 :]
    path = tmp_path / "damaged.csv"
    path.write_bytes(content)
    for extract in read_extract(path, INDICATORS):
        parts = extract.rows_loaded, extract.rows_normalised, extract.rows_rejected
        assert sum(parts) == extract.rows_read
        assert min(parts) >= 0
        assert extract.kind != "refused" or extract.faults["found"].str.len().gt(0).all()
