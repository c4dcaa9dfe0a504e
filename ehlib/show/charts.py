"""Charts of finished frames: districts with limits, trends, and shares of a whole."""

import textwrap

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ehlib.show.sentences import number

WIDE, NARROW = 7.6, 3.65  # inches: a page's text column, and a phone's width less its margins
INK, QUIET, RULE, ACCENT, ENGLAND = "#0b0c0c", "#505a5f", "#d5d9db", "#1d5a8f", "#6b3a8a"
MARKS = {  # colour, marker and word say the same; each colour has 3:1 contrast on white
    "better": ("#1d70b8", "o"),
    "worse": ("#b8400a", "D"),
    "similar": ("#6f777b", "s"),
    "higher": ("#5b2c83", "^"),
    "lower": ("#00703c", "v"),
    "not compared": ("#505a5f", "."),
}
WORDS = {"not compared": "", "similar": "no clear difference"}
SHARES = {  # Government Analysis Function palette, with the ink that reads on each colour
    "#12436d": "white",
    "#28a197": INK,
    "#801650": "white",
    "#f46a25": INK,
    "#3d3d3d": "white",
    "#a285d1": INK,
}
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib; elsewhere the reader's own
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "xtick.color": QUIET,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "ehlib",
}
mpl.rcParams.update(STYLE)


