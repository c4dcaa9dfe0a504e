"""Small maps: districts year by year with shared classes, and neighbourhoods."""

import geopandas as gpd
import pandas as pd
from matplotlib.axes import Axes

from ehlib.show.charts import INK, NARROW, WIDE, new_axes, small_axes
from ehlib.show.maps import add_class, add_legend, class_names, shade
from ehlib.show.sentences import short_label

COARSE = 1800.0  # metres that a boundary of a small map may stray: two pixels of it
LINE = 0.4  # points: outlines of small maps
FINENESS = 220  # points across a map: no smaller step is seen


def map_years(
    measures: pd.DataFrame,
    boundaries: gpd.GeoDataFrame,
    *,
    periods: list[str],
    breaks: tuple[float, ...],
    unit: str,
    decimals: int = 1,
    narrow: bool = False,
) -> Axes:
    """Districts shaded by class, one small map a period, all with the same classes.

    Parameters
    ----------
    measures : DataFrame, one row per district and period
        `area_code`, `period`, `value`; a district without a figure is hatched.
    boundaries : GeoDataFrame in EPSG:27700
        Of the same districts.
    periods : list of str
        Labels, in order; one map each.
    breaks : tuple of float
        Inner class breaks, shared by all maps.
    unit : str
        Unit of the legend in words.
    decimals : int
        Decimals of the classes.
    narrow : bool
        Two maps a row, for a phone.

    Returns
    -------
    Axes
        That of the first map.
    """
    columns = 2 if narrow else len(periods) if len(periods) > 1 else 2
    sizes = {"top": 1.2, "height": 2.3} if narrow else {"top": 1.0, "height": 2.6}
    grid = small_axes(len(periods), columns, narrow=narrow, **sizes)
    shapes = boundaries[["area_code", "geometry"]].assign(
        geometry=boundaries.geometry.simplify_coverage(COARSE)
    )
    for ax in grid.flat:
        ax.set_axis_off()
    rounded = measures.assign(value=measures["value"].round(decimals))
    for ax, period in zip(grid.flat, periods, strict=False):
        rows = add_class(rounded[rounded["period"] == period], breaks)
        drawn = shapes.merge(rows, on="area_code", how="left", validate="one_to_one")
        shade(ax, drawn, linewidth=LINE)
        ax.set_title(short_label(period), fontsize=9)
    wanted = measures[measures["period"].isin(periods)]
    blank = len(wanted.dropna(subset="value")) < len(periods) * len(shapes)
    add_legend(grid.flat[0].figure, class_names(breaks, decimals), unit, blank=blank)
    return grid.flat[0]


def map_neighbourhoods(
    rates: pd.DataFrame,
    shapes: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame,
    *,
    breaks: tuple[float, ...],
    unit: str,
    names: list[str] | None = None,
    narrow: bool = False,
) -> Axes:
    """Neighbourhoods shaded by class, with the outlines of districts.

    Parameters
    ----------
    rates : DataFrame, one row per neighbourhood
        `area_code`, `value`.
    shapes, districts : GeoDataFrame in EPSG:27700
        Of the neighbourhoods to draw, and outlines to find one's way by.
    breaks, unit, narrow
        As for `map_years`; figures are classed as whole numbers.
    names : list of str, optional
        Words for the classes, lowest first, in place of their numbers.

    Returns
    -------
    Axes
    """
    ax = new_axes(height=5.0 if narrow else 6.2, width=NARROW if narrow else WIDE)
    ax.set_axis_off()
    kept = rates[["area_code", "value"]].assign(value=rates["value"].round())
    classed = add_class(kept, breaks)
    drawn = shapes[["area_code", "geometry"]].merge(classed, on="area_code", how="left")
    drawn = drawn.assign(map_class=drawn["map_class"].fillna(-1.0))
    # Places of one class are one shape: a hundred outlines would make a heavy page.
    west, south, east, north = districts.total_bounds
    step = max(east - west, north - south) / FINENESS
    whole = drawn.dissolve("map_class").simplify(step).reset_index()
    whole = whole.set_axis(["map_class", "geometry"], axis=1).set_geometry("geometry")
    classed = whole.assign(map_class=whole["map_class"].where(whole["map_class"] >= 0))
    shade(ax, classed, linewidth=LINE)
    districts.geometry.simplify_coverage(step).plot(ax=ax, fc="none", ec=INK, linewidth=0.9)
    blank = bool((drawn["map_class"] < 0).any())
    add_legend(ax.figure, names or class_names(breaks, 0), unit, blank=blank)
    return ax
