"""From a pattern that gives something away to one that does not, one sensitive cell at a time."""

from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np

from workload.store.disclosure.attack import Breach, Cut, breaches
from workload.store.disclosure.highs import linear
from workload.store.disclosure.matrices import beside
from workload.store.disclosure.movements import Movements
from workload.store.disclosure.problem import Mask, Problem
from workload.store.disclosure.rules import Rules
from workload.store.disclosure.sums import sum_cuts

_FAR = 1e4


def repaired(problem: Problem, withheld: Mask, rules: Rules, seen: Movements) -> tuple[Mask | None, list[Cut]]:
    """Withholds further, by the cheapest movement that would leave an attacker uncertain (the linear programs of
    Kelly, Golden and Assad, "Cell suppression: disclosure protection for sensitive tabular data", Networks 22, 1992).

    Also the cuts met on the way, which hold for every safe pattern. No pattern: nothing left to withhold helps.
    """
    now, met = withheld.copy(), []
    while True:
        broken = breaches(problem, now, seen)
        cuts = [b.cut for b in broken] or sum_cuts(problem, now, rules)
        met += cuts
        if not cuts:
            return now, met
        before = int(now.sum())
        for breach in broken:
            if not breach.cut.holds(now):
                support = _cheapest_movement(problem, now, breach)
                if support is None:
                    return None, met
                now |= support
        for cut in cuts if not broken else []:
            _withhold_one(problem, now, cut.places[cut.weights > 0].tolist())
        _close(problem, now)
        if int(now.sum()) == before and not _withhold_one(problem, now, range(len(now))):
            return None, met


def trimmed(
    problem: Problem, withheld: Mask, rules: Rules, seen: Movements, cuts: list[Cut], go_on: Callable[[], bool]
) -> Mask:
    """Publishes again what need not be withheld, the dearest first. cuts: known to hold for every safe pattern."""
    now = withheld.copy()
    for place in sorted(np.flatnonzero(now & ~problem.forced), key=lambda p: (-problem.cost[p], p)):
        if not go_on():
            break
        now[place] = False
        known = not all(cut.holds(now) for cut in cuts)
        if known or breaches(problem, now, seen) or sum_cuts(problem, now, rules):
            now[place] = True
    return now


def _cheapest_movement(problem: Problem, withheld: Mask, breach: Breach) -> Mask | None:
    """Cells that move when the target moves by what it is owed, at the least cost of newly withheld ones."""
    n, owed = len(problem.cells), breach.target.owed
    low = -problem.value / owed
    np.add.at(low, breach.attacker.places, breach.attacker.amounts / owed)
    low, high = np.minimum(low, 0.0), np.full(n, _FAR)
    low[breach.attacker.lone] = high[breach.attacker.lone] = 0.0
    low[breach.target.place] = high[breach.target.place] = float(breach.target.side)
    price = np.where(withheld, 0.0, problem.cost / max(float(problem.cost.max()), 1e-300))
    zero = np.zeros(n)
    solved = linear(
        np.concatenate([price, price]),
        beside(problem.matrix, -problem.matrix),
        np.concatenate([np.maximum(low, zero), np.maximum(-high, zero)]),
        np.concatenate([np.maximum(high, zero), np.maximum(-low, zero)]),
    )
    return None if solved is None else np.asarray(np.abs(solved.x[:n] - solved.x[n:]) > 1e-9)


def _withhold_one(problem: Problem, withheld: Mask, places: Iterable[int]) -> bool:
    """The cheapest of these cells that is still published; whether there was one."""
    published = [p for p in places if not withheld[p]]
    if published:
        withheld[min(published, key=lambda p: (problem.cost[p], p))] = True
    return bool(published)


def _close(problem: Problem, withheld: Mask) -> None:
    """A cell alone in its line is no secret and hides nothing: another one of the line joins it."""
    matrix = problem.matrix
    lines = [matrix.indices[a:b] for a, b in pairwise(matrix.indptr)]
    while alone := [line for line in lines if withheld[line].sum() == 1 and len(line) > 1]:
        for line in alone:
            if withheld[line].sum() == 1:
                _withhold_one(problem, withheld, line.tolist())
