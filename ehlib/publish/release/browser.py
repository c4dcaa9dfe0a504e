"""What a browser would load, run or hide on a page, and what a reader of it would miss."""

import base64
import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from ehlib.publish.fragment import ANYWHERE, ATTRIBUTES, PLACEHOLDER, TAGS, is_safe_link
from ehlib.publish.release.files.layers import Layer, Leak
from ehlib.publish.release.markup import Node, clean

TEMPLATE = Path(__file__).parents[1] / "template"
FRAME = {  # what our template has beside the elements of a page's body
    "html": {"lang"},
    "head": set(),
    "body": set(),
    "title": set(),
    "meta": {"http-equiv", "content", "charset", "name"},
    "style": set(),
    "header": set(),
    "main": {"tabindex"},
    "footer": set(),
    "section": set(),
    "script": set(),
    "nav": set(),
    "aside": set(),
    "form": {"hidden"},
    "label": {"for"},
    "input": {"type", "autocomplete", "spellcheck"},
}
NAMED = {"viewport", "referrer", "color-scheme", "description", "robots"}  # meta of ours
SVG_TAGS = {
    *re.findall(
        r"\S+",
        """svg g path use defs style text tspan clippath rect circle ellipse line polyline polygon
        pattern image lineargradient radialgradient stop""",
    )
}
SVG_ATTRIBUTES = {
    *re.findall(
        r"\S+",
        """id class d x y x1 x2 y1 y2 cx cy r rx ry dx dy width height viewbox version transform
        style fill stroke points clip-path clip-rule fill-rule fill-opacity stroke-width
        stroke-dasharray stroke-linecap stroke-linejoin opacity offset stop-color type href
        xlink:href xmlns xmlns:xlink patternunits patterncontentunits clippathunits gradientunits
        text-anchor font-size font-family font-weight font-style preserveaspectratio role
        aria-hidden lang""",
    )
}
LOADING = {"src", "srcset", "href", "xlink:href", "poster", "data", "action", "formaction", "ping"}
LOADING |= {"background", "manifest", "srcdoc", "longdesc", "cite", "codebase", "classid", "usemap"}
LOADS = re.compile(
    r"(?i)url\(\s*[\"']?\s*(?!data:|#)[^)]*|@import[^;]*|expression\s*\(|-moz-binding|image-set\("
)
WRITES = re.compile(r"(?i)\bcontent\s*:\s*[^;}]*\d[^;}]*|--[\w-]+\s*:\s*[\"'][^\"']*\d|/\*.*?\*/")
WITHIN = re.compile(  # links within a set, to its downloads, and to the index of another quarter
    r"#[\w.-]*|[a-z0-9][a-z0-9-]*\.html(?:#[\w.-]*)?|\.\./\d{4}-\d\d-Q[1-4]/index\.html|"
    r"downloads/[a-z0-9-]+(?:/[\w-]+\.csv|\.(?:xlsx|ods))"
)
OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//")
POLICY = {  # what each rule of the policy may say: all that is not listed here is refused
    "default-src": r"'none'",
    "style-src": r"(?:'none'|'sha256-[\w+/=]{44}')(?: 'sha256-[\w+/=]{44}')*",
    "script-src": r"(?:'none'|'sha256-[\w+/=]{44}')(?: 'sha256-[\w+/=]{44}')*",
    "img-src": r"'none'|data:",
    "base-uri": r"'none'",
    "form-action": r"'none'",
}
STRICT = {"default-src", "base-uri", "form-action"}
GEOMETRY = {"d", "points", "transform", "x", "y", "width", "height", "viewbox"}
DRAWN = re.compile(
    r"(?:(?:translate|scale|rotate|matrix|skew[XY])\([\d\s.,eE+-]*\)|[\d\s.,+-]|e[+-]?\d|"
    r"[MmLlHhVvCcSsQqTtAaZz](?![A-Za-z]{2})|pt|px|%)*"
)


def page_leaks(page: Layer, root: Node) -> Iterator[Leak]:
    """Leaks of a page: policy, loads, handlers, foreign parts, and what a reader would miss.

    Parameters
    ----------
    page : Layer
        Of kind `page`.
    root : Node
        Its markup, read.
    """
    yield from _policy(page, root)
    listed = {tag: ANYWHERE | ATTRIBUTES.get(tag, set()) | FRAME.get(tag, set()) for tag in TAGS}
    listed |= {tag: ANYWHERE | each for tag, each in FRAME.items() if tag not in listed}
    yield from _parts(page, root, listed)
    yield from _missing(page, root)


def picture_leaks(svg: Layer, root: Node) -> Iterator[Leak]:
    """Leaks of an SVG: what it would load or run, and what it holds beside what it draws."""
    yield from _parts(svg, root, dict.fromkeys(SVG_TAGS, SVG_ATTRIBUTES))
    for node in root.nodes():
        for name in GEOMETRY & node.attributes.keys():
            if not DRAWN.fullmatch(node.attributes[name]):
                yield svg.leak("foreign_attribute", node.attributes[name], f"{node.way} {name}")


def style_leaks(layer: Layer, css: str) -> Iterator[Leak]:
    """Leaks of a style sheet: what it would load, and words or numbers that it writes."""
    for found in LOADS.finditer(_unescaped(css)):
        yield layer.leak("would_load", found[0], "style")
    for found in WRITES.finditer(css):
        yield layer.leak("foreign_style", found[0], "style")


