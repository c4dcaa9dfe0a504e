"""Linear programmes over a linked system: how far a count could move while all that is shown stays.

A move is a change of the counts that keeps every sum. Where a move raises a hidden small count to
the threshold and changes hidden counts only, a reader cannot prove that the count is small.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_array, eye_array, hstack, vstack
from scipy.sparse.csgraph import connected_components

from ehlib.measure.disclosure.system import System

WHOLE = 1e-6  # a number this near to a whole one is whole
SECONDS = 5.0  # for one search of a move in whole numbers
UNLIMITED = np.inf
FAR = 1e-3  # cost of a record beside that of a sum that is not kept


@dataclass(frozen=True)
class Problem:
    """A part of a release that hangs together; arrays have one entry a cell."""

    matrix: csc_array  # times the counts is 0
    counts: np.ndarray
    lowest: np.ndarray  # least that the cell can be, hidden
    need: np.ndarray  # by how much a move must raise the cell; 0 where it is not small
    fixed: np.ndarray  # can never be hidden: shown zeros, known from elsewhere
    rows: csc_array  # rows of the frame by the cells that they show

    @property
    def small(self) -> np.ndarray:
        """Places of the cells to protect, most needed first."""
        places = np.flatnonzero(self.need)
        return places[np.argsort(-self.need[places], kind="stable")]

    def hidden_rows(self, hidden: np.ndarray) -> np.ndarray:
        """Rows that show a hidden cell, and so fall whole."""
        return self.rows @ hidden.astype(float) > 0

    def unknown(self, hidden: np.ndarray) -> np.ndarray:
        """Cells that no shown row has."""
        return ~self.fixed & (self.rows.T @ (~self.hidden_rows(hidden)).astype(float) == 0)

    def loss(self, hidden: np.ndarray) -> np.ndarray:
        """Rows that are still shown and would fall with each cell."""
        return self.rows.T @ (~self.hidden_rows(hidden)).astype(float)


def cheapest_move(
    problem: Problem, target: int, cost: np.ndarray, free: np.ndarray
) -> np.ndarray | None:
    """Move that raises one cell by what it needs at the least cost; None when there is none.

    Parameters
    ----------
    problem : Problem
        The part of the release.
    target : int
        Place of the cell to raise.
    cost : array, one a cell
        What a change of the cell by 1 costs.
    free : array of bool
        Cells that may change.

    References
    ----------
    Kelly, Golden and Assad (1992), Networks 22, 397-417; Fischetti and Salazar-Gonzalez (2001),
    Management Science 47, 1008-1027: the incremental step of both.
    """
    if not free[target]:
        return None
    places = np.flatnonzero(free)
    matrix = problem.matrix[:, places]
    used = np.flatnonzero(abs(matrix).sum(axis=1))
    matrix = matrix.tocsr()[used].tocsc()
    here = np.searchsorted(places, target)
    fall = problem.counts[places] - problem.lowest[places]
    most = np.full(len(places), UNLIMITED)
    fall[here], most[here] = 0.0, problem.need[target]
    least = np.zeros(2 * len(places))
    least[here] = problem.need[target]
    bounds = np.column_stack([least, np.concatenate([most, fall])])
    both = hstack([matrix, -matrix]) if len(used) else None
    zeros = np.zeros(len(used)) if len(used) else None
    found = linprog(
        np.tile(cost[places], 2), A_eq=both, b_eq=zeros, bounds=bounds, method="highs-ds"
    )
    if not found.success:
        return None
    move = np.zeros(len(free))
    move[places] = found.x[: len(places)] - found.x[len(places) :]
    move[np.abs(move) < WHOLE] = 0.0
    return move


def whole_move(problem: Problem, target: int, free: np.ndarray) -> np.ndarray | None:
    """Move in whole numbers that raises one cell by what it needs; None when none is found."""
    if not free[target]:
        return None
    places = np.flatnonzero(free)
    least = problem.lowest[places] - problem.counts[places]
    most = np.full(len(places), UNLIMITED)
    here = np.searchsorted(places, target)
    least[here] = problem.need[target]
    found = milp(
        np.zeros(len(places)),
        integrality=np.ones(len(places)),
        bounds=Bounds(least, most),
        constraints=LinearConstraint(problem.matrix[:, places], 0.0, 0.0),
        options={"time_limit": SECONDS},
    )
    if found.x is None:
        return None
    move = np.zeros(len(free))
    move[places] = np.round(found.x)
    return move


def is_whole(move: np.ndarray) -> bool:
    """Whether a move changes every cell by a whole number."""
    return bool(np.abs(move - np.round(move)).max(initial=0.0) < WHOLE)


def possible_counts(system: System) -> System:
    """The system with a possible count for each cell whose count an earlier release hid.

    Sums that no count could keep (figures revised between releases) are left out.
    """
    unknown = np.isnan(system.counts)
    if not unknown.any():
        return system
    places = np.flatnonzero(unknown)
    touched = np.flatnonzero(abs(system.matrix) @ unknown.astype(float) > 0)
    counts = np.where(unknown, 0.0, system.counts)
    if len(touched):
        matrix = system.matrix[touched]
        apart = eye_array(len(touched))
        both = hstack([matrix[:, places], apart, -apart])
        cost = np.concatenate([np.full(len(places), FAR), np.ones(2 * len(touched))])
        found = linprog(cost, A_eq=both, b_eq=-(matrix @ counts), method="highs-ds")
        counts[places] = np.round(found.x[: len(places)], 6)
    kept = np.flatnonzero(np.abs(system.matrix @ counts) < WHOLE)
    axes = [system.axes[row] for row in kept]
    return system._replace(counts=counts, matrix=system.matrix[kept], axes=axes)


def components(matrix: csc_array, joined: csc_array) -> np.ndarray:
    """Number of the connected part that each cell is in, through sums and through shared rows."""
    touching = vstack([abs(matrix), joined]).tocsr()
    return connected_components(touching.T @ touching, directed=False)[1]
