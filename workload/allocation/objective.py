"""What each fairness minimises: the exact value of an allocation, and the order in which steps are given out.

Everything separates by unit and is convex, so an allocation is optimal exactly when it consists of the smallest
increments f(x+1) − f(x) (see `solver`). Only their order matters; it is kept here in integers.

Where a need or a share is zero the formulas are read as limits from above: a unit with a need and no step comes first
(largest need first), a unit without need comes after all others and shares evenly what the rules force upon it.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from hashlib import sha256
from math import lcm

from workload.allocation.instance import Fairness, Instance

Value = tuple[Fraction, ...]  # compared lexicographically, smaller is better
Load = tuple[Fraction, Fraction]
Key = tuple[int, ...]  # compared lexicographically, smaller is given out first
Term = Callable[[int, int], Fraction]  # (unit index, steps) → its part of a sum
KeyOf = Callable[[int, int], Key]  # (unit index, steps it has) → key of its next step


def value(instance: Instance, steps: Sequence[int]) -> Value:
    """The exact objective of an allocation; first in every one, Σ x² over units without need.

    least-squares   Σ w(x−q)²/q
    least-absolute  Σ w|x−q|, then Σ w(x−q)²
    geometric       Σ m² over units left with nothing, then Σ w·m²/x over the others
    least-maximum   m/x sorted downwards, each as the pair (0, m/x), or (1, m) for a need without steps: infinite

    q is the fair share inside the pool, m the need made comparable between pools (`Instance.comparable_need`; the need
    itself with one pool), w what a step costs relative to its pool's mean (1 unless a payroll is shared).
    """
    sums = tuple(sum((term(t, x) for t, x in enumerate(steps)), Fraction(0)) for term in terms(instance))
    if instance.fairness is not Fairness.LEAST_MAXIMUM:
        return sums
    load = load_of(instance)
    loads = sorted((load(t, x) for t, x in enumerate(steps)), reverse=True)
    return (*sums, *(part for pair in loads for part in pair))


def terms(instance: Instance) -> tuple[Term, ...]:
    """What is summed over units, stage after stage: (unit index, steps) → its part. Leximin adds `load_of` to it."""
    need, quota = instance.need, instance.quotas
    weight, zero = _weights(instance, quota), Fraction(0)

    def without_need(t: int, x: int) -> Fraction:
        return zero if need[t] else Fraction(x * x)

    match instance.fairness:
        case Fairness.LEAST_SQUARES:
            # q is zero without need, counted above, or without a total, when nothing is given.
            return without_need, lambda t, x: weight[t] * (x - quota[t]) ** 2 / quota[t] if quota[t] else zero
        case Fairness.LEAST_ABSOLUTE:
            gap, square = (lambda t, x: weight[t] * abs(x - quota[t])), (lambda t, x: weight[t] * (x - quota[t]) ** 2)
            return without_need, gap, square
        case Fairness.GEOMETRIC:
            m = instance.comparable_need
            return (
                without_need,
                lambda t, x: zero if x else m[t] ** 2,
                lambda t, x: weight[t] * m[t] ** 2 / x if x else zero,
            )
        case Fairness.LEAST_MAXIMUM:
            return (without_need,)


def load_of(instance: Instance) -> Callable[[int, int], Load]:
    """(unit index, steps) → its load m/x as the pair (0, m/x), or (1, m) for a need without steps."""
    m = instance.comparable_need
    return lambda t, x: (Fraction(1), m[t]) if m[t] and not x else (Fraction(0), m[t] / (x or 1))


def _weights(instance: Instance, quotas: Sequence[Fraction]) -> list[Fraction]:
    """(unit,) cost of a step over the mean cost of a step at the fair shares of its payroll; 1 where posts count."""
    weight = dict.fromkeys(instance.units, Fraction(1))
    quota_of = dict(zip(instance.units, quotas, strict=True))
    for pool in instance.pools:
        if pool.payroll_euros:
            mean_cost = Fraction(pool.budget(instance.step)) / sum(quota_of[unit] for unit in pool.units)
            weight |= {unit: pool.cost_per_post_euros[unit] / mean_cost for unit in pool.units}
    return [weight[unit] for unit in instance.units]


def objective_key(instance: Instance) -> KeyOf:
    """The order of increments by the objective alone: (no need, increment, increment's tie at equal n/x).

    Strictly increasing in x for each unit. Two increments have equal keys exactly when their objective is equal.
    """
    increment = _increment(instance)
    need = instance.need
    return lambda t, x: (0, *increment(need[t], x)) if need[t] else (1, 2 * x + 1, 0)


def increment_key(instance: Instance) -> KeyOf:
    """The complete order of increments: objective, fewest steps moved, larger need, lot. No two are equal."""
    by_objective = objective_key(instance)
    moved = _moved(instance)
    lots = [lot(instance.lot_seed, unit) for unit in instance.units]
    need = instance.need
    return lambda t, x: (*by_objective(t, x), moved(t, x), -need[t], lots[t])


def lot(seed: str, unit: str) -> int:
    """SHA-256 of the seed, a line feed and the unit's id, as a number: the smallest is served first."""
    return int.from_bytes(sha256(f"{seed}\n{unit}".encode()).digest())


def moved_steps(instance: Instance, steps: Sequence[int]) -> Fraction | None:
    """Σ |x − current| in steps; None when nobody said what the units have today."""
    if instance.current is None:
        return None
    return sum((abs(x - current) for x, current in zip(steps, instance.current, strict=True)), Fraction(0))


def _increment(instance: Instance) -> Callable[[int, int], tuple[int, int]]:
    """(n, x) → integers in the order of the increment from x to x+1 steps, for n > 0.

    Fractions a/n with n ≤ m are kept in order, ties included, by the integers ⌊a·m²/n⌋: two that differ do so by at
    least 1/m². Increments, up to terms common to all units (Balinski & Young 2001, appendix A):

    least-squares   (2x+1)/n
    least-absolute  x − q; |x+1−q| − |x−q| is a non-decreasing function of it, so Σ(x−q)² minimises Σ|x−q| as well
    geometric       x(x+1)/n², whose zeros at x = 0 go to the larger n
    least-maximum   x/n, the load n/x relieved, largest first; at equal loads the smaller n leaves the smaller n/(x+1)
    """
    m2 = max(instance.need) ** 2
    m4 = m2 * m2
    match instance.fairness:
        case Fairness.LEAST_SQUARES:
            return lambda n, x: ((2 * x + 1) * m2 // n, 0)
        case Fairness.LEAST_ABSOLUTE:
            total, all_need = instance.total_steps, sum(instance.need)
            return lambda n, x: (x * all_need - total * n, 0)
        case Fairness.GEOMETRIC:
            return lambda n, x: (x * (x + 1) * m4 // (n * n), 0 if x else -n)
        case Fairness.LEAST_MAXIMUM:
            return lambda n, x: (x * m2 // n, n if x else -n)


def _moved(instance: Instance) -> Callable[[int, int], int]:
    """(unit, x) → |x+1 − current| − |x − current|, scaled to integers; 0 for all when there is no current."""
    if instance.current is None:
        return lambda t, x: 0
    scale = lcm(*(current.denominator for current in instance.current))
    scaled = [int(current * scale) for current in instance.current]
    return lambda t, x: abs((x + 1) * scale - scaled[t]) - abs(x * scale - scaled[t])
