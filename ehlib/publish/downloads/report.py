"""What a page's workbook holds: the cover, the contents, the notes and the tables."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from ehlib.publish.downloads.columns import Column, in_words, split_columns
from ehlib.show.tables import MARKERS

if TYPE_CHECKING:
    from ehlib.publish.parts.frame import PageFacts

SYNTHETIC = "Synthetic sample, not real children."
READING = {
    "Figures": "Each figure is the one that the page shows, rounded as it is there.",
    "Symbols": "Symbols stand for figures that are missing, or beside figures that need care. "
    "The sheet Notes says what each means.",
    "Limits": "95% limits stand in two columns, lower and upper.",
    "Sheets": "Each table starts with its title, its source and its notes, then one row of "
    "headings. No cells are merged and no row or column is hidden.",
}


@dataclass(frozen=True)
class Sheet:
    """One table as the workbook has it: columns of numbers or of text, all of one length."""

    id: str
    name: str
    caption: str
    source: str
    note: str
    synthetic: bool
    columns: list[Column]

    @property
    def lines(self) -> list[str]:
        """Lines above the headings, the title first."""
        return [self.caption, *filter(None, [self.source, self.note])]


@dataclass(frozen=True)
class Report:
    """A page's tables, and what its workbook says of them; each list is of rows of two cells."""

    title: str
    facts: "PageFacts"
    cover: list[tuple[str, str]]
    notes: list[tuple[str, str]]
    tables: list[Sheet]


def read_report(notebook: NotebookNode, facts: "PageFacts") -> Report:
    """Report of an executed notebook, from the facts that its outputs carry.

    Parameters
    ----------
    notebook : NotebookNode
        Executed.
    facts : PageFacts
        Of the set that the page belongs to.

    Raises
    ------
    ValueError
        If two tables have one id.
    """
    said = [
        output.metadata["ehlib"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "ehlib" in output.get("metadata", {})
    ]
    titles = [each for each in said if each["role"] == "title"]
    title = titles[0] if titles else {"title": "Tables", "context": ""}
    tables = [_sheet(number, each) for number, each in enumerate(_tables(said), start=1)]
    ids = [table.id for table in tables]
    again = sorted({each for each in ids if ids.count(each) > 1})
    if again:
        raise ValueError(f"{title['title']}: two tables have the id {again[0]}; expected one each")
    invented = any(each.get("synthetic") is True for each in said)
    cover = _cover(title, facts, invented)
    return Report(title["title"], facts, cover, _notes(tables), tables)


def _tables(said: list[dict]) -> list[dict]:
    """Tables of the page, each with whether it is synthetic."""
    return [
        {**each["table"], "synthetic": each.get("synthetic") is True}
        for each in said
        if each["role"] in ("table", "figure") and "table" in each
    ]


def _sheet(number: int, told: dict) -> Sheet:
    columns, source = split_columns(told), told["source"]
    if told["synthetic"] and SYNTHETIC not in source:
        source = f"{SYNTHETIC} {source}".strip()
    note = in_words(told["note"])
    words = [told["id"], f"Table {number}", told["caption"], source, note]
    return Sheet(*words, told["synthetic"], columns)


def _cover(title: dict, facts: "PageFacts", invented: bool) -> list[tuple[str, str]]:
    said = {
        "Covers": title.get("context", ""),
        "Published by": facts.trust,
        "Quarter": f"{facts.quarter_words} ({facts.months})",
        "Made on": f"{facts.generated.day} {facts.generated:%B %Y}",
        "Data": f"{SYNTHETIC} Tables that hold any of it say so." if invented else "Real figures.",
        "Contact": "None is named in this file.",
    }
    return [(name, words) for name, words in (said | READING).items() if words]


def _notes(tables: list[Sheet]) -> list[tuple[str, str]]:
    """Symbols that stand in the tables, and what each means."""
    texts = {
        cell
        for table in tables
        for column in table.columns
        for cell in column.cells
        if isinstance(cell, str)
    }
    every = " ".join(texts)
    return [(symbol, words) for symbol, words in MARKERS.values() if symbol in every]
