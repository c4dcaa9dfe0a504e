"""One table of case records read in pieces: every faulty row named, nothing personal kept."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ehlib.load.cases.checks import check_cells, check_days, check_repeats, shown
from ehlib.load.cases.columns import Cells, read_cells, typed_cells
from ehlib.load.cases.headings import OWN_ID, PERIOD, columns_of
from ehlib.load.cases.identity import ages_on, districts_of, pseudonyms
from ehlib.load.sources.extract import join_faults

MIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no bit of an earlier column is lost
EMPTY, UNREADABLE = "", "\x00"


class Piece(NamedTuple):
    """What some rows of a table gave."""

    frame: pd.DataFrame
    faults: pd.DataFrame
    rejected: pd.DataFrame
    marks: pd.DataFrame  # of every row: its record, what it says, whether it was changed, is bad
    made: frozenset[str]  # columns made from personal ones


def read_piece(cells: pd.DataFrame, kind: str, key: bytes) -> Piece:
    """Records of some rows of text cells, under our column names.

    Parameters
    ----------
    cells : DataFrame of text
        Index `row`, as a spreadsheet shows it.
    kind : str
        One of `CASE_KINDS`.
    key : bytes
        Key of the hashes that take the place of ids.

    Returns
    -------
    Piece
        `frame` has the records without fault, `rejected` the others without their ids.
    """
    cells, made, changed = _with_made(cells, kind)
    given = {
        column: read_cells(
            cells[column] if column in cells else pd.Series(EMPTY, cells.index, name=column)
        )
        for column in columns_of(kind)
    }
    synthetic = _synthetic(given, kind)
    changed |= synthetic & ~given["data_status"].where(given["data_status"].normal == "synthetic")
    for each in given.values():
        changed |= each.where(each.normal.fillna(UNREADABLE) != each.written)
    typed = _typed(given, kind, key).set_axis(cells.index)
    typed["data_status"] = typed["data_status"].mask(synthetic, "synthetic")
    faults = join_faults([*check_cells(cells, given, made), *check_days(typed, kind)])
    bad = cells.index.isin(faults["row"])
    marks = pd.DataFrame(
        {"record": typed.iloc[:, 0], "said": _said(given), "changed": changed, "bad": bad}
    )
    marks["known"] = _known(given, kind)
    rejected = cells.loc[bad].reindex(columns=columns_of(kind), fill_value=EMPTY)
    rejected = shown(rejected, cells)
    rejected = rejected.assign(**_hashes(typed.loc[bad]))
    return Piece(typed.loc[~bad], faults, rejected, marks, frozenset(made))


def read_pieces(
    chunks: Iterator[pd.DataFrame], kind: str, *, key: bytes, path: Path | None
) -> Piece:
    """All rows of a table; written to a Parquet file piece by piece where a path is given.

    Parameters
    ----------
    chunks : iterator of DataFrame of text
        Under our column names.
    kind, key : str, bytes
        As for `read_piece`.
    path : Path or None
        Then `frame` of the result has no rows: they are in the file, with `row`.

    Returns
    -------
    Piece
        Of all rows, those that repeat others among them.
    """
    key = key or secrets.token_bytes(32)
    if path is None:
        return _joined([read_piece(cells, kind, key) for cells in chunks])
    pieces = []
    try:
        with contextlib.ExitStack() as stack:
            writer = None
            for cells in chunks:
                piece = read_piece(cells, kind, key)
                records = pa.Table.from_pandas(piece.frame.reset_index(names="row"))
                records = records.replace_schema_metadata(None)
                if writer is None:
                    writer = pq.ParquetWriter(path, records.schema, compression="zstd")
                    stack.enter_context(writer)
                writer.write_table(records)
                pieces.append(piece._replace(frame=piece.frame.iloc[:0]))
    except BaseException:
        path.unlink(missing_ok=True)  # a table that is refused midway leaves nothing behind
        raise
    return _joined(pieces)


def _joined(pieces: list[Piece]) -> Piece:
    faults = join_faults(piece.faults for piece in pieces)
    frame, rejected, marks = (
        pd.concat([getattr(piece, name) for piece in pieces])
        for name in ("frame", "rejected", "marks")
    )
    return Piece(frame, faults, rejected, marks, frozenset().union(*(each.made for each in pieces)))


def without_repeats(piece: Piece, kind: str, path: Path | None, notes: pd.DataFrame) -> Piece:
    """Piece less rows that repeat an earlier one, that another contradicts, or that are too long.

    Parameters
    ----------
    piece : Piece
        All rows of a table.
    kind, path : str, Path or None
        As for `read_pieces`.
    notes : DataFrame
        What reading the table's cells found; rows of its errors are refused.
    """
    again, contradicted, faults = check_repeats(piece.marks, "/".join(OWN_ID[kind]))
    long = piece.marks.index.isin(notes.loc[notes["severity"] == "error", "row"])
    refused = (contradicted | long) & ~piece.marks["bad"].to_numpy()
    again = again & ~refused
    marks = piece.marks.assign(again=again, bad=piece.marks["bad"] | refused)
    faults = join_faults([piece.faults, faults])
    if not (again | refused).any():
        return piece._replace(marks=marks, faults=faults)
    records = piece.frame if path is None else pd.read_parquet(path).set_index("row")
    lost = records.loc[records.index.isin(marks.index[refused])]
    kept = records.loc[~records.index.isin(marks.index[again | refused])]
    if path is not None:
        kept.reset_index().to_parquet(path, index=False)
        kept = kept.iloc[:0]
    texts = lost.astype("str").assign(**_hashes(lost)).reindex(columns=columns_of(kind))
    rejected = pd.concat([piece.rejected, texts]).sort_index()
    return piece._replace(frame=kept, faults=faults, rejected=rejected, marks=marks)


def _with_made(cells: pd.DataFrame, kind: str) -> tuple[pd.DataFrame, set[str], np.ndarray]:
    """Cells with age and district where only a birthday and a postcode were given."""
    made: set[str] = set()
    changed = np.zeros(len(cells), dtype=bool)
    for column, personal in (("age", "date_of_birth"), ("area_code", "postcode")):
        if personal not in cells or column not in columns_of(kind):
            continue
        written = cells[column] if column in cells else pd.Series(EMPTY, cells.index, dtype="str")
        empty = written.str.strip() == ""
        source = cells.loc[empty, personal].str.strip()
        if column == "age":
            found = ages_on(source, cells.loc[empty, PERIOD[kind][0]].str.strip())
        else:
            found = districts_of(source).fillna("")
        filled = written.copy()
        filled.loc[empty] = found
        changed |= (empty & (filled != "")).to_numpy()
        cells = cells.assign(**{column: filled})
        made.add(personal)
    return cells, made, changed


def _typed(given: dict[str, Cells], kind: str, key: bytes) -> pd.DataFrame:
    """Columns of the records, ids as hashes and first; missing ids are 0."""
    columns: dict[str, object] = {}
    own = OWN_ID[kind]
    if len(own) > 1:
        texts = [given[name].texts().fillna("") for name in own]
        joined = texts[0].str.cat(texts[1:], sep="\x1f")
        columns["record_id"] = pseudonyms(joined, key)
    for name, cells in given.items():
        if name.endswith("_id"):
            columns[name] = pseudonyms(cells.normal.fillna(""), key)[cells.places]
        else:
            columns[name] = typed_cells(name, cells).array
    return pd.DataFrame(columns)


def _synthetic(given: dict[str, Cells], kind: str) -> np.ndarray:
    """Rows whose first id begins as those of the sample do."""
    own = given[OWN_ID[kind][0]]
    return own.where(own.normal.fillna("").str.startswith("SYN-"))


def _said(given: dict[str, Cells]) -> np.ndarray:
    """Number that stands for all that a row says: the same for rows alike in every column."""
    said = np.zeros(len(next(iter(given.values())).places), dtype="uint64")
    for cells in given.values():
        texts = cells.normal.fillna(UNREADABLE).to_numpy(dtype=object)
        said = said * MIX + pd.util.hash_array(texts)[cells.places]
    return said


def _known(given: dict[str, Cells], kind: str) -> np.ndarray:
    """Rows whose record can be told: every part of its id could be read."""
    known = [~given[name].where(given[name].normal.isna()) for name in OWN_ID[kind]]
    return np.logical_and.reduce(known)


def _hashes(typed: pd.DataFrame) -> dict[str, list[str]]:
    """Ids of records as the text of their hashes, for the account of what was refused."""
    return {
        name: [f"{number & (2**64 - 1):016x}" for number in typed[name].tolist()]
        for name in typed.columns
        if name.endswith("_id") and name != "record_id"
    }
