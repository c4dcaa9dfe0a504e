"""A gap over time: its size and its ratio, each with limits."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from ehlib.measure.gaps.series import RATIOS
from ehlib.measure.rates import FIGURES
from ehlib.show.charts import ACCENT, DASHES, INK, NARROW, QUIET, RULE, STEPS, WIDE, wrapped
from ehlib.show.sentences import number, short_label
from ehlib.show.trends import BAND, EDGE, add_runs


def plot_gap_over_time(series: pd.DataFrame, *, unit: str, narrow: bool = False) -> Axes:
    """Two charts: the gap, with a dashed line at none, and the ratio, with one at equal.

    Parameters
    ----------
    series : DataFrame, one row per period
        From `gap_series`.
    unit : str
        Unit of the gap in words.
    narrow : bool
        One chart above the other, for a phone.

    Returns
    -------
    Axes
        That of the gap.
    """
    shape, size = ((2, 1), (NARROW, 4.6)) if narrow else ((1, 2), (WIDE, 2.8))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(*shape).flat
    rows = add_runs(series.assign(area_code="gap"))
    _draw(axes[0], rows, FIGURES, 0.0)
    _draw(axes[1], rows, RATIOS, 1.0)
    axes[0].set_title(wrapped(f"Gap, {unit}; dashed: no gap", 42), fontsize=9, color=QUIET)
    axes[1].set_title("Ratio (times); dashed: equal", fontsize=9, color=QUIET)
    return axes[0]


def _draw(ax: Axes, rows: pd.DataFrame, names: list[str], equal: float) -> None:
    value, lower, upper = names
    ax.axhline(equal, color=INK, linewidth=1, linestyle=DASHES, zorder=1)
    for _, run in rows.groupby("run"):
        ends = run[upper].where(np.isfinite(run[upper]))
        ax.fill_between(run["place"], run[lower], ends, fc=BAND, ec=EDGE, linewidth=0.6)
        ax.plot(run["place"], run[value], color=ACCENT, linewidth=1.8, marker="o", markersize=3.5)
        if len(run) == 1:
            ax.vlines(run["place"], run[lower], ends, color=EDGE, linewidth=1.2)
    ends = rows.iloc[[0, -1]] if len(rows) > 1 else rows
    decimals = 1 if value == "value" else 2
    for row in ends.itertuples():
        place, height = row.place, getattr(row, value)
        lift = {"xytext": (0, 6), "textcoords": "offset points", "fontsize": 9, "weight": "bold"}
        ax.annotate(number(height, decimals), (place, height), ha="center", color=INK, **lift)
    ax.set_xticks(ends["place"], [short_label(label) for label in ends["period"]])
    ax.margins(x=0.12, y=0.18)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=STEPS))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    ax.grid(axis="y", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)
