"""Bounds of hidden counts: two whole-number programmes each, over the sums that hold."""

import math

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ehlib.measure.attack.facts import CELL
from ehlib.measure.attack.sums import Sums

SECONDS = 20.0  # a programme that takes longer keeps the bound of its relaxation
NEAR = 1e-6


def bound_counts(sums: Sums) -> pd.DataFrame:
    """Lowest and highest value of every hidden count, remainder and rest.

    Parameters
    ----------
    sums : Sums
        Counts with the sums that hold between them.

    Returns
    -------
    DataFrame, one row per hidden quantity
        `release`, `CELL` with `figure` also `remainder` or `rest`, `lowest`, `highest`.

    Raises
    ------
    ValueError
        If what is shown contradicts itself, so that no counts at all would fit.
    """
    matrix, low, high, wanted = _programme(sums)
    known = sums.counts["count"].to_numpy("float64")
    known = np.concatenate([known, np.full(matrix.shape[1] - len(known), np.nan)])
    fixed = np.nan_to_num(known)
    shift = matrix @ fixed
    free = np.flatnonzero(np.isnan(known))
    system = (matrix[:, free], low - shift, high - shift)
    place = np.full(len(known), -1)
    place[free] = np.arange(len(free))
    rows = []
    for named, terms in wanted:
        objective = {place[at]: sign for at, sign in terms if place[at] >= 0}
        offset = sum(sign * fixed[at] for at, sign in terms)
        if objective:
            rows.append((*named, objective, offset))
    return _solved(rows, system)


def _programme(sums: Sums) -> tuple[csr_array, np.ndarray, np.ndarray, list]:
    """Constraints over counts and rests, and what is to be bounded, each as signed places."""
    counts, width = sums.counts, len(sums.counts)
    lines: list[dict[int, int]] = []
    low, high = [], []
    for whole, parts in sums.equal:
        lines.append(dict.fromkeys(whole, 1) | dict.fromkeys(parts, -1))
        low.append(0.0)
        high.append(0.0)
    names = list(counts[["release", *CELL]].itertuples(index=False, name=None))
    wanted = [(names[at], [(at, 1)]) for at in counts.index[counts["count"].isna()]]
    for number, (whole, parts) in enumerate(sums.rests):
        lines.append({whole: 1, width + number: -1} | dict.fromkeys(parts, -1))
        low.append(0.0)
        high.append(0.0)
        wanted.append(((*names[whole][:-1], "rest"), [(width + number, 1)]))
    for part, whole in sums.within:
        lines.append({whole: 1, part: -1})
        low.append(0.0)
        high.append(np.inf)
        wanted.append(((*names[part][:-1], "remainder"), [(whole, 1), (part, -1)]))
    rows = [number for number, line in enumerate(lines) for _ in line]
    columns = [at for line in lines for at in line]
    values = [float(sign) for line in lines for sign in line.values()]
    shape = (len(lines), width + len(sums.rests))
    return csr_array((values, (rows, columns)), shape=shape), np.array(low), np.array(high), wanted


def _solved(rows: list, system: tuple[csr_array, np.ndarray, np.ndarray]) -> pd.DataFrame:
    """Both ends of every quantity, each solved within the connected part it belongs to."""
    matrix, low, high = system
    _, part = connected_components(abs(matrix).T @ abs(matrix), directed=False)
    rows_of = matrix.tocsc()
    found = []
    for *named, objective, offset in rows:
        within = np.flatnonzero(np.isin(part, part[list(objective)]))
        used = np.unique(rows_of[:, within].indices)
        costs = np.zeros(matrix.shape[1])
        costs[list(objective)] = list(objective.values())
        limits = LinearConstraint(matrix[used][:, within], low[used], high[used])
        ends = [sign * _least(sign * costs[within], limits) + offset for sign in (1, -1)]
        found.append((*named, *ends))
    return pd.DataFrame(found, columns=["release", *CELL, "lowest", "highest"])


def _least(costs: np.ndarray, limits: LinearConstraint) -> float:
    """Least cost over whole, non-negative counts; minus infinity where nothing bounds it."""
    solved = milp(
        costs,
        integrality=np.ones_like(costs),
        bounds=Bounds(0, np.inf),
        constraints=limits if limits.A.shape[0] else (),
        options={"time_limit": SECONDS},
    )
    if solved.status == 2:
        raise ValueError("the shown figures contradict one another: no counts fit them all")
    if solved.status == 3 or solved.mip_dual_bound is None:
        return -math.inf
    return float(math.ceil(solved.mip_dual_bound - NEAR))
