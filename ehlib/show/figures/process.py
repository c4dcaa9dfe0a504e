"""Process charts of quarterly figures: the chart, its table, caption and finding."""

import itertools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ehlib.load.indicators import Indicator
from ehlib.load.periods import earlier_quarter, parse_quarter
from ehlib.measure.spc import process_chart
from ehlib.show.charts import INK, MARKS, NARROW, QUIET, RULE, WIDE, new_axes, wrapped
from ehlib.show.numbers import number_ids, unmarked, with_ids
from ehlib.show.sentences import number, short_label
from ehlib.show.tables import heading

ICONS = {  # what the rules say, drawn as the comparison that means the same
    "improvement": MARKS["better"],
    "concern": MARKS["worse"],
    "change": MARKS["higher"],
    "common cause": MARKS["similar"],
    "": MARKS["not compared"],
}
IMPROVEMENT = {"high_is_good": "increase", "low_is_good": "decrease", "no_judgement": "neutral"}
MEANINGS = {
    "improvement": "an improvement",
    "concern": "a concern",
    "change": "a change",
    "common cause": "usual variation",
    "": "not judged",
}
RULES = {  # what the latest point shows, by the first rule that it meets
    "outside limits": "the latest quarter is {way} the limits of usual variation",
    "trend": "the latest quarters have been {way} without a break",
    "two of three": "two of the latest three quarters are far {way} the mean",
    "run": "the latest quarters all lie {way} the mean",
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
        label = MEANINGS[icon].removeprefix("an ").removeprefix("a ")
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


def quarters_chart(measures: pd.DataFrame, area_code: str, indicator: Indicator) -> pd.DataFrame:
    """Process chart of one area's quarters; no rows for figures of another calendar.

    A quarter without a row stands empty and is not bridged. Limits start anew where the
    definition changes, and the chart says so.
    """
    own = measures["area_code"] == area_code
    quarterly = indicator.calendar == "financial_quarter"
    rows = measures[own & quarterly].sort_values("period_start")
    rows = rows.drop_duplicates("period").set_index("period")
    labels = _every_quarter(list(rows.index))
    whole = rows.reindex(labels)
    definitions = list(whole["definition"].ffill()) if labels else None
    values = whole["value"].set_axis([short_label(label) for label in labels])
    chart = process_chart(values, IMPROVEMENT[indicator.polarity], definitions=definitions)
    said = chart["annotation"].astype("str").str.startswith("definition changed")
    ids = pd.Series(number_ids(rows.reset_index(), ""), index=rows.index).reindex(labels)
    return chart.assign(
        annotation=chart["annotation"].mask(said, "definition changed"), key=list(ids.fillna(""))
    )


def _every_quarter(labels: list[str]) -> list[str]:
    """Labels of all quarters from the first to the last of some."""
    if not labels:
        return []
    last, first = parse_quarter(labels[-1]), parse_quarter(labels[0])
    back = (earlier_quarter(last, count) for count in itertools.count())
    found = itertools.takewhile(lambda quarter: quarter.start >= first.start, back)
    return [quarter.label for quarter in found][::-1]


def process_table(chart: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """One row a quarter, latest first: value, usual limits and what the point means in words."""
    decimals = indicator.decimals
    limits = [
        "" if np.isnan(low) else f"{number(low, decimals)} to {number(high, decimals)}"
        for low, high in zip(chart["lower_limit"], chart["upper_limit"], strict=True)
    ]
    rules = chart["rule"].replace("", "-")
    meaning = [
        MEANINGS[icon] if rule == "-" else f"{MEANINGS[icon]} ({rule}, {side})"
        for icon, rule, side in zip(chart["icon"], rules, chart["side"], strict=True)
    ]
    values = [number(value, decimals) for value in chart["value"]]
    keys = chart["key"] if "key" in chart else pd.Series("", index=chart.index)
    value_ids, limit_ids = ((keys + name).where(keys != "", "") for name in ("value", "usual"))
    table = {
        "Quarter": list(chart.index),
        heading(indicator): with_ids(values, value_ids),
        "Usual variation": with_ids(limits, limit_ids),
        "What it is": meaning,
    }
    return unmarked(pd.DataFrame(table)).iloc[::-1]


def process_caption(chart: pd.DataFrame, indicator: Indicator, name: str) -> str:
    """What a process chart holds and how far its limits can be trusted."""
    warnings = [each for each in chart["warning"].drop_duplicates() if each]
    few = f" Beware: {warnings[-1]}." if warnings else ""
    return (
        f"{indicator.name}, {indicator.unit}, {name}: mean and limits of usual variation "
        f"(XmR chart).{few}"
    )


def process_sentence(chart: pd.DataFrame, name: str) -> str:
    """What the latest point of a process chart is, and on how many figures that rests."""
    known = chart.dropna(subset="value")
    if known.empty or known["mean"].isna().all() or not known["icon"].iloc[-1]:
        return f"{name}: too few quarters are held to tell usual variation from change."
    last = known.iloc[-1]
    few = f" The {last['warning']}." if last["warning"] else ""
    if last["icon"] == "common cause":
        return f"{name}: the latest quarter is within usual variation.{few}"
    return f"{name}: {rule_words(last)}, {MEANINGS[last['icon']]}.{few}"


def rule_words(point: pd.Series) -> str:
    """Which rule of process charts a point meets, in words; only for a special cause."""
    return RULES[point["rule"]].format(way=point["side"])
