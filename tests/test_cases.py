"""Case records: what is refused and mended at the door, and what DuckDB counts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehlib.load.areas import Area, Areas, Locality
from ehlib.load.cases import count_cases, is_cases, read_cases
from ehlib.load.indicators import read_indicators
from ehlib.load.sample import write_sample
from ehlib.load.schema import ObservationError, SourceError, validate_observations

ASHFIELD, BASSETLAW, RUSHCLIFFE = "E07000170", "E07000171", "E07000176"
COUNTY, NORTH, SOUTH = "E10000024", "E10000024-L1", "E10000024-L2"
MASH = ("mash_enquiries", ASHFIELD)
DISTRICTS = (
    Area(ASHFIELD, "Ashfield", "district"),
    Area(BASSETLAW, "Bassetlaw", "district"),
    Area(RUSHCLIFFE, "Rushcliffe", "district"),
)
AREAS = Areas(
    county=Area(COUNTY, "Nottinghamshire", "county"),
    districts=DISTRICTS,
    localities=(
        Locality(NORTH, "North", (ASHFIELD, BASSETLAW), "for the test"),
        Locality(SOUTH, "South", (RUSHCLIFFE,), "for the test"),
    ),
    region=Area("E12000004", "East Midlands", "region"),
    england=Area("E92000001", "England", "england"),
)
ENQUIRY = {
    "enquiry_id": "A1",
    "child_id": "C1",
    "received_date": "2013-10-01",
    "source": "police",
    "area_code": ASHFIELD,
    "age": "7",
    "sex": "female",
    "need_level": "2",
    "outcome": "early help services",
    "outcome_date": "2013-10-04",
}
EPISODE = {
    "episode_id": "E1",
    "child_id": "C1",
    "opened_date": "2013-10-01",
    "closed_date": "2013-12-02",
    "process": "CAF",
    "lead_agency": "school",
    "need_level": "2",
    "closure_reason": "needs met",
    "area_code": ASHFIELD,
    "age": "7",
    "sex": "female",
}


def write(folder: Path, first: dict, *changes: dict) -> Path:
    """CSV with one row a set of changes to the first record, ids numbered unless given."""
    own = next(iter(first))
    rows = [{**first, own: f"{first[own]}-{row}", **each} for row, each in enumerate(changes)]
    path = folder / "extract.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8")
    return path


def populations(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    columns = ["area_code", "period", "numerator", "value_note"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(indicator_id="population_0_17", value=frame["numerator"])


PEOPLE = populations(
    *(
        (code, year, people + int(year), "derived")
        for code, people in ((ASHFIELD, 20_000), (BASSETLAW, 18_000), (RUSHCLIFFE, 19_000))
        for year in ("2012", "2013", "2014")
    )
)


def counted(folder: Path, first: dict, *changes: dict) -> pd.DataFrame:
    """Observations counted from the records that the changes describe."""
    extract = read_cases(write(folder, first, *changes))
    assert extract.rows_rejected == 0, extract.faults
    extract.frame.to_parquet(folder / f"{extract.kind}.parquet", index=False)
    return validate_observations(count_cases(folder, PEOPLE, AREAS))


def numbers(observations: pd.DataFrame, indicator_id: str, area_code: str) -> dict[str, tuple]:
    """Numerator and denominator by period, without breakdowns."""
    chosen = observations[
        (observations["indicator_id"] == indicator_id)
        & (observations["area_code"] == area_code)
        & (observations["category_type"] == "")
    ]
    return {
        row.period: (row.numerator, row.denominator)
        for row in chosen.sort_values("period").itertuples()
    }


# Reading


def test_clean_records_load_as_they_are(tmp_path):
    extract = read_cases(write(tmp_path, ENQUIRY, {}, {"outcome": "", "outcome_date": ""}))
    assert extract.kind == "mash_enquiries"
    assert (extract.rows_read, extract.rows_loaded) == (2, 2)
    assert extract.rows_normalised == extract.rows_rejected == 0
    assert extract.faults.empty
    assert extract.frame["received_date"].dtype.kind == "M"
    assert extract.frame["age"].tolist() == [7, 7]
    assert extract.frame["outcome"].tolist() == ["early help services", ""]
    assert extract.frame["outcome_date"].isna().tolist() == [False, True]
    assert extract.frame["data_status"].tolist() == ["", ""]


@pytest.mark.parametrize(
    ("column", "written", "kept"),
    [
        ("received_date", "01/10/2013", pd.Timestamp("2013-10-01")),
        ("received_date", "1/10/2013", pd.Timestamp("2013-10-01")),
        ("received_date", "2013-10-01 09:31:05", pd.Timestamp("2013-10-01")),
        ("received_date", "\u00a02013-10-01 ", pd.Timestamp("2013-10-01")),
        ("area_code", "Newark & Sherwood", "E07000175"),
        ("area_code", "ashfield district council", ASHFIELD),
        ("age", "7.0", 7),
        ("age", "07", 7),
        ("need_level", "Level 3", 3),
        ("need_level", "2.0", 2),
        ("sex", "F", "female"),
        ("sex", "", "unknown"),
        ("outcome", "NFA", "no further action"),
        ("outcome", "Children\u2019s  Social Care", "children's social care"),
        ("source", "Police", "police"),
    ],
)
def test_what_is_certain_is_normalised_and_counted(tmp_path, column, written, kept):
    extract = read_cases(write(tmp_path, ENQUIRY, {column: written}, {}))
    assert extract.faults.empty
    assert (extract.rows_read, extract.rows_loaded, extract.rows_normalised) == (2, 1, 1)
    assert extract.frame[column].iloc[0] == kept


@pytest.mark.parametrize(
    ("column", "written", "rule"),
    [
        ("received_date", "31/02/2013", "day_wrong"),
        ("received_date", "2013-13-01", "day_wrong"),
        ("received_date", "10/25/2013", "day_wrong"),
        ("received_date", "1999-12-31", "day_wrong"),
        ("received_date", "2999-01-01", "day_wrong"),
        ("received_date", "", "cell_empty"),
        ("outcome_date", "soon", "day_wrong"),
        ("outcome_date", "2013-09-30", "ends_before_start"),
        ("area_code", "Sherwood Forest", "district_unknown"),
        ("area_code", COUNTY, "district_unknown"),
        ("area_code", "", "cell_empty"),
        ("age", "26", "age_wrong"),
        ("age", "-1", "age_wrong"),
        ("age", "7.5", "age_wrong"),
        ("age", "", "cell_empty"),
        ("need_level", "5", "level_wrong"),
        ("need_level", "0", "level_wrong"),
        ("sex", "girl or boy", "word_unknown"),
        ("source", "the moon", "word_unknown"),
        ("outcome", "closed", "word_unknown"),
        ("data_status", "perhaps", "word_unknown"),
        ("child_id", " ", "cell_empty"),
        ("enquiry_id", "", "cell_empty"),
    ],
)
def test_a_faulty_row_is_refused_and_the_others_stay(tmp_path, column, written, rule):
    extract = read_cases(write(tmp_path, ENQUIRY, {}, {column: written}, {}))
    assert extract.faults[["rule", "severity", "row", "column"]].to_numpy().tolist() == [
        [rule, "error", 3, column]
    ]
    assert (extract.faults[["wanted", "mend"]] != "").all(axis=None)
    assert (extract.rows_read, extract.rows_loaded, extract.rows_rejected) == (3, 2, 1)
    assert extract.rejected.index.tolist() == [3]
    assert extract.rejected[column].tolist() == [written]
    assert extract.frame.index.tolist() == [2, 4]


def test_age_25_and_the_first_and_last_level_are_taken(tmp_path):
    changes = [{"age": "25"}, {"age": "0"}, {"need_level": "1"}, {"need_level": "4"}]
    assert read_cases(write(tmp_path, ENQUIRY, *changes)).faults.empty


@pytest.mark.parametrize(
    ("change", "rule", "column"),
    [
        ({"closed_date": "2013-09-30"}, "ends_before_start", "closed_date"),
        ({"closed_date": ""}, "closed_without_day", "closed_date"),
        ({"process": ""}, "cell_empty", "process"),
        ({"closure_reason": "fine now"}, "word_unknown", "closure_reason"),
    ],
)
def test_a_faulty_episode_is_refused(tmp_path, change, rule, column):
    extract = read_cases(write(tmp_path, EPISODE, {}, change))
    assert extract.kind == "early_help_episodes"
    assert extract.faults[["rule", "row", "column"]].to_numpy().tolist() == [[rule, 3, column]]


def test_an_episode_may_close_on_the_day_it_opened_or_be_open(tmp_path):
    same_day = {"closed_date": "2013-10-01"}
    still_open = {"closed_date": "", "closure_reason": ""}
    assert read_cases(write(tmp_path, EPISODE, same_day, still_open)).rows_loaded == 2


def test_all_faults_of_a_row_are_named(tmp_path):
    extract = read_cases(write(tmp_path, ENQUIRY, {"age": "old", "need_level": "9"}))
    assert sorted(extract.faults["rule"]) == ["age_wrong", "level_wrong"]
    assert extract.rows_rejected == 1


def test_records_that_share_an_id_and_differ_are_all_refused(tmp_path):
    changes = [{"enquiry_id": "X"}, {}, {"enquiry_id": "X", "age": "8"}]
    extract = read_cases(write(tmp_path, ENQUIRY, *changes))
    assert extract.faults["rule"].tolist() == ["id_repeated"] * 2
    assert extract.faults["row"].tolist() == [2, 4]
    assert extract.faults["found"].tolist() == ["rows 2, 4"] * 2
    assert (extract.rows_loaded, extract.rows_rejected) == (1, 2)


def test_rows_alike_in_every_column_are_taken_once_and_counted_as_normalised(tmp_path):
    changes = [{"enquiry_id": "X"}, {"enquiry_id": "X"}, {"enquiry_id": "X", "age": "7.0"}]
    extract = read_cases(write(tmp_path, ENQUIRY, *changes))
    assert extract.faults.empty
    assert len(extract.frame) == 1
    assert (extract.rows_read, extract.rows_loaded, extract.rows_normalised) == (3, 1, 2)


@pytest.mark.parametrize(
    "heading",
    [
        *("Name", "child_name", "Surname", "dob", "Date of Birth", "NHSNumber", "nhs_no", "UPN"),
        *("home address", "Email", "e-mail", "telephone", "Mobile", "Tel"),
    ],
)
def test_a_column_for_personal_data_refuses_the_file_without_its_values(tmp_path, heading):
    path = write(tmp_path, ENQUIRY, {heading: "Zebedee 943 476 5919"})
    with pytest.raises(SourceError, match=r"extract\.csv, row 1: column .* personal data") as said:
        read_cases(path)
    assert "Zebedee" not in str(said.value)
    assert "943" not in str(said.value)


def test_all_problems_of_a_header_are_named_together(tmp_path):
    first = {key: value for key, value in ENQUIRY.items() if key not in ("age", "source")}
    with pytest.raises(SourceError) as said:
        read_cases(write(tmp_path, {**first, "dob": "x", "upn": "y"}, {}))
    assert "column dob, upn may hold personal data" in str(said.value)
    assert "column source, age is missing" in str(said.value)


def test_columns_that_are_not_known_are_left_out_and_said(tmp_path):
    path = write(tmp_path, ENQUIRY, {"postcode": "NG17 4AB", "notes": "rang twice"})
    extract = read_cases(path)
    assert extract.faults["severity"].tolist() == ["warning", "warning"]
    assert extract.faults["column"].tolist() == ["postcode", "notes"]
    assert extract.rows_loaded == 1
    assert "postcode" not in extract.frame.columns
    assert "NG17" not in extract.faults.to_csv()


def test_headings_may_be_written_otherwise(tmp_path):
    path = write(tmp_path, ENQUIRY, {})
    text = path.read_text(encoding="utf-8")
    text = text.replace("enquiry_id", "Enquiry ID").replace("need_level", "NeedLevel")
    path.write_text(text, encoding="utf-8")
    assert read_cases(path).rows_loaded == 1
    assert is_cases(["Enquiry ID", "other"]) == "mash_enquiries"
    assert is_cases(["EPISODE_ID"]) == "early_help_episodes"
    assert is_cases(["indicator_id", "child_id"]) == ""


def test_a_file_without_case_records_is_refused(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"other\.csv, row 1: no case records; expected a column"):
        read_cases(path)


def test_a_heading_twice_is_refused(tmp_path):
    path = write(tmp_path, {**ENQUIRY, "Age": "8"}, {})
    with pytest.raises(SourceError, match="column age is there twice"):
        read_cases(path)


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("age", "C1"),
        ("age", "A1-0"),
        ("need_level", "943 476 5919"),
        ("need_level", "9434765919"),
        ("source", "07700 900123"),
        ("area_code", "NG17 4AB"),
        ("outcome", "jo@example.org"),
        ("outcome", "her grandmother rang and then called round again"),
    ],
)
def test_faults_never_repeat_what_may_identify_a_child(tmp_path, column, written):
    extract = read_cases(write(tmp_path, ENQUIRY, {column: written}))
    assert extract.faults["found"].tolist() == ["(not shown: it may identify a child)"]
    assert extract.faults["column"].tolist() == [column]
    assert written not in extract.faults.to_csv()


def test_faults_show_what_was_found_otherwise(tmp_path):
    extract = read_cases(write(tmp_path, ENQUIRY, {"age": "seven"}))
    assert extract.faults["found"].tolist() == ["seven"]


def test_records_with_synthetic_ids_stay_synthetic_without_their_mark(tmp_path):
    extract = read_cases(write(tmp_path, ENQUIRY, {"enquiry_id": "SYN-1"}, {}))
    assert extract.frame["data_status"].tolist() == ["synthetic", ""]
    assert extract.rows_normalised == 1


def test_an_extract_without_rows_is_read_and_counted_as_nothing(tmp_path):
    path = tmp_path / "extract.csv"
    path.write_text(",".join(ENQUIRY) + "\n", encoding="utf-8")
    extract = read_cases(path)
    assert extract.rows_read == len(extract.frame) == 0
    extract.frame.to_parquet(tmp_path / "mash_enquiries.parquet", index=False)
    observations = validate_observations(count_cases(tmp_path, PEOPLE, AREAS))
    assert observations.empty


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_whatever_is_in_the_cells_each_row_is_accounted_for(tmp_path, data):
    rows = [{**ENQUIRY, "enquiry_id": f"A{row}", "data_status": ""} for row in range(4)]
    odd = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=12)
    near = st.sampled_from(["0", "18", "1/4/2014", "2014-04-01", "Mansfield", "NFA", " ", "A1"])
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.integers(0, 3))
        rows[row][data.draw(st.sampled_from(list(rows[0])))] = data.draw(odd | near)
    path = tmp_path / "extract.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8")
    extract = read_cases(path)
    parts = (extract.rows_loaded, extract.rows_normalised, extract.rows_rejected)
    assert sum(parts) == extract.rows_read == 4
    assert min(parts) >= 0
    assert set(extract.rejected.index) == set(extract.faults["row"])
    assert set(extract.frame.index) <= set(range(2, 6)) - set(extract.rejected.index)


# Counting


def test_days_at_the_edges_fall_in_their_quarter(tmp_path):
    days = ["2013-03-31", "2013-04-01", "2013-06-30", "2013-07-01", "2014-03-31", "2014-04-01"]
    changes = [{"received_date": day, "outcome_date": day} for day in days]
    observations = counted(tmp_path, ENQUIRY, *changes)
    found = {key: count for key, (count, _) in numbers(observations, *MASH).items()}
    assert found == {
        "2012/13-Q4": 1,
        "2013/14-Q1": 2,
        "2013/14-Q2": 1,
        "2013/14-Q4": 1,
        "2014/15-Q1": 1,
    }


def test_period_bears_label_and_days(tmp_path):
    row = counted(tmp_path, ENQUIRY, {}).iloc[0]
    assert row["period"] == "2013/14-Q3"
    assert row["period_start"] == pd.Timestamp("2013-10-01")
    assert row["period_end"] == pd.Timestamp("2013-12-31")
    assert row["age"] == "0-17"
    assert row["source_id"] == "mash_enquiries"


def test_denominator_is_the_middle_of_the_year_in_which_the_financial_year_begins(tmp_path):
    changes = [
        {"received_date": day, "outcome_date": ""} for day in ("2013-03-31", "2013-04-01")
    ] + [{"received_date": day, "outcome_date": ""} for day in ("2014-03-31", "2014-04-01")]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert {key: people for key, (_, people) in numbers(observations, *MASH).items()} == {
        "2012/13-Q4": 22_012,
        "2013/14-Q1": 22_013,
        "2013/14-Q4": 22_013,
        "2014/15-Q1": 22_014,
    }
    county = numbers(observations, "mash_enquiries", COUNTY)
    assert county["2012/13-Q4"] == (1, 22_012 + 20_012 + 21_012)
    assert numbers(observations, "mash_enquiries", NORTH)["2012/13-Q4"] == (1, 22_012 + 20_012)


def test_derived_populations_are_said(tmp_path):
    observations = counted(tmp_path, ENQUIRY, {})
    whole = observations["category_type"] == ""
    rates = observations["indicator_id"].eq("mash_enquiries") & whole
    assert observations.loc[rates, "value_note"].str.contains("derived").all()
    assert not observations.loc[~rates, "value_note"].str.contains("derived").any()


def test_without_a_population_the_rate_is_not_available(tmp_path):
    people = PEOPLE[~((PEOPLE["area_code"] == BASSETLAW) & (PEOPLE["period"] == "2013"))]
    extract = read_cases(write(tmp_path, ENQUIRY, {}))
    extract.frame.to_parquet(tmp_path / "mash_enquiries.parquet")
    observations = validate_observations(count_cases(tmp_path, people, AREAS))
    found = observations[observations["category_type"] == ""].set_index("area_code")
    found = found[found["indicator_id"] == "mash_enquiries"]
    missing = found["denominator"].isna()
    assert set(found.index[missing]) == {BASSETLAW, NORTH, COUNTY}
    assert found.loc[missing, "value_note"].str.contains("not_available").all()
    assert not found.loc[~missing, "value_note"].str.contains("not_available").any()
    assert found["numerator"].notna().all()


def test_districts_and_quarters_without_records_count_nought(tmp_path):
    observations = counted(
        tmp_path, ENQUIRY, {}, {"received_date": "2014-01-01", "outcome_date": ""}
    )
    whole = observations[observations["category_type"] == ""]
    sizes = whole.groupby(["indicator_id", "period"]).size()
    assert (sizes == 6).all()
    assert len(sizes) == 4
    assert numbers(observations, "mash_enquiries", RUSHCLIFFE) == {
        "2013/14-Q3": (0, 21_013),
        "2013/14-Q4": (0, 21_013),
    }
    assert numbers(observations, "mash_outcome", SOUTH)["2013/14-Q4"] == (0, 0)
    parts = observations[observations["category_type"] == "outcome"]
    assert parts.groupby(["area_code", "period"]).size().eq(1).all()
    assert parts.loc[parts["area_code"] == RUSHCLIFFE, "numerator"].tolist() == [0, 0]
    assert parts.loc[parts["area_code"] == RUSHCLIFFE, "denominator"].tolist() == [0, 0]


def test_parts_add_up_to_the_whole_and_share_its_denominator(tmp_path):
    changes = [
        {"source": "schools", "outcome": "", "outcome_date": "", "need_level": ""},
        {"area_code": BASSETLAW, "sex": "male", "source": ""},
        {"area_code": BASSETLAW, "sex": ""},
    ]
    observations = counted(tmp_path, ENQUIRY, {}, *changes)
    chosen = observations[
        (observations["indicator_id"] == "mash_enquiries") & (observations["category_type"] != "")
    ]
    north = chosen[chosen["area_code"] == NORTH]
    assert set(north["category_type"]) == {"source", "need_level", "outcome", "sex"}
    assert north.groupby("category_type")["numerator"].sum().eq(4).all()
    assert (north["denominator"] == 4).all()
    found = {
        (row.category_type, row.category, row.sex): row.numerator for row in north.itertuples()
    }
    assert found["sex", "female", "female"] == 2
    assert found["sex", "unknown", "persons"] == 1
    assert found["source", "not recorded", "persons"] == 1
    assert found["need_level", "not recorded", "persons"] == 1
    assert found["need_level", "level 2", "persons"] == 3
    assert found["outcome", "not recorded", "persons"] == 1
    ashfield = chosen[chosen["area_code"] == ASHFIELD]
    assert (ashfield["denominator"] == 2).all()


def test_only_children_under_18_of_the_county_are_counted(tmp_path):
    changes = [{"age": "17"}, {"age": "18"}, {"age": "0"}, {"area_code": "Nottingham"}]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert numbers(observations, "mash_enquiries", COUNTY)["2013/14-Q3"][0] == 2
    assert set(observations["area_code"]) == {*PEOPLE["area_code"], COUNTY, NORTH, SOUTH}


def test_a_quarter_with_records_of_other_counties_only_is_left_out(tmp_path):
    elsewhere = {"area_code": "E06000018", "received_date": "2014-01-05", "outcome_date": ""}
    observations = counted(tmp_path, ENQUIRY, {}, elsewhere)
    assert set(observations["period"]) == {"2013/14-Q3"}


def test_mash_outcome_changes_its_definition_in_april_2014(tmp_path):
    words = ["no further action", "no further action", "early help services"]
    words += ["children's social care", "information and advice"]
    changes = [
        {"received_date": day, "outcome": word, "outcome_date": day}
        for day in ("2014-03-31", "2014-04-01")
        for word in [*words, "children's social care"]
    ]
    changes.append({"received_date": "2014-04-01", "outcome": "", "outcome_date": ""})
    found = numbers(counted(tmp_path, ENQUIRY, *changes), "mash_outcome", ASHFIELD)
    assert found == {"2013/14-Q4": (2, 6), "2014/15-Q1": (3, 6)}


def test_needs_met_changes_its_definition_in_april_2014(tmp_path):
    reasons = ["needs met", "disengaged", "needs met"]
    changes = [
        {"closed_date": day, "closure_reason": reason, "process": process}
        for day in ("2014-03-31", "2014-04-01")
        for process in ("CAF", "other")
        for reason in reasons
    ]
    changes.append({"closed_date": "", "closure_reason": ""})
    changes.append({"closed_date": "2014-04-01", "closure_reason": ""})
    found = numbers(counted(tmp_path, EPISODE, *changes), "needs_met", ASHFIELD)
    assert found == {"2013/14-Q4": (2, 3), "2014/15-Q1": (4, 7)}


def test_episodes_are_counted_when_opened(tmp_path):
    changes = [{}, {"opened_date": "2013-09-30"}, {"closed_date": "", "closure_reason": ""}]
    observations = counted(tmp_path, EPISODE, *changes)
    found = numbers(observations, "early_help_episodes", ASHFIELD)
    assert found == {"2013/14-Q2": (1, 22_013), "2013/14-Q3": (2, 22_013)}


def test_definitions_change_when_the_catalogue_says():
    for indicator_id in ("mash_outcome", "needs_met"):
        starts = [each.start for each in read_indicators()[indicator_id].versions]
        assert len(starts) == 2
        assert starts[-1].isoformat() == "2014-04-01"


def test_a_quarter_with_any_synthetic_record_is_synthetic_everywhere(tmp_path):
    changes = [
        {"data_status": "synthetic"},
        {"data_status": "", "area_code": BASSETLAW},
        {"data_status": "", "received_date": "2014-01-01", "outcome_date": ""},
    ]
    observations = counted(tmp_path, ENQUIRY, *changes)
    synthetic = observations["value_note"].str.contains("synthetic")
    assert synthetic.equals(observations["period"] == "2013/14-Q3")


@pytest.mark.parametrize(
    ("first", "last", "provisional"),
    [
        ("2013-10-01", "2013-12-31", False),
        ("2013-10-08", "2013-12-24", False),
        ("2013-10-09", "2013-12-31", True),
        ("2013-10-01", "2013-12-23", True),
    ],
)
def test_a_quarter_that_the_extract_does_not_cover_is_provisional(
    tmp_path, first, last, provisional
):
    changes = [{"received_date": day, "outcome_date": ""} for day in (first, last)]
    observations = counted(tmp_path, ENQUIRY, *changes)
    assert observations["value_note"].str.contains("provisional").eq(provisional).all()


def test_only_the_quarters_at_the_ends_are_provisional(tmp_path):
    days = ("2013-05-20", "2013-08-20", "2013-11-20")
    changes = [{"received_date": day, "outcome_date": ""} for day in days]
    observations = counted(tmp_path, ENQUIRY, *changes)
    marked = observations.groupby("period")["value_note"].agg(
        lambda notes: notes.str.contains("provisional").all()
    )
    assert marked.to_dict() == {"2013/14-Q1": True, "2013/14-Q2": False, "2013/14-Q3": True}


def test_a_record_in_two_extracts_is_refused(tmp_path):
    frame = read_cases(write(tmp_path, ENQUIRY, {}, {})).frame
    frame.to_parquet(tmp_path / "mash_enquiries-1.parquet")
    frame.tail(1).to_parquet(tmp_path / "mash_enquiries-2.parquet")
    with pytest.raises(ObservationError, match="mash_enquiries: 1 records stand in more than one"):
        count_cases(tmp_path, PEOPLE, AREAS)


def test_extracts_of_one_kind_are_counted_together(tmp_path):
    frame = read_cases(write(tmp_path, ENQUIRY, {}, {}, {})).frame
    frame.head(1).to_parquet(tmp_path / "mash_enquiries-1.parquet")
    frame.tail(2).to_parquet(tmp_path / "mash_enquiries-2.parquet")
    observations = count_cases(tmp_path, PEOPLE, AREAS)
    assert numbers(observations, *MASH)["2013/14-Q3"][0] == 3


def test_a_folder_without_case_records_gives_no_observations(tmp_path):
    assert validate_observations(count_cases(tmp_path, PEOPLE, AREAS)).empty


def test_a_council_without_districts_is_counted_whole(tmp_path):
    dorset = Area("E06000059", "Dorset", "unitary")
    areas = Areas(dorset, (), (), AREAS.region, AREAS.england)
    extract = read_cases(write(tmp_path, ENQUIRY, {"area_code": "E06000059"}, {}))
    extract.frame.to_parquet(tmp_path / "mash_enquiries.parquet")
    people = populations(("E06000059", "2013", 70_000.0, ""))
    observations = validate_observations(count_cases(tmp_path, people, areas))
    assert numbers(observations, "mash_enquiries", dorset.code) == {"2013/14-Q3": (1, 70_000)}
    assert set(observations["area_type"]) == {"unitary"}


@pytest.fixture(scope="module")
def sampled(tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Records of a small sample as pandas reads them, and what DuckDB counts of them."""
    folder = tmp_path_factory.mktemp("sampled")
    paths = write_sample(folder, rows=4_000)
    for path in paths:
        read_cases(path).frame.to_parquet(folder / f"{path.stem}.parquet")
    enquiries = pd.read_csv(paths[0], parse_dates=["received_date"])
    episodes = pd.read_csv(paths[1], parse_dates=["opened_date", "closed_date"])
    inside = [area.code for area in DISTRICTS]
    frames = [each[each["area_code"].isin(inside)] for each in (enquiries, episodes)]
    return *frames, validate_observations(count_cases(folder, PEOPLE, AREAS))


