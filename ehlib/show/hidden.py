"""What a page says of its hidden figures: how many, why, and what can still be said."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from ehlib.show.sentences import count_words
from ehlib.show.tables import MARKERS

HIDDEN = MARKERS["suppressed"][0]
FIGURE = re.compile(r"[\u25b2\u25bc\s]*(-?\d[\d,]*(?:\.\d+)?)")
PERIOD = re.compile(r"(?:19|20)\d\d(?:/\d\d)?(?:[ -]Q[1-4])?(?: to .*)?")
FEWEST = 3  # figures of a row that make a range
LISTED = 3  # names and ranges that are told


@dataclass
class _Table:
    """Texts of a table's cells, row by row, its headings first, and its caption."""

    rows: list[list[str]] = field(default_factory=list)
    caption: str = ""

    @property
    def cells(self) -> list[str]:
        """Cells that hold a figure, shown or hidden."""
        found = [cell for row in self.rows[1:] for cell in row[1:]]
        return [cell for cell in found if HIDDEN in cell or re.search(r"\d", cell)]


class _Reader(HTMLParser):
    """Tables of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[_Table] = []
        self.open = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append(_Table())
        elif self.tables and tag == "tr":
            self.tables[-1].rows.append([])
        elif self.tables and tag in {"td", "th"} and self.tables[-1].rows:
            self.tables[-1].rows[-1].append("")
            self.open = tag
        elif self.tables and tag == "caption":
            self.open = tag

    def handle_endtag(self, tag: str) -> None:
        self.open = "" if tag == self.open else self.open

    def handle_data(self, data: str) -> None:
        if self.open == "caption":
            self.tables[-1].caption += data
        elif self.open:
            self.tables[-1].rows[-1][-1] += data.replace("\u00a0", " ")


def hidden_note(outputs: Iterable[Mapping], *, below: int = 0) -> str:
    """How many figures of a page are hidden, why, and what is shown all the same.

    Made from the tables that the page shows and from nothing else, so that it cannot say what
    they do not.

    Parameters
    ----------
    outputs : iterable of mappings
        Outputs of an executed notebook, in order.
    below : int
        Counts of case records from 1 to below it are hidden, as the policy says; not named when 0.

    Returns
    -------
    str
        Plain sentences; empty when nothing is hidden.
    """
    tables = [
        table
        for output in outputs
        for table in _Reader("".join(output.get("data", {}).get("text/html", ""))).tables
    ]
    hidden = sum(HIDDEN in cell for table in tables for cell in table.cells)
    if not hidden:
        return ""
    shown = sum(len(table.cells) for table in tables)
    small = f"counts from 1 to {below - 1}" if below > 2 else "small counts"
    said = [
        f"{hidden:,} of the {shown:,} figures in the tables of this page "
        f"{'is' if hidden == 1 else 'are'} hidden ({HIDDEN}), so that no child can be recognised: "
        f"they stand for {small}, or would give such a count away, or their publisher hides them.",
        _shown_in_full(tables),
        _ranges(tables),
    ]
    return " ".join(filter(None, said))


def _shown_in_full(tables: list[_Table]) -> str:
    """Names of rows with no figure hidden, in the tables that hide any; widest areas first."""
    whole: dict[str, bool] = {}
    for table in (each for each in tables if any(HIDDEN in cell for cell in each.cells)):
        for name, *cells in reversed(table.rows[1:]):
            told = any(re.search(r"\d", cell) for cell in cells)
            whole[name] = whole.get(name, True) and told and not any(HIDDEN in c for c in cells)
    names = [name for name, shown in whole.items() if shown]
    if not names:
        return ""
    more = f" and {count_words(len(names) - LISTED, 'more line')}" if len(names) > LISTED else ""
    return f"Shown in full: {'; '.join(names[:LISTED])}{more}."


def _ranges(tables: list[_Table]) -> str:
    """From what to what the shown figures of a series go that has hidden ones: of one table."""
    for table in tables:
        told = []
        for name, series in _series(table):
            pairs = [(FIGURE.match(cell), when) for when, cell in series]
            numbers = [(float(m[1].replace(",", "")), m[1], when) for m, when in pairs if m]
            if len(numbers) >= FEWEST and any(HIDDEN in cell for _, cell in series):
                low, high = (f"{text} ({when})" for _, text, when in (min(numbers), max(numbers)))
                told.append(f"{name} {low} to {high}")
        if told:
            rest = len(told) - LISTED
            more = f"; and {count_words(rest, 'more line')}" if rest > 0 else ""
            about = table.caption.strip().rstrip(".")
            said = f'of "{about}" that are not hidden' if about else "not hidden"
            return f"Figures {said}, lowest to highest: {'; '.join(told[:LISTED])}{more}."
    return ""


def _series(table: _Table) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Rows or columns of a table that go through time, as pairs of period and cell."""
    if not table.rows or any(len(row) != len(table.rows[0]) for row in table.rows):
        return
    (_, *heads), *rows = table.rows
    if sum(map(bool, map(PERIOD.fullmatch, heads))) >= FEWEST:
        yield from ((name, list(zip(heads, cells, strict=True))) for name, *cells in rows)
    elif sum(bool(PERIOD.fullmatch(row[0])) for row in rows) >= FEWEST:
        for place, name in enumerate(heads, start=1):
            yield name, [(row[0], row[place]) for row in rows]
