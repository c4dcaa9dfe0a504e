"""A page from an executed notebook."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from markupsafe import Markup
from nbformat import NotebookNode

from ehlib.publish.folder import write_synced
from ehlib.publish.fragment import PageError
from ehlib.publish.index import NO_FIGURES, write_index
from ehlib.publish.parts.commentary import parse_comment
from ehlib.publish.parts.contents import contents, with_ids
from ehlib.publish.parts.frame import PageFacts, exporter
from ehlib.publish.parts.glossary import PAGE, link_terms
from ehlib.publish.parts.reading import Parts, numbered_cells, read_parts
from ehlib.show.hidden import hidden_note

__all__ = ["NO_FIGURES", "PageFacts", "PageSummary", "numbered_cells", "write_index", "write_page"]
OWN_IDS = {"main", "key-findings", "comment", "contents", "sources-and-methods"}


@dataclass(frozen=True)
class PageSummary:
    """What the index says about a page; `size` in bytes, `judged` one dict an indicator."""

    title: str
    finding: str
    status: str
    synthetic: bool
    size: int
    judged: list[dict] = field(default_factory=list)


def write_page(
    notebook: NotebookNode, path: Path, *, facts: PageFacts, commentary: str = ""
) -> PageSummary:
    """Write the page of an executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; its outputs come from the functions of `ehlib.show`.
    path : Path
        The page, written whole or not at all; its name without `.html` is the page's.
    facts : PageFacts
        Trust, quarter, date and version that head and foot name, and the terms to link.
    commentary : str
        The analyst's comment on the page, as `read_commentary` gives it.

    Returns
    -------
    PageSummary
        For the index.

    Raises
    ------
    PageError
        If an output or the comment is not fit for a page; names the cell, counted from 1.
    """
    parts = read_parts(notebook, path.stem)
    if not parts.title:
        raise PageError("the notebook names no page; expected show_title or a # heading")
    given = {"page": parts, "facts": facts, "comment": _comment(commentary)}
    given["contents"] = _give_ids(parts)
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    given["hidden"] = hidden_note(outputs, below=facts.below)
    html = exporter().from_notebook_node(notebook, resources=given)[0]
    if parts.name != PAGE:
        html = link_terms(html, facts.terms)
    content = html.encode("utf-8")
    write_synced(path, content)
    finding = parts.findings[0] if parts.findings else ""
    judged = [dict(each) for each in parts.judged]
    return PageSummary(parts.title, finding, parts.status, parts.synthetic, len(content), judged)


def _comment(text: str) -> dict[str, object]:
    """Title and HTML of the analyst's comment; empty when there is none."""
    if not text:
        return {}
    try:
        comment = parse_comment(text, today=date.today())
    except ValueError as error:
        raise PageError(f"the comment on this page {error}") from error
    return {"title": comment.title, "html": Markup(comment.html)}


def _give_ids(parts: Parts) -> list[tuple[str, str]]:
    """Give every heading of a page's body an id, and list its sections."""
    taken = set(OWN_IDS)
    parts.body = [with_ids(piece, taken) for piece in parts.body]
    return contents("\n".join(parts.body))
