"""How far districts lie apart: whether chance explains it, the widest gap, and funnels."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from ehlib.load.indicators import Indicator
from ehlib.measure.inequality import Heterogeneity, heterogeneity, widest_gap
from ehlib.show.charts import INK, MARKS, NARROW, QUIET, STEPS, WIDE, named, new_axes, wrapped
from ehlib.show.maps import keep_apart
from ehlib.show.sentences import (
    begin,
    count_words,
    list_words,
    noun,
    number,
    number_word,
    period_words,
    points,
    with_unit,
)

LEVEL = 0.05
ONE_PAIR = (
    "Chance would hardly explain that gap, but it could explain the districts taken together: the "
    "evidence is weak."
)
NO_FUNNEL = {
    "kind": "No funnel is drawn: these are no rates or percentages of children.",
    "counts": "No funnel is drawn: the numbers of children that the figures rest on are not held.",
    "centre": "No funnel is drawn: no figure of England or the county is held to draw it about.",
}


def spread_of(latest: pd.DataFrame, indicator: Indicator) -> Heterogeneity:
    """Test of all districts at once, from counts where every one has them, else from limits."""
    rows = latest[latest["area_type"] == "district"].dropna(subset="value")
    kind = indicator.method if indicator.method in ("rate", "proportion") else "rate"
    people = _populations(rows, indicator)
    counted = indicator.method == kind and people.notna().all() and rows["numerator"].notna().all()
    counts = {"numerators": rows["numerator"], "denominators": people} if counted else {}
    return heterogeneity(rows["value"], rows["lower_ci"], rows["upper_ci"], kind=kind, **counts)


def spread_sentence(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Whether districts differ by more than chance, all together; empty where it is not known."""
    found = spread_of(latest, indicator)
    if np.isnan(found.p_value):
        return ""
    districts = count_words(found.freedom + 1, "district")
    freedom = f"{count_words(found.freedom, 'degree')} of freedom"
    test = f"chi-squared {number(found.chi_squared)} on {freedom}"
    if found.p_value < LEVEL:
        return f"The {districts} differ by more than chance would explain ({test})."
    p_value = number(found.p_value, 2)
    return (
        f"Taken all together, the {districts} do not differ by clearly more than chance "
        f"({test}, p = {p_value})."
    )


def gap(latest: pd.DataFrame, indicator: Indicator) -> str:
    """Gap between the highest and the lowest district and their ratio.

    The limits allow for having picked that pair out of all.
    """
    districts = latest[latest["area_type"] == "district"].dropna(subset="value")
    shown = districts["value"].round(indicator.decimals)
    if len(districts) < 2 or shown.min() == shown.max():
        return ""
    found = widest_gap(districts["value"], districts["lower_ci"], districts["upper_ci"])
    highest, lowest = (districts.iloc[place] for place in (found.highest, found.lowest))
    alone = (shown == shown.max()).sum() == (shown == shown.min()).sum() == 1
    pair = f"{highest['area_name']} and {lowest['area_name']}"
    between = pair if alone else "the highest and the lowest district"
    ends = [number(limit, indicator.decimals) for limit in (found.lower, found.upper)]
    within = ""
    if not np.isnan(found.lower):
        chosen = "" if len(districts) == 2 else ", wide enough for the pair that is furthest apart"
        within = f" (95% limits {ends[0]} to {ends[1]}{chosen})"
    said = f"The gap between {between} was {points(found.gap, indicator)}{within}"
    if lowest["value"] > 0 and indicator.method != "value":
        times = number(highest["value"] / lowest["value"], 1)
        said += f": the highest {noun(indicator)} was {times} times the lowest"
    alike = found.lower > 0 and spread_of(latest, indicator).p_value >= LEVEL
    return f"{said}. {ONE_PAIR}" if alike else f"{said}."


def _populations(rows: pd.DataFrame, indicator: Indicator) -> pd.Series:
    """Population that each figure rests on: as published, or as count and rate imply it."""
    implied = rows["numerator"] * indicator.multiplier / rows["value"].mask(rows["value"] <= 0)
    return rows["denominator"].fillna(implied)


