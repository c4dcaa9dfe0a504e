"""Checks of one layer of a file: which there are for a page, a drawing, a table or a text."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ehlib.load.tables.personal import kind_of
from ehlib.load.tables.scan import is_formula
from ehlib.publish.release.browser import DRAWN, page_leaks, picture_leaks
from ehlib.publish.release.figures.drawings import drawing_leaks
from ehlib.publish.release.figures.hidden import Hidden
from ehlib.publish.release.figures.sentences import sentence_leaks
from ehlib.publish.release.figures.tables import (
    csv_rows,
    grid_table,
    json_table,
    json_texts,
    page_tables,
    scopes_of,
    table_leaks,
)
from ehlib.publish.release.layers import DATA, Layer, Leak, data_of
from ehlib.publish.release.markup import Node, blocks, clean, read_markup
from ehlib.publish.release.private import Known, find_private

WORDED = {"alt", "title", "aria-label", "aria-description", "content", "summary", "label", "value"}
PICTURED = {"img": "src", "source": "srcset", "image": "href"}
Scopes = tuple[str, ...]


@dataclass
class Look:
    """What the checks of one set share; `pictures` says of a drawing what its figure says."""

    hidden: Hidden
    known: Known
    pictures: dict[str, Scopes] = field(default_factory=dict)
    read: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

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
        }
        yield from checks[layer.kind](layer)

    def words(
        self, layer: Layer, text: str, scopes: Scopes = (), within: str = ""
    ) -> Iterator[Leak]:
        """Leaks of a piece of text, wherever it stands."""
        yield from self._private(layer, text, within)
        if self.hidden:
            yield from sentence_leaks(layer, text, scopes, self.hidden, within=within)

    def _private(self, layer: Layer, text: str, within: str) -> Iterator[Leak]:
        """What must not go out of a text; the many that repeat are looked at once."""
        if text not in self.read:
            self.read[text] = tuple(find_private(text, self.known))
        for rule, snippet in self.read[text]:
            yield layer.leak(rule, snippet, within)

    def _page(self, page: Layer) -> Iterator[Leak]:
        root = read_markup(page.content)
        yield from page_leaks(page, root)
        for node in root.find("figure"):
            self._remember(node, scopes_of(node, root))
        yield from self._markup(page, root)
        for table in page_tables(root) if self.hidden else ():
            yield from table_leaks(page, table, self.hidden)
        yield from self._headings(page, [node.words().strip() for node in root.find("th")])

    def _svg(self, svg: Layer) -> Iterator[Leak]:
        root = read_markup(svg.content)
        yield from picture_leaks(svg, root)
        yield from self._markup(svg, root)
        if self.hidden:
            scopes = self.pictures.get(svg.content, ())
            yield from drawing_leaks(svg, root, scopes, self.hidden)

    def _xml(self, layer: Layer) -> Iterator[Leak]:
        yield from self._markup(layer, read_markup(layer.content))

    def _markup(self, layer: Layer, root: Node) -> Iterator[Leak]:
        """Texts and attributes, each with the headings that it stands under."""
        page, heads = _context(root), ("",)
        for node, text in blocks(root):
            if node.tag in {"h2", "h3"}:
                heads = (text,)
            tabled = node.tag in {"td", "th"}  # read with its headings, by `table_leaks`
            yield from self.words(layer, text, () if tabled else (*heads, *page), node.way)
        for node in root.nodes():
            if node.tag == "#":
                yield from self.words(layer, clean("".join(node.parts)), page, "comment")
            for name, value in node.given:
                if name in WORDED:
                    yield from self.words(layer, clean(value), page, f"{node.way} {name}")
                elif not value.startswith("data:") and not DRAWN.fullmatch(value):
                    yield from self._private(layer, clean(value), f"{node.way} {name}")

    def _json(self, layer: Layer) -> Iterator[Leak]:
        for text in json_texts(layer.content):
            yield from self.words(layer, clean(text))
        if self.hidden:
            yield from table_leaks(layer, json_table(layer.content), self.hidden)

    def _csv(self, layer: Layer) -> Iterator[Leak]:
        yield from self._rows(Layer(layer.file, layer.name, "table", csv_rows(layer.content)))

    def _rows(self, layer: Layer) -> Iterator[Leak]:
        for row in layer.content:
            for text in filter(None, row):
                yield from self.words(layer, clean(text))
                if is_formula(text):
                    yield layer.leak("formula", text, "cell")
        header = next((row for row in layer.content if sum(map(bool, row)) > 1), [])
        yield from self._headings(layer, header)
        if self.hidden:
            yield from table_leaks(layer, grid_table(layer.content, layer.name), self.hidden)

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
