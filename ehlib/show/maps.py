"""Maps of districts with stable class breaks and a hatched class for no data."""

from itertools import pairwise

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from ehlib.show.charts import INK, NARROW, QUIET, WIDE, new_axes
from ehlib.show.sentences import number

BLUES = ["#e6eff7", "#b3d0e8", "#74add1", "#3a7ab5", "#12436d"]  # light to dark, colour-blind safe
TOLERANCE = 150.0  # metres that a drawn boundary may stray: half a pixel at page width


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
    shapes = simplified(boundaries).merge(
        add_class(measures, breaks), on="area_code", how="inner", validate="one_to_one"
    )
    lacking = sorted(set(measures["area_code"]) - set(shapes["area_code"]))
    if lacking:
        raise ValueError(f"no boundary for {', '.join(lacking)}")
    ax = new_axes(height=5.3 if narrow else 7.0, width=NARROW if narrow else WIDE)
    for row in shapes.itertuples():
        _draw_district(ax, row, decimals, 7.5 if narrow else 9)
    ax.set_axis_off()
    ax.set_aspect("equal")
    ax.autoscale_view()
    _add_legend(ax, shapes, breaks, unit, decimals, 2 if narrow else 3)
    return ax


def simplified(boundaries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Boundaries with fewer points, neighbours still sharing their edges exactly."""
    return boundaries[["area_code", "geometry"]].assign(
        geometry=boundaries.geometry.simplify_coverage(TOLERANCE)
    )


def _draw_district(ax: Axes, row: tuple, decimals: int, size: float) -> None:
    known = not np.isnan(row.map_class)
    face = BLUES[int(row.map_class)] if known else "white"
    style = {"facecolor": face, "edgecolor": "white" if known else QUIET, "linewidth": 1.1}
    shape = gpd.GeoSeries([row.geometry])
    shape.plot(ax=ax, hatch=None if known else "////", **style)
    shape.boundary.plot(ax=ax, color=INK, linewidth=0.5)
    blank = "[c]" if "suppressed" in row.value_note else "[x]"
    value = number(row.value, decimals) if known else blank
    place = row.geometry.representative_point()
    name = row.area_name.replace(" and ", " and\n")
    ax.annotate(
        f"{name}\n{value}",
        (place.x, place.y),
        ha="center",
        va="center",
        fontsize=size,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )


def _add_legend(
    ax: Axes,
    shapes: gpd.GeoDataFrame,
    breaks: tuple[float, ...],
    unit: str,
    decimals: int,
    columns: int,
) -> None:
    texts = [number(each, decimals).removesuffix(".0") for each in breaks]
    names = [f"under {texts[0]}"]
    names += [f"{low} to under {high}" for low, high in pairwise(texts)]
    names += [f"{texts[-1]} or more"]
    patches = [
        Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=name)
        for name, colour in zip(names, BLUES, strict=False)
    ]
    if shapes["map_class"].isna().any():
        patches.append(
            Patch(facecolor="white", edgecolor=QUIET, hatch="////", label="no figure shown")
        )
    with mpl.rc_context({"font.size": 9}):
        ax.figure.legend(
            handles=patches,
            title=unit,
            loc="outside lower left",
            ncols=columns,
            frameon=False,
            alignment="left",
        )
