"""Small counts by the rules of a policy: what each of them needs, or counts rounded."""

import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from ehlib.measure.disclosure.cells import Held
from ehlib.measure.disclosure.ledger import REVISION, Earlier
from ehlib.measure.disclosure.policy import Policy
from ehlib.measure.disclosure.programmes import Problem
from ehlib.measure.disclosure.system import System

THRESHOLD = 5  # counts from 1 to 4 are hidden; zeros are shown (design: default for case records)
FIGURES = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
COUNTS, MADE = FIGURES[:2], FIGURES[2:]


def needed_room(system: System, held: Held, policy: Policy) -> np.ndarray:
    """By how much a reader must be able to think that each cell is larger; 0 where not small.

    Parameters
    ----------
    system : System
        Every count, also those that are only differences of others.
    held : Held
        The cells of the rows.
    policy : Policy
        Threshold, zeros, remainders, width, and the rules on shares.
    """
    counts, rows = system.counts, np.arange(len(system.cells)) < len(held.cells)
    small = (counts > 0) & (counts < policy.threshold)
    if not policy.zeros_shown:
        small |= rows & (counts == 0)
    if not policy.remainders:
        small &= ~np.array([_is_rest(cell.counted) for cell in system.cells], bool)
    small &= ~np.array([cell.counted.endswith(REVISION) for cell in system.cells], bool)
    room = np.where(small, np.maximum(policy.threshold - counts, policy.width), 0.0)
    for place in _telling(held, policy):
        room[place] = max(room[place], policy.width, 1.0)
    return room


def whole_problem(system: System, earlier: Earlier, shown: pd.DataFrame, policy: Policy) -> Problem:
    """A whole release as a problem: what each cell needs, and what cannot be hidden.

    Parameters
    ----------
    system : System
        Every count of the release and of those before it.
    earlier : Earlier
        What earlier releases show.
    shown : DataFrame
        Rows of the release that did not come hidden, numbered as in the release.
    policy : Policy
        What is small.
    """
    held = np.arange(len(system.cells)) < len(earlier.held.cells)
    need = needed_room(system, earlier.held, policy)
    zero = (system.counts == 0) & (need == 0)
    fixed = zero if not policy.certain_share_below else zero & held
    fixed[earlier.hidden] = False  # 0 only since it was revised
    fixed[earlier.known] = True
    above = policy.zeros_shown and not policy.certain_share_below
    known = ~np.isnan(earlier.held.counts)
    lowest = np.zeros(len(system.cells))
    lowest[: len(known)] = np.where(known & above, np.minimum(earlier.held.counts, 1.0), 0.0)
    lowest = np.maximum(lowest, _grown(system, earlier))
    rows = cells_in_rows(earlier.held, shown, len(system.cells))
    return Problem(system.matrix.tocsc(), system.counts, lowest, need, fixed, rows)


def _grown(system: System, earlier: Earlier) -> np.ndarray:
    """Least that hidden cells can be which were hidden before and may have grown since.

    A sum tells by how much its hidden cells grew together; each was at least 0 before that.
    """
    least = np.zeros(len(system.cells))
    before = np.isin(np.arange(len(least)), earlier.hidden)
    for place, cell in enumerate(system.cells):
        if cell.counted.endswith(REVISION) and system.counts[place] < 0:
            sums = abs(system.matrix) @ (np.arange(len(least)) == place).astype(float) > 0
            inside = (abs(system.matrix).T @ sums.astype(float) > 0) & before
            least[inside] = np.maximum(least[inside], 1.0 - system.counts[place])
    return np.minimum(least, system.counts)


def cells_in_rows(held: Held, shown: pd.DataFrame, width: int) -> csc_array:
    """Which cells each row of the release shows: 1 for its counts, nothing for missing ones."""
    pairs = {
        (row, cells[row])
        for cells, name in ((held.numerators, "numerator"), (held.denominators, "denominator"))
        for row in shown.index[shown[name].notna()]
        if cells[row] >= 0
    }
    rows, columns = zip(*sorted(pairs), strict=True) if pairs else ((), ())
    shape = (len(held.numerators), width)
    return csc_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _is_rest(counted: str) -> bool:
    return "|rest" in counted or "|without" in counted


def _telling(held: Held, policy: Policy) -> np.ndarray:
    """Cells of rows whose share says something of everybody: all, none, or nearly all."""
    rows = np.flatnonzero(held.denominators >= 0)
    count = held.counts[held.numerators[rows]]
    total = held.counts[held.denominators[rows]]
    few = (total > 0) & (total < policy.certain_share_below)
    telling = few & ((count == 0) | (count == total))
    dominant = (total > 0) & (total < policy.dominant_below)
    telling |= dominant & (count > policy.dominant_share * total)
    return np.unique(held.numerators[rows[telling]])


def round_counts(rows: pd.DataFrame, share: pd.Series, policy: Policy) -> pd.DataFrame:
    """Counts of case-based rows as a rounding policy shows them.

    Zeros stay, counts from 1 to below the threshold are hidden, the others go to the nearest
    multiple of `round_to` (halves up). Populations are not rounded. What is made from counts is
    left out: `ehlib.measure.rates` makes it again from the rounded ones.

    Not guaranteed: that rounded parts add up to their rounded total, and that no hidden count
    can be bounded. A total of 20 (18 to 22) less a part of 20 leaves 0 to 4; a reader who sees a
    row's other parts, all rounded, may prove a hidden one small. It says less about larger counts
    than suppression does, and more about where the hidden ones are.

    Parameters
    ----------
    rows : DataFrame, one row per observation
        Case-based, with numerator and denominator.
    share : Series of bool
        Whether the denominator is a count of records too.
    policy : Policy
        `threshold`, `round_to` and whether zeros are shown.

    Returns
    -------
    DataFrame, same rows and order
        Rows with a hidden count have no numbers at all. New arrays throughout.
    """
    numerator = rows["numerator"].to_numpy(float)
    denominator = rows["denominator"].to_numpy(float)
    rest = denominator - numerator
    least = 0 if policy.zeros_shown else -1
    small = (numerator > least) & (numerator < policy.threshold)
    parts = share.to_numpy(bool)
    for each in (denominator, *([rest] if policy.remainders else [])):
        small |= parts & (each > least) & (each < policy.threshold) & (each != 0)
    shown = ~small & ~np.isnan(numerator)
    rounded = pd.DataFrame(np.nan, rows.index, [*COUNTS, *MADE])
    rounded.loc[shown, "numerator"] = _nearest(numerator[shown], policy.round_to)
    whole = np.where(parts, _nearest(denominator, policy.round_to), denominator)
    rounded.loc[shown, "denominator"] = whole[shown]
    return rounded.assign(hidden=small)


def _nearest(counts: np.ndarray, base: int) -> np.ndarray:
    return np.floor(counts / base + 0.5) * base
