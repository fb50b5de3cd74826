"""The plan over the years as a lexicographic integer programme, solved and proven by CP-SAT."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, lcm, prod

from ortools.sat.python import cp_model

from workload.allocation.instance import Instance
from workload.allocation.objective import lot
from workload.errors import WorkloadError

PACKED_AT_MOST = 2**45  # several objectives, the most important first, as the digits of one number of this size
DETERMINISTIC_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Giver:
    unit: str
    amount: Fraction  # posts to give in all
    yearly: Fraction | None  # most in one year
    by_source: tuple[tuple[Fraction, ...], ...]  # (source, year) most that can have been given by the end of the year


@dataclass(frozen=True, slots=True)
class Taker:
    unit: str
    amount: Fraction  # posts to get in all
    yearly: Fraction | None


@dataclass(frozen=True, slots=True)
class Flows:
    given: dict[tuple[str, int, int], Fraction]  # (unit, source, year) → posts
    taken: dict[tuple[str, int], Fraction]  # (unit, year) → posts


class PhasingModel:
    """Whole grains: the largest part of a post that every amount is a multiple of. Limits are rounded down to it."""

    def __init__(
        self, instance: Instance, givers: Sequence[Giver], takers: Sequence[Taker], years_n: int, total: Fraction | None
    ) -> None:
        self.instance, self.givers, self.takers, self.years = instance, givers, takers, range(years_n)
        amounts = [instance.step, *(g.amount for g in givers), *(t.amount for t in takers)]
        self.grain = Fraction(1, lcm(*(amount.denominator for amount in amounts)))
        self.model = cp_model.CpModel()
        self.given = {(g.unit, s, y): self._new(g.amount) for g in givers for s in range(3) for y in self.years}
        self.taken = {(t.unit, y): self._new(t.amount) for t in takers for y in self.years}
        self._limit(total)
        self.solver = cp_model.CpSolver()
        self.solver.parameters.num_workers = 1
        self.solver.parameters.max_deterministic_time = DETERMINISTIC_SECONDS

    def _new(self, most: Fraction) -> cp_model.IntVar:
        return self.model.new_int_var(0, self._grains(most), "")

    def _grains(self, posts: Fraction) -> int:
        return floor(posts / self.grain)

    def _limit(self, total: Fraction | None) -> None:
        add, given, taken = self.model.add, self.given, self.taken
        for g in self.givers:
            by_year = [sum(given[g.unit, s, y] for s in range(3)) for y in self.years]
            add(sum(by_year) <= self._grains(g.amount))
            for s, limits in enumerate(g.by_source):
                for y in self.years:
                    add(sum(given[g.unit, s, z] for z in range(y + 1)) <= self._grains(limits[y]))
            if g.yearly is not None:
                for year in by_year:
                    add(year <= self._grains(g.yearly))
        for t in self.takers:
            add(sum(taken[t.unit, y] for y in self.years) <= self._grains(t.amount))
            if t.yearly is not None:
                for y in self.years:
                    add(taken[t.unit, y] <= self._grains(t.yearly))
        self.moved = []
        all_amount = sum((t.amount for t in self.takers), Fraction(0))
        for y in self.years:
            moved = self._new(all_amount if total is None else min(all_amount, total))
            add(moved == sum(given[g.unit, s, y] for g in self.givers for s in range(3)))
            add(moved == sum(taken[t.unit, y] for t in self.takers))
            self.moved.append(moved)

    def solve(self) -> Flows:
        """The unique plan, one objective after the other; each proven before the next is looked at."""
        if not self.givers or not self.takers:
            return Flows({}, {})
        largest = self._grains(sum((t.amount for t in self.takers), Fraction(0)))
        self._maximise((moved, largest) for moved in self.moved)
        for s in (2, 1):  # occupied posts, then volunteers: as few as can be
            used = sum(self.given[g.unit, s, y] for g in self.givers for y in self.years)
            self._maximise([(largest - used, largest)])
        self._maximise(self._precedence())
        read = self.solver.value
        return Flows(
            {key: read(v) * self.grain for key, v in self.given.items() if read(v)},
            {key: read(v) * self.grain for key, v in self.taken.items() if read(v)},
        )

    def _precedence(self) -> Iterable[tuple[cp_model.LinearExprT, int]]:
        """Larger needs get sooner and give later; then the lot; of one unit's posts, those that take nobody first."""
        need = dict(zip(self.instance.units, self.instance.need, strict=True))
        order = sorted(need, key=lambda unit: (-need[unit], lot(self.instance.lot_seed, unit)))
        amount = {g.unit: self._grains(g.amount) for g in self.givers}
        amount |= {t.unit: self._grains(t.amount) for t in self.takers}
        getting, giving = {t.unit for t in self.takers}, {g.unit for g in self.givers}
        for unit in order:
            if unit in getting:
                yield from ((self.taken[unit, y], amount[unit]) for y in self.years)
        for unit in reversed(order):
            if unit in giving:
                for y in self.years:
                    yield sum(self.given[unit, s, y] for s in range(3)), amount[unit]
                for y in self.years:
                    yield from ((self.given[unit, s, y], amount[unit]) for s in range(3))

    def _maximise(self, objectives: Iterable[tuple[cp_model.LinearExprT, int]]) -> None:
        """Each objective (with its largest value) in turn, held at its maximum afterwards."""
        waiting: list[tuple[cp_model.LinearExprT, int]] = []
        size = 1
        for objective, most in objectives:
            if waiting and size * (most + 1) > PACKED_AT_MOST:
                self._maximise_packed(waiting)
                waiting, size = [], 1
            waiting.append((objective, most))
            size *= most + 1
        self._maximise_packed(waiting)

    def _maximise_packed(self, objectives: Sequence[tuple[cp_model.LinearExprT, int]]) -> None:
        weights = [prod(most + 1 for _, most in objectives[i + 1 :]) for i in range(len(objectives))]
        self.model.maximize(cp_model.LinearExpr.weighted_sum([objective for objective, _ in objectives], weights))
        status = self.solver.solve(self.model)
        if status != cp_model.OPTIMAL:
            raise WorkloadError("plan_not_proven", status=self.solver.status_name(status))
        for objective, _ in objectives:
            self.model.add(objective == self.solver.value(objective))
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for variables in (self.given.values(), self.taken.values(), self.moved):
            for variable in variables:
                self.model.add_hint(variable, self.solver.value(variable))
