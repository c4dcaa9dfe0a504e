"""Text files as tables: encodings, delimiters, headers, lines around the table, chunks."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehlib.load.schema import SourceError
from ehlib.load.tables import FAULT_COLUMNS, Grid, Table, find_table, read_grids

SHARED = Path(__file__).resolve().parents[2] / "shared"
HEADER = "area_code,area_name,value\n"
ROWS = "E07000170,Ashfield,12\nE07000171,Bassetlaw,7\n"


def any_header(names: list[str]) -> bool:
    return sum(map(bool, names)) >= 2


def write(folder: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def table_of(folder: Path, content: str | bytes, **how: object) -> Table:
    (grid,) = read_grids(write(folder, content))
    table = find_table(grid, how.pop("knows", any_header), **how)
    assert table is not None
    return table


def refused(folder: Path, content: str | bytes) -> SourceError:
    """Error of reading a file to its end."""
    with pytest.raises(SourceError) as caught:
        table_of(folder, content).cells()
    return caught.value


def rules(table: Table) -> list[str]:
    return table.notes["rule"].tolist()


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_text_reads_alike_in_every_encoding(tmp_path: Path, encoding: str):
    content = (HEADER + 'E07000170,"Ashfield, Caf\u00e9 \u2013 50\u00a0%",\u00a312\n').encode(
        encoding
    )
    cells = table_of(tmp_path, content).cells()
    assert cells.to_numpy().tolist() == [
        ["E07000170", "Ashfield, Caf\u00e9 \u2013 50\u00a0%", "\u00a312"]
    ]
    assert list(cells) == ["area_code", "area_name", "value"]


def test_windows_1252_is_said(tmp_path: Path):
    assert rules(table_of(tmp_path, (HEADER + "E1,Caf\u00e9,1\n").encode("cp1252"))) == [
        "read_as_cp1252"
    ]
    assert rules(table_of(tmp_path, HEADER + "E1,Caf\u00e9,1\n")) == []


def test_letter_in_windows_1252_far_down_the_file_is_read(tmp_path: Path):
    rows = "E07000170,Ashfield,1\n" * 30_000
    cells = table_of(tmp_path, (HEADER + rows + "E1,Caf\u00e9,1\n").encode("cp1252")).cells()
    assert cells["area_name"].iloc[-1] == "Caf\u00e9"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems_are_taken(tmp_path: Path, end: str):
    cells = table_of(tmp_path, (HEADER + ROWS).replace("\n", end)).cells()
    assert cells["value"].tolist() == ["12", "7"]
    assert cells.index.tolist() == [2, 3]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_told_by_the_rows(tmp_path: Path, delimiter: str):
    lines = ["Figures for Ashfield, Bassetlaw, Broxtowe, Gedling, Mansfield, Newark"]
    lines += [delimiter.join(each.split(",")) for each in (HEADER + ROWS).splitlines()]
    table = table_of(tmp_path, "\n".join(lines) + "\n", knows=lambda names: "value" in names)
    assert table.header == ["area_code", "area_name", "value"]
    assert table.cells()["area_name"].tolist() == ["Ashfield", "Bassetlaw"]


def test_semicolons_win_over_decimal_commas(tmp_path: Path):
    content = "area;low;value;high\n" + "Ashfield;1,5;2,5;3,5\nBassetlaw;1,0;2,0;3,0\n"
    cells = table_of(tmp_path, content).cells()
    assert cells.loc[2].tolist() == ["Ashfield", "1,5", "2,5", "3,5"]


def test_line_that_names_the_delimiter_is_no_row_as_in_excel(tmp_path: Path):
    cells = table_of(tmp_path, "sep=;\narea;value\nAshfield;1,5\n").cells()
    assert cells.loc[2].tolist() == ["Ashfield", "1,5"]


def test_end_mark_of_dos_is_left_out(tmp_path: Path):
    cells = table_of(tmp_path, HEADER + ROWS + "\x1a").cells()
    assert cells["value"].tolist() == ["12", "7"]
    assert table_of(tmp_path, HEADER + ROWS.rstrip() + "\x1a").cells()["value"].tolist() == [
        "12",
        "7",
    ]


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path):
    content = "Title\n\n" + HEADER + 'E1,"two\nlines",1\n\n,,\n \u00a0,,\nE2,b,2\n'
    table = table_of(tmp_path, content)
    assert table.header_row == 3
    assert table.cells().index.tolist() == [4, 8]
    assert table.cells().index.name == "row"
    assert table.cells()["area_name"].tolist() == ["two\nlines", "b"]


def test_cells_are_text_as_written(tmp_path: Path):
    cells = table_of(tmp_path, HEADER + 'E1," a\u00a0b ","1,234"\n001,NA,\n').cells()
    assert cells.to_numpy().tolist() == [["E1", " a\u00a0b ", "1,234"], ["001", "NA", ""]]
    assert (cells.dtypes == pd.StringDtype(na_value=float("nan"))).all()


def test_names_of_columns_have_single_spaces(tmp_path: Path):
    table = table_of(tmp_path, '"Area\u00a0 code","Number of\nchildren1", Value \nE1,2,3\n')
    assert table.header == ["Area code", "Number of children1", "Value"]


def test_quote_within_an_unquoted_text_is_a_letter(tmp_path: Path):
    assert table_of(tmp_path, HEADER + 'E1,6" pipe,1\n').cells()["area_name"].tolist() == [
        '6" pipe'
    ]


def test_lines_above_and_notes_below_are_left_out_and_said(tmp_path: Path):
    content = "Children in need\nNottinghamshire, 2024\n\n" + HEADER + ROWS
    content += "\nSource: Department for Education\n* = suppressed,,\n1,Rounded to the nearest 5,\n"
    table = table_of(tmp_path, content, knows=lambda names: "value" in names)
    assert table.cells()["area_name"].tolist() == ["Ashfield", "Bassetlaw"]
    notes = table.notes.set_index("rule")
    assert notes.loc["lines_above_header", "found"] == "2 lines above row 4"
    assert notes.loc["footnotes_left_out", "found"] == "3 lines, rows 8 to 10"
    assert set(notes["severity"]) == {"note"}


@pytest.mark.parametrize(
    "last",
    [
        "E07000172,Broxtowe,\n",  # an area without a figure
        "Bassetlaw,,\n",  # one word tells nothing of a note
        "E07000172,,\n",
        "E070001,,\n",  # the beginning of the code above it
    ],
)
def test_last_row_without_figures_is_no_note(tmp_path: Path, last: str):
    table = table_of(tmp_path, HEADER + ROWS + last)
    assert len(table.cells()) == 3
    assert rules(table) == []


def test_line_like_a_note_between_rows_is_a_row(tmp_path: Path):
    table = table_of(tmp_path, HEADER + "Note: districts below,,\n" + ROWS)
    assert table.cells().index.tolist() == [2, 3, 4]


def test_line_like_a_note_at_the_end_of_what_is_read_together_is_a_row(tmp_path: Path):
    for before in (248, 249, 250):
        rows = ["E1,a,1", *["E2,b,2"] * before, "Note: districts below,,", *["E3,c,3"] * 600]
        table = table_of(tmp_path, HEADER + "\n".join(rows) + "\n")
        assert table.cells()["area_code"].tolist() == [row.split(",")[0] for row in rows]


def test_beginning_of_the_words_above_is_no_note(tmp_path: Path):
    rows = "Admissions caused by injuries in children,E1,1\n" * 3
    table = table_of(tmp_path, "indicator,area,value\n" + rows + "Admissions caused by inju,,\n")
    assert len(table.cells()) == 4


def test_many_lines_of_one_cell_are_rows_not_notes(tmp_path: Path):
    table = table_of(tmp_path, HEADER + ROWS + "Note: again and again,,\n" * 1_000)
    assert len(table.cells()) == 1_002


def test_header_that_stands_again_is_left_out_and_said(tmp_path: Path):
    table = table_of(tmp_path, HEADER + ROWS + HEADER + ROWS)
    assert table.cells().index.tolist() == [2, 3, 5, 6]
    assert table.notes.set_index("rule").loc["header_repeated", "row"] == 4


def test_two_rows_of_merged_names_make_one_header(tmp_path: Path):
    content = ",,2015,,2016,\nArea code,Area,Number,Rate,Number,Rate\nE1,Ashfield,1,2,3,4\n"
    table = table_of(tmp_path, content, knows=lambda names: "2016 Rate" in names)
    assert table.header == [
        "Area code",
        "Area",
        "2015 Number",
        "2015 Rate",
        "2016 Number",
        "2016 Rate",
    ]
    assert table.header_row == 2
    assert table.cells().loc[3].tolist() == ["E1", "Ashfield", "1", "2", "3", "4"]


def test_repeated_names_under_groups_take_the_names_of_the_groups(tmp_path: Path):
    content = "Area,,2015,,2016,\nArea code,Area,Number,Rate,Number,Rate\nE1,Ashfield,1,2,3,4\n"
    table = table_of(
        tmp_path, content, knows=lambda names: any("Area code" in each for each in names)
    )
    assert table.header[2:] == ["2015 Number", "2015 Rate", "2016 Number", "2016 Rate"]


def test_name_above_an_empty_cell_stays_alone(tmp_path: Path):
    content = "Area code,Area,2015,\n,,Number,Rate\nE1,Ashfield,1,2\n"
    table = table_of(tmp_path, content, knows=lambda names: "2015 Number" in names)
    assert table.header == ["Area code", "Area", "2015 Number", "2015 Rate"]


def test_no_header_within_sixty_rows_is_none(tmp_path: Path):
    (grid,) = read_grids(write(tmp_path, "a\n" * 60 + HEADER + ROWS))
    assert find_table(grid, any_header) is None
    assert find_table(Grid("a.csv", "", [], lambda: iter([])), any_header) is None


@pytest.mark.parametrize(
    "names", ["area_code,value,value", "area_code,Value,value", "a,v ,\u00a0v"]
)
def test_repeated_names_are_refused_with_their_columns(tmp_path: Path, names: str):
    error = refused(tmp_path, f"{names}\nE1,1,2\n")
    assert error.place["rule"] == "column_repeated"
    assert "(in B, C)" in str(error)
    assert str(error).startswith("a.csv, row 1: ")


def test_text_under_no_name_is_refused(tmp_path: Path):
    error = refused(tmp_path, ",area,value\n0,Ashfield,1\n")
    assert error.place["rule"] == "column_nameless"
    assert "column A" in str(error)


def test_columns_without_name_and_text_are_left_out(tmp_path: Path):
    table = table_of(tmp_path, "area,,value,,\nAshfield,,1,,\n")
    assert table.header == ["area", "value"]
    assert table.cells().loc[2].tolist() == ["Ashfield", "1"]
    assert table.notes["found"].tolist() == ["B"]


def test_late_text_under_no_name_is_a_fault_of_its_row(tmp_path: Path):
    table = table_of(tmp_path, "area,,value\n" + "Ashfield,,1\n" * 100 + "Ashfield,x,1\n")
    assert len(table.cells()) == 101
    assert table.notes.query("severity == 'error'")["row"].tolist() == [102]


def test_row_with_more_cells_than_names_is_a_fault_of_that_row(tmp_path: Path):
    table = table_of(tmp_path, HEADER + "E1,Newark, Notts,3\nE2,Ashfield,1,,\nE3,b\n")
    assert table.cells().to_numpy().tolist() == [
        ["E1", "Newark", " Notts"],
        ["E2", "Ashfield", "1"],
        ["E3", "b", ""],
    ]
    faults = table.notes
    assert list(faults) == FAULT_COLUMNS
    assert faults[["rule", "severity", "row"]].to_numpy().tolist() == [["row_too_long", "error", 2]]


def test_notes_are_not_doubled_by_reading_again(tmp_path: Path):
    table = table_of(tmp_path, HEADER + "E1,a,1,2\n" + ROWS + "Source: DfE\n")
    table.cells()
    table.cells()
    assert rules(table) == ["footnotes_left_out", "row_too_long"]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('E1,"Ashfield,1\nE2,b,2\n', 2),
        ('E1,a,1\nE2,"b"c,2\n', 3),
        ("E1,a,1\n" * 500 + 'E2,"b,2\n' + "E3,c,3\n" * 40_000, 502),
        ('E1,"two\nlines",1\nE2,"b,2\n', 4),
    ],
)
def test_open_quotation_refuses_the_file_and_names_its_line(tmp_path: Path, rows: str, line: int):
    error = refused(tmp_path, HEADER + rows)
    assert error.place["rule"] == "quotation_open"
    assert error.place["row"] == line
    assert f"line {line}" in str(error)


def test_file_that_stops_within_a_row_is_refused(tmp_path: Path):
    error = refused(tmp_path, (HEADER + ROWS * 3 + "E07000172,Brox").encode())
    assert error.place["rule"] == "file_truncated"
    assert error.place["row"] == 8


@pytest.mark.parametrize("end", ["E07000172,Broxtowe,3", "Source: DfE", "E1,b,1\n\nNotes,,"])
def test_file_without_a_last_line_end_is_taken(tmp_path: Path, end: str):
    assert len(table_of(tmp_path, HEADER + ROWS + end).cells()) >= 2


def test_rows_cut_by_their_writer_are_no_sign_of_a_cut_file(tmp_path: Path):
    assert len(table_of(tmp_path, HEADER + "E1\n" + ROWS + "E3,c").cells()) == 4


@given(
    rows=st.lists(
        st.lists(
            st.sampled_from(["a", "", "1", "x,y", 'q"', "two\nlines"]), min_size=4, max_size=4
        ),
        max_size=30,
    ),
    size=st.integers(1, 12),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_chunks_of_any_size_hold_the_rows_that_were_written(tmp_path: Path, rows, size):
    rows = [["E1", "b", *row] for row in rows]
    out = io.StringIO()
    csv.writer(out).writerows([["code", "name", "w", "x", "y", "z"], *rows])
    table = table_of(tmp_path, out.getvalue(), knows=lambda names: "code" in names)
    chunks = list(table.chunks(size))
    assert all(0 < len(chunk) <= size for chunk in chunks)
    assert [row for chunk in chunks for row in chunk.to_numpy().tolist()] == rows
    assert [row for chunk in chunks for row in chunk.index] == list(range(2, len(rows) + 2))
    assert table.cells().shape == (len(rows), 6)


def test_table_without_rows_has_columns_of_text(tmp_path: Path):
    cells = table_of(tmp_path, HEADER).cells()
    assert cells.shape == (0, 3)
    assert list(cells) == ["area_code", "area_name", "value"]


PUBLISHED = sorted((SHARED / "data").rglob("*.csv"))


@pytest.mark.skipif(not PUBLISHED, reason="needs the folder shared beside the checkout")
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_file_reads_as_pandas_reads_it(path: Path):
    (grid,) = read_grids(path)
    table = find_table(grid, any_header)
    expected = pd.read_csv(path, dtype=str, keep_default_na=False)
    cells = table.cells()
    assert list(cells) == list(expected)
    assert (cells.to_numpy() == expected.to_numpy()).all()
    assert cells.index.tolist() == list(range(2, len(expected) + 2))
    assert table.notes.empty
