"""What is said of a traced number: what it is, how it is calculated, where it is shown."""

from datetime import date

import numpy as np
import pandas as pd

from ehlib.publish.trace.found import MADE, Traced
from ehlib.publish.trace.pages import shown_number
from ehlib.show.sentences import number
from ehlib.show.tables import MARKERS

HIDDEN = MARKERS["suppressed"][0]
WIDTH = 11  # of the names before what is said
LIMITS = {
    "proportion": "Wilson's score method (docs/methods.md, intervals.wilson)",
    "rate": "exact Poisson for fewer than 10 events, Byar's method from 10 (docs/methods.md, "
    "intervals.poisson)",
}
COUNTS = ("number", "out_of", "since_april")
MEASURES = {  # measures by the names that readers know; others go by their own
    "value": "value",
    "number": "number counted",
    "out_of": "number it is out of",
    "limits": "95% limits",
    "since_april": "number since April",
    "usual": "limits of usual variation",
}


def line(name: str, words: str) -> str:
    """One line: a name, and what is said of it."""
    return f"{name:<{WIDTH}} {words}"


def number_lines(traced: Traced) -> list[str]:
    """Indicator with its definition, area, period, what was published, and the formula."""
    row, indicator = traced.number.row, traced.number.indicator
    version = indicator.version_at(row["period_start"].date())
    first = version == indicator.versions[0]
    since = "" if first else f", as defined from {_day(version.start)}"
    days = f"{_day(row['period_start'])} to {_day(row['period_end'])}"
    said = {
        "Indicator": f"{version.name} ({indicator.id}{since})",
        "Area": f"{row['area_name']} ({row['area_code']}, {row['area_type']})",
        "Period": f"{row['period']} ({days})",
        "For": _whom(row),
        "This is": _what(traced),
        "As shown": _shown(traced),
        "Notes": row["value_note"].replace(";", ", "),
        "Number": version.numerator,
        "Out of": _whole(traced),
        "Formula": _formula(traced),
        "Limits": _limits(traced),
    }
    return [line(name, words) for name, words in said.items() if words]


def page_lines(traced: Traced) -> list[str]:
    """Pages on which the number stands, with what is written there."""
    cells = [cell for cell in traced.cells if traced.number.measure in cell.measures]
    if not cells:
        return [line("Pages", "none of the published pages shows it")]
    told = [f"{cell.folder}/{cell.page} ({cell.title}): {cell.text}" for cell in cells]
    return [line("Pages" if not place else "", words) for place, words in enumerate(told)]


def _whole(traced: Traced) -> str:
    """What the number is out of; a part of case records is out of all of them."""
    row, found = traced.number.row, traced.number
    if found.method != found.indicator.method:
        return "all of the area and period"
    return found.indicator.version_at(row["period_start"].date()).denominator


def _what(traced: Traced) -> str:
    """Which number it is, with the unit unless it is a count."""
    measure = traced.number.measure
    if measure not in MEASURES:
        return measure.replace("_", " ")
    if measure in COUNTS:
        return MEASURES[measure]
    part = traced.number.method != traced.number.indicator.method
    return f"{MEASURES[measure]}, {'% of all' if part else traced.number.indicator.unit}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _whom(row: pd.Series) -> str:
    whom = f"{row['sex']}, aged {row['age']}"
    return f"{whom}; {row['category_type']}: {row['category']}" if row["category"] else whom


def _shown(traced: Traced) -> str:
    """Text of the cells, or of published figures the number itself, rounded as pages round it."""
    number_now = traced.number
    texts = {cell.text for cell in traced.cells if number_now.measure in cell.measures}
    if any(HIDDEN in text for text in texts):
        return f"{HIDDEN}, hidden so that no child can be identified"
    if texts:
        return "; ".join(sorted(texts))
    if number_now.is_case:
        return "on no page; counts from case records are not told before they are published"
    return f"{_own(traced)} (on no page)" if number_now.measure not in MADE else "on no page"


def _own(traced: Traced) -> str:
    row, decimals = traced.number.row, traced.number.indicator.decimals
    if traced.number.measure == "limits":
        return f"{number(row['lower_ci'], decimals)} to {number(row['upper_ci'], decimals)}"
    names = {"value": ("value", decimals), "number": ("numerator", 0), "out_of": ("denominator", 0)}
    column, places = names[traced.number.measure]
    return number(row[column], places)


def _counts(traced: Traced) -> tuple[str, str]:
    """Numerator and denominator as they may be told; empty where they may not, or are not known."""
    if traced.number.is_case:
        return tuple(shown_number(traced.cells, name) for name in ("number", "out_of"))
    row = traced.number.row
    return tuple(
        "" if np.isnan(row[name]) else number(row[name], 0) for name in ("numerator", "denominator")
    )


def _formula(traced: Traced) -> str:
    """How the value is made, with its counts where they may be told."""
    if traced.number.measure in MADE:
        return MADE[traced.number.measure]
    found = traced.number
    if found.measure in COUNTS:
        return "counted from the records" if found.is_case else "as the source gives it"
    if found.method in ("count", "value"):
        return "the figure itself" if found.is_case else "the figure itself, as the source gives it"
    words = f"{found.multiplier:,g} x number / out of"
    reference = f"(docs/methods.md, rates.{found.method})"
    above, below = _counts(traced)
    if above and below:
        return f"{words} = {found.multiplier:,g} x {above} / {below} {reference}"
    if found.is_case:
        return f"{words}; not both counts stand on a page {reference}"
    return f"{words}; the source gives the value itself, and not both counts {reference}"


def _limits(traced: Traced) -> str:
    row = traced.number.row
    if traced.number.measure not in ("value", "limits") or np.isnan(row["lower_ci"]):
        return ""
    own = f"95%, {LIMITS.get(traced.number.method, 'as the source gives them')}"
    return f"{own}; the publisher's own where it gives them" if not traced.number.is_case else own
