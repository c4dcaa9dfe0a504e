"""Rows of a table read chunk by chunk: texts as codes, numbers as numbers, cells kept packed."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ehlib.load.schema import NUMBERS
from ehlib.load.sources.extract import fault, join_faults
from ehlib.load.sources.numbers import DECIMAL_COMMA, read_numbers
from ehlib.load.sources.rules import RULES

CODED = ["indicator_id", "area_code", "area_name", "area_type", "period", "sex", "age"]
CODED += ["category_type", "category", "value_note", "source_id"]
TOLD = ["_column", "_left_out", "_name", "_unit", "_calendar"]  # what a translator says besides
COUNTS, LIMITS = ("numerator", "denominator"), ("lower_ci", "upper_ci")
PACKED = pa.ipc.IpcWriteOptions(compression="lz4")


class Words:
    """The different texts of a column, each with its code, over all chunks; code 0 is empty."""

    def __init__(self) -> None:
        self.places = {"": 0}

    @property
    def kind(self) -> str:
        """Smallest type of number that holds every code so far."""
        count = len(self.places)
        return "int8" if count < 128 else "int16" if count < 32_768 else "int32"

    def codes(self, texts: pa.Array) -> np.ndarray:
        """Code of each of several different texts; one that was not met before gets the next."""
        places = self.places
        return np.array([places.setdefault(text, len(places)) for text in texts.to_pylist()], "i4")


@dataclass(frozen=True)
class Written:
    """Every row of a table as it was written; `read` holds its number in the file."""

    read: np.ndarray
    packed: list[pa.Buffer]

    def cells(self, wanted: np.ndarray) -> pd.DataFrame:
        """Cells as they were written of the rows of `read` that are wanted, as categories."""
        with pa.ipc.open_stream(self.packed[0]) as chunk:
            names = chunk.schema.names
        columns = {name: self._column(place, wanted) for place, name in enumerate(names)}
        return pd.DataFrame(columns, index=pd.Index(self.read[wanted], name="row"))

    def _column(self, place: int, wanted: np.ndarray) -> pd.Categorical:
        """One column of the rows that are wanted: taken by itself, since it is all in memory."""
        parts, start = [], 0
        for buffer in self.packed:
            options = pa.ipc.IpcReadOptions(included_fields=[place])
            texts = pa.ipc.open_stream(buffer, options=options).read_all().column(0)
            own = wanted[start : start + len(texts)]
            start += len(texts)
            parts.append(texts.filter(pa.array(own)).combine_chunks().dictionary_encode())
        return pa.chunked_array(parts).unify_dictionaries().to_pandas().array


class Gathered(NamedTuple):
    """Every row of a table, by column, and what was found wrong while reading.

    `rows` has one row a tidy row: categories, numbers, the `decimals` of the value, the `_mark` of
    each number, and whether a cell is `wrong`, was `changed` or has a per cent sign (`signed`).
    Its index is the row of the file.
    """

    rows: pd.DataFrame
    faults: pd.DataFrame
    written: Written


class Column(NamedTuple):
    """Texts of one column of numbers in a chunk, by its place, and the part they belong to."""

    place: int
    texts: pa.DictionaryArray
    part: dict[str, np.ndarray]


@dataclass
class Gathering:
    """Rows taken so far; `in_percent` says of which indicators a value may have the sign."""

    in_percent: Callable[[str], bool]
    columns: dict[str, str]
    words: dict[str, Words] = field(default_factory=lambda: {n: Words() for n in [*CODED, *TOLD]})
    notes: Words = field(default_factory=Words)
    parts: list[dict[str, np.ndarray]] = field(default_factory=list)
    faults: list[pd.DataFrame] = field(default_factory=list)
    packed: list[pa.Buffer] = field(default_factory=list)
    read: list[np.ndarray] = field(default_factory=list)
    commas: set[str] = field(default_factory=set)

    def take(self, cells: pd.DataFrame, tidy: pd.DataFrame) -> None:
        """Take one chunk of cells, and the tidy text rows that it gave."""
        count = len(tidy)
        part = {"row": np.asarray(tidy.index, dtype="int64"), "decimals": np.zeros(count, "int8")}
        part |= {name: np.zeros(count, dtype=bool) for name in ("wrong", "changed", "signed")}
        part["thousands"] = np.zeros(count, dtype="uint8")
        for name, words in self.words.items():
            part[name] = np.zeros(count, dtype="int8")
            if name in tidy:
                encoded = _encoded(tidy[name])
                codes = words.codes(encoded.dictionary)
                part[name] = codes.astype(words.kind)[encoded.indices.to_numpy()]
        for place, name in enumerate(NUMBERS):
            part[name] = np.full(count, np.nan)
            if name not in LIMITS:
                part[f"{name}_mark"] = np.zeros(count, dtype="int8")
            if name in tidy:
                self._read(Column(place, _encoded(tidy[name]), part))
        self.parts.append(part)
        self.read.append(np.asarray(cells.index, dtype="int64"))
        self.packed.append(_pack(cells))

    def together(self) -> Gathered:
        """Everything taken, in one frame."""
        # Arrow's allocator holds on to what the chunks took and no longer need.
        pa.default_memory_pool().release_unused()
        columns = {}
        for name in list(self.parts[0]):
            joined = np.concatenate([part.pop(name) for part in self.parts])
            words = self.notes if name.endswith("_mark") else None
            words = self.words.get(name, words)
            columns[name] = _categories(joined, words) if words else joined
        rows = pd.DataFrame(columns, copy=False).set_index("row")
        faults = join_faults([*self.faults, *self._ambiguous(rows)])
        return Gathered(rows, faults, Written(np.concatenate(self.read), self.packed))

    def _read(self, column: "Column") -> None:
        """Put the numbers of a column into its part, and what is odd about them."""
        place, encoded, part = column
        name, codes = NUMBERS[place], encoded.indices.to_numpy()
        read = read_numbers(encoded.dictionary)
        part[name] = read["number"].to_numpy()[codes]
        if name == "value":
            part["decimals"] = read["decimals"].to_numpy(dtype="int8")[codes]
        if read["plain"].all():
            return
        part["changed"] |= ~read["plain"].to_numpy()[codes]
        part["thousands"] |= read["thousands"].to_numpy()[codes].astype("uint8") << place
        if name not in LIMITS:
            notes = self.notes.codes(pa.array(read["note"], pa.large_string()))
            part[f"{name}_mark"] = notes[codes].astype("int8")
        percent = read["percent"].to_numpy()[codes]
        if percent.any():
            part["signed"] |= percent
            misplaced = percent & ~self._may_have_sign(name, part["indicator_id"])
            part[name] = np.where(misplaced, np.nan, part[name])
            self._wrong("number_unreadable", misplaced, column)
        for rule in read["rule"].unique():
            if rule:
                self._wrong(rule, read["rule"].eq(rule).to_numpy()[codes], column)

    def _may_have_sign(self, name: str, indicators: np.ndarray) -> np.ndarray:
        if name in COUNTS:
            return np.zeros(len(indicators), dtype=bool)
        texts = self.words["indicator_id"].places
        return np.array([self.in_percent(text.strip()) for text in texts])[indicators]

    def _wrong(self, rule: str, wrong: np.ndarray, column: "Column") -> None:
        """Faults of one rule in a column of numbers, under the name that the file gives it."""
        place, encoded, part = column
        wrong = wrong & (part["_left_out"] == 0)
        if RULES[rule].severity == "error":
            part["wrong"] |= wrong
        where = np.flatnonzero(wrong)
        name, told = NUMBERS[place], list(self.words["_column"].places)
        headings = part["_column"][where]
        for heading in np.unique(headings):
            rows = where[headings == heading]
            found = encoded.take(pa.array(rows)).cast(encoded.type.value_type)
            named = told[heading] or self.columns.get(name, name)
            self.faults.append(fault(part["row"][rows], rule, named, found))
            if rule == "number_unreadable" and name not in self.commas:
                comma = pc.match_substring_regex(found.unique(), f"^(?:{DECIMAL_COMMA})$")
                self.commas |= {name} if pc.any(comma).as_py() else set()

    def _ambiguous(self, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """Faults of `1,234` in a column in which other cells have a comma before decimals."""
        for name in self.commas:
            wrong = (rows["thousands"].to_numpy() >> NUMBERS.index(name) & 1).astype(bool)
            found = rows.loc[wrong, name].map("{:,.15g}".format)
            rows["wrong"] |= wrong
            yield fault(rows.index[wrong], "number_ambiguous", self.columns.get(name, name), found)


def _encoded(texts: pd.Series) -> pa.DictionaryArray:
    """Different texts of a column and the place of each row's among them."""
    array = pa.Array.from_pandas(texts.astype("str"), type=pa.large_string())
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return pc.fill_null(whole, "").dictionary_encode()


def _categories(codes: np.ndarray, words: Words) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(words.places, dtype="str"), validate=False)


def _pack(cells: pd.DataFrame) -> pa.Buffer:
    """Cells in little room: they are wanted again only where a row is refused."""
    columns = {
        name: pa.Array.from_pandas(cells[name], type=pa.large_string()) for name in cells.columns
    }
    sink = pa.BufferOutputStream()
    table = pa.table(columns)
    with pa.ipc.new_stream(sink, table.schema, options=PACKED) as writer:
        writer.write_table(table)
    return sink.getvalue()


def spelt(heading: str) -> str:
    """Heading in snake case: `Area Code` gives area_code."""
    return re.sub(r"[^a-z0-9]+", "_", heading.lower()).strip("_")
