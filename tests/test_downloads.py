"""Downloads: what spreadsheets and programs read of a page's tables."""

import csv
import io
import json
import re
import time
import zipfile
from datetime import date, datetime
from xml.etree import ElementTree

import nbformat
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from ehlib.publish.downloads import write_downloads
from ehlib.publish.downloads.columns import split_columns
from ehlib.publish.page import PageFacts, write_page
from ehlib.show import cells
from ehlib.show.charts import new_axes
from ehlib.show.numbers import marked, number_ids, unmarked, with_ids

FACTS = PageFacts("Kent Trust", "2013/14-Q3", date(2014, 1, 20), "1.0")
RATES = pd.DataFrame(
    {
        "Area": ["Ashfield", "Newark and Sherwood", "England"],
        "Number": ["1,234", "[c]", "56,789"],
        "Rate (per 1,000)": ["44.10 [p]", "[c]", "30.71"],
        "95% limits": ["36.0 to 53.5", "", "30.3 to 31.1"],
        "2011": ["\u25b2 44.1", "\u25bc -0.5", "30.7"],
        "Part": ["12 (36.5%)", "[c]", "0 (0.0%)"],
        "Compared": ["worse", "", "-"],
    }
)
SOURCE = "ONS, Conceptions: Table 6"
EVIL = '=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", " =1+1", "\uff1d1+1"
ODF = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"


@pytest.fixture
def page(monkeypatch, tmp_path):
    """Run some calls of the show functions as a notebook's cells, and write its downloads."""

    def make(*calls, title="Rates", name="02-rates"):
        outputs = []

        def display(html, *, metadata):
            data = {"text/html": html.data}
            outputs.append(nbformat.v4.new_output("display_data", data, metadata=metadata))

        monkeypatch.setattr(cells, "display", display)
        cells.show_title(title, "Kent, 2013.")
        for call in calls:
            call()
        notebook = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_markdown_cell("# Why?"),
                nbformat.v4.new_code_cell("show", outputs=outputs, execution_count=1),
            ]
        )
        notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
        paths = write_downloads(notebook, tmp_path, name, FACTS)
        return {path.relative_to(tmp_path / "downloads").as_posix(): path for path in paths}

    return make


def rows_of(note=""):
    return pd.DataFrame({"source_name": [SOURCE], "value_note": [note]})


def table(frame=RATES, **options):
    given = {"caption": "Rates by district, 2011.", "of": rows_of()} | options
    return lambda: cells.show_table(frame, **given)


