"""Drawings that show a figure which a release hides: as a number, a mark, a bar or a colour."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ehlib.publish.release.figures.grids import JUDGED, MARKER
from ehlib.publish.release.figures.hidden import Address, Hidden
from ehlib.publish.release.figures.sentences import unsaid
from ehlib.publish.release.files.layers import Layer, Leak
from ehlib.publish.release.markup import Node, clean

LEVEL, MARK, THICKEST = 5.0, 3.0, 30  # points: between lines of text, from a line to its mark
PLACE = re.compile(r"-?\d+(?:\.\d+)?")
FILL = re.compile(r"fill:\s*(#[0-9a-f]{6}|url\(#[^)]*\)|none)", re.IGNORECASE)
LIGHT = {"#ffffff", "none"}
OUTLINE = 8  # points that the outline of an area has at least


@dataclass(frozen=True)
class _Written:
    """Words of a drawing that stand together, and the middle of where they stand."""

    text: str
    x: float
    y: float
    ends_here: bool  # they end at x, as the names beside an axis do


def drawing_leaks(
    svg: Layer, root: Node, scopes: tuple[str, ...], hidden: Hidden
) -> Iterator[Leak]:
    """Numbers, marks and colours that a drawing has for an area whose figure is hidden.

    Parameters
    ----------
    svg : Layer
        The drawing.
    root : Node
        Its markup.
    scopes : tuple of str
        Caption, alternative text and headings of its figure.
    hidden : Hidden
        What the release hides.
    """
    texts = list(_written(root))
    for each in texts:
        address, rest = _named(each, scopes, hidden)
        figures = hidden.at(address) if address else []
        if not figures or not all(figure.hidden for figure in figures):
            continue
        beside = [other.text for other in texts if other is not each and _level(each, other)]
        for text in [rest, *(beside if each.ends_here else ())]:
            left = hidden.periods.without(MARKER.sub("", text))
            found = re.search(r"\d[\d,.]*%?", left) or JUDGED.search(left)
            if found:
                yield svg.leak("in_place_of_hidden", f"{found[0]} at {each.text}", "text")
        for mark in _marks(root, each):
            yield svg.leak("in_place_of_hidden", f"{mark} at {each.text}", "mark")


def _written(root: Node) -> Iterator[_Written]:
    """Texts of a drawing; lines of one group are one text."""
    seen = set()
    for node in root.find("text"):
        if id(node.above) in seen:
            continue
        seen.add(id(node.above))
        lines = [each for each in node.above.parts if isinstance(each, Node) and each.tag == "text"]
        spots = [_spot(each) for each in lines]
        words = " ".join(" ".join(each.words().split()) for each in lines)
        ends = "text-anchor: end" in node.attributes.get("style", "")
        x, y = (sum(part) / len(spots) for part in zip(*spots, strict=True))
        yield _Written(words, x, y, ends)


def _spot(node: Node) -> tuple[float, float]:
    given = node.attributes
    if "x" in given and "y" in given:
        return float(PLACE.search(given["x"])[0]), float(PLACE.search(given["y"])[0])
    moved = PLACE.findall(given.get("transform", ""))
    return (float(moved[0]), float(moved[1])) if len(moved) > 1 else (0.0, 0.0)


def _named(written: _Written, scopes: tuple[str, ...], hidden: Hidden) -> tuple[Address, str]:
    """What a text that begins with an area, or names a row by its period, is of; its rest."""
    address = {name: unsaid(name, scopes, hidden) for name in ("areas", "periods", "indicators")}
    said = hidden.indicators.without(scopes[0]) if scopes else ""
    address["labels"] = hidden.labels.keys(said)
    for name in ("areas", "periods") if written.ends_here else ("areas",):
        found = getattr(hidden, name).found(written.text)
        if found and found[0][0] == 0:
            return address | {name: frozenset([found[0][2]])}, clean(written.text[found[0][1] :])
    return {}, ""


def _level(one: _Written, other: _Written) -> bool:
    return abs(one.y - other.y) <= LEVEL and other.x > one.x


def _marks(root: Node, name: _Written) -> Iterator[str]:
    """What is drawn on the line of a name beside an axis, or filled where a name stands."""
    middle = name.y - 3.6  # a text stands on its line, its mark in the middle of it
    filled, light = [], False
    for node in root.find("use", "path", "rect", "circle"):
        box = _box(node)
        if box is None or node.inside("defs", "clippath"):
            continue
        x0, y0, x1, y1 = box
        if name.ends_here:
            level = abs((y0 + y1) / 2 - middle) <= MARK and y1 - y0 < THICKEST and x0 > name.x
            axis = "mark" if node.tag == "use" else "bar or line"
            if level and (x1 > x0 or node.tag == "use" or node.tag == "circle"):
                yield f"{axis} at {x0:g}"
        elif node.tag == "path" and _holds(node, name.x, middle):
            fill = FILL.search(node.attributes.get("style", ""))
            colour = fill[1].lower() if fill else "none"
            if colour in LIGHT or colour.startswith("url"):
                light |= len(_points(node)) > OUTLINE
            elif len(_points(node)) > OUTLINE:
                filled.append(colour)
    if filled and not light:
        yield f"colour {filled[-1]}"


def _points(node: Node) -> list[tuple[float, float]]:
    places = [float(each) for each in PLACE.findall(node.attributes.get("d", ""))]
    return list(zip(places[::2], places[1::2], strict=False))


def _box(node: Node) -> tuple[float, float, float, float] | None:
    given = node.attributes
    if node.tag in {"use", "rect", "circle"}:
        x, y = (given.get(f"c{axis}", given.get(axis, "0")) for axis in "xy")
        wide, high = (float(given.get(key, 0) or 0) for key in ("width", "height"))
        return float(x), float(y), float(x) + wide, float(y) + high
    points = _points(node)
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _holds(node: Node, x: float, y: float) -> bool:
    """Whether a point lies inside an outline, by the lines that a ray from it crosses."""
    points = _points(node)
    inside = False
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], *points[:1]], strict=True):
        if (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0:
            inside = not inside
    return inside
