"""Tables of pages, downloads and JSON, read back with their headings to find hidden figures."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ehlib.publish.release.figures.hidden import NUMBER, SO_FAR, Address, Hidden, so_far
from ehlib.publish.release.layers import Layer, Leak
from ehlib.publish.release.markup import Node, clean

MARKER = re.compile(r"\[[a-z]\]")
JUDGED = re.compile(
    r"(?i)\b(?:higher|lower|highest|lowest|better|worse|similar|above|below|rising|falling|rose|"
    r"fell|increasing|decreasing|improving|worsening|met|no change)\b|"
    r"[\u25b2\u25bc\u2191\u2193\u2714\u2718\u25cf\u25d0\u25cb]"
)
OTHER = re.compile(  # columns that hold no figure of the row's own
    r"(?i)\btarget|\bbaseline|\bnational\b|\bbenchmark|\bplan\b|\baim\b|\bcode\b|\bdate\b|"
    r"\bperiod\b|\bas at\b|\bseconds$|\bbytes$|^cell$|_sha256$|^rows|_start$|_end$|\bnote"
)
COMPARED = re.compile(r"(?i)^compared with\b")
NUMERIC = re.compile(r"[\s\d.,%()+-]*\d[\s\d.,%()+-]*|\[[a-z]\]|")
PLAIN = {"colspan", "rowspan", "headers", "scope", "id"}


@dataclass(frozen=True)
class Cell:
    """A cell that is no heading, with the headings of its column and of its row."""

    text: str
    column: str
    row: tuple[str, ...]
    attributes: str = ""  # texts of its attributes, which a reader does not see


@dataclass(frozen=True)
class Table:
    """Cells of a table, and the texts that say what it is of, from near to far."""

    cells: tuple[Cell, ...]
    scopes: tuple[str, ...]


def table_leaks(layer: Layer, table: Table, hidden: Hidden) -> Iterator[Leak]:
    """Cells with something in place of a figure that the release hides.

    Parameters
    ----------
    layer : Layer
        Where the table stands.
    table : Table
        From `page_tables`, `grid_table` or `json_table`.
    hidden : Hidden
        What the release hides.
    """
    for cell in table.cells:
        if OTHER.search(cell.column):
            continue
        address = _address(cell, table.scopes, hidden)
        figures = hidden.at(address)
        if not any(figure.hidden for figure in figures):
            continue
        whole = SO_FAR.search(cell.column) or all(figure.hidden for figure in figures)
        for text in filter(None, (cell.text, cell.attributes)):
            found = _in_place(text, hidden) if whole else _told(text, figures)
            if found:
                way = " / ".join(filter(None, [*cell.row, cell.column]))
                rule = "hidden_figure" if found[0].isdigit() else "in_place_of_hidden"
                yield layer.leak(rule, f"{found} at {way}", "table")


def page_tables(root: Node) -> Iterator[Table]:
    """Tables of a page."""
    for node in root.find("table"):
        yield Table(tuple(_html_cells(node)), scopes_of(node, root))


def scopes_of(node: Node, root: Node) -> tuple[str, ...]:
    """Texts that say what an element of a page is of: its caption, headings, the page's context."""
    captions = [each.words() for each in node.find("caption", "figcaption")]
    alts = [each.attributes.get("alt", "") for each in node.find("img")]
    heads, page = [], []
    for each in root.nodes():
        if each is node:
            break
        if each.tag in {"h2", "h3"}:
            heads.append(each.words())
        if each.tag == "h1" or each.attributes.get("class") == "context":
            page.append(each.words())
    return tuple(clean(text).strip() for text in [*captions, *alts, *heads[:-3:-1], *page])


