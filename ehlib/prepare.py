"""From data/raw to data/processed: every extract read once, checked and accounted for."""

import hashlib
import json
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from ehlib.load.areas import Areas, read_areas
from ehlib.load.boundaries import district_boundaries
from ehlib.load.cases import count_cases, is_cases, read_cases
from ehlib.load.indicators import Indicator, read_indicators
from ehlib.load.schema import COLUMNS, KEY, NUMBERS, SourceError, validate_observations
from ehlib.load.sources import Extract, is_tidy, read_header, read_tidy

SAMPLE = "sample"  # folder of data/raw that `ehlib sample` writes
OTHER = ("boundaries",)  # folders of data/raw that load.boundaries reads
POPULATION = "population_0_17"
CASE_KINDS = {"mash_enquiries": "MASH enquiry log", "early_help_episodes": "early help episodes"}
Say = Callable[[str], None]


@dataclass
class Prepared:
    """What a run of `prepare` found: an account of each file, its rows and its faults."""

    accounts: list[dict[str, object]] = field(default_factory=list)
    extracts: dict[str, Extract] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether a file or a row of one was refused."""
        return any(each["outcome"] != "loaded" for each in self.accounts)

    def frames(self, kind: str) -> list[pd.DataFrame]:
        """Rows of every extract of a kind."""
        return [each.frame for each in self.extracts.values() if each.kind == kind]

    @property
    def faults(self) -> pd.DataFrame:
        """Every fault of every file, one row each, with the file first."""
        parts = [each.faults.assign(file=name) for name, each in self.extracts.items()]
        listed = pd.concat(parts) if parts else pd.DataFrame(columns=["file"])
        return listed[["file", *(name for name in listed if name != "file")]]


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
    """
    indicators = read_indicators(reference / "indicators.toml")
    areas = read_areas(reference / "areas.toml")
    prepared = Prepared()
    for path in _chosen(raw, say):
        name = path.relative_to(raw).as_posix()
        extract = _read(path, indicators)
        prepared.extracts[name] = extract
        account = _account(name, path, extract)
        prepared.accounts.append(account)
        say(f"{name}: {_words(account)}")
    processed.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=processed, prefix=".new-") as new:
        _write(prepared, Path(new), processed, raw, areas, say)
        _put_in_place(Path(new), processed)
    return prepared


def _chosen(raw: Path, say: Say) -> list[Path]:
    """Extracts to read, without the sample's files of a kind that was really received."""
    found = [
        path
        for path in sorted(raw.rglob("*.csv"))
        if path.relative_to(raw).parts[0] not in OTHER and not path.name.startswith((".", "~"))
    ]
    real, sample = [], []
    for path in found:
        (sample if path.relative_to(raw).parts[0] == SAMPLE else real).append(path)
    kinds = {_kind(path) for path in real}
    used = [path for path in sample if _kind(path) not in kinds]
    for path in set(sample) - set(used):
        say(f"{SAMPLE}/{path.name}: not used, an extract of the same kind was received")
    return real + used


def _kind(path: Path) -> str:
    """Kind of extract by its header: `tidy`, a kind of case record, or `unknown`."""
    try:
        header = read_header(path)
    except SourceError:
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
        header = read_header(path)
        raise SourceError(
            f"{path.name}, row 1: the columns {', '.join(header[:6])} are of no known kind of "
            "extract; expected the tidy format, MASH enquiries or early help episodes"
        )
    except SourceError as error:
        return Extract.refused(str(error))


def _account(name: str, path: Path, extract: Extract) -> dict[str, object]:
    whole = extract.kind != "refused"
    partly = extract.rows_rejected > 0
    return {
        "file": name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "kind": extract.kind,
        "outcome": "refused" if not whole else "loaded in part" if partly else "loaded",
        "rows_read": extract.rows_read,
        "rows_loaded": extract.rows_loaded,
        "rows_normalised": extract.rows_normalised,
        "rows_rejected": extract.rows_rejected,
        "message": "" if whole else str(extract.faults["found"].iloc[0]),
    }


def _words(account: dict[str, object]) -> str:
    if account["outcome"] == "refused":
        return f"refused: {account['message']}"
    rows = {name: account[f"rows_{name}"] for name in ("read", "loaded", "normalised", "rejected")}
    return ", ".join(f"{count:,} rows {name}" for name, count in rows.items() if count)


