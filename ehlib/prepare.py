"""From data/raw to data/processed: every extract read once, checked and accounted for."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from ehlib.load.accounts import Prepared
from ehlib.load.accounts.files import case_kind, find_files, of_no_use
from ehlib.load.accounts.gathered import (
    ROWS,
    gather_cases,
    gather_figures,
    lookups,
    reject_counted,
    rows_of,
    sources_of,
    unmapped_of,
)
from ehlib.load.accounts.restated import (
    LOG,
    SEEN,
    Circumstances,
    figures_now,
    find_restated,
    read_restated,
    read_seen,
)
from ehlib.load.accounts.sources import Entries, read_entries, retrieved_days
from ehlib.load.areas import Areas, read_areas
from ehlib.load.boundaries import prepared_boundaries
from ehlib.load.cases import CASE_KINDS, count_cases, describe_cases, read_cases, read_key
from ehlib.load.indicators import Indicator, read_indicators
from ehlib.load.indicators.unmapped import FILE as UNMAPPED
from ehlib.load.indicators.unmapped import unmapped_indicator
from ehlib.load.readers import read_extract
from ehlib.load.schema import COLUMNS, SourceError, validate_observations
from ehlib.load.sources.extract import Extract

POPULATION = "population_0_17"
# What a run replaces; the observations come last, since they say that all is ready.
WRITTEN = ["boundaries.parquet", "lookups.parquet", "cases", "rejected.csv", "faults.csv"]
WRITTEN += ["revisions.csv", ROWS, LOG, SEEN, UNMAPPED, "sources.json", "observations.parquet"]
Say = Callable[[str], None]
Read = Callable[[Path], list[Extract]]


@dataclass(frozen=True)
class Reference:
    """What we define: the catalogue and the areas; and where the last run left its files."""

    indicators: dict[str, Indicator]
    areas: Areas
    processed: Path


def prepare(raw: Path, processed: Path, reference: Path, *, say: Say) -> Prepared:
    """Read every extract under `raw` and write what the notebooks need under `processed`.

    Parameters
    ----------
    raw : Path
        Extracts as received; never changed. A subfolder `sample` is used only for a kind of case
        record of which there is no other extract.
    processed : Path
        Rewritten: observations, boundaries, lookups, case records, the account of every file and
        row, and the log of figures that changed. What was there stays until all is ready.
    reference : Path
        Folder of the catalogue and the areas.
    say : callable
        Told what is being done, one line at a time.

    Returns
    -------
    Prepared
        Account of each file and every fault. One bad file or row never stops the good ones.

    Raises
    ------
    SourceError
        If there is no extract at all.
    """
    indicators = read_indicators(reference / "indicators.toml")
    known = Reference(indicators, read_areas(reference / "areas.toml"), processed)
    real, sample, others = find_files(raw)
    if not real and not sample:
        wanted = "expected CSV files or workbooks, in folders or not"
        raise SourceError(f"{raw.name}: found no extract; {wanted}")
    processed.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=processed, prefix=".new-") as folder:
        new, old, parts = (Path(folder, name) for name in ("new", "old", "parts"))
        for each in (new, old, parts):
            each.mkdir()
        cases = partial(read_cases, key=read_key(processed), folder=parts)
        prepared = _read_files(raw, (real, sample), partial(_read, known, cases), say)
        prepared.files |= {name: [extract] for name, extract in others.items()}
        _write_all(prepared, known, new, say)
        _put_in_place(new, old, processed)
    return prepared


def _read_files(raw: Path, files: tuple[list[Path], list[Path]], read: Read, say: Say) -> Prepared:
    """Extracts of every file, without the sample's of a kind that was really received."""
    prepared, (real, sample) = Prepared(raw), files
    for path in real:
        name = path.relative_to(raw).as_posix()
        prepared.files[name] = read(path)
        say(prepared.in_words(name))
    read_kinds = {name: {part.kind for part in parts} for name, parts in prepared.files.items()}
    received = set().union(*read_kinds.values())
    received |= {
        case_kind(raw / name) for name, kinds in read_kinds.items() if kinds == {"refused"}
    }
    for path in sample:
        name = path.relative_to(raw).as_posix()
        if case_kind(path) in received & set(CASE_KINDS):
            say(f"{name}: not used, an extract of the same kind was received")
            continue
        prepared.files[name] = read(path)
        say(prepared.in_words(name))
    return prepared


def _read(known: Reference, cases: Callable[..., Extract], path: Path) -> list[Extract]:
    """Extracts of one file; a file that cannot be read is an extract with one fault and no rows."""
    try:
        extracts = read_extract(path, known.indicators, cases=cases)
    except SourceError as error:
        extracts = [Extract.refused(error)]
    except OSError as error:  # open in a spreadsheet, say: the other files are still read
        said = f"{path.name}: {error.strerror or error}; close it and try again"
        extracts = [Extract.refused(said)]
    if path.suffix.lower() == ".txt" and all(each.kind == "refused" for each in extracts):
        return [of_no_use(path)]  # a letter that came with the files, say
    return extracts


