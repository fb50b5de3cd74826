"""An instance as `check` reads it: demands, fair shares and costs from the definitions, nothing from the solver."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import floor
from typing import NamedTuple

from workload.allocation.demands import Demand, demands
from workload.allocation.instance import Fairness, Instance


class Cost(NamedTuple):
    """What one unit costs, the most important first."""

    idle: Fraction  # x² where there is no need
    load: tuple[Fraction, ...]  # the fairness's own term
    moved: Fraction  # |x − current|


class Reading:
    """The instance as the check reads it."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.demands = [*_resources(instance), *(d for rule in instance.rules for d in demands(rule, instance))]
        self.touching: list[list[Demand]] = [[] for _ in instance.units]
        for demand in self.demands:
            for t in demand.weights:
                self.touching[t].append(demand)
        self.quota, self.weight = _shares(instance)
        scale = Fraction(sum(instance.need)) / (sum(self.quota) or 1)
        self.load_need = [q * scale if q else Fraction(n) for q, n in zip(self.quota, instance.need, strict=True)]

    def broken(self, steps: Sequence[int]) -> Iterator[str]:
        if len(steps) != len(self.instance.units):
            yield f"{len(steps)} figures for {len(self.instance.units)} units"
        elif not all(type(x) is int for x in steps):
            yield "steps that are no whole numbers"
        else:
            yield from (f"{u}: {x} steps" for u, x in zip(self.instance.units, steps, strict=True) if x < 0)
            yield from (f"{d.label}: {d.rule} broken" for d in self.demands if d.shortfall(held_by(d, steps)))

    def allows(self, steps: Sequence[int], held: dict[int, int], change: dict[int, int]) -> bool:
        """Whether every demand still holds after a change; `held` are the sums before it, by id of the demand."""
        if any(steps[t] + by < 0 for t, by in change.items()):
            return False
        return not any(
            d.shortfall(held[id(d)] + sum(d.weights.get(t, 0) * by for t, by in change.items()))
            for t in change
            for d in self.touching[t]
        )

    def cost(self, t: int, x: int) -> Cost:
        """The definitions of the four objectives, read as limits where a need or a number of steps is zero."""
        n, q, w, m, zero = self.instance.need[t], self.quota[t], self.weight[t], self.load_need[t], Fraction(0)
        load: tuple[Fraction, ...]
        match self.instance.fairness:
            case Fairness.LEAST_SQUARES:
                load = (w * (x - q) ** 2 / q if q else zero,)
            case Fairness.LEAST_ABSOLUTE:
                load = (w * abs(x - q), w * (x - q) ** 2)
            case Fairness.GEOMETRIC:
                load = (zero, w * m / x * m) if x else (m**2, zero)
            case Fairness.LEAST_MAXIMUM:
                load = (zero, m / (x or 1)) if x or not n else (Fraction(1), m)
        current = self.instance.current
        return Cost(
            idle=zero if n else Fraction(x) ** 2,
            load=load,
            moved=zero if current is None else abs(Fraction(x) - current[t]),
        )

    def total(self, steps: Sequence[int]) -> tuple[tuple[Fraction, ...], Fraction]:
        """The objective and the steps moved."""
        costs = [self.cost(t, x) for t, x in enumerate(steps)]
        loads = [cost.load for cost in costs]
        if self.instance.fairness is Fairness.LEAST_MAXIMUM:
            load = tuple(part for pair in sorted(loads, reverse=True) for part in pair)
        else:
            load = tuple(sum(parts, Fraction(0)) for parts in zip(*loads, strict=True))
        return (sum((c.idle for c in costs), Fraction(0)), *load), sum((c.moved for c in costs), Fraction(0))


def _resources(instance: Instance) -> Iterator[Demand]:
    index_of = {unit: t for t, unit in enumerate(instance.units)}
    for pool in instance.all_pools:
        if pool.payroll_euros is None:
            weights = {index_of[unit]: 1 for unit in pool.units}
            yield Demand("total", pool.name, "floor", weights, Fraction(pool.total_steps))
            yield Demand("total", pool.name, "ceiling", weights, Fraction(pool.total_steps))
        else:
            costs = {index_of[unit]: pool.cost_per_post_euros[unit] for unit in pool.units}
            yield Demand("payroll", pool.name, "ceiling", costs, pool.payroll_euros / instance.step)


def _shares(instance: Instance) -> tuple[list[Fraction], list[Fraction]]:
    """(unit,) fair share in steps, and cost of a step relative to its pool's."""
    quota, weight = [Fraction(0)] * len(instance.units), [Fraction(1)] * len(instance.units)
    for demand in _resources(instance):
        if demand.side != "ceiling":
            continue
        # A payroll is spent in whole units of euro per step, a total in steps.
        resource, used = floor(demand.limit), sum(a * instance.need[t] for t, a in demand.weights.items())
        for t in demand.weights:
            quota[t] = Fraction(resource * instance.need[t], used) if used else Fraction(0)
        bought = sum((quota[t] for t in demand.weights), Fraction(0))
        for t, a in demand.weights.items():
            weight[t] = a * bought / resource if bought else Fraction(1)
    return quota, weight


def held_by(demand: Demand, steps: Sequence[int]) -> int:
    return sum(a * steps[t] for t, a in demand.weights.items())
