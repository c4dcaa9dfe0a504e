"""Personal data at the door: columns dropped by name, cells that refuse a file, no alarms."""

import random
from pathlib import Path

import pytest

from ehlib.load.schema import SourceError
from ehlib.load.tables import Table, drop_personal, find_table, read_grids
from ehlib.load.tables.scan import is_nhs_number, is_upn

AREA = "E07000170"
# 9 x 10 + 4 x 9 + 3 x 8 + 4 x 7 + 7 x 6 + 6 x 5 + 5 x 4 + 9 x 3 + 1 x 2 = 299; 11 - 299 % 11 = 9.
NHS = ["9434765919", "9434765870", "4010232137"]
# 1 x 2 + 2 x 3 + ... + 9 x 10 + 0 x 11 + 1 x 12 + 2 x 13 = 368 = 16 x 23, the remainder of A;
# 8 x 2 + 1 x 4 + 2 x 5 + 1 x 10 + 1 x 13 = 53 = 2 x 23 + 7, the remainder of H.
UPN = ["A123456789012", "H801200001001"]


def table_of(folder: Path, rows: list[list[str]], **how: object) -> Table:
    path = folder / "a.csv"
    path.write_text("".join(f"{','.join(row)}\n" for row in rows), encoding="utf-8")
    table = find_table(read_grids(path)[0], lambda names: len(names) >= 2, **how)
    assert table is not None
    return table


def refused(folder: Path, rows: list[list[str]]) -> SourceError | None:
    """Error of reading a table to its end; None when it reads."""
    try:
        table_of(folder, rows).cells()
    except SourceError as error:
        return error if error.place["rule"] == "personal_data" else pytest.fail(str(error))
    return None


def columns(name: str, values: list[str]) -> list[list[str]]:
    """A table of areas and figures with one column more."""
    rows = [[AREA, str(number), value] for number, value in enumerate(values)]
    return [["area_code", "value", name], *rows]


@pytest.mark.parametrize("number", NHS)
def test_nhs_numbers_pass_the_check_digit_and_others_do_not(number: str):
    assert is_nhs_number(number)
    wrong = str((int(number[-1]) + 1) % 10)
    assert not is_nhs_number(number[:-1] + wrong)


def test_nhs_number_whose_check_digit_would_be_ten_is_none():
    # 4 x 10 + 2 x 6 + 1 x 4 = 56 = 5 x 11 + 1, and 11 - 1 is no digit.
    assert not any(is_nhs_number(f"400020100{last}") for last in range(10))


@pytest.mark.parametrize("number", UPN)
def test_pupil_numbers_pass_the_check_letter_and_others_do_not(number: str):
    assert is_upn(number)
    assert not is_upn("B" + number[1:])
    assert not is_upn(number[:-1] + "9")
    assert not is_upn(number[:-1])


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Child Name",
            "child_name",
            "ChildName",
            "Forename",
            "SURNAME",
            "first_name",
            "Last Name",
        ),
        *("Full name", "Child's Name", "Mother's name", "Parent/Carer name", "Initials"),
        *("Social Worker", "Allocated worker name", "Name of child", "Referrer Name"),
        *(
            "DOB",
            "D.O.B.",
            "Date of Birth",
            "date_of_birth",
            "DateOfBirth",
            "Child DOB",
            "Birth Date",
        ),
        *("NHS Number", "NHSNumber", "nhs_no", "NHS", "UPN", "Unique Pupil Number", "ULN", "UPRN"),
        *("Address", "Home address", "AddressLine1", "address_line_2", "House number"),
        *("Postcode", "Post Code", "Home Postcode", "pcds", "Email", "e-mail address"),
        *("Telephone", "Phone number", "Mobile", "Contact Tel", "National Insurance Number"),
    ],
)
def test_column_for_personal_data_is_known_by_its_name(name: str):
    assert drop_personal(["child_id", name, "received_date"]) == (
        ["child_id", "received_date"],
        [name],
    )