@lru_cache
def our_hashes() -> frozenset[str]:
    """Hashes of the template's own style sheets and scripts."""
    files = [*TEMPLATE.glob("*.css"), *TEMPLATE.glob("*.js")]
    return frozenset(_hash(path.read_text(encoding="utf-8")) for path in files)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _policy(page: Layer, root: Node) -> Iterator[Leak]:
    """Whether the policy is first in the head and lets nothing through but what is ours."""
    head = next(root.find("head"), None)
    first = next((part for part in head.parts if isinstance(part, Node)), None) if head else None
    given = first.attributes if first and first.tag == "meta" else {}
    if given.get("http-equiv", "").lower() != "content-security-policy":
        yield page.leak("no_policy", first.way if first else "no head", "head")
        return
    said = dict(
        each.strip().partition(" ")[::2] for each in given["content"].split(";") if each.strip()
    )
    for name in sorted(STRICT - said.keys()):
        yield page.leak("weak_policy", f"{name} is missing", "head")
    for name, allowed in said.items():
        if name not in POLICY or not re.fullmatch(POLICY[name], allowed.strip()):
            yield page.leak("weak_policy", f"{name} {allowed}", "head")
        for digest in re.findall(r"sha256-[\w+/=]+", allowed):
            if digest not in our_hashes():
                yield page.leak("weak_policy", f"{name} {digest}", "head")


def _parts(layer: Layer, root: Node, listed: dict[str, set[str]]) -> Iterator[Leak]:
    for node in root.nodes():
        if node.tag == "#":
            yield layer.leak("comment", "".join(map(str, node.parts)) or "empty", "comment")
        elif node.tag and node.tag not in listed:
            yield layer.leak("foreign_element", f"{node.way} {node.words()}", node.way)
        elif node.tag in {"style", "script"}:
            yield from _own(layer, node)
        for name, value in node.given:
            yield from _attribute(layer, node, (name, clean(value)), listed)


def _own(layer: Layer, node: Node) -> Iterator[Leak]:
    """A style or script that is not the template's; of an SVG, one that does more than style."""
    text = "".join(part for part in node.parts if isinstance(part, str))
    yield from style_leaks(layer, text) if layer.kind == "svg" else ()
    if (layer.kind != "svg" or node.tag == "script") and _hash(text) not in our_hashes():
        yield layer.leak(f"foreign_{node.tag}", text or "empty", node.way)


def _attribute(
    layer: Layer, node: Node, given: tuple[str, str], listed: dict[str, set[str]]
) -> Iterator[Leak]:
    name, value = given
    within = f"{node.way} {name}"
    bare = re.sub(r"[\x00-\x20\x7f-\xa0]", "", value).lower()
    if name.startswith("on") and len(name) > 4:
        yield layer.leak("handler", f"{name}={value}", within)
    elif name not in listed.get(node.tag, {name}):
        yield layer.leak("foreign_attribute", f"{name}={value}", within)
    elif [each for each, _ in node.given].count(name) > 1:
        yield layer.leak("foreign_attribute", f"{name} is given twice", within)
    if name in LOADING and not _stays(node, name, bare):
        yield layer.leak("would_load", value, within)
    if node.tag == "a" and name == "href" and not (OUTSIDE.match(bare) or WITHIN.fullmatch(value)):
        yield layer.leak("strange_link", value, within)
    if name == "hidden" and re.search(r"\d", node.words()):
        yield layer.leak("foreign_attribute", f"hidden: {node.words()}", within)
    if name == "style" or "url(" in bare:
        yield from style_leaks(layer, value)
    if node.tag == "meta":
        yield from _meta(layer, node, name, value)


def _stays(node: Node, name: str, address: str) -> bool:
    """Whether an address loads nothing: part of the document, or a link that waits for a click."""
    if node.tag == "a" and name == "href":
        return is_safe_link(address)
    if name in {"src", "srcset"}:
        return address.startswith(("data:image/png;", "data:image/svg+xml"))
    svg_picture = node.tag == "image" and address.startswith("data:image/png;base64,")
    return address.startswith("#") or svg_picture


def _meta(layer: Layer, node: Node, name: str, value: str) -> Iterator[Leak]:
    if name == "http-equiv" and value.lower() != "content-security-policy":
        yield layer.leak("would_load", f"{value} {node.attributes.get('content', '')}", node.way)
    if name == "name" and value.lower() not in NAMED:
        content = node.attributes.get("content", "")
        yield layer.leak("foreign_attribute", f"{value}={content}", node.way)


def _missing(page: Layer, root: Node) -> Iterator[Leak]:
    """Language, title, alternative texts, captions and header scopes that are not there."""
    html = next(root.find("html"), None)
    if not html or not html.attributes.get("lang", "").strip():
        yield page.leak("no_language", "<html> without lang", "html")
    title = next(root.find("title"), None)
    if not title or not title.words().strip():
        yield page.leak("no_title", "<title> is missing or empty", "head")
    for node in root.find("img"):
        alt = node.attributes.get("alt", "").strip()
        if not alt or alt.lower().startswith(PLACEHOLDER):
            yield page.leak("no_alt", alt or "no alternative text", node.way)
    for tag, wanted in (("table", "caption"), ("figure", "figcaption")):
        for node in root.find(tag):
            caption = next(node.find(wanted), None)
            if not caption or not caption.words().strip():
                yield page.leak("no_caption", node.words().strip() or f"<{tag}>", node.way)
    for node in root.find("th"):
        if not node.attributes.get("scope"):
            yield page.leak("no_scope", node.words().strip() or "<th>", node.way)


def _unescaped(css: str) -> str:
    """Style sheet without the escapes that hide its words."""
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(
        r"\\([0-9a-fA-F]{1,6})\s?",
        lambda found: chr(int(found[1], 16)) if 0 < int(found[1], 16) < 0x110000 else "",
        plain,
    )
