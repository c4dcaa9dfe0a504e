"""Small numbers of case records, hidden before anything is drawn or written.

`protect` takes all case-based figures of a release at once. It hides small counts (primary) and
the fewest further ones (secondary) such that this reader cannot prove that a small count is small.

What the reader knows
    Every figure shown, in this release and the earlier ones of the ledger. How figures hang
    together: areas and their districts, breakdowns and their totals, sexes, ages, periods that
    others tile, percentages and their two counts, indicators that count the same records. That
    counts are whole and not negative; where zeros are shown, also that a hidden count is above 0.
What is guaranteed
    For each count from 1 to below the threshold, whether it stands in a row or is a difference of
    some: there are whole numbers for everything hidden that agree with all of this and have the
    count at the threshold or above it. Rows fall whole, so that no rate gives its count back.
What is not
    What the reader knows of a family beside the figures; which of two possible counts is likelier;
    sums of several small counts; what can be learnt from the program's choosing these cells and
    not others. What an earlier release gave away stays given away: the message says so. Hidden
    figures of one sum that were revised between releases: a reader who knows which of them were
    may work out what one was. Each release is safe by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ehlib.load.areas import Areas
from ehlib.load.definitions import percentages
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY, LISTED
from ehlib.measure.disclosure import (
    cells,
    ledger,
    primary,
    programmes,
    suppress,
    system,
)
from ehlib.measure.disclosure.policy import Policies, Policy
from ehlib.measure.disclosure.primary import FIGURES, THRESHOLD

__all__ = ["FIGURES", "THRESHOLD", "Protected", "Release", "protect"]
LABELS = [*KEY, "area_name", "area_type", "period_start", "period_end", "source_id", "source_name"]


@dataclass(frozen=True)
class Release:
    """Figures that go out together, with all that tells how they hang together."""

    cells: pd.DataFrame  # observations or measures of every page and download
    areas: Areas
    indicators: Mapping[str, Indicator]
    policies: Policies
    ledger: pd.DataFrame | None = None  # earlier releases, from `read_ledger`


@dataclass(frozen=True)
class Protected:
    """What may be shown, and how much is not."""

    frame: pd.DataFrame
    case: pd.DataFrame  # its case-based rows, which the ledger records
    hidden: pd.DataFrame  # indicator_id, rows, hidden: primary and secondary together
    loss: dict[str, float]  # rows hidden, and records in hidden rows, as shares of the case-based
    exposed: pd.DataFrame  # keys of small counts that earlier releases give away
    message: str


def protect(release: Release) -> Protected:
    """A release without any figure from which a small count follows.

    Parameters
    ----------
    release : Release
        All figures that go out together; those of published indicators stay as they are.

    Returns
    -------
    Protected
        Its frame has the same rows, order and index, and never held a hidden number: hidden rows
        have none of `FIGURES` and the note `suppressed`.
    """
    given = release.cells
    case = _is_case(given, release)
    rows = given[case].reset_index(drop=True)
    policy = release.policies.of(_classes(rows, release))
    hidden, exposed = np.zeros(len(rows), bool), np.zeros(len(rows), bool)
    rounded = None
    if len(rows) and policy.scheme == "round":
        share = percentages(rows, release.indicators)
        rounded = primary.round_counts(rows, share, policy)
        hidden = rounded["hidden"].to_numpy(bool)
    elif len(rows):
        hidden, exposed = _suppressed(rows, release, policy)
    frame = _built(given, _spread(hidden, case))
    if rounded is not None:
        frame.loc[case, FIGURES] = rounded[FIGURES].to_numpy()
    return _told(frame, rows.assign(hidden=hidden, exposed=exposed), case)


def _spread(hidden: np.ndarray, case: np.ndarray) -> np.ndarray:
    """Which of all rows are hidden, from which of the case-based ones are."""
    spread = case.copy()
    spread[case] = hidden
    return spread


def _is_case(rows: pd.DataFrame, release: Release) -> np.ndarray:
    """Whether each row is of a class of data that its policy does not leave as published."""
    left = [key for key, each in release.policies.classes.items() if each.scheme == "as_published"]
    ids = rows["indicator_id"].unique()
    strict = [each for each in ids if _class(each, release) not in left]
    return rows["indicator_id"].isin(strict).to_numpy(bool)


def _class(indicator_id: str, release: Release) -> str:
    known = release.indicators.get(indicator_id)
    return known.data_class if known else "published"


def _classes(rows: pd.DataFrame, release: Release) -> set[str]:
    """Classes of the rows and of what they are linked with: the stricter policy holds for all."""
    held = {*rows["indicator_id"].unique()}
    linked = {name for link in release.policies.links if link.names & held for name in link.names}
    return {_class(name, release) for name in held | linked} or {"published"}


def _suppressed(
    rows: pd.DataFrame, release: Release, policy: Policy
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to hide, and rows with a small count that cannot be protected any more."""
    links = release.policies.links
    within = cells.members(release.areas)
    held = cells.read_cells(rows, within, release.indicators)
    earlier = ledger.join_earlier(held, release.ledger, release.indicators, links)
    now = system.find_sums(earlier.held, links)
    bare = rows["numerator"].isna() & rows["value"].notna()  # of which nobody can tell the count
    came = (ledger.is_hidden(rows) | bare).to_numpy(bool)
    hidden = came
    for sums in ([*now, *earlier.sums], now):  # by itself where revisions leave no way for both
        linked = programmes.possible_counts(system.link_system(earlier.held, dict.fromkeys(sums)))
        problem = primary.whole_problem(linked, earlier, rows[~came], policy)
        chosen, lost = suppress.protect_release(problem, earlier.hidden, earlier.revised)
        stands = primary.cells_in_rows(earlier.held, rows, len(linked.cells))
        hidden = hidden | problem.hidden_rows(chosen)
        exposed = stands @ lost.astype(float) > 0
        if not (earlier.revised and exposed.any()):
            break
    return hidden, exposed


