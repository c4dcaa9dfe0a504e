"""A look into the compound file of an old Excel workbook: its streams, sheets and extents."""

import struct
from collections.abc import Iterator

from ehlib.load.tables.workbooks.extent import Extent, is_percent

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FREE = 0xFFFFFFFA  # sector numbers from here on end a chain
BOF, END, SHEET, PASSWORD = 0x0809, 0x000A, 0x0085, 0x002F
FORMULA, ERROR = 0x0006, 0x0205
CELLS = {0x00FD, 0x0203, 0x027E, 0x0204, 0x00D6, FORMULA, ERROR}
NUMBERS = {0x0203, 0x027E, FORMULA}
FORMAT, STYLE = 0x041E, 0x00E0
SEVERAL = 0x00BD  # numbers side by side in one record
ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!"}
ERRORS |= {42: "#N/A"}


def streams(content: bytes) -> dict[str, bytes]:
    """Streams of a compound file by name; all but the workbook itself are left empty.

    Raises
    ------
    ValueError
        If the file is not whole, or its chains run in circles.
    """
    try:
        return dict(_Compound(content).entries())
    except (struct.error, IndexError) as error:
        raise ValueError("the file is cut short") from error


def is_protected(stream: bytes) -> bool:
    """Whether the records of a workbook are encrypted."""
    return any(kind == PASSWORD for kind, _, _ in _records(stream, 0))


def book_extents(stream: bytes, extents: list[Extent]) -> None:
    """Take in each sheet of the stream `Workbook`, one extent a sheet added to the list.

    Raises
    ------
    TooLargeError
        As soon as a sheet is too large; it is the last of the list.
    ValueError
        If the records are not whole.
    """
    try:
        percent = _percent_styles(stream)
        for name, begins in _sheets(stream):
            extents.append(Extent(name))
            _take_in(stream, begins, extents[-1], percent)
    except (struct.error, IndexError) as error:
        raise ValueError("the records are cut short") from error


class _Compound:
    """Sectors of a compound file, and the chains they form."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.shift = struct.unpack_from("<H", content, 30)[0]
        if self.shift not in (9, 12):
            raise ValueError("no sector has such a size")
        heads = list(struct.unpack_from("<109I", content, 76))
        more, count = struct.unpack_from("<2I", content, 68)
        for _ in range(min(count, len(content) >> self.shift)):
            *listed, more = self._numbers(more)
            heads += listed
        self.after = [each for head in heads if head < FREE for each in self._numbers(head)]

    def _sector(self, number: int) -> bytes:
        data = self.content[(number + 1) << self.shift : (number + 2) << self.shift]
        if not data:
            raise ValueError("a chain leads out of the file")
        return data

    def _numbers(self, sector: int) -> tuple[int, ...]:
        data = self._sector(sector)
        return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])

    def _chain(self, start: int, after: list[int] | tuple[int, ...]) -> Iterator[int]:
        for _ in range(len(after) + 1):
            if start >= FREE:
                return
            yield start
            start = after[start]
        raise ValueError("a chain runs in circles")

    def _joined(self, start: int) -> bytes:
        return b"".join(map(self._sector, self._chain(start, self.after)))

    def entries(self) -> Iterator[tuple[str, bytes]]:
        """Names of the streams with their content, for those that hold a workbook."""
        directory, cutoff = struct.unpack_from("<I4xI", self.content, 48)
        listed = self._joined(directory)
        minor = b""
        for at in range(0, len(listed) - 127, 128):
            length, kind = struct.unpack_from("<HB", listed, at + 64)
            name = listed[at : at + min(max(length - 2, 0), 62)].decode("utf-16-le", "replace")
            start, size = struct.unpack_from("<II", listed, at + 116)
            if kind == 5:
                minor = self._joined(start) if start < FREE else b""
            if kind == 2 and name in ("Workbook", "Book"):
                small = size < cutoff
                yield name, (self._minor(minor, start) if small else self._joined(start))[:size]
            elif kind == 2:
                yield name, b""

    def _minor(self, minor: bytes, start: int) -> bytes:
        """A stream too short for sectors of its own."""
        begins = struct.unpack_from("<I", self.content, 60)[0]
        after = [
            each for sector in self._chain(begins, self.after) for each in self._numbers(sector)
        ]
        parts = [minor[each << 6 : (each + 1) << 6] for each in self._chain(start, after)]
        return b"".join(parts)


def _records(stream: bytes, begins: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and size of each record of one substream."""
    depth = 0
    while begins + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, begins)
        depth += (kind == BOF) - (kind == END)
        yield kind, begins + 4, size
        if depth <= 0:
            return
        begins += 4 + size


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    """Name of each worksheet and where its records begin."""
    for kind, at, size in _records(stream, 0):
        if kind != SHEET:
            continue
        begins, _, what, length, wide = struct.unpack_from("<IBBBB", stream, at)
        letters = stream[at + 8 : at + min(size, 8 + length * (1 + (wide & 1)))]
        if what <= 1:
            yield letters.decode("utf-16-le" if wide & 1 else "latin-1", "replace"), begins


def _percent_styles(stream: bytes) -> set[int]:
    """Numbers of the cell styles that show per cent."""
    formats, styles = {9, 10}, []
    for kind, at, size in _records(stream, 0):
        if kind == FORMAT and size > 5:
            number, length, wide = struct.unpack_from("<HHB", stream, at)
            letters = stream[at + 5 : at + min(size, 5 + length * (1 + (wide & 1)))]
            if is_percent(letters.decode("utf-16-le" if wide & 1 else "latin-1", "replace")):
                formats.add(number)
        elif kind == STYLE:
            styles.append(struct.unpack_from("<H", stream, at + 2)[0])
    return {place for place, number in enumerate(styles) if number in formats}


def _take_in(stream: bytes, begins: int, extent: Extent, percent: set[int]) -> None:
    for kind, at, size in _records(stream, begins):
        if kind == SEVERAL:
            row, first = struct.unpack_from("<HH", stream, at)
            last = struct.unpack_from("<H", stream, at + size - 2)[0]
            extent.take(row + 1, last + 1, max(last - first + 1, 1))
            for column in range(first, last + 1):
                style = struct.unpack_from("<H", stream, at + 4 + 6 * (column - first))[0]
                if style in percent:
                    extent.show_share(row + 1, column + 1)
        elif kind in CELLS:
            row, column, style = struct.unpack_from("<HHH", stream, at)
            extent.take(row + 1, column + 1)
            code = _error(stream, kind, at)
            if code in ERRORS:
                extent.errors[row + 1, column + 1] = ERRORS[code]
            elif style in percent and kind in NUMBERS:
                extent.show_share(row + 1, column + 1)


def _error(stream: bytes, kind: int, at: int) -> int:
    """Code of the error that a cell shows; -1 when it shows none."""
    if kind == ERROR and stream[at + 7]:
        return stream[at + 6]
    if kind == FORMULA and stream[at + 12 : at + 14] == b"\xff\xff" and stream[at + 6] == 2:
        return stream[at + 8]
    return -1
