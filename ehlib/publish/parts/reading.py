"""An executed notebook taken apart: title, findings, cards, body and foot of its page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markupsafe import Markup
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode

from ehlib.publish.fragment import (
    NEW_SHEET,
    Fragment,
    Outline,
    PageError,
    without_empty_sections,
)
from ehlib.publish.parts.tables import download_link, stacked
from ehlib.publish.prose import Prose

INJECTED = "injected-parameters"  # papermill's own cell, which the analyst never sees
SHEET_TAG = "new-sheet"  # of a cell before which a printed page begins a new sheet
GRID_TAG = "multiples"  # of a cell whose figures stand side by side
FOOT = re.compile(r"\s{0,3}#{1,6}\s+(?:sources|method)", re.IGNORECASE)


@dataclass
class Parts:
    """Pieces of a page, as checked HTML; `judged` is what it says of its indicators."""

    name: str
    title: str = ""
    context: str = ""
    status: str = "shown"
    synthetic: bool = False
    findings: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    judged: list[dict] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    question: str = ""
    downloads: bool = False

    @property
    def on_sheets(self) -> bool:
        """Whether the page is printed with a summary on a sheet of its own."""
        return any(NEW_SHEET in piece for piece in self.body)


class Reader:
    """What the pieces of one page share: heading levels, ids and the markdown renderer."""

    def __init__(self) -> None:
        self.outline, self.names = Outline(), set()
        self.markdown = MarkdownWithMath(renderer=Prose())

    def rebuild(self, html: str, holding: str = "") -> str:
        """Checked HTML, which must hold a given element."""
        piece = Fragment(self.outline, self.names)
        rebuilt = piece.rebuild(html)
        if holding and not piece.holds(holding):
            raise PageError(f"shows a {holding} without a <{holding}>")
        return stacked(rebuilt) if "<table" in rebuilt else rebuilt

    def prose(self, source: str) -> str:
        """Checked HTML of some markdown."""
        return self.rebuild(self.markdown.render(source))


def numbered_cells(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Cells with their number as the analyst counts them, from 1, without papermill's own."""
    number = 0
    for cell in notebook.cells:
        number += INJECTED not in cell.metadata.get("tags", [])
        yield number, cell


def read_parts(notebook: NotebookNode, name: str) -> Parts:
    """Parts of the page `name` from an executed notebook.

    Raises
    ------
    PageError
        If an output is not fit for a page; names the cell, counted from 1.
    """
    parts, reader, in_foot = Parts(name), Reader(), False
    for number, cell in numbered_cells(notebook):
        tags = cell.metadata.get("tags", [])
        parts.body += [NEW_SHEET] * (SHEET_TAG in tags)
        parts.body += ['<div class="multiples">'] * (GRID_TAG in tags)
        try:
            if cell.cell_type == "markdown":
                in_foot = bool(FOOT.match(cell.source)) or (
                    in_foot and not cell.source.lstrip().startswith("#")
                )
                (parts.foot if in_foot else parts.body).append(reader.prose(cell.source))
            for output in cell.get("outputs", []):
                _place(output, parts, reader, in_foot)
        except PageError as error:
            raise PageError(str(error), cell=number) from error
        parts.body += ["</div>"] * (GRID_TAG in tags)
    question = reader.rebuild(reader.markdown.renderer.question)
    plain = Markup(question).striptags()
    parts.title = parts.title or plain
    parts.question = "" if plain == parts.title else question
    parts.body = [without_empty_sections("\n".join(parts.body))]
    return parts


def _place(output: NotebookNode, parts: Parts, reader: Reader, in_foot: bool) -> None:
    """Put one output where its role belongs."""
    shown = _shown(output)
    ours = output.metadata.get("ehlib")
    home = parts.foot if in_foot else parts.body
    if ours is None:
        home.append(reader.prose(shown))
        return
    parts.synthetic |= ours.get("synthetic") is True
    role = ours.get("role")
    if role == "title":
        _name(ours, parts)
    elif role == "findings":
        parts.findings += ours["findings"]
    elif role == "cards":
        parts.judged += ours.get("judged", [])
        # Under the findings when they come first; further down where the notebook has them.
        (home if reader.outline.levels else parts.cards).append(reader.rebuild(shown))
    elif role in {"figure", "table"}:
        home.append(reader.rebuild(shown, holding=role) + _download(ours, parts))
    elif role == "note":
        home.append(reader.rebuild(shown))
    elif role == "sources":
        parts.foot.append(reader.rebuild(shown))
    else:
        raise PageError(f"output has the role {role!r}, which pages do not know")


def _name(ours: dict, parts: Parts) -> None:
    if parts.title:
        raise PageError(f"names the page again; it is {parts.title!r} already")
    parts.title, parts.context = ours["title"], ours.get("context", "")
    parts.status = ours.get("status", "shown")


def _download(ours: dict, parts: Parts) -> str:
    """Link to the file of a table, where it has one."""
    table = ours.get("table")
    if not table:
        return ""
    parts.downloads = True
    return download_link(parts.name, table["id"], table["caption"])


def _shown(output: NotebookNode) -> str:
    """HTML or markdown of an output that may be on a page."""
    if output.output_type == "error":
        raise PageError(f"{output.ename}: {output.evalue}")
    if output.output_type == "stream":
        raise PageError(f"prints to {output.name}; expected output of the show functions alone")
    wanted = "text/html" if "ehlib" in output.metadata else "text/markdown"
    if wanted not in output.data:
        kinds = ", ".join(sorted(output.data))
        raise PageError(
            f"shows a bare value ({kinds}); expected output of the show functions alone: "
            "assign the value or end the line with a semicolon"
        )
    return "".join(output.data[wanted])
