"""Case records at the door: what is refused, what is mended, and what never comes in."""

import contextlib
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehlib.load.cases import is_cases, merge_cases, read_cases, read_key
from ehlib.load.schema import SourceError
from ehlib.load.tables import Table

CHUNKS = Table.chunks
ASHFIELD, RUSHCLIFFE, COUNTY = "E07000170", "E07000176", "E10000024"
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


AUDIT = {
    "audit_id": "Q1",
    "audit_date": "2013-11-04",
    "service": "children's social care",
    "judgement": "adequate",
    "area_code": ASHFIELD,
}


def in_sevens(table: Table, size: int = 7) -> Iterator[pd.DataFrame]:
    """Chunks of seven rows, for what happens where one ends and the next begins."""
    return CHUNKS(table, 7)


def write(folder: Path, first: dict, *changes: dict) -> Path:
    """CSV with one row a set of changes to the first record, ids numbered unless given."""
    own = next(iter(first))
    rows = [{**first, own: f"{first[own]}-{row}", **each} for row, each in enumerate(changes)]
    path = folder / "extract.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8")
    return path


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
    shown = [] if column.endswith("_id") else [written]
    assert extract.rejected[column].tolist() == shown or column.endswith("_id")
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
        *("Name", "child_name", "Surname", "NHSNumber", "nhs_no", "UPN"),
        *("home address", "Email", "e-mail", "telephone", "Mobile", "Tel"),
    ],
)
def test_a_column_for_personal_data_is_dropped_and_said_without_its_values(tmp_path, heading):
    extract = read_cases(write(tmp_path, ENQUIRY, {heading: "Zebedee 943 476 5919"}))
    assert extract.rows_loaded == 1
    assert extract.faults[["rule", "severity"]].to_numpy().tolist() == [
        ["column_personal", "warning"]
    ]
    everything = extract.frame.to_csv() + extract.faults.to_csv() + extract.rejected.to_csv()
    assert "Zebedee" not in everything
    assert "943 476" not in everything


@pytest.mark.parametrize("heading", ["dob", "DOB", "Date of Birth", "date_of_birth"])
def test_a_date_of_birth_becomes_an_age_on_the_first_day_and_is_dropped(tmp_path, heading):
    first = {key: value for key, value in ENQUIRY.items() if key != "age"}
    born = ["2006-10-01", "2006-10-02", "01/10/2013", "2014-02-01", "1990-05-05", "2014-12-25"]
    extract = read_cases(write(tmp_path, first, *({heading: day} for day in born)))
    assert extract.frame["age"].tolist() == [7, 6, 0, 0, 23]
    assert extract.faults["rule"].tolist() == ["dob_to_age", "day_wrong"]
    assert (extract.rows_normalised, extract.rows_rejected) == (5, 1)
    everything = extract.frame.to_csv() + extract.faults.to_csv() + extract.rejected.to_csv()
    for day in born:
        assert day not in everything


def test_a_given_age_wins_over_a_date_of_birth(tmp_path):
    extract = read_cases(write(tmp_path, ENQUIRY, {"age": "9", "dob": "2006-10-01"}))
    assert extract.frame["age"].tolist() == [9]
    assert "2006-" not in extract.frame.to_csv()


def test_a_postcode_becomes_the_code_of_its_district_and_is_dropped(tmp_path):
    first = {key: value for key, value in ENQUIRY.items() if key != "area_code"}
    # Mansfield Civic Centre, Ashfield's Urban Road, Newark's Castle House, Rushcliffe Arena.
    codes = ["NG19 7BH", "ng17 8da", "NG241BY", "NG2 7YG"]
    extract = read_cases(write(tmp_path, first, *({"Post Code": each} for each in codes)))
    assert extract.frame["area_code"].tolist() == ["E07000174", ASHFIELD, "E07000175", RUSHCLIFFE]
    assert extract.faults["rule"].tolist() == ["postcode_to_district"]
    assert extract.rows_normalised == 4
    everything = extract.frame.to_csv() + extract.faults.to_csv() + extract.rejected.to_csv()
    assert not re.search(r"(?i)ng\d", everything)


def test_a_postcode_that_is_none_is_refused_without_being_shown(tmp_path):
    first = {key: value for key, value in ENQUIRY.items() if key != "area_code"}
    extract = read_cases(write(tmp_path, first, {"postcode": "ZZ99 3VZ"}, {"postcode": ""}))
    assert extract.faults["rule"].tolist() == [
        "postcode_to_district",
        "postcode_unknown",
        "cell_empty",
    ]
    assert "ZZ99" not in extract.faults.to_csv() + extract.rejected.to_csv()


def test_all_problems_of_a_header_are_named_together(tmp_path):
    first = {key: value for key, value in ENQUIRY.items() if key not in ("age", "source")}
    with pytest.raises(SourceError) as said:
        read_cases(write(tmp_path, {**first, "dob of parent": "x"}, {}))
    assert "column source, age is missing" in str(said.value)


