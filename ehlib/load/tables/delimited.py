"""Text files of rows: their encoding, their delimiter, and their cells line by line."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from ehlib.load.schema import SourceError
from ehlib.load.tables.grid import TOP, Grid, Note, check_width, refusal, width_of

BLOCK = 262_144  # bytes looked at together; a line of two blocks without an end is refused
BATCH, PIECE = 250, 65_536  # rows taken, and characters read, at a time
LONGEST = 16_000_000  # characters in which that many rows must end
NEITHER = "this is neither UTF-8 nor Windows-1252"
CONTROLS = bytes({*range(32), 127} - set(b"\t\n\v\f\r\x1a"))


@dataclass(frozen=True)
class Form:
    """How a text file is written: encoding, start of its text, and how it ends."""

    encoding: str
    head: str
    whole: bool
    stopped: bool  # by the character that ended text files under DOS


def read_text(path: Path) -> list[Grid]:
    """Grid of a text file.

    Parameters
    ----------
    path : Path
        In UTF-8, UTF-16 or Windows-1252; comma, semicolon, tab or upright stroke between cells.

    Returns
    -------
    list of one Grid

    Raises
    ------
    SourceError
        If the file is empty, is not text, has a line without end or too many columns, or leaves a
        quotation open in its first rows.
    """
    form = _examine(path)
    first = re.match(r"(?i)\"?sep=(.)\"?\r?\n", form.head)
    delimiter = first[1] if first else _delimiter(form.head)

    def rows() -> Iterator[list[str]]:
        return _rows(path, form, delimiter, bool(first))

    top = list(islice(rows(), TOP))
    check_width(path.name, "", max(map(width_of, top), default=0))
    notes = (_old_encoding(),) if form.encoding == "cp1252" else ()
    return [Grid(path.name, "", top, rows, notes, form.whole)]


def _examine(path: Path) -> Form:
    """Look once through the whole file: what it is written in, and whether it is text at all."""
    with path.open("rb") as file:
        encoding = _encoding(file.read(BLOCK))
    try:
        return _read_through(path, encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8-sig":
            raise _refuse(path, "file_encoding", NEITHER, "UTF-8") from error
    try:
        return _read_through(path, "cp1252")
    except UnicodeDecodeError as error:
        raise _refuse(path, "file_encoding", NEITHER, "UTF-8") from error


def _encoding(start: bytes) -> str:
    """Encoding by byte order mark, or by every other byte being zero; else UTF-8 is tried."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[0:2000:2], start[1:2000:2]
    if odd and odd.count(0) > 0.9 * len(odd) and not even.count(0):
        return "utf-16-le"
    if even and even.count(0) > 0.9 * len(even) and not odd.count(0):
        return "utf-16-be"
    return "utf-8-sig"


def _read_through(path: Path, encoding: str) -> Form:
    decoder = codecs.getincrementaldecoder(encoding)()
    head, last, unended, said = "", "", 0, False
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = decoder.decode(block)
            plain = text.encode() if encoding.startswith("utf-16") else block
            if len(plain.translate(None, CONTROLS)) != len(plain):
                raise _refuse(path, "file_binary", "this is not a text file", "text")
            unended = 0 if b"\n" in plain or b"\r" in plain else unended + len(plain)
            if unended > BLOCK:
                raise _refuse(path, "line_too_long", "a line without end", "one row a line")
            head = head or text
            last = text or last
            said = said or bool(text.strip().strip("\x1a\ufeff"))
    decoder.decode(b"", final=True)
    if not said:
        raise _refuse(path, "file_empty", "the file is empty", "a header and rows")
    end = last.rstrip("\x1a")
    return Form(encoding, head, end.endswith(("\n", "\r")), len(end) < len(last))


def _delimiter(head: str) -> str:
    """Delimiter that parts most rows into one and the same number of cells."""
    lines = io.StringIO(head, newline="").readlines()[:TOP]
    best, most = ",", 0
    for delimiter in ",;\t|":
        try:
            rows = list(csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            continue
        widths = Counter(len(row) for row in rows if len(row) > 1)
        score = max(((width - 1) * count**2 for width, count in widths.items()), default=0)
        if score > most:
            best, most = delimiter, score
    return best


def _rows(path: Path, form: Form, delimiter: str, skip: bool) -> Iterator[list[str]]:
    """Rows of cells; an open quotation is refused, since it would swallow the rows below it."""
    with path.open(encoding=form.encoding, newline="") as file:
        lines = _Lines(file, form.stopped)
        reader = csv.reader(chain.from_iterable(lines), delimiter=delimiter, strict=True)
        try:
            if skip:
                next(reader)
            while rows := list(islice(reader, BATCH)):
                lines.pending = 0
                yield from rows
            return
        except (csv.Error, OverflowError) as error:
            problem = str(error)
    raise _open_quotation(path, *_where_open(path, form, delimiter), problem)


class _Lines:
    """Lines of a file, some at a time; stops where a few rows take more than rows can."""

    def __init__(self, file: TextIO, stopped: bool) -> None:
        self.file, self.stopped, self.pending = file, stopped, 0

    def __iter__(self) -> Iterator[list[str]]:
        while lines := self.file.readlines(PIECE):
            self.pending += PIECE
            if self.pending > LONGEST:
                raise OverflowError("rows without limit")
            yield [line.rstrip("\x1a") for line in lines] if self.stopped else lines


def _where_open(path: Path, form: Form, delimiter: str) -> tuple[int, int]:
    """Lines in which the first row that cannot be read begins, and in which reading stops."""
    begins = 1
    with path.open(encoding=form.encoding, newline="") as file:
        lines = _Lines(file, stopped=False)
        reader = csv.reader(chain.from_iterable(lines), delimiter=delimiter, strict=True)
        with suppress(csv.Error, OverflowError):
            for _ in reader:
                begins, lines.pending = reader.line_num + 1, 0
    return begins, reader.line_num


def _open_quotation(path: Path, begins: int, stops: int, problem: str) -> SourceError:
    if begins == stops and "limit" in problem:
        return _refuse(path, "line_too_long", f"line {begins} is too long", "one row a line")
    after = "expected after" in problem
    what = "text stands after a closing double quote" if after else "a double quote is not closed"
    return refusal(
        path.name,
        "quotation_open",
        f"{what} in the row that begins in line {begins}",
        wanted="every double quote to be closed, and written twice inside a text",
        mend="correct the double quotes",
        row=begins,
    )


def _refuse(path: Path, rule: str, found: str, wanted: str) -> SourceError:
    mend = "export the file again, as CSV UTF-8"
    return refusal(path.name, rule, found, wanted=wanted, mend=mend)


def _old_encoding() -> Note:
    return Note(
        "read_as_cp1252",
        "note",
        found="text in Windows-1252",
        wanted="UTF-8",
        mend="if letters look wrong, save it as CSV UTF-8",
    )