def _write(
    prepared: Prepared, new: Path, processed: Path, raw: Path, areas: Areas, say: Say
) -> None:
    published = _without_repeats(prepared)
    for kind in CASE_KINDS:
        if frames := prepared.frames(kind):
            (new / "cases").mkdir(exist_ok=True)
            pd.concat(frames).to_parquet(new / "cases" / f"{kind}.parquet", index=False)
    parts = [published[COLUMNS]]
    if (new / "cases").exists():
        say("counting case records")
        populations = published[published["indicator_id"] == POPULATION]
        parts.append(count_cases(new / "cases", populations, areas))
    observations = validate_observations(pd.concat(parts, ignore_index=True))
    observations.to_parquet(new / "observations.parquet", index=False)
    say("building boundaries")
    boundaries = district_boundaries(areas.county.code, raw_dir=raw, cache_dir=processed)
    boundaries.to_parquet(new / "boundaries.parquet", index=False)
    _write_accounts(prepared, observations, new, raw)


def _without_repeats(prepared: Prepared) -> pd.DataFrame:
    """Published observations of all files; a key that two files give differently is refused."""
    parts = [
        each.frame.assign(file=name, row=each.frame.index)
        for name, each in prepared.extracts.items()
        if each.kind == "tidy"
    ]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    together = pd.concat(parts, ignore_index=True)
    later = together.duplicated(KEY)
    repeats = together[later].merge(together[~later], on=KEY, suffixes=("", "_first"))
    differ = ~_same(repeats)
    for row in repeats[differ].itertuples():
        prepared.extracts[row.file] = prepared.extracts[row.file].without(
            row.row,
            rule="key_repeated",
            column="area_code",
            found=f"{row.indicator_id}, {row.area_code}, {row.period}",
            wanted=f"one figure; row {row.row_first} of {row.file_first} gives another",
            mend="remove the figure that is out of date from one of the files",
        )
    prepared.accounts = [
        {**each, **_counts(prepared.extracts[str(each["file"])])} for each in prepared.accounts
    ]
    return together[~later]


def _same(repeats: pd.DataFrame) -> pd.Series:
    pairs = [
        (repeats[name] == repeats[f"{name}_first"])
        | (repeats[name].isna() & repeats[f"{name}_first"].isna())
        for name in NUMBERS
    ]
    return pd.concat(pairs, axis=1).all(axis=1)


def _counts(extract: Extract) -> dict[str, object]:
    partly = extract.rows_rejected > 0 and extract.kind != "refused"
    return {
        "rows_loaded": extract.rows_loaded,
        "rows_normalised": extract.rows_normalised,
        "rows_rejected": extract.rows_rejected,
        **({"outcome": "loaded in part"} if partly else {}),
    }


def _write_accounts(prepared: Prepared, observations: pd.DataFrame, new: Path, raw: Path) -> None:
    rejected = [
        each.rejected.assign(file=name, row=each.rejected.index).astype("str")
        for name, each in prepared.extracts.items()
        if len(each.rejected)
    ]
    table = pd.concat(rejected) if rejected else pd.DataFrame(columns=["file", "row"])
    table.to_csv(new / "rejected.csv", index=False, encoding="utf-8", lineterminator="\n")
    prepared.faults.to_csv(new / "faults.csv", index=False, encoding="utf-8", lineterminator="\n")
    used = sorted(observations["source_id"].drop_duplicates())
    accounts = {
        "prepared": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": prepared.accounts,
        "sources": _sources(raw, used, prepared),
    }
    text = json.dumps(accounts, indent=1, ensure_ascii=False)
    (new / "sources.json").write_text(text + "\n", encoding="utf-8")


def _sources(raw: Path, used: list[str], prepared: Prepared) -> list[dict[str, object]]:
    """Sources that observations name, as the `sources.toml` beside their files describe them."""
    described: dict[str, dict[str, object]] = {}
    for path in sorted(raw.rglob("sources.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["source"]
        described.update({table["id"]: table for table in tables})
    for name, extract in prepared.extracts.items():
        if extract.kind in CASE_KINDS:
            sample = name.startswith(f"{SAMPLE}/")
            described[extract.kind] = {
                "id": extract.kind,
                "publisher": "Synthetic sample" if sample else "Local case records",
                "title": CASE_KINDS[extract.kind],
                "licence": "made for trying out" if sample else "not for sharing",
            }
    unknown = {"publisher": "Local extract", "licence": "not stated"}
    listed = [described.get(each, {"id": each, "title": each, **unknown}) for each in used]
    return [{**each, "name": f"{each['publisher']}, {each['title']}"} for each in listed]


def _put_in_place(new: Path, processed: Path) -> None:
    """Move finished files over the old ones; observations last, since they say all is ready."""
    shutil.rmtree(processed / "cases", ignore_errors=True)
    for path in sorted(new.iterdir(), key=lambda each: each.name == "observations.parquet"):
        path.replace(processed / path.name)