def test_columns_that_are_not_known_are_left_out_and_said(tmp_path):
    path = write(tmp_path, ENQUIRY, {"colour": "blue", "notes": "rang twice"})
    extract = read_cases(path)
    assert extract.faults["severity"].tolist() == ["warning", "warning"]
    assert extract.faults["column"].tolist() == ["colour", "notes"]
    assert extract.rows_loaded == 1
    assert "colour" not in extract.frame.columns
    assert "rang" not in extract.faults.to_csv()


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
    with pytest.raises(SourceError, match=r"other\.csv, row 1: no case records; expected one of"):
        read_cases(path)


def test_a_heading_twice_is_refused(tmp_path):
    path = write(tmp_path, {**ENQUIRY, "Child ref": "8", "Person ID": "9", "child_id": "7"}, {})
    assert read_cases(path).rows_loaded == 1  # our own name wins over other headings
    del (first := dict(ENQUIRY))["child_id"]
    path = write(tmp_path, {**first, "Child ref": "8", "Person ID": "9"}, {})
    with pytest.raises(SourceError, match="column child_id is there twice"):
        read_cases(path)


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("age", "C1"),
        ("age", "A1-0"),
        ("outcome", "her grandmother rang and then called round again"),
        ("source", "12 34 56 78 9"),
    ],
)
def test_faults_never_repeat_what_may_identify_a_child(tmp_path, column, written):
    extract = read_cases(write(tmp_path, ENQUIRY, {column: written}))
    assert extract.faults["found"].tolist() == ["(not shown: it may identify a child)"]
    assert extract.faults["column"].tolist() == [column]
    assert written not in extract.faults.to_csv()


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("need_level", "943 476 5919"),
        ("source", "07700 900123"),
        ("area_code", "NG17 4AB"),
        ("outcome", "jo@example.org"),
    ],
)
def test_a_cell_of_personal_data_refuses_the_file_without_quoting_it(tmp_path, column, written):
    with pytest.raises(SourceError) as said:
        read_cases(write(tmp_path, ENQUIRY, {}, {column: written}))
    assert said.value.place["rule"] == "personal_data"
    assert (said.value.place["row"], said.value.place["column"]) == (3, column)
    assert written not in str(said.value) + str(said.value.place)


def test_faults_show_what_was_found_otherwise(tmp_path):
    extract = read_cases(write(tmp_path, ENQUIRY, {"age": "seven"}))
    assert extract.faults["found"].tolist() == ["seven"]


def test_records_with_synthetic_ids_stay_synthetic_without_their_mark(tmp_path):
    extract = read_cases(write(tmp_path, ENQUIRY, {"enquiry_id": "SYN-1"}, {}))
    assert extract.frame["data_status"].tolist() == ["synthetic", ""]
    assert extract.rows_normalised == 1


def test_ids_become_hashes_that_hold_for_one_key_only(tmp_path):
    path = write(tmp_path, ENQUIRY, {}, {"child_id": "C2"}, {})
    one, again, other = (read_cases(path, key=key * 32).frame for key in (b"a", b"a", b"b"))
    assert one["child_id"].dtype == "int64"
    assert one["child_id"].tolist() == again["child_id"].tolist() != other["child_id"].tolist()
    assert one["child_id"].nunique() == 2
    assert one["enquiry_id"].is_unique
    without = [read_cases(path).frame["child_id"].iloc[0] for _ in range(2)]
    assert without[0] != without[1]


def test_the_hash_is_blake2b_under_the_key(tmp_path):
    key = bytes(range(32))
    frame = read_cases(write(tmp_path, ENQUIRY, {}), key=key).frame
    digest = hashlib.blake2b(b"C1", key=key, digest_size=8).digest()
    assert frame["child_id"].tolist() == [int.from_bytes(digest, "little", signed=True)]


def test_the_key_is_made_once_and_kept_for_its_owner(tmp_path):
    key = read_key(tmp_path / "processed")
    assert len(key) == 32
    assert read_key(tmp_path / "processed") == key
    [path] = (tmp_path / "processed").iterdir()
    assert path.name.startswith(".")
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_key(tmp_path / "other") != key
    path.write_bytes(b"short")
    with pytest.raises(SourceError, match="found 5 bytes; expected the 32"):
        read_key(tmp_path / "processed")


