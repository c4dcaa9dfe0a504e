"""A page's workbook for Excel: cover, contents, notes, then one table a sheet."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime, time
from html import escape

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ehlib.publish.downloads.columns import Cell, Column, Number
from ehlib.publish.downloads.layout import COVER, LANGUAGE, STAMP, width_of, word_sheets
from ehlib.publish.downloads.report import Report, Sheet

FONT = {"font_name": "Arial", "font_size": 11}
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
CORE = "docProps/core.xml"


class _Book:
    """The workbook with the formats that its sheets share."""

    def __init__(self, file: io.BytesIO, report: Report) -> None:
        options = OPTIONS | {"default_format_properties": {**FONT}}  # which it changes
        self.book = xlsxwriter.Workbook(file, options)
        made = datetime.combine(report.facts.generated, time())
        said = {"title": report.title, "author": report.facts.trust}
        self.book.set_properties({**said, "company": report.facts.trust, "created": made})
        self.formats: dict[str, Format] = {}

    def format(self, number: str = "", **more: object) -> Format:
        key = f"{number} {sorted(more.items())}"
        if key not in self.formats:
            shown = {"num_format": number} if number else {}
            self.formats[key] = self.book.add_format(FONT | shown | more)
        return self.formats[key]


def xlsx_bytes(report: Report) -> bytes:
    """Workbook of a report: the same bytes for the same report."""
    file = io.BytesIO()
    book = _Book(file, report)
    sheets = {name: _words(book, name, rows) for name, rows in word_sheets(report).items()}
    _link(book, sheets["Contents"], report.tables)
    for table in report.tables:
        _table(book, table)
    book.book.close()
    return _settled(file)


def _words(book: _Book, name: str, rows: Sequence[tuple[str, ...]]) -> Worksheet:
    """Sheet of words: a title, then names and what is said of each."""
    sheet = book.book.add_worksheet(name)
    sheet.hide_gridlines(2)
    for place, width in enumerate(COVER):
        sheet.set_column(place, place, width)
    sheet.write_string(0, 0, rows[0][0], book.format(bold=True, font_size=16))
    for place, row in enumerate(rows[1:], start=1):
        top = book.format(valign="top", **({"bold": True} if len(row) > 1 else {}))
        sheet.write_string(place, 0, row[0], top)
        if len(row) > 1:
            sheet.write_string(place, 1, row[1], book.format(text_wrap=True, valign="top"))
    return sheet


def _link(book: _Book, sheet: Worksheet, tables: Sequence[Sheet]) -> None:
    """Make the names of tables in the contents lead to their sheets."""
    link = book.format(font_color="#0b4ea2", underline=1, valign="top")
    for place, table in enumerate(tables, start=1):
        sheet.write_url(place, 0, f"internal:'{table.name}'!A1", link, table.name)


def _table(book: _Book, table: Sheet) -> None:
    sheet = book.book.add_worksheet(table.name)
    title = book.format(bold=True, font_size=14)
    for place, line in enumerate(table.lines):
        sheet.write_string(place, 0, line, book.format() if place else title)
    top, last = len(table.lines), len(table.columns[0].cells)
    box = (top, 0, top + last, len(table.columns) - 1)
    heads = [
        {"header": column.name, "header_format": book.format(**_head(column))}
        for column in table.columns
    ]
    name = f"Table_{table.name.rsplit(' ', 1)[1]}"
    look = {"style": "Table Style Light 1", "banded_rows": False, "autofilter": False}
    sheet.add_table(*box, {"name": name, "columns": heads, **look})
    sheet.ignore_errors({"number_stored_as_text": xlsxwriter.utility.xl_range(*box)})
    sheet.freeze_panes(top + 1, 1)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, width_of(column))
        for row, cell in enumerate(column.cells, start=top + 1):
            _write(sheet, (row, place), cell, _look(book, cell, column.numeric))


def _head(column: Column) -> dict[str, object]:
    side = {"align": "right"} if column.numeric else {}
    return {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1, **side}


def _write(sheet: Worksheet, place: tuple[int, int], cell: Cell, look: Format) -> None:
    if isinstance(cell, Number):
        sheet.write_number(*place, float(cell.value), look)
    elif cell:
        sheet.write_string(*place, cell, look)


def _look(book: _Book, cell: Cell, numeric: bool) -> Format:
    """Format of a cell: a number's decimals, a symbol in its place, or words."""
    if not isinstance(cell, Number):
        side = {"align": "right"} if numeric else {"text_wrap": True, "valign": "top"}
        return book.format(**side)
    digits = f".{'0' * cell.decimals}" if cell.decimals else ""
    return book.format(f"{'#,##0' if cell.comma else '0'}{digits}")


def _settled(file: io.BytesIO) -> bytes:
    """The file with its language named and with no time of writing in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(file) as made, zipfile.ZipFile(out, "w") as kept:
        for name in made.namelist():
            content = made.read(name)
            if name == CORE:
                said = f"<dc:language>{escape(LANGUAGE)}</dc:language></cp:coreProperties>"
                content = re.sub(rb"</cp:coreProperties>", said.encode(), content)
            kept.writestr(zipfile.ZipInfo(name, STAMP), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
