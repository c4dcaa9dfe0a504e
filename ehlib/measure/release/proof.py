"""Proof of a release: the attacker has a try at it, with all that earlier ones showed."""

from dataclasses import asdict
from datetime import date

import pandas as pd

from ehlib.load.schema import KEY, LISTED, ObservationError
from ehlib.measure.attack import attack, find_breaches
from ehlib.measure.disclosure import Protected, Release
from ehlib.measure.disclosure.cells import members
from ehlib.measure.disclosure.policy import Flow, Link

NOW = "this release"
PLACE = ["indicator_id", "area_code", "sex", "age", "category_type", "category"]
COUNTS = ["numerator", "denominator"]
TABLE = ["indicator_id", "category_type", "period"]


def prove(found: Protected, release: Release) -> dict[str, object]:
    """Account of an attack on a protected release, which it has withstood.

    Parameters
    ----------
    found : Protected
        What would be shown.
    release : Release
        The figures with their numbers, and the releases before.

    Returns
    -------
    dict
        `tables` attacked (an indicator, breakdown and period of this release each), `cells` in
        them, `hidden` ones, `bounded` unknown counts of this release and the earlier ones,
        `breaches` (0) and `exposed`, small counts that an earlier release gave away.

    Raises
    ------
    ObservationError
        If a small count can be proved to be small; names tables and places, and says what to do.
    """
    account = {
        "tables": len(found.case.drop_duplicates(TABLE)),
        "cells": len(found.case),
        "hidden": int(found.hidden["hidden"].sum()),
        "bounded": 0,
        "breaches": 0,
        "exposed": len(found.exposed),
        "message": found.message,
    }
    policy = release.policies.of(["case"])
    if policy.scheme != "suppress" or found.case.empty:
        return account
    shown = [*_earlier(release, found.case), (NOW, found.case)]
    links = [_said(link) for link in release.policies.links]
    bounds = attack(shown, release.areas, release.indicators, links=links)
    mine = bounds[bounds["release"] == NOW]
    truth = [(NOW, release.cells)]
    open_still = find_breaches(mine, policy.threshold, truth, release.indicators)
    exposed = pd.MultiIndex.from_frame(found.exposed[PLACE])
    open_still = open_still[~pd.MultiIndex.from_frame(open_still[PLACE]).isin(exposed)]
    if len(open_still):
        raise ObservationError(_refusal(open_still))
    return account | {"bounded": len(bounds)}


def _refusal(open_still: pd.DataFrame) -> str:
    """What can be worked out, in which table, and what to do."""
    listed = [
        f"{row.indicator_id} by {row.category_type or 'area'} of {row.period_end:%d %B %Y}, "
        f"{row.area_code}{row.category and f', {row.category}'}"
        for row in open_still.head(LISTED).itertuples()
    ]
    more = f"; and {len(open_still) - LISTED} more" if len(open_still) > LISTED else ""
    return (
        f"{len(open_still)} small counts can be worked out from what would be shown: "
        f"{'; '.join(listed)}{more}. Nothing was written. Merge categories of that table, take its "
        "breakdown or area type out of [[shown]] in disclosure.toml, or count longer periods"
    )


def _said(link: Link | Flow) -> dict[str, object]:
    """Link with what `disclosure.toml` says of it alone."""
    left_open = ((), "", False, date.min, date.max)
    return {name: value for name, value in asdict(link).items() if value not in left_open}


def _earlier(release: Release, case: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Earlier releases, oldest first, as a reader has them.

    One of which every row is again in this release, with the same numbers or hidden as before,
    tells nothing beside it and is left out.
    """
    ledger = release.ledger
    if ledger is None or ledger.empty:
        return []
    within = {code: ";".join(sorted(each)) for code, each in members(release.areas).items()}
    now = case[[*KEY, *COUNTS]].drop_duplicates(KEY)
    again = ledger.merge(now, on=KEY, how="left", suffixes=("", "_now"), indicator="where")
    same = again["where"].eq("both")
    same &= again["districts"] == again["area_code"].map(lambda code: within.get(code, code))
    for name in COUNTS:
        then, later = again[name], again[f"{name}_now"]
        same &= (then == later) | (then.isna() & later.isna())
    notes = ledger["hidden"].map({True: "suppressed", False: ""})
    named = ledger.assign(value_note=notes, same=same.to_numpy())
    parts = named.groupby(["date", "release"], sort=True)
    return [(f"{name} of {day}", part) for (day, name), part in parts if not part["same"].all()]