def plot_funnel(
    places: pd.DataFrame,
    limits: pd.DataFrame,
    *,
    reference: float,
    unit: str,
    population: str,
    narrow: bool = False,
) -> Axes:
    """Places by size, within the limits that chance alone gives places of each size.

    Parameters
    ----------
    places : DataFrame, one row per area
        `area_name`, `denominator`, `value`, `comparison`.
    limits : DataFrame, in order of `denominator`
        As `spc.funnel_limits` gives them, with the denominators they are for as index.
    reference : float
        The value that the funnel is drawn about.
    unit, population : str
        Units of the axes in words.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
    """
    ax = new_axes(height=4.2, width=NARROW if narrow else WIDE)
    for level, dashes in (("95", (0, (4, 3))), ("998", (0, (1, 1)))):
        for side in ("lower", "upper"):
            ax.plot(limits.index, limits[f"{side}_{level}"], color=INK, lw=1, linestyle=dashes)
    ax.axhline(reference, color=INK, linewidth=1)
    middle, labels = np.mean(ax.get_xlim()), []
    for row in places.dropna(subset="value").itertuples():
        colour, shape = MARKS[row.comparison]
        ax.scatter(row.denominator, row.value, color=colour, marker=shape, s=40, zorder=3)
        side = -1 if row.denominator > middle else 1  # a name never runs out of the picture
        label = ax.annotate(
            row.area_name,
            (row.denominator, row.value),
            xytext=(7 * side, 0),
            textcoords="offset points",
            ha="right" if side < 0 else "left",
            va="center",
            fontsize=9,
        )
        labels.append(label)
    present = [word for word in MARKS if (places["comparison"] == word).any()]
    keys = [
        Line2D([], [], linestyle="", marker=MARKS[word][1], color=MARKS[word][0], label=word)
        for word in present
    ]
    ax.figure.legend(handles=keys, loc="outside lower left", ncols=3, frameon=False, fontsize=9)
    ax.xaxis.set_major_locator(MaxNLocator(3 if narrow else 6, steps=STEPS))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    ax.set_xlabel(wrapped(population, 34 if narrow else 70), loc="left")
    ax.set_title(wrapped(unit, 40 if narrow else 90), color=QUIET, fontsize=9)
    ax.set_ylim(bottom=max(0, ax.get_ylim()[0]))
    keep_apart(ax, labels)
    return ax


def no_funnel(places: pd.DataFrame, latest: pd.DataFrame, indicator: Indicator) -> str:
    """Why no funnel is drawn; empty where it is, and where there are no districts to draw."""
    known = latest[latest["area_type"] == "district"].dropna(subset="value")
    if len(places) or len(known) < 2:
        return ""
    if indicator.method not in ("rate", "proportion"):
        return NO_FUNNEL["kind"]
    counted = known["numerator"].notna() & _populations(known, indicator).notna()
    return NO_FUNNEL["centre" if counted.sum() > 1 else "counts"]


def funnel_sentence(places: pd.DataFrame, indicator: Indicator) -> str:
    """Which districts lie outside the funnel, and how likely chance puts any there."""
    row = places.iloc[0]
    about = f"{row['reference_name']} ({with_unit(row['reference'], indicator)})"
    far = _outside(places, "998")
    near = [name for name in _outside(places, "95") if name not in far]
    count = len(places)
    if not far and not near:
        return (
            f"All {count_words(count, 'district')} lie within the limits that chance gives places "
            f"of their size around {about}."
        )
    said = [f"{list_words(far)} beyond the outer limits"] if far else []
    said += [f"{list_words(near)} between the inner and the outer limits"] if near else []
    rest = count - len(far) - len(near)
    others = f"; the other {number_word(rest)} within them" if rest > 1 else ""
    others = "; the other one within them" if rest == 1 else others
    verb = "lies" if len(far or near) == 1 else "lie"
    first, *more = said
    names, where = first.rsplit(" beyond " if far else " between ", 1)
    joined = f"{names} {verb} {'beyond' if far else 'between'} {where}"
    return begin(f"around {about}, {', and '.join([joined, *more])}{others}.")


def _outside(places: pd.DataFrame, level: str) -> list[str]:
    beyond = (places["value"] < places[f"lower_{level}"]) | (
        places["value"] > places[f"upper_{level}"]
    )
    return sorted(places.loc[beyond, "area_name"])


def funnel_caption(places: pd.DataFrame, indicator: Indicator) -> str:
    """What a funnel holds, and how often chance alone puts a place outside it."""
    any_out = 100 * (1 - 0.95 ** len(places))
    implied = (
        " Populations are worked out from the published counts and rates."
        if places["implied"].any()
        else ""
    )
    return (
        f"{named(indicator)}, {period_words(places, indicator)}, by population. Inner limits 95%, "
        f"outer limits 99.8%: chance alone puts at least one of {number_word(len(places))} places "
        f"outside the inner ones {any_out:.0f} times in 100.{implied}"
    )
