"""One area on many indicators, and many areas on many indicators."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ehlib.show.charts import INK, MARKS, NARROW, QUIET, RULE, WIDE, new_axes, wrapped

SPINE, INNER = "#e3e7ea", "#c3cad0"


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
    ax = new_axes(height=1.1 + 0.42 * len(profile), width=NARROW if narrow else WIDE)
    places = np.arange(len(profile))[::-1]
    for place, row in zip(places, profile.itertuples(), strict=True):
        ax.barh(place, row.best - row.worst, left=row.worst, height=0.5, color=SPINE)
        width = row.upper_quarter - row.lower_quarter
        ax.barh(place, width, left=row.lower_quarter, height=0.5, color=INNER)
        colour, shape = MARKS[row.comparison]
        ax.scatter(row.position, place, color=colour, marker=shape, s=48, zorder=3)
    ax.axvline(0, color=INK, linewidth=1.2)
    letters = 18 if narrow else 40
    ax.set_yticks(places, [wrapped(name, letters) for name in profile["short_name"]])
    ax.set_xticks([-1, 0, 1], ["worst", "England", "best"])
    ax.set_xlim(-1.05, 1.05)
    ax.tick_params(axis="both", length=0)
    side = ax.secondary_yaxis("right")
    side.set_yticks(places, list(profile["text"]))
    side.tick_params(axis="y", length=0)
    side.spines["right"].set_visible(False)
    return ax


def plot_rug(rug: pd.DataFrame, *, narrow: bool = False) -> Axes:
    """Tartan rug: areas by indicators, each cell with its value, a mark and a shade that agree.

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
    ax = new_axes(height=1.6 + 0.42 * len(names), width=NARROW if narrow else WIDE)
    for cell in rug.itertuples():
        x, y = areas.index(cell.area_name), len(names) - 1 - names.index(cell.short_name)
        colour, shape = MARKS[cell.comparison]
        ax.barh(y, 0.94, left=x - 0.47, height=0.9, color=colour, alpha=0.16)
        ax.scatter(x, y + 0.22, color=colour, marker=shape, s=20)
        ax.text(x, y - 0.16, cell.text, ha="center", va="center", fontsize=6.5 if narrow else 8.5)
    letters = 14 if narrow else 30
    ax.set_yticks(range(len(names)), [wrapped(name, letters) for name in names[::-1]])
    ax.set_xticks(range(len(areas)), areas, rotation=60 if narrow else 30, ha="left")
    ax.xaxis.tick_top()
    ax.tick_params(axis="both", length=0)
    ax.set_xlim(-0.5, len(areas) - 0.5)
    for spine in ax.spines.values():
        spine.set_visible(False)
    present = [word for word in MARKS if (rug["comparison"] == word).any()]
    handles = [Patch(color=MARKS[word][0], label=word) for word in present]
    ax.figure.legend(handles=handles, loc="outside lower left", ncols=4, frameon=False, fontsize=8)
    return ax


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
    ax = new_axes(height=3.8, width=NARROW if narrow else WIDE)
    share = groups["population"] / groups["population"].sum()
    middle = share.cumsum() - share / 2
    spread = [groups["value"] - groups["lower_ci"], groups["upper_ci"] - groups["value"]]
    colour = MARKS["better"][0]
    ax.bar(middle, groups["value"], width=share * 0.92, color="#b3d0e8", edgecolor=colour, lw=0.6)
    ax.errorbar(middle, groups["value"], yerr=np.nan_to_num(spread), fmt="none", ecolor=INK, lw=1)
    ax.plot([0, 1], line, color=MARKS["worse"][0], linewidth=2)
    ax.set_xticks(middle, list(groups["label"]), fontsize=8 if len(groups) > 5 else 9)
    ends = "most deprived on the left, least deprived on the right; widths follow population"
    ax.set_xlabel(wrapped(ends, 32 if narrow else 90), loc="left")
    ax.set_title(wrapped(unit, 40 if narrow else 90), color=QUIET, fontsize=9)
    ax.grid(axis="y", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    return ax
