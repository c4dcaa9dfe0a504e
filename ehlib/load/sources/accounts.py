"""Account of a run of `ehlib prepare`: each extract with its rows, its faults and its source."""

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ehlib.load.schema import SourceError
from ehlib.load.sources.extract import (
    FAULT_COLUMNS,
    Extract,
    fault,
    find_repeats,
    join_faults,
    name_repeats,
    read_text_table,
)

SAMPLE = "sample"  # folder of data/raw that `ehlib sample` writes
CASE_KINDS = {"mash_enquiries": "MASH enquiry log", "early_help_episodes": "early help episodes"}
UNKNOWN = {"publisher": "Local extract", "licence": "not stated"}
SOURCE_NEEDS = ("id", "publisher", "title")


@dataclass
class Prepared:
    """What a run found: the extract of each file, by its name under the raw folder."""

    raw: Path
    extracts: dict[str, Extract] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether a file or a row of one was refused."""
        return any(each["outcome"] != "loaded" for each in self.accounts)

    @property
    def accounts(self) -> list[dict[str, object]]:
        """One account a file: its digest, its kind, and how many rows were read, taken, refused."""
        return [self.account(name) for name in self.extracts]

    @property
    def faults(self) -> pd.DataFrame:
        """Every fault of every file, one row each, with the file first."""
        listed = join_faults(each.faults.assign(file=name) for name, each in self.extracts.items())
        return listed.reindex(columns=["file", *FAULT_COLUMNS])

    @property
    def rejected(self) -> pd.DataFrame:
        """Every row that was refused, as it was written, with file and row first."""
        parts = [
            each.rejected.assign(file=name, row=each.rejected.index).astype("str")
            for name, each in self.extracts.items()
            if len(each.rejected)
        ]
        listed = pd.concat(parts) if parts else pd.DataFrame(columns=["file", "row"])
        return listed[["file", "row", *(name for name in listed if name not in ("file", "row"))]]

    def frames(self, kind: str) -> list[pd.DataFrame]:
        """Rows of every extract of a kind, each with the file and row it comes from."""
        return [
            each.frame.assign(file=name, row=each.frame.index)
            for name, each in self.extracts.items()
            if each.kind == kind
        ]

    def account(self, name: str) -> dict[str, object]:
        """Account of one file."""
        extract, path = self.extracts[name], self.raw / name
        whole = extract.kind == "refused"
        nothing = 0 < extract.rows_read == extract.rows_rejected
        partly = "loaded in part" if extract.rows_rejected else "loaded"
        message = str(extract.faults["found"].iloc[0]) if whole else ""
        return {
            "file": name,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            "kind": extract.kind,
            "outcome": "refused" if whole or nothing else partly,
            "rows_read": extract.rows_read,
            "rows_loaded": extract.rows_loaded,
            "rows_normalised": extract.rows_normalised,
            "rows_rejected": extract.rows_rejected,
            "message": "every row was refused" if nothing else message,
        }

    def in_words(self, name: str) -> str:
        """Account of one file as a line for the screen."""
        account = self.account(name)
        if account["kind"] == "refused":
            return f"{name}: refused: {account['message']}"
        counts = {word: account[f"rows_{word}"] for word in ("loaded", "normalised", "rejected")}
        said = [f"{count:,} rows {word}" for word, count in counts.items() if count]
        return ", ".join([f"{name}: {account['rows_read']:,} rows read", *said])

    def refuse(self, name: str, message: str) -> None:
        """Put a file down as one that could not be read at all."""
        self.extracts[name] = Extract.refused(message)

    def reject(self, rows: pd.DataFrame, **words: str) -> None:
        """Put down rows, with `file`, `row` and what was `found`, that were taken before."""
        for name, part in rows.groupby("file"):
            index = pd.Index(part["row"])
            cells = read_text_table(self.raw / str(name)).loc[index]
            faults = fault(index, found=part["found"], **words)
            self.extracts[str(name)] = self.extracts[str(name)].without(faults, cells)

    def settle_repeats(self, kind: str, key: list[str], figures: list[str]) -> None:
        """Take once what several extracts of a kind say alike; of what they contradict, none.

        Parameters
        ----------
        kind : str
            Kind of extract.
        key, figures : list of str
            Columns that say what a row is about, and columns in which rows may contradict.
        """
        parts = self.frames(kind)
        if len(parts) < 2:
            return
        together = pd.concat(parts, ignore_index=True)
        again, contradicted = find_repeats(together, key, figures)
        wrong = together[contradicted]
        places = "row " + wrong["row"].astype("str") + " of " + wrong["file"]
        found = name_repeats(wrong, key, places)
        self.reject(
            wrong.assign(found=found if kind in CASE_KINDS else found + label(wrong)),
            rule="key_repeated",
            column=key[0],
            wanted="one row, or rows that say the same",
            mend="remove what is out of date from one of the files",
        )
        for name, part in together[again].groupby("file"):
            self.extracts[str(name)] = self.extracts[str(name)].merged(pd.Index(part["row"]))


def label(rows: pd.DataFrame) -> pd.Series:
    """What rows of figures are about, for a message; of case records nothing may be said."""
    return ": " + rows["indicator_id"] + ", " + rows["area_code"] + ", " + rows["period"]


def describe_sources(prepared: Prepared, used: list[str]) -> list[dict[str, object]]:
    """Sources that observations name, as the `sources.toml` beside their files describe them.

    A `sources.toml` that cannot be read is put down as a file that was refused.
    """
    described: dict[str, dict[str, object]] = {}
    for path in sorted(prepared.raw.rglob("sources.toml")):
        try:
            described.update(_read_sources(path))
        except SourceError as error:
            prepared.refuse(path.relative_to(prepared.raw).as_posix(), str(error))
    for name, extract in prepared.extracts.items():
        if extract.kind in CASE_KINDS:
            sample = name.startswith(f"{SAMPLE}/")
            described[extract.kind] = {
                "id": extract.kind,
                "publisher": "Synthetic sample" if sample else "Local case records",
                "title": CASE_KINDS[extract.kind],
                "licence": "made for trying out" if sample else "not for sharing",
            }
    listed = [described.get(each, {"id": each, "title": each, **UNKNOWN}) for each in used]
    return [{**each, "name": f"{each['publisher']}, {each['title']}"} for each in listed]


def _read_sources(path: Path) -> dict[str, dict[str, object]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("source", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path.name}: {error}; expected TOML in UTF-8") from error
    for number, table in enumerate(tables, start=1):
        lacking = [key for key in SOURCE_NEEDS if not isinstance(table.get(key), str)]
        if lacking:
            raise SourceError(f"{path.name}, source {number}: found no {lacking[0]}; expected text")
    return {table["id"]: table for table in tables}
