"""Numbers made of several periods of one place: since April, usual variation, year on year."""

import math

import pandas as pd

from anew.counted import figure
from anew.known import Known

AS_LONG = pd.Timedelta(days=3)  # periods of one length: years differ by a leap day
SPREAD = 2.66  # three standard deviations in mean moving ranges
EVENT = 3.267  # a range of so many mean ranges is left out, once


def since_april(key: str, known: Known) -> list[float]:
    """The numbers of the quarters of a year up to this one."""
    own = known.row(key)
    rows = [row for _, row in known.line(key) if row["period"][:7] == own["period"][:7]]
    return [sum(row["numerator"] for row in rows if row["period"] <= own["period"])]


def year_change(key: str, known: Known) -> list[float]:
    """The figure less that of a year before, with limits where both have them.

    Nothing across a change of the definition.
    """
    own = known.row(key)
    length = own["period_end"] - own["period_start"]
    before = [
        each
        for each, row in known.line(key)
        if row["period_start"] == own["period_start"] - pd.DateOffset(years=1)
        and known.said(key, row["period_start"]) == known.said(key, own["period_start"])
        and abs(row["period_end"] - row["period_start"] - length) <= AS_LONG
    ]
    return less(figure(key, known), figure(before[0], known)) if before else []


def less(first: tuple[float, ...], second: tuple[float, ...]) -> list[float]:
    """A difference with limits by Zou and Donner (2008); without limits where a side has none."""
    (one, low, high), (two, below, above) = first, second
    ends = (-math.hypot(one - low, above - two), math.hypot(high - one, two - below))
    return [one - two, *(one - two + end for end in ends if not math.isnan(end))]


def usual(key: str, known: Known) -> list[float]:
    """Limits of an XmR chart of the quarters that follow the same definition."""
    points = [
        (row["period_start"], figure(each, known)[0])
        for each, row in known.line(key)
        if known.said(key, row["period_start"]) == known.said(key, known.row(key)["period_start"])
    ]
    held = {start: value for start, value in points if not math.isnan(value)}
    ranges = [
        abs(value - held[start - pd.DateOffset(months=3)])
        for start, value in held.items()
        if start - pd.DateOffset(months=3) in held
    ]
    mean, moving = sum(held.values()) / len(held), sum(ranges) / len(ranges)
    kept = [each for each in ranges if each < EVENT * moving or not moving]
    half = SPREAD * sum(kept) / len(kept)
    return [mean - half, mean + half]
