"""The release gate: opens a set of pages and downloads as an outsider would, and finds leaks."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from ehlib.load.indicators import read_indicators
from ehlib.load.schema import COLUMNS, KEY, NUMBERS, SourceError
from ehlib.measure.disclosure.ledger import read_ledger
from ehlib.measure.disclosure.policy import read_policies
from ehlib.publish.folder import MANIFEST, NOT_COUNTED
from ehlib.publish.release.figures.hidden import Hidden, small_counts
from ehlib.publish.release.files.layers import Leak
from ehlib.publish.release.files.listing import listing_leaks
from ehlib.publish.release.look import Look
from ehlib.publish.release.private import read_known
from ehlib.publish.release.through import look_through

__all__ = ["Leak", "ReleaseError", "check_release", "gate"]
ROOT = Path(__file__).resolve().parents[3]
REFERENCE, PROCESSED = ROOT / "data" / "reference", ROOT / "data" / "processed"
Small = Callable[[pd.DataFrame], pd.DataFrame]  # hides small counts of some rows
LISTED = 20  # leaks that an error lists before it says how many more


class ReleaseError(Exception):
    """A set of pages would tell what it must not; `leaks` has every one."""

    def __init__(self, leaks: list[Leak]) -> None:
        self.leaks = leaks
        more = f"\nand {len(leaks) - LISTED} more" if len(leaks) > LISTED else ""
        said = "\n".join(map(str, leaks[:LISTED]))
        super().__init__(
            f"the release gate found {len(leaks)} leaks; nothing goes out\n{said}{more}"
        )


def gate(
    staged: Path,
    *,
    shown: pd.DataFrame | None = None,
    processed_dir: Path = PROCESSED,
    reference_dir: Path = REFERENCE,
    raw_dir: Path | None = None,
    processes: int = 1,
) -> None:
    """Let a finished set of pages through, or stop it.

    Parameters
    ----------
    staged : Path
        Folder with everything that would go out, index and manifest included.
    shown, processed_dir, reference_dir, raw_dir, processes
        As for `check_release`.

    Raises
    ------
    ReleaseError
        If anything in it leaks; names file, layer, rule and snippet of each.
    """
    folders = {"processed_dir": processed_dir, "reference_dir": reference_dir, "raw_dir": raw_dir}
    leaks = check_release(staged, shown=shown, **folders, processes=processes)
    if leaks:
        raise ReleaseError(leaks)


def check_release(
    folder: Path,
    *,
    shown: pd.DataFrame | None = None,
    truth: pd.DataFrame | None = None,
    processed_dir: Path | None = None,
    reference_dir: Path = REFERENCE,
    raw_dir: Path | None = None,
    processes: int = 1,
) -> list[Leak]:
    """Every leak in a folder of pages and downloads.

    Parameters
    ----------
    folder : Path
        Pages, index, manifest and downloads, as they would go out.
    shown : DataFrame, optional
        Protected frame of the release: hidden rows have the note `suppressed`. Without it, the
        ledger says what the latest release of the folder's quarter hides; where it has none, the
        policy says which counts are small.
    truth : DataFrame, optional
        The same rows with their numbers; `observations.parquet` of `processed_dir` without it.
    processed_dir : Path, optional
        Folder that `ehlib prepare` wrote: true numbers, ids of case records and the ledger.
    reference_dir : Path
        Catalogue, policy, and the e-mail addresses that may be shown (`release.toml`).
    raw_dir : Path, optional
        Folder of the extracts, whose ids are looked for as they came.
    processes : int
        How many look through pages at once, where there are enough for it.

    Returns
    -------
    list of Leak
        By file; empty when the set may go out.

    Raises
    ------
    SourceError
        If there is no such folder, or nothing in it.
    """
    paths = _files(folder)
    indicators = read_indicators(reference_dir / "indicators.toml", data_dir=processed_dir)
    truth = _truth(processed_dir) if truth is None else truth
    case = [each.id for each in indicators.values() if each.data_class == "case"]
    threshold = read_policies(reference_dir / "disclosure.toml").of(["case"]).threshold
    small = partial(small_counts, case=case, threshold=threshold)
    if shown is None:
        shown = _shown(truth, folder, processed_dir, small)
    elif truth is not None:
        shown = _with_the_rest(shown, truth, small)
    look = Look(Hidden(shown, truth, indicators), read_known(reference_dir))
    leaks = look_through(paths, folder, look, processes=processes)
    leaks += [*look.ids.leaks(processed_dir, raw_dir), *listing_leaks(folder, paths)]
    return sorted(dict.fromkeys(leaks), key=lambda leak: leak.file)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SourceError(f"{folder.name}: no such folder; expected one of pages")
    found = [path for path in sorted(folder.rglob("*")) if path.name not in NOT_COUNTED]
    paths = [path for path in found if path.is_symlink() or not path.is_dir()]
    paths.sort(key=lambda path: path.suffix != ".html")  # downloads are held against their page
    if not paths:
        raise SourceError(f"{folder.name} is empty; expected pages")
    return paths


def _truth(processed: Path | None) -> pd.DataFrame | None:
    path = processed / "observations.parquet" if processed else None
    return pd.read_parquet(path, columns=COLUMNS) if path and path.exists() else None


def _shown(
    truth: pd.DataFrame | None, folder: Path, processed: Path | None, small: Small
) -> pd.DataFrame:
    """What the release of a folder hides, as the ledger tells; else every small count."""
    if truth is None:
        empty = {name: [] for name in COLUMNS}
        return pd.DataFrame(empty).astype(dict.fromkeys(set(COLUMNS) - set(NUMBERS), "str"))
    ledger = _ledger(processed / "releases") if processed else pd.DataFrame()
    record = ledger if ledger.empty else _latest(ledger, _quarter(folder))
    if record.empty:
        return small(truth)
    joined = truth[KEY].merge(record[[*KEY, "hidden"]], on=KEY, how="left", validate="one_to_one")
    held = joined["hidden"].notna().to_numpy()
    hidden = joined["hidden"].eq(True).to_numpy()
    noted = (truth["value_note"] + ";suppressed").str.strip(";")
    numbers = {name: truth[name].mask(hidden) for name in NUMBERS}
    released = truth.assign(value_note=truth["value_note"].mask(hidden, noted), **numbers)
    return pd.concat([released[held], small(truth[~held])])


def _with_the_rest(shown: pd.DataFrame, truth: pd.DataFrame, small: Small) -> pd.DataFrame:
    """Released rows, and those that are not: of these every small count is hidden."""
    joined = truth[KEY].merge(shown[KEY].drop_duplicates(), on=KEY, how="left", indicator=True)
    rest = small(truth[joined["_merge"].eq("left_only").to_numpy()])
    return pd.concat([shown[COLUMNS], rest[COLUMNS]], ignore_index=True)


def _ledger(folder: Path) -> pd.DataFrame:
    """Records of a folder and of those in it, which keep a sample's releases from the real ones."""
    inside = [path for path in sorted(folder.glob("*")) if path.is_dir()]
    return pd.concat([read_ledger(each) for each in (folder, *inside)], ignore_index=True)


def _latest(ledger: pd.DataFrame, quarter: str) -> pd.DataFrame:
    """Record of the latest release of a quarter; of all quarters when it is not known."""
    of_quarter = ledger[ledger["release"].eq(quarter) | (not quarter)]
    return of_quarter.sort_values("date", kind="stable").drop_duplicates(KEY, keep="last")


def _quarter(folder: Path) -> str:
    """Quarter of a set, as its manifest says; empty when it has none."""
    try:
        return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["quarter"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
