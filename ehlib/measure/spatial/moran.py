"""Moran's I: whether neighbouring areas are alike, for all areas together and for each."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations
from math import comb, perm

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import false_discovery_control

from ehlib.measure.rates.standardised import refuse

EXACT = 50_000  # arrangements up to this many are all tried: those of 8 areas, say
BLOCK = 1_000  # random arrangements held at a time

Array = NDArray[np.float64]


@dataclass(frozen=True)
class GlobalMoran:
    """Moran's I of all areas together; `reason` says why where it is missing."""

    statistic: float
    expected: float
    p_value: float
    exact: bool
    left_out: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True)
class LocalMoran:
    """Moran's I of each area; `reason` says why where no area can be called a cluster."""

    statistic: Array
    p_value: Array
    smallest_p: Array
    quadrant: NDArray[np.str_]
    cluster: NDArray[np.bool_]
    left_out: tuple[int, ...]
    reason: str = ""


def global_moran(
    values: ArrayLike, weights: ArrayLike, *, rounds: int = 9_999, seed: int = 0
) -> GlobalMoran:
    """Moran's I: above its expected value where neighbours are alike, below where they differ.

    Parameters
    ----------
    values : array_like, shape (areas)
        One value an area; areas with a missing one are left out, and their neighbours' other
        weights raised to sum to 1 again if they did before.
    weights : array_like, shape (areas, areas)
        As from `neighbour_weights`. Islands are left out.
    rounds, seed : int
        Random arrangements, and where they start, when there are too many to try all.

    Returns
    -------
    GlobalMoran
        `p_value` is two-sided, twice the share of arrangements of the values over the areas with
        an I as far out; `exact` when all were tried. `left_out` gives positions. Missing, with
        the reason, for fewer than three areas or equal values.

    Raises
    ------
    ValueError
        If the weights have another shape, are negative or missing, or tie an area to itself.

    References
    ----------
    Moran (1950), Biometrika 37, 17-23; Cliff and Ord (1981), Spatial processes.
    """
    known, links, kept = _linked(values, weights)
    left_out, reason = _positions(~kept), _reason(known)
    if reason:
        return GlobalMoran(np.nan, np.nan, np.nan, False, left_out, reason)
    centred = known - known.mean()
    scale = known.size / links.sum() / (centred**2).sum()
    every = _every(known.size, known.size, True)
    orders = _random(known.size, known.size, rounds, seed) if every is None else [every]
    draws = np.concatenate(
        [((centred[each] @ links) * centred[each]).sum(axis=1) for each in orders]
    )
    observed = centred @ links @ centred
    exact = every is not None
    p_value, expected = _two_sided(observed, draws, exact), -1 / (known.size - 1)
    return GlobalMoran(float(scale * observed), expected, p_value, exact, left_out)


def local_moran(
    values: ArrayLike,
    weights: ArrayLike,
    *,
    level: float = 0.05,
    rounds: int = 9_999,
    seed: int = 0,
) -> LocalMoran:
    """Moran's I of each area: whether it and its neighbours form a cluster, or it stands out.

    Parameters
    ----------
    values, weights, rounds, seed
        As for `global_moran`.
    level : float
        Share of false clusters that is accepted among those called clusters.

    Returns
    -------
    LocalMoran
        Arrays in the order of the areas. `p_value` is two-sided, over all sets of neighbours that
        the other areas could give an area, or random ones; `smallest_p` is the smallest that an
        area with so many neighbours could reach; `cluster` is true where the p-value holds when
        those of all areas are adjusted together. Where no area could reach `level`, there are no
        p-values and no clusters, and `reason` says so. Areas left out are missing.

    Raises
    ------
    ValueError
        As for `global_moran`.

    References
    ----------
    Anselin (1995), Geogr Anal 27, 93-115; Caldas de Castro and Singer (2006), Geogr Anal 38,
    180-208.
    """
    known, links, kept = _linked(values, weights)
    reason = _reason(known)
    centred = known - known.sum() / max(known.size, 1)
    statistic, p_value, smallest = np.full((3, known.size), np.nan)
    clusters = np.zeros(known.size, dtype=bool)
    if not reason:
        statistic = centred * (links @ centred) / (centred**2).mean()
        p_value, smallest = _local_tests(centred, links, rounds, seed)
        reason = _refusal(smallest, level)
    if reason:
        p_value = np.full(known.size, np.nan)
    else:
        clusters = false_discovery_control(p_value) <= level
    found = {
        "statistic": statistic,
        "p_value": p_value,
        "smallest_p": smallest,
        "quadrant": _quadrants(centred, links),
        "cluster": clusters,
    }
    whole = {name: _put_back(array, kept) for name, array in found.items()}
    return LocalMoran(**whole, left_out=_positions(~kept), reason=reason)


