"""One table as received: what reading it gave, row by row, and its faults."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import union_categoricals

from ehlib.load.schema import LISTED, SourceError
from ehlib.load.sources.rules import RULES

FAULT_COLUMNS = ["rule", "severity", "sheet", "row", "column", "found", "wanted", "mend"]
SAME = ["rule", "severity", "sheet", "column", "wanted", "mend"]  # said again in many rows
UNMAPPED = ["id", "name", "unit", "calendar"]


def _no_rows() -> pd.Index:
    return pd.Index([], dtype="int64")


def _none_unmapped() -> pd.DataFrame:
    return pd.DataFrame(columns=UNMAPPED, dtype="str")


@dataclass(frozen=True)
class Extract:
    """What one table gave: its rows, its faults, and an account of every row read.

    `frame` holds what is taken; its index is the row of the file, there several times where a row
    says several things. `rejected` holds rows as they were written. `mended` names the rows taken
    in another writing, where the reader tells which they are. `part` is a Parquet file that holds
    the rows in place of `frame`. `unmapped` describes ids that the catalogue does not know.
    """

    kind: str
    frame: pd.DataFrame
    faults: pd.DataFrame
    rejected: pd.DataFrame
    rows_read: int
    rows_normalised: int
    mended: pd.Index = field(default_factory=_no_rows)
    sheet: str = ""
    header_row: int = 1
    part: Path | None = None
    unmapped: pd.DataFrame = field(default_factory=_none_unmapped)

    @property
    def rows_rejected(self) -> int:
        """Rows that were refused."""
        return len(self.rejected)

    @property
    def rows_loaded(self) -> int:
        """Rows taken exactly as they were written."""
        return self.rows_read - self.rows_normalised - self.rows_rejected

    @property
    def has_errors(self) -> bool:
        """Whether a row, or the whole table, was refused."""
        return bool((self.faults["severity"] == "error").any())

    @classmethod
    def refused(cls, error: SourceError | str, *, sheet: str = "") -> "Extract":
        """Extract of a table that could not be read, or is left out: one fault, no rows."""
        place = {"rule": "file_refused", "row": 1, "column": "", "sheet": sheet}
        place |= {name: said for name, said in getattr(error, "place", {}).items() if said}
        row = pd.Index([place.pop("row")], dtype="int64")
        said = str(error).partition("; expected ")[0] if place.get("wanted") else str(error)
        found = str(place.pop("found", said))
        faults = fault(row, found=[found], **place)
        name = str(place["sheet"])
        return cls("refused", pd.DataFrame(), faults, pd.DataFrame(), 0, 0, sheet=name)

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
    rows: pd.Index,
    rule: str,
    column: str,
    found: Iterable[object],
    wanted: str = "",
    mend: str = "",
    *,
    severity: str = "",
    sheet: str = "",
) -> pd.DataFrame:
    """One fault a row, all of one rule; what is not said of it stands in the table of rules.

    Parameters
    ----------
    rows : Index
        Row of the file of each fault.
    rule : str
        One of `RULES`.
    column : str
        Column as the file names it; empty where the fault is of the whole row.
    found : iterable of text, or pyarrow array, one a row
        What stands there; never a personal detail.
    wanted, mend, severity : str
        As the rule has them when empty.
    sheet : str
        Sheet of a workbook.
    """
    known = RULES[rule]
    same = (rule, severity or known.severity, sheet, column)
    same = (*same, wanted or known.wanted, mend or known.mend)
    count = len(rows)
    listed = {
        name: pd.Categorical.from_codes(np.zeros(count, "int8"), [text], validate=False)
        for name, text in zip(SAME, same, strict=True)
    }
    listed["row"] = np.asarray(rows, dtype="int64")
    arrow = isinstance(found, pa.Array | pa.ChunkedArray)
    listed["found"] = found.to_pandas() if arrow else pd.array(list(found), dtype="str")
    return pd.DataFrame(listed)[FAULT_COLUMNS]


def join_faults(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All faults in one frame, in the order given, words that come again kept once."""
    filled = [part for part in parts if len(part)]
    if not filled:
        none = pd.DataFrame(columns=FAULT_COLUMNS, dtype="str").astype({"row": "int64"})
        return none.astype(dict.fromkeys(SAME, "category"))
    if len(filled) == 1:
        return filled[0].reset_index(drop=True)
    joined = {}
    for name in dict.fromkeys(name for part in filled for name in part.columns):
        columns = [part[name] for part in filled]
        if name in SAME:
            joined[name] = union_categoricals([_as_words(column) for column in columns])
        else:
            joined[name] = pd.concat(columns, ignore_index=True)
    return pd.DataFrame(joined).astype({"row": "int64", "found": "str"})


def _as_words(column: pd.Series) -> pd.Series:
    """Column as a category of text."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = column.cat.categories.astype("str")
        return column.cat.rename_categories(texts)
    return column.astype("str").astype("category")


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
    several = share_key(rows, key)
    again, contradicted = several.copy(), several.copy()
    if several.any():
        part = rows[several]
        groups = numbered(part, key)
        same = pd.Series(numbered(part, [*key, *figures])).duplicated().to_numpy()
        versions = np.bincount(groups[~same])
        contradicted[several] = versions[groups] > 1
        again[again] = same
    again &= ~contradicted
    return pd.Series(again, index=rows.index), pd.Series(contradicted, index=rows.index)


def share_key(rows: pd.DataFrame, key: list[str]) -> np.ndarray:
    """Whether each row is about the same as another."""
    about = _combined(rows, key)
    ordered = np.sort(about)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    return pd.Series(about).isin(twice).to_numpy(copy=True)


def numbered(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Number of each row's combination of texts and numbers, from 0, in order of appearance.

    Exact: two rows have the same number only where every column is the same, missing included.
    """
    return pd.factorize(_combined(rows, columns))[0]


def _combined(rows: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """One whole number for each combination, exactly."""
    together = np.zeros(len(rows), dtype="int64")
    ways = 1
    for name in columns:
        codes, distinct = pd.factorize(rows[name], use_na_sentinel=False)
        if ways * len(distinct) >= 2**62:
            together, before = pd.factorize(together)
            ways = len(before)
        together *= len(distinct)
        together += codes
        ways *= max(len(distinct), 1)
    return together


def name_repeats(rows: pd.DataFrame, key: list[str], places: pd.Series) -> pd.Series:
    """Places of all rows that share a row's key: `row 3, row 7`; five at most, then how many."""
    groups = numbered(rows, key)
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1)).tolist()
    ends = [*starts[1:], len(order)]
    texts = places.to_numpy(dtype=object)[order]
    said = [
        ", ".join(texts[start : min(end, start + LISTED)])
        + (f" and {end - start - LISTED} more" if end - start > LISTED else "")
        for start, end in zip(starts, ends, strict=False)
    ]
    return pd.Series(said, dtype="str").take(groups).set_axis(rows.index)