def read_csv(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def odf(path, part):
    return ElementTree.fromstring(zipfile.ZipFile(path).read(part))


def test_every_table_is_a_csv_and_both_workbooks_hold_all(page):
    made = page(table(), table(caption="Again."))
    assert list(made) == [
        "02-rates/table-1.csv",
        "02-rates/table-2.csv",
        "02-rates.xlsx",
        "02-rates.ods",
    ]
    for kind in ("xlsx", "ods"):
        book = CalamineWorkbook.from_path(made[f"02-rates.{kind}"])
        assert book.sheet_names == ["Cover", "Contents", "Notes", "Table 1", "Table 2"]


def test_a_page_without_tables_has_no_downloads(page, tmp_path):
    assert page(lambda: cells.show_note("Nothing is held.")) == {}
    assert not list(tmp_path.iterdir())


def test_csv_has_bare_numbers_one_kind_a_column_and_says_where_they_are_from(page):
    head, first, second, _ = read_csv(page(table())["02-rates/table-1.csv"])
    assert head[:4] == ["Area", "Number", "Rate (per 1,000)", "Rate (per 1,000): notes"]
    assert head[4:8] == ["95% limits, lower", "95% limits, upper", "2011", "2011: comparison"]
    assert head[8:] == ["Part", "Part, per cent", "Compared", "Table", "Source", "Notes"]
    assert first[:8] == ["Ashfield", "1234", "44.10", "[p]", "36.0", "53.5", "44.1", "higher"]
    assert first[8:11] == ["12", "36.5", "worse"]
    assert second[:8] == ["Newark and Sherwood", "[c]", "[c]", "", "", "", "-0.5", "lower"]
    assert second[8:11] == ["[c]", "[c]", ""]
    assert first[-3:-1] == ["Rates by district, 2011.", "Source: ONS, Conceptions."]
    assert first[-1].startswith("[c] hidden so that no child can be identified")


def test_csv_begins_with_the_mark_that_excel_needs(page):
    assert page(table())["02-rates/table-1.csv"].read_bytes()[:3] == b"\xef\xbb\xbf"


def test_excel_sheet_has_title_source_notes_headings_and_typed_cells(page):
    sheet = openpyxl.load_workbook(page(table())["02-rates.xlsx"])["Table 1"]
    assert sheet["A1"].value == "Rates by district, 2011."
    assert sheet["A2"].value == "Source: ONS, Conceptions."
    assert sheet["A3"].value.startswith("[c] hidden")
    assert [cell.value for cell in sheet[4]][:2] == ["Area", "Number"]
    area, number, rate, note, low, *_ = sheet[5]
    assert (area.value, number.value, rate.value, note.value) == ("Ashfield", 1234, 44.1, "[p]")
    assert (number.number_format, rate.number_format) == ("#,##0", "#,##0.00")
    assert (low.value, low.data_type) == (36.0, "n")
    assert [cell.value for cell in sheet[6]][1:3] == ["[c]", "[c]"]
    assert sheet["G6"].value == -0.5


def test_excel_sheet_is_one_named_table_that_nothing_is_merged_or_hidden_in(page):
    book = openpyxl.load_workbook(page(table(), table(caption="B."))["02-rates.xlsx"])
    for name in ("Table 1", "Table 2"):
        sheet = book[name]
        [made] = sheet.tables.values()
        assert (made.name, made.ref) == (name.replace(" ", "_"), "A4:K7")
        assert made.headerRowCount == 1
        assert [column.name for column in made.tableColumns] == [cell.value for cell in sheet[4]]
        assert sheet.freeze_panes == "B5"
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_state == "visible"
        assert not any(each.hidden for each in sheet.column_dimensions.values())
    assert not book.defined_names


def test_cover_says_what_this_is_for_whom_and_from_when(page):
    book = openpyxl.load_workbook(page(table())["02-rates.xlsx"])
    said = {row[0]: row[1] for row in book["Cover"].iter_rows(min_row=2, values_only=True)}
    assert book["Cover"]["A1"].value == "Rates"
    assert said["Covers"] == "Kent, 2013."
    assert said["Published by"] == "Kent Trust"
    assert said["Quarter"] == "2013/14 Q3 (October to December 2013)"
    assert said["Made on"] == "20 January 2014"
    assert said["Data"] == "Real figures."
    assert {"Contact", "Figures", "Symbols", "Limits", "Sheets"} <= set(said)
    contents = [*book["Contents"].iter_rows(min_row=2, values_only=True)]
    assert contents == [("Table 1", "Rates by district, 2011.")]
    assert book["Contents"]["A2"].hyperlink.location == "'Table 1'!A1"


def test_notes_list_the_symbols_in_use_and_no_others(page):
    book = openpyxl.load_workbook(page(table())["02-rates.xlsx"])
    notes = dict(book["Notes"].iter_rows(min_row=2, values_only=True))
    assert notes == {
        "[c]": "hidden so that no child can be identified",
        "[p]": "provisional",
    }


def test_properties_name_title_publisher_and_language_and_no_person(page):
    made = page(table())
    core = openpyxl.load_workbook(made["02-rates.xlsx"]).properties
    assert (core.title, core.creator, core.language) == ("Rates", "Kent Trust", "en-GB")
    assert core.created == core.modified == datetime(2014, 1, 20)
    assert core.lastModifiedBy in (None, "", "Kent Trust")
    meta = "".join(odf(made["02-rates.ods"], "meta.xml").itertext())
    assert meta == "Ratesen-GBKent TrustKent Trust2014-01-20T00:00:002014-01-20T00:00:00"


def test_ods_has_numbers_as_numbers_with_the_decimals_of_the_page(page):
    path = page(table())["02-rates.ods"]
    content = odf(path, "content.xml")
    assert zipfile.ZipFile(path).namelist()[0] == "mimetype"
    assert zipfile.ZipFile(path).getinfo("mimetype").compress_type == zipfile.ZIP_STORED
    cells_ = [*content.iter(f"{ODF % 'table'}table-cell")]
    kinds = {
        "".join(cell.itertext()): (
            cell.get(f"{ODF % 'office'}value-type"),
            cell.get(f"{ODF % 'office'}value"),
        )
        for cell in cells_
    }
    assert kinds["1,234"] == ("float", "1234")
    assert kinds["44.10"] == ("float", "44.10")
    assert kinds["-0.5"] == ("float", "-0.5")
    assert kinds["[c]"] == kinds["Ashfield"] == ("string", None)
    style = next(cell for cell in cells_ if "".join(cell.itertext()) == "44.10")
    name = style.get(f"{ODF % 'table'}style-name")
    [look] = [
        each
        for each in content.iter(f"{ODF % 'datastyle'}number-style")
        if each.get(f"{ODF % 'style'}name") == f"f{name}"
    ]
    assert look[0].get(f"{ODF % 'datastyle'}decimal-places") == "2"


def test_ods_marks_headings_as_such_names_its_language_and_merges_nothing(page):
    path = page(table())["02-rates.ods"]
    content, styles = odf(path, "content.xml"), odf(path, "styles.xml")
    [head] = [
        ["".join(cell.itertext()) for cell in row.iter(f"{ODF % 'table'}table-cell")]
        for row in content.iter(f"{ODF % 'table'}table-header-rows")
    ]
    assert head[:3] == ["Area", "Number", "Rate (per 1,000)"]
    fonts = next(styles.iter(f"{ODF % 'style'}text-properties"))
    fo = ODF % "xsl-fo-compatible"
    assert (fonts.get(f"{fo}language"), fonts.get(f"{fo}country")) == ("en", "GB")
    text = zipfile.ZipFile(path).read("content.xml").decode()
    assert "spanned" not in text
    [area] = content.iter(f"{ODF % 'table'}database-range")
    assert area.get(f"{ODF % 'table'}target-range-address") == "'Table 1'.A4:'Table 1'.K7"


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_both_workbooks_hold_what_the_csv_holds(page, kind):
    made = page(table())
    lines = [line[:11] for line in read_csv(made["02-rates/table-1.csv"])]
    sheet = CalamineWorkbook.from_path(made[f"02-rates.{kind}"]).get_sheet_by_name("Table 1")
    found = [row[:11] for row in sheet.to_python()[3:]]
    assert found[0] == lines[0]
    for line, row in zip(lines[1:], found[1:], strict=True):
        assert row == [float(text) if re.fullmatch(r"-?[\d.]+", text) else text for text in line]


def test_same_tables_give_the_same_bytes_whenever_they_are_written(page):
    first = {name: path.read_bytes() for name, path in page(table()).items()}
    time.sleep(2.1)  # a zip file counts time in steps of two seconds
    again = {name: path.read_bytes() for name, path in page(table()).items()}
    assert first == again
    for name in ("02-rates.xlsx", "02-rates.ods"):
        parts = zipfile.ZipFile(io.BytesIO(first[name])).infolist()
        assert {part.date_time for part in parts} == {(1980, 1, 1, 0, 0, 0)}


def test_text_that_a_spreadsheet_would_run_is_kept_from_it_and_numbers_stay_numbers(page):
    frame = pd.DataFrame({"=Area": EVIL, "Said": EVIL, "Rate": [f"-{n}.5" for n in range(7)]})
    made = page(table(frame, caption="=Rates"))
    head, *lines = read_csv(made["02-rates/table-1.csv"])
    assert head[0] == "'=Area"
    assert [line[:2] for line in lines] == [[f"'{text}", f"'{text}"] for text in EVIL]
    assert [line[2] for line in lines] == [f"-{n}.5" for n in range(7)]
    assert {line[3] for line in lines} == {"'=Rates"}
    with zipfile.ZipFile(made["02-rates.xlsx"]) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if "/sheet" in name]
    assert not any("<f>" in text or "<f " in text for text in sheets)
    assert "formula" not in zipfile.ZipFile(made["02-rates.ods"]).read("content.xml").decode()
    assert openpyxl.load_workbook(made["02-rates.xlsx"])["Table 1"]["A1"].data_type == "s"


