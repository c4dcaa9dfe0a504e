"""What a sheet spans, and what its cells need said: the bounds of every kind of workbook."""

import re
from dataclasses import dataclass, field

from ehlib.load.tables.grid import letter_of

MOST_CELLS = 4_000_000  # of one sheet, empty ones between filled ones too
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # that any spreadsheet program has
WIDE = 16_385  # so that a cell is one number


class TooLargeError(Exception):
    """A sheet spans more than can be read."""


@dataclass
class Extent:
    """What one sheet spans, and the cells of it that a library leaves empty without a word."""

    name: str = ""
    row: int = 0
    column: int = 0
    filled: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    unstored: list[tuple[int, int]] = field(default_factory=list)
    shares: set[int] = field(default_factory=set)

    def is_share(self, row: int, column: int) -> bool:
        """Whether a cell is shown in per cent, so that 0.25 in it reads 25%."""
        return row * WIDE + column in self.shares

    def show_share(self, row: int, column: int) -> None:
        """Note that a cell is shown in per cent."""
        self.shares.add(row * WIDE + column)

    def take(self, row: int, column: int, times: int = 1) -> None:
        """Take in filled cells that end in a row and column, both counted from 1.

        Raises
        ------
        TooLargeError
            If the sheet cannot be read at such a size; the message says why.
        """
        self.filled += times
        if row <= self.row and column <= self.column and self.filled <= MOST_CELLS:
            return
        self.row, self.column = max(self.row, row), max(self.column, column)
        if self.filled > MOST_CELLS or row > MOST_ROWS or column > MOST_COLUMNS:
            raise TooLargeError(f"more than {MOST_CELLS:,} cells")
        if self.row * self.column > MOST_CELLS:
            raise TooLargeError(f"cell {letter_of(column - 1)}{row} is filled, far from the table")


def is_percent(code: str) -> bool:
    """Whether a number format shows per cent; a quoted or escaped sign is only text."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", code)


def place_of(letters: str) -> int:
    """Number of a column by its letters, from 1 for A."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place
