"""What the notebooks of a batch read: a copy of the prepared data that holds no hidden figure."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.periods import parse_quarter
from ehlib.load.schema import COLUMNS, read_observations
from ehlib.measure.disclosure.ledger import write_release
from ehlib.measure.release import MARK, RELEASED, protect_release, releases_folder
from ehlib.publish.batch.keys.code import files_of, name_of
from ehlib.publish.batch.schedule import BatchError
from ehlib.publish.folder import file_digest, hold, stage, swap, write_synced

# Case records, refused rows and figures seen before stay behind: no page is made from them.
COPIED = ["boundaries*.parquet", "lookups.parquet", "sources.json", "unmapped.json"]
LOGS = ["restated.csv", "revisions.csv"]  # tell old figures beside new ones
RECORD = "record.parquet"  # what the ledger will keep
REFERENCES = ["areas.toml", "disclosure.toml", "indicators.toml"]
SOLVED_BY = frozenset({"ehlib.measure.release", "ehlib.publish.batch.released"})


@dataclass(frozen=True)
class Released:
    """What a quarter's pages may show: the folder that notebooks read, and its figures.

    `frame` has the rows up to the quarter's end that are shown or hidden, `account` how many tables
    were attacked and cells hidden, in which time.
    """

    quarter: str
    folder: Path
    frame: pd.DataFrame
    account: dict[str, object]
    solved: bool  # whether it was worked out now, and not found as it was


@contextlib.contextmanager
def protected_data(processed_dir: Path, *, reference_dir: Path, quarter: str) -> Iterator[Released]:
    """Protected copy of the prepared data of a quarter, worked out only where anything changed.

    Parameters
    ----------
    processed_dir, reference_dir : Path
        Prepared data, and the catalogue with areas and policy.
    quarter : str
        Its label.

    Yields
    ------
    Released
        Its folder is `released/2013-14-Q3` in the prepared data: the same inputs give the same
        bytes there.

    Raises
    ------
    ObservationError
        If an outsider could still prove a small count to be small; then nothing is written.
    BatchHeldError
        If another batch is protecting the same quarter at this moment.
    """
    period = parse_quarter(quarter)
    folder = processed_dir / RELEASED / period.slug
    key = _key(processed_dir, reference_dir, period.label)
    with hold(folder):
        mark = _read_mark(folder)
        solved = mark.get("key") != key
        if solved:
            mark = _make(folder, processed_dir, reference_dir, period.label) | {"key": key}
            _write_mark(folder, mark)
    frame = read_observations(folder, quarter=period.label)
    yield Released(period.label, folder, frame, mark["account"], solved)


def record_release(found: Released, processed_dir: Path, *, reference_dir: Path) -> Path:
    """Path of the record of what a set shows and hides, which later releases are solved with.

    Parameters
    ----------
    found : Released
        What the set's pages were made from; call it when the set has passed the gate, before it
        replaces the one that stands.
    processed_dir, reference_dir : Path
        As for `protected_data`.

    Raises
    ------
    BatchError
        If other figures were published since these were protected: the two are not safe together.
    """
    mark = _read_mark(found.folder)
    if mark.get("key") != _key(processed_dir, reference_dir, found.quarter):
        raise BatchError(
            f"data or releases changed while the pages of {found.quarter} were made, which were "
            "not protected together; run the batch again"
        )
    areas = read_areas(reference_dir / "areas.toml")
    ledger = releases_folder(processed_dir, found.frame)
    record = pd.read_parquet(found.folder / RECORD)
    path = write_release(ledger, record, areas, quarter=found.quarter, day=date.today())
    key = _key(processed_dir, reference_dir, found.quarter)
    _write_mark(found.folder, mark | {"key": key})  # with itself a release hangs together already
    return path


def _make(folder: Path, processed_dir: Path, reference_dir: Path, quarter: str) -> dict:
    """Write the copy beside its place and put it there whole; what its mark says."""
    found = protect_release(processed_dir, reference_dir, quarter=quarter)
    every = pd.read_parquet(processed_dir / "observations.parquet")
    indicators = read_indicators(reference_dir / "indicators.toml", data_dir=processed_dir)
    cases = [each.id for each in indicators.values() if each.data_class == "case"]
    open_rows = every[~every["indicator_id"].isin(cases)]  # also those that are still to come
    shown = found.frame[found.frame["indicator_id"].isin(cases)]
    notes = shown["value_note"].str.replace(r";?restated", "", regex=True)  # added on reading
    rows = pd.concat([open_rows, shown.assign(value_note=notes)[COLUMNS]], ignore_index=True)
    with stage(folder) as staged:
        rows.to_parquet(staged / "observations.parquet", index=False)
        found.record.to_parquet(staged / RECORD, index=False)
        for pattern in COPIED:
            for path in sorted(processed_dir.glob(pattern)):
                shutil.copyfile(path, staged / path.name)
        for name in LOGS:
            _copy_log(processed_dir / name, staged / name, cases)
        swap(staged, folder)
    return {"quarter": quarter, "account": found.account}


def _copy_log(source: Path, target: Path, cases: Iterable[str]) -> None:
    """Copy a log without the figures in its lines about case records, which may be small."""
    if not source.is_file():
        return
    log = pd.read_csv(source, dtype="str", keep_default_na=False, encoding="utf-8")
    numbers = [name for name in log if name.endswith(("_value", "_numerator"))]
    log.loc[log["indicator_id"].isin(list(cases)), numbers] = ""
    log.to_csv(target, index=False, encoding="utf-8", lineterminator="\n")


def _key(processed_dir: Path, reference_dir: Path, quarter: str) -> str:
    """What the protected figures follow from: data, policy, earlier releases and the method."""
    names = [*COPIED, *LOGS, "observations.parquet", "releases/*/*.parquet"]
    data = [path for name in names for path in processed_dir.glob(name)]
    paths = [*sorted(data), *(reference_dir / name for name in REFERENCES)]
    told = [(path.name, file_digest(path)) for path in paths]
    told += [(name_of(path), file_digest(path)) for path in sorted(files_of(SOLVED_BY))]
    return hashlib.sha256(json.dumps([quarter, told]).encode()).hexdigest()


def _read_mark(folder: Path) -> dict:
    path = folder / MARK
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _write_mark(folder: Path, mark: dict) -> None:
    write_synced(folder / MARK, (json.dumps(mark, indent=1) + "\n").encode("utf-8"))
