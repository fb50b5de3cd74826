"""What decides the steps of a unit when the weights are off: step functions of linear forms of the weights.

Unit t gets its a-th step unless the others' increments that come before it leave no room. For given weights the number
of such increments of unit u is a step function of n_u/n_t (divisor methods) or of q_u − q_t (least absolute).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt, lcm

from workload.allocation.exchange import rebalance
from workload.allocation.instance import Fairness, Instance
from workload.allocation.rules import Box
from workload.allocation.weight_box import WeightBox, least_ratio

ROOT_GRAIN = 2**60  # square roots are rounded outwards to multiples of 1/ROOT_GRAIN

Factors = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """May unit t have at least (`rise`) or at most a steps? `table` is (unit, component) need."""

    instance: Instance
    box: Box
    table: Sequence[Sequence[int]]
    weights: WeightBox
    start: tuple[int, ...]  # the allocation at the declared weights
    t: int
    a: int
    rise: bool

    def steps_at(self, factors: Factors) -> int:
        """What the unit is really given at these weights."""
        weighed = replace(self.instance, need=weighed_need(self.table, factors))
        return rebalance(weighed, self.box, self.start)[self.t]

    def fulfilled(self, factors: Factors) -> bool:
        steps = self.steps_at(factors)
        return steps >= self.a if self.rise else steps <= self.a


@dataclass(frozen=True, slots=True)
class Other:
    """One other unit: the linear form of the weights that counts, and where its number of steps changes."""

    form: tuple[Fraction, ...]  # (component,)
    thresholds: tuple[Fraction | None, ...]  # from lo+k to lo+k+1 steps, non-decreasing; None is never
    lo: int
    least: Fraction  # range of the form over the weights
    most: Fraction


def weighed_need(table: Sequence[Sequence[int]], factors: Factors) -> tuple[int, ...]:
    """(unit,) need with each component's weight times its factor, in whole numbers again."""
    scale = lcm(*(f.denominator for f in factors))
    whole = [int(f * scale) for f in factors]
    return tuple(sum(w * n for w, n in zip(whole, row, strict=True)) for row in table)


def normal_form(instance: Instance, table: Sequence[Sequence[int]], t: int) -> tuple[Fraction, ...]:
    """The linear form set to one: the unit's own need, or that of all, as a share of its declared value."""
    totals = (
        table[t] if instance.fairness is not Fairness.LEAST_ABSOLUTE else [sum(c) for c in zip(*table, strict=True)]
    )
    return tuple(Fraction(n, sum(totals)) for n in totals)


def other_units(question: Question) -> list[Other]:
    instance, table, t = question.instance, question.table, question.t
    all_need, absolute = sum(instance.need), instance.fairness is Fairness.LEAST_ABSOLUTE
    normal = [sum(c) for c in zip(*table, strict=True)] if absolute else list(table[t])
    found = []
    for u, row in enumerate(table):
        if u == t:
            continue
        raw = [n - own for n, own in zip(row, table[t], strict=True)] if absolute else list(row)
        scale = Fraction(instance.total_steps if absolute else 1)
        size = all_need if absolute else instance.need[t]
        _, least = least_ratio(raw, normal, question.weights)
        _, most = least_ratio([-n for n in raw], normal, question.weights)
        lo, hi = question.box.lo[u], question.box.hi[u]
        rank = question.a if question.rise else question.a + 1
        steps = [_threshold(instance.fairness, x, rank, question.rise) if any(row) else None for x in range(lo, hi)]
        form = tuple(scale * Fraction(n, size) for n in raw)
        found.append(Other(form, tuple(steps), lo, scale * least, -scale * most))
    return found


def _threshold(fairness: Fairness, x: int, rank: int, upwards: bool) -> Fraction | None:
    """The value of the form at which u's step from x to x+1 is worth as much as t's step to `rank`.

    From the increments of `objective`: (2x+1)/n, x/n, x(x+1)/n², x − q. First steps come before all others.
    """
    if fairness is Fairness.LEAST_SQUARES:
        return Fraction(2 * x + 1, 2 * rank - 1)
    if fairness is Fairness.LEAST_ABSOLUTE:
        return Fraction(x - rank + 1)
    if rank == 1:
        return None if x else Fraction(1)  # two first steps: the larger need
    if fairness is Fairness.LEAST_MAXIMUM:
        return Fraction(x, rank - 1)
    square = Fraction(x * (x + 1), rank * (rank - 1)) * ROOT_GRAIN**2
    root = isqrt(int(square))
    return Fraction(root + (upwards and root * root != square), ROOT_GRAIN)