def row_shares(weights: Array) -> Array:
    """Weights divided by their row's sum; a row of zeros stays."""
    sums = weights.sum(axis=1, keepdims=True)
    return weights / np.where(sums == 0, 1, sums)


def _linked(values: ArrayLike, weights: ArrayLike) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Values and weights of the areas that have a value and a neighbour, and which these are."""
    known, links = np.asarray(values, dtype="float64"), np.asarray(weights, dtype="float64")
    if links.shape != known.shape * 2:
        raise ValueError(f"weights have the shape {links.shape}; expected {known.shape * 2}")
    refuse(np.isinf(known), known, "values", "a finite number")
    refuse(~(links >= 0) | np.isinf(links), links, "weights", "a number of 0 or more")
    refuse(np.diag(links) != 0, np.diag(links), "weights on the diagonal", "0")
    sums, present = links.sum(axis=1), ~np.isnan(known)
    links = links * np.outer(present, present)
    kept = links.sum(axis=0) + links.sum(axis=1) > 0
    links = links[np.ix_(kept, kept)]
    return known[kept], row_shares(links) if np.allclose(sums[sums > 0], 1) else links, kept


def _reason(known: Array) -> str:
    if known.size < 3:
        return f"Only {known.size} areas have a value and a neighbour; three are needed."
    alike = np.ptp(known) <= 1e-12 * np.abs(known).max()
    return "All areas have the same value." if alike else ""


def _refusal(smallest: Array, level: float) -> str:
    if smallest.min() <= level:
        return ""
    return (
        f"No area can be called a cluster: with {smallest.size} areas, even the most extreme "
        f"arrangement of values has a p-value of {smallest.min():.2g}, above {level:g}."
    )


@lru_cache(maxsize=16)
def _every(areas: int, places: int, ordered: bool) -> NDArray[np.int64] | None:
    """All ways to fill places from areas, if not too many to try."""
    ways, count = (permutations, perm) if ordered else (combinations, comb)
    if count(areas, places) > EXACT:
        return None
    every = np.array(list(ways(range(areas), places)), dtype=int)
    return every.reshape(count(areas, places), places)


def _random(areas: int, places: int, rounds: int, seed: int) -> Iterator[NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    for done in range(0, rounds, BLOCK):
        orders = np.tile(np.arange(areas), (min(BLOCK, rounds - done), 1))
        yield rng.permuted(orders, axis=1)[:, :places]


def _local_tests(centred: Array, links: Array, rounds: int, seed: int) -> tuple[Array, Array]:
    """P-value of each area, its own value held, and the smallest that it could have."""
    near = [np.flatnonzero(row) for row in links]
    sizes = [own.size for own in near]
    unequal = [len(set(row[own].round(12))) > 1 for row, own in zip(links, near, strict=True)]
    ways = [_every(centred.size - 1, *each) for each in zip(sizes, unequal, strict=True)]
    if any(way is None for way in ways):
        random = np.concatenate(list(_random(centred.size - 1, max(sizes), rounds, seed)))
    p_values, smallest = np.empty((2, centred.size))
    for area, (row, own, way) in enumerate(zip(links, near, ways, strict=True)):
        sets = random[:, : own.size] if way is None else way
        draws = centred[area] * (np.delete(centred, area)[sets] @ row[own])
        p_values[area] = _two_sided(centred[area] * (row @ centred), draws, way is not None)
        smallest[area] = min(1, 2 / (len(sets) + (way is None)))
    return p_values, smallest


def _two_sided(observed: float, draws: Array, exact: bool) -> float:
    """Twice the smaller tail; random draws do not hold the arrangement that was observed."""
    tie = 1e-9 * np.abs(draws).max()
    tail = min((draws >= observed - tie).sum(), (draws <= observed + tie).sum())
    return float(min(1, 2 * (tail / draws.size if exact else (tail + 1) / (draws.size + 1))))


def _quadrants(centred: Array, links: Array) -> NDArray[np.str_]:
    own, around = (np.where(each > 0, "high", "low") for each in (centred, links @ centred))
    return np.char.add(np.char.add(own, " among "), around)


def _positions(chosen: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(np.flatnonzero(chosen).tolist())


def _put_back(array: NDArray, kept: NDArray[np.bool_]) -> NDArray:
    """An array with the areas that were left out."""
    whole = np.full(kept.shape, {"f": np.nan, "U": "", "b": False}[array.dtype.kind], array.dtype)
    whole[kept] = array
    return whole
