"""Figures by deprivation: chart, finding, caption and the tables behind them."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.inequality import Gradient
from ehlib.show.charts import INK, MARKS, NARROW, QUIET, RULE, WIDE, named, new_axes, wrapped
from ehlib.show.sentences import (
    begin,
    count_words,
    label_words,
    list_words,
    number,
    number_word,
    points,
    with_unit,
)
from ehlib.show.tables import LIMITS, counts_text, heading

GROUPS = {
    "neighbourhoods": "fifths of {county}'s {places} neighbourhoods",
    "published": "England's tenths of areas, as the publisher groups them",
    "tenths": "tenths of England's {places} districts and unitary authorities",
    "districts": "the {places} districts of {county}",
}
PLACES_ONLY = (
    "Places are compared here, not children: many children in a deprived place are not deprived, "
    "and many deprived children live elsewhere. A gradient does not show what causes it."
)
IN_THE_INDEX = {"children_relative_low_income", "children_relative_low_income_percent"}
BUILT_IN = "Low income is itself a part of the index, so some of the gradient is built in."
BORROWED = (
    "Populations are all children aged 0 to 17, since those that the figures rest on are not held."
)
FEW_POINTS = "A line through so few places can turn on one of them."
INDICES = ["Measure", "Value", "95% limits", "What it is"]


def plot_gradient(
    groups: pd.DataFrame, *, line: tuple[float, float], unit: str, narrow: bool = False
) -> Axes:
    """Groups from most to least deprived with their limits, and the fitted slope between the ends.

    Parameters
    ----------
    groups : DataFrame, most deprived first
        `label`, `value`, `lower_ci`, `upper_ci`, `population`.
    line : tuple of float
        Fitted values at the most and at the least deprived end.
    unit : str
        Unit of the axis in words.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
    """
    ax = new_axes(height=4.4 if narrow else 3.8, width=NARROW if narrow else WIDE)
    share = groups["population"] / groups["population"].sum()
    middle = share.cumsum() - share / 2
    spread = [groups["value"] - groups["lower_ci"], groups["upper_ci"] - groups["value"]]
    colour = MARKS["better"][0]
    ax.bar(middle, groups["value"], width=share * 0.92, color="#b3d0e8", edgecolor=colour, lw=0.6)
    ax.errorbar(middle, groups["value"], yerr=np.nan_to_num(spread), fmt="none", ecolor=INK, lw=1)
    ax.plot([0, 1], line, color=MARKS["worse"][0], linewidth=2)
    labels = [str(label) for label in groups["label"]]
    turned = max(map(len, labels)) > 3  # names of districts, not numbers of groups
    turn = {"rotation": 60 if narrow else 25, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(middle, labels, fontsize=9, **(turn if turned else {}))
    ends = "most deprived on the left, least deprived on the right; widths follow population"
    ax.set_xlabel(wrapped(ends, 32 if narrow else 90), loc="left")
    ax.set_title(wrapped(unit, 40 if narrow else 90), color=QUIET, fontsize=9)
    ax.grid(axis="y", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def gradient_sentence(found: Gradient, areas: Areas) -> str:
    """Whether figures rise or fall with deprivation, and by how much; empty without a gradient."""
    if found.slope is None:
        return ""
    slope, indicator = found.slope, found.indicator
    most, least = (with_unit(end, indicator) for end in found.line)
    who = f"in {label_words(found.period, indicator)}, across {_groups(found, areas)}"
    size = points(abs(float(slope.sii)), indicator)
    route = f"{most} at the most deprived end of the fitted line, {least} at the least deprived"
    if np.isnan(slope.lower):
        unsure = "without limits, so that chance cannot be ruled out"
        return begin(f"{who}: {route}, {size} apart, {unsure}.")
    low, high = (number(float(end), indicator.decimals) for end in (slope.lower, slope.upper))
    index = (
        f"slope index {number(float(slope.sii), indicator.decimals)}, 95% limits {low} to {high}"
    )
    if slope.lower <= 0 <= slope.upper:
        said = begin(f"{who}, there is no clear gradient with deprivation ({index}).")
        return said + _turns(found)
    way = "higher" if slope.sii > 0 else "lower"
    return begin(f"{who}, the more deprived the {way}: {route} ({index}).") + _turns(found)


def _turns(found: Gradient) -> str:
    """On which single districts the finding hangs, as a sentence to go with it."""
    if not found.turns_on:
        return ""
    names = list_words(list(found.turns_on))
    if len(found.turns_on) == 1:
        return f" That hangs on one district: it changes when {names} is left out."
    return f" That hangs on single districts: it changes when any one of {names} is left out."


def gradient_caption(found: Gradient, areas: Areas) -> str:
    """What a chart of groups by deprivation holds, and by which index they are grouped."""
    left = ""
    if found.left_out:
        gone = begin(count_words(found.left_out, "place"))
        were = "was" if found.left_out == 1 else "were"
        left = f" {gone} without a figure or score {were} left out."
    few = f" {FEW_POINTS}" if found.kind == "districts" else ""
    groups = begin(_groups(found, areas))
    made = f" The score of each place is the {found.derived}." if found.derived else ""
    made += f" {BORROWED}" if found.borrowed else ""
    made += f" {BUILT_IN}" if found.indicator.id in IN_THE_INDEX else ""
    return (
        f"{named(found.indicator)}, {label_words(found.period, found.indicator)}. {groups}, by the "
        f"Index of Multiple Deprivation of {found.edition}. The line is fitted to all of them, "
        f"weighted by population.{made}{left}{few}"
    )


def groups_caption(found: Gradient) -> str:
    """What the table of groups holds."""
    when = label_words(found.period, found.indicator)
    return f"{named(found.indicator)}, {when}, from the most to the least deprived."


def _groups(found: Gradient, areas: Areas) -> str:
    places = found.groups["places"].sum()
    words = "" if np.isnan(places) else number_word(int(places))
    return GROUPS[found.kind].format(county=areas.county.name, places=words)


def index_source(found: Gradient) -> list[str]:
    """Source of the index that places are grouped by, where they are grouped."""
    if found.slope is None:
        return []
    return [f"English indices of deprivation {found.edition}, Index of Multiple Deprivation"]


def groups_table(found: Gradient) -> pd.DataFrame:
    """One row a group, most deprived first: value, limits, number and population, as text."""
    rows, decimals = found.groups, found.indicator.decimals
    whole = [""] * len(rows)
    ends = found.kind != "districts"
    labels = [str(label) for label in rows["label"]]
    if ends:
        labels[0], labels[-1] = f"{labels[0]} (most deprived)", f"{labels[-1]} (least deprived)"
    columns = {
        "District" if found.kind == "districts" else "Group": labels,
        "Places": counts_text(rows["places"], whole) if ends else whole,
        "Number": counts_text(rows["numerator"], whole),
        "Children aged 0 to 17" if found.borrowed else "Population": counts_text(
            rows["population"].round(), whole
        ),
        heading(found.indicator): [number(value, decimals) for value in rows["value"]],
        LIMITS: [
            "" if np.isnan(low) else f"{number(low, decimals)} to {number(high, decimals)}"
            for low, high in zip(rows["lower_ci"], rows["upper_ci"], strict=True)
        ],
    }
    table = pd.DataFrame(columns)
    return table.loc[:, (table != "").any()]


def indices_table(found: Gradient) -> pd.DataFrame:
    """Slope and relative index, range, ratio and attributable share, each with what it is."""
    slope, ends, share = found.slope, found.ends, found.attributable
    indicator = found.indicator
    sized = [
        (
            "Slope index (SII)",
            (slope.sii, slope.lower, slope.upper),
            "most less least deprived end of the fitted line",
        ),
        (
            "Range",
            (ends.range, ends.range_lower, ends.range_upper),
            "most less least deprived group, a pair fixed beforehand",
        ),
    ]
    times = [
        (
            "Relative index (RII)",
            (slope.rii, slope.rii_lower, slope.rii_upper),
            "most divided by least deprived end of the line",
        ),
        (
            "Ratio",
            (ends.ratio, ends.ratio_lower, ends.ratio_upper),
            "most divided by least deprived group",
        ),
    ]
    rows = [_row(*each, decimals=indicator.decimals, unit=_unit(indicator)) for each in sized]
    rows += [_row(*each, decimals=2, unit="") for each in times]
    if indicator.polarity != "high_is_good" and not np.isnan(share[0]):
        percent = tuple(100 * each for each in share)
        what = "share of all that would not be, had every group the least deprived group's figure"
        rows.append(_row("Attributable share (PAR)", percent, what, decimals=1, unit="%"))
    table = pd.DataFrame(rows, columns=INDICES)
    return table[table["Value"] != "[x]"]


def _unit(indicator: Indicator) -> str:
    return " points" if indicator.unit_short == "%" else f" {indicator.unit_short}"


def _row(
    name: str, triple: tuple[float, ...], what: str, *, decimals: int, unit: str
) -> tuple[str, str, str, str]:
    value, low, high = (
        number(float(each), decimals) if np.isfinite(each) else "[x]" for each in triple
    )
    limits = "" if "[x]" in (low, high) else f"{low} to {high}"
    return name, value if value == "[x]" else f"{value}{unit}", limits, what