@pytest.mark.parametrize(
    "name",
    [
        *("area_name", "Area Name", "la_name", "Parent Name", "Indicator Name", "ltla24_name"),
        *("School name", "Team name", "Category", "numerator", "Live births", "birth_weight"),
        *("Number of addresses", "postcode district", "Age", "sex", "Contact Source", "Name"),
        *("Reason for unknown UPN", "Percentage with NHS number", "Telephone calls rate"),
        *("Births", "Month of birth", "NHS region", "Provider name", "Child Unique ID"[:5]),
    ],
)
def test_column_about_areas_or_counts_is_kept(name: str):
    assert drop_personal(["Parent Code", name, "value"])[1] == []


def test_plain_name_is_dropped_beside_other_signs_of_people():
    assert drop_personal(["Name", "DOB", "need_level"])[1] == ["Name", "DOB"]
    assert drop_personal(["name", "child_id", "need_level"])[1] == ["name"]


def test_kept_columns_are_named_by_kind_or_by_name():
    header = ["Child Unique ID", "D.O.B.", "Home Post Code", "Surname"]
    kept, dropped = drop_personal(header, keep=("postcode", "date_of_birth"))
    assert kept == header[:3]
    assert dropped == ["Surname"]
    assert drop_personal(header, keep=("Surname",))[0] == ["Child Unique ID", "Surname"]


def test_dropped_column_is_gone_and_said(tmp_path: Path):
    rows = [["child_id", "Surname", "UPN", "value"], ["1", "Smith", UPN[0], "3"]]
    table = table_of(tmp_path, rows)
    assert table.header == ["child_id", "value"]
    assert table.cells().to_numpy().tolist() == [["1", "3"]]
    notes = table.notes
    assert notes["rule"].tolist() == ["column_personal"] * 2
    assert notes["severity"].tolist() == ["warning"] * 2
    assert notes["column"].tolist() == ["Surname", "UPN"]
    assert "Smith" not in notes.to_string()


def test_two_personal_columns_of_one_name_are_both_dropped(tmp_path: Path):
    rows = [["child_id", "Phone", "Phone", "value"], ["1", "2", "3", "4"]]
    assert table_of(tmp_path, rows).header == ["child_id", "value"]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("943 476 5919", "NHS number"),
        ("943-476-5919", "NHS number"),
        ("NHS no 9434765919 known", "NHS number"),
        ("9434765919", "NHS number"),
        ("A123456789012", "unique pupil number"),
        ("pupil H801200001001 moved", "unique pupil number"),
        ("NG15 7AB", "postcode"),
        ("ng15 7ab", "postcode"),
        ("NG157AB", "postcode"),
        ("lives at 3 High Street NG15 7AB", "postcode"),
        ("jane.doe@example.org", "e-mail"),
        ("Contact: j_doe+x@council.gov.uk.", "e-mail"),
        ("0115 496 0123", "telephone"),
        ("01632960123", "telephone"),
        ("(01632) 960123", "telephone"),
        ("07700 900123", "telephone"),
        ("+44 7700 900123", "telephone"),
        ("020 7946 0958", "telephone"),
        ("DOB 12/03/2009", "date of birth"),
        ("born on 3 March 2009", "date of birth"),
        ("date of birth: 2009-03-12", "date of birth"),
    ],
)
def test_cell_that_looks_like_personal_data_refuses_the_file(tmp_path: Path, value: str, what: str):
    rows = columns("comment", ["", "moved away", "c", value, "12"])
    error = refused(tmp_path, rows)
    assert error is not None
    assert what in str(error)
    assert error.place["row"] == 5
    assert error.place["column"] == "comment"
    assert value not in str(error)
    assert value not in str(error.place)


def test_column_of_nhs_numbers_under_any_name_refuses_the_file(tmp_path: Path):
    assert refused(tmp_path, columns("child_id", NHS)) is not None
    assert refused(tmp_path, columns("child_id", [f"{each}.0" for each in NHS])) is not None


