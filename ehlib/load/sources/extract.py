"""One file as received: its cells as text, and what reading them gave, row by row."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from ehlib.load.schema import LISTED, SourceError

FAULT_COLUMNS = ["rule", "severity", "sheet", "row", "column", "found", "wanted", "mend"]
HEAD = 65_536  # bytes in which a header ends


def _no_rows() -> pd.Index:
    return pd.Index([], dtype="int64")


@dataclass(frozen=True)
class Extract:
    """What one file gave: its rows, its faults, and an account of every row read.

    `rejected` holds rows as they were written. `mended` names the rows taken in another writing,
    where the reader tells which they are.
    """

    kind: str
    frame: pd.DataFrame
    faults: pd.DataFrame
    rejected: pd.DataFrame
    rows_read: int
    rows_normalised: int
    mended: pd.Index = field(default_factory=_no_rows)

    @property
    def rows_rejected(self) -> int:
        """Rows that were refused."""
        return len(self.rejected)

    @property
    def rows_loaded(self) -> int:
        """Rows taken exactly as they were written."""
        return self.rows_read - self.rows_normalised - self.rows_rejected

    @classmethod
    def refused(cls, message: str) -> "Extract":
        """Extract of a file that could not be read at all: one fault, no rows."""
        faults = fault(pd.Index([1]), "file_refused", "", [message], "", "")
        return cls("refused", pd.DataFrame(), faults, pd.DataFrame(), 0, 0)

    def without(self, faults: pd.DataFrame, cells: pd.DataFrame) -> "Extract":
        """Extract less some of its rows, rejected as they were written and for the faults given."""
        rows = cells.index
        lost = max(len(rows.intersection(self.mended)), len(rows) - self.rows_loaded)
        return replace(
            self,
            frame=self.frame.drop(index=rows),
            faults=join_faults([self.faults, faults]),
            rejected=pd.concat([self.rejected, cells]),
            rows_normalised=self.rows_normalised - lost,
            mended=self.mended.difference(rows),
        )

    def merged(self, rows: pd.Index) -> "Extract":
        """Extract less rows that another says as well: taken there, and counted as normalised."""
        more = min(len(rows.difference(self.mended)), self.rows_loaded)
        return replace(
            self,
            frame=self.frame.drop(index=rows),
            rows_normalised=self.rows_normalised + more,
            mended=self.mended.union(rows),
        )


def fault(
    rows: pd.Index, rule: str, column: str, found: Iterable[object], wanted: str, mend: str
) -> pd.DataFrame:
    """One fault a row, all of one rule."""
    listed = [
        (rule, "error", "", row, column, said, wanted, mend)
        for row, said in zip(rows, found, strict=True)
    ]
    return pd.DataFrame(listed, columns=FAULT_COLUMNS)


def join_faults(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All faults in one frame, in the order given."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame(columns=FAULT_COLUMNS)
    return pd.concat(filled, ignore_index=True)


def find_repeats(
    rows: pd.DataFrame, key: list[str], figures: list[str]
) -> tuple[pd.Series, pd.Series]:
    """Rows that say again what an earlier one says, and rows that another contradicts.

    Parameters
    ----------
    rows : DataFrame
        No missing text in the columns of `key`.
    key, figures : list of str
        Columns that say what a row is about, and columns that say something about it.

    Returns
    -------
    tuple of Series of bool, same index
        No row is both: of rows that disagree none is taken, also not one that is there twice.
    """
    again = rows.duplicated([*key, *figures])
    versions = (~again).groupby([rows[column] for column in key], dropna=False).transform("sum")
    contradicted = versions > 1
    return again & ~contradicted, contradicted


def name_repeats(rows: pd.DataFrame, key: list[str], places: pd.Series) -> pd.Series:
    """Places of all rows that share a row's key: `row 3, row 7`; five at most, then how many."""
    named = pd.Series("", index=rows.index, dtype="str")
    for part in rows.groupby(key, dropna=False, observed=True).indices.values():
        listed, rest = places.iloc[part[:LISTED]], len(part) - LISTED
        more = f" and {rest} more" if rest > 0 else ""
        named.iloc[part] = ", ".join(listed) + more
    return named


def read_text_table(path: Path) -> pd.DataFrame:
    """Cells of a CSV file as text, indexed by the row number that a spreadsheet shows.

    Parameters
    ----------
    path : Path
        File in UTF-8 (with or without a byte order mark) or Windows-1252, commas between cells.

    Returns
    -------
    DataFrame, all text
        Index `row` counts from 2, the row under the header; empty cells are empty text. Rows
        without any text, and nameless empty columns at the right, are left out.

    Raises
    ------
    SourceError
        If the file is empty, is not text, leaves a quotation open, repeats a column name or has
        one without a name, or a row has more cells than the header.
    """
    lines = _lines(path, path.read_bytes())
    header = _header(next(lines, []))
    if not header:
        raise SourceError(f"{path.name}, row 1: no header was found; expected column names")
    repeated = sorted({name for name in header if header.count(name) > 1 or not name})
    if repeated:
        problem = f"column {repeated[0]!r} is there twice" if repeated[0] else "a name is missing"
        raise SourceError(f"{path.name}, row 1: {problem}; expected one name for each column")
    body = {}
    for number, cells in enumerate(lines, start=2):
        if any(cell.strip() for cell in cells[len(header) :]):
            raise SourceError(
                f"{path.name}, row {number}: {len(cells)} cells under {len(header)} column names; "
                "put text that holds a comma in double quotes"
            )
        if any(cell.strip() for cell in cells):
            body[number] = [*cells, *[""] * len(header)][: len(header)]
    index = pd.Index(list(body), name="row", dtype="int64")
    return pd.DataFrame(list(body.values()), columns=header, index=index, dtype="str")


def read_header(path: Path) -> list[str]:
    """Column names of a CSV file, without reading the rest of it."""
    with path.open("rb") as file:
        start = file.read(HEAD)
    # Whole lines only, so that no character is cut in two.
    whole = start[: start.rfind(b"\n") + 1] or start
    return _header(next(_lines(path, whole), []))


def _header(names: list[str]) -> list[str]:
    """Column names without the nameless columns that spreadsheets leave at the right."""
    stripped = [name.strip() for name in names]
    named = [place for place, name in enumerate(stripped, start=1) if name]
    return stripped[: max(named, default=0)]


def _lines(path: Path, content: bytes) -> Iterator[list[str]]:
    """Rows of cells; an open quotation is refused, since it would swallow the rows below it."""
    reader = csv.reader(io.StringIO(_text(path, content), newline=""), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise SourceError(
            f"{path.name}, line {reader.line_num}: {error}; expected every double quote to be "
            "closed, and written twice inside a cell"
        ) from error


def _text(path: Path, content: bytes) -> str:
    if not content.strip():
        raise SourceError(f"{path.name}: the file is empty; expected a header and rows")
    if b"\x00" in content:
        raise SourceError(f"{path.name}: this is not a text file; save it as CSV UTF-8")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SourceError(f"{path.name}: this is neither UTF-8 nor Windows-1252; save it as CSV UTF-8")
