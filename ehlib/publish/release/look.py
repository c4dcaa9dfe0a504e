"""Checks of one layer of a file: which there are for a page, a drawing, a table or a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ehlib.load.tables.personal import kind_of
from ehlib.publish.formulas import runs_as_formula
from ehlib.publish.release.attributes import attribute_leaks, glyph_leaks
from ehlib.publish.release.browser import DRAWN, page_leaks, picture_leaks
from ehlib.publish.release.figures.drawings import drawing_leaks
from ehlib.publish.release.figures.grids import csv_rows, grid_table, json_table, json_texts
from ehlib.publish.release.figures.hidden import Hidden
from ehlib.publish.release.figures.sentences import sentence_leaks
from ehlib.publish.release.figures.tables import page_tables, scopes_of, table_leaks
from ehlib.publish.release.files.layers import DATA, Layer, Leak, data_of, wrapped
from ehlib.publish.release.ids import Words
from ehlib.publish.release.markup import (
    Node,
    beside,
    blocks,
    clean,
    disguised,
    read_markup,
    read_xml_markup,
)
from ehlib.publish.release.private import Known, find_private

WORDED = {"alt", "title", "aria-label", "aria-description", "content", "summary", "label", "value"}
WORDED |= {"datetime", "abbr", "aria-description"}
PICTURED = {"img": "src", "source": "srcset", "image": "href"}
DOWNLOAD = re.compile(r"downloads/([^/.]+)[/.]")
FIGURES = re.compile(r"\d[\d,]*(?:\.\d+)?")
NUMBER_ID = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+){3,7}")
Scopes = tuple[str, ...]


def page_of(file: str) -> str:
    """Name of the page that a download belongs to; empty for any other file."""
    found = DOWNLOAD.match(file)
    return found[1] if found else ""


@dataclass(frozen=True)
class Page:
    """What a page says of itself, and the numbers on it, for the downloads that go with it."""

    scopes: Scopes = ()
    numbers: frozenset[float] | None = None
    trust: str = ""

    @classmethod
    def of(cls, root: Node, scopes: Scopes) -> "Page":
        """Of the markup of a page."""
        texts = [(node.attributes.get("class"), text) for node, text in blocks(root)]
        trust = next((text for kind, text in texts if kind == "trust"), "")
        return cls(scopes, frozenset(_numbers(" ".join(text for _, text in texts))), trust)

    def unknown(self, text: str) -> list[float]:
        """Numbers in a text that the page does not have."""
        return [] if self.numbers is None else sorted(_numbers(text) - self.numbers)


def _numbers(text: str) -> set[float]:
    return {float(each.replace(",", "")) for each in FIGURES.findall(text)}


@dataclass
class Look:
    """What the checks of one set share; `pictures` says of a drawing what its figure says."""

    hidden: Hidden
    known: Known
    ids: Words = field(default_factory=Words)
    pictures: dict[str, Scopes] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    read: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    said: dict[tuple[str, Scopes], tuple[Leak, ...]] = field(default_factory=dict)
    parts: dict[tuple[str, str], tuple[Leak, ...]] = field(default_factory=dict)

    def leaks(self, layer: Layer) -> Iterator[Leak]:
        """Leaks of a layer, by its kind."""
        checks = {
            "page": self._page,
            "svg": self._svg,
            "xml": self._xml,
            "json": self._json,
            "csv": self._csv,
            "table": self._rows,
            "text": self._text,
            "about": self._about,
        }
        yield from checks[layer.kind](layer)

    def words(
        self, layer: Layer, text: str, scopes: Scopes = (), within: str = ""
    ) -> Iterator[Leak]:
        """Leaks of a piece of text, wherever it stands."""
        yield from self._private(layer, text, within)
        if self.hidden:
            yield from self._sentences(layer, text, scopes, within)

    def _sentences(self, layer: Layer, text: str, scopes: Scopes, within: str) -> Iterator[Leak]:
        """Hidden figures that a text says; what a page and its downloads repeat is read once."""
        if (text, scopes) not in self.said:
            self.said[text, scopes] = tuple(sentence_leaks(layer, text, scopes, self.hidden))
        for leak in self.said[text, scopes]:
            yield layer.leak(leak.rule, leak.snippet, within)

    def _private(self, layer: Layer, text: str, within: str) -> Iterator[Leak]:
        """What must not go out of a text; the many that repeat are looked at once."""
        if text not in self.read:
            inside = [content.decode("utf-8", "replace") for content in wrapped(text)]
            found = [find_private(each, self.known) for each in [text, *inside]]
            self.read[text] = tuple(leak for each in found for leak in each)
        self.ids.note(layer, text, within)
        for rule, snippet in self.read[text]:
            yield layer.leak(rule, snippet, within)

    def _page(self, page: Layer) -> Iterator[Leak]:
        root = read_markup(page.content)
        yield from page_leaks(page, root)
        yield from attribute_leaks(page, root)
        for rule, snippet in disguised(page.content):
            yield page.leak(rule, snippet)
        for node in root.find("figure"):
            self._remember(node, scopes_of(node, root, alts=True))
        yield from self._markup(page, root)
        for table in page_tables(root) if self.hidden else ():
            yield from table_leaks(page, table, self.hidden)
        yield from self._headings(page, [node.words().strip() for node in root.find("th")])
        if page.name == "file":
            self.pages[page.file.removesuffix(".html")] = Page.of(root, _context(root))

    def _svg(self, svg: Layer) -> Iterator[Leak]:
        root = read_xml_markup(svg.content)
        yield from picture_leaks(svg, root)
        yield from glyph_leaks(svg, root)
        yield from self._markup(svg, root)
        if self.hidden:
            scopes = self.pictures.get(svg.content, ())
            yield from drawing_leaks(svg, root, scopes, self.hidden)

    def _xml(self, layer: Layer) -> Iterator[Leak]:
        """Leaks of XML; the parts that all workbooks have alike are looked through once."""
        key = (layer.name, layer.content)
        if key not in self.parts:
            self.parts[key] = tuple(self._markup(layer, read_xml_markup(layer.content)))
        for leak in self.parts[key]:
            yield replace(leak, file=layer.file)

    def _markup(self, layer: Layer, root: Node) -> Iterator[Leak]:
        """Texts and attributes, each with the headings that it stands under."""
        page, heads = _context(root), ("",)
        for node, text in blocks(root):
            if node.tag in {"h2", "h3"}:
                heads = (text,)
            tabled = node.tag in {"td", "th"}  # read with its headings, by `table_leaks`
            yield from self.words(layer, text, () if tabled else (*heads, *page), node.way)
        for node, text in beside(root) if self.hidden else ():
            yield from self._sentences(layer, text, page, node.way)
        figures = root.find("figure") if self.hidden else ()
        said = {id(img): scopes_of(each, root) for each in figures for img in each.find("img")}
        for node in root.nodes():
            scopes = said.get(id(node), page)
            if node.tag == "#":
                yield from self.words(layer, clean("".join(node.parts)), page, "comment")
            for name, value in node.given:
                if name == "start":
                    yield from self.words(
                        layer, " ".join([value, *node.words().split()]), page, node.way
                    )
                elif name in WORDED:
                    yield from self.words(layer, clean(value), scopes, f"{node.way} {name}")
                elif name == "data-number":
                    yield from self._ids(layer, value, f"{node.way} {name}")
                elif not value.startswith("data:") and not DRAWN.fullmatch(value):
                    yield from self._private(layer, clean(value), f"{node.way} {name}")

    def _ids(self, layer: Layer, value: str, within: str) -> Iterator[Leak]:
        """Ids of numbers that say more than of what they are."""
        for each in value.split():
            if not NUMBER_ID.fullmatch(each) or not self.hidden.knows(each):
                yield layer.leak("foreign_attribute", each, within)

    def _json(self, layer: Layer) -> Iterator[Leak]:
        for text in json_texts(layer.content):
            yield from self.words(layer, clean(text))
        if self.hidden:
            yield from table_leaks(layer, json_table(layer.content), self.hidden)

    def _csv(self, layer: Layer) -> Iterator[Leak]:
        rows = csv_rows(layer.content)
        yield from self._rows(Layer(layer.file, layer.name, "table", rows), csv=True)

    def _rows(self, layer: Layer, csv: bool = False) -> Iterator[Leak]:
        for row in layer.content:
            for text in filter(None, row):
                yield from self.words(layer, clean(text))
                if csv and runs_as_formula(text):
                    yield layer.leak("formula", text, "cell")
        header = next((row for row in layer.content if sum(map(bool, row)) > 1), [])
        yield from self._headings(layer, header)
        page = self.pages.get(page_of(layer.file), Page())
        table = grid_table(layer.content, layer.name, (*layer.scopes, *page.scopes))
        for cell in table.cells:
            for number in page.unknown(cell.text):
                way = " / ".join(filter(None, [*cell.row, cell.column]))
                yield layer.leak("not_on_page", f"{number} at {way}", "cell")
        if self.hidden:
            yield from table_leaks(layer, table, self.hidden)

    def _about(self, layer: Layer) -> Iterator[Leak]:
        """Who a workbook says that it is by, and what it is called."""
        given, words = layer.content
        named = {*self.known.names, self.pages.get(page_of(layer.file), Page()).trust}
        for place, said in given:
            titled = place.endswith("title") and said in words
            if said not in named and not titled:
                yield layer.leak("workbook_metadata", said, place)

    def _headings(self, layer: Layer, headings: list[str]) -> Iterator[Leak]:
        for each in headings:
            if kind_of(each):
                yield layer.leak("personal_column", each, "heading")

    def _text(self, layer: Layer) -> Iterator[Leak]:
        yield from self.words(layer, clean(layer.content))

    def _remember(self, figure: Node, scopes: Scopes) -> None:
        """Keep what a figure says of itself for the drawings that are embedded in it."""
        for node in figure.find(*PICTURED):
            found = DATA.match(node.attributes.get(PICTURED[node.tag], ""))
            content = data_of(found) if found else None
            if content:
                self.pictures[content.decode("utf-8", "replace")] = scopes


def _context(root: Node) -> Scopes:
    """What a page says of itself as a whole: title and context line."""
    found = [node for node in root.find("h1", "p") if node.tag == "h1" or _is_context(node)]
    return tuple(node.words().strip() for node in found)


def _is_context(node: Node) -> bool:
    return node.attributes.get("class") == "context"
