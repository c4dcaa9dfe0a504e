"""Charts over time: how areas change, and how the shares of a whole do."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from ehlib.load.indicators import Indicator
from ehlib.show.charts import (
    ACCENT,
    DASHES,
    ENGLAND,
    INK,
    NARROW,
    QUIET,
    ROW,
    RULE,
    STEPS,
    WIDE,
    named,
    new_axes,
    on_one_scale,
    small_axes,
    wrapped,
)
from ehlib.show.sentences import short_label
from ehlib.show.tables import order_areas

LOCAL = ["district", "county", "unitary"]
YEAR = 365.25  # days
BAND, EDGE = "#d3dfe9", "#6c8fb1"  # limits: filled, and outlined in a tone that is seen on white
WHOLE = 99.9  # per cent: a bar that ends before it lacks a part
SHARES = {  # Government Analysis Function palette, with the ink that reads on each colour
    "#12436d": "white",
    "#28a197": INK,
    "#801650": "white",
    "#f46a25": INK,
    "#3d3d3d": "white",
    "#a285d1": INK,
}
LABELLED = 8  # periods of a single chart that are all named; more, and only the first and last


def plot_trends(measures: pd.DataFrame, *, unit: str, narrow: bool = False) -> Axes:
    """One small chart an area, all on one scale, with its limits and the benchmark behind.

    Parameters
    ----------
    measures : DataFrame, one row per area and period
        `value`, `lower_ci`, `upper_ci`, `benchmark_value`, `definition`; charts stand in the order
        in which areas first appear. A line is not drawn across a change of definition or a
        missing period.
    unit : str
        Unit of the axis in words.
    narrow : bool
        Two small charts in a row, for a phone, where there are otherwise four.

    Returns
    -------
    Axes
        The first of the small charts.
    """
    rows = add_runs(measures)
    areas = measures.drop_duplicates("area_code")
    columns = min(2 if narrow else 4, len(areas))
    sizes = {"top": 0.8, "height": 2.2 if columns == 1 else 1.55}
    grid = small_axes(len(areas), columns, narrow=narrow, sharex=True, sharey=True, **sizes)
    for ax, area in zip(grid.flat, areas.itertuples(), strict=False):
        draw_trend(ax, rows[rows["area_code"] == area.area_code])
        ax.set_title(wrapped(area.area_name, 17), fontweight="bold")
    grid.flat[0].set_ylim(bottom=min(0, rows[["value", "lower_ci"]].min().min()))
    _label_axes(grid, len(areas), rows)
    _add_key(grid.flat[0].figure, rows, wrapped(unit, 44))
    return grid.flat[0]


def plot_shares(shares: pd.DataFrame, *, narrow: bool = False) -> Axes:
    """Parts of a whole as one bar an area or period, each part named in it where it fits.

    Parameters
    ----------
    shares : DataFrame, one row per bar, one column per part
        Per cent of the whole; rows in the order drawn from the top. A bar with a part that is
        hidden ends where its other parts do, and is marked `[c]` there.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there are more parts than colours that can be told apart.
    """
    present = [part for part in shares.columns if shares[part].fillna(0).any()]
    if len(present) > len(SHARES):
        raise ValueError(f"{len(present)} parts to draw; expected at most {len(SHARES)}")
    height = (2.3 if narrow else 1.5) + ROW * len(shares)
    ax = new_axes(height=height, width=NARROW if narrow else WIDE)
    places, left = np.arange(len(shares))[::-1], np.zeros(len(shares))
    fits = 13 if narrow else 9  # per cent of the width that a number needs
    for part, (colour, ink) in zip(present, SHARES.items(), strict=False):
        sizes = shares[part].fillna(0).to_numpy()
        ax.barh(places, sizes, left=left, color=colour, height=0.72, label=part, edgecolor="white")
        for place, start, size in zip(places, left, sizes, strict=True):
            if size >= fits:
                middle = start + size / 2
                ax.text(middle, place, f"{size:.0f}%", color=ink, ha="center", va="center")
        left = left + sizes
    for place, end, lacks in zip(places, left, shares.isna().any(axis=1), strict=True):
        if lacks and end < WHOLE:
            ax.text(end + 1, place, "[c]", va="center")
    ax.set_ylim(-0.5, len(shares) - 0.5)
    ax.set_yticks(places, [wrapped(str(name), 13) for name in shares.index])
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 100)
    ax.set_xlabel("Per cent", loc="left")
    _name_parts(ax, 1 if narrow else 3)
    return ax


def _name_parts(ax: Axes, columns: int) -> None:
    """Key of the parts, along its rows in the order of the bars: legends fill by column."""
    keys, names = ax.get_legend_handles_labels()
    order = sorted(range(len(keys)), key=lambda place: place % columns)
    shown = ([each[place] for place in order] for each in (keys, names))
    ax.figure.legend(*shown, loc="outside upper left", ncols=columns, frameon=False)


def local_areas(measures: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Rows of districts, highest first, and of the county, or of wider areas if neither is held."""
    local = measures[measures["area_type"].isin(LOCAL)]
    rows = on_one_scale(local if len(local) else measures, indicator)
    known = rows.dropna(subset="value").sort_values("period_start")
    latest = known.groupby("area_code")["value"].last()
    ranked = rows.assign(lowest_first=-rows["area_code"].map(latest))
    return order_areas(ranked, by="lowest_first").drop(columns="lowest_first")


