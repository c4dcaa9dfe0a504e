"""Account of a run of `ehlib prepare`: each file with its tables, its rows and its faults."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ehlib.load.accounts.grouped import group_faults
from ehlib.load.cases import CASE_KINDS
from ehlib.load.sources.extract import FAULT_COLUMNS, Extract, join_faults

TOLD = 300  # groups of faults that sources.json holds; all faults stand in faults.csv
PLACE = ("file", "sheet", "row")
PIECE = 10_000  # rejected rows written at a time


@dataclass
class Prepared:
    """What a run found: the extracts of each file, one a table, by its name under the raw folder.

    `revisions` has the figures that a later extract replaced, `restated` those that are not what
    they were when they were prepared before; `changes` counts them, `cases` describes the records
    of each kind: how many, and as at which day. `sources` has the file of each source of figures.
    """

    raw: Path
    files: dict[str, list[Extract]] = field(default_factory=dict)
    revisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    restated: pd.DataFrame = field(default_factory=pd.DataFrame)
    changes: dict[str, int] = field(default_factory=dict)
    cases: dict[str, dict[str, object]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether a file or a row of one was refused; what was left out for a reason is not."""
        return any(each.has_errors for extracts in self.files.values() for each in extracts)

    @property
    def accounts(self) -> list[dict[str, object]]:
        """One account a file: its digest, its kind, and how many rows were read, taken, refused."""
        return [self.account(name) for name in self.files]

    @property
    def faults(self) -> pd.DataFrame:
        """Every fault of every file, one row each, with the file first."""
        listed = join_faults(
            each.faults.assign(file=name)
            for name, extracts in self.files.items()
            for each in extracts
        )
        return listed.reindex(columns=["file", *FAULT_COLUMNS])

    def rejected(self) -> Iterator[pd.DataFrame]:
        """Rows that were not taken, as they were written, with file, sheet and row first.

        They come in pieces, since files with many columns make one wide frame: every piece has
        the columns of all of them.
        """
        parts = [
            (name, each)
            for name, extracts in self.files.items()
            for each in extracts
            if len(each.rejected)
        ]
        columns = [column for _, each in parts for column in each.rejected if column not in PLACE]
        columns = [*PLACE, *dict.fromkeys(columns)]
        yield pd.DataFrame(columns=columns)
        for name, each in parts:
            for start in range(0, len(each.rejected), PIECE):
                rows = each.rejected.iloc[start : start + PIECE].astype("str")
                rows = rows.assign(file=name, sheet=each.sheet, row=rows.index)
                yield rows.reindex(columns=columns, fill_value="").fillna("")

    def parts(self, *kinds: str, apart: bool = False) -> list[tuple[str, int, Extract]]:
        """File, place and extract of every table of some kinds; `apart`: of all other kinds."""
        return [
            (name, place, each)
            for name, extracts in self.files.items()
            for place, each in enumerate(extracts)
            if (each.kind in kinds) != apart
        ]

    def put(self, name: str, place: int, extract: Extract) -> None:
        """Set an extract in the place of the one that was read."""
        self.files[name][place] = extract

    def refuse(self, name: str, message: str) -> None:
        """Put a file down as one that could not be read at all."""
        self.files[name] = [Extract.refused(message)]

    def account(self, name: str) -> dict[str, object]:
        """Account of one file, with one of each sheet where it holds several."""
        extracts, path = self.files[name], self.raw / name
        kinds = list(dict.fromkeys(each.kind for each in extracts if each.kind != "refused"))
        sheets = [{"sheet": each.sheet, **_counted([each])} for each in extracts]
        account = {"file": name, "sha256": _digest(path), "kind": ", ".join(kinds) or "refused"}
        return account | _counted(extracts) | ({"sheets": sheets} if len(sheets) > 1 else {})

    def in_words(self, name: str) -> str:
        """Account of one file as a line for the screen."""
        account = self.account(name)
        if account["kind"] == "refused":
            return f"{name}: {account['outcome']}: {account['message']}"
        counts = {word: account[f"rows_{word}"] for word in ("loaded", "normalised", "rejected")}
        said = [f"{count:,} rows {word}" for word, count in counts.items() if count]
        return ", ".join([f"{name}: {account['rows_read']:,} rows read", *said])

    def told_faults(self) -> list[dict[str, object]]:
        """Faults alike as one, as they may be shared: no cell is quoted but in our own reasons."""
        grouped = group_faults(self.faults).head(TOLD)
        ours = grouped["severity"].eq("note") & ~grouped["file"].isin(self._of_children())
        return grouped.assign(found=grouped["found"].where(ours, "")).to_dict("records")

    def _of_children(self) -> set[str]:
        """Files that hold case records."""
        return {name for name, *_ in self.parts(*CASE_KINDS)}


def _digest(path: Path) -> str:
    """SHA-256 of a file; "" of a folder, and of a file that another program holds."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _counted(extracts: list[Extract]) -> dict[str, object]:
    """Rows of some tables by what became of them, and what that means for the whole."""
    read = sum(each.rows_read for each in extracts)
    rejected = sum(each.rows_rejected for each in extracts)
    left_out = sum(_left_out(each) for each in extracts)
    outcome, message = _outcome(extracts, read, rejected, left_out)
    return {
        "outcome": outcome,
        "rows_read": read,
        "rows_loaded": sum(each.rows_loaded for each in extracts),
        "rows_normalised": sum(each.rows_normalised for each in extracts),
        "rows_rejected": rejected,
        "rows_left_out": left_out,
        "message": message,
    }


def _outcome(extracts: list[Extract], read: int, rejected: int, left_out: int) -> tuple[str, str]:
    """What became of some tables as a whole, and the reason where they were not taken."""
    whole = [each for each in extracts if each.kind == "refused"]
    wrong = [each for each in whole if each.has_errors]
    message = str((wrong or whole)[0].faults["found"].iloc[0]) if whole else ""
    if len(whole) == len(extracts):
        return ("refused" if wrong else "left out"), message
    if 0 < read == rejected:
        none = left_out == rejected
        said = "every row was left out" if none else "every row was refused"
        return ("left out" if none else "refused"), said
    partly = any(each.has_errors for each in extracts)
    return ("loaded in part" if partly else "loaded"), message


def _left_out(extract: Extract) -> int:
    """Rejected rows that no error is said of: left out for a reason that stands in a note."""
    errors = extract.faults.loc[extract.faults["severity"] == "error", "row"]
    return int((~extract.rejected.index.isin(errors)).sum())
