"""Workbooks: looked through before a library reads them, then their sheets as grids of text."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ehlib.load.schema import SourceError
from ehlib.load.tables.grid import TOP, Grid, Note, check_width, letter_of, refusal, width_of
from ehlib.load.tables.workbooks.archive import FIRST, Archive
from ehlib.load.tables.workbooks.cells import text_rows
from ehlib.load.tables.workbooks.compound import book_extents, is_protected, streams
from ehlib.load.tables.workbooks.extent import MOST_CELLS, Extent, TooLargeError
from ehlib.load.tables.workbooks.markup import (
    document_extents,
    percent_styles,
    sheet_extent,
    sheet_titles,
)

VISIBLE = SheetVisibleEnum.Visible
T = TypeVar("T")


def read_workbook(path: Path, content: bytes) -> list[Grid]:
    """Grids of a workbook, one a sheet, hidden sheets too.

    Parameters
    ----------
    path : Path
        XLSX, XLSM, ODS, or XLS of Excel 97 to 2003.
    content : bytes
        Of the file.

    Returns
    -------
    list of Grid
        Whole numbers without decimals, days as 2013-04-30, formulas as the values stored with
        them, errors as Excel shows them.

    Raises
    ------
    SourceError
        If the workbook is broken, protected, of another kind, or larger than can be read.
    """
    look = _look_at_archive if content.startswith(b"PK") else _look_at_compound
    extents = {extent.name: extent for extent in look(path.name, content)}
    grids = []
    with _opened(path.name, content) as workbook:
        for sheet in workbook.sheets_metadata:
            if sheet.typ == SheetTypeEnum.WorkSheet:
                extent = extents.get(sheet.name, Extent(sheet.name))
                grid = _grid(path, workbook, extent)
                hidden = (_hidden(sheet.name),) if sheet.visible != VISIBLE else ()
                grids.append(replace(grid, notes=(*hidden, *_unstored(extent))))
    return grids


def _look_at_archive(file: str, content: bytes) -> list[Extent]:
    archive = Archive(file, content)
    if "xl/workbook.bin" in archive.names:
        raise _other(file, "workbook_kind", "this workbook is binary (XLSB)")
    if not {"xl/workbook.xml", "content.xml"} & set(archive.names):
        raise _other(file, "file_kind", "this archive is no workbook")
    extents: list[Extent] = []
    parts: dict[str, bytes] = {}
    for name, data in archive.unpack():
        if name in FIRST:
            parts[name] = data
        elif name == "content.xml":
            _measure(file, extents, partial(document_extents, data, extents))
        elif b"sheetData" in data:
            if not extents:
                book, links, styles = (parts.get(first, b"<none/>") for first in FIRST)
                titles = _measure(file, [], partial(sheet_titles, book, links))
                percent = _measure(file, [], partial(percent_styles, styles))
            extents.append(Extent(titles.get(name, name)))
            _measure(file, extents, partial(sheet_extent, data, extents[-1], percent))
    return extents


def _look_at_compound(file: str, content: bytes) -> list[Extent]:
    extents: list[Extent] = []
    found = _measure(file, extents, partial(streams, content))
    book = found.get("Workbook") or found.get("Book")
    if "EncryptedPackage" in found or (book and is_protected(book)):
        raise _protected(file)
    if not book:
        raise _other(file, "file_kind", "this is a document of another program")
    _measure(file, extents, partial(book_extents, book, extents))
    return extents


def _measure(file: str, extents: list[Extent], read: Callable[[], T]) -> T:
    """What a look into a workbook gives; the sheet of an error is the last of `extents`."""
    try:
        return read()
    except TooLargeError as error:
        raise refusal(
            file,
            "workbook_far_cell" if "far" in str(error) else "workbook_too_large",
            str(error),
            wanted=f"a sheet of at most {MOST_CELLS:,} cells, empty ones between filled ones too",
            mend="delete the cell, or save the table alone as CSV",
            sheet=extents[-1].name,
        ) from error
    except ValueError as error:
        raise _broken(file) from error


@contextmanager
def _opened(file: str, content: bytes) -> Iterator[CalamineWorkbook]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            yield workbook
    except PasswordError as error:
        raise _protected(file) from error
    except CalamineError as error:
        raise _broken(file) from error
    except BaseException as error:
        # A panic of the library is no Exception, so that it is not caught by chance.
        if type(error).__name__ != "PanicException":
            raise
        raise _broken(file) from error


def _grid(path: Path, workbook: CalamineWorkbook, extent: Extent) -> Grid:
    top = list(islice(text_rows(workbook.get_sheet_by_name(extent.name).iter_rows(), extent), TOP))
    check_width(path.name, extent.name, max(map(width_of, top), default=0))
    return Grid(path.name, extent.name, top, partial(_rows, path, extent))


def _rows(path: Path, extent: Extent) -> Iterator[list[str]]:
    with _opened(path.name, path.read_bytes()) as workbook:
        yield from text_rows(workbook.get_sheet_by_name(extent.name).iter_rows(), extent)


def _hidden(sheet: str) -> Note:
    return Note(
        "sheet_hidden",
        "note",
        sheet,
        found="a hidden sheet, read like the others",
        mend="delete the sheet if it must not be used",
    )


def _unstored(extent: Extent) -> tuple[Note, ...]:
    if not extent.unstored:
        return ()
    row, column = extent.unstored[0]
    count = len(extent.unstored)
    note = Note(
        "formula_without_value",
        "warning",
        extent.name,
        row,
        letter_of(column - 1),
        f"{count} formula{'s' * (count > 1)} without a stored result",
        "formulas with their results",
        "open the workbook in Excel, save it and try again",
    )
    return (note,)


def _broken(file: str) -> SourceError:
    return refusal(
        file,
        "workbook_broken",
        "the workbook cannot be read to its end",
        wanted="a workbook as a spreadsheet program writes it",
        mend="open it in Excel or LibreOffice and save it again, or export it again",
    )


def _protected(file: str) -> SourceError:
    return refusal(
        file,
        "workbook_protected",
        "the workbook is protected with a password",
        wanted="one without a password",
        mend="save a copy without a password",
    )


def _other(file: str, rule: str, found: str) -> SourceError:
    return refusal(
        file,
        rule,
        found,
        wanted="CSV, XLSX, XLS of Excel 97 or later, or ODS",
        mend="open it in Excel or LibreOffice and save the table as XLSX or CSV",
    )