def by_pandas(records: pd.DataFrame, days: str, *columns: str) -> pd.Series:
    """Records by district, financial quarter and columns, in plain pandas."""
    quarter = records[days].dt.to_period("Q-MAR")
    years = (quarter.dt.qyear - 1).astype("str") + "/" + (quarter.dt.qyear % 100).astype("str")
    period = (years + "-Q" + quarter.dt.quarter.astype("str")).rename("period")
    return records.groupby(["area_code", period, *columns], dropna=False).size()


def of_districts(observations: pd.DataFrame, indicator_id: str, category_type: str = ""):
    chosen = observations[
        (observations["indicator_id"] == indicator_id)
        & (observations["area_type"] == "district")
        & (observations["category_type"] == category_type)
    ]
    keys = ["area_code", "period", *(["category"] if category_type else [])]
    return chosen.set_index(keys)


def assert_same_counts(found: pd.Series, wanted: pd.Series) -> None:
    """Every count of pandas is there, and what pandas has not is 0."""
    wanted = wanted.reindex(found.index, fill_value=0)
    assert wanted.sum() > 0
    assert found.tolist() == wanted.tolist()


def test_enquiries_are_what_pandas_counts(sampled):
    enquiries, _, observations = sampled
    found = of_districts(observations, "mash_enquiries")["numerator"]
    wanted = by_pandas(enquiries, "received_date")
    assert_same_counts(found, wanted)
    assert found.sum() == len(enquiries)