def test_nhs_number_among_small_counts_refuses_the_file(tmp_path: Path):
    error = refused(tmp_path, columns("numerator", ["12", "7", "c", NHS[0], "31"]))
    assert error is not None


def test_personal_data_late_in_a_large_file_is_found(tmp_path: Path):
    values = [f"note {number % 50}" for number in range(120_000)]
    values[110_000] = "NG15 7AB"
    error = refused(tmp_path, columns("comment", values))
    assert error is not None
    assert error.place["row"] == 110_002


def test_dates_years_apart_in_a_column_named_after_nothing_refuse_the_file(tmp_path: Path):
    days = ["12/03/2009", "30/11/2011", "07/06/2004", "21/01/2015"]
    assert "date of birth" in str(refused(tmp_path, columns("info", days)))
    for name in ("received_date", "Period start", "closed", "Date of contact"):
        assert refused(tmp_path, columns(name, days)) is None


def test_kept_column_is_not_looked_through(tmp_path: Path):
    rows = columns("Post Code", ["NG15 7AB", "NG15 7AD"])
    table = table_of(tmp_path, rows, keep=("postcode",))
    assert table.cells()["Post Code"].tolist() == ["NG15 7AB", "NG15 7AD"]
    assert table.notes.empty


def test_ids_of_ten_digits_are_no_nhs_numbers(tmp_path: Path):
    generator = random.Random(5)
    ids = [str(generator.randrange(10**9, 10**10)) for _ in range(3_000)]
    assert 150 < sum(map(is_nhs_number, ids)) < 400
    assert refused(tmp_path, columns("child_id", ids)) is None


def test_hashed_ids_are_no_postcodes(tmp_path: Path):
    generator = random.Random(5)
    for length in (6, 7, 8, 16):
        ids = [f"{generator.randrange(16**length):0{length}x}" for _ in range(3_000)]
        assert refused(tmp_path, columns("child_id", ids)) is None
        assert refused(tmp_path, columns("child_id", [each.upper() for each in ids])) is None


@pytest.mark.parametrize(
    "values",
    [
        ["2243567890", "224356789", "31456789", "9434765919"],  # sessions of schools
        ["20100000", "20110000"],
        ["0.1234567890123", "12.9434765919", "1.5e-07"],
        ["E07000170", "E92000001", "W06000015"],
        ["Ashfield 001A", "Nottingham 018A"],
        ["0-14 yrs", "<15 yrs", "10-11 yrs", "2010/11 - 12/13"],
        ["S47 2ND ENQUIRY", "S47 enquiry", "D2 2nd stage", "M62 Junction 3"],
        ["1234567890123", "12345678901"],
        ["-", "..", "c", "[x]", "*", "-1.5", "+3", "- 2"],
        ["2013-04-01 to 2014-03-31", "01-01-2019 10:00", "2019-01-01T00:00:00"],
        ["a@b", "@home", "5 @ 10"],
        ["A1234567890123", "B123456789012"],
        ["0123 of 4567", "0800 to 0900", "01 02 2019 1234567"],
        ["2014-03-31", "2014-03-31"],
    ],
)
def test_codes_and_figures_raise_no_alarm(tmp_path: Path, values: list[str]):
    assert refused(tmp_path, columns("value_2", values)) is None


def test_text_that_a_spreadsheet_would_run_is_said_once_a_column(tmp_path: Path):
    values = [
        "=cmd|' /C calc'!A0",
        "@SUM(1;1)",
        "+A1",
        "-1+1+cmd|' /C calc'!A0",
        "-",
        "-5",
        "- n/a",
    ]
    table = table_of(tmp_path, columns("note", values))
    assert len(table.cells()) == len(values)
    (note,) = table.notes.to_dict("records")
    assert (note["rule"], note["severity"], note["row"]) == ("formula_text", "warning", 2)
    assert note["found"].startswith("4 cells")
    assert "cmd" not in str(note)
