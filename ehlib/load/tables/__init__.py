"""Cells of any file as text: what it holds is told by its content, never by its name."""

import re
from pathlib import Path

from ehlib.load.schema import SourceError
from ehlib.load.tables.delimited import read_text
from ehlib.load.tables.grid import FAULT_COLUMNS as FAULT_COLUMNS
from ehlib.load.tables.grid import Grid as Grid
from ehlib.load.tables.grid import Note as Note
from ehlib.load.tables.grid import refusal
from ehlib.load.tables.header import find_table as find_table
from ehlib.load.tables.personal import drop_personal as drop_personal
from ehlib.load.tables.table import Table as Table
from ehlib.load.tables.workbooks import read_workbook

LARGEST_WORKBOOK = 100_000_000  # bytes
WORKBOOK = (b"PK\3\4", b"\xd0\xcf\x11\xe0")
OTHER = {  # what a file that begins so is, when it holds no table
    rb"%PDF": "a PDF document",
    rb"\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*": "a picture",
    rb"\x1f\x8b|BZh\d|7z\xbc\xaf|Rar!|\xfd7zXZ|\x28\xb5\x2f\xfd": "a packed file",
    rb"PAR1": "a Parquet file",
    rb"SQLite format": "a database",
    rb"\{\\rtf": "a text document",
    rb"[\x09\x0b]\0|\x09[\x02\x04]": "a workbook older than Excel 97",
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<[\s\0]*(?:[A-Za-z!?])": "a web page or XML",
    rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\[{\"\d])": "JSON",
}


def read_grids(path: Path) -> list[Grid]:
    """Cells of a file as text: one grid for a text file, one a sheet for a workbook.

    Parameters
    ----------
    path : Path
        Text with a delimiter, XLSX, XLSM, XLS of Excel 97 to 2003, or ODS, under whatever name.

    Returns
    -------
    list of Grid

    Raises
    ------
    SourceError
        If the file holds no cells, cannot be opened, or is more than a laptop should be asked to
        take; the message names file, place, what was found and wanted, and how to mend it.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4096)
        if start.startswith(WORKBOOK):
            return read_workbook(path, _content(path))
        for begins, what in OTHER.items():
            if re.match(begins, start):
                raise _other(path, what)
        return read_text(path)
    except PermissionError as error:
        raise refusal(
            path.name,
            "file_locked",
            "the file cannot be opened",
            wanted="one that no other program holds, and that you may read",
            mend="close it in Excel and try again",
        ) from error


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_WORKBOOK:
        raise refusal(
            path.name,
            "workbook_too_large",
            f"a workbook of {path.stat().st_size // 10**6:,} MB",
            wanted=f"at most {LARGEST_WORKBOOK // 10**6} MB",
            mend="save the table as CSV",
        )
    return path.read_bytes()


def _other(path: Path, what: str) -> SourceError:
    return refusal(
        path.name,
        "workbook_kind" if "workbook" in what else "file_kind",
        f"this is {what}",
        wanted="CSV, XLSX, XLS of Excel 97 or later, or ODS",
        mend="open it in Excel or LibreOffice and save the table as XLSX or CSV",
    )
