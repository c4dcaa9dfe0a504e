"""Compares the figures of pages with their downloads and with the observations.

    python tests/same_figures.py FOLDER PROCESSED [CATALOGUE]

FOLDER holds the pages of a quarter (`2013-14-Q3`) with their downloads, PROCESSED what `ehlib
prepare` wrote. Every number of every table cell that carries an id is calculated anew from what was
released for that quarter, by the arithmetic in `tests/anew` and not by ehlib's; an id of no known
kind is a difference, and so are more numbers without an id than `WITHOUT_ID` allows. Every table is
compared with its CSV, XLSX and ODS. Prints counts, and every difference; exit code 1 if there is
one.
"""

import csv
import math
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from anew import Known, UnknownIdError, recalculated
from anew.known import read_known, released_apart
from python_calamine import CalamineWorkbook

NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
MARKER = re.compile(r"\[[a-z]\]")
PERIOD = re.compile(r"(?<![\d.,-])(?:19|20)\d\d(?:[/-]\d\d)?(?:\sQ[1-4])?(?![\d%]|[.,]\d)")
FIGURES = re.compile(r"(?:[^A-Za-z]|\b(?:to|of|and)\b)*")  # no other words
OUTSIDE = ("Notes", "Source", "Table")  # last columns of a CSV, which are about the table
# Share of the cells with figures that may have no id, by kind of page (its number): counts of
# rows, indicators and actions, and figures as the plans print them, are of no observation.
WITHOUT_ID = {"01": 1.0, "02": 0.2, "07": 0.1, "08": 0.75, "09": 0.06, "13": 0.9, "14": 0.3}


@dataclass
class Same:
    """How much was compared, and every difference in words."""

    counts: Counter = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def expect(self, what: str, place: str, found: object, wanted: object) -> None:
        """Count a comparison, and keep it where it fails."""
        self.counts[what] += 1
        if found != wanted:
            self.differences.append(f"{place}: {what} is {found!r}; expected {wanted!r}")