def test_text_that_xml_cannot_hold_or_takes_for_its_own_survives(page):
    said = 'a<b & "c" \x0b\x01]]> d'
    made = page(table(RATES.head(1).assign(Area=said), caption=said), title=said)
    for kind in ("xlsx", "ods"):
        book = CalamineWorkbook.from_path(made[f"02-rates.{kind}"])
        found = book.get_sheet_by_name("Table 1").to_python()[0][0]
        assert found.startswith('a<b & "c"')
        assert found.endswith("]]> d")


def test_synthetic_tables_say_so_in_every_row_and_sheet_and_on_the_cover(page):
    made = page(table(of=rows_of("synthetic")), table(of=rows_of()))
    for line in read_csv(made["02-rates/table-1.csv"])[1:]:
        assert "Synthetic sample, not real children." in line[-2]
    assert "Synthetic" not in made["02-rates/table-2.csv"].read_text(encoding="utf-8")
    for kind in ("xlsx", "ods"):
        book = CalamineWorkbook.from_path(made[f"02-rates.{kind}"])
        assert "Synthetic" in str(book.get_sheet_by_name("Cover").to_python())
        assert "Synthetic" in book.get_sheet_by_name("Table 1").to_python()[1][0]
        assert "Synthetic" not in str(book.get_sheet_by_name("Table 2").to_python())


