"""Files of a run: which of them are read, from which day each is, and their rows as written."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from ehlib.load.accounts.sources import SAMPLE
from ehlib.load.cases import is_cases
from ehlib.load.periods import parse_quarter
from ehlib.load.schema import SourceError
from ehlib.load.sources.extract import Extract, fault
from ehlib.load.tables import read_grids

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".parquet")
SHAPES = (".geojson", ".topojson", ".gpkg", ".shp", ".zip", ".hexjson")
BOUNDARIES = "boundaries"  # folders, at any depth, that load.boundaries reads
DESCRIBED = "sources.toml"

# Digits beside it would make a longer number of which the day is no part.
YEAR_FIRST = r"(?<!\d)((?:19|20)\d\d)([-._ ]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)"
DAY_FIRST = r"(?<!\d)(0[1-9]|[12]\d|3[01])([-._ ])(0[1-9]|1[0-2])\2((?:19|20)\d\d)(?!\d)"
QUARTER = r"(?<!\d)((?:19|20)\d\d)[-_/ ]?(\d{4}|\d\d)[-_ ]*[Qq]([1-4])(?!\d)"


def find_files(raw: Path) -> tuple[list[Path], list[Path], dict[str, Extract]]:
    """Tables received, tables of the sample, and files that are of no use as they are.

    Parameters
    ----------
    raw : Path
        Folder of extracts. Hidden files, and those a spreadsheet keeps while it has one open, are
        passed over; so are `sources.toml` and what lies in a folder `boundaries`.

    Returns
    -------
    tuple of two lists and a dict
        Paths in the order of their names; for each other file an extract that says why not.
    """
    real, sample, others = [], [], {}
    for path in sorted(raw.rglob("*")):
        *folders, name = path.relative_to(raw).parts
        hidden = any(part.startswith((".", "~")) for part in (*folders, name))
        if hidden or name == DESCRIBED or BOUNDARIES in folders or not path.is_file():
            continue
        if path.suffix.lower() in TABLES:
            (sample if SAMPLE in folders[:1] else real).append(path)
        else:
            others[path.relative_to(raw).as_posix()] = of_no_use(path)
    return real, sample, others


def case_kind(path: Path) -> str:
    """Kind of case record whose header stands in a file, also of one that cannot be used; or ""."""
    try:
        lines = (line for grid in read_grids(path) for line in grid.top)
        return next(filter(None, map(is_cases, lines)), "")
    except (SourceError, OSError):
        return ""


def rows_as_written(path: Path, extract: Extract, rows: pd.Index) -> pd.DataFrame:
    """Cells of some rows of a table as text, for rows that are refused after it was read.

    Parameters
    ----------
    path : Path
        The file.
    extract : Extract
        Says the sheet, and the row of the header.
    rows : Index of int
        Rows as a spreadsheet shows them.
    """
    if rows.empty:
        return pd.DataFrame(index=rows)
    wanted, header, found = set(rows), [], {}
    grid = next(each for each in read_grids(path) if each.name == extract.sheet)
    for number, cells in enumerate(grid.rows(), start=1):
        if number == extract.header_row:
            header = [name.strip() for name in cells]
        elif number in wanted:
            found[number] = [*cells, *[""] * len(header)][: len(header)]
    kept = [place for place, name in enumerate(header) if name and name not in header[:place]]
    lines = [[cells[place] for place in kept] for cells in found.values()]
    index = pd.Index(list(found), dtype="int64")
    return pd.DataFrame(lines, index, [header[place] for place in kept], dtype="str")


def day_of(path: Path, raw: Path, described: Mapping[Path, date]) -> date:
    """Day from which a file is, as its name, its source's entry or the folder says.

    Parameters
    ----------
    path, raw : Path
        The file, and the folder of extracts that it lies in at any depth.
    described : mapping of Path to date
        Day on which a file was retrieved, where a `sources.toml` says so.

    Returns
    -------
    date
        The day in the name of the file, else of the folder nearest to it (`2014-01-15`,
        `20140115`, `15.01.2014`; a quarter such as `2013-14-Q3` stands for its last day), else
        the day it was retrieved, else the day on which it was last changed.
    """
    parts = path.relative_to(raw).parts
    named = (day_in(part) for part in reversed(parts))
    found = next(filter(None, named), None) or described.get(path)
    return found or datetime.fromtimestamp(path.stat().st_mtime).astimezone().date()


def day_in(name: str) -> date | None:
    """Last day that a name holds, or None: a date, or the end of a quarter."""
    days = [(year, month, day) for year, _, month, day in re.findall(YEAR_FIRST, name)]
    days += [(year, month, day) for day, _, month, year in re.findall(DAY_FIRST, name)]
    found = [_day(*each) for each in days]
    found += [_last_day(f"{first}/{last[-2:]}-Q{part}") for first, last, part in _quarters(name)]
    return max(filter(None, found), default=None)


def _quarters(name: str) -> list[tuple[str, str, str]]:
    return re.findall(QUARTER, name)


def _day(year: str, month: str, day: str) -> date | None:
    """Date, or None where there is no such day: 31 February."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _last_day(label: str) -> date | None:
    """Last day of a quarter, or None where the years do not follow: 2013/15-Q1."""
    try:
        return parse_quarter(label).end
    except ValueError:
        return None


def of_no_use(path: Path) -> Extract:
    """Extract of a file that is no table: boundaries in the wrong folder, or not for us to read."""
    shapes = path.suffix.lower() in SHAPES
    rule = "boundary_misplaced" if shapes else "not_a_table"
    kind = "a file of boundaries" if shapes else f"a file {path.suffix or 'without an ending'}"
    faults = fault(pd.Index([1]), rule, "", [f"{path.name}: {kind}"])
    return Extract("refused", pd.DataFrame(), faults, pd.DataFrame(), 0, 0)
