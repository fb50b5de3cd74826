"""Which cells to withhold, so that no sensitive one follows from the others, at the least loss.

Each group of linked cells apart: the cheapest pattern that satisfies the inequalities known so far (`model`), attacked
(`attack`, `sums`), the attacks turned into further inequalities, and again until none is left: then the pattern is
safe, and optimal if every integer program was solved to the end. What remains unsafe when the effort is spent is
repaired by withholding more. Whatever comes out is audited before it is returned.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workload.store.disclosure.attack import Cut, breaches
from workload.store.disclosure.auditing import Audit, audit
from workload.store.disclosure.covers import first_cuts
from workload.store.disclosure.model import Effort, cheapest
from workload.store.disclosure.movements import Movements
from workload.store.disclosure.problem import Mask, Problem, parted, problem_of, restricted
from workload.store.disclosure.repair import repaired, trimmed
from workload.store.disclosure.rules import Rules, sensitive
from workload.store.disclosure.sums import sum_cuts
from workload.store.disclosure.tables import Cell, LinkedTables

OPTIMAL, FEASIBLE = "optimal", "feasible"
_DIRECT = 600  # flow variables up to which the direct formulation is as quick as cuts
_SMALL = 250  # cells up to which the integer program is solved to the end every time
_ROUGH = 2e-3  # relative gap that ends the search in larger ones
_NODES = 400
_SEARCHING = 0.6  # of the time; repairs and the audit come after
_ROUNDS, _ROUNDS_LARGE = 60, 12


class UnprotectableError(Exception):
    """Even with everything withheld something is given away, by cells that are public already: do not publish."""

    def __init__(self, result: Audit) -> None:
        self.audit = result
        cells = sorted({f.cell for f in result.failures} | {c for s in result.sums for c in s.cells})
        super().__init__(f"{len(cells)} cells follow from public ones, whatever is withheld: {cells[:3]}")


@dataclass(frozen=True, slots=True)
class Protection:
    """withheld: primary (with its reason) and secondary cells. cost, bound: of the pattern, and of the cheapest one
    possible. lost_value_share, lost_cells_share: withheld part of the shown cells, zeros apart."""

    withheld: frozenset[Cell]
    primary: Mapping[Cell, str]
    secondary: frozenset[Cell]
    cost: float
    bound: float
    status: str
    lost_value_share: float
    lost_cells_share: float

    @property
    def gap(self) -> float:
        return 0.0 if self.cost <= 0 else max(0.0, (self.cost - self.bound) / self.cost)


def protect(tables: LinkedTables, rules: Rules, seconds: float = 20.0) -> Protection:
    """The cheapest safe pattern, or a safe one with its distance to the cheapest.

    Raises UnprotectableError where none is safe. seconds: processor time after which no further search is begun, a
    safety net; rounds and nodes normally end it before, so that the same tables give the same pattern everywhere.
    """
    problem = problem_of(tables, rules)
    withheld, bound, proven = problem.forced.copy(), 0.0, True
    deadline = time.process_time() + _SEARCHING * seconds
    groups = [places for places in parted(problem) if any(int(p) in problem.demands for p in places)]
    for k, places in enumerate(groups):
        left = max(0.5, (deadline - time.process_time()) * len(places) / sum(len(g) for g in groups[k:]))
        found, least, done = _in_group(restricted(problem, places), rules, time.process_time() + left)
        withheld[places], bound, proven = found, bound + least, proven and done
    pattern = frozenset(problem.cells[p] for p in np.flatnonzero(withheld)) - tables.hidden
    pattern, kept = _audited(tables, rules, pattern)
    return _protection(tables, rules, pattern, bound, proven and kept)


def lost_shares(tables: LinkedTables, withheld: frozenset[Cell]) -> tuple[float, float]:
    """(share of the value, share of the cells) of what the tables would show."""
    shown = tables.shown
    lost = shown & withheld
    value = math.fsum(tables.cells[c].value for c in shown)
    return (math.fsum(tables.cells[c].value for c in lost) / value if value else 0.0, len(lost) / max(1, len(shown)))


def _protection(
    tables: LinkedTables, rules: Rules, withheld: frozenset[Cell], bound: float, proven: bool
) -> Protection:
    costs = tables.costs()
    cost = math.fsum(costs[cell] for cell in sorted(withheld))
    primary = {c: reason for c, reason in sensitive(tables, rules).items() if c not in tables.hidden}
    status = OPTIMAL if proven else FEASIBLE
    return Protection(
        withheld,
        primary,
        withheld - set(primary),
        cost,
        cost if proven else min(bound, cost),
        status,
        *lost_shares(tables, withheld),
    )


def _in_group(problem: Problem, rules: Rules, deadline: float) -> tuple[Mask, float, bool]:
    """(n,) withheld; a lower bound of the cost; whether the pattern is proven cheapest.

    In a small group every integer program is solved to the end. In a larger one each pattern is also repaired: that
    gives a safe pattern early, and the cuts met on the way are known at the next round.
    """
    n = len(problem.cells)
    small, direct = n <= _SMALL, 2 * n * len(problem.demands) <= _DIRECT
    cuts, bound, seen = first_cuts(problem), 0.0, Movements(problem)
    best: Mask | None = None
    for _ in range(_ROUNDS if small else _ROUNDS_LARGE):
        left = deadline - time.process_time()
        pattern = cheapest(problem, cuts, Effort(0.0 if small else _ROUGH, _NODES, left), direct) if left > 0 else None
        if pattern is None:
            break
        now, bound = pattern.withheld, max(bound, pattern.bound)
        found = [b.cut for b in breaches(problem, now, seen)] or sum_cuts(problem, now, rules)
        if not found:
            best = _cheaper(problem, now, best)
            break
        if not small:
            safe, met = repaired(problem, now, rules, seen)
            best, found = (_cheaper(problem, safe, best) if safe is not None else best), found + met
        cuts += [cut for cut in found if not cut.holds(now)] or [_not_this(problem, now)]
    if best is None:
        best, _ = repaired(problem, problem.forced, rules, seen)
    if best is None:
        return np.ones(n, dtype=bool), bound, False
    if not _meets(problem, best, bound):
        best = trimmed(problem, best, rules, seen, cuts, lambda: time.process_time() < deadline)
    return best, bound, _meets(problem, best, bound)


def _meets(problem: Problem, withheld: Mask, bound: float) -> bool:
    """Up to the solver's own tolerance, which is relative to the dearest cell."""
    return float(problem.cost[withheld].sum()) <= bound + 1e-6 * float(problem.cost.max())


