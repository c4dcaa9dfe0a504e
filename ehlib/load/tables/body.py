"""Which rows under a header are the table's own, and which are notes, repeats or nothing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from ehlib.load.schema import SourceError
from ehlib.load.tables.grid import Grid, Note, refusal

SLICE = 250  # rows looked at together: of the longest rows, still few enough for memory
MOST_NOTES = 200  # a longer tail of lines with one cell each is no set of footnotes
BEGINS_NOTE = re.compile(
    r"(?i)^\W{0,2}(?:sources?|notes?|footnotes?|key|symbols?|contact|copyright|crown|published|"
    r"produced|extracted|last updated)\b|^[*\u2020\u2021\u00a7\u00a9\[(~^]|^\w{1,3}\s*=|"
    r"^\S+\s+\S+\s+\S+\s+\S"
)
MARKS_NOTE = re.compile(
    r"(?i)^(?:\W{1,3}|\W?[a-z]\W{0,2}|\W?\d{1,2}\W{0,2}|low|(?:source|note)s?:?)$"
)
AREA = re.compile(r"\b[EWSNKJ]\d{8}\b")
Block = tuple[Sequence[int], list[list[str]]]  # numbers of rows, and their cells


@dataclass
class Body:
    """Rows under a header of `width` cells, as they come.

    `held` are lines that are notes if the table ends with them, `again` repeats of the header,
    `last` is the row above, and `shortest` the fewest cells that a row had before it.
    """

    grid: Grid
    header_row: int
    width: int
    held: list[tuple[int, list[str]]] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    last: list[str] = field(default_factory=list)
    shortest: int = 0
    run: int = 0

    def blocks(self, size: int) -> Iterator[Block]:
        """Numbers and cells of the table's rows, a few at a time.

        Raises
        ------
        SourceError
            If the last line stops in the middle of a row.
        """
        self.last = self.grid.top[self.header_row - 1]
        self.shortest = self.width
        rows = islice(self.grid.rows(), self.header_row, None)
        number, header = self.header_row + 1, self.last
        while taken := list(islice(rows, min(SLICE, size))):
            numbers = range(number, number + len(taken))
            number += len(taken)
            if self._is_plain(taken, header):
                numbers, taken = self._after_held(numbers, taken)
                self.last, self.run = taken[-1], 0
            else:
                numbers, taken = self._sort(numbers, taken, header)
            for start in range(0, len(taken), size):
                yield numbers[start : start + size], taken[start : start + size]
        if not self.held and not self.grid.whole and len(self.last) < self.shortest:
            raise self._cut_short(number - 1)

    @property
    def few(self) -> int:
        """Cells at the left that a note below the table may fill."""
        return 2 if self.width > 2 else self.width - 1

    def _is_plain(self, rows: list[list[str]], header: list[str]) -> bool:
        """Whether these are rows of the table beyond doubt, none to be looked at by itself."""
        if min(map(len, rows)) < self.width or header in rows:
            return False
        places = range(self.few, self.width)
        return any(all(row[place].strip() for row in rows) for place in places)

    def _after_held(self, numbers: Sequence[int], rows: list[list[str]]) -> Block:
        """Rows after those held back, which are no notes then, since the table goes on."""
        if not self.held:
            return numbers, rows
        held, self.held = self.held, []
        return [*(number for number, _ in held), *numbers], [*(row for _, row in held), *rows]

    def _sort(self, numbers: Sequence[int], rows: list[list[str]], header: list[str]) -> Block:
        """Rows of the table among these, each looked at by itself."""
        taken: list[tuple[int, list[str]]] = []
        for number, row in zip(numbers, rows, strict=True):
            full = bool("".join(row[self.few :]).strip())
            if row == header:
                self.again.append(number)
            elif full or "".join(row).strip():
                self.run = 0 if full else self.run + 1
                if not full and self.run <= MOST_NOTES and _is_note(row, self.last):
                    self.held.append((number, row))
                    continue
                taken += [*self.held, (number, row)]
                self.held = []
                self.shortest = min(self.shortest, len(self.last))
                self.last = row
        return [number for number, _ in taken], [row for _, row in taken]

    def notes(self) -> list[Note]:
        """What was left out, once all rows have come."""
        left_out = {
            "header_repeated": self.again,
            "footnotes_left_out": [number for number, _ in self.held],
        }
        return [
            Note(rule, "note", self.grid.name, rows[0], found=_listed(rows))
            for rule, rows in left_out.items()
            if rows
        ]

    def _cut_short(self, row: int) -> SourceError:
        return refusal(
            self.grid.file,
            "file_truncated",
            "the file stops in the middle of this row",
            wanted="as many cells as in the rows above, and a line end",
            mend="copy, download or export the file again",
            sheet=self.grid.name,
            row=row,
        )


def _is_note(row: list[str], above: list[str]) -> bool:
    """Whether a row with text in its first cells only is a note; one that was cut short is none."""
    first, second = [*(cell.strip() for cell in row[:2]), ""][:2]
    if AREA.search(first) or AREA.search(second) or (first and above[0].startswith(first)):
        return False
    if second:
        return bool(MARKS_NOTE.search(first)) and not second.replace(".", "").isdigit()
    return bool(BEGINS_NOTE.search(first))


def _listed(rows: list[int]) -> str:
    if len(rows) == 1:
        return f"1 line, row {rows[0]}"
    return f"{len(rows):,} lines, rows {rows[0]} to {rows[-1]}"