def _places(rows: pd.DataFrame) -> pd.Series:
    """Start of each period in years since 1970, so that charts keep time to scale."""
    return (rows["period_start"] - pd.Timestamp(0)).dt.days / YEAR


def _runs(rows: pd.DataFrame) -> pd.Series:
    """Number of the unbroken run of one area that a row belongs to."""
    length = (rows["period_end"] - rows["period_start"]).dt.days + 1
    # Counts on one day of a year have no length; they are a year apart.
    usual = length.where(length > 1, YEAR)
    waited = rows.groupby("area_code")["period_start"].diff().dt.days
    other = rows.groupby("area_code")["definition"].shift() != rows["definition"]
    broken = (waited > 1.5 * usual) | other | rows["value"].isna()
    return broken.groupby(rows["area_code"]).cumsum()


def add_runs(measures: pd.DataFrame) -> pd.DataFrame:
    """Measures in order of time, with the `place` on a time axis and the unbroken `run` of each.

    Parameters
    ----------
    measures : DataFrame, one row per area and period
        With `definition`; a missing period, a missing figure or another definition ends a run.

    Returns
    -------
    DataFrame, same rows, by `period_start`
    """
    return measures.sort_values("period_start").assign(place=_places, run=_runs)


def draw_trend(ax: Axes, series: pd.DataFrame) -> None:
    """Draw one area's line with its limits and the benchmark's line, run by run of `add_runs`."""
    for _, run in series.groupby("run"):
        x = run["place"].to_numpy()
        ax.plot(x, run["benchmark_value"], color=ENGLAND, linewidth=1.2, linestyle=DASHES)
        ax.fill_between(x, run["lower_ci"], run["upper_ci"], fc=BAND, ec=EDGE, linewidth=0.6)
        ax.plot(x, run["value"], color=ACCENT, linewidth=1.8)
        if run["value"].count() == 1:
            ax.scatter(x, run["value"], color=ACCENT, s=16, zorder=3)
            ax.vlines(x, run["lower_ci"], run["upper_ci"], color=EDGE, linewidth=1.2)
    ax.grid(axis="y", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.tick_params(axis="both", length=0)


def _label_axes(grid: np.ndarray, shown: int, rows: pd.DataFrame) -> None:
    """Name the first and last period, or all of a single chart with few."""
    periods = rows.drop_duplicates("place")
    few = len(periods) <= (LABELLED if grid.size == 1 and grid.flat[0].bbox.width > 400 else 1)
    periods = periods if few else periods.iloc[[0, -1]]
    labels = [short_label(label) for label in periods["period"]]
    columns = grid.shape[1]
    for place, ax in enumerate(grid.flat):
        ax.set_xticks(periods["place"], labels)
        ax.tick_params(labelbottom=place + columns >= shown)
        ax.yaxis.set_major_locator(MaxNLocator(4, steps=STEPS))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
        ends = zip(ax.get_xticklabels(), ("left", "right"), strict=False)
        for label, side in [] if few else ends:
            label.set_horizontalalignment(side)


def _add_key(figure: Figure, rows: pd.DataFrame, unit: str) -> None:
    keys = [Line2D([], [], color=ACCENT, linewidth=1.8, label="the area")]
    if rows["lower_ci"].notna().any():
        keys.append(Patch(fc=BAND, ec=EDGE, linewidth=0.6, label="its 95% limits"))
    known = rows.dropna(subset="benchmark_value")
    if len(known):
        name = known["benchmark_name"].iloc[0]
        keys.append(Line2D([], [], color=ENGLAND, linestyle=DASHES, linewidth=1.2, label=name))
    key = figure.legend(
        handles=keys,
        title=unit,
        loc="outside upper left",
        ncols=2 if figure.get_figwidth() == NARROW else 3,
        frameon=False,
        fontsize=9,
        title_fontsize=9,
        alignment="left",
    )
    key.get_title().set_color(QUIET)


def periods_caption(measures: pd.DataFrame, indicator: Indicator) -> str:
    """What a table of periods holds."""
    ordered = measures.dropna(subset="value").sort_values("period_start")["period"]
    first, last = (short_label(label) for label in ordered.iloc[[0, -1]])
    span = f"in {first}" if first == last else f"from {first} to {last}"
    return f"{named(indicator)}, {span}."


def trends_caption(local: pd.DataFrame, indicator: Indicator) -> str:
    """What a chart of trends holds and, if a line breaks, what that means."""
    said = periods_caption(local, indicator)
    broken = _runs(local.sort_values("period_start")).gt(1).any()
    why = " A line stops where a figure is missing or the definition changed."
    return f"{said}{why if broken else ''}"
