"""Case records: read without what would tell who a child is, merged, counted with DuckDB."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ehlib.load.cases.counts import count_cases as count_cases
from ehlib.load.cases.counts import describe_cases as describe_cases
from ehlib.load.cases.headings import CASE_KINDS as CASE_KINDS
from ehlib.load.cases.headings import KEEP as KEEP
from ehlib.load.cases.headings import is_cases as is_cases
from ehlib.load.cases.headings import renamed
from ehlib.load.cases.identity import read_key as read_key
from ehlib.load.cases.merging import merge_cases as merge_cases
from ehlib.load.cases.reading import read_pieces, without_repeats
from ehlib.load.schema import SourceError
from ehlib.load.sources.extract import Extract, fault, join_faults

if TYPE_CHECKING:
    from ehlib.load.tables import Table

MADE_INTO = {"date_of_birth": "dob_to_age", "postcode": "postcode_to_district"}  # with its rule


def read_cases(table: "Table | Path", *, key: bytes = b"", folder: Path | None = None) -> Extract:
    """Case records of a table, every faulty row named, nothing kept that tells who a child is.

    Parameters
    ----------
    table : Table or Path
        Table with the headings of one of `CASE_KINDS`; of a file, the first such table. Other
        columns are left out, and said.
    key : bytes
        Key of the hashes that take the place of ids, as `read_key` gives it; when empty one is
        made for this call alone, and hashes cannot be linked to any others.
    folder : Path or None
        Where to write the records, piece by piece, as one Parquet file whose path is `part`;
        without it they are in `frame`.

    Returns
    -------
    Extract
        The columns of the kind, with days and whole numbers as such and the record's own id
        first; index is the row of the file. Rows alike in every column are taken once. `found`
        in a fault and the rejected rows never hold an id, nor what looks like personal data.

    Raises
    ------
    SourceError
        If the table holds no case records or lacks a column; the message names columns, never
        what stands in them.
    """
    if isinstance(table, Path):
        table = _first_table(table)
    kind = is_cases(table.header)
    if not kind:
        wanted = ", ".join(CASE_KINDS.values())
        raise SourceError(
            f"{table.file}, row {table.header_row}: no case records; expected one of {wanted}"
        )
    named = renamed(table.file, table.header, kind)
    path = folder / f"{kind}-{uuid.uuid4().hex}.parquet" if folder else None
    chunks = (cells[list(named)].rename(columns=named) for cells in _chunks(table))
    piece = without_repeats(read_pieces(chunks, kind, key=key, path=path), kind, path, table.notes)
    mended = piece.marks.index[~piece.marks["bad"] & piece.marks[["changed", "again"]].any(axis=1)]
    return Extract(
        kind,
        piece.frame,
        join_faults([table.notes, *_about_columns(table, named), _as_headed(piece.faults, named)]),
        piece.rejected,
        len(piece.marks),
        len(mended),
        mended if path is None else mended[:0],
        sheet=table.sheet,
        header_row=table.header_row,
        part=path,
    )


def _chunks(table: "Table") -> Iterator[pd.DataFrame]:
    """Pieces of a table, at least one even where it has no rows."""
    empty = True
    for cells in table.chunks():
        empty = False
        yield cells
    if empty:
        index = pd.Index(np.array([], dtype="int64"), name="row")
        yield pd.DataFrame(columns=table.header, index=index, dtype="str")


def _about_columns(table: "Table", named: dict[str, str]) -> list[pd.DataFrame]:
    """Warnings about columns that are not read, and about those turned into something harmless."""
    row = pd.Index([table.header_row])
    said = [
        fault(row, "column_left_out", heading, [heading])
        for heading in table.header
        if heading not in named
    ]
    said += [
        fault(row, MADE_INTO[column], heading, [heading])
        for heading, column in named.items()
        if column in MADE_INTO
    ]
    return said


def _as_headed(faults: pd.DataFrame, named: dict[str, str]) -> pd.DataFrame:
    """Faults with the headings of the table in place of our columns."""
    headings = {column: heading for heading, column in named.items()}
    columns = faults["column"].astype("str")
    return faults.assign(column=columns.map(headings).fillna(columns))


def _first_table(path: Path) -> "Table":
    from ehlib.load.tables import find_table, read_grids

    for grid in read_grids(path):
        table = find_table(grid, lambda header: bool(is_cases(header)), keep=KEEP)
        if table is not None:
            return table
    wanted = ", ".join(CASE_KINDS.values())
    raise SourceError(f"{path.name}, row 1: no case records; expected one of {wanted}")
