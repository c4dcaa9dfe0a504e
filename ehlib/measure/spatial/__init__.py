"""Neighbours of areas, whether they are alike, and rates smoothed across areas."""

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ehlib.measure import intervals
from ehlib.measure.spatial.moran import (
    GlobalMoran,
    LocalMoran,
    global_moran,
    local_moran,
    row_shares,
)

__all__ = [
    "GlobalMoran",
    "LocalMoran",
    "empirical_bayes",
    "global_moran",
    "local_moran",
    "neighbour_weights",
]

Array = NDArray[np.float64]


def neighbour_weights(boundaries: gpd.GeoDataFrame) -> Array:
    """Weights of neighbours, which share an edge or a corner; each area's sum to 1.

    Parameters
    ----------
    boundaries : GeoDataFrame, one row per area
        Areas that share their edges exactly.

    Returns
    -------
    ndarray, shape (areas, areas)
        In the order of the rows. An island has no neighbours: its weights are all 0.

    Raises
    ------
    ValueError
        If an area has no shape.
    """
    shapes = boundaries.geometry
    empty = (shapes.isna() | shapes.is_empty).to_numpy()
    if empty.any():
        position = int(np.flatnonzero(empty)[0])
        raise ValueError(f"boundaries at position {position} have no shape; expected a polygon")
    weights = np.zeros((len(shapes), len(shapes)))
    weights[*shapes.sindex.query(shapes, predicate="intersects")] = 1
    np.fill_diagonal(weights, 0)
    return row_shares(weights)


def empirical_bayes(counts: ArrayLike, populations: ArrayLike, multiplier: float = 1) -> Array:
    """Rates drawn towards the rate of all areas, the more the smaller the population.

    Parameters
    ----------
    counts, populations : array_like, shape (areas)
        Events and people at risk in each area; missing where suppressed.
    multiplier : float
        1,000 for a rate per 1,000.

    Returns
    -------
    ndarray
        Global empirical Bayes estimates; all the same where rates differ no more than chance
        makes them. Missing where a count is missing or nobody lives, and not counted then.

    Raises
    ------
    ValueError
        If a count is negative (the first position is named).

    References
    ----------
    Marshall (1991), Appl Stat 40, 283-294.
    """
    events, people = intervals.counts(counts=counts, populations=populations)
    known = ~np.isnan(events) & (people > 0)
    total = people[known].sum()
    if total == 0:
        return np.full(events.shape, np.nan)
    overall = events[known].sum() / total
    people = np.where(known, people, np.nan)
    away = events / people - overall
    between = (np.nansum(people * away**2) - overall * known.sum()) / total
    between = max(between, 0.0)  # rates may differ less than chance makes them
    within = overall / people
    trust = between / np.where(between + within > 0, between + within, 1)
    return multiplier * (overall + trust * away)
