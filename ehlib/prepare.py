"""From data/raw to data/processed: every extract read once, checked and accounted for."""

import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd

from ehlib.load.areas import Areas, read_areas
from ehlib.load.boundaries import district_boundaries
from ehlib.load.cases import count_cases, is_cases, read_cases
from ehlib.load.indicators import Indicator, read_indicators
from ehlib.load.schema import COLUMNS, KEY, SourceError, validate_observations
from ehlib.load.sources import TIDY_NEEDS, is_tidy, read_tidy
from ehlib.load.sources.accounts import CASE_KINDS, SAMPLE, Prepared, describe_sources, label
from ehlib.load.sources.checks import FIGURES
from ehlib.load.sources.extract import Extract, read_header

OTHER = ("boundaries",)  # folders of data/raw that load.boundaries reads
TABLES = (".csv", ".tsv", ".xls", ".xlsx", ".xlsm", ".ods")  # only CSV is read; the rest is said
POPULATION = "population_0_17"
# What a run replaces; the observations come last, since they say that all is ready.
WRITTEN = ["boundaries.parquet", "cases", "rejected.csv", "faults.csv", "sources.json"]
WRITTEN += ["observations.parquet"]
Say = Callable[[str], None]


def prepare(raw: Path, processed: Path, reference: Path, *, say: Say) -> Prepared:
    """Read every extract under `raw` and write what the notebooks need under `processed`.

    Parameters
    ----------
    raw : Path
        Extracts as received; never changed. A subfolder `sample` is used only for a kind of case
        record of which there is no other extract.
    processed : Path
        Rewritten: `observations.parquet`, `boundaries.parquet`, `cases/*.parquet`,
        `rejected.csv`, `faults.csv` and `sources.json`. What was there stays until all is ready.
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
    areas = read_areas(reference / "areas.toml")
    prepared = Prepared(raw)
    for path in _chosen(raw, say):
        name = path.relative_to(raw).as_posix()
        prepared.extracts[name] = _read(path, indicators)
        say(prepared.in_words(name))
    processed.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=processed, prefix=".new-") as folder:
        new, old = Path(folder, "new"), Path(folder, "old")
        new.mkdir()
        old.mkdir()
        observations = _observations(prepared, new, areas, say)
        observations = validate_observations(observations, indicators)
        observations.to_parquet(new / "observations.parquet", index=False)
        say("building boundaries")
        boundaries = _boundaries(prepared, areas, processed)
        boundaries.to_parquet(new / "boundaries.parquet", index=False)
        _write_accounts(prepared, observations, new)
        _put_in_place(new, old, processed)
    return prepared


def _chosen(raw: Path, say: Say) -> list[Path]:
    """Extracts to read, without the sample's files of a kind that was really received."""
    real, sample = [], []
    for path in sorted(raw.rglob("*")):
        top = path.relative_to(raw).parts[0]
        hidden = path.name.startswith((".", "~")) or top in OTHER
        if path.suffix.lower() in TABLES and not hidden and path.is_file():
            (sample if top == SAMPLE else real).append(path)
    if not real and not sample:
        raise SourceError(f"{raw.name}: found no extract; expected CSV files, in folders or not")
    received = {_kind(path) for path in real} & set(CASE_KINDS)
    for path in sample:
        if _kind(path) in received:
            say(f"{SAMPLE}/{path.name}: not used, an extract of the same kind was received")
    return real + [path for path in sample if _kind(path) not in received]


def _kind(path: Path) -> str:
    """Kind of extract by its header: `tidy`, a kind of case record, or `unknown`."""
    try:
        header = read_header(path)
    except (SourceError, OSError):
        return "unknown"
    return is_cases(header) or ("tidy" if is_tidy(header) else "unknown")


def _read(path: Path, indicators: dict[str, Indicator]) -> Extract:
    """Extract of one file; a file that cannot be read is an extract with one fault and no rows."""
    try:
        kind = _kind(path)
        if kind == "tidy":
            return read_tidy(path, indicators)
        if kind != "unknown":
            return read_cases(path)
        # A file without a header has children's records in its first row: none of it is quoted,
        # since the account of extracts is shared.
        raise SourceError(
            f"{path.name}, row 1: the {len(read_header(path))} column names are of no known kind "
            f"of extract; expected {', '.join(TIDY_NEEDS)} and a number, or case records with "
            "enquiry_id or episode_id"
        )
    except SourceError as error:
        return Extract.refused(str(error))
    except OSError as error:  # open in a spreadsheet, say: the other files are still read
        return Extract.refused(f"{path.name}: {error.strerror or error}; close it and try again")


def _observations(prepared: Prepared, new: Path, areas: Areas, say: Say) -> pd.DataFrame:
    """Published figures and counts of case records, each key once."""
    prepared.settle_repeats("tidy", KEY, FIGURES)
    parts = [frame[[*COLUMNS, "file", "row"]] for frame in prepared.frames("tidy")]
    published = pd.concat(parts or [pd.DataFrame(columns=[*COLUMNS, "file", "row"])])
    for kind in CASE_KINDS:
        _write_cases(prepared, kind, new / "cases")
    if not (new / "cases").exists():
        return published[COLUMNS]
    say("counting case records")
    populations = published[published["indicator_id"] == POPULATION]
    counts = count_cases(new / "cases", populations, areas)
    counted = pd.MultiIndex.from_frame(published[KEY]).isin(pd.MultiIndex.from_frame(counts[KEY]))
    clashes = published[counted]
    prepared.reject(
        clashes.assign(found="a figure beside case records" + label(clashes)),
        rule="counted_from_cases",
        column="indicator_id",
        wanted="either the figure or the records",
        mend="remove the row, since the records are counted here",
    )
    return pd.concat([published[~counted][COLUMNS], counts], ignore_index=True)


def _write_cases(prepared: Prepared, kind: str, folder: Path) -> None:
    """Write the records of a kind that hold, for DuckDB to count."""
    frames = prepared.frames(kind)
    if frames:
        own, *others = (name for name in frames[0] if name not in ("file", "row"))
        prepared.settle_repeats(kind, [own], others)
        folder.mkdir(exist_ok=True)
        records = pd.concat(prepared.frames(kind)).drop(columns=["file", "row"])
        records.to_parquet(folder / f"{kind}.parquet", index=False)


def _boundaries(prepared: Prepared, areas: Areas, processed: Path) -> gpd.GeoDataFrame:
    """Boundaries as published, or built where what was published cannot be used."""
    code = areas.county.code
    try:
        return district_boundaries(code, raw_dir=prepared.raw, cache_dir=processed)
    except SourceError as error:
        prepared.refuse(OTHER[0], str(error))
        return district_boundaries(code, cache_dir=processed)


def _write_accounts(prepared: Prepared, observations: pd.DataFrame, new: Path) -> None:
    used = sorted(observations["source_id"].drop_duplicates())
    accounts = {
        "prepared": datetime.now(UTC).isoformat(timespec="seconds"),
        "sources": describe_sources(prepared, used),
        "files": prepared.accounts,
    }
    text = json.dumps(accounts, indent=1, ensure_ascii=False)
    (new / "sources.json").write_text(text + "\n", encoding="utf-8")
    for name, table in (("rejected", prepared.rejected), ("faults", prepared.faults)):
        table.to_csv(new / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")


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
