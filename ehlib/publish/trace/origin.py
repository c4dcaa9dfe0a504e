"""What a traced number rests on: sources, files with their hashes, rows, and steps since."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from ehlib.load.accounts.gathered import ROWS
from ehlib.load.accounts.restated import LOG
from ehlib.load.cases.counts import QUERIES
from ehlib.load.schema import KEY, LISTED, SourceError, read_sources
from ehlib.publish.trace.found import ALONG, MADE, Traced
from ehlib.publish.trace.words import line

REVISED = "revisions.csv"
TOLD = ("publisher", "title", "edition", "licence", "retrieved", "checked")


def origin_lines(traced: Traced, processed_dir: Path) -> list[str]:
    """Publisher, licence and day of the source, its files and rows, and the steps since.

    Raises
    ------
    SourceError
        If the folder was prepared before rows were kept.
    """
    accounts = read_sources(processed_dir)
    row = traced.number.row
    sources = {each["id"]: each for each in accounts["sources"]}
    source = sources.get(row["source_id"], {"id": row["source_id"]})
    said = [line(name.capitalize(), str(source[name])) for name in TOLD if source.get(name)]
    files = {each["file"]: each for each in accounts["files"]}
    if row["source_id"] in QUERIES:
        said += _extracts(row["source_id"], files, accounts["cases"])
    else:
        said += _rows(traced, processed_dir, files)
    return said + [line("Steps", words) for words in _steps(traced, processed_dir)]


def _extracts(kind: str, files: dict[str, dict], cases: dict[str, dict]) -> Iterator[str]:
    """Extracts of case records, how many records they hold together, and the query."""
    for name, file in files.items():
        if file["kind"] == kind:
            yield line("File", name)
            yield line("SHA-256", file["sha256"])
    held = cases.get(kind, {})
    if held:
        yield line("Records", f"{held['records']:,} in all, as at {held['as_at']}")
    yield line("Query", ", ".join(f"ehlib/load/sql/{name}.sql" for name in QUERIES[kind]))


def _rows(traced: Traced, processed_dir: Path, files: dict[str, dict]) -> Iterator[str]:
    """Files in which the figure stands, with its row; of what is made of several, with theirs."""
    path = processed_dir / ROWS
    if not path.exists():
        raise SourceError(f"{processed_dir.name} holds no {ROWS}; run `ehlib prepare` again")
    wanted = _parts(traced)[KEY]
    rows = pd.read_parquet(path, filters=[("indicator_id", "==", traced.number.indicator.id)])
    found = rows.merge(wanted, on=KEY, how="inner", validate="1:1")
    for (name, sheet), own in found.groupby(["file", "sheet"], sort=False):
        where = f", sheet {sheet}" if sheet else ""
        yield line("File", f"{name}{where}, row {_in_words(sorted(own['row'].unique()))}")
        yield line("SHA-256", files[name]["sha256"])


def _in_words(rows: list[int]) -> str:
    """Numbers of rows, those that follow one another as first to last."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _parts(traced: Traced) -> pd.DataFrame:
    """Observations that a number is made of: its own, its area's, or all of its period."""
    row, own = traced.number.row, traced.own
    if traced.number.measure not in MADE:
        return own.loc[[row.name]]
    if traced.number.measure not in ALONG:
        return own[(own["period"] == row["period"]) & (own["sex"] == row["sex"])]
    same = [name for name in KEY if name != "period"]
    return own[(own[same] == row[same]).all(axis=1) & (own["period_start"] <= row["period_start"])]


def _steps(traced: Traced, processed_dir: Path) -> list[str]:
    """What happened to the figure since it was received, oldest step first."""
    row, told = traced.number.row, []
    what = "its population" if traced.number.is_case else "the figure or a count under it"
    for how in ("derived", "inferred"):
        if how in row["value_note"].split(";"):
            told.append(f"{what} is {how} here from published figures")
    if traced.number.is_case:
        told.append("counted from case records and protected before it is shown (disclosure.toml)")
        return told
    for change in _changes(processed_dir / REVISED, row).itertuples():
        told.append(f"{_change(change)} in {change.file}, row {change.row}: {change.why}")
    for change in _changes(processed_dir / LOG, row).itertuples():
        told.append(f"{_change(change)} when prepared on {change.seen}: {change.reason}")
    return told or ["taken from the source as it stands there"]


def _changes(path: Path, row: pd.Series) -> pd.DataFrame:
    """Lines of a log of changes that are about one figure."""
    if not path.exists():
        return pd.DataFrame()
    log = pd.read_csv(path, dtype="str", keep_default_na=False)
    return log[(log[KEY] == row[KEY].astype("str")).all(axis=1)].tail(LISTED)


def _change(change: tuple) -> str:
    old, new = (
        getattr(change, f"{when}_value") or getattr(change, f"{when}_numerator") or "no figure"
        for when in ("old", "new")
    )
    return f"was {old}, is {new}"