def plot_areas(
    measures: pd.DataFrame, *, unit: str, decimals: int = 1, narrow: bool = False
) -> Axes:
    """Areas as dots with their limits, highest on top, the benchmark as a line.

    Parameters
    ----------
    measures : DataFrame, one row per area, one period
        `value`, `lower_ci`, `upper_ci`, `benchmark_value` and `comparison`; areas without a value
        are named with `[c]` or `[x]` in place of a mark.
    unit : str
        Unit of the axis in words.
    decimals : int
        Decimals of the value written beside each mark.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
    """
    rows = _in_order(measures)
    ax = new_axes(height=1.3 + 0.36 * len(rows), width=NARROW if narrow else WIDE)
    places = np.arange(len(rows))[::-1]
    for place, row in zip(places, rows.itertuples(), strict=True):
        colour, shape = MARKS[row.comparison]
        if not np.isnan(row.lower_ci):
            ax.hlines(place, row.lower_ci, row.upper_ci, color=colour, linewidth=2)
        size = 40 if shape == "." else 46
        ax.scatter(row.value, place, color=colour, marker=shape, s=size, zorder=3)
    letters = 12 if narrow else 24
    ax.set_yticks(
        places,
        [
            "\n".join(textwrap.wrap(name, letters, break_long_words=False))
            for name in rows["area_name"]
        ],
    )
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(left=0)
    ax.set_xlabel("\n".join(textwrap.wrap(unit, 24 if narrow else 60)), loc="left")
    ax.xaxis.set_major_locator(MaxNLocator(3 if narrow else 6))
    ax.grid(axis="x", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    _name_values(ax, places, rows, decimals)
    _draw_benchmark(ax, rows, decimals)
    return ax


def plot_trends(measures: pd.DataFrame, *, unit: str, narrow: bool = False) -> Axes:
    """One small chart an area, all on one scale, with its limits and the benchmark behind.

    Parameters
    ----------
    measures : DataFrame, one row per area and period
        `value`, `lower_ci`, `upper_ci`, `benchmark_value`, `definition`; a line is not drawn
        across a change of definition or a missing period.
    unit : str
        Unit of the axes in words.
    narrow : bool
        Two small charts in a row, for a phone, where there are otherwise four.

    Returns
    -------
    Axes
        The first of the small charts.
    """
    names = list(measures["area_name"].drop_duplicates())
    columns, width = (2, NARROW) if narrow else (4, WIDE)
    columns = min(columns, len(names))
    lines = -(-len(names) // columns)
    labels = measures.sort_values("period_start")["period"].drop_duplicates()
    places = {label: place for place, label in enumerate(labels)}
    figure = Figure(figsize=(width, 0.55 + 1.55 * lines), layout="constrained")
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    for ax, name in zip(grid.flat, names, strict=False):
        _draw_trend(ax, measures[measures["area_name"] == name], places)
        ax.set_title("\n".join(textwrap.wrap(name, 18)), fontweight="bold")
    for ax in list(grid.flat)[len(names) :]:
        ax.set_visible(False)
    _label_periods(grid, list(places), columns)
    figure.supylabel(unit, fontsize=9, color=QUIET)
    _name_benchmark(figure, measures)
    return grid.flat[0]


def plot_shares(shares: pd.DataFrame, *, narrow: bool = False) -> Axes:
    """Parts of a whole as one bar an area or period, each part named in it where it fits.

    Parameters
    ----------
    shares : DataFrame, one row per bar, one column per part
        Per cent of the whole; rows in the order drawn from the top. Missing parts are left white.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
    """
    ax = new_axes(
        height=(2.3 if narrow else 1.5) + 0.34 * len(shares), width=NARROW if narrow else WIDE
    )
    places, left = np.arange(len(shares))[::-1], np.zeros(len(shares))
    present = [part for part in shares.columns if shares[part].fillna(0).any()]
    for part, (colour, ink) in zip(present, SHARES.items(), strict=False):
        sizes = shares[part].to_numpy()
        ax.barh(places, sizes, left=left, color=colour, height=0.72, label=part, edgecolor="white")
        for place, start, size in zip(places, left, sizes, strict=True):
            if size >= 9:
                text = f"{size:.0f}%"
                ax.text(start + size / 2, place, text, color=ink, ha="center", va="center")
        left = left + np.nan_to_num(sizes)
    ax.set_yticks(places, list(shares.index))
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 100)
    ax.set_xlabel("Per cent", loc="left")
    ax.figure.legend(loc="outside upper left", ncols=1 if narrow else 3, frameon=False)
    return ax


def new_axes(*, height: float, width: float = WIDE) -> Axes:
    """Empty axes in the workbench's style."""
    return Figure(figsize=(width, height), layout="constrained").subplots()


def _in_order(measures: pd.DataFrame) -> pd.DataFrame:
    """Districts by value, then the areas that hold them, from the smallest."""
    wider = ["locality", "county", "unitary", "region", "england"]
    rank = measures["area_type"].map({name: place for place, name in enumerate(wider, start=1)})
    ordered = measures.assign(rank=rank.fillna(0))
    return ordered.sort_values(["rank", "value"], ascending=[True, False], na_position="last")


def _name_values(ax: Axes, places: np.ndarray, rows: pd.DataFrame, decimals: int) -> None:
    """Value and comparison in words on the right-hand side, one a row."""
    side = ax.secondary_yaxis("right")
    missing = np.where(rows["value_note"].str.contains("suppressed"), "[c]", "[x]")
    texts = [
        f"{blank if np.isnan(value) else number(value, decimals)} {WORDS.get(word, word)}".strip()
        for value, word, blank in zip(rows["value"], rows["comparison"], missing, strict=True)
    ]
    texts = [text.replace("no clear difference", "similar") for text in texts]
    side.set_yticks(places, texts)
    side.tick_params(axis="y", length=0)
    side.spines["right"].set_visible(False)


def _draw_benchmark(ax: Axes, rows: pd.DataFrame, decimals: int) -> None:
    values = rows["benchmark_value"].dropna()
    if values.empty:
        return
    ax.axvline(values.iloc[0], color=ENGLAND, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
    label = f"{rows['benchmark_name'].iloc[0]} {number(values.iloc[0], decimals)}"
    ax.annotate(
        label,
        (values.iloc[0], 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=ENGLAND,
        fontsize=9,
    )


def _draw_trend(ax: Axes, series: pd.DataFrame, places: dict[str, int]) -> None:
    for _, part in series.groupby("definition", sort=False):
        whole = part.set_index("period").reindex([p for p in places if p in set(part["period"])])
        along = whole.reindex(list(places))
        x = np.arange(len(places))
        ax.plot(x, along["benchmark_value"], color=ENGLAND, linewidth=1.2, linestyle=(0, (4, 2)))
        ax.fill_between(x, along["lower_ci"], along["upper_ci"], color=ACCENT, alpha=0.18, lw=0)
        ax.plot(x, along["value"], color=ACCENT, linewidth=1.8)
        alone = (
            along["value"].notna() & along["value"].shift().isna() & along["value"].shift(-1).isna()
        )
        ax.scatter(x[alone], along.loc[alone, "value"], color=ACCENT, s=14)
    ax.grid(axis="y", color=RULE, linewidth=0.6)
    ax.set_ylim(bottom=0)
    ax.tick_params(axis="both", length=0)


def _label_periods(grid: np.ndarray, labels: list[str], columns: int) -> None:
    few = columns > 1 or len(labels) > 8
    picks = sorted({0, len(labels) - 1} if few else range(len(labels)))
    for ax in grid.flat:
        ax.set_xticks(picks, [labels[pick] for pick in picks])
        ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        if few and len(picks) > 1:
            for label, side in zip(ax.get_xticklabels(), ("left", "right"), strict=False):
                label.set_horizontalalignment(side)


def _name_benchmark(figure: Figure, measures: pd.DataFrame) -> None:
    if measures["benchmark_value"].notna().any():
        handle = Line2D([], [], color=ENGLAND, linestyle=(0, (4, 2)), linewidth=1.2)
        own = Line2D([], [], color=ACCENT, linewidth=1.8)
        figure.legend(
            [own, handle],
            ["the area, with 95% limits", measures["benchmark_name"].iloc[0]],
            loc="outside upper left",
            ncols=2,
            frameon=False,
            fontsize=9,
        )
