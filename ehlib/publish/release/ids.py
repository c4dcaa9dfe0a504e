"""Ids of case records on a page: words of the pages that could be one, looked for in the records.

The records are read piece by piece and nothing of them is kept, so that millions of ids cost no
memory: what is held are the words of the pages.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ehlib.load.schema import SourceError
from ehlib.load.tables import read_grids
from ehlib.publish.release.files.layers import Layer, Leak

TOKEN = re.compile(r"[A-Za-z0-9](?:[\w/-]*[A-Za-z0-9])?")
ID_COLUMN = re.compile(r"(?i)(?:^|[ _])(?:id|identifier|ref|reference|number|no)$|^id$")
SHORTEST_ID = 6  # characters; of figures alone, one more
PLACES = 3  # of each word, how many places are told
KEPT = 50_000  # texts whose words are kept, since pages and downloads repeat them
AT_ONCE = 65_536  # rows
TABLES = {".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods"}


class Words:
    """Words of a set that could be the id of a record, each with where it stands."""

    def __init__(self) -> None:
        self.places: dict[str, list[tuple[Layer, str]]] = {}

    def note(self, layer: Layer, text: str, within: str) -> None:
        """Keep the words of a text that are long enough to be an id."""
        for word in words_of(text):
            held = self.places.setdefault(word, [])
            if len(held) < PLACES:
                held.append((Layer(layer.file, layer.name, layer.kind, None), within))

    def add(self, places: dict[str, list[tuple[Layer, str]]]) -> None:
        """Keep the words that another process found, with where they stand."""
        for word, found in places.items():
            held = self.places.setdefault(word, [])
            held += found[: PLACES - len(held)]

    def leaks(self, processed: Path | None, raw: Path | None) -> Iterator[Leak]:
        """Leaks for the words that are ids of prepared records or of their extracts.

        Parameters
        ----------
        processed : Path or None
            Folder of prepared data; `cases/` in it holds the records.
        raw : Path or None
            Folder of the extracts, as their systems gave them.
        """
        found: set[str] = set()
        if processed and self.places:
            for path in sorted((processed / "cases").glob("*.parquet")):
                found |= _in_records(path, self.places)
            for path in _extracts(raw):
                found |= _in_table(path, self.places)
        for word in sorted(found):
            for layer, within in self.places[word]:
                yield layer.leak("case_id", word, within)


@lru_cache(maxsize=KEPT)
def words_of(text: str) -> frozenset[str]:
    """Words of a text as ids are written, whole and in parts, in capitals."""
    whole = TOKEN.findall(text)
    parts = {part for each in whole for part in re.split(r"[/_]", each)}
    return frozenset(each.upper() for each in {*whole, *parts} if is_long(each))


def is_long(word: str) -> bool:
    """Whether a word is none that an innocent number or word can be."""
    return len(word) >= SHORTEST_ID + word.isdigit() and any(map(str.isdigit, word))


def _in_records(path: Path, words: Iterable[str]) -> set[str]:
    """Words that stand in the id columns of a Parquet file; hashes however they are written."""
    file = pq.ParquetFile(path)
    columns = [name for name in file.schema_arrow.names if ID_COLUMN.search(name)]
    if not columns:
        return set()
    texts, hashes = pa.array(sorted(words), "string"), _hashes(words)
    found: set[str] = set()
    for batch in file.iter_batches(AT_ONCE, columns=columns):
        for column in batch.columns:
            if pa.types.is_integer(column.type):
                wanted = pa.array(list(hashes), column.type)
                met = column.filter(pc.is_in(column, value_set=wanted)).to_pylist()
                found.update(word for each in met for word in hashes[each])
            else:
                upper = pc.utf8_upper(pc.utf8_trim_whitespace(column.cast("string")))
                found.update(upper.filter(pc.is_in(upper, value_set=texts)).to_pylist())
    return found


def _hashes(words: Iterable[str]) -> dict[int, set[str]]:
    """Words by the whole numbers of 64 bits that they may be, in tens or sixteens."""
    found: dict[int, set[str]] = {}
    for word in words:
        plain = [int(word)] if word.isdecimal() else []
        if re.fullmatch(r"[0-9A-F]{14,16}", word):
            plain.append(int(word, 16))
        for each in {*plain, *(-n for n in plain), *(n - 2**64 for n in plain)}:
            if -(2**63) <= each < 2**63:
                found.setdefault(each, set()).add(word)
    return found


def _extracts(raw: Path | None) -> Iterator[Path]:
    """Tables below a folder but for published ones, which hold no records."""
    for path in sorted(raw.rglob("*")) if raw and raw.is_dir() else ():
        if path.suffix.lower() in TABLES and "published" not in path.relative_to(raw).parts:
            yield path


def _in_table(path: Path, words: Iterable[str]) -> set[str]:
    """Words that stand in the id columns of an extract; none of one that is refused on reading."""
    found: set[str] = set()
    try:
        for grid in read_grids(path):
            rows = grid.rows()
            header = next((row for row in rows if sum(map(bool, row)) > 2), [])
            places = [place for place, name in enumerate(header) if ID_COLUMN.search(name)]
            for row in rows if places else ():
                for place in places:
                    if place < len(row) and (each := row[place].strip().upper()) in words:
                        found.add(each)
    except SourceError:
        return set()
    return found
