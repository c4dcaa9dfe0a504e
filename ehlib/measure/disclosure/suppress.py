"""Secondary suppression: the fewest further cells to hide, so that no small one can be proved."""

from collections.abc import Iterable

import numpy as np

from ehlib.measure.disclosure.programmes import (
    Problem,
    cheapest_move,
    components,
    is_whole,
    whole_move,
)

FREE = 1e-4  # cost of a cell that is hidden anyway: nearly nothing, so that moves stay short
REWEIGHTED = 3  # times that a move is looked for again with the cells that it changes made cheaper
WORK = 150_000  # cells times moves looked for in one connected part; then the search ends
MOVES = 400  # most moves looked for in one part
ORDERS = 6  # orders in which small cells are protected
SEED = 20131231
Moves = dict[int, np.ndarray]


def protect_release(
    problem: Problem, before: Iterable[int], revised: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Cells to hide in a whole release, and small ones that cannot be protected.

    Parameters
    ----------
    problem : Problem
        The release with those before it.
    before : iterable of int
        Cells that an earlier release hides: they stay hidden, unless every small count is safe
        without.
    revised : bool
        Whether earlier figures have changed since: then what was hidden stays so.
    """
    must, may = problem.need > 0, np.zeros(len(problem.need), bool)
    (must if revised else may)[list(before)] = True
    must, may = must & ~problem.fixed, may & ~problem.fixed
    lost = (problem.need > 0) & problem.fixed
    hidden = must | may
    places = np.flatnonzero(~problem.fixed)
    part_of = components(problem.matrix[:, places], problem.rows[:, places])
    for part in np.unique(part_of[hidden[places]]):
        here = places[part_of == part]
        inside = _part(problem, here)
        chosen, gone = protect_cells(inside, must[here], may[here])
        hidden[here] = chosen
        lost[here[gone]] = True
    return hidden | lost, lost


def _part(problem: Problem, places: np.ndarray) -> Problem:
    """The cells of a connected part with their sums and rows."""
    matrix, rows = problem.matrix[:, places], problem.rows[:, places]
    matrix = matrix.tocsr()[np.flatnonzero(abs(matrix).sum(axis=1))].tocsc()
    rows = rows.tocsr()[np.flatnonzero(rows.sum(axis=1))].tocsc()
    arrays = (problem.counts, problem.lowest, problem.need, problem.fixed)
    return Problem(matrix, *(array[places] for array in arrays), rows)


def protect_cells(
    problem: Problem, must: np.ndarray, may: np.ndarray
) -> tuple[np.ndarray, list[int]]:
    """Cells to hide in one connected part, and those that cannot be protected.

    Parameters
    ----------
    problem : Problem
        The part, with what each small cell needs.
    must : array of bool
        Cells to hide in any case.
    may : array of bool
        Cells hidden at first, and shown where no small cell needs them hidden.

    Returns
    -------
    array of bool, list of int
        Hidden cells, and places of small cells that hiding everything left would not protect:
        they follow from what cannot be hidden any more.
    """
    search = _Search(problem, must, may)
    best = search.complete(problem.small)
    rng = np.random.default_rng(SEED)
    orders = [problem.small[::-1], *(rng.permutation(problem.small) for _ in range(ORDERS))]
    for order in orders:
        if search.left <= search.most / 2 or best.sum() <= must.sum() or len(order) < 2:
            break
        best = search.better(best, search.complete(order))
    search.moves = {}
    search.extend(best, problem.small)
    best = search.improved(best)
    return search.in_whole_numbers(best), search.open


class _Search:
    """Search for a choice of hidden cells; counts the moves it has looked for."""

    def __init__(self, problem: Problem, must: np.ndarray, may: np.ndarray) -> None:
        self.problem, self.first, self.start = problem, must, must | may
        self.left = self.most = min(MOVES, WORK / len(must))
        self.open: list[int] = []
        self.barred = np.zeros(len(must), bool)
        self.moves: Moves = {}

    def complete(self, order: Iterable[int]) -> np.ndarray:
        """First cells and those that moves of one small cell after another go through."""
        hidden, self.moves = self.start.copy(), {}
        self.extend(hidden, order)
        return self.pruned(hidden)

    def extend(self, hidden: np.ndarray, order: Iterable[int]) -> bool:
        """Hides what moves of these small cells need, in place; whether all have one."""
        for target in order:
            if target in self.open or target in self.moves:
                continue
            known = next((m for m in self.moves.values() if self._lifts(m, target)), None)
            move = self._move(target, hidden) if known is None else known
            if move is not None:
                self.moves[target] = move
                hidden |= (move != 0) & ~self.problem.unknown(hidden) & ~self.problem.fixed
            elif self.barred.any():
                return False
            else:
                self.open.append(target)
        return True

    def _lifts(self, move: np.ndarray, target: int) -> bool:
        return move[target] >= self.problem.need[target] - 1e-9

    def _move(self, target: int, hidden: np.ndarray) -> np.ndarray | None:
        """Move that few further rows fall with."""
        unknown = self.problem.unknown(hidden)
        free = ~self.problem.fixed & (unknown | ~self.barred)
        full = np.where(unknown, FREE, self.problem.loss(hidden) + self._tie())
        cost, best, least = full, None, np.inf
        for _ in range(REWEIGHTED if self.left > 0 else 1):
            self.left -= 1
            move = cheapest_move(self.problem, target, cost, free)
            if move is None:
                return best
            lost = full[(move != 0) & ~unknown].sum()
            if lost >= least:
                break
            best, least = move, lost
            if lost == 0:
                break
            cost = np.where(unknown, FREE, full / (np.abs(move) + 0.2))
        return best

    def _tie(self) -> np.ndarray:
        """Of cells that cost the same, the smaller is hidden."""
        return 1e-3 * np.log1p(self.problem.counts)

    def pruned(self, hidden: np.ndarray) -> np.ndarray:
        """Hidden cells without those that no small cell needs."""
        spare = np.flatnonzero(hidden & ~self.first)
        loss = self.problem.rows.T @ np.ones(self.problem.rows.shape[0])
        for place in spare[np.argsort(-(loss + self._tie())[spare], kind="stable")]:
            if self.left < -self.most:  # safe as it is
                break
            fewer = hidden.copy()
            fewer[place] = False
            if self._still(fewer):
                hidden = fewer
        return hidden

    def _still(self, hidden: np.ndarray) -> bool:
        """Whether every small cell has a move through these cells; finds those that are new."""
        unknown = self.problem.unknown(hidden)
        found: Moves = {}
        cost = np.full(len(hidden), FREE)
        for target, move in self.moves.items():
            if not (move[~unknown] != 0).any():
                continue
            other = next((m for m in found.values() if self._lifts(m, target)), None)
            if other is None:
                self.left -= 1
                other = cheapest_move(self.problem, target, cost, unknown)
            if other is None:
                return False
            found[target] = other
        self.moves |= found
        return True

    def better(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Of two choices, the one that fewer rows fall with."""
        lost = [self.problem.hidden_rows(each).sum() for each in (first, second)]
        return first if lost[0] <= lost[1] else second

    def improved(self, hidden: np.ndarray) -> np.ndarray:
        """A choice at least as good: each secondary cell in turn replaced where that is better."""
        for place in np.flatnonzero(hidden & ~self.first):
            if self.left <= 0:
                break
            other, moves = hidden.copy(), self.moves
            other[place], self.barred[place] = False, True
            unknown = self.problem.unknown(other)
            self.moves = {key: m for key, m in moves.items() if not (m[~unknown] != 0).any()}
            done = hidden[place] and self.extend(other, self.problem.small)
            self.barred[place] = False
            other = self.pruned(other) if done else hidden
            if self.better(hidden, other) is hidden:
                self.moves = moves
            hidden = self.better(hidden, other)
        return hidden

    def in_whole_numbers(self, hidden: np.ndarray) -> np.ndarray:
        """The choice, with more cells where only parts of children could make up a move."""
        cost = np.full(len(hidden), FREE)
        for target in self.problem.small:
            while target not in self.open:
                unknown = self.problem.unknown(hidden)
                move = cheapest_move(self.problem, target, cost, unknown)
                if move is None or not is_whole(move):
                    move = whole_move(self.problem, target, unknown)
                if move is not None:
                    break
                wider = hidden | self._around(unknown)
                if (wider == hidden).all():
                    self.open.append(target)
                hidden = wider
        return hidden

    def _around(self, unknown: np.ndarray) -> np.ndarray:
        """Cells in a sum with an unknown one."""
        touched = abs(self.problem.matrix) @ unknown.astype(float) > 0
        return (abs(self.problem.matrix).T @ touched.astype(float) > 0) & ~self.problem.fixed