def test_a_synthetic_table_without_a_source_line_says_so_all_the_same(tmp_path):
    told = {"id": "table-1", "caption": "c", "source": "", "note": "", "headers": 1}
    told |= {"columns": [{"name": "a", "unit": ""}], "rows": [["x"]]}
    said = {"role": "table", "synthetic": True, "table": told}
    output = nbformat.v4.new_output("display_data", {}, metadata={"ehlib": said})
    cell = nbformat.v4.new_code_cell("", outputs=[output])
    [path, *_] = write_downloads(nbformat.v4.new_notebook(cells=[cell]), tmp_path, "p", FACTS)
    assert read_csv(path)[1] == ["x", "c", "Synthetic sample, not real children."]


def test_columns_of_one_name_are_told_apart():
    told = {
        "columns": [{"name": "Rate"}, {"name": "rate"}, {"name": ""}],
        "rows": [["1", "2", "3"]],
        "headers": 0,
    }
    assert [each.name for each in split_columns(told)] == ["Rate", "rate 2", "Column 3"]


def test_a_column_in_which_one_cell_is_no_number_stays_as_it_is_written():
    told = {"columns": [{"name": "Weeks"}], "rows": [["21"], ["not reached"]], "headers": 0}
    [column] = split_columns(told)
    assert (column.cells, column.numeric) == (["21", "not reached"], False)


def test_years_keep_their_digits_together_and_counts_do_not(page):
    frame = pd.DataFrame({"Area": ["a"], "Since": ["2011"], "Number": ["2,011"]})
    sheet = openpyxl.load_workbook(page(table(frame, of=None))["02-rates.xlsx"])["Table 1"]
    assert [cell.number_format for cell in sheet[3]] == ["General", "0", "#,##0"]


NUMBERS = st.decimals(-(10**6), 10**6, places=2, allow_nan=False).map("{:,}".format)
CELLS = st.one_of(
    NUMBERS,
    st.just("[c]"),
    st.tuples(NUMBERS, NUMBERS).map(lambda ends: f"{ends[0]} to {ends[1]}"),
    NUMBERS.map(lambda text: f"\u25b2 {text} [e]"),
    st.tuples(NUMBERS, NUMBERS).map(lambda both: f"{both[0]} ({both[1]}%)"),
)


@given(st.lists(CELLS, min_size=1, max_size=6))
def test_no_number_of_a_column_is_lost_or_changed_by_taking_it_apart(texts):
    columns = split_columns(
        {"columns": [{"name": "x"}], "rows": [[text] for text in texts], "headers": 0}
    )
    for place, text in enumerate(texts):
        wanted = re.findall(r"-?\d[\d,]*\.\d+", text)
        parts = {each.name: each.cells[place] for each in columns}
        order = ["x", "x, per cent", "x, lower", "x, upper"]
        found = [parts[name] for name in order if name in parts]
        assert [f"{each.value:,f}" for each in found if not isinstance(each, str)] == wanted
        assert all(each in ("", "[c]") for each in found if isinstance(each, str))


def test_figures_behind_a_chart_are_on_the_page_and_in_the_downloads(page, tmp_path):
    wide, narrow = new_axes(height=2), new_axes(height=2, width=3)
    said = {"alt": "Ashfield is highest.", "caption": "Rate, 2013.", "of": rows_of()}
    made = page(lambda: cells.show_figure(wide, narrow=narrow, table=RATES, **said))
    assert read_csv(made["02-rates/table-1.csv"])[1][:2] == ["Ashfield", "1234"]