def grid_table(rows: Sequence[Sequence[str]], name: str = "") -> Table:
    """Table of a sheet or of a file with a delimiter; texts of a row are its headings."""
    lines = [[clean(str(text)).strip() for text in row] for row in rows]
    top = next((n for n, line in enumerate(lines) if sum(map(bool, line)) > 1), 0)
    header = lines[top] if lines else []
    cells = []
    for line in lines[top + 1 :]:
        said = tuple(text for text in line if text and not NUMERIC.fullmatch(text))
        for place, text in enumerate(line):
            column = header[place] if place < len(header) else ""
            if text and NUMERIC.fullmatch(text) and not MARKER.fullmatch(text):
                cells.append(Cell(text, column, said))
    above = " ".join(text for line in lines[:top] for text in line)
    return Table(tuple(cells), (above, name))


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


def _html_cells(table: Node) -> Iterator[Cell]:
    columns: dict[int, str] = {}
    held: dict[tuple[int, int], str] = {}  # headings that span rows, by row and column
    for number, line in enumerate(table.find("tr")):
        place, row, cells = 0, [], []
        in_head = line.inside("thead") is not None
        for node in [part for part in line.parts if isinstance(part, Node)]:
            while (number, place) in held:
                row.append(held[number, place])
                place += 1
            text = " ".join(node.words().split())
            wide, deep = (_span(node, name) for name in ("colspan", "rowspan"))
            if node.tag == "th" and (in_head or node.attributes.get("scope") == "col"):
                for each in range(place, place + wide):
                    columns[each] = f"{columns.get(each, '')} {text}".strip()
            elif node.tag == "th":
                row.append(text)
                held |= {(number + each, place): text for each in range(1, deep)}
            elif node.tag == "td":
                cells.append((place, text, node))
            place += wide
        for where, text, node in cells:
            yield Cell(text, columns.get(where, ""), tuple(row), _unseen(node))


def _unseen(cell: Node) -> str:
    """Attributes of a cell and of what is in it, but for those that only lay it out."""
    given = (pair for node in cell.nodes() for pair in node.given if pair[0] not in PLAIN)
    return " ".join(clean(value) for _, value in given)


def _span(node: Node, name: str) -> int:
    text = node.attributes.get(name, "1")
    return min(int(text), 1000) if text.isdigit() else 1


def _address(cell: Cell, scopes: tuple[str, ...], hidden: Hidden) -> Address:
    """What a cell is of, by the nearest words for each of area, period, breakdown, indicator."""
    column, row = cell.column, " | ".join(cell.row)
    whole = hidden.areas.of_text(column)
    across = "" if COMPARED.search(column) else column
    areas = frozenset([whole]) if whole else _first(hidden.areas, row, across, *scopes)
    periods = _first(hidden.periods, column, row, *scopes)
    if SO_FAR.search(column):
        periods = frozenset(each for period in periods for each in so_far(period))
    labels = {_heading(text, hidden) for text in (column, *cell.row)} - {""}
    if not labels:
        labels = hidden.labels.keys(hidden.indicators.without(scopes[0])) if scopes else set()
    indicators = _first(hidden.indicators, row, column, *scopes)
    found = {"areas": areas, "periods": periods, "labels": frozenset(labels)}
    return found | {"indicators": indicators}


def _heading(text: str, hidden: Hidden) -> str:
    """Breakdown that a heading names, whole or before a bracket, colon or comma."""
    return hidden.labels.of_text(text) or hidden.labels.of_text(re.split(r"[(:,;]", text)[0])


def _first(words: object, *texts: str) -> frozenset[str]:
    return next((keys for text in texts if (keys := words.keys(text))), frozenset())


def _in_place(text: str, hidden: Hidden) -> str:
    """Number or judgement in a cell that should say that its figure is hidden."""
    left = hidden.areas.without(hidden.periods.without(MARKER.sub("", text)))
    found = re.search(r"\d[\d,.]*", left) or NUMBER.search(left) or JUDGED.search(left)
    return found[0] if found else ""


def _told(text: str, figures: list) -> str:
    """Number that is a hidden figure's and no shown one's."""
    for found in NUMBER.findall(MARKER.sub("", text)):
        said = [figure.hidden for figure in figures if figure.tells(found)]
        if said and all(said):
            return found
    return ""
