"""The optimum of a part under any linear rules: exact, unique, the same whatever the threads and the seed.

Objective after objective, then fewest steps moved, then precedence, each minimised exactly and kept (see `search`),
inside a box that a Lagrangian bound proves to hold every optimum (see `lagrange`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm

from workload.allocation.instance import Fairness, Instance
from workload.allocation.lagrange import reduce_box, relax_integrality
from workload.allocation.objective import Load, Term, load_of, lot, terms
from workload.allocation.oracle import Oracle, OutOfTimeError, any_allocation
from workload.allocation.problem import Part
from workload.allocation.search import Search
from workload.allocation.series import minimise_in_order, minimise_largest_first

REACHES_STEPS = (0, 1, 4, 16)  # around the relaxation: where a good allocation is looked for first

FIRST_WEIGHT = 16  # of the first of two objectives in a sum of both; any is valid
WHOLE = 1e-6  # a float this close to a whole number is taken for it


@dataclass(frozen=True, slots=True)
class PartAnswer:
    steps: tuple[int, ...]  # (position,)
    proven: bool
    epsilon: Fraction  # 0 when exact
    bound: Fraction | None  # of the first objective that was not settled beforehand, where there is one
    varying: tuple[int, ...]  # positions the objective alone leaves open


class _Question:
    """One part being solved: its box narrows, objectives settled beforehand leave the list."""

    def __init__(self, instance: Instance, part: Part, oracle: Oracle) -> None:
        self.instance, self.part, self.oracle = instance, part, oracle
        self.lo, self.hi = list(part.lo), list(part.hi)
        self.need = [instance.need[t] for t in part.units]
        self.stages: list[Term] = [_moved_to(part, term) for term in terms(instance)]
        self.bound: Fraction | None = None

    def search(self, lo: Sequence[int], hi: Sequence[int], steps: Sequence[int] = ()) -> Search:
        return Search(self.part.rows, lo, hi, self.oracle, steps)

    def feasible(self, lo: Sequence[int], hi: Sequence[int]) -> list[int] | None:
        return any_allocation(self.part.rows, lo, hi, self.oracle)

    def settle_idle(self) -> None:
        """Nobody without need above the floor, where that is possible: the first objective at its least."""
        idle = [i for i, n in enumerate(self.need) if not n]
        hi = [self.lo[i] if i in set(idle) else b for i, b in enumerate(self.hi)]
        if not idle or self.feasible(self.lo, hi) is not None:
            self.hi = hi
            self.stages.pop(0)

    def settle_unserved(self) -> None:
        """A step for every need, where that is possible: the geometric objective is convex from there on."""
        lo = [max(a, 1) if n and b else a for a, b, n in zip(self.lo, self.hi, self.need, strict=True)]
        if self.feasible(lo, self.hi) is not None:
            self.lo = lo
            self.stages.pop(0)

    def narrow(self) -> list[int]:
        """Shrink the box to what the first objective left may still take; returns the allocation known by then."""
        term, quota = self.stages[0], self.instance.quotas
        centre = [quota[t] for t in self.part.units]
        relaxed = relax_integrality(self.part.rows, term, self.lo, self.hi, centre)
        if relaxed is None:
            return []
        known: list[int] | None = None
        for reach in REACHES_STEPS:
            lo = [
                max(a, min(b, floor(x + WHOLE) - reach))
                for a, b, x in zip(self.lo, self.hi, relaxed.steps, strict=True)
            ]
            hi = [
                min(b, max(a, ceil(x - WHOLE) + reach)) for a, b, x in zip(self.lo, self.hi, relaxed.steps, strict=True)
            ]
            known = self._good(term, lo, hi)
            if known is not None:
                break
        if known is None:
            return []
        cost = sum((term(i, x) for i, x in enumerate(known)), Fraction(0))
        reduced = reduce_box(self.part.rows, term, self.lo, self.hi, relaxed.multipliers, cost)
        self.lo, self.hi, self.bound = list(reduced.lo), list(reduced.hi), reduced.bound
        return known

    def narrow_to_equals(self, optimum: Sequence[int]) -> None:
        """Shrink the box to allocations equal to the optimum in both objectives left, hence in any sum of them.

        The first alone, Σ|x−q|, leaves wide boxes, in which CP-SAT is slow to see that nothing else is as good.
        """

        def both(i: int, x: int) -> Fraction:
            return FIRST_WEIGHT * self.stages[0](i, x) + self.stages[1](i, x)

        relaxed = relax_integrality(self.part.rows, both, self.lo, self.hi, [Fraction(x) for x in optimum])
        if relaxed is not None:
            cost = sum((both(i, x) for i, x in enumerate(optimum)), Fraction(0))
            reduced = reduce_box(self.part.rows, both, self.lo, self.hi, relaxed.multipliers, cost)
            self.lo, self.hi = list(reduced.lo), list(reduced.hi)

    def _good(self, term: Term, lo: Sequence[int], hi: Sequence[int]) -> list[int] | None:
        """A good allocation inside a box, where there is one: the bound decides what it is worth."""
        search = self.search(lo, hi)
        return search.steps if search.minimise_about(term) else None

    def lower_largest_load(self, load: Callable[[int, int], Load]) -> None:
        """Raise every floor to what the smallest possible largest load asks for, found by bisection."""
        levels = sorted({load(i, x) for i in range(len(self.lo)) for x in range(self.lo[i], self.hi[i] + 1)})
        low, high = 0, len(levels) - 1
        while low < high:
            middle = (low + high) // 2
            lo = self._floors(load, levels[middle])
            if lo is not None and self.feasible(lo, self.hi) is not None:
                high = middle
            else:
                low = middle + 1
        self.lo = self._floors(load, levels[low]) or self.lo

    def _floors(self, load: Callable[[int, int], Load], most: Load) -> list[int] | None:
        lo = []
        for i, (a, b) in enumerate(zip(self.lo, self.hi, strict=True)):
            low, high = a, b + 1  # loads fall as steps rise
            while low < high:
                middle = (low + high) // 2
                low, high = (low, middle) if load(i, middle) <= most else (middle + 1, high)
            if low > b:
                return None
            lo.append(low)
        return lo


def solve_part(instance: Instance, part: Part, oracle: Oracle) -> PartAnswer | None:
    """The optimum of one part, or None when its rules cannot all hold. Raises OutOfTimeError when nothing is known."""
    question = _Question(instance, part, oracle)
    known = question.feasible(part.lo, part.hi)
    if known is None:
        return None
    search, varying = None, tuple[int, ...]()
    try:
        question.settle_idle()
        settled = len(question.stages) < len(terms(instance))
        if settled and instance.fairness is Fairness.GEOMETRIC:
            question.settle_unserved()
            settled = len(question.stages) == 1
        if settled and question.stages:
            known = question.narrow() or known
        elif settled:
            question.lower_largest_load(_load_of(instance, part))
            known = question.feasible(question.lo, question.hi) or known
        search = question.search(question.lo, question.hi, known)
        _optimise(instance, part, question.stages, search)
        if settled and len(question.stages) > 1:
            question.narrow_to_equals(search.steps)
            search = question.search(question.lo, question.hi, search.steps)
            _optimise(instance, part, question.stages, search)
        varying = tuple(search.varying())
        _break_ties(instance, part, search, varying)
    except OutOfTimeError:
        steps = tuple(search.steps if search is not None and search.steps else known)
        return PartAnswer(steps, False, Fraction(0), question.bound, varying)
    return PartAnswer(tuple(search.steps), True, search.epsilon, question.bound, varying)


def _optimise(instance: Instance, part: Part, stages: Sequence[Term], search: Search) -> None:
    for term in stages:
        search.minimise(term)
    if instance.fairness is Fairness.LEAST_MAXIMUM:
        minimise_largest_first(search, _load_of(instance, part))


def _break_ties(instance: Instance, part: Part, search: Search, varying: Sequence[int]) -> None:
    """Fewest steps moved, then as many as possible to whoever comes first: larger need, then smaller lot."""
    if not varying:
        return
    if instance.current is not None:
        current = [instance.current[t] for t in part.units]
        scale = lcm(*(c.denominator for c in current))
        search.minimise_whole(
            {(i, k): int((abs(k - current[i]) - abs(k - 1 - current[i])) * scale) for i, k in search.at_least}
        )
    place = {i: (-instance.need[part.units[i]], lot(instance.lot_seed, instance.units[part.units[i]])) for i in varying}
    order = sorted(varying, key=place.__getitem__)
    minimise_in_order(search, ({(i, k): -1 for k in range(search.lo[i] + 1, search.hi[i] + 1)} for i in order))


def _moved_to(part: Part, term: Term) -> Term:
    return lambda i, x: term(part.units[i], x)


def _load_of(instance: Instance, part: Part) -> Callable[[int, int], Load]:
    load = load_of(instance)
    return lambda i, x: load(part.units[i], x)
