"""What a gap and its change amount to, in one sentence each."""

import pandas as pd

from ehlib.load.indicators import Indicator
from ehlib.measure.gaps import GapChange, Pair
from ehlib.measure.gaps.change import NARROWED, TURNED, UNKNOWN, WIDENED
from ehlib.show.sentences import begin, label_words, number, short_label
from ehlib.show.tables import limits_text

SMALLER = {WIDENED: "widened", NARROWED: "narrowed"}
PERCENT, POINTS = "percentage points", "points"
NO_COUNTS = "some figures are published without counts, which limits need, so that may be chance"


def sized(value: float, unit: str) -> str:
    """Size of a gap with its unit: `24.0 percentage points`, `15.3 points`."""
    return f"{number(value)} {PERCENT if unit == '%' else POINTS}"


def limits_words(low: float, high: float, decimals: int = 1) -> str:
    """Limits in brackets after a number; empty where there are none."""
    told = limits_text(low, high, decimals)
    return f" (95% limits {told})" if told else ""


def pair_sentence(row: pd.Series, pair: Pair, indicator: Indicator) -> str:
    """Both results of one pair in one year, and the gap between them."""
    when = label_words(row["period"], indicator)
    gap = f"{sized(row['value'], pair.unit)}{limits_words(row['lower_ci'], row['upper_ci'])}"
    low, high = (number(row[name]) for name in ("group_value", "others_value"))
    if pair.unit == "%":
        return (
            f"At age {pair.age} in {when}, {low}% of {pair.group} {pair.result}, against {high}% "
            f"of {pair.others}: a gap of {gap}."
        )
    return (
        f"At age {pair.age} in {when}, {pair.group} had an average {pair.result} of {low}, against "
        f"{high} for {pair.others}: a gap of {gap}."
    )


def beside_england(row: pd.Series, england: pd.DataFrame) -> str:
    """England's gap of the same pair and year, as a sentence to follow; empty where not known."""
    same = england[(england["pair"] == row["pair"]) & (england["period"] == row["period"])]
    if same.empty:
        return ""
    gap = float(same["value"].iloc[0])
    if number(gap) == number(row["value"]):
        return " In England the gap was the same."
    return f" In England the gap was {number(gap)}."


def change_sentence(change: GapChange | None, unit: str, indicator: Indicator, what: str) -> str:
    """Whether a gap widened or narrowed since its first year; empty without two years.

    Parameters
    ----------
    change : GapChange or None
        From `gap_change`.
    unit : str
        `%` for percentage points; else the unit in words, or `points`.
    indicator : Indicator
        Gives the calendar of the periods.
    what : str
        The gap in words, such as `the gap at age 11`.
    """
    if change is None:
        return ""
    quarters = indicator.calendar == "financial_quarter"
    since, until = (
        short_label(label) if quarters else label_words(label, indicator)
        for label in (change.first, change.last)
    )
    who = begin(f"from {since} to {until}, {what}")
    value, low, high = change.by
    then, now = number(change.before[0]), sized_in(change.after[0], unit)
    if change.verdict == UNKNOWN:
        return f"{who} went from {then} to {now}; {NO_COUNTS}."
    if change.verdict in SMALLER:
        if value < 0:
            value, low, high = -value, -high, -low
        by = f"by {sized_in(value, unit)}{limits_words(low, high)}"
        return f"{who} {SMALLER[change.verdict]} {by}: it went from {then} to {now}."
    if change.verdict == TURNED:
        return f"{who} turned round: it went from {then} to {now}."
    by = f"change {number(value)}, 95% limits {limits_text(low, high)}"
    return f"{who} showed no clear change: {then} at first and {now} at last ({by})."


def sized_in(value: float, unit: str) -> str:
    """Size of a gap in percentage points, points, or the words of another unit."""
    if unit in ("%", POINTS):
        return sized(value, unit)
    return f"{number(value)} {unit}"


def verdict_words(change: GapChange | None) -> str:
    """Verdict as a table has it, with a sign that says the same, or that there is none."""
    if change is None:
        return "no earlier year to compare with"
    signs = {WIDENED: "\u25b2 ", NARROWED: "\u25bc "}
    return f"{signs.get(change.verdict, '')}{change.verdict}"
