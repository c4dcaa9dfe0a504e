"""Workbooks as grids of text: XLSX and ODS written here, and the ONS workbook as published."""

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pytest

from ehlib.load.schema import SourceError
from ehlib.load.tables import Grid, find_table, read_grids

SHARED = Path(__file__).resolve().parents[2] / "shared"
ONS = SHARED / "data" / "health" / "ons_conceptionstatisticstables2017.xls"
HEADER = ["area_code", "area_name", "value"]

CELL = '<table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>'
REST = (
    '<table:table-row table:number-rows-repeated="1048500"><table:table-cell '
    'table:number-columns-repeated="16384"/></table:table-row>'
)


def workbook(folder: Path, rows: list[list[object]], name: str = "a.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    return folder / name


def ods(folder: Path, tables: str, name: str = "a.ods") -> Path:
    """ODS as LibreOffice writes it, with only what a reader looks at."""
    spaces = "".join(
        f' xmlns:{each}="urn:oasis:names:tc:opendocument:xmlns:{each}:1.0"'
        for each in ("office", "table", "text")
    )
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}>'
            f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        )
        file.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest="
            '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" manifest:media-type='
            '"application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
    return path


def replaced(path: Path, part: str, old: str, new: str) -> Path:
    """Workbook with a text in one of its parts replaced."""
    with zipfile.ZipFile(path) as file:
        parts = {each: file.read(each) for each in file.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for each, data in parts.items():
            file.writestr(each, data)
    return path


def rows_of(path: Path) -> list[list[str]]:
    (grid,) = read_grids(path)
    return list(grid.rows())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Ashfield", "Ashfield"),
        (" a\u00a0b ", " a\u00a0b "),
        (12, "12"),
        (-3, "-3"),
        (0.1 + 0.2, "0.3"),
        (29.674988224, "29.674988224"),
        (1 / 3, "0.333333333333333"),
        (1e-7, "1e-07"),
        (12345678901, "12345678901"),
        (True, "TRUE"),
        (False, "FALSE"),
        (dt.date(2013, 12, 31), "2013-12-31"),
        (dt.datetime(2013, 12, 31), "2013-12-31"),
        (dt.datetime(2013, 12, 31, 9, 5), "2013-12-31 09:05:00"),
        (dt.time(9, 5), "09:05:00"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
        ("2013/14", "2013/14"),
        ("007", "007"),
    ],
)
def test_cell_reads_as_the_text_a_person_would_type(tmp_path: Path, cell: object, text: str):
    assert rows_of(workbook(tmp_path, [["x", cell]])) == [["x", text]]


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!"])
def test_error_reads_as_its_text(tmp_path: Path, error: str):
    path = workbook(tmp_path, [HEADER, ["E1", "a", error], ["E2", "b", 3]])
    assert rows_of(path)[1:] == [["E1", "a", error], ["E2", "b", "3"]]


def test_error_to_the_right_of_all_other_cells_is_not_lost(tmp_path: Path):
    path = workbook(tmp_path, [["a", "b"], ["c", "d", "#N/A"]])
    assert rows_of(path)[1] == ["c", "d", "#N/A"]


def test_formula_gives_the_value_stored_with_it(tmp_path: Path):
    path = workbook(tmp_path, [HEADER, ["E1", "a", "=1+1"]])
    replaced(path, "xl/worksheets/sheet1.xml", "<f>1+1</f><v />", "<f>1+1</f><v>2</v>")
    (grid,) = read_grids(path)
    assert list(grid.rows())[1] == ["E1", "a", "2"]
    assert grid.notes == ()


def test_formula_without_stored_value_is_said(tmp_path: Path):
    (grid,) = read_grids(workbook(tmp_path, [HEADER, ["E1", "a", "=1+1"], ["E2", "b", "=C2"]]))
    (note,) = grid.notes
    assert (note.rule, note.severity, note.row, note.column) == (
        "formula_without_value",
        "warning",
        2,
        "C",
    )
    assert note.found.startswith("2 formulas")


