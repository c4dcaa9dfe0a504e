"""Figures as they may be shown: protected together, once for a batch or on reading."""

from dataclasses import asdict
from datetime import date
from pathlib import Path

import pandas as pd

from ehlib.load.areas import read_areas
from ehlib.load.indicators import read_indicators
from ehlib.load.schema import LISTED, ObservationError, read_observations
from ehlib.measure.attack import attack, find_breaches
from ehlib.measure.disclosure import Protected, Release, protect
from ehlib.measure.disclosure.ledger import read_ledger
from ehlib.measure.disclosure.policy import Link, read_policies

NOW = "this release"
PLACE = ["indicator_id", "area_code", "sex", "age", "category_type", "category"]
MARK = "released.json"  # in a folder whose figures are protected already


def read_released(
    data_dir: str | Path,
    reference_dir: str | Path,
    *,
    quarter: str = "",
    indicator_id: str | list[str] = "",
) -> pd.DataFrame:
    """Observations of a quarter, without any that must not be shown.

    Parameters
    ----------
    data_dir : str or Path
        Folder that `ehlib prepare` wrote, or the one that a batch has protected.
    reference_dir : str or Path
        Catalogue, areas and `disclosure.toml`.
    quarter : str
        Financial quarter: periods that ended later are left out. Empty for all.
    indicator_id : str or list of str
        Indicators to keep; empty for all. All of them are protected together.

    Returns
    -------
    DataFrame, one row per observation
        As `read_observations` gives it; hidden rows have no numbers and the note `suppressed`.

    Raises
    ------
    SourceError
        If the folder holds no prepared observations.
    """
    if (Path(data_dir) / MARK).exists():
        return read_observations(data_dir, quarter=quarter, indicator_id=indicator_id)
    shown = protect_release(data_dir, reference_dir, quarter=quarter).frame
    wanted = [indicator_id] if isinstance(indicator_id, str) else indicator_id
    kept = shown["indicator_id"].isin(wanted) if indicator_id else slice(None)
    return shown.loc[kept].reset_index(drop=True)


def protect_release(
    data_dir: str | Path, reference_dir: str | Path, *, quarter: str = ""
) -> Protected:
    """All figures of a quarter, protected with what earlier releases showed.

    Parameters
    ----------
    data_dir, reference_dir, quarter
        As for `read_released`.

    Returns
    -------
    Protected
        Its frame has the rows of `read_observations`.

    Raises
    ------
    SourceError
        If the folder holds no prepared observations.
    ObservationError
        If an outsider could still prove a small count to be small.
    """
    reference = Path(reference_dir)
    held = read_observations(data_dir, quarter=quarter)
    release = Release(
        held,
        read_areas(reference / "areas.toml"),
        read_indicators(reference / "indicators.toml", data_dir=data_dir),
        read_policies(reference / "disclosure.toml"),
        read_ledger(releases_folder(data_dir, held)),
    )
    found = protect(release)
    _prove(found, release)
    return found


def releases_folder(data_dir: str | Path, held: pd.DataFrame) -> Path:
    """Folder of the ledger; releases of the synthetic sample have one of their own.

    The first real records would otherwise be taken for revisions of invented ones.
    """
    synthetic = held["value_note"].str.split(";").map(lambda notes: "synthetic" in notes).any()
    return Path(data_dir) / "releases" / ("synthetic" if synthetic else "real")


def _prove(found: Protected, release: Release) -> None:
    """Refuse a protected release whose small counts the attacker proves to be small."""
    policy = release.policies.of(["case"])
    if policy.scheme != "suppress":
        return
    shown = [*_earlier(release.ledger), (NOW, found.case)]
    links = [_said(link) for link in release.policies.links]
    bounds = attack(shown, release.areas, release.indicators, links=links)
    mine = bounds[bounds["release"] == NOW]
    truth = [(NOW, release.cells)]
    open_still = find_breaches(mine, policy.threshold, truth, release.indicators)
    exposed = pd.MultiIndex.from_frame(found.exposed[PLACE])
    open_still = open_still[~pd.MultiIndex.from_frame(open_still[PLACE]).isin(exposed)]
    if len(open_still):
        places = [", ".join(map(str, row)) for row in open_still.head(LISTED)[PLACE].to_numpy()]
        more = f"; and {len(open_still) - LISTED} more" if len(open_still) > LISTED else ""
        raise ObservationError(
            f"{len(open_still)} small counts can be worked out from what would be shown: "
            f"{'; '.join(places)}{more}; merge categories, drop a breakdown or show longer periods"
        )


def _said(link: Link) -> dict[str, object]:
    """Link with what `disclosure.toml` says of it alone."""
    left_open = ((), date.min, date.max)
    return {name: value for name, value in asdict(link).items() if value not in left_open}


def _earlier(ledger: pd.DataFrame | None) -> list[tuple[str, pd.DataFrame]]:
    """Earlier releases, oldest first, as a reader has them."""
    if ledger is None or ledger.empty:
        return []
    notes = ledger["hidden"].map({True: "suppressed", False: ""})
    named = ledger.assign(value_note=notes)
    parts = named.groupby(["date", "release"], sort=True)
    return [(f"{release} of {day}", part) for (day, release), part in parts]
