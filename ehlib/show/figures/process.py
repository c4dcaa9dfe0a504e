"""Charts of variation: a series against its own limits, and places against those of their size."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ehlib.show.charts import INK, MARKS, NARROW, QUIET, RULE, WIDE, new_axes, wrapped
from ehlib.show.sentences import number

ICONS = {  # what the rules say, drawn as the comparison that means the same
    "improvement": MARKS["better"],
    "concern": MARKS["worse"],
    "change": MARKS["higher"],
    "common cause": MARKS["similar"],
    "": MARKS["not compared"],
}
LINES = {"mean": (0, ()), "lower_limit": (0, (4, 3)), "upper_limit": (0, (4, 3))}


def plot_process(
    chart: pd.DataFrame, *, unit: str, decimals: int = 1, narrow: bool = False
) -> Axes:
    """Series with its mean and limits, special causes marked by shape and named in words.

    Parameters
    ----------
    chart : DataFrame, one row per period, in order
        As `spc.process_chart` gives it, with the period's label as index.
    unit : str
        Unit of the axis in words.
    decimals : int
        Decimals of the values written at the end of the lines.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
    """
    ax = new_axes(height=3.4, width=NARROW if narrow else WIDE)
    x = np.arange(len(chart))
    ax.plot(x, chart["value"], color=QUIET, linewidth=1.2, zorder=2)
    for column, dashes in LINES.items():
        ax.plot(x, chart[column], color=INK, linewidth=1.0, linestyle=dashes, zorder=1)
    for icon, rows in chart.assign(x=x).dropna(subset="value").groupby("icon", sort=False):
        colour, shape = ICONS[icon]
        label = icon or "not judged"
        ax.scatter(
            rows["x"], rows["value"], color=colour, marker=shape, s=38, zorder=3, label=label
        )
    _name_lines(ax, chart, decimals)
    _note_events(ax, chart)
    picks = x[[0, -1]] if narrow else x[:: max(1, -(-len(chart) // 7))]
    ax.set_xticks(picks, list(chart.index[picks]))
    ax.set_title(wrapped(unit, 40 if narrow else 90), color=QUIET, fontsize=9)
    ax.grid(axis="y", color=RULE, linewidth=0.6)
    ax.figure.legend(loc="outside upper left", ncols=2 if narrow else 4, frameon=False, fontsize=9)
    return ax


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
    for row in places.dropna(subset="value").itertuples():
        colour, shape = MARKS[row.comparison]
        ax.scatter(row.denominator, row.value, color=colour, marker=shape, s=40, zorder=3)
        ax.annotate(
            row.area_name,
            (row.denominator, row.value),
            xytext=(5, 4),
            textcoords="offset points",
            fontsize=8,
        )
    ax.set_xlabel(wrapped(population, 34 if narrow else 70), loc="left")
    ax.set_title(wrapped(unit, 40 if narrow else 90), color=QUIET, fontsize=9)
    ax.set_ylim(bottom=max(0, ax.get_ylim()[0]))
    return ax


def _name_lines(ax: Axes, chart: pd.DataFrame, decimals: int) -> None:
    """Mean and limits named with their latest value, on the right-hand side."""
    latest = chart[list(LINES)].dropna(how="all").tail(1)
    known = [] if latest.empty else [(n, latest[n].iloc[0]) for n in LINES]
    known = [(name, value) for name, value in known if not np.isnan(value)]
    side = ax.secondary_yaxis("right")
    side.set_yticks(
        [value for _, value in known],
        [f"{name.replace('_', ' ')} {number(value, decimals)}" for name, value in known],
        fontsize=8,
    )
    side.tick_params(axis="y", length=0)
    side.spines["right"].set_visible(False)


def _note_events(ax: Axes, chart: pd.DataFrame) -> None:
    for place, text in enumerate(chart["annotation"]):
        if text:
            ax.axvline(place - 0.5, color=QUIET, linewidth=0.8, linestyle=(0, (1, 2)))
            ax.annotate(
                wrapped(text, 22),
                (place - 0.4, 0.02),
                xycoords=("data", "axes fraction"),
                va="bottom",
                fontsize=8,
                color=QUIET,
            )