def test_formula_that_gives_empty_text_is_no_fault(tmp_path: Path):
    path = workbook(tmp_path, [["a", '=IF(1,"","x")']])
    part = "xl/worksheets/sheet1.xml"
    replaced(path, part, '<c r="B1"><f>', '<c r="B1" t="str"><f>')
    assert read_grids(path)[0].notes == ()


@pytest.mark.parametrize(
    ("form", "text"), [("0%", "28.1%"), ("0.00%", "28.1%"), ("0.0 %", "28.1%"), ('0.0"%"', "0.281")]
)
def test_share_shown_in_per_cent_reads_as_it_is_shown(tmp_path: Path, form: str, text: str):
    book = openpyxl.Workbook()
    book.active.append(["a", 0.281, 0.5])
    book.active.append(["b", None, "c"])
    for place in ("B1", "B2", "C2"):
        book.active[place].number_format = form
    book.save(tmp_path / "a.xlsx")
    assert rows_of(tmp_path / "a.xlsx") == [["a", text, "0.5"], ["b", "", "c"]]


def test_share_in_an_ods_reads_as_it_is_shown(tmp_path: Path):
    cells = (
        '<table:table-cell office:value-type="percentage" office:value="0.281" '
        'table:number-columns-repeated="2"><text:p>28.1%</text:p></table:table-cell>'
    )
    row = f"<table:table-row>{CELL % 'a'}{cells}</table:table-row>"
    path = ods(tmp_path, f'<table:table table:name="T">{row}</table:table>')
    assert rows_of(path) == [["a", "28.1%", "28.1%"]]


def test_days_count_from_1904_where_the_workbook_says_so(tmp_path: Path):
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["x", dt.date(2013, 12, 31)])
    book.save(tmp_path / "a.xlsx")
    assert rows_of(tmp_path / "a.xlsx") == [["x", "2013-12-31"]]


def test_rows_are_numbered_from_the_top_of_the_sheet(tmp_path: Path):
    book = openpyxl.Workbook()
    for column, name in enumerate(HEADER, start=3):
        book.active.cell(5, column, name)
        book.active.cell(7, column, 1)
    book.save(tmp_path / "a.xlsx")
    table = find_table(read_grids(tmp_path / "a.xlsx")[0], lambda names: "value" in names)
    assert table.header_row == 5
    assert table.header == HEADER
    assert table.cells().index.tolist() == [7]


