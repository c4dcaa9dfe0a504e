"""Compares the figures of pages with their downloads and with the observations.

    python tests/same_figures.py FOLDER PROCESSED [CATALOGUE]

FOLDER holds pages and their downloads, PROCESSED what `ehlib prepare` wrote. Every number of every
table cell that carries an id is calculated anew from the observations, by the arithmetic below and
not by ehlib's; every table is compared with its CSV, XLSX and ODS. Prints counts, and every
difference; exit code 1 if there is one.
"""

import csv
import math
import re
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
from python_calamine import CalamineWorkbook
from scipy.stats import chi2, norm

KEY = ["indicator_id", "area_code", "period", "sex", "age", "category_type", "category"]
WORDS = {"+": " plus ", "<": " under ", ">": " over ", "%": " per cent "}
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?")
MARKER = re.compile(r"\[[a-z]\]")
OUTSIDE = ("Notes", "Source", "Table")  # last columns of a CSV, which are about the table
Z = norm.ppf(0.975)


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


def slug(text: str) -> str:
    for sign, word in WORDS.items():
        text = text.replace(sign, word)
    return re.sub(r"[^a-z0-9_]+", "-", text.lower()).strip("-")


def by_key(observations: pd.DataFrame) -> dict[str, dict]:
    """Rows of observations by the key that ids are made from."""
    rows = observations.to_dict("records")
    return {".".join(slug(row[name]) for name in KEY if row[name]): row for row in rows}


def in_force(table: dict, start: pd.Timestamp) -> dict:
    """What the catalogue says of an indicator for a period, by its version."""
    said = dict(table)
    for version in sorted(table.get("version", []), key=lambda each: first_day(each["from"])):
        if first_day(version["from"]) <= start:
            said |= version
    return said


def method_of(row: dict, said: dict) -> tuple[str, float]:
    """Method and multiplier; a part of case records is a percentage of the whole."""
    if said["data_class"] == "case" and row["category"] and said["method"] in ("rate", "count"):
        return "proportion", 100
    return said["method"], said["multiplier"]


def first_day(label: str) -> pd.Timestamp:
    """First day of a period such as 2014, 2013/14 or 2013/14-Q2, by the financial year."""
    year = int(label[:4])
    quarter = re.search(r"Q([1-4])", label)
    if quarter:
        month = 3 * int(quarter[1]) + 1
        return pd.Timestamp(year + (month > 12), month - 12 * (month > 12), 1)
    return pd.Timestamp(year, 4 if "/" in label else 1, 1)


def limits(count: float, base: float, method: str) -> tuple[float, float]:
    """Wilson's limits of a share, or exact (below 10) and Byar's limits of a count over a base."""
    if method == "proportion":
        share = count / base
        middle = share + Z**2 / (2 * base)
        half = Z * math.sqrt(share * (1 - share) / base + Z**2 / (4 * base**2))
        return tuple((middle + sign * half) / (1 + Z**2 / base) for sign in (-1, 1))
    if count < 10:
        low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
        return low / base, chi2.ppf(0.975, 2 * count + 2) / 2 / base
    byar = [
        each * (1 - 1 / (9 * each) + sign * Z / (3 * math.sqrt(each))) ** 3
        for each, sign in ((count, -1), (count + 1, 1))
    ]
    return byar[0] / base, byar[1] / base


def recalculated(row: dict, measure: str, said: dict, rows: dict[str, dict]) -> list[float] | None:
    """Numbers that a cell must show; None where this module has no arithmetic for it."""
    above, below = row["numerator"], row["denominator"]
    method, multiplier = method_of(row, said)
    if measure == "number":
        return [above]
    if measure == "out_of":
        return [below]
    if measure == "since_april":
        year = [
            each["numerator"]
            for each in rows.values()
            if all(each[name] == row[name] for name in KEY if name != "period")
            and each["period"][:7] == row["period"][:7]
            and each["period"] <= row["period"]
        ]
        return [sum(year)]
    if measure == "value":
        counted = above if method == "count" else above / below * multiplier
        return [row["value"] if method == "value" or math.isnan(counted) else counted]
    if measure == "limits":
        if not math.isnan(row["lower_ci"]):
            return [row["lower_ci"], row["upper_ci"]]
        if math.isnan(below):  # the base that the published value implies
            below = above / row["value"] * multiplier
        return [end * multiplier for end in limits(above, below, method)]
    return None


def numbers_in(text: str) -> list[str]:
    """Numbers of a cell as it writes them, without separators, markers left out."""
    return [found.replace(",", "") for found in NUMBER.findall(MARKER.sub("", text))]


def close(text: str, wanted: float) -> bool:
    """Whether a number as written is another one, rounded to its decimals."""
    decimals = len(text.partition(".")[2])
    return abs(float(text) - wanted) <= 0.5 * 10**-decimals + 1e-7 * max(1.0, abs(wanted))


def compare_cell(same: Same, place: str, cell: list[str], known: tuple[dict, dict]) -> None:
    """Compare the numbers of one cell with those calculated from the observations."""
    rows, catalogue = known
    _, ids, text = cell
    written = numbers_in(text)
    if not written:
        same.counts["cells with a symbol and no number"] += 1
        return
    for each in ids.split():
        key, _, measure = each.rpartition(".")
        if key not in rows:
            same.counts[f"ids of other kinds ({measure})"] += 1
            return
        row = rows[key]
        said = in_force(catalogue[row["indicator_id"]], row["period_start"])
        wanted = recalculated(row, measure, said, rows)
        if wanted is None:
            same.counts[f"numbers not recalculated ({measure})"] += 1
            return
        shown, written = written[: len(wanted)], written[len(wanted) :]
        same.counts["numbers recalculated"] += len(wanted)
        right = len(shown) == len(wanted) and all(map(close, shown, wanted))
        if not right:
            same.differences.append(f"{place}: {each} shows {text!r}; calculated {wanted}")


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
    same, rows = Same(), by_key(pd.read_parquet(processed / "observations.parquet"))
    tables = tomllib.loads(catalogue.read_text(encoding="utf-8"))["indicator"]
    known = (rows, {each["id"]: each for each in tables})
    for page in sorted(set(folder.glob("*.html")) - {folder / "index.html"}):
        found = Tables(page.read_text(encoding="utf-8")).tables
        same.counts["pages"] += 1
        same.counts["tables"] += len(found)
        for name, lines in found.items():
            for cell in (cell for line in lines for cell in line if cell[1]):
                compare_cell(same, f"{page.stem}, {name}", cell, known)
        for cell in (c for lines in found.values() for line in lines[1:] for c in line):
            if cell[0] == "td" and not cell[1] and numbers_in(cell[2]):
                same.counts["cells with a number and no id"] += 1
        if found:
            compare_downloads(same, page, found)
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
