"""Tables of files, read with their headings: rows of a sheet, of a CSV, of a JSON document."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ehlib.publish.release.figures.numbers import NUMBER
from ehlib.publish.release.markup import clean

MARKER = re.compile(r"\[[a-z]\]")
JUDGED = re.compile(
    r"(?i)\b(?:higher|lower|highest|lowest|better|worse|similar|above|below|rising|falling|rose|"
    r"fell|increasing|decreasing|improving|worsening|met|no change)\b|"
    r"[\u25b2\u25bc\u2191\u2193\u2714\u2718\u25cf\u25d0\u25cb]"
)
NUMERIC = re.compile(r"[\s\d.,%()+-]*\d[\s\d.,%()+-]*|\[[a-z]\]|")
SIGN = re.compile("[\u25b2\u25bc\u2714\u2718\u25cf\u25d0\u25cb]")
ABOUT = {"table", "source", "notes"}  # columns of a download that say what the whole of it is of
SHORT = 40  # letters of a cell that may be a judgement


@dataclass(frozen=True)
class Cell:
    """A cell that is no heading, with the headings of its column and of its row."""

    text: str
    column: str
    row: tuple[str, ...]
    attributes: str = ""  # texts of its attributes, which a reader does not see
    ids: tuple[str, ...] = ()  # of the numbers in it, as the page gives them
    dated: bool = False  # whether a cell beside it says of which period its row is


@dataclass(frozen=True)
class Table:
    """Cells of a table, and the texts that say what it is of, from near to far."""

    cells: tuple[Cell, ...]
    scopes: tuple[str, ...]


def grid_table(
    rows: Sequence[Sequence[str]], name: str = "", scopes: tuple[str, ...] = ()
) -> Table:
    """Table of a sheet or of a file with a delimiter; texts of a row are its headings.

    Columns that say for each row what the whole is of, as downloads have, count as its caption.
    """
    lines = [[clean(str(text)).strip() for text in row] for row in rows]
    top = next((n for n, line in enumerate(lines) if sum(map(bool, line)) > 1), 0)
    header = lines[top] if lines else []
    about = [
        n for n, text in enumerate(header) if text.casefold() in ABOUT and _alike(lines, top, n)
    ]
    cells = []
    for line in lines[top + 1 :]:
        own = [(n, text) for n, text in enumerate(line) if text and n not in about]
        said = tuple(text for _, text in own if not (_is_figure(text) or SIGN.search(text)))
        for place, text in own:
            column = header[place] if place < len(header) else ""
            judged = place and len(text) < SHORT and (JUDGED.search(text) or NUMBER.fullmatch(text))
            if (_is_figure(text) and not MARKER.fullmatch(text)) or judged:
                cells.append(Cell(text, column, tuple(each for each in said if each != text)))
    told = [lines[top + 1][n] for n in about if n < len(lines[top + 1])] if lines[top + 1 :] else []
    above = " ".join(text for line in lines[:top] for text in line)
    return Table(tuple(cells), (*told, above, *scopes, name))


def _alike(lines: list[list[str]], top: int, column: int) -> bool:
    """Whether all rows say the same in a column; else it is one of the table's own."""
    return len({line[column] for line in lines[top + 1 :] if len(line) > column}) < 2


def _is_figure(text: str) -> bool:
    return bool(NUMERIC.fullmatch(text))


def csv_rows(text: str) -> list[list[str]]:
    """Cells of a text with a delimiter."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def json_table(content: object) -> Table:
    """Numbers of a JSON document, with the keys above them and the texts beside them."""
    return Table(tuple(_json_cells(content, ())), ())


def json_texts(content: object) -> Iterator[str]:
    """Keys and texts of a JSON document."""
    if isinstance(content, dict):
        for key, each in content.items():
            yield str(key)
            yield from json_texts(each)
    elif isinstance(content, list):
        for each in content:
            yield from json_texts(each)
    elif content is not None and not isinstance(content, bool):
        yield str(content)


def _json_cells(content: object, above: tuple[str, ...]) -> Iterator[Cell]:
    if isinstance(content, list):
        beside = tuple(each for each in content if isinstance(each, str))
        named = [(above[-1] if above else "", each) for each in content]
    elif isinstance(content, dict):
        beside = tuple(each for each in content.values() if isinstance(each, str))
        named = list(content.items())
    else:
        return
    for key, each in named:
        if isinstance(each, dict | list):
            yield from _json_cells(each, (*above, *beside, str(key)))
        elif isinstance(each, int | float) and not isinstance(each, bool):
            yield Cell(f"{each:,.12g}", str(key), (*above, *beside))
