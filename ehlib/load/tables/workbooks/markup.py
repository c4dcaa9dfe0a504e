"""Cells of XLSX and ODS as they pass in the XML: where they stand, and what they hold."""

import re
from collections.abc import Callable
from xml.parsers import expat

from ehlib.load.tables.workbooks.extent import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    Extent,
    is_percent,
    place_of,
)

CELL = re.compile(rb'<c r="([A-Z]{1,3})([1-9]\d{0,6})"')
ENDS = (b" ", b">", b"/", b"\t", b"\n", b"\r")  # of the name of an element
PIECE = 4_000_000  # bytes searched at a time
LETTERS = re.compile(r"^[A-Z]{1,3}$")
ROWS, COLUMNS = "table:number-rows-repeated", "table:number-columns-repeated"


def sheet_extent(data: bytes, extent: Extent, percent: frozenset[str]) -> None:
    """Take in the cells of one sheet of XLSX.

    Parameters
    ----------
    data : bytes
        XML of the sheet, without a document type.
    extent : Extent
        Of this sheet; changed in place, so that it can be said of whom an error speaks.
    percent : frozenset of str
        Numbers of the styles that show per cent.

    Raises
    ------
    TooLargeError
        As soon as the sheet is too large.
    ValueError
        If the XML is not whole, or a cell stands nowhere.
    """
    shown = any(f' s="{style}"'.encode() in data for style in percent)
    if shown or not _take_plain(data, extent):
        _parse(data, lambda parser: _Sheet(extent, parser, percent))