class Tables(HTMLParser):
    """Tables of a page by id: rows of cells, each with its tag, its ids and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[list[str]]]] = {}
        self.at, self.open = "", False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if re.fullmatch(r"table-\d+", given.get("id") or ""):
            self.at = given["id"]
            self.tables[self.at] = []
        elif tag == "tr" and self.at:
            self.tables[self.at].append([])
        elif tag in ("td", "th") and self.at:
            self.tables[self.at][-1].append([tag, given.get("data-number") or "", ""])
            self.open = True

    def handle_endtag(self, tag):
        self.open = self.open and tag not in ("td", "th")
        self.at = "" if tag == "table" else self.at

    def handle_data(self, data):
        if self.open:
            self.tables[self.at][-1][-1][2] += data


def numbers_in(text: str) -> list[str]:
    """Numbers of a cell as it writes them, without separators, markers left out."""
    return [found.replace(",", "") for found in NUMBER.findall(MARKER.sub("", text))]


def figures_in(text: str) -> list[str]:
    """Numbers of a cell that are no years or periods."""
    return numbers_in(PERIOD.sub("", text))


def is_figure(text: str) -> bool:
    """Whether a cell holds numbers and no words beside them."""
    return bool(FIGURES.fullmatch(MARKER.sub("", text)))


def close(text: str, wanted: float) -> bool:
    """Whether a number as written is another one, rounded to its decimals."""
    decimals = len(text.partition(".")[2])
    return abs(float(text) - wanted) <= 0.5 * 10**-decimals + 1e-7 * max(1.0, abs(wanted))


def compare_cell(same: Same, place: str, cell: list[str], known: Known) -> None:
    """Compare the numbers of one cell, all of them, with those calculated from the observations."""
    _, ids, text = cell
    written, wanted = figures_in(text), []
    for each in ids.split():
        measure = each.rpartition(".")[2]
        try:
            found = recalculated(each, known)
        except UnknownIdError as error:
            same.differences.append(f"{place}: {each} shows {text!r}; {error}")
            return
        if found is None:
            same.counts[f"numbers knowingly not recalculated ({measure})"] += 1
            return
        found = [number for number in found if not math.isnan(number)]
        same.counts[f"numbers recalculated ({measure})"] += len(found)
        wanted += found
    same.counts["cells with a symbol and no number"] += not written
    right = len(written) == len(wanted) and all(map(close, written, wanted))
    if not right:
        same.differences.append(f"{place}: {ids} shows {text!r}; calculated {wanted}")


def compare_ids(same: Same, kind: str, cells: list[list[str]]) -> None:
    """Compare how many figures of a kind of page have no id with how many may."""
    figures = [cell for cell in cells if figures_in(cell[2]) and is_figure(cell[2])]
    bare = sum(not cell[1] for cell in figures)
    same.counts[f"figures without an id ({kind})"] += bare
    share, most = bare / max(len(figures), 1), WITHOUT_ID.get(kind, 0.0)
    if share > most:
        said = f"{bare} of {len(figures)} figures have no id; at most {most:.0%} may"
        same.differences.append(f"pages {kind}: {said}")


def compare_downloads(same: Same, page: Path, tables: dict[str, list]) -> None:
    """Compare the numbers of a page's tables with its CSV files and both workbooks."""
    home = page.parent / "downloads"
    files = {path.stem for path in (home / page.stem).glob("*.csv")}
    same.expect("tables downloaded", page.name, files, set(tables))
    books = [CalamineWorkbook.from_path(home / f"{page.stem}.{kind}") for kind in ("xlsx", "ods")]
    for number, (name, rows) in enumerate(tables.items(), start=1):
        path = home / page.stem / f"{name}.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            heads, *lines = csv.reader(file)
        inner = heads
        for name_outside in OUTSIDE:
            inner = inner[:-1] if inner[-1].startswith(name_outside) else inner
        lines = [line[: len(inner)] for line in lines]
        place = f"{page.stem}, {name}"
        same.expect("rows of a table", place, len(lines), len(rows) - 1)
        for row, line in zip(rows[1:], lines, strict=False):
            named = [cell[2].replace("\u00a0", " ") for cell in row if cell[0] == "th"]
            same.expect("row headings", place, line[: len(named)], named)
            shown = [found for cell in row if cell[0] == "td" for found in numbers_in(cell[2])]
            told = [found for cell in line[len(named) :] for found in numbers_in(cell)]
            same.counts["numbers in a CSV"] += len(told)
            same.expect("numbers of a row", f"{place}, {named}", told, shown)
        for book in books:
            grid = book.get_sheet_by_name(f"Table {number}").to_python()
            body = [row[: len(inner)] for row in grid[-len(lines) :]]
            for line, row in zip(lines, body, strict=True):
                same.counts["cells of workbooks"] += len(row)
                wrong = [pair for pair in zip(line, row, strict=False) if not alike(*pair)]
                same.expect("cells of a workbook that differ", place, wrong, [])


def alike(text: str, cell: object) -> bool:
    """Whether a workbook's cell holds what the CSV writes: a number as number, text as text."""
    if isinstance(cell, float | int) and not isinstance(cell, bool):
        return float(text) == cell
    return text.removeprefix("'") == cell


def compare_folder(folder: Path, processed: Path, catalogue: Path) -> Same:
    """Compare every page of a folder."""
    same, known = Same(), read_known(processed, catalogue, folder.name)
    apart = released_apart(processed, folder.name)
    same.expect("released rows that are not as prepared", folder.name, apart, [])
    kinds: dict[str, list[list[str]]] = {}
    for page in sorted(set(folder.glob("*.html")) - {folder / "index.html"}):
        found = Tables(page.read_text(encoding="utf-8")).tables
        same.counts["pages"] += 1
        same.counts["tables"] += len(found)
        for name, lines in found.items():
            cells = [cell for line in lines[1:] for cell in line if cell[0] == "td"]
            kinds.setdefault(page.stem[:2], []).extend(cells)
            for cell in (cell for cell in cells if cell[1]):
                compare_cell(same, f"{page.stem}, {name}", cell, known)
        if found:
            compare_downloads(same, page, found)
    for kind, cells in kinds.items():
        compare_ids(same, kind, cells)
    return same


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[1]
    given = [*map(Path, sys.argv[1:]), here / "data" / "reference" / "indicators.toml"]
    result = compare_folder(*given[:3])
    for name, count in sorted(result.counts.items()):
        print(f"{count:>9,} {name}")
    print("\n".join(result.differences[:200]))
    print(f"{len(result.differences)} differences")
    sys.exit(bool(result.differences))
