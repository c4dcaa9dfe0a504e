"""Small charts of many indicators of one place, each on a scale of its own."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from ehlib.show.charts import ACCENT, DASHES, ENGLAND, RULE, STEPS, small_axes, wrapped
from ehlib.show.sentences import number, short_label
from ehlib.show.trends import add_runs, draw_trend

HEIGHT = 1.75  # inches of one small chart


def plot_place_trends(series: pd.DataFrame, *, name: str, narrow: bool = False) -> Axes:
    """One small chart an indicator: the place's line with its limits, England's dashed.

    Parameters
    ----------
    series : DataFrame, one row per indicator and period of one place
        `indicator_id`, `short_name`, `unit_short`, `decimals` and what `plot_trends` needs.
    name : str
        The place, for the key.
    narrow : bool
        Two charts a row, for a phone.

    Returns
    -------
    Axes
        The first of the small charts.
    """
    ids = list(dict.fromkeys(series["indicator_id"]))
    columns = min(2 if narrow else 4, len(ids))
    grid = small_axes(len(ids), columns, top=0.5, height=HEIGHT, narrow=narrow)
    for ax, key in zip(grid.flat, ids, strict=False):
        _draw(ax, add_runs(series[series["indicator_id"] == key]))
    keys = [Line2D([], [], color=ACCENT, linewidth=1.8, label=name)]
    if series["benchmark_value"].notna().any():
        keys.append(Line2D([], [], color=ENGLAND, linestyle=DASHES, linewidth=1.2, label="England"))
    grid.flat[0].figure.legend(
        handles=keys, loc="outside upper left", ncols=2, frameon=False, fontsize=9
    )
    return grid.flat[0]


def _draw(ax: Axes, rows: pd.DataFrame) -> None:
    draw_trend(ax, rows)
    known = rows.dropna(subset="value")
    first = known.iloc[0]
    ax.set_title(f"{wrapped(first['short_name'], 20)}\n{first['unit_short']}", fontsize=9)
    ax.margins(y=0.2)
    ax.set_ylim(bottom=0)
    ends = known.iloc[[0, -1]] if len(known) > 1 else known
    ax.set_xticks(ends["place"], [short_label(label) for label in ends["period"]], fontsize=8)
    for label, side in zip(ax.get_xticklabels(), ("left", "right"), strict=False):
        label.set_horizontalalignment(side if len(ends) > 1 else "center")
    last = known.iloc[-1]
    said = number(last["value"], int(last["decimals"]))
    at = {"xytext": (0, 5), "textcoords": "offset points", "ha": "right", "fontsize": 8}
    ax.annotate(said, (last["place"], last["value"]), color=ACCENT, weight="bold", **at)
    ax.yaxis.set_major_locator(MaxNLocator(3, steps=STEPS))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    ax.tick_params(axis="y", labelsize=8)
    ax.grid(axis="y", color=RULE, linewidth=0.6)
