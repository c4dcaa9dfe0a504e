"""Maps of districts with stable class breaks and a hatched class for no data."""

import re
from itertools import combinations, pairwise

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.text import Annotation

from ehlib.load.indicators import Indicator
from ehlib.show.charts import INK, NARROW, QUIET, WIDE, named, new_axes, wrapped
from ehlib.show.sentences import number, period_words
from ehlib.show.tables import missing_marker

BLUES = ["#e6eff7", "#b3d0e8", "#74add1", "#3a7ab5", "#12436d"]  # light to dark, colour-blind safe
HATCH = "////"
TOLERANCE = 250.0  # metres that a drawn boundary may stray: about a pixel and a half of the page
APART = 1.5  # points kept between two labels
MOVES = 50  # rounds of moving labels apart before the map is taken as it is


def add_class(measures: pd.DataFrame, breaks: tuple[float, ...]) -> pd.DataFrame:
    """Measures with the map class of each value, by breaks fixed once per indicator.

    Parameters
    ----------
    measures : DataFrame, one row per area
        `value`; missing where suppressed or not available.
    breaks : tuple of float
        Inner breaks, increasing; a value equal to a break is in the class above it.

    Returns
    -------
    DataFrame, same rows and order
        Adds `map_class`, from 0 for the lowest; missing where the value is.

    Raises
    ------
    ValueError
        If there are no breaks, more than four, or they do not increase.
    """
    if not 1 <= len(breaks) < len(BLUES) or list(breaks) != sorted(set(breaks)):
        raise ValueError(f"breaks are {breaks!r}; expected one to four increasing numbers")
    classes = np.searchsorted(breaks, measures["value"], side="right").astype("float64")
    return measures.assign(map_class=np.where(measures["value"].isna(), np.nan, classes))


def map_districts(
    measures: pd.DataFrame,
    boundaries: gpd.GeoDataFrame,
    *,
    breaks: tuple[float, ...],
    unit: str,
    decimals: int = 1,
    narrow: bool = False,
) -> Axes:
    """Districts shaded by class and named with their value.

    Parameters
    ----------
    measures : DataFrame, one row per district, one period
        `area_code`, `area_name`, `value`, `value_note`.
    boundaries : GeoDataFrame in EPSG:27700
        `area_code` and `geometry` of the same districts.
    breaks : tuple of float
        Inner class breaks, the same for every period.
    unit : str
        Unit of the legend in words.
    decimals : int
        Decimals of the values written on the map.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a district has no boundary.
    """
    # Classed as written on the map: 9.96 is 10.0 there, and not under 10.
    classed = add_class(measures.assign(value=measures["value"].round(decimals)), breaks)
    shapes = simplified(boundaries).merge(
        classed, on="area_code", how="inner", validate="one_to_one"
    )
    lacking = sorted(set(measures["area_code"]) - set(shapes["area_code"]))
    if lacking:
        raise ValueError(f"no boundary for {', '.join(lacking)}")
    ax = new_axes(height=6.0 if narrow else 7.0, width=NARROW if narrow else WIDE)
    ax.set_axis_off()
    shade(ax, shapes)
    blank = bool(shapes["map_class"].isna().any())
    add_legend(ax.figure, class_names(breaks, decimals), unit, blank=blank)
    keep_apart(ax, [_label(ax, row, decimals) for row in shapes.itertuples()])
    return ax


def simplified(boundaries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Boundaries with fewer points, neighbours still sharing their edges exactly."""
    return boundaries[["area_code", "geometry"]].assign(
        geometry=boundaries.geometry.simplify_coverage(TOLERANCE)
    )


def shade(ax: Axes, shapes: gpd.GeoDataFrame, *, linewidth: float = 0.6) -> None:
    """Fill shapes by `map_class` and hatch those without; lines in points."""
    known = shapes["map_class"].notna()
    edges = {"edgecolor": INK, "linewidth": linewidth, "clip_on": False}
    if known.any():
        fills = [BLUES[int(each)] for each in shapes.loc[known, "map_class"]]
        shapes[known].plot(ax=ax, color=fills, **edges)
    if not known.all():
        with mpl.rc_context({"hatch.linewidth": 0.5}):
            shapes[~known].plot(ax=ax, facecolor="white", hatch=HATCH, **edges)
    ax.autoscale_view()


def _label(ax: Axes, row: tuple, decimals: int) -> Annotation:
    """Name and value on a light ground, in the middle of the widest part of the district."""
    middle = shapely.get_point(shapely.maximum_inscribed_circle(row.geometry, TOLERANCE), 0)
    blank = missing_marker(row.value_note)
    value = blank if np.isnan(row.value) else number(row.value, decimals)
    return ax.annotate(
        f"{wrapped(row.area_name, 13)}\n{value}",
        (middle.x, middle.y),
        xytext=(0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=9,
        linespacing=1.05,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.82, "linewidth": 0},
    )


def keep_apart(ax: Axes, labels: list[Annotation]) -> None:
    """Move labels up and down until none lies on another."""
    ax.figure.draw_without_rendering()
    for _ in range(MOVES):
        clashes = 0
        for one, two in combinations(labels, 2):
            first, second = one.get_window_extent(), two.get_window_extent()
            across = min(first.x1, second.x1) - max(first.x0, second.x0)
            down = min(first.y1, second.y1) - max(first.y0, second.y0)
            if min(across, down) <= 0:
                continue
            clashes += 1
            upwards = 1 if first.y0 + first.y1 > second.y0 + second.y1 else -1
            step = upwards * (down * 72 / ax.figure.dpi + APART) / 2
            one.xyann, two.xyann = (0, one.xyann[1] + step), (0, two.xyann[1] - step)
        if not clashes:
            return


def class_names(breaks: tuple[float, ...], decimals: int) -> list[str]:
    """Classes in words, lowest first: `under 10`, `10 to under 20`, `20 or more`."""
    texts = [number(each, decimals).removesuffix(".0") for each in breaks]
    between = [f"{low} to under {high}" for low, high in pairwise(texts)]
    return [f"under {texts[0]}", *between, f"{texts[-1]} or more"]


def add_legend(figure: Figure, names: list[str], unit: str, *, blank: bool) -> None:
    """Key of the classes under a map, with the hatch where some place is `blank`."""
    patches = [
        Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=name)
        for name, colour in zip(names, BLUES, strict=False)
    ]
    if blank:
        patches.append(Patch(facecolor="white", edgecolor=QUIET, hatch=HATCH, label="no figure"))
    figure.legend(
        handles=patches,
        title=wrapped(unit, 40),
        loc="outside lower left",
        ncols=2 if figure.get_figwidth() == NARROW else 3,
        frameon=False,
        fontsize=9,
        title_fontsize=9,
        alignment="left",
    )


def map_caption(districts: pd.DataFrame, indicator: Indicator, boundaries: pd.DataFrame) -> str:
    """What a map holds, and whose boundaries it is drawn with, in short."""
    source = re.sub(r" \([^)]*\)", "", boundaries["source"].iloc[0]).split(". ")[0].rstrip(".")
    said = f"{named(indicator)}, {period_words(districts, indicator)}."
    return f"{said} Places left white lie outside the county. {source}."