@pytest.mark.parametrize("column", ["source", "need_level", "outcome", "sex"])
def test_parts_of_enquiries_are_what_pandas_counts(sampled, column):
    enquiries, _, observations = sampled
    words = enquiries[column]
    words = "level " + words.astype("str") if column == "need_level" else words
    words = words.fillna("not recorded")
    found = of_districts(observations, "mash_enquiries", column)["numerator"]
    found = found.rename_axis(["area_code", "period", column])
    wanted = by_pandas(enquiries.assign(**{column: words}), "received_date", column)
    assert_same_counts(found, wanted)
    assert found.sum() == len(enquiries)


def test_mash_outcomes_are_what_pandas_counts(sampled):
    enquiries, _, observations = sampled
    decided = enquiries.dropna(subset="outcome")
    early = decided["received_date"] < "2014-04-01"
    none = decided["outcome"] == "no further action"
    acted = decided["outcome"].isin(["children's social care", "early help services"])
    found = of_districts(observations, "mash_outcome")
    assert_same_counts(found["denominator"], by_pandas(decided, "received_date"))
    chosen = decided[np.where(early, none, acted)]
    assert_same_counts(found["numerator"], by_pandas(chosen, "received_date"))


def test_episodes_and_needs_met_are_what_pandas_counts(sampled):
    _, episodes, observations = sampled
    found = of_districts(observations, "early_help_episodes")["numerator"]
    assert_same_counts(found, by_pandas(episodes, "opened_date"))
    closed = episodes[
        episodes["closed_date"].notna()
        & ((episodes["process"] == "CAF") | (episodes["closed_date"] >= "2014-04-01"))
    ]
    found = of_districts(observations, "needs_met")
    assert_same_counts(found["denominator"], by_pandas(closed, "closed_date"))
    met = closed[closed["closure_reason"] == "needs met"]
    assert_same_counts(found["numerator"], by_pandas(met, "closed_date"))


def test_districts_localities_and_county_add_up(sampled):
    observations = sampled[2]
    keys = ["indicator_id", "period", "sex", "category_type", "category"]
    for number in ("numerator", "denominator"):
        sums = observations.pivot_table(number, keys, "area_type", aggfunc="sum")
        assert len(sums) > 250
        assert (sums["district"] == sums["county"]).all()
        assert (sums["locality"] == sums["county"]).all()


def test_whole_sample_is_synthetic_and_covers_its_quarters(sampled):
    observations = sampled[2]
    assert observations["value_note"].str.contains("synthetic").all()
    mash = observations[observations["indicator_id"] == "mash_enquiries"]
    assert mash["period"].nunique() == 12
    assert not mash["value_note"].str.contains("provisional").any()


def test_counting_leaves_the_populations_as_they_were(tmp_path):
    before = PEOPLE.copy()
    counted(tmp_path, ENQUIRY, {})
    pd.testing.assert_frame_equal(PEOPLE, before)