def percent_styles(data: bytes) -> frozenset[str]:
    """Numbers of the cell styles of XLSX that show per cent; ValueError as above."""
    formats, styles, place = {"9", "10"}, set(), {"": 0}

    def begin(name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "numFmt" and is_percent(attributes.get("formatCode", "")):
            formats.add(attributes.get("numFmtId", ""))
        elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            place["in"] = tag == "cellXfs"
        elif tag == "xf" and place.get("in"):
            if attributes.get("numFmtId") in formats:
                styles.add(str(place[""]))
            place[""] += 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    _finish(parser, data)
    return frozenset(styles)


def _take_plain(data: bytes, extent: Extent) -> bool:
    """Take in a sheet by its text alone, six times faster than as XML; whether that was certain.

    Certain is a sheet whose every cell begins as spreadsheet programs write it, with no formula or
    error to be noted. One that seems too large is looked at again, since its cells may be empty.
    """
    beginnings = sum(data.count(b"<c" + after) + data.count(b":c" + after) for after in ENDS)
    special = [b"\0", b'"e"', b"'e'", *(sign + after for sign in (b"<f", b":f") for after in ENDS)]
    if any(each in data for each in special) or not data.rstrip().endswith(b"</worksheet>"):
        return False
    rows, letters, found, start = 0, set(), 0, 0
    while start < len(data):
        end = data.find(b"<c ", start + PIECE)
        end = len(data) if end < 0 else end
        cells = CELL.findall(data, start, end)
        letters.update(column for column, _ in cells)
        rows = max(rows, max((int(row) for _, row in cells), default=0))
        found, start = found + len(cells), end
    columns = max((place_of(each.decode()) for each in letters), default=0)
    if found != beginnings or data.count(b"</sheetData>") != 1:
        return False
    if rows > MOST_ROWS or columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
        return False
    extent.row, extent.column, extent.filled = rows, columns, found
    return True


def document_extents(data: bytes, extents: list[Extent]) -> None:
    """Take in the sheets of ODS, from its content.xml; errors as in `sheet_extent`."""
    _parse(data, lambda parser: _Document(extents, parser))


def sheet_titles(book: bytes, links: bytes) -> dict[str, str]:
    """Names of the sheets of XLSX by the part that holds them; ValueError as above."""
    targets: dict[str, str] = {}
    titles: dict[str, str] = {}

    def begin(name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "Relationship":
            target = attributes.get("Target", "")
            part = target[1:] if target.startswith("/") else f"xl/{target}"
            targets[attributes.get("Id", "")] = part
        elif tag == "sheet":
            link = next((at for name, at in attributes.items() if name.endswith(":id")), "")
            titles[targets.get(link, link)] = attributes.get("name", "")

    for data in (links, book):
        parser = expat.ParserCreate()
        parser.StartElementHandler = begin
        _finish(parser, data)
    return titles


def _parse(data: bytes, follow: "Callable[[expat.XMLParserType], _Sheet | _Document]") -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    reader = follow(parser)
    parser.StartElementHandler = reader.begin
    _finish(parser, data)
    reader.end()


def _finish(parser: expat.XMLParserType, data: bytes) -> None:
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error


class _Sheet:
    """Cells of XLSX as they pass: where they stand, and whether they hold anything."""

    def __init__(
        self, extent: Extent, parser: expat.XMLParserType, percent: frozenset[str]
    ) -> None:
        self.extent, self.parser, self.percent = extent, parser, percent
        self.row = self.column = 0
        self.kind = self.text = self.style = ""
        self.formula = False
        self.letters: dict[str, int] = {}

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        tag = name if ":" not in name else name.rpartition(":")[2]
        if tag == "c":
            if self.formula or self.kind:
                self.end()
            place = attributes.get("r")
            if place:
                letters = place.rstrip("0123456789")
                self.column = self.letters.get(letters) or self._column(letters)
                self.row = int(place[len(letters) :])
            else:
                self.column += 1
            self.kind, self.style = attributes.get("t", ""), attributes.get("s", "")
        elif tag in ("v", "is"):
            self.extent.take(self.row, self.column)
            if self.style in self.percent and self.kind in ("", "n"):
                self.extent.show_share(self.row, self.column)
            if self.formula or self.kind == "e":
                self.parser.CharacterDataHandler = self._say
        elif tag == "f":
            self.formula = True
        elif tag == "row":
            self.end()
            self.row, self.column = int(attributes.get("r", self.row + 1)), 0

    def _column(self, letters: str) -> int:
        if not LETTERS.search(letters):
            raise ValueError(f"no column is called {letters[:20]}")
        return self.letters.setdefault(letters, place_of(letters))

    def _say(self, text: str) -> None:
        self.text += text

    def end(self) -> None:
        """Note the cell that ends here if a library would leave it empty."""
        if self.kind == "e" and self.text.strip():
            self.extent.errors[self.row, self.column] = self.text.strip()
        elif self.formula and self.kind != "str" and not self.text.strip():
            self.extent.unstored.append((self.row, self.column))
        if self.formula or self.text:
            self.parser.CharacterDataHandler = None
        self.formula, self.kind, self.text = False, "", ""


class _Document:
    """Cells of ODS as they pass; a cell or row may stand for many."""

    def __init__(self, extents: list[Extent], parser: expat.XMLParserType) -> None:
        self.extents, self.parser = extents, parser
        self.row = self.rows = self.column = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.extents.append(Extent(attributes.get("table:name", "")))
            self.row = 0
        elif name == "table:table-row":
            self.rows, self.column = self._times(attributes, ROWS, MOST_ROWS), 0
            self.row += self.rows
        elif name in ("table:table-cell", "table:covered-table-cell"):
            columns = self._times(attributes, COLUMNS, MOST_COLUMNS)
            self.column += columns
            if "office:value-type" in attributes or "table:formula" in attributes:
                self.extents[-1].take(self.row, self.column, columns * self.rows)
            if attributes.get("office:value-type") == "percentage":
                self._show_shares(columns)
        elif name == "text:p" and self.extents:
            self.extents[-1].take(self.row, self.column, 0)

    def _show_shares(self, columns: int) -> None:
        for row in range(self.row - self.rows + 1, self.row + 1):
            for column in range(self.column - columns + 1, self.column + 1):
                self.extents[-1].show_share(row, column)

    def _times(self, attributes: dict[str, str], name: str, most: int) -> int:
        times = int(attributes.get(name, 1))
        if not 0 < times <= most or not self.extents:
            raise ValueError(f"a cell that stands for {times:,}")
        return times

    def end(self) -> None:
        """Nothing is left to note."""
