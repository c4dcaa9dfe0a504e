"""Markup as a tree, and its words as a reader has them: tags joined, entities and tricks undone."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser
from xml.parsers import expat

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
INLINE = {
    *("a", "abbr", "b", "bdi", "bdo", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "q"),
    *("s", "small", "span", "strong", "sub", "sup", "time", "tspan", "u", "wbr"),
}
UNSEEN = {"style", "script"}
KEPT = 300  # letters of a text that is kept once it is clean, since short ones repeat
BLANKS = re.compile(r"[^\S\n]{2,}|[^\S\n ]")  # that are to be one space
HEADING = re.compile(r"h[1-6]")
NOT_SEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
SPELT_UNSEEN = re.compile(
    "[\U000e0000-\U000e0fff]+"
)  # letters that nobody sees, one for each ASCII one
BACKWARDS = re.compile("\u202e([^\u202c\n]*)\u202c?")  # shown from its end
MIXED = re.compile(  # a word of Latin letters and of others that look like them
    "(?=[^\\W\\d_]*[A-Za-z])(?=[^\\W\\d_]*[\u0400-\u052f\u0531-\u0587\u13a0-\u13ff])[^\\W\\d_]+"
)
BARE = re.compile(r"[\d.,%\s]{1,12}|[A-Za-z]{3,9}(?:[- ][A-Za-z]{3,9}){0,3}")  # as a number is
LOOKALIKE = re.compile("[\u0400-\u052f\u0531-\u0587\u13a0-\u13ff]")
KEYCAP = "\u20e3"  # a key drawn round a figure


@dataclass(eq=False)
class Node:
    """An element, with its attributes as written; comments and declarations have the tag `#`."""

    tag: str
    given: list[tuple[str, str]] = field(default_factory=list)
    above: "Node | None" = None
    parts: list["Node | str"] = field(default_factory=list)
    walked: list["Node"] = field(default_factory=list, repr=False)  # of a root, once it is read

    @property
    def attributes(self) -> dict[str, str]:
        """Attributes by name; of a repeated one the first, which browsers take."""
        return dict(reversed(self.given))

    @property
    def way(self) -> str:
        """Where it stands, in short: tag and the nearest element that has words for a place."""
        return f"<{self.tag}>" if self.tag != "#" else "comment"

    def nodes(self) -> Iterator["Node"]:
        """The element and all below it, in the order of the document."""
        if self.above is None:
            self.walked = self.walked or list(self._walk())
            return iter(self.walked)
        return self._walk()

    def _walk(self) -> Iterator["Node"]:
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += [part for part in reversed(node.parts) if isinstance(part, Node)]

    def find(self, *tags: str) -> Iterator["Node"]:
        """Elements of some tags, this one or below it."""
        return (node for node in self.nodes() if node.tag in tags)

    def words(self) -> str:
        """Text with inline tags joined and a new line where a block begins or ends."""
        return clean("".join(_texts(self)))

    def inside(self, *tags: str) -> "Node | None":
        """Nearest element of some tags that this one stands in."""
        node = self.above
        while node and node.tag not in tags:
            node = node.above
        return node


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = self._add(Node(tag, [(name, value or "") for name, value in attrs]))
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._add(Node(tag, [(name, value or "") for name, value in attrs]))

    def handle_endtag(self, tag: str) -> None:
        node = self.here
        while node and node.tag != tag:
            node = node.above
        if node and node.above:
            self.here = node.above

    def handle_data(self, data: str) -> None:
        self.here.parts.append(data)

    def handle_comment(self, data: str) -> None:
        self._add(Node("#", parts=[data]))

    handle_pi = unknown_decl = handle_comment

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html":
            self.handle_comment(decl)

    def begin(self, tag: str, attributes: list[str]) -> None:
        """An element of XML, with names and values in turn."""
        names = (name.lower() for name in attributes[::2])
        given = list(zip(names, attributes[1::2], strict=True))
        self.here = self._add(Node(tag.lower(), given))

    def end(self, _tag: str) -> None:
        """The end of an element of XML."""
        self.here = self.here.above

    def _add(self, node: Node) -> Node:
        node.above = self.here
        self.here.parts.append(node)
        return node


def read_markup(text: str) -> Node:
    """Root of the tree of some HTML, SVG or XML.

    Tags that do not match are taken as a browser would roughly take them; that they do not is
    for others to say.
    """
    builder = _Builder()
    try:
        builder.feed(text)
        builder.close()
    except AssertionError:  # html.parser gives up so on a declaration it cannot read
        builder.handle_comment(text)
    return builder.root


def read_xml_markup(text: str) -> Node:
    """Root of the tree of some XML; read as HTML where it is none, or declares what is not there.

    Names are in small letters, as HTML has them.
    """
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        return read_markup(text)
    builder, reader = _Builder(), expat.ParserCreate("utf-8")
    reader.ordered_attributes = reader.buffer_text = True
    reader.StartElementHandler = builder.begin
    reader.EndElementHandler = builder.end
    reader.CharacterDataHandler = builder.handle_data
    reader.CommentHandler = builder.handle_comment
    reader.ProcessingInstructionHandler = lambda *said: builder.handle_comment(" ".join(said))
    reader.XmlDeclHandler = lambda *said: builder.handle_comment(f"xml {said}")
    try:
        reader.Parse(text.encode("utf-8"), True)
    except (expat.ExpatError, UnicodeEncodeError):
        return read_markup(text)
    return builder.root


def clean(text: str) -> str:
    """Text as it is read: no invisible letters, one writing of each sign, no entity left."""
    return _cleaned(text) if len(text) <= KEPT else _cleaned.__wrapped__(text)


@lru_cache(maxsize=50_000)
def _cleaned(text: str) -> str:
    for _ in range(2):  # what is escaped twice shows as an entity, and tells all the same
        text = unescape(text) if "&" in text else text
    if text.isascii():
        return BLANKS.sub(" ", text)
    text = BACKWARDS.sub(lambda found: found[1][::-1], text)
    text = unicodedata.normalize("NFKC", NOT_SEEN.sub("", text).replace(KEYCAP, ""))
    return BLANKS.sub(" ", text)


def disguised(text: str) -> Iterator[tuple[str, str]]:
    """Rule and snippet of what is written so that it is not seen, or seen as something else."""
    if text.isascii():
        return
    for found in SPELT_UNSEEN.finditer(text):
        said = "".join(chr(ord(each) - 0xE0000) for each in found[0])
        yield "unseen_text", said.strip("\0\x01") or "letters that nobody sees"
    plain = unicodedata.normalize("NFKC", text)
    for found in MIXED.finditer(plain) if LOOKALIKE.search(plain) else ():
        yield "mixed_letters", found[0]


@lru_cache(maxsize=4)
def blocks(root: Node) -> tuple[tuple[Node, str], ...]:
    """Pieces of text that stand together, each with the element it stands in."""
    return tuple(_blocks(root))


def _blocks(root: Node) -> Iterator[tuple[Node, str]]:
    for node in root.nodes():
        if node.tag in INLINE or node.tag in UNSEEN:
            continue
        own = [part for part in node.parts if isinstance(part, str) or part.tag in INLINE]
        text = clean("".join(t for part in own for t in _texts(part))).strip()
        if text:
            yield node, text


def beside(root: Node) -> Iterator[tuple[Node, str]]:
    """Texts that are read as one though they stand in several blocks.

    Those of a card or of an item of a list, a term with what is said of it, and a number that
    stands alone with what stands before it.
    """
    before = ""
    for node, text in blocks(root):
        if before and BARE.fullmatch(text) and node.tag not in {"td", "th"}:
            yield node, f"{before} {text}"
        before = " ".join(text.split())
    for node in root.find("li"):
        if any(isinstance(part, Node) and part.tag not in INLINE for part in node.parts):
            yield node, " ".join(node.words().split())


def _texts(part: "Node | str") -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif part.tag not in UNSEEN and part.tag != "#":
        edge = "" if part.tag in INLINE else "\n"
        yield edge
        for each in part.parts:
            yield from _texts(each)
        yield edge
