"""Map of clusters: places that are alike with their neighbours, or stand out from them."""

import re
from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from ehlib.load.indicators import Indicator
from ehlib.measure.inequality.gradient import PER_1000
from ehlib.measure.spatial.clusters import COUNTED, NO_FIGURE, NOT_CLEAR, Clusters
from ehlib.show.charts import INK, NARROW, QUIET, WIDE, named, new_axes
from ehlib.show.numbers import marked, unmarked
from ehlib.show.sentences import count_words, label_words, list_words, number, number_word
from ehlib.show.tables import heading

FILLS = {  # colour and hatching say the same
    "high among high": ("#12436d", ""),
    "low among low": ("#b3d0e8", "---"),
    "high among low": ("#f46a25", "xxxx"),
    "low among high": ("#a285d1", "++++"),
    NOT_CLEAR: ("#f3f2f1", ""),
    NO_FIGURE: ("white", "////"),
}
LEVELS = {"district": "district", "msoa": "neighbourhood", "lsoa": "neighbourhood"}
TOLERANCE = 150.0  # metres
NAMED = 3  # councils that a sentence names


def map_clusters(found: Clusters, districts: gpd.GeoDataFrame, *, narrow: bool = False) -> Axes:
    """Places shaded by the kind of cluster they belong to, with the outlines of districts.

    Parameters
    ----------
    found : Clusters
        As `find_clusters` gives them.
    districts : GeoDataFrame in EPSG:27700
        Outlines to find one's way by.
    narrow : bool
        Drawn for a phone.

    Returns
    -------
    Axes
    """
    ax = new_axes(height=5.6 if narrow else 6.6, width=NARROW if narrow else WIDE)
    ax.set_axis_off()
    # Places of one kind are drawn as one shape: hundreds of outlines would make a heavy page.
    kinds = found.areas.dissolve("cluster").geometry
    present = [kind for kind in FILLS if kind in kinds.index]
    with mpl.rc_context({"hatch.linewidth": 0.6}):
        for kind in present:
            fill, hatch = FILLS[kind]
            shape = gpd.GeoSeries([kinds[kind]]).simplify(TOLERANCE)
            shape.plot(ax=ax, facecolor=fill, hatch=hatch, edgecolor="white", linewidth=0.3)
        edges = districts.geometry.simplify_coverage(TOLERANCE)
        edges.plot(ax=ax, facecolor="none", edgecolor=INK, linewidth=0.8)
        keys = [
            Patch(facecolor=FILLS[kind][0], hatch=FILLS[kind][1], edgecolor=QUIET, label=kind)
            for kind in present
        ]
        columns = 2 if narrow else 3
        ax.figure.legend(handles=keys, loc="outside lower left", ncols=columns, frameon=False)
    return ax


def shown_as(
    found: Clusters, indicator: Indicator, indicators: Mapping[str, Indicator]
) -> Indicator:
    """Indicator as the map of clusters shows it: neighbourhoods may have another than districts."""
    counted = indicators[COUNTED.get(indicator.id, indicator.id)]
    if found.level == "district" or counted.id == indicator.id:
        return indicator
    if counted.method != "count":
        return counted
    return replace(counted, method="rate", unit=PER_1000, unit_short="per 1,000", decimals=1)


def cluster_sentence(found: Clusters, indicator: Indicator) -> str:
    """Where clusters lie; or that there are none, or that so few places could show none."""
    if found.reason:
        return f"No map of clusters is drawn. {found.reason}"
    known = found.areas.dropna(subset="value")
    what = LEVELS[found.level]
    when = f"{indicator.name}, {label_words(found.period, indicator)}"
    clustered = known[~known["cluster"].isin([NOT_CLEAR, NO_FIGURE])]
    if clustered.empty:
        return f"{when}: none of the {count_words(len(known), what)} forms a clear cluster."
    told = []
    for kind, words in (("high among high", "high"), ("low among low", "low")):
        rows = clustered[clustered["cluster"] == kind]
        if len(rows):
            verb = "lies in a cluster" if len(rows) == 1 else "lie in clusters"
            told.append(f"{number_word(len(rows))} {verb} of {words} figures{_where(rows)}")
    alike = clustered["cluster"].isin(["high among high", "low among low"]).sum()
    odd = len(clustered) - alike
    if odd:
        stand = "stands out from its" if odd == 1 else "stand out from their"
        told.append(f"{number_word(odd)} {stand} neighbours")
    return f"{when}: of {count_words(len(known), what)}, {'; '.join(told)}."


def _where(rows: pd.DataFrame) -> str:
    """Councils that some places lie in, as their names begin with them, largest share first."""
    councils = rows["area_name"].str.replace(r" \d{3}[A-Z]?$", "", regex=True).value_counts()
    if len(councils) == len(rows):
        return ""
    named = [f"{name} ({count})" for name, count in councils.head(NAMED).items()]
    return f", {'most of them ' if len(councils) > NAMED else ''}in {list_words(named)}"


def clusters_table(
    found: Clusters, neighbourhoods: pd.DataFrame, indicator: Indicator
) -> pd.DataFrame | None:
    """Places that stand out on the map: figure, and how they stand to their neighbours.

    Parameters
    ----------
    found : Clusters
        As drawn.
    neighbourhoods : DataFrame
        Measures that it was found in.
    indicator : Indicator
        As shown; gives decimals.

    Returns
    -------
    DataFrame of text, or None
        None where no place stands out, or where they are districts, which the page lists.
    """
    clear = found.areas[~found.areas["cluster"].isin([NOT_CLEAR, NO_FIGURE])]
    if clear.empty or found.level == "district":
        return None
    latest = neighbourhoods[neighbourhoods["period"] == found.period]
    rows = latest.drop_duplicates("area_code").set_index("area_code")
    rows = rows.reindex(clear["area_code"]).reset_index()
    values = [number(value, indicator.decimals) for value in clear["value"]]
    columns = {
        "Place": list(clear["area_name"]),
        heading(indicator): marked(values, rows, "value"),
        "Stands out as": list(clear["cluster"]),
    }
    return unmarked(pd.DataFrame(columns)).sort_values("Stands out as", kind="stable")


def cluster_caption(found: Clusters, indicator: Indicator, boundaries: gpd.GeoDataFrame) -> str:
    """What a map of clusters holds, how sure it is, and whose boundaries it is drawn with."""
    source = re.sub(r" \([^)]*\)", "", boundaries["source"].iloc[0]).split(". ")[0].rstrip(".")
    return (
        f"{named(indicator)}, {label_words(found.period, indicator)}: places alike with their "
        "neighbours beyond chance (local Moran's I, at most 5% of the clusters shown expected to "
        f"be false), within district boundaries. {source}."
    )