def _built(given: pd.DataFrame, hidden: np.ndarray) -> pd.DataFrame:
    """New frame: labels of every row, and all else of the shown rows only."""
    shown = np.flatnonzero(~hidden)
    built = {}
    for name in given.columns:
        if name in LABELS:
            built[name] = given[name].reset_index(drop=True).copy()
        elif name != "value_note":
            column = given[name].iloc[shown].set_axis(shown)
            built[name] = column.reindex(range(len(given)))
        else:
            notes = given[name].reset_index(drop=True)
            noted = notes.str.split(";").map(lambda each: "suppressed" in each).astype(bool)
            said = (notes + ";suppressed").str.strip(";")
            built[name] = notes.mask(hidden & ~noted, said)
    return pd.DataFrame(built, columns=given.columns).set_axis(given.index)


def _told(frame: pd.DataFrame, rows: pd.DataFrame, case: np.ndarray) -> Protected:
    """The frame with the account of what it hides."""
    hidden, records = rows["hidden"].to_numpy(), rows["numerator"].fillna(0.0)
    counted = rows.assign(rows=1).groupby("indicator_id", sort=False)
    exposed = rows.loc[rows["exposed"], KEY].reset_index(drop=True)
    loss = {
        "rows": float(hidden.mean()) if len(rows) else 0.0,
        "records": float(records[hidden].sum() / max(records.sum(), 1.0)),
    }
    message = f"{hidden.sum():,} of {len(rows):,} figures of case records are hidden."
    if len(exposed):
        listed = [", ".join(filter(None, each)) for each in exposed.head(LISTED).to_numpy()]
        more = f"; and {len(exposed) - LISTED} more" if len(exposed) > LISTED else ""
        message += f" Small counts that earlier releases give away: {'; '.join(listed)}{more}."
    counts = counted[["rows", "hidden"]].sum().reset_index()
    return Protected(frame, frame[case], counts, loss, exposed, message)
