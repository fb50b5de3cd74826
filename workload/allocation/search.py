"""CP-SAT asked one exact question after the other about the same allocations.

Steps are order-encoded: one literal "x ≥ k" per unit and step, so that every separable objective is linear in them.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import lcm

from ortools.sat.python import cp_model

from workload.allocation.instance import Row
from workload.allocation.objective import Term
from workload.allocation.oracle import Oracle, OutOfTimeError

LARGEST_SUM = 2**52  # coefficients of one objective together: CP-SAT compares its bounds as doubles
ABOUT_SCALE = 2**40
SIGNATURES_AT_MOST = 200

Literal = tuple[int, int]  # (position, k): x ≥ k


class Search:
    """The allocations of a part inside a box, narrowed by every question answered. `steps` is the best known."""

    def __init__(
        self,
        rows: Sequence[Row],
        lo: Sequence[int],
        hi: Sequence[int],
        oracle: Oracle,
        steps: Sequence[int] = (),
    ) -> None:
        self.lo, self.hi, self.oracle = lo, hi, oracle
        self.steps = list(steps)
        self.epsilon = Fraction(0)  # by how much an optimum "to ε" might be beaten
        self.model = cp_model.CpModel()
        self.at_least: dict[Literal, cp_model.IntVar] = {}
        self.x = [self._unit(i) for i in range(len(lo))]
        for row in rows:
            self._add_row(row)

    def _unit(self, i: int) -> cp_model.LinearExprT:
        literals = [self.model.new_bool_var(f"{i}≥{k}") for k in range(self.lo[i] + 1, self.hi[i] + 1)]
        for k, literal in enumerate(literals, self.lo[i] + 1):
            self.at_least[i, k] = literal
        for lower, higher in pairwise(literals):
            self.model.add_implication(higher, lower)
        return self.lo[i] + cp_model.LinearExpr.sum(literals)

    def _add_row(self, row: Row) -> None:
        fixed = sum(a * self.lo[t] for t, a in row.terms)
        free = [(self.at_least[t, k], a) for t, a in row.terms for k in range(self.lo[t] + 1, self.hi[t] + 1)]
        total = fixed + cp_model.LinearExpr.weighted_sum([v for v, _ in free], [a for _, a in free])
        if not free:
            if (row.lo is not None and fixed < row.lo) or (row.hi is not None and fixed > row.hi):
                self.model.add_bool_or([])
            return
        if row.lo is not None:
            self.model.add(total >= row.lo)
        if row.hi is not None:
            self.model.add(total <= row.hi)

    def _solve(self) -> bool:
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        if self.steps:
            for (i, k), literal in self.at_least.items():
                self.model.add_hint(literal, self.steps[i] >= k)
        status = self.oracle.solve(self.model)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            self.steps = [
                lo + sum(self.oracle.value(self.at_least[i, k]) for k in range(lo + 1, hi + 1))
                for i, (lo, hi) in enumerate(zip(self.lo, self.hi, strict=True))
            ]
        if status == cp_model.INFEASIBLE:
            return False
        if status == cp_model.OPTIMAL or (status == cp_model.FEASIBLE and not self.model.has_objective()):
            return True
        raise OutOfTimeError

    def minimise_whole(self, coefficients: dict[Literal, int]) -> int:
        """Minimise Σ coefficients over true literals and keep the minimum. Whole numbers: exact."""
        used = {literal: a for literal, a in coefficients.items() if a}
        if not used:
            return 0
        total = cp_model.LinearExpr.weighted_sum([self.at_least[literal] for literal in used], list(used.values()))
        self.model.minimize(total)
        self._solve()
        best = sum(a for (i, k), a in used.items() if self.steps[i] >= k)
        self.model.clear_objective()  # type: ignore[no-untyped-call]
        self.model.add(total == best)
        return best

    def minimise(self, term: Term) -> None:
        """Minimise Σ term(i, x_i) exactly and keep the minimum.

        Over a common denominator where that fits 64 bits. Else scaled and rounded once per unit: an allocation as good
        as the best known is then within one unit of the scale per unit of it, and all of those are compared in
        fractions by their signature: how many increments of each value they hold.
        """
        increments = {(i, k): term(i, k) - term(i, k - 1) for i, k in self.at_least}
        common, size = 1, sum((abs(d) for d in increments.values()), Fraction(0))
        for d in increments.values():
            common = lcm(common, d.denominator)
            if common * size >= LARGEST_SUM:
                break
        else:
            self.minimise_whole({literal: int(d * common) for literal, d in increments.items()})
            return
        scale = LARGEST_SUM / (2 * size)
        scaled = {
            (i, k): self._rounded(term, i, k, scale) - self._rounded(term, i, k - 1, scale) for i, k in increments
        }
        self._compare_near(increments, scaled, scale)

    def minimise_about(self, term: Term) -> bool:
        """Whether there is any allocation; the best known becomes a good one for Σ term(i, x_i). Nothing is kept."""
        increments = {(i, k): float(term(i, k) - term(i, k - 1)) for i, k in self.at_least}
        size = sum(map(abs, increments.values())) or 1.0
        whole = {literal: round(d / size * ABOUT_SCALE) for literal, d in increments.items()}
        used = {literal: a for literal, a in whole.items() if a}
        values = [self.at_least[literal] for literal in used]
        self.model.minimize(cp_model.LinearExpr.weighted_sum(values, list(used.values())))
        return self._solve()

    def _rounded(self, term: Term, i: int, k: int, scale: Fraction) -> int:
        return round((term(i, k) - term(i, self.lo[i])) * scale)

    def _compare_near(self, increments: dict[Literal, Fraction], scaled: dict[Literal, int], scale: Fraction) -> None:
        used = [literal for literal, a in scaled.items() if a]
        total = cp_model.LinearExpr.weighted_sum([self.at_least[v] for v in used], [scaled[v] for v in used])
        self.model.minimize(total)
        self._solve()
        self.model.clear_objective()  # type: ignore[no-untyped-call]
        groups: dict[Fraction, list[Literal]] = {}
        for literal, d in increments.items():
            if d:
                groups.setdefault(d, []).append(literal)
        near = sum(scaled[i, k] for i, k in used if self.steps[i] >= k) + len(self.lo)
        self.model.add(total <= near)
        counts = {d: cp_model.LinearExpr.sum([self.at_least[v] for v in group]) for d, group in groups.items()}
        hunting = self.model.new_bool_var("hunting")
        found: list[dict[Fraction, int]] = []
        best_steps = list(self.steps)
        while True:
            held = {d: sum(self.steps[i] >= k for i, k in group) for d, group in groups.items()}
            if not found or _sum(held) < min(map(_sum, found)):
                best_steps = list(self.steps)
            found.append(held)
            self._differ([counts[d] - n for d, n in held.items()], hunting)
            if len(found) > SIGNATURES_AT_MOST:
                self.epsilon = max(self.epsilon, len(self.lo) / scale)
                break
            if not self._reachable(hunting):
                break
        self.steps = best_steps
        best = min(map(_sum, found))
        self._keep_one_of([held for held in found if _sum(held) == best], counts)

    def _differ(self, gaps: Sequence[cp_model.LinearExprT], guard: cp_model.IntVar) -> None:
        """Under `guard`, at least one of the gaps is not zero."""
        sides = []
        for gap in gaps:
            below, above = self.model.new_bool_var(""), self.model.new_bool_var("")
            self.model.add(gap <= -1).only_enforce_if(below)
            self.model.add(gap >= 1).only_enforce_if(above)
            sides += [below, above]
        self.model.add_bool_or([*sides, ~guard])

    def _reachable(self, guard: cp_model.IntVar) -> bool:
        """Whether some allocation satisfies what `guard` stands for; it becomes the current one."""
        before = list(self.steps)
        self.model.maximize(guard)
        if not self._solve():
            raise OutOfTimeError
        reached = bool(self.oracle.value(guard))
        self.model.clear_objective()  # type: ignore[no-untyped-call]
        if not reached:
            self.steps = before
        return reached

    def _keep_one_of(self, kept: list[dict[Fraction, int]], counts: Mapping[Fraction, cp_model.LinearExprT]) -> None:
        chosen = [self.model.new_bool_var("") for _ in kept]
        self.model.add_bool_or(chosen)
        for held, literal in zip(kept, chosen, strict=True):
            for d, n in held.items():
                self.model.add(counts[d] == n).only_enforce_if(literal)

    def varying(self) -> list[int]:
        """Positions whose steps are not the same in all allocations left."""
        found = set[int]()
        while other := self.others(found):
            found |= other
        return sorted(found)

    def others(self, known: set[int]) -> set[int]:
        """Positions at which some allocation left differs from the best known, at least one of them not in `known`."""
        steps = list(self.steps)
        asked = [i for i in range(len(steps)) if i not in known]
        differing: list[cp_model.LiteralT]
        differing = [self.at_least[i, steps[i] + 1] for i in asked if steps[i] < self.hi[i]]
        differing += [~self.at_least[i, steps[i]] for i in asked if steps[i] > self.lo[i]]
        guard = self.model.new_bool_var("")
        self.model.add_bool_or([*differing, ~guard])
        found = {i for i in asked if self.steps[i] != steps[i]} if self._reachable(guard) else set()
        self.steps = steps
        return found


def _sum(held: dict[Fraction, int]) -> Fraction:
    return sum((d * n for d, n in held.items()), Fraction(0))
