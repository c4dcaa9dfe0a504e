"""Small counts by the rules of a policy; and the plain rule that hides a whole breakdown."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from ehlib.load.definitions import percentages
from ehlib.load.indicators import Indicator
from ehlib.load.schema import KEY
from ehlib.measure.disclosure.cells import Held
from ehlib.measure.disclosure.ledger import REVISION, Earlier
from ehlib.measure.disclosure.policy import Policy
from ehlib.measure.disclosure.programmes import Problem
from ehlib.measure.disclosure.system import System

THRESHOLD = 5  # counts from 1 to 4 are hidden; zeros are shown (design: default for case records)
FIGURES = ["numerator", "denominator", "value", "lower_ci", "upper_ci"]
BLOCK = ["indicator_id", "period", "category_type"]  # rows that add up to one another
DRAWN_FROM = {  # percentage: indicator that counts all its records
    "mash_outcome": "mash_enquiries",
    "mash_within_1_day": "mash_enquiries",
    "mash_within_3_days": "mash_enquiries",
    "needs_met": "early_help_closed",
    "quality_audits_adequate": "quality_audits",
    "audits_adequate": "quality_audits",
}


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


def protect_counts(
    measures: pd.DataFrame, indicators: Mapping[str, Indicator], *, threshold: int = THRESHOLD
) -> pd.DataFrame:
    """Measures of case records without any small count or figure from which one follows.

    A breakdown is shown for a period only if no cell of it, in any area, is small: hiding the
    one cell would leave it to be found by subtraction. Totals of districts and localities are
    treated the same way, so that a small district does not follow from its county. What is shown
    elsewhere (another page, an earlier release) is not known here.

    Parameters
    ----------
    measures : DataFrame, one row per observation
        With value and limits, before any comparison. Rows of published indicators are left as
        their publisher has them.
    indicators : mapping
        The catalogue: tells the percentages, whose remainders can be small too.
    threshold : int
        Counts from 1 to below this are small. So are the remainders, denominator less numerator,
        of a breakdown or percentage, and the records that a percentage leaves out.

    Returns
    -------
    DataFrame, same rows and order
        Hidden rows have no numbers and the note `suppressed`. A county's total stays where it and
        the county's other totals of the block are not small.
    """
    cases = [key for key, each in indicators.items() if each.data_class == "case"]
    case = measures["indicator_id"].isin(cases)
    count, rest = measures["numerator"], measures["denominator"] - measures["numerator"]
    share = percentages(measures, indicators)
    small = _small(count, threshold) | (share & _small(rest, threshold))
    small |= share & _small(_left_out(measures), threshold)
    small |= measures["value_note"].str.contains("suppressed")
    total = (measures["category_type"] == "") & (measures["area_type"] == "county")
    block = [measures[name] for name in BLOCK]
    spoiled = small.groupby(block).transform("any")
    safe = total & ~(small & total).groupby(block).transform("any")
    return _hidden(measures, case & spoiled & ~safe)


def _small(counts: pd.Series, threshold: int) -> pd.Series:
    return (counts > 0) & (counts < threshold)


def _left_out(measures: pd.DataFrame) -> pd.Series:
    """Records of a place, period and breakdown that a percentage is not about."""
    counted = measures.drop_duplicates(KEY).set_index(KEY)["numerator"]
    drawn_from = measures["indicator_id"].map(DRAWN_FROM).astype("str")
    keys = pd.MultiIndex.from_frame(measures[KEY].assign(indicator_id=drawn_from))
    return counted.reindex(keys).set_axis(measures.index) - measures["denominator"]


def _hidden(measures: pd.DataFrame, rows: pd.Series) -> pd.DataFrame:
    """Measures without the numbers of some rows, which say so."""
    protected = measures.copy()
    protected[FIGURES] = protected[FIGURES].mask(rows)
    noted = measures["value_note"].str.split(";").map(lambda notes: "suppressed" in notes)
    said = (measures["value_note"] + ";suppressed").str.strip(";")
    protected["value_note"] = measures["value_note"].mask(rows & ~noted, said)
    return protected
