"""Tables of pages, downloads and JSON, read back with their headings to find hidden figures."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

from ehlib.publish.release.figures.grids import JUDGED, MARKER, Cell, Table
from ehlib.publish.release.figures.hidden import SO_FAR, Address, Figure, Hidden, so_far
from ehlib.publish.release.figures.numbers import NUMBER, counting
from ehlib.publish.release.files.layers import Layer, Leak
from ehlib.publish.release.markup import Node, clean

OTHER = re.compile(  # columns that hold no figure of the row's own
    r"(?i)\btarget|\bbaseline|\bnational\b|\bbenchmark|\bplan\b|\baim\b|\bcode\b|\bdate\b|"
    r"\bperiod\b|\bas at\b|\bseconds$|\bbytes$|^cell$|_sha256$|^rows|_start$|_end$|\bnote|"
    r"^number of indicators$|^age in months$"
)
OF_LISTED = re.compile(r"(?i)^number of (?:indicators|outcomes) by status\b")  # not of children
NAMED = re.compile(r"(?i)^(?:sources?|what changed, and from when)$")
PROSE = re.compile(r"[^\W\d_]{2,}\W+(?:[^\W\d_]{2,}\W+)+")  # several words
BEFORE = re.compile(r"[\d,.]+%? \([^()]*\)")  # a figure with its period
COMPARED = re.compile(r"(?i)^compared with\b")
OF_WHEN = re.compile(r"(?i)^(?:latest )?period\b")  # a column that says what its rows are of
USUAL = re.compile(r"(?i)^usual variation(?:, (?:lower|upper))?$")
LIMITS = re.compile(r"-?[\d,.]+%?(?P<span> to -?[\d,.]+%?)?")
SHARE = re.compile(
    r"(?i)%|\bper ?cent|\bper \d|\brates?\b|\bshare|\bproportion|\bpct\b|\blimit|\binterval"
)
PRINTED = re.compile(r"\d[\d,]*(?:\.\d+)?")
AROUND = re.compile(r"(?:[\s()%,\u2013]|\bto\b|\bof\b)*")  # numbers of one cell
PLAIN = {"colspan", "rowspan", "headers", "scope", "id", "role", "data-number"}


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
    drawn = Counter((cell.column, cell.text) for cell in table.cells if _is_usual(cell))
    for cell in table.cells:
        if drawn[cell.column, cell.text] > 1:
            continue  # limits of usual variation are those of all rows between two shifts
        yield from _named_hidden(layer, cell, hidden)
        if _is_other(cell, table, hidden):
            continue
        address = _address(cell, table.scopes, hidden)
        figures = hidden.at(address)
        whole = SO_FAR.search(cell.column) or all(figure.hidden for figure in figures)
        if not any(figure.hidden for figure in figures):
            figures, whole = [*figures, *_of_page(cell, address, table, hidden)], False
        if not any(figure.hidden for figure in figures):
            continue
        for text in filter(None, (cell.text, cell.attributes)):
            found = (
                _in_place(text, hidden) if whole else _told(text, figures, _is_share(cell, table))
            )
            if found and not _is_of(_twins(cell, address, figures, hidden), text, cell.column):
                way = " / ".join(filter(None, [*cell.row, cell.column]))
                rule = "hidden_figure" if found[0].isdigit() else "in_place_of_hidden"
                yield layer.leak(rule, f"{found} at {way}", "table")


def _twins(cell: Cell, address: Address, figures: list[Figure], hidden: Hidden) -> list[Figure]:
    """Shown figures that a cell may be of: of an indicator that its headings name, if they do."""
    named = hidden.indicators.keys(" | ".join([cell.column, *cell.row]))
    twins = hidden.twins(address, figures, cell.ids)
    return [each for each in twins if cell.ids or not named or each.indicator in named]


def _of_page(cell: Cell, address: Address, table: Table, hidden: Hidden) -> list[Figure]:
    """Figures of the page's own period, which may stand where a row names an earlier one."""
    if not cell.dated or not address["indicators"] or COMPARED.search(cell.column):
        return []
    return hidden.at(address | {"periods": _first(hidden.periods, *table.scopes)})


def _is_usual(cell: Cell) -> bool:
    """Whether a cell holds limits of usual variation, together or each in a column."""
    if any(not each.endswith(".usual") for each in cell.ids):
        return False
    found = USUAL.match(cell.column) and LIMITS.fullmatch(cell.text)
    return bool(found) and bool(found["span"]) is not ("," in cell.column)


