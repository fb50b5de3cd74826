"""The cheapest pattern of withheld cells that satisfies the inequalities found so far: an integer program (HiGHS).

Direct formulation, where it is small: for every sensitive cell and side the movement an outsider could not exclude is
itself in the model, as flow variables tied to the choice of cells (Fischetti and Salazar-González 2000, model (2)).
Otherwise the inequalities alone, completed by cuts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from workload.store.disclosure.attack import Cut
from workload.store.disclosure.highs import integer
from workload.store.disclosure.matrices import beside, diagonal, from_rows, stacked, zeros
from workload.store.disclosure.problem import Floats, Mask, Problem

_REACH = 10.0
"""A flow may be this many times the amount owed: in a two-way table 1 is enough, in linked ones small multiples."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """withheld: (n,). bound: no pattern that satisfies the cuts costs less."""

    withheld: Mask
    bound: float
    proven: bool


@dataclass(frozen=True, slots=True)
class Effort:
    """Nodes rather than seconds end a search, so that the same tables give the same pattern on any machine; seconds
    are the safety net."""

    gap: float
    nodes: int
    seconds: float


def flow_targets(problem: Problem) -> list[tuple[int, int, float]]:
    """(cell, side, owed) of the outsider, as in the direct formulation."""
    outsider, found = problem.attackers[0], []
    for place, demands in sorted(problem.demands.items()):
        owed = outsider.owed(demands, place)
        if owed > 0:
            found += [(place, 1, owed), (place, -1, min(owed, float(problem.value[place])))]
    return found


def cheapest(problem: Problem, cuts: Sequence[Cut], effort: Effort, direct: bool) -> Pattern | None:
    """None: no pattern satisfies the cuts, or none was found in time."""
    n = len(problem.cells)
    targets = flow_targets(problem) if direct else []
    width = n * (1 + len(targets))
    blocks, lows = (
        [from_rows([cut.places for cut in cuts], [cut.weights for cut in cuts], width)],
        [np.array([cut.least for cut in cuts])],
    )
    highs = [np.full(len(cuts), np.inf)]
    for k, (_, _, owed) in enumerate(targets):
        matrix, low, high = _flow_block(problem, owed)
        left, right = (zeros(matrix.shape[0], n * others) for others in (k, len(targets) - k - 1))
        blocks.append(beside(matrix[:, :n], left, matrix[:, n:], right))
        lows.append(low)
        highs.append(high)
    bottom, top = np.zeros(width), np.ones(width)
    bottom[:n] = problem.forced
    bottom[n:], top[n:] = -_REACH, _REACH
    for k, (place, side, _) in enumerate(targets):
        bottom[n * (k + 1) + place] = top[n * (k + 1) + place] = side
    scale = float(problem.cost.max(initial=0.0)) or 1.0
    solved = integer(
        np.concatenate([problem.cost / scale, np.zeros(width - n)]),
        stacked(*blocks),
        (np.concatenate(lows), np.concatenate(highs)),
        (bottom, top),
        np.concatenate([np.ones(n), np.zeros(width - n)]),
        {"mip_rel_gap": effort.gap, "node_limit": effort.nodes, "time_limit": max(0.1, effort.seconds)},
    )
    if solved is None:
        return None
    return Pattern(np.asarray(solved.x[:n] > 0.5), solved.bound * scale, solved.ended and effort.gap == 0)


def _flow_block(problem: Problem, owed: float) -> tuple[sparse.csr_array, Floats, Floats]:
    """Rows over (withheld, flow), both (n,): flow keeps the equations, and is nought on published cells; a withheld
    cell can fall no lower than zero."""
    n, m = len(problem.cells), problem.matrix.shape[0]
    fall = np.minimum(_REACH, problem.value / owed)
    same = diagonal(np.ones(n))
    rows = stacked(
        beside(zeros(m, n), problem.matrix), beside(diagonal(np.full(n, -_REACH)), same), beside(diagonal(fall), same)
    )
    low = np.concatenate([np.zeros(m), np.full(n, -np.inf), np.zeros(n)])
    high = np.concatenate([np.zeros(m), np.zeros(n), np.full(n, np.inf)])
    return rows, low, high
