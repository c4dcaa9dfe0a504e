"""Ledger of releases: what each one showed, and which figures it hid; never what those were."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.load.periods import parse_quarter
from ehlib.load.schema import KEY, SourceError
from ehlib.measure.disclosure.cells import Cell, Held, members, read_cells
from ehlib.measure.disclosure.policy import Link
from ehlib.measure.disclosure.system import Sum, find_sums

RECORD = [*KEY, "area_type", "period_start", "period_end", "districts"]
COUNTS = ["numerator", "denominator"]
REVISION = "|revision"  # end of the name of what a revision changed a sum by
COLUMNS = ["release", "date", *RECORD, *COUNTS, "hidden"]


@dataclass(frozen=True)
class Earlier:
    """A release joined with those before it."""

    held: Held  # cells of the release, then those that only earlier releases have
    known: list[int]  # cells that an earlier release shows, as they are now or as they were
    hidden: list[int]  # cells that an earlier release hides
    sums: list[Sum] = field(default_factory=list)  # of earlier releases, by their own areas
    revised: bool = False  # whether an earlier release has figures that changed since


def write_release(
    folder: str | Path, frame: pd.DataFrame, areas: Areas, *, quarter: str, day: date
) -> Path:
    """Path of the record of a release, written beside those before it.

    Parameters
    ----------
    folder : str or Path
        `data/processed/releases`.
    frame : DataFrame
        `case` of what `protect` gives: hidden rows have no numbers.
    areas : Areas
        Which districts its areas are made of, kept with it.
    quarter : str
        Financial quarter such as `2013/14-Q3`.
    day : date
        When it was released.

    Returns
    -------
    Path
        Named by quarter and day. A second, different release of one day is kept beside the first.

    Raises
    ------
    ValueError
        If a row with the note `suppressed` holds a number.
    """
    hidden = is_hidden(frame)
    if frame.loc[hidden, COUNTS].notna().any(axis=None):
        raise ValueError("a row noted as suppressed holds a number; expected a protected frame")
    within = {code: ";".join(sorted(each)) for code, each in members(areas).items()}
    districts = frame["area_code"].map(lambda code: within.get(code, code)).astype("str")
    named = {"release": quarter, "date": day.isoformat(), "districts": districts, "hidden": hidden}
    record = frame.assign(**named)[COLUMNS].reset_index(drop=True)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{parse_quarter(quarter).slug}_{day.isoformat()}"
    for number in itertools.count(1):
        path = folder / (f"{name}.parquet" if number == 1 else f"{name}_{number}.parquet")
        if not path.exists():
            record.to_parquet(path, index=False)
            return path
        if _read(path).equals(record):
            return path


def read_ledger(folder: str | Path) -> pd.DataFrame:
    """Records of every release, one row a figure; empty when there is none.

    Parameters
    ----------
    folder : str or Path
        `data/processed/releases`.

    Returns
    -------
    DataFrame
        `COLUMNS`; `hidden` rows have no numbers, `districts` are codes joined by ";".

    Raises
    ------
    SourceError
        If a file of the folder is not a record of a release.
    """
    records = [_read(path) for path in sorted(Path(folder).glob("*.parquet"))]
    if not records:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(records, ignore_index=True)


def is_hidden(frame: pd.DataFrame) -> pd.Series:
    """Whether each row is noted as suppressed."""
    return frame["value_note"].str.split(";").map(lambda notes: "suppressed" in notes).astype(bool)


def join_earlier(
    held: Held,
    ledger: pd.DataFrame | None,
    indicators: Mapping[str, Indicator],
    links: Iterable[Link],
) -> Earlier:
    """Cells of a release with all that earlier releases say of them and of others.

    Parameters
    ----------
    held : Held
        Cells of the release.
    ledger : DataFrame or None
        Earlier releases, from `read_ledger`.
    indicators : mapping
        The catalogue.
    links : iterable of Link
        Indicators that count the same records.

    Returns
    -------
    Earlier
        A figure shown earlier with another value is a cell of its own, which belongs to the sums
        of its release only.
    """
    joined = Earlier(held, [], [])
    if ledger is None or ledger.empty:
        return joined
    for _, record in ledger.groupby(["release", "date"], sort=True):
        joined = _joined(joined, record.reset_index(drop=True), indicators, links)
    return joined


def _joined(
    earlier: Earlier, record: pd.DataFrame, indicators: Mapping[str, Indicator], links: Iterable
) -> Earlier:
    within = {
        code: frozenset(each.split(";"))
        for code, each in zip(record["area_code"], record["districts"], strict=True)
    }
    then = read_cells(record, within, indicators)
    counts = dict(zip(earlier.held.cells, earlier.held.counts.tolist(), strict=True))
    was = dict(zip(then.cells, then.counts.tolist(), strict=True))
    changed = {cell for cell, count in was.items() if _differ(count, counts.get(cell, np.nan))}
    mark = f"|{record['release'].iloc[0]} {record['date'].iloc[0]}"
    names = {cell: cell._replace(counted=cell.counted + mark) for cell in changed}
    new = {names.get(cell, cell): count for cell, count in was.items()}
    for cell, count in new.items():
        counts[cell] = count if np.isnan(counts.get(cell, np.nan)) else counts[cell]
    sums = [_as_then(each, names, counts) for each in find_sums(then, links)]
    place = {cell: number for number, cell in enumerate(counts)}
    shown = {place[cell] for cell, count in new.items() if not np.isnan(count)}
    shown |= {place[c] for c in place if c.counted.endswith(REVISION) and counts[c] < 0}
    hidden = {place[cell] for cell, count in new.items() if np.isnan(count)}
    return Earlier(
        earlier.held._replace(cells=list(counts), counts=np.array([*counts.values()])),
        sorted(shown.union(earlier.known)),
        sorted(hidden.union(earlier.hidden)),
        [*earlier.sums, *sums],
        earlier.revised or bool(changed),
    )


def _differ(then: float, now: float) -> bool:
    """Whether a figure was another one, as far as both are known."""
    return not np.isnan(then) and not np.isnan(now) and then != now


def _as_then(each: Sum, names: Mapping[Cell, Cell], counts: dict[Cell, float]) -> Sum:
    """A sum of an earlier release: its revised figures as they were, the hidden ones as now.

    What that leaves over is the revision of hidden figures: where they grew a constant, so that no
    change of theirs is allowed which one of the two releases rules out; where they fell a count.
    """
    whole, parts = names.get(each.whole, each.whole), tuple(names.get(c, c) for c in each.parts)
    rest = counts.get(whole, np.nan) - sum(counts.get(part, np.nan) for part in parts)
    if (whole, parts) == (each.whole, each.parts) or np.isnan(rest) or rest == 0:
        return Sum(whole, parts, each.axis)
    words = f"{whole.counted} by {each.axis} {parts[0].category_type}{REVISION}"
    constant = whole._replace(counted=words)
    counts[constant] = rest
    return Sum(whole, (*parts, constant), each.axis)


def _read(path: Path) -> pd.DataFrame:
    try:
        record = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        said = f"{path.name}: cannot be read as Parquet; expected a record of a release"
        raise SourceError(said) from error
    missing = [column for column in COLUMNS if column not in record]
    if missing:
        lacks = ", ".join(missing)
        raise SourceError(f"{path.name}: lacks {lacks}; expected a record of a release")
    return record[COLUMNS]
