"""The first use of a term on a page, linked to where the glossary explains it."""

import functools
import re
from pathlib import Path

from ehlib.publish.parts.contents import anchor
from ehlib.show.figures.methods import read_document

PAGE = "91-glossary"
TERM = re.compile(r"^### (.+)$", re.MULTILINE)
ALSO = re.compile(r"\A\s*Also: (.+)$", re.MULTILINE)
TOKEN = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>")
VOID = {"br", "col", "hr", "img", "input", "meta", "source"}
NEVER = {  # nothing in these is linked
    *("a", "abbr", "button", "caption", "code", "dt", "figcaption", "label", "nav", "pre"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "script", "style", "summary", "table", "title"),
}
PROSE = {"p", "li", "dd"}  # in whose text a term is linked
UNLINKED = re.compile(
    r'class="(?:[^"]*\s)?(?:question|synthetic|trust|quarter|card|download|sources)\b'
)

Terms = tuple[tuple[str, str], ...]


def read_terms(docs_dir: Path) -> Terms:
    """Each wording of each term of `glossary.md` with the id of its explanation.

    Parameters
    ----------
    docs_dir : Path
        Folder that holds glossary.md, with a `###` heading a term and, where there are other
        wordings, a line `Also: ...` under it.
    """
    _, *parts = TERM.split(read_document(docs_dir, "glossary.md"))
    terms = []
    for term, said in zip(parts[::2], parts[1::2], strict=True):
        also = ALSO.search(said)
        others = also[1].rstrip(".").split(", ") if also else []
        terms += [(words.strip(), anchor(term)) for words in [term, *others]]
    return tuple(terms)


def link_terms(html: str, terms: Terms) -> str:
    """Page whose first use of each term in prose is a link; never in headings, tables or links.

    Parameters
    ----------
    html : str
        A whole page of ours, between `<main` and the end of its footer.
    terms : tuple of (words, id)
        From `read_terms`; capitals count where a wording has more than its first.
    """
    if not terms:
        return html
    start = html.index("<main")
    pattern, homes = _pattern(terms)
    linked: set[str] = set()

    def link(found: re.Match[str]) -> str:
        home = homes.get(found[0]) or homes.get(found[0].lower(), "")
        if not home or home in linked:
            return found[0]
        linked.add(home)
        return f'<a class="term" href="{PAGE}.html#{home}">{found[0]}</a>'

    pieces, opened, last = [html[:start]], [], start
    for token in TOKEN.finditer(html, start):
        text = html[last : token.start()]
        pieces += [pattern.sub(link, text) if _is_prose(opened) else text, token[0]]
        last = token.end()
        _step(opened, token)
    return "".join([*pieces, html[last:]])


def _step(opened: list[str], token: re.Match[str]) -> None:
    """Keep the elements that are open: those in which nothing is linked under one name."""
    if token[1]:
        del opened[-1:]
    elif token[2] not in VOID:
        opened.append("nav" if UNLINKED.search(token[3]) else token[2])


def _is_prose(opened: list[str]) -> bool:
    return not PROSE.isdisjoint(opened) and NEVER.isdisjoint(opened)


@functools.cache
def _pattern(terms: Terms) -> tuple[re.Pattern[str], dict[str, str]]:
    """Pattern of every wording, longest first, and the id that each leads to."""
    homes, choices = {}, []
    for words, home in sorted(terms, key=lambda term: -len(term[0])):
        exact = any(letter.isupper() for letter in words[1:])
        homes[words if exact else words.lower()] = home
        choices.append(re.escape(words) if exact else f"(?i:{re.escape(words)})")
    return re.compile(rf"(?<![\w-])(?:{'|'.join(choices)})(?![\w-])"), homes
