"""The table found in a grid: its rows as frames of text, and what was left out around them."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, field
from itertools import zip_longest

import numpy as np
import pandas as pd
import pyarrow as pa

from ehlib.load.tables.body import Body
from ehlib.load.tables.grid import FAULT_COLUMNS, Grid, Note
from ehlib.load.tables.scan import Scan

CHUNK_BYTES = 64_000_000


@dataclass(frozen=True)
class Table:
    """Table under a header; its rows are read when they are asked for.

    `places` says where in a row the names of `header` stand, `width` how many cells the header's
    row has, and `kept` which columns are not looked through for personal data, since a reader
    turns them into something harmless.
    """

    file: str
    sheet: str
    header: list[str]
    header_row: int
    grid: Grid = field(repr=False)
    places: list[int] = field(repr=False)
    width: int = field(repr=False)
    nameless: list[int] = field(default_factory=list, repr=False)
    kept: frozenset[str] = frozenset()
    told: tuple[Note, ...] = field(default=(), repr=False)
    _met: list[Note] = field(default_factory=list, init=False, repr=False)
    _astray: array = field(default_factory=lambda: array("q"), init=False, repr=False)

    @property
    def notes(self) -> pd.DataFrame:
        """What is to be said of the table; whole once `chunks` has run through.

        Rows of severity error (rule row_too_long) are in the chunks too, and are to be rejected.
        """
        said = [astuple(note) for note in (*self.grid.notes, *self.told, *self._met)]
        notes = pd.DataFrame(said, columns=FAULT_COLUMNS)
        if not self._astray:
            return notes
        astray = Note(
            "row_too_long",
            "error",
            self.sheet,
            found="text beyond the named columns",
            wanted=f"at most {self.width} cells, each under a column name",
            mend="put text with a comma or other separator in double quotes, or remove the "
            "extra cells",
        )
        faults = pd.DataFrame([astuple(astray)], columns=FAULT_COLUMNS)
        faults = faults.loc[[0] * len(self._astray)].assign(row=list(self._astray))
        return pd.concat([notes, faults], ignore_index=True)

    def cells(self) -> pd.DataFrame:
        """All rows in one frame of text; the index `row` is the row as a spreadsheet shows it."""
        return pd.concat([_frame(self, [], []), *self.chunks()])

    def chunks(self, size: int = 100_000) -> Iterator[pd.DataFrame]:
        """Rows in frames of at most `size`.

        Parameters
        ----------
        size : int
            Most rows of a frame; a frame of very long rows holds fewer.

        Yields
        ------
        DataFrame, all text
            Columns of `header`, index `row`; cells as written, empty text where there is none.

        Raises
        ------
        SourceError
            If a quotation stays open, the last line was cut short, or cells look like personal
            data. Nothing of the file may be used then.
        """
        self._met.clear()
        del self._astray[:]
        body = Body(self.grid, self.header_row, self.width)
        scan = Scan(self.file, self.sheet, [name for name in self.header if name not in self.kept])
        parts: list[pa.RecordBatch] = []
        numbers: list[int] = []
        held = 0  # bytes of the parts
        for places, rows in body.blocks(size):
            if numbers and (len(numbers) + len(rows) > size or held > CHUNK_BYTES):
                yield _looked_through(self, scan, parts, numbers)
                parts, numbers, held = [], [], 0
            parts.append(_columns(self, places, rows))
            numbers.extend(places)
            held += parts[-1].nbytes
        if numbers:
            yield _looked_through(self, scan, parts, numbers)
        self._met.extend([*body.notes(), *(Note(**told) for told in scan.formulas())])


def _looked_through(
    table: Table, scan: Scan, parts: list[pa.RecordBatch], numbers: list[int]
) -> pd.DataFrame:
    batch = pa.Table.from_batches(parts).combine_chunks()
    for place, name in enumerate(table.header):
        if name not in table.kept:
            scan.look(name, batch.column(place), numbers)
    return _frame(table, batch, numbers)


def _frame(table: Table, batch: pa.Table | list, numbers: list[int]) -> pd.DataFrame:
    index = pd.Index(np.array(numbers, dtype="int64"), name="row")
    if not numbers:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in table.header}, index=index)
    return batch.to_pandas().set_axis(table.header, axis="columns").set_axis(index)


def _columns(table: Table, numbers: Sequence[int], rows: list[list[str]]) -> pa.RecordBatch:
    """Named columns of some rows; rows with text anywhere else are noted."""
    astray = set()
    if max(map(len, rows)) > table.width:
        beyond = zip(numbers, rows, strict=True)
        astray = {number for number, row in beyond if "".join(row[table.width :]).strip()}
        rows = [row[: table.width] for row in rows]
    columns = list(zip_longest(*rows, fillvalue=""))
    columns += [("",) * len(rows)] * (table.width - len(columns))
    for place in table.nameless:
        cells = zip(numbers, columns[place], strict=True)
        astray |= {number for number, text in cells if text.strip()}
    table._astray.extend(sorted(astray))
    arrays = [pa.array(columns[place], pa.large_string()) for place in table.places]
    return pa.RecordBatch.from_arrays(arrays, [str(place) for place in table.places])
