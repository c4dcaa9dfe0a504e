"""Values of listed attributes that could carry what the page does not show."""

import re
from collections.abc import Iterator
from functools import lru_cache

from ehlib.publish.release.browser import TEMPLATE
from ehlib.publish.release.files.layers import Layer, Leak
from ehlib.publish.release.markup import Node, clean

FIXED = {
    "lang": re.compile(r"en(?:-GB)?", re.IGNORECASE),
    "role": re.compile(r"[a-z]+"),
    "tabindex": re.compile(r"0|-1"),
    "scope": re.compile(r"col|row|colgroup|rowgroup"),
    "type": re.compile(r"search|image/svg\+xml|image/png|1|a|i"),
    "media": re.compile(r"\((?:max|min)-width: \d\d(?:\.\d+)?em\)"),
    "autocomplete": re.compile(r"off"),
    "spellcheck": re.compile(r"false"),
    "hidden": re.compile(r"|hidden"),
    "preserveaspectratio": re.compile(r"\w+"),
}
CLASSES = re.compile(r"\.([A-Za-z][\w-]*)")
WRITTEN = re.compile(r'class="([^"{]*)')
NAMED = {"headers", "for", "aria-labelledby", "aria-describedby"}  # point at ids of the page
NUMBERED = re.compile(r"(?:table|figure|note|section|cell)-\d+")
HEADED = {"h2", "h3", "h4", "section", "dt"}  # whose ids are made of words that may come twice
GLYPH = re.compile(r"(?i)[\w-]*(?:sans|serif|mono|dejavu|arial|helvet|times)\w*-[0-9a-f]{2,5}")


def attribute_leaks(layer: Layer, root: Node) -> Iterator[Leak]:
    """Classes, ids and other values of a page that are none of ours.

    Parameters
    ----------
    layer : Layer
        The page.
    root : Node
        Its markup, read.
    """
    ids = {value for node in root.nodes() for name, value in node.given if name == "id"}
    for node in root.nodes():
        for name, value in node.given:
            said = _foreign(node, name, value, ids)
            if said:
                yield layer.leak("foreign_attribute", f"{name}={said}", f"{node.way} {name}")


def glyph_leaks(layer: Layer, root: Node) -> Iterator[Leak]:
    """Letters of a drawing that are drawn as outlines, which nobody can look through."""
    for node in root.nodes():
        found = GLYPH.fullmatch(node.attributes.get("id", ""))
        if found:
            yield layer.leak("cannot_open", f"text drawn as outlines: {found[0]}", node.way)


@lru_cache
def our_classes() -> frozenset[str]:
    """Classes that our style sheet and templates have."""
    sheets = "".join(path.read_text(encoding="utf-8") for path in TEMPLATE.glob("*.css"))
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATE.glob("*.j2"))
    words = " ".join(WRITTEN.findall(pages)).split()
    return frozenset(CLASSES.findall(sheets)) | frozenset(words)


def _foreign(node: Node, name: str, value: str, ids: set[str]) -> str:
    """Part of a value that is not as ours are; empty when all is."""
    if name in FIXED:
        return "" if FIXED[name].fullmatch(value) else value or "empty"
    if name == "class":
        strange = [each for each in value.split() if each not in our_classes()]
        return " ".join(each for each in strange if re.search(r"\d", each))
    if name in NAMED:
        return " ".join(each for each in value.split() if each not in ids)
    if name == "href" and re.match(r"#.*\d", value):
        return "" if value[1:] in ids else value
    if name == "id" and not NUMBERED.fullmatch(value):
        return "" if set(re.findall(r"\d+", value)) <= _said(node) else value
    return ""


def _said(node: Node) -> set[str]:
    """Numbers in the words of an element, and those that tell apart ids of the same words."""
    said = set(re.findall(r"\d+", clean(node.words())))
    return said | {str(place) for place in range(2, 10)} if node.tag in HEADED else said
