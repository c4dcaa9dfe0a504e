"""A table as CSV, for a spreadsheet as for a program."""

import csv
import io

from ehlib.publish.downloads.columns import Cell, Number
from ehlib.publish.downloads.report import Sheet
from ehlib.publish.formulas import inert


def csv_bytes(sheet: Sheet) -> bytes:
    """CSV of a table: one row of headings, then the rows, each with its table, source and notes.

    UTF-8 with a byte order mark, without which Excel on Windows reads the letters wrongly. Numbers
    are bare; text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    names = [column.name for column in sheet.columns]
    about = {"Table": sheet.caption, "Source": sheet.source, "Notes": sheet.note}
    about = {name: inert(words) for name, words in about.items() if words}
    heads = [f"{name} of the table" if name in names else name for name in about]
    writer.writerow([*map(inert, names), *heads])
    for cells in zip(*(column.cells for column in sheet.columns), strict=True):
        writer.writerow([*map(_text, cells), *about.values()])
    return file.getvalue().encode("utf-8-sig")


def _text(cell: Cell) -> str:
    return f"{cell.value:f}" if isinstance(cell, Number) else inert(cell)