def _is_other(cell: Cell, table: Table, hidden: Hidden) -> bool:
    """Whether a cell holds no figure of its row, but prose or a count of what the report lists."""
    if OTHER.search(cell.column):
        return True
    if NAMED.match(cell.column):
        return bool(PROSE.match(cell.text))
    caption = next(iter(table.scopes), "")
    named = hidden.indicators.keys(" | ".join([caption, *cell.row]))
    return bool(OF_LISTED.match(caption)) and cell.text.isdigit() and not (cell.ids or named)


def _is_share(cell: Cell, table: Table) -> bool:
    """Whether a whole number in a cell may be a share or rate, as its headings have it."""
    return any(map(SHARE.search, [cell.column, *cell.row, *table.scopes[:2]])) or "%" in cell.text


def _is_of(twins: list[Figure], text: str, column: str) -> bool:
    """Whether a cell holds nothing but what one shown figure prints, to which its words fit too."""
    left = MARKER.sub("", text)
    numbers = list(PRINTED.finditer(left))
    if not numbers or not AROUND.fullmatch(PRINTED.sub("", left)):
        return False
    shares = [bool(SHARE.search(column)) or left[each.end() :][:1] == "%" for each in numbers]
    said = [each[0] for each in numbers]
    return any(all(map(partial(_prints, twin), said, shares)) for twin in twins)


def _prints(figure: Figure, text: str, share: bool) -> bool:
    return figure.prints(text, share=share)


def _named_hidden(layer: Layer, cell: Cell, hidden: Hidden) -> Iterator[Leak]:
    """A cell that shows something, and whose ids name hidden figures alone."""
    found = _in_place(cell.text, hidden) if cell.ids else ""
    if found and all(each.rpartition(".")[0] in hidden.ids for each in cell.ids):
        way = " / ".join(filter(None, [*cell.row, cell.column]))
        yield layer.leak("hidden_figure", f"{found} at {way}", "table")


def page_tables(root: Node) -> Iterator[Table]:
    """Tables of a page."""
    for node in root.find("table"):
        yield Table(tuple(_html_cells(node)), scopes_of(node, root))


def scopes_of(node: Node, root: Node, *, alts: bool = False) -> tuple[str, ...]:
    """Texts that say what an element of a page is of: its caption, headings, the page's context.

    What a picture says of itself stands after its caption if asked for.
    """
    captions = [each.words() for each in node.find("caption", "figcaption")]
    told = [each.attributes.get("alt", "") for each in node.find("img") if alts]
    heads, page = [], []
    for each in root.nodes():
        if each is node:
            break
        if each.tag in {"h2", "h3"}:
            heads.append(each.words())
        if each.tag == "h1" or each.attributes.get("class") == "context":
            page.append(each.words())
    return tuple(clean(text).strip() for text in [*captions, *told, *heads[:-3:-1], *page])


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
        periods = [text for where, text, _ in cells if OF_WHEN.match(columns.get(where, ""))]
        row += periods
        for where, text, node in cells:
            column = columns.get(where, "")
            ids = tuple(node.attributes.get("data-number", "").split())
            yield Cell(text, column, tuple(row), _unseen(node, column), ids, bool(periods))


def _unseen(cell: Node, column: str) -> str:
    """Attributes of a cell and of what is in it, but for those that only lay it out."""
    given = (pair for node in cell.nodes() for pair in node.given if pair[0] not in PLAIN)
    texts = [(name, " ".join(clean(value).split())) for name, value in given]
    return " ".join(text for name, text in texts if (name, text) != ("data-label", column))


def _span(node: Node, name: str) -> int:
    text = node.attributes.get(name, "1")
    return min(int(text), 1000) if text.isdigit() else 1


def _address(cell: Cell, scopes: tuple[str, ...], hidden: Hidden) -> Address:
    """What a cell is of, by the nearest words for each of area, period, breakdown, indicator."""
    column, row = cell.column, " | ".join(cell.row)
    whole = hidden.areas.of_text(column)
    compared = COMPARED.search(column)  # with another area, or another period that the cell names
    across, own = ("", cell.text) if compared else (column, "")
    own = own if BEFORE.fullmatch(own) else ""
    areas = frozenset([whole]) if whole else _first(hidden.areas, row, across, *scopes)
    periods = _first(hidden.periods, own, column, row, *scopes)
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
    left = hidden.areas.without(hidden.periods.without(counting(MARKER.sub("", text))))
    found = re.search(r"\d[\d,.]*", left) or NUMBER.search(left) or JUDGED.search(left)
    return found[0] if found else ""


def _told(text: str, figures: list, share: bool) -> str:
    """Number that is a hidden figure's and no shown one's."""
    for found in NUMBER.findall(counting(MARKER.sub("", text))):
        said = [figure.hidden for figure in figures if figure.tells(found, share=share)]
        if said and all(said):
            return found
    return ""
