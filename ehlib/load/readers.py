"""Readers of extracts: a file's tables, each read by the reader that knows its header."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ehlib.load.accounts.sources import told_indicator
from ehlib.load.cases import CASE_KINDS, KEEP, is_cases, read_cases
from ehlib.load.indicators import Indicator
from ehlib.load.publishers import PUBLISHERS, Publisher
from ehlib.load.schema import NUMBERS, SourceError
from ehlib.load.small_areas import SMALL_AREAS, knows_lookup, read_lookup
from ehlib.load.sources import TIDY_NEEDS, Extract, is_tidy, read_tidy_table
from ehlib.load.sources.gather import spelt
from ehlib.load.tables import Grid, Table, find_table, read_grids

Cases = Callable[[Table], Extract]
Told = Callable[[Path], str]


class Reader(NamedTuple):
    """One kind of table: how it is found in a grid, and how it is read."""

    find: Callable[[Grid], Table | None]
    read: Callable[[Table], Extract]


def read_extract(
    path: Path,
    indicators: Mapping[str, Indicator],
    *,
    cases: Cases = read_cases,
    told: Told = told_indicator,
) -> list[Extract]:
    """What a file gave, one extract for each table that it holds.

    Parameters
    ----------
    path : Path
        Any file; its content decides how it is read, never its name.
    indicators : mapping
        The catalogue.
    cases : callable
        Reader of case records.
    told : callable
        Gives the indicator that `sources.toml` names for a file, "" where it names none.

    Returns
    -------
    list of Extract
        At least one. A file or sheet that cannot be read, or that holds nothing that is known, is
        an extract of kind `refused` whose one fault says why; the other sheets are still read.
    """
    try:
        grids = read_grids(path)
    except SourceError as error:
        return [Extract.refused(error)]
    except OSError as error:
        said = f"{path.name}: {error.strerror or 'cannot be read'}; close it and try again"
        return [Extract.refused(SourceError(said, rule="file_locked"))]
    readers = list(_readers(indicators, cases, partial(told, path)))
    known = {grid.name: _read(grid, readers) for grid in grids}
    extracts = [extract for extract in known.values() if extract is not None]
    unread = [grid for grid in grids if known[grid.name] is None]
    if not extracts:
        return [_unknown(path, unread)]
    return extracts + [_left_out(grid) for grid in unread]


def _read(grid: Grid, readers: list[Reader]) -> Extract | None:
    """Extract of one sheet; None where no reader knows a header in it."""
    try:
        for reader in readers:
            table = reader.find(grid)
            if table is not None:
                return reader.read(table)
    except SourceError as error:
        return Extract.refused(error, sheet=grid.name)
    return None


def _readers(
    indicators: Mapping[str, Indicator], cases: Cases, told: Callable[[], str]
) -> Iterator[Reader]:
    """Every reader, in the order in which they are asked."""
    yield Reader(
        lambda grid: find_table(grid, is_tidy), lambda table: read_tidy_table(table, indicators)
    )
    yield Reader(lambda grid: find_table(grid, _is_cases, keep=KEEP), cases)
    for publisher in (*PUBLISHERS.values(), *SMALL_AREAS.values()):
        find = publisher.find or partial(_find, publisher)
        yield Reader(find, partial(_read_published, publisher, indicators, told))
    yield Reader(lambda grid: find_table(grid, knows_lookup), read_lookup)


def _is_cases(header: list[str]) -> bool:
    return bool(is_cases(header))


def _find(publisher: Publisher, grid: Grid) -> Table | None:
    return find_table(grid, publisher.knows)


def _read_published(
    publisher: Publisher,
    indicators: Mapping[str, Indicator],
    told: Callable[[], str],
    table: Table,
) -> Extract:
    """Observations of a publisher's table, or why there are none."""
    names = {spelt(heading) for heading in table.header}
    needed = [name for name in publisher.needs if name not in names]
    named = told() if "indicator_id" in needed else ""
    if publisher.declines or (needed and not named):
        place = {"rule": publisher.rule, "row": table.header_row, "sheet": table.sheet}
        words = {"found": publisher.reason, "wanted": publisher.wanted, "mend": publisher.mend}
        raise SourceError(f"{table.file}: {publisher.reason}", **place, **words)

    def translate(cells: pd.DataFrame) -> pd.DataFrame:
        given = cells.assign(indicator_id=named) if needed else cells
        given.attrs = cells.attrs
        return publisher.translate(given)

    return read_tidy_table(table, indicators, translate, kind=publisher.kind)


def _unknown(path: Path, grids: list[Grid]) -> Extract:
    """Extract of a file in which nothing is known: what is, and what its header comes nearest to.

    Of the header no more is said than how many names it has: a file without one has children's
    records in its first row, and the account of extracts is shared.
    """
    rows = [(place, row) for grid in grids for place, row in enumerate(grid.top, start=1)]
    place, names = max(rows, key=lambda each: _nearness(each[1])[0], default=(1, []))
    _, nearest = _nearness(names)
    count = sum(bool(name.strip()) for name in names)
    kinds = ["tidy figures", *CASE_KINDS.values()]
    kinds += [each.name for each in (*PUBLISHERS.values(), *SMALL_AREAS.values())]
    wanted = f"one of: {'; '.join(dict.fromkeys(kinds))}"
    error = SourceError(
        f"{path.name}, row {place}: the header is of no known kind of extract ({count} columns)"
        f"{nearest}; expected {', '.join(TIDY_NEEDS)} and a number, or another known kind",
        **{"rule": "file_unknown", "row": place, "wanted": wanted},
        found=f"a header of no known kind of extract, {count} columns{nearest}",
    )
    return Extract.refused(error)


def _nearness(names: list[str]) -> tuple[int, str]:
    """How many columns of the tidy format a row names, and in words which it lacks."""
    found = {spelt(name) for name in names}
    lacking = [name for name in TIDY_NEEDS if name not in found]
    if not found & set(NUMBERS):
        lacking.append("value")
    if len(lacking) > len(TIDY_NEEDS):
        return 0, ""
    return len(TIDY_NEEDS) + 1 - len(lacking), f": tidy figures lack {', '.join(lacking)}"


def _left_out(grid: Grid) -> Extract:
    """Extract of a sheet beside others that holds no table: said, and no fault of the file."""
    said = f"{grid.file}: sheet {grid.name!r} holds no table that is known"
    return Extract.refused(SourceError(said, rule="sheet_left_out", sheet=grid.name))
