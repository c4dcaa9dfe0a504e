"""Charts of areas with their limits, and the style that all charts share."""

import base64
import io
import re
import textwrap

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from ehlib.load.indicators import Indicator
from ehlib.show.sentences import number, period_words
from ehlib.show.tables import missing_marker, order_areas

WIDE, NARROW = 7.6, 3.65  # inches: a page's text column, and a phone's width less its margins
INK, QUIET, RULE, ACCENT, ENGLAND = "#0b0c0c", "#505a5f", "#d5d9db", "#1d5a8f", "#6b3a8a"
MARKS = {  # colour, shape and word say the same; each colour has 3:1 contrast on white
    "better": ("#1d70b8", "o"),
    "worse": ("#b8400a", "D"),
    "similar": ("#6f777b", "s"),
    "higher": ("#5b2c83", "^"),
    "lower": ("#00703c", "v"),
    "not compared": ("#505a5f", "o"),  # drawn hollow
}
DASHES = (0, (4, 2))
FONT = "font-family: 'DejaVu Sans', sans-serif; "
PLACES = re.compile(r' (?:d|x|y)="[^"]*"')
NEEDLESS = re.compile(
    rf'<g id="[^"]*"/>|(?<=<g) id="[^"]*"(?=>)| transform="rotate\(-0 [^"]*\)"|{FONT}'
)
STEPS = [1, 2, 2.5, 5, 10]  # of an axis
ROW, LINE = 0.36, 0.17  # inches: a row of a chart, and a line of its label
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
    """Areas as marks with their limits, highest on top, the benchmark as a dashed line.

    Parameters
    ----------
    measures : DataFrame, one row per area, one period
        `value`, `lower_ci`, `upper_ci`, `benchmark_value` and `comparison`; areas without a value
        are named with the marker of their note, such as `[c]`, in place of a mark.
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
    rows = order_areas(measures.assign(lowest=-measures["value"]), by="lowest")
    names = [wrapped(name, 13 if narrow else 26) for name in rows["area_name"]]
    row = max(ROW, LINE * max(name.count("\n") + 1 for name in names))
    ax = new_axes(height=1.3 + row * len(rows), width=NARROW if narrow else WIDE)
    places = np.arange(len(rows))[::-1]
    for place, each in zip(places, rows.itertuples(), strict=True):
        _mark(ax, place, each)
    ax.set_yticks(places, names)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ends = rows[["value", "lower_ci", "upper_ci", "benchmark_value"]]
    ax.set_xlim(min(0, ends.min().min()), 1.06 * max(0, ends.max().max()) or 1)
    ax.set_xlabel(wrapped(unit, 24 if narrow else 60), loc="left")
    ax.xaxis.set_major_locator(MaxNLocator(3 if narrow else 6, steps=STEPS))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    ax.grid(axis="x", color=RULE, linewidth=0.6)
    ax.set_axisbelow(True)
    _name_values(ax, places, rows, decimals)
    _draw_benchmark(ax, rows, decimals)
    return ax


def on_one_scale(rows: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Rows that can share an axis: of numbers, the districts alone, which their sum would dwarf."""
    districts = rows["area_type"].eq("district")
    return rows[districts] if indicator.method == "count" and districts.any() else rows


def new_axes(*, height: float, width: float = WIDE) -> Axes:
    """Empty axes in the workbench's style."""
    return Figure(figsize=(width, height), layout="constrained").subplots()


def small_axes(
    count: int, columns: int, *, top: float, height: float, narrow: bool = False, **shared: bool
) -> np.ndarray:
    """Rows of small axes, `top` inches and as many times `height` high; those beyond `count` blank.

    What is `shared`, as `sharex`, goes to `subplots`.
    """
    lines = -(-count // columns)
    size = (NARROW if narrow else WIDE, top + height * lines)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False, **shared)
    for ax in grid.flat[count:]:
        ax.set_visible(False)
    return grid


def wrapped(text: str, letters: int) -> str:
    """Text in lines of so many letters at most, never broken inside a word."""
    return textwrap.fill(text, letters, break_long_words=False, break_on_hyphens=False)


