"""Whether a gap widened or narrowed between its first and its latest year."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ehlib.measure.rates import FIGURES, Triple, subtract

WIDENED, NARROWED, TURNED = "widened", "narrowed", "turned round"
UNCLEAR, UNKNOWN = "no clear change", "chance not known"


@dataclass(frozen=True)
class GapChange:
    """A gap then and now, the change of its size, and the verdict.

    `before`, `after` and `by` are value with lower and upper limit; `by` is the gap after less the
    gap before, or of the other side's lead where that was ahead both times. `verdict` is widened,
    narrowed, turned round (one side was ahead beyond chance, and now the other is), no clear
    change, or chance not known where limits are missing.
    """

    first: str
    last: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    by: tuple[float, float, float]
    verdict: str


def gap_change(series: pd.DataFrame) -> GapChange | None:
    """Change of one gap from the first to the latest year that follow one definition.

    Parameters
    ----------
    series : DataFrame, one row per period
        `value`, `lower_ci`, `upper_ci` of the gap, `period`, `period_start`, and `definition`;
        rows of one calendar (a quarter is compared with the same quarter of another year).

    Returns
    -------
    GapChange or None
        None where fewer than two periods can be compared. The limits of the change take the two
        gaps as separate samples (MOVER), which those of the same children a year on are not.
    """
    known = series.dropna(subset="value").sort_values("period_start")
    if known.empty:
        return None
    last = known.iloc[-1]
    alike = known[known["definition"] == last["definition"]]
    alike = alike[alike["period_start"].dt.month == last["period_start"].month]
    first = alike.iloc[0]
    if first["period"] == last["period"]:
        return None
    before, after = _triple(first), _triple(last)
    return GapChange(first["period"], last["period"], before, after, *_verdict(before, after))


def _triple(row: pd.Series) -> tuple[float, float, float]:
    return tuple(float(row[name]) for name in FIGURES)


def _verdict(before: Triple, after: Triple) -> tuple[tuple[float, float, float], str]:
    """Change of the gap with limits, and what it amounts to."""
    change, low, high = (float(each) for each in subtract(after, before))
    if before[0] < 0 and after[0] < 0:  # the other side was ahead all along: its lead is the gap
        change, low, high = -change, -high, -low
    if np.isnan(low) or np.isnan(high):
        return (change, low, high), UNKNOWN
    if low <= 0 <= high:
        return (change, low, high), UNCLEAR
    if _ahead(before) * _ahead(after) < 0:
        return (change, low, high), TURNED
    return (change, low, high), WIDENED if abs(after[0]) > abs(before[0]) else NARROWED


def _ahead(gap: Triple) -> int:
    """Which side of 0 a gap's limits lie on: 1, -1, or 0 where they hold it."""
    return int(gap[1] > 0) - int(gap[2] < 0)
