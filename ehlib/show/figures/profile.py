"""One area on many indicators, and many areas on many indicators."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ehlib.show.charts import INK, MARKS, NARROW, WIDE, new_axes, wrapped

SPINE, INNER = "#e3e7ea", "#c3cad0"
EDGE = {"edgecolor": "#6f777b", "linewidth": 0.6}  # pale bars are seen by their outline


def plot_spine(profile: pd.DataFrame, *, narrow: bool = False) -> Axes:
    """Area profile: a bar an indicator from the worst to the best place, England in the middle.

    Parameters
    ----------
    profile : DataFrame, one row per indicator, in order
        `short_name`, `text` (the value as read), `comparison`, and positions on the bar from -1
        (worst) through 0 (benchmark) to 1 (best): `position`, `worst`, `lower_quarter`,
        `upper_quarter`, `best`; `position` is missing where there is no value.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
    """
    ax = new_axes(height=1.5 + 0.46 * len(profile), width=NARROW if narrow else WIDE)
    places = np.arange(len(profile))[::-1]
    for place, row in zip(places, profile.itertuples(), strict=True):
        ax.barh(place, row.best - row.worst, left=row.worst, height=0.5, color=SPINE, **EDGE)
        width = row.upper_quarter - row.lower_quarter
        if not np.isnan(width):
            ax.barh(place, width, left=row.lower_quarter, height=0.5, color=INNER, **EDGE)
        colour, shape = MARKS[row.comparison]
        inside = "white" if row.comparison == "not compared" else colour
        ax.scatter(
            row.position, place, facecolor=inside, edgecolor=colour, marker=shape, s=48, zorder=3
        )
    ax.axvline(0, color=INK, linewidth=1.2)
    letters = 15 if narrow else 40
    ax.set_yticks(places, [wrapped(name, letters) for name in profile["short_name"]])
    ax.set_xticks([-1, 0, 1], ["worst", "England", "best"])
    ax.set_xlim(-1.05, 1.05)
    ax.tick_params(axis="both", length=0)
    side = ax.secondary_yaxis("right")
    side.set_yticks(places, list(profile["text"]))
    side.tick_params(axis="y", length=0)
    side.spines["right"].set_visible(False)
    _name_marks(ax, [word for word in MARKS if (profile["comparison"] == word).any()])
    return ax


def plot_rug(rug: pd.DataFrame, *, narrow: bool = False) -> Axes:
    """Tartan rug: areas by indicators, each cell with its value, a mark and a shade that agree.

    For a phone the values are left to the table that goes with it.

    Parameters
    ----------
    rug : DataFrame, one row per cell
        `short_name`, `area_name`, `text` (value as read) and `comparison`, in the order drawn.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
    """
    names, areas = (list(dict.fromkeys(rug[column])) for column in ("short_name", "area_name"))
    ax = new_axes(height=2.4 + 0.5 * len(names), width=NARROW if narrow else WIDE)
    for cell in rug.itertuples():
        x, y = areas.index(cell.area_name), len(names) - 1 - names.index(cell.short_name)
        colour, shape = MARKS[cell.comparison]
        inside = "white" if cell.comparison == "not compared" else colour
        ax.barh(y, 0.94, left=x - 0.47, height=0.9, color=colour, alpha=0.16)
        # On a phone the figures would be too small to read: they stand in the table below.
        lift = 0 if narrow else 0.22
        ax.scatter(x, y + lift, facecolor=inside, edgecolor=colour, marker=shape, s=34)
        if not narrow:
            ax.text(x, y - 0.18, cell.text, ha="center", va="center", fontsize=9)
    letters = 13 if narrow else 30
    ax.set_yticks(range(len(names)), [wrapped(name, letters) for name in names[::-1]])
    ax.set_xticks(range(len(areas)), areas, rotation=70 if narrow else 35, ha="left")
    ax.xaxis.tick_top()
    ax.tick_params(axis="both", length=0)
    ax.set_xlim(-0.5, len(areas) - 0.5)
    for spine in ax.spines.values():
        spine.set_visible(False)
    present = [word for word in MARKS if (rug["comparison"] == word).any()]
    _name_marks(ax, present)
    return ax


def _name_marks(ax: Axes, words: list[str]) -> None:
    """Key of colour and shape for each comparison that is drawn."""
    handles = [
        Line2D(
            [],
            [],
            linestyle="",
            marker=MARKS[word][1],
            markeredgecolor=MARKS[word][0],
            markerfacecolor="white" if word == "not compared" else MARKS[word][0],
            label=word,
        )
        for word in words
    ]
    columns = 2 if ax.figure.get_figwidth() == NARROW else 5
    ax.figure.legend(
        handles=handles, loc="outside lower left", ncols=columns, frameon=False, fontsize=9
    )
