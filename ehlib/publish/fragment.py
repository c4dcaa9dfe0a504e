"""HTML of a page's body, rebuilt from what was read so that nothing unlisted gets through."""

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

ANYWHERE = {"class", "id", "role", "lang", "aria-label", "aria-labelledby", "aria-describedby"}
ATTRIBUTES = {
    "a": {"href"},
    "abbr": {"title"},
    "col": {"span"},
    "div": {"tabindex"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "source": {"media", "srcset", "type", "width", "height"},
    "td": {"colspan", "rowspan", "headers", "data-number", "data-label"},
    "th": {"scope", "colspan", "rowspan", "abbr"},
    "time": {"datetime"},
}
PLAIN = re.findall(
    r"\w+",
    """b blockquote br caption cite code colgroup dd del details dl dt em figcaption figure hr
    i kbd li p picture pre section small span strong sub summary sup table tbody tfoot thead tr ul
    h1 h2 h3 h4 h5 h6""",
)
TAGS = {*ATTRIBUTES, *PLAIN}
VOID = {"br", "col", "hr", "img", "source"}
WORDED = {"caption", "figcaption", "th", "h1", "h2", "h3", "h4", "h5", "h6"}
NEEDED = {"figure": ("img",), "table": ("caption", "th")}
SCOPES = {"col", "row", "colgroup", "rowgroup"}
NUMBERS = re.compile(r"[a-z0-9_.-]+(?: [a-z0-9_.-]+)*")  # ids of the figures in a cell
LINKS = {"http", "https", "mailto"}
PICTURE = re.compile(r"data:image/(?:png|svg\+xml)(?:;[\w=-]+)*,[^\s\"'<>]+[^\s\"'<>,]")
HEADING = re.compile(r"<h([2-6])[^>]*>.*?</h\1>", re.DOTALL)
NEW_SHEET = '<div class="new-sheet"></div>'  # where a printed page begins a new sheet
PLACEHOLDER = "no description has been provided"  # nbconvert's own alt text says nothing


class PageError(Exception):
    """A notebook's outputs cannot stand on a page as they are; `cell` counts from 1, 0 is none."""

    def __init__(self, problem: str, *, cell: int = 0) -> None:
        super().__init__(f"cell {cell}: {problem}" if cell else problem)
        self.cell = cell


@dataclass
class Outline:
    """Levels of the headings so far: they begin at h2 and never skip one."""

    levels: list[int] = field(default_factory=list)

    def place(self, asked: int) -> int:
        """Level at which a heading that asked for another one stands."""
        while self.levels and self.levels[-1] >= asked:
            self.levels.pop()
        self.levels.append(asked)
        return min(1 + len(self.levels), 6)


@dataclass
class _Open:
    tag: str
    asked: str
    inside: set[str] = field(default_factory=set)
    words: str = ""


class Fragment(HTMLParser):
    """Reader that rebuilds a piece of HTML from listed tags and attributes alone.

    Whatever is not listed is refused, so the page holds exactly what was checked and a browser
    cannot read it in another way.

    Parameters
    ----------
    outline : Outline
        Shared by the pieces of a page, so that headings stay in order across them.
    names : set of str
        Ids used on the page so far; grows.
    """

    def __init__(self, outline: Outline, names: set[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.outline, self.names = outline, names
        self.parts: list[str] = []
        self.opened = [_Open("", "")]

    def rebuild(self, html: str) -> str:
        """The same piece from listed parts, headings at the level that fits the page.

        Raises
        ------
        PageError
            If a tag, attribute, link or picture is not allowed, a figure has no alt text, a table
            no caption or header scope, or tags do not match.
        """
        try:
            self.feed(html)
            self.close()
        except AssertionError as error:  # html.parser gives up so on a declaration it cannot read
            raise PageError("holds a declaration, which pages do not carry") from error
        if len(self.opened) > 1:
            raise PageError(f"<{self.opened[-1].asked}> is never closed")
        return "".join(self.parts).strip()

    def holds(self, tag: str) -> bool:
        """Whether the piece has such an element at any depth."""
        return tag in self.opened[0].inside

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write an opening tag if it and all its attributes are listed."""
        if tag not in TAGS:
            raise PageError(f"holds <{tag}>, which pages do not carry")
        given = {name: value or "" for name, value in attrs}
        self._check_attributes(tag, given)
        heading = re.fullmatch(r"h([1-6])", tag)
        out = f"h{self.outline.place(int(heading[1]))}" if heading else tag
        listed = "".join(f' {name}="{escape(value)}"' for name, value in given.items())
        self.parts.append(f"<{out}{listed}>")
        if tag in VOID:
            self.opened[-1].inside.add(tag)
        else:
            self.opened.append(_Open(out, tag))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write a void element; browsers take any other `<tag/>` as left open."""
        if tag in TAGS - VOID:
            raise PageError(f"<{tag}/> is never closed")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Write a closing tag and check what its element lacks."""
        closed = self.opened[-1]
        if closed.asked != tag:
            raise PageError(f"</{tag}> closes what was opened as <{closed.asked}>")
        if tag in WORDED and not closed.words.strip():
            raise PageError(f"<{tag}> is empty; expected words")
        for needed in NEEDED.get(tag, ()):
            if needed not in closed.inside:
                raise PageError(f"<{tag}> has no <{needed}>")
        self.opened.pop()
        self.opened[-1].inside |= {tag, *closed.inside}
        self.opened[-1].words += closed.words
        self.parts.append(f"</{closed.tag}>")

    def handle_data(self, data: str) -> None:
        """Write text, escaped."""
        self.opened[-1].words += data
        self.parts.append(escape(data, quote=False))

    def handle_comment(self, data: str) -> None:
        """Refuse comments: they publish what nobody sees."""
        raise PageError("holds a comment or a declaration, which pages do not carry")

    handle_decl = handle_pi = unknown_decl = handle_comment

    def _check_attributes(self, tag: str, given: dict[str, str]) -> None:
        unlisted = sorted(given.keys() - ANYWHERE - ATTRIBUTES.get(tag, set()))
        if unlisted:
            raise PageError(f"<{tag}> has {', '.join(unlisted)}, which pages do not carry")
        if given.get("id") in self.names:
            raise PageError(f"id {given['id']!r} is on the page already")
        if "id" in given:
            self.names.add(given["id"])
        if tag == "th" and given.get("scope") not in SCOPES:
            raise PageError("a table's <th> has no scope; expected col or row")
        if not NUMBERS.fullmatch(given.get("data-number", "none")):
            raise PageError(f"data-number is {given['data-number'][:60]!r}; expected ids")
        if tag == "a" and not is_safe_link(given.get("href", "")):
            raise PageError(f"link to {given['href'][:60]!r}; expected a web or mail address")
        if tag in {"img", "source"}:
            _check_picture(tag, given)


def _check_picture(tag: str, given: dict[str, str]) -> None:
    source = given.get("src" if tag == "img" else "srcset", "")
    if not PICTURE.fullmatch(source):
        raise PageError(f"<{tag}> loads {source[:60]!r}; expected a PNG or SVG data address")
    alt = given.get("alt", "").strip()
    if tag == "img" and (not alt or alt.lower().startswith(PLACEHOLDER)):
        raise PageError("a figure has no alt text; expected words that state its finding")


def is_safe_link(address: str) -> bool:
    """Whether an address is a web, mail or relative one that no browser would run."""
    bare = re.sub(r"[\x00-\x20\x7f-\xa0]", "", address)  # browsers skip these inside a scheme
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", bare, re.IGNORECASE)
    if scheme:
        return scheme[1].lower() in LINKS
    return not bare.startswith(("//", "\\"))


def without_empty_sections(body: str) -> str:
    """Body less the headings under which nothing stands, as over cells that only check data."""
    kept, end, level = "", len(body), 0
    for found in reversed(list(HEADING.finditer(body))):
        under = body[found.end() : end]
        if under.replace(NEW_SHEET, "").strip() or level > int(found[1]):
            kept, level = found[0] + under + kept, int(found[1])
        elif NEW_SHEET in under:
            kept = NEW_SHEET + kept
        end = found.start()
    return body[:end] + kept