def _cheaper(problem: Problem, one: Mask, other: Mask | None) -> Mask:
    return one if other is None or problem.cost[one].sum() <= problem.cost[other].sum() else other


def _not_this(problem: Problem, withheld: Mask) -> Cut:
    """Another pattern than this one: where an attack has no better inequality to offer."""
    free = np.flatnonzero(~problem.forced)
    weights = np.where(withheld[free], -1.0, 1.0)
    return Cut(free, weights, 1.0 - float((weights < 0).sum()))


def _audited(tables: LinkedTables, rules: Rules, withheld: frozenset[Cell]) -> tuple[frozenset[Cell], bool]:
    """The pattern, and more of it until the audit passes; whether it passed as it was."""
    result, kept = audit(tables, rules, withheld), True
    costs = tables.costs()
    while not result.passed:
        kept = False
        unsafe = {f.cell for f in result.failures} | {c for s in result.sums for c in s.cells}
        near = {c for total, parts in tables.equations if unsafe & {total, *parts} for c in (total, *parts)}
        left = tables.withholdable - withheld - tables.hidden
        if not left:
            raise UnprotectableError(result)
        free = (near & left) or left
        withheld |= {min(free, key=lambda c: (costs[c], c))}
        result = audit(tables, rules, withheld)
    return withheld, kept
