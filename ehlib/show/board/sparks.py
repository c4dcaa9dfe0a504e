"""Small figures of outcomes: one row each, with its line, latest figure, limits and status."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ehlib.load.areas import Areas
from ehlib.load.indicators import Indicator
from ehlib.measure.compare import filter_totals
from ehlib.measure.impact.progress import NOT_JUDGED
from ehlib.show.board.outcomes import outcome_table
from ehlib.show.board.words import SAID, SIGNS, now_of
from ehlib.show.cells import show_figure, show_markdown, show_table
from ehlib.show.charts import INK, MARKS, NARROW, QUIET, RULE, WIDE, new_axes, wrapped
from ehlib.show.sentences import begin, in_sentence, list_words, short_label, with_unit

AS_MARK = {
    "improving": "better",
    "worsening": "worse",
    "no clear change": "similar",
    NOT_JUDGED: "not compared",
}
ROW, ROW_NARROW = 0.62, 0.86  # inches
LAYOUT = {  # shares of the width: where the line begins and ends, and where the words begin
    False: (0.33, 0.62, 0.66),
    True: (0.02, 0.5, 0.56),
}


def plot_outcomes(
    progress: pd.DataFrame,
    series: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    *,
    narrow: bool = False,
) -> Axes:
    """One row an outcome: its line on a scale of its own, latest figure with limits, status.

    Parameters
    ----------
    progress : DataFrame
        Outcomes that have a figure, as `add_progress` gives them, in the order drawn.
    series : DataFrame
        Every figure of the same area, with `definition`; a line breaks where that changes.
    indicators : mapping
        The catalogue.
    narrow : bool
        Drawn for a phone: the name stands above the line.

    Returns
    -------
    Axes
    """
    height = (ROW_NARROW if narrow else ROW) * len(progress) + 0.3
    ax = new_axes(height=height, width=NARROW if narrow else WIDE)
    ax.set_xlim(0, 1)
    ax.set_ylim(-len(progress), 0)
    ax.axis("off")
    for place, row in enumerate(progress.to_dict("records")):
        indicator = indicators[row["indicator_id"]]
        own = series[series["indicator_id"] == row["indicator_id"]]
        own = filter_totals(own[own["area_code"] == row["area_code"]], indicator)
        ax.axhline(-place, color=RULE, linewidth=0.6)
        _draw_line(ax, own.sort_values("period_start"), row, -place, narrow)
        _write(ax, row, now_of(indicator, row), -place, narrow)
    return ax


def show_priorities(
    progress: pd.DataFrame,
    measures: pd.DataFrame,
    indicators: Mapping[str, Indicator],
    *,
    quarter: str,
    areas: Areas,
) -> None:
    """A heading, small figures and a table for each priority that has a figure.

    Parameters
    ----------
    progress : DataFrame
        As `add_progress` gives it.
    measures : DataFrame
        Every figure up to the quarter, compared with England.
    indicators : mapping
        The catalogue.
    quarter : str
        Decides whether the next figure is awaited or overdue.
    areas : Areas
        Names the county.
    """
    place = areas.county.name
    for priority, part in progress.groupby("priority", sort=False):
        held = part.dropna(subset="value")
        if held.empty:
            continue
        show_markdown(f"### {priority}")
        draw = partial(plot_outcomes, held, measures, indicators)
        show_figure(
            draw(),
            narrow=draw(narrow=True),
            alt=outcomes_sentence(held, indicators),
            caption=outcomes_caption(held, place),
            of=held,
        )
        caption = f"{priority}: latest figures, {place}."
        show_table(outcome_table(held, indicators, quarter), caption=caption, of=held)


def outcomes_sentence(progress: pd.DataFrame, indicators: Mapping[str, Indicator]) -> str:
    """Alt text of small figures: each outcome with its latest figure and status."""
    said = []
    for row in progress.to_dict("records"):
        now = now_of(indicators[row["indicator_id"]], row)
        status = SAID.get(row["status"], row["status"])
        said.append(f"{in_sentence(now.short_name)} {with_unit(row['value'], now)}, {status}")
    return begin(f"{'; '.join(said)}.")


def outcomes_caption(progress: pd.DataFrame, name: str) -> str:
    """What small figures hold and how to read them."""
    signs = [f"{SIGNS[each]} {SAID.get(each, each)}" for each in progress["status"].unique()]
    return (
        f"{name}: each line has its own scale, so heights cannot be compared between rows. The "
        f"bar through the last mark shows its 95% limits. {list_words(signs)}."
    )


def _draw_line(
    ax: Axes, own: pd.DataFrame, row: Mapping[str, object], top: float, narrow: bool
) -> None:
    """Line of one row, its last mark and limits, fitted into the row's own box."""
    first, last, _ = LAYOUT[narrow]
    base, height = top - 0.86, 0.38 if narrow else 0.7
    known = own.dropna(subset="value")
    ends = known[["value", "lower_ci", "upper_ci"]].iloc[-1:]
    low = np.nanmin([known["value"].min(), ends.min(axis=None)])
    high = np.nanmax([known["value"].max(), ends.max(axis=None)])

    def up(values: object) -> object:
        return base + height * (np.asarray(values) - low) / ((high - low) or 1)

    days = (own["period_start"] - own["period_start"].min()).dt.days
    share = days / days.max() if days.max() > 0 else days + 1.0
    x = first + (last - first) * share
    runs = (own["definition"] != own["definition"].shift()) | own["value"].isna()
    for _, part in own.assign(x=x, up=up(own["value"])).groupby(runs.cumsum()):
        ax.plot(part["x"], part["up"], color=QUIET, linewidth=1.3, marker=".", markersize=2.5)
    colour, shape = MARKS[AS_MARK[str(row["status"])]]
    inside = "white" if row["status"] == NOT_JUDGED else colour
    at = x.loc[known.index[-1]]
    if not np.isnan(float(row["lower_ci"])):
        ax.vlines(at, up(row["lower_ci"]), up(row["upper_ci"]), color=colour, linewidth=2)
    ax.scatter(
        [at], [up(row["value"])], marker=shape, s=34, facecolor=inside, edgecolor=colour, zorder=3
    )


def _write(ax: Axes, row: Mapping[str, object], now: Indicator, top: float, narrow: bool) -> None:
    """Name, figure, period and status of one row."""
    words = LAYOUT[narrow][2]
    status = str(row["status"])
    colour = MARKS[AS_MARK[status]][0]
    figure = f"{with_unit(float(row['value']), now)}, {short_label(str(row['period']))}"
    told = f"{SIGNS[status]} {SAID.get(status, status)}"
    name = wrapped(now.short_name, 44 if narrow else 28)
    middle = top - (0.66 if narrow else 0.5)
    ax.text(0, top - (0.2 if narrow else 0.5), name, va="center", fontsize=9.5, color=INK)
    ax.text(words, middle + 0.16, figure, va="center", fontsize=9, color=INK)
    ax.text(words, middle - 0.16, told, va="center", fontsize=9, color=colour)