def _mark(ax: Axes, place: int, row: tuple) -> None:
    if np.isnan(row.value):
        return
    colour, shape = MARKS[row.comparison]
    if not np.isnan(row.lower_ci):
        ax.hlines(place, row.lower_ci, row.upper_ci, color=colour, linewidth=2)
    inside = "white" if row.comparison == "not compared" else colour
    ax.scatter(
        row.value, place, facecolor=inside, edgecolor=colour, marker=shape, s=42, lw=1.5, zorder=3
    )


def _name_values(ax: Axes, places: np.ndarray, rows: pd.DataFrame, decimals: int) -> None:
    """Value and comparison in words on the right-hand side, one a row."""
    side = ax.secondary_yaxis("right")
    words = rows["comparison"].replace("not compared", "")
    texts = [
        missing_marker(note) if np.isnan(value) else f"{number(value, decimals)} {word}".strip()
        for value, word, note in zip(rows["value"], words, rows["value_note"], strict=True)
    ]
    side.set_yticks(places, texts)
    side.tick_params(axis="y", length=0)
    side.spines["right"].set_visible(False)


def _draw_benchmark(ax: Axes, rows: pd.DataFrame, decimals: int) -> None:
    known = rows.dropna(subset="benchmark_value")
    if known.empty:
        return
    value, name = known.iloc[0][["benchmark_value", "benchmark_name"]]
    ax.axvline(value, color=ENGLAND, linewidth=1.4, linestyle=DASHES, zorder=1)
    ax.annotate(
        f"{name} {number(value, decimals)}",
        (value, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        color=ENGLAND,
        fontsize=9,
    )


def svg_uri(ax: Axes) -> str:
    """The drawing as an address that holds all of it, light enough for a page."""
    file = io.BytesIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    canvas = FigureCanvasSVG(ax.figure)
    # savefig would draw all of it once more, only to have the layout made; the bytes are the same.
    if engine := ax.figure.get_layout_engine():
        engine.execute(ax.figure)
        ax.figure.set_layout_engine("none")
    canvas.print_svg(file, metadata=nothing)
    light = _light(file.getvalue().decode("utf-8"))
    return "data:image/svg+xml;base64," + base64.b64encode(light.encode("utf-8")).decode("ascii")


def _light(svg: str) -> str:
    """The same drawing in half the bytes: places to a tenth of a point, no unused names."""
    svg = PLACES.sub(_rounded, svg[svg.index("<svg") :])
    svg = NEEDLESS.sub("", svg).replace("</style>", f"text{{{FONT}}}</style>")
    return re.sub(r">\s+<", "><", svg)


def _rounded(places: re.Match[str]) -> str:
    text = re.sub(
        r"-?\d+\.\d+", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), places[0]
    )
    text = " ".join(text.split())
    # A line may follow a line without its L, but not a curve.
    return f" {text}" if re.search("[CQ] ", text) else f" {text.replace(' L ', ' ')}"


def measure_words(indicator: Indicator) -> str:
    """What is measured and its unit: `percentage of children measured`, `number of children`."""
    unit = indicator.unit
    if indicator.unit_short == "%":
        return f"percentage{unit.removeprefix('%')}"
    words = {"count": f"number of {unit}", "rate": f"rate {unit}", "value": unit}
    return words[indicator.method]


def unit_words(indicator: Indicator) -> str:
    """Unit as an axis or a legend names it: `number of children`, `% of children measured`."""
    return measure_words(indicator) if indicator.method == "count" else indicator.unit


def areas_caption(latest: pd.DataFrame, indicator: Indicator) -> str:
    """What a table of areas holds."""
    return f"{named(indicator)}, {period_words(latest, indicator)}."


def marks_caption(latest: pd.DataFrame, indicator: Indicator) -> str:
    """What a chart of areas holds and how to read its marks and lines."""
    said = f"{named(indicator)}, {period_words(latest, indicator)}."
    names = latest.loc[latest["benchmark_value"].notna(), "benchmark_name"]
    if latest["lower_ci"].isna().all():
        return f"{said} The dashed line is {names.iloc[0]}." if len(names) else said
    said += " The line through a mark shows its 95% limits"
    if names.empty:
        return f"{said}."
    return (
        f"{said}; where it does not reach the dashed line, the place differs from "
        f"{names.iloc[0]} by more than chance would explain."
    )


def named(indicator: Indicator) -> str:
    """Name and unit of an indicator, without a unit that its name already holds."""
    unit = unit_words(indicator)
    return indicator.name if unit in indicator.name else f"{indicator.name}, {unit}"
