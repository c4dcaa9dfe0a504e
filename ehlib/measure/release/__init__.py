"""Figures as they may be shown: those declared, protected together, and proved before use."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import perf_counter

import pandas as pd

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.reads import note_read
from ehlib.load.schema import read_observations
from ehlib.measure.disclosure import Release, protect
from ehlib.measure.disclosure.ledger import read_ledger
from ehlib.measure.disclosure.policy import read_policies
from ehlib.measure.release.bands import band_weeks, opened_in_a_year
from ehlib.measure.release.declared import filter_declared
from ehlib.measure.release.proof import prove
from ehlib.measure.survival import WEEKS

__all__ = ["MARK", "RELEASED", "Shown", "protect_release", "read_released", "releases_folder"]
RELEASED = "released"  # folder in the prepared data: one folder a quarter, from the batch
MARK = "released.json"  # in a folder whose figures are protected already


@dataclass(frozen=True)
class Shown:
    """What may be shown of a quarter; hidden rows have no numbers and the note `suppressed`."""

    frame: pd.DataFrame  # published figures, and what is declared of case records
    record: pd.DataFrame  # case-based figures as the ledger keeps them
    account: dict[str, object]  # tables, cells, hidden, ... and seconds: plain numbers and text


def read_released(
    data_dir: str | Path,
    reference_dir: str | Path,
    *,
    quarter: str = "",
    indicator_id: str | list[str] = "",
    area_code: str | list[str] = "",
    source_id: str | list[str] = "",
) -> pd.DataFrame:
    """Observations of a quarter, without any that must not be shown.

    Parameters
    ----------
    data_dir : str or Path
        Folder that a batch has protected: it is read as it is. Of the one that `ehlib prepare`
        wrote, the figures of case records are protected first, which takes some seconds.
    reference_dir : str or Path
        Catalogue, areas and `disclosure.toml`.
    quarter : str
        Financial quarter: periods that ended later are left out. Empty for all.
    indicator_id, area_code, source_id : str or list of str
        Indicators, areas and sources to keep; empty for all. All are protected together.

    Returns
    -------
    DataFrame, one row per observation
        As `read_observations` gives it; hidden rows have no numbers and the note `suppressed`. Of
        case records, only what `disclosure.toml` declares as shown.

    Raises
    ------
    SourceError
        If the folder holds no prepared observations.
    ObservationError
        If an outsider could prove a small count to be small.
    """
    asked = {"indicator_id": indicator_id, "area_code": area_code, "source_id": source_id}
    if (Path(data_dir) / MARK).exists() or not _counts_cases(indicator_id, data_dir, reference_dir):
        return read_observations(data_dir, quarter=quarter, **asked)
    path = Path(data_dir) / "observations.parquet"
    note_read(path, quarter=quarter)
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    shown = _protected(str(data_dir), str(reference_dir), quarter, stamp)
    for name, wanted in asked.items():
        if wanted:
            kept = shown[name].isin([wanted] if isinstance(wanted, str) else wanted)
            shown = shown[kept]
    return shown.reset_index(drop=True)


@lru_cache(maxsize=2)
def _protected(data_dir: str, reference_dir: str, quarter: str, stamp: int) -> pd.DataFrame:
    """Figures protected once for the data of a moment; `stamp` tells two moments apart."""
    return protect_release(data_dir, reference_dir, quarter=quarter).frame


def _counts_cases(
    indicator_id: str | list[str], data_dir: str | Path, reference_dir: str | Path
) -> bool:
    """Whether figures of case records may be among those of some indicators, or of all."""
    asked = {indicator_id} if isinstance(indicator_id, str) else set(indicator_id)
    indicators = read_indicators(Path(reference_dir) / "indicators.toml", data_dir=data_dir)
    cases = {each.id for each in indicators.values() if each.data_class == "case"}
    return not asked - {""} or not asked.isdisjoint(cases)


def protect_release(data_dir: str | Path, reference_dir: str | Path, *, quarter: str = "") -> Shown:
    """All figures of a quarter that are shown, protected together with earlier releases.

    Parameters
    ----------
    data_dir, reference_dir, quarter
        As for `read_released`.

    Returns
    -------
    Shown
        Proved by the attacker.

    Raises
    ------
    SourceError, ObservationError
        As for `read_released`.
    """
    started, reference = perf_counter(), Path(reference_dir)
    held = read_observations(data_dir, quarter=quarter)
    areas = read_areas(reference / "areas.toml")
    indicators = read_indicators(reference / "indicators.toml", data_dir=data_dir)
    policies = read_policies(reference / "disclosure.toml")
    declared = filter_declared(held, indicators, policies.shown)
    weeks = declared["indicator_id"] == WEEKS
    bands = band_weeks(declared, policies.of(["case"]))
    told = opened_in_a_year(bands)
    cells = pd.concat([declared[~weeks], told], ignore_index=True)
    ledger = read_ledger(releases_folder(data_dir, held))
    release = Release(cells, areas, indicators, policies, ledger)
    found = protect(release)
    solved = perf_counter()
    account = prove(found, release)
    times = {
        "seconds_to_protect": round(solved - started, 1),
        "seconds_to_attack": round(perf_counter() - solved, 1),
    }
    first, last = found.frame.iloc[: len(declared) - weeks.sum()], found.frame.tail(len(told))
    safe = last["numerator"].notna().all()  # else the bands would give a hidden figure away
    frame = pd.concat([first, bands if safe else bands.head(0)], ignore_index=True)
    return Shown(frame, found.case, account | times)


def releases_folder(data_dir: str | Path, held: pd.DataFrame) -> Path:
    """Folder of the ledger; releases of the synthetic sample have one of their own.

    The first real records would otherwise be taken for revisions of invented ones.
    """
    synthetic = held["value_note"].str.split(";").map(lambda notes: "synthetic" in notes).any()
    return Path(data_dir) / "releases" / ("synthetic" if synthetic else "real")
