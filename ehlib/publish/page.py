"""A page from an executed notebook, and the index of a quarter's pages."""

import base64
import functools
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup
from nbconvert.exporters import TemplateExporter
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from nbformat import NotebookNode
from traitlets import default

from ehlib.load.periods import in_words, parse_quarter
from ehlib.publish.folder import write_synced
from ehlib.publish.fragment import Fragment, Outline, PageError, without_empty_sections
from ehlib.publish.prose import Prose

TEMPLATE = Path(__file__).parent / "template"
INJECTED = "injected-parameters"  # papermill's own cell, which the analyst never sees
FOOT = re.compile(r"\s{0,3}#{1,6}\s+(?:sources|method)", re.IGNORECASE)
NO_FIGURES = "No figures yet for this quarter"


@dataclass(frozen=True)
class PageFacts:
    """What a page says about the set it belongs to."""

    trust: str
    quarter: str
    generated: date
    version: str

    @property
    def quarter_words(self) -> str:
        """Quarter as a reader says it: 2013/14 Q3."""
        return self.quarter.replace("-Q", " Q")

    @property
    def months(self) -> str:
        """Months that the quarter covers, in words."""
        return in_words(parse_quarter(self.quarter))


@dataclass(frozen=True)
class PageSummary:
    """What the index says about a page; `size` in bytes."""

    title: str
    finding: str
    status: str
    synthetic: bool
    size: int


@dataclass
class _Parts:
    title: str = ""
    context: str = ""
    status: str = "shown"
    synthetic: bool = False
    findings: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    foot: list[str] = field(default_factory=list)
    question: str = ""


class PageExporter(TemplateExporter):
    """nbconvert exporter whose pages hold prose and checked outputs, and no code at all."""

    output_mimetype = "text/html"
    template_file = "page.html.j2"

    @default("template_paths")
    def _our_template_alone(self) -> list[str]:
        return [str(TEMPLATE)]

    @default("file_extension")
    def _html(self) -> str:
        return ".html"

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.autoescape = True
        environment.trim_blocks = environment.lstrip_blocks = True
        css = (TEMPLATE / "page.css").read_text(encoding="utf-8")
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        environment.globals.update(css=Markup(css), css_hash=f"sha256-{digest}")
        return environment


@functools.cache
def _exporter() -> PageExporter:
    """One exporter a process: making it costs more than a page does."""
    return PageExporter()


def write_page(notebook: NotebookNode, path: Path, *, facts: PageFacts) -> PageSummary:
    """Write the page of an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; its outputs come from the functions of `ehlib.show`.
    path : Path
        The page, written whole or not at all.
    facts : PageFacts
        Trust, quarter, date and version that head and foot name.

    Returns
    -------
    PageSummary
        For the index.

    Raises
    ------
    PageError
        If an output is not fit for a page; names the cell, counted from 1.
    """
    parts = _read_parts(notebook)
    if not parts.title:
        raise PageError("the notebook names no page; expected show_title or a # heading")
    given = {"page": parts, "facts": facts}
    content = _exporter().from_notebook_node(notebook, resources=given)[0].encode("utf-8")
    write_synced(path, content)
    finding = parts.findings[0] if parts.findings else ""
    return PageSummary(parts.title, finding, parts.status, parts.synthetic, len(content))


def write_index(
    runs: list[dict], path: Path, *, facts: PageFacts, missing: list[str] | None = None
) -> None:
    """Write the list of a quarter's pages, by group, each with its finding.

    Parameters
    ----------
    runs : list of dict
        Entries of the manifest with `page`, `title`, `finding`, `group`, `status`, `synthetic`.
    path : Path
        The index, written whole or not at all.
    facts : PageFacts
        Trust, quarter, date and version.
    missing : list of str, optional
        Pages that are due but not in the set, named at the top.
    """
    groups: dict[str, list[dict]] = {}
    for run in sorted(runs, key=lambda run: run["status"] == "no_data"):
        name = NO_FIGURES if run["status"] == "no_data" else run["group"]
        groups.setdefault(name, []).append(run)
    synthetic = any(run["synthetic"] for run in runs)
    template = _exporter().environment.get_template("index.html.j2")
    html = template.render(groups=groups, facts=facts, synthetic=synthetic, missing=missing or [])
    write_synced(path, html.encode("utf-8"))


def numbered_cells(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Cells with their number as the analyst counts them, from 1, without papermill's own."""
    number = 0
    for cell in notebook.cells:
        number += INJECTED not in cell.metadata.get("tags", [])
        yield number, cell


def _read_parts(notebook: NotebookNode) -> _Parts:
    parts, reader, in_foot = _Parts(), _Reader(), False
    for number, cell in numbered_cells(notebook):
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
    question = reader.rebuild(reader.markdown.renderer.question)
    plain = Markup(question).striptags()
    parts.title = parts.title or plain
    parts.question = "" if plain == parts.title else question
    parts.body = [without_empty_sections("\n".join(parts.body))]
    return parts


class _Reader:
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
        return rebuilt

    def prose(self, source: str) -> str:
        """Checked HTML of some markdown."""
        return self.rebuild(self.markdown.render(source))


def _place(output: NotebookNode, parts: _Parts, reader: _Reader, in_foot: bool) -> None:
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
        if parts.title:
            raise PageError(f"names the page again; it is {parts.title!r} already")
        parts.title, parts.context = ours["title"], ours.get("context", "")
        parts.status = ours.get("status", "shown")
    elif role == "findings":
        parts.findings += ours["findings"]
    elif role in {"figure", "table"}:
        home.append(reader.rebuild(shown, holding=role))
    elif role == "note":
        home.append(reader.rebuild(shown))
    elif role == "sources":
        parts.foot.append(reader.rebuild(shown))
    else:
        raise PageError(f"output has the role {role!r}, which pages do not know")


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