def test_every_sheet_is_a_grid_and_hidden_ones_are_said(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.title = "Notes & more"
    book.active.append(["Read me"])
    for title, state in (("Data", "visible"), ("Old", "hidden"), ("Older", "veryHidden")):
        sheet = book.create_sheet(title)
        sheet.append(HEADER)
        sheet.sheet_state = state
    chart = book.create_chartsheet("Chart")
    assert chart is not None
    book.save(tmp_path / "a.xlsx")
    grids = read_grids(tmp_path / "a.xlsx")
    assert [grid.name for grid in grids] == ["Notes & more", "Data", "Old", "Older"]
    hidden = [grid.name for grid in grids if [note.rule for note in grid.notes] == ["sheet_hidden"]]
    assert hidden == ["Old", "Older"]
    assert all(grid.file == "a.xlsx" for grid in grids)


def test_merged_header_of_a_sheet_is_found(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["Area", None, "2015", None, "2016", None])
    book.active.append(["code", "name", "Number", "Rate", "Number", "Rate"])
    book.active.append(["E1", "Ashfield", 1, 2.5, 3, 4.5])
    for cells in ("A1:B1", "C1:D1", "E1:F1"):
        book.active.merge_cells(cells)
    book.save(tmp_path / "a.xlsx")
    table = find_table(read_grids(tmp_path / "a.xlsx")[0], lambda names: "2016 Rate" in names)
    assert table.header[:3] == ["Area code", "Area name", "2015 Number"]
    assert table.cells().loc[3].tolist() == ["E1", "Ashfield", "1", "2.5", "3", "4.5"]


@pytest.mark.parametrize("name", ["a.xls", "a.csv", "a", "a.xlsm"])
def test_workbook_is_told_by_its_content(tmp_path: Path, name: str):
    path = workbook(tmp_path, [HEADER, ["E1", "a", 1]])
    assert rows_of(path.rename(tmp_path / name)) == [HEADER, ["E1", "a", "1"]]


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx"])
def test_text_under_the_name_of_a_workbook_is_read_as_text(tmp_path: Path, name: str):
    (tmp_path / name).write_text("area,value\nAshfield,1\n", encoding="utf-8")
    assert rows_of(tmp_path / name) == [["area", "value"], ["Ashfield", "1"]]


def test_file_is_free_again_after_reading(tmp_path: Path):
    path = workbook(tmp_path, [HEADER, ["E1", "a", 1]])
    (grid,) = read_grids(path)
    next(grid.rows())
    path.rename(tmp_path / "b.xlsx").unlink()
    assert grid.top == [HEADER, ["E1", "a", "1"]]


def test_ods_with_a_million_empty_rows_below_the_table_is_read(tmp_path: Path):
    tail = '<table:table-cell table:number-columns-repeated="16382"/>'
    day = (
        '<table:table-cell office:value-type="date" office:date-value="2013-12-31">'
        "<text:p>31/12/13</text:p></table:table-cell>"
    )
    number = (
        '<table:table-cell office:value-type="float" office:value="12.50"><text:p>12.5</text:p>'
        "</table:table-cell>"
    )
    rows = [CELL % "area" + CELL % "value" + tail, day + number + tail]
    body = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    path = ods(tmp_path, f'<table:table table:name="Data">{body}{REST}</table:table>')
    (grid,) = read_grids(path)
    assert grid.name == "Data"
    assert list(grid.rows()) == [["area", "value"], ["2013-12-31", "12.5"]]


def test_formatted_empty_cells_far_away_do_no_harm(tmp_path: Path):
    path = workbook(tmp_path, [HEADER, ["E1", "a", 1]])
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    replaced(path, "xl/worksheets/sheet1.xml", "</sheetData>", far)
    assert rows_of(path) == [HEADER, ["E1", "a", "1"]]


def test_cells_that_do_not_say_where_they_stand_are_read(tmp_path: Path):
    path = workbook(tmp_path, [["a", "b"], ["c", 1]])
    with zipfile.ZipFile(path) as file:
        assert b' r="A1"' in file.read("xl/worksheets/sheet1.xml")
    for place in ("A1", "B1", "A2", "B2"):
        replaced(path, "xl/worksheets/sheet1.xml", f' r="{place}"', "")
    assert rows_of(path) == [["a", "b"], ["c", "1"]]


@pytest.mark.skipif(not ONS.exists(), reason="needs the folder shared beside the checkout")
def test_ons_workbook_reads_with_its_twelve_sheets():
    grids = {grid.name: grid for grid in read_grids(ONS)}
    assert len(grids) == 12
    assert grids["Table 6"].top[0][0] == "Contents"


def conceptions(grid: Grid, code: str) -> list[str]:
    return next(row for row in grid.rows() if row and row[0] == code)


@pytest.mark.skipif(not ONS.exists(), reason="needs the folder shared beside the checkout")
def test_ons_figures_agree_with_the_published_list():
    listed = find_table(
        read_grids(ONS.parent / "ons_under18_conceptions_1998_2017.csv")[0],
        lambda names: "conception_rate" in names,
    ).cells()
    ashfield = listed.query("area_code == 'E07000170'").set_index("year")
    (table,) = [grid for grid in read_grids(ONS) if grid.name == "Table 6"]
    figures = [cell for cell in conceptions(table, "E07000170")[2:] if cell]
    for year in ("2017", "1998"):
        assert ashfield.loc[year, "conceptions"] in figures
        assert any(
            float(ashfield.loc[year, "conception_rate"]) == float(f"{float(each):.1f}")
            for each in figures
            if each[0].isdigit()
        )


def test_old_workbook_that_is_cut_short_is_refused(tmp_path: Path):
    if not ONS.exists():
        pytest.skip("needs the folder shared beside the checkout")
    (tmp_path / "a.xls").write_bytes(ONS.read_bytes()[:60_000])
    with pytest.raises(SourceError, match=r"a\.xls.*cannot be read to its end"):
        read_grids(tmp_path / "a.xls")
