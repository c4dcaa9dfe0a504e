"""Charts of gaps: both sides of each gap over the years, and the gap beside England's."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ehlib.measure.gaps import Pair
from ehlib.show.charts import ACCENT, INK, MARKS, NARROW, QUIET, RULE, small_axes, wrapped
from ehlib.show.sentences import number, short_label
from ehlib.show.trends import add_runs

PEERS, GROUP, BETWEEN = ACCENT, MARKS["worse"][0], "#e3e7ea"
TOPS = {"%": 100, "points": 90}  # the highest that either result can be
WORDS = {"%": "% of pupils", "points": "points"}


def plot_sides(gaps: pd.DataFrame, pairs: Mapping[str, Pair], *, narrow: bool = False) -> Axes:
    """One small chart a pair: the peers' line, the group's, and the gap between them.

    Parameters
    ----------
    gaps : DataFrame, one row per pair and year of one area
        From `attainment_gaps`. Lines stop where a year is missing or the result was redefined.
    pairs : mapping
        Pairs by id; one chart each, in the order in which they first appear in the rows.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
        The first of the small charts.
    """
    names = list(dict.fromkeys(gaps["pair"]))
    columns = min(1 if narrow else 3, len(names))
    grid = small_axes(len(names), columns, top=0.7, height=2.5, narrow=narrow)
    for ax, name in zip(grid.flat, names, strict=False):
        series = add_runs(gaps[gaps["pair"] == name].assign(area_code=name))
        _draw_sides(ax, series, pairs[name])
    _add_key(grid.flat[0].figure, [pairs[name] for name in names])
    return grid.flat[0]


def _draw_sides(ax: Axes, series: pd.DataFrame, pair: Pair) -> None:
    for _, run in series.groupby("run"):
        x, low, high = (run[name] for name in ("place", "group_value", "others_value"))
        ax.fill_between(x, low, high, color=BETWEEN, linewidth=0)
        ax.vlines(x, low, high, color=RULE, linewidth=0.8)
        ax.plot(x, high, color=PEERS, linewidth=1.8, marker="o", markersize=4)
        ax.plot(x, low, color=GROUP, linewidth=1.8, marker="D", markersize=4)
    last = series.iloc[-1]
    middle = (last["group_value"] + last["others_value"]) / 2
    side = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "fontsize": 9}
    ax.annotate(number(last["value"]), (last["place"], middle), color=INK, weight="bold", **side)
    named = wrapped(f"Age {pair.age}: {pair.group}", 30)
    ax.set_title(f"{named}\n{WORDS[pair.unit]}", fontsize=9)
    ax.set_ylim(0, TOPS[pair.unit])
    room = max(0.8, 0.2 * np.ptp(series["place"]))
    ax.set_xlim(series["place"].iloc[0] - 0.3, last["place"] + room)
    ends = series.iloc[[0, -1]] if len(series) > 1 else series
    ax.set_xticks(ends["place"], [short_label(label) for label in ends["period"]])
    ax.yaxis.set_major_locator(MaxNLocator(4))
    ax.grid(axis="y", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)


def _add_key(figure: Figure, pairs: list[Pair]) -> None:
    others = list(dict.fromkeys(pair.others for pair in pairs))
    keys = [
        Line2D([], [], color=PEERS, marker="o", markersize=4, label=" or ".join(others)),
        Line2D([], [], color=GROUP, marker="D", markersize=4, label="the group named above"),
    ]
    columns = 1 if figure.get_figwidth() == NARROW else 2
    key = figure.legend(
        handles=keys, loc="outside upper left", ncols=columns, frameon=False, fontsize=9
    )
    for text in key.get_texts():
        text.set_color(QUIET)


def gap_lines(gaps: pd.DataFrame, pairs: Mapping[str, Pair], england: pd.DataFrame) -> pd.DataFrame:
    """Gaps as `plot_trends` draws them: one chart a pair, England's gap behind."""
    other = england[["pair", "period", "value"]].rename(columns={"value": "benchmark_value"})
    rows = gaps.merge(other, on=["pair", "period"], how="left", validate="one_to_one")
    names = [f"{pairs[name].group.capitalize()}, age {pairs[name].age}" for name in rows["pair"]]
    told = {"county": rows["area_name"], "benchmark_name": "England"}
    return rows.assign(area_code=rows["pair"], area_name=names, **told)
