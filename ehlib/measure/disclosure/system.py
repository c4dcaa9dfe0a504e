"""The linked system of a release: every way in which one of its counts is the sum of others."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from ehlib.measure.disclosure.cells import WHOLE, Cell, Held, Span
from ehlib.measure.disclosure.links import Sum, fixed_sums
from ehlib.measure.disclosure.policy import Flow, Link

AXES = ("area", "period", "age", "sex", "category")
PASSES = 4  # cells that only differences make can make others


class System(NamedTuple):
    """Cells, those of the rows first, and the sums they obey: `matrix` times the counts is 0."""

    cells: list[Cell]
    counts: np.ndarray  # missing where neither held nor derived
    matrix: csr_array
    axes: list[str]


def find_sums(held: Held, links: Iterable[Link | Flow] = ()) -> list[Sum]:
    """Every way in which a cell of a release is the sum of others.

    Parameters
    ----------
    held : Held
        Cells of the release's rows.
    links : iterable of Link or Flow
        Indicators that count the same records.

    Returns
    -------
    list of Sum
        Along areas, periods and ages with cells that only a difference gives (a county less six
        of its seven districts). Totals that no row has are not invented.
    """
    cells = dict.fromkeys(held.cells)
    fixed = fixed_sums(held, links)
    cells |= dict.fromkeys(cell for each in fixed for cell in (each.whole, *each.parts))
    for _ in range(PASSES):
        found = [*fixed, *(each for axis in AXES for each in _sums_along(cells, axis))]
        grown = [c for each in found for c in (each.whole, *each.parts) if c not in cells]
        cells |= dict.fromkeys(grown)
        if not grown:
            break
    return list(dict.fromkeys(found))


def link_system(held: Held, sums: Iterable[Sum]) -> System:
    """The system that cells and their sums make up.

    Parameters
    ----------
    held : Held
        Cells with their counts.
    sums : iterable of Sum
        As `find_sums` has them.

    Returns
    -------
    System
        Where parts fall short of their whole, the rest is a cell. Sums that the counts contradict
        (children counted in two parts) only say that a part is not above its whole; between
        periods, such figures are no counts of events and nothing is said.
    """
    counts = dict(zip(held.cells, held.counts.tolist(), strict=True))
    for each in sums:
        for cell in (each.whole, *each.parts):
            counts.setdefault(cell, np.nan)
    kept = _derive(counts, list(sums))
    return _as_matrix(counts, [each for one in kept for each in _settled(one, counts)])


def _sums_along(cells: Iterable[Cell], axis: str) -> list[Sum]:
    """Sums between cells that are alike but for one axis."""
    families = defaultdict(list)
    if axis == "category":
        return _category_sums(cells)
    for cell in cells:
        families[cell._replace(**{axis: None})].append(getattr(cell, axis))
    sums = []
    for family, labels in families.items():
        if len(labels) > 1:
            for whole, parts in _tiles(axis, frozenset(labels)):
                made = tuple(family._replace(**{axis: part}) for part in parts)
                sums.append(Sum(family._replace(**{axis: whole}), made, axis))
    return sums


def _category_sums(cells: Iterable[Cell]) -> list[Sum]:
    """Totals as the sums of their categories, one category type at a time."""
    families = defaultdict(list)
    held = set(cells)
    for cell in sorted(held, key=lambda each: each.category):
        if cell.category_type:
            families[cell._replace(category="")].append(cell)
    wholes = ((key._replace(category_type=""), parts) for key, parts in families.items())
    return [Sum(whole, tuple(parts), "category") for whole, parts in wholes if whole in held]


@lru_cache(maxsize=4096)
def _tiles(axis: str, labels: frozenset) -> list[tuple]:
    """Each label that others tile, with the parts; parts that nobody holds are made."""
    if axis == "sex":
        return [(WHOLE, tuple(sorted(labels - {WHOLE})))] if WHOLE in labels else []
    sets = {each: each for each in labels} if axis == "area" else _stretches(labels)
    atoms, classes = defaultdict(set), defaultdict(list)
    for name, inside in sets.items():
        for atom in inside:
            atoms[atom].add(name)
    for atom, names in atoms.items():
        classes[frozenset(names)].append(atom)
    made = {names: _label(axis, members) for names, members in classes.items()}
    tiles = []
    for name in sorted(sets, key=sorted):
        parts = tuple(sorted((part for names, part in made.items() if name in names), key=sorted))
        if parts != (name,):
            tiles.append((name, parts))
    return tiles


def _stretches(labels: frozenset) -> dict[Span, list[tuple[int, int]]]:
    """Spans cut at every end of one of them; a label that is no span tiles nothing."""
    spans = [label for label in labels if not isinstance(label, str)]
    cuts = sorted({cut for span in spans for first, last in span for cut in (first, last + 1)})
    pieces = list(zip(cuts[:-1], [cut - 1 for cut in cuts[1:]], strict=True))
    return {
        span: [p for p in pieces if any(f <= p[0] and p[1] <= last for f, last in span)]
        for span in spans
    }


def _label(axis: str, atoms: Sequence) -> object:
    """Label of some districts, or of some stretches with those that meet joined."""
    if axis == "area":
        return frozenset(atoms)
    joined: list[tuple[int, int]] = []
    for first, last in sorted(atoms):
        if joined and joined[-1][1] + 1 == first:
            first = joined.pop()[0]
        joined.append((first, last))
    return tuple(joined)


def _derive(counts: dict[Cell, float], sums: list[Sum]) -> list[Sum]:
    """Sums that the counts allow; fills in counts that follow from others, one after another."""
    waiting, kept, found = sums, [], True
    while found:
        later, found = [], False
        for each in waiting:
            unknown = [cell for cell in (each.whole, *each.parts) if np.isnan(counts[cell])]
            if len(unknown) > 1:
                later.append(each)
                continue
            rest = 0.0
            if unknown:
                rest = sum(counts[part] for part in each.parts if part != unknown[0])
                rest = rest if unknown[0] == each.whole else counts[each.whole] - rest
                if rest >= 0:
                    counts[unknown[0]], found = rest, True
            if rest >= 0:
                kept.append(each)
        waiting = later
    return [*kept, *waiting]


def _settled(each: Sum, counts: dict[Cell, float]) -> list[Sum]:
    """A sum with its rest where parts fall short; parts below the whole where they exceed it."""
    rest = counts[each.whole] - sum(counts[part] for part in each.parts)
    if np.isnan(rest) or rest == 0:
        return [each]
    kind = f"{each.axis} {each.parts[0].category_type}".strip()
    if each.axis == "period":
        return []  # not a count of events
    if rest > 0:
        left = each.whole._replace(counted=f"{each.whole.counted}|rest by {kind}")
        counts[left] = rest
        return [Sum(each.whole, (*each.parts, left), each.axis)]
    made = []
    for part in each.parts:
        if 0 <= counts[part] <= counts[each.whole]:
            left = part._replace(counted=f"{each.whole.counted}|without {part.counted} by {kind}")
            counts[left] = counts[each.whole] - counts[part]
            made.append(Sum(each.whole, (part, left), each.axis))
    return made


def _as_matrix(counts: dict[Cell, float], sums: list[Sum]) -> System:
    """Sums as a sparse matrix: -1 for the whole, 1 for each part."""
    place = {cell: number for number, cell in enumerate(counts)}
    entries = [
        (row, place[cell], -1.0 if cell == each.whole else 1.0)
        for row, each in enumerate(sums)
        for cell in (each.whole, *each.parts)
    ]
    rows, columns, signs = zip(*entries, strict=True) if entries else ((), (), ())
    matrix = csr_array((signs, (rows, columns)), shape=(len(sums), len(counts)))
    return System(list(counts), np.array(list(counts.values())), matrix, [s.axis for s in sums])
