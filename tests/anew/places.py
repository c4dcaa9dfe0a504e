"""Where a place stands among others in one period."""

import math
import statistics

from anew.counted import figure
from anew.known import Known, UnknownIdError, area_of, in_area


def others(key: str, known: Known) -> list[float]:
    """Lowest and highest figure of the places that it is set beside."""
    values = beside(key, known)
    return [min(values), max(values)]


def middle(key: str, known: Known) -> list[float]:
    """Median of their figures."""
    return [statistics.median(beside(key, known))]


def rank(key: str, known: Known) -> list[float]:
    """One more than the places with a higher figure, and of how many places."""
    values, own = beside(key, known), figure(key, known)[0]
    return [1 + sum(each > own for each in values), 1 + len(values)]


def beside(key: str, known: Known) -> list[float]:
    """Figures of the other places in the same period, those that have one."""
    values = []
    for area in known.beside.get(area_of(key), []):
        try:
            values.append(figure(in_area(key, area), known)[0])
        except UnknownIdError:  # no figure of that place is held
            continue
    return [each for each in values if not math.isnan(each)]