def test_tables_count_from_one_on_each_page(page):
    page(table())
    assert "02-rates/table-1.csv" in page(table())


def test_two_tables_of_one_id_are_refused(page, monkeypatch, tmp_path):
    monkeypatch.setattr("ehlib.show.numbers.written.COUNTED.next_id", lambda: "table-1")
    with pytest.raises(ValueError, match=r"Rates: two tables have the id table-1; expected one"):
        page(table(), table())


OBSERVED = {
    "indicator_id": ["under18_conceptions", "mash_enquiries"],
    "area_code": ["E07000170", "E10000024"],
    "period": ["2011", "2013/14-Q3"],
    "sex": ["female", "persons"],
    "age": ["15-17", "0-17"],
    "category_type": ["", "outcome"],
    "category": ["", "children's social care"],
}


def test_ids_are_made_of_the_key_alone_in_small_letters():
    assert number_ids(pd.DataFrame(OBSERVED)) == [
        "under18_conceptions.e07000170.2011.female.15-17.value",
        "mash_enquiries.e10000024.2013-14-q3.persons.0-17.outcome.children-s-social-care.value",
    ]
    assert number_ids(pd.DataFrame({"other": ["kind of row"]})) == [""]


def test_cells_keep_their_ids_when_rows_are_turned_round_and_columns_left_out(monkeypatch):
    rows = pd.DataFrame(OBSERVED)
    shown = []
    monkeypatch.setattr(cells, "display", lambda html, metadata: shown.append((html, metadata)))
    columns = {"Area": ["a", "b"], "None": ["", ""], "Rate": marked(["1", "[c]"], rows, "value")}
    made = unmarked(pd.DataFrame(columns))
    assert list(made["Rate"]) == ["1", "[c]"]
    cells.show_table(made.loc[:, (made != "").any()].iloc[::-1], caption="c")
    [(html, metadata)] = shown
    ids = number_ids(rows)
    assert metadata["ehlib"]["table"]["numbers"] == [["", ids[1]], ["", ids[0]]]
    assert metadata["ehlib"]["table"]["rows"] == [["b", "[c]"], ["a", "1"]]
    assert re.findall(r'data-number="([^"]+)">([^<]+)<', html.data) == [
        (ids[1], "[c]"),
        (ids[0], "1"),
    ]
    json.dumps(metadata)


def test_pivoted_cells_keep_their_ids_and_empty_ones_have_none():
    rows = pd.DataFrame(OBSERVED)
    texts = marked(["1", ""], rows, "number", "value")
    wide = rows.assign(text=texts).pivot_table(
        index="period", columns="area_code", values="text", aggfunc="first"
    )
    plain = unmarked(wide)
    key = "under18_conceptions.e07000170.2011.female.15-17"
    assert plain.attrs["numbers"] == {("2011", "E07000170"): f"{key}.number {key}.value"}
    assert with_ids(["x", ""], ["", "id"]) == ["x", ""]


def test_table_without_rows_keeps_its_columns():
    made = unmarked(pd.DataFrame({"Area": [], "Rate": []}))
    assert (list(made.columns), len(made), made.attrs["numbers"]) == (["Area", "Rate"], 0, {})


def test_pages_carry_ids_and_anchors_that_downloads_share(page, monkeypatch, tmp_path):
    rows = pd.DataFrame(OBSERVED)
    made = unmarked(pd.DataFrame({"Area": ["a", "b"], "Rate": marked(["1", "2"], rows, "value")}))
    outputs = []
    monkeypatch.setattr(
        cells,
        "display",
        lambda html, metadata: outputs.append(
            nbformat.v4.new_output("display_data", {"text/html": html.data}, metadata=metadata)
        ),
    )
    cells.show_title("Rates", "Kent.")
    cells.show_table(made, caption="c")
    cell = nbformat.v4.new_code_cell("show", outputs=outputs, execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    write_page(notebook, tmp_path / "02-rates.html", facts=FACTS)
    html = (tmp_path / "02-rates.html").read_text(encoding="utf-8")
    assert 'id="table-1"' in html
    assert f'data-number="{number_ids(rows)[0]}"' in html
