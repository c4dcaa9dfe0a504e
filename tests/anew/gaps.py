"""Gaps between the county's districts: highest less, and divided by, lowest, and their change."""

import math

from scipy.stats import studentized_range

from anew.counted import Z, figure, method_of, per_thousand
from anew.known import Known, UnknownIdError, area_of, in_area
from anew.series import less

Triple = tuple[float, float, float]


def between(key: str, known: Known) -> list[float]:
    """Highest less lowest district, with limits that allow for choosing them after looking."""
    return less(*_ends(key, known))


def ratio(key: str, known: Known) -> list[float]:
    """Highest divided by lowest district, with limits by Donner and Zou (2012)."""
    (one, low, high), (two, below, above) = _ends(key, known)
    found = [one / two]
    for end, other, sign in ((low, above, -1), (high, below, 1)):
        product, base = one * two, other * (2 * two - other)
        root = math.sqrt(max(product**2 - end * (2 * one - end) * base, 0))
        found.append((product + sign * root) / base if base else math.inf)
    return [each for each in found if not math.isnan(each)]


def change(key: str, known: Known) -> list[float]:
    """The gap less that of the first period of the same season and definition."""
    county = area_of(key)
    keys = [in_area(each, county) for each, _ in known.line(in_area(key, _first(key, known)))]
    gaps = [each for each in keys if _alike(each, key, known)]
    then, now = ([*between(each, known), math.nan, math.nan][:3] for each in (gaps[0], key))
    return less(now, then)


def _first(key: str, known: Known) -> str:
    """The first district of a county."""
    districts = known.places.get(area_of(key), [])
    if not districts:
        raise UnknownIdError(f"no districts of {area_of(key)!r} are known")
    return districts[0]


def _alike(one: str, other: str, known: Known) -> bool:
    """Whether a gap can be drawn for one key, of the definition and season of the other."""
    rows = [known.row(in_area(each, _first(each, known))) for each in (one, other)]
    starts = [row["period_start"] for row in rows]
    said = [known.said(one, start) for start in starts]
    if starts[0].month != starts[1].month or said[0] != said[1]:
        return False
    try:
        return not math.isnan(_ends(one, known)[0][0])
    except UnknownIdError:  # a district has no figure
        return False


def _ends(key: str, known: Known) -> tuple[Triple, Triple]:
    """Highest and lowest district, their limits widened as for all pairs (Tukey; Kramer, 1956)."""
    _first(key, known)
    figures = [_rate(in_area(key, each), known) for each in known.places[area_of(key)]]
    if any(math.isnan(each[0]) for each in figures):
        raise UnknownIdError(f"a district has no figure of {key!r}")
    factor = studentized_range.ppf(0.95, len(figures), math.inf) / math.sqrt(2) / Z
    unsure = any(math.isnan(end) for each in figures for end in each)
    ends = []
    for value, low, high in (max(figures), min(figures)):
        wide = max(value - factor * (value - low), 0), value + factor * (high - value)
        ends.append((value, *((math.nan, math.nan) if unsure else wide)))
    return ends[0], ends[1]


def _rate(key: str, known: Known) -> Triple:
    """The figure of a district; a number of children as a rate of those who live there."""
    row = known.row(key)
    if method_of(row, known.said(key, row["period_start"]))[0] == "count":
        return tuple(per_thousand(key, known))
    return figure(key, known)