def _write_all(prepared: Prepared, known: Reference, new: Path, say: Say) -> None:
    """Put together what the extracts hold, and write every file of `WRITTEN`."""
    entries, wrong = read_entries(prepared.raw)
    for name, message in wrong.items():
        prepared.refuse(name, message)
    unmapped = unmapped_of(prepared)
    prepared.changes["unmapped"] = len(unmapped)
    served = known.indicators | {each["id"]: unmapped_indicator(each) for each in unmapped}
    observations = _observations(prepared, known, entries, new, say)
    _add_restated(prepared, known, observations, new)
    checked = validate_observations(observations, served)
    checked.to_parquet(new / "observations.parquet", index=False)
    say("building boundaries")
    boundaries, files = prepared_boundaries(known.areas, prepared.raw, known.processed)
    prepared.files |= {name: [extract] for name, extract in files.items()}
    boundaries.to_parquet(new / "boundaries.parquet", index=False)
    lookups(prepared).to_parquet(new / "lookups.parquet", index=False)
    _write_json(new / UNMAPPED, unmapped)
    _write_accounts(prepared, checked, entries, new)


def _observations(
    prepared: Prepared, known: Reference, entries: Entries, new: Path, say: Say
) -> pd.DataFrame:
    """Published figures and counts of case records, each key once, with their `file`."""
    days = retrieved_days(entries)
    published = gather_figures(prepared, days, known.indicators)
    gather_cases(prepared, days, new / "cases")
    if not (new / "cases").exists():
        rows_of(prepared, published).to_parquet(new / ROWS, index=False)
        return published[[*COLUMNS, "file"]]
    say("counting case records")
    populations = published[published["indicator_id"] == POPULATION]
    counts = count_cases(new / "cases", populations, known.areas)
    prepared.cases = describe_cases(new / "cases", known.areas)
    published = reject_counted(prepared, published, counts)
    rows_of(prepared, published).to_parquet(new / ROWS, index=False)
    counts = counts.assign(file=counts["source_id"])
    return pd.concat([published[[*COLUMNS, "file"]], counts], ignore_index=True)


def _add_restated(
    prepared: Prepared, known: Reference, observations: pd.DataFrame, new: Path
) -> None:
    """Write the figures as they are now, and the log with those that changed since last time."""
    files = (new / "cases").glob("*.parquet")
    records = {path.stem: pq.read_metadata(path).num_rows for path in files}
    around = Circumstances(known.indicators, known.areas, records, datetime.now(UTC).date())
    before = read_seen(known.processed)
    found = find_restated(figures_now(observations, around), before, known.indicators)
    found.kept.to_parquet(new / SEEN, index=False)
    earlier = [log for log in (read_restated(known.processed), found.log) if len(log)]
    _write_csv(new / LOG, pd.concat(earlier) if earlier else found.log)
    prepared.restated = found.log
    prepared.changes |= {"new": found.new, "gone": found.gone, "restated": len(found.log)}


def _write_accounts(
    prepared: Prepared, observations: pd.DataFrame, entries: Entries, new: Path
) -> None:
    used = sorted(observations["source_id"].drop_duplicates())
    accounts = {
        "prepared": datetime.now(UTC).isoformat(timespec="seconds"),
        "sources": sources_of(prepared, entries, used),
        "files": prepared.accounts,
        "cases": prepared.cases,
        "faults": prepared.told_faults(),
        "changes": prepared.changes | {"revised": len(prepared.revisions)},
    }
    _write_json(new / "sources.json", accounts)
    for name in ("faults", "revisions"):
        _write_csv(new / f"{name}.csv", getattr(prepared, name))
    with (new / "rejected.csv").open("w", encoding="utf-8", newline="") as file:
        for number, rows in enumerate(prepared.rejected()):
            rows.to_csv(file, index=False, header=not number, lineterminator="\n")


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _put_in_place(new: Path, old: Path, processed: Path) -> None:
    """Swap finished files for those of the last run; a failure midway puts those back.

    The old observations leave first and the new ones come last: whoever stops this for good
    leaves a folder that says it holds none, never a mixture.
    """
    leaving = [(processed / name, old / name) for name in reversed(WRITTEN)]
    coming = [(new / name, processed / name) for name in WRITTEN]
    moved: list[tuple[Path, Path]] = []
    try:
        for source, target in [*leaving, *coming]:
            if source.exists():
                source.rename(target)
                moved.append((source, target))
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        raise
