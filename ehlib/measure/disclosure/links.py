"""Sums between figures of several indicators: the same records counted under more than one name."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ehlib.measure.disclosure.cells import Cell, Held
from ehlib.measure.disclosure.policy import Flow, Link


class Sum(NamedTuple):
    """One count that is the sum of others; `axis` says along what."""

    whole: Cell
    parts: tuple[Cell, ...]
    axis: str


def fixed_sums(held: Held, links: Iterable[Link | Flow]) -> list[Sum]:
    """Denominators as numerators and the rest, and what links and flows say of the cells.

    Parameters
    ----------
    held : Held
        Cells of the release's rows.
    links : iterable of Link or Flow
        Indicators that count the same records.

    Returns
    -------
    list of Sum
        Also with cells that no row has: the rest of a denominator, a stock with all who came.
    """
    sums = []
    pairs = {
        (held.denominators[row], held.numerators[row])
        for row in np.flatnonzero(held.denominators >= 0)
    }
    for whole, part in sorted(pairs):
        cells = held.cells[whole], held.cells[part]
        if cells[0].counted.endswith("|of"):
            rest = cells[1]._replace(counted=f"{cells[1].counted}|rest")
            sums.append(Sum(cells[0], (cells[1], rest), "share"))
    known = set(held.cells)
    links = list(links)
    simple = [each for each in links if isinstance(each, Link)]
    made = (_linked(link, cell, known) for link in simple for cell in held.cells)
    flows = [each for each in links if isinstance(each, Flow)]
    moved = (each for flow in flows for each in _moved(flow, known))
    return [*sums, *filter(None, made), *moved]


def _moved(flow: Flow, known: set[Cell]) -> Iterator[Sum]:
    """Of a period, the stock before and those who came as the stock after and those who left."""
    stocks = {
        (cell._replace(period=()), cell.period[-1][1]): cell
        for cell in known
        if cell.counted == flow.stock and not cell.category_type
    }
    for (family, _), cell in sorted(stocks.items(), key=lambda each: each[1].period):
        before = stocks.get((family, cell.period[0][0] - 1))
        came, left = (cell._replace(counted=name) for name in (flow.inflow, flow.outflow))
        if before and {came, left} & known:
            ever = cell._replace(counted=f"{flow.stock}|ever")
            yield Sum(ever, (before, came), "flow")
            yield Sum(ever, (cell, left), "flow")


def _linked(link: Link, cell: Cell, known: set[Cell]) -> Sum | None:
    """A figure of a cell as a sum of the linked indicator's, or a part of one, where held."""
    day = np.datetime64(cell.period[0][0], "D").astype(object)
    if cell.counted != _name(link.indicator, link.figure) or not link.first <= day < link.until:
        return None
    total = cell._replace(counted=_name(link.of, link.of_figure))
    wanted = link.categories or link.all_but
    if wanted and cell.category_type:
        return None
    parts = [total._replace(category_type=link.category_type, category=each) for each in wanted]
    held = tuple(part for part in parts if part in known)
    axis = f"link {link.indicator} {link.figure}"
    if not link.categories:
        return Sum(total, (cell, *held), axis) if total in known else None
    if link.within:
        return Sum(held[0], (cell,), axis) if held else None
    return Sum(cell, held, axis) if held else None


def _name(indicator_id: str, figure: str) -> str:
    """What records a figure counts, as cells say it."""
    return indicator_id if figure == "numerator" else f"{indicator_id}|of"