def test_ids_stand_nowhere_in_what_a_faulty_row_leaves(tmp_path):
    rows = [{"enquiry_id": "ENQ-777", "child_id": "KID-888", "age": "old"}]
    rows += [{"enquiry_id": "ENQ-777", "child_id": "KID-888"}, {"source": "KID-888"}]
    extract = read_cases(write(tmp_path, ENQUIRY, *rows, {"child_id": "KID-888"}))
    assert set(extract.faults["rule"]) == {"age_wrong", "id_repeated", "word_unknown"}
    assert extract.rejected.index.tolist() == [2, 3, 4]
    everything = extract.frame.to_csv() + extract.faults.to_csv() + extract.rejected.to_csv()
    assert "ENQ-" not in everything
    assert "KID-" not in everything


def test_records_written_in_parts_are_those_of_a_frame(tmp_path, monkeypatch):
    changes = [{"age": str(age % 30), "child_id": f"C{age // 2}"} for age in range(60)]
    path = write(tmp_path, ENQUIRY, *changes, {"enquiry_id": "A1-3", "age": "12"})
    whole = read_cases(path, key=b"k" * 32)
    monkeypatch.setattr(Table, "chunks", in_sevens)
    parted = read_cases(path, key=b"k" * 32, folder=tmp_path)
    assert parted.part.parent == tmp_path
    assert len(parted.frame) == 0
    written = pd.read_parquet(parted.part).set_index("row")
    pd.testing.assert_frame_equal(written, whole.frame, check_names=False, check_dtype=False)
    assert sorted(parted.rejected.index) == sorted(whole.rejected.index)
    assert sorted(parted.faults["row"]) == sorted(whole.faults["row"])
    for name in ("rows_read", "rows_loaded", "rows_normalised", "rows_rejected"):
        assert getattr(parted, name) == getattr(whole, name)


def test_a_file_refused_midway_leaves_no_part_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(Table, "chunks", in_sevens)
    folder = tmp_path / "parts"
    folder.mkdir()
    path = write(tmp_path, ENQUIRY, *[{}] * 20, {"outcome": "jo@example.org"})
    with pytest.raises(SourceError):
        read_cases(path, folder=folder)
    assert list(folder.iterdir()) == []


def test_a_later_extract_replaces_a_record_and_says_others_again(tmp_path):
    key, parts = b"k" * 32, []
    versions = [
        [{"outcome": "", "outcome_date": ""}, {}, {}],
        [{}, {}, {"age": "9"}, {}],
    ]
    for number, changes in enumerate(versions):
        folder = tmp_path / str(number)
        folder.mkdir()
        parts.append(read_cases(write(folder, ENQUIRY, *changes), key=key, folder=folder).part)
    out = tmp_path / "cases" / "mash_enquiries.parquet"
    merged = merge_cases(parts, out)
    assert merged[["rows_again", "rows_replaced"]].to_numpy().tolist() == [[1, 2], [0, 0]]
    records = pd.read_parquet(out)
    assert len(records) == 4
    assert records["enquiry_id"].is_unique
    assert (records["outcome"] == "early help services").all()
    assert sorted(records["age"]) == [7, 7, 7, 9]
    other_way = merge_cases(parts[::-1], out)
    assert other_way["rows_replaced"].tolist() == [2, 0]
    assert (pd.read_parquet(out)["outcome"] == "").sum() == 1


def test_an_extract_without_rows_is_read(tmp_path):
    path = tmp_path / "extract.csv"
    path.write_text(",".join(ENQUIRY) + "\n", encoding="utf-8")
    extract = read_cases(path)
    assert extract.rows_read == len(extract.frame) == 0
    assert extract.faults.empty


def test_quality_audits_are_read(tmp_path):
    changes = [{}, {"judgement": "2"}, {"judgement": "RI"}, {"judgement": ""}, {"service": "moon"}]
    extract = read_cases(write(tmp_path, AUDIT, *changes))
    assert extract.kind == "quality_audits"
    assert extract.frame["judgement"].tolist() == ["adequate", "good", "requires improvement", ""]
    assert extract.faults["rule"].tolist() == ["word_unknown"]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_whatever_is_in_the_cells_each_row_is_accounted_for(tmp_path, data):
    rows = [{**ENQUIRY, "enquiry_id": f"A{row}", "data_status": ""} for row in range(4)]
    odd = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
    near = st.sampled_from(["0", "18", "1/4/2014", "2014-04-01", "Mansfield", "NFA", " ", "A1"])
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.integers(0, 3))
        rows[row][data.draw(st.sampled_from(list(rows[0])))] = data.draw(odd | near)
    path = tmp_path / "extract.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8")
    extract = None
    with contextlib.suppress(SourceError):  # cells that look like personal data
        extract = read_cases(path)
    if extract is None:
        return
    parts = (extract.rows_loaded, extract.rows_normalised, extract.rows_rejected)
    assert sum(parts) == extract.rows_read == 4
    assert min(parts) >= 0
    errors = extract.faults[extract.faults["severity"] == "error"]
    assert set(extract.rejected.index) == set(errors["row"])
    assert set(extract.frame.index) <= set(range(2, 6)) - set(extract.rejected.index)
