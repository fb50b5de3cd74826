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
Key = tuple[int, ...]  # compared lexicographically, smaller is given out first
KeyOf = Callable[[int, int], Key]  # (unit index, steps it has) → key of its next step


def value(instance: Instance, steps: Sequence[int]) -> Value:
    """The exact objective of an allocation; first in every one, Σ x² over units without need.

    least-squares   Σ (x−q)²/q
    least-absolute  Σ |x−q|, then Σ (x−q)²
    geometric       Σ n² over units left with nothing, then Σ n²/x over the others
    least-maximum   n/x sorted downwards, each as the pair (0, n/x), or (1, n) for a need without steps: infinite
    """
    units = list(zip(steps, instance.need, instance.quotas, strict=True))
    without_need = Fraction(sum(x * x for x, n, _ in units if n == 0))
    match instance.fairness:
        case Fairness.LEAST_SQUARES:
            # q is zero without need, counted above, or without a total, when nothing is given.
            return without_need, sum(((x - q) ** 2 / q for x, _, q in units if q), Fraction(0))
        case Fairness.LEAST_ABSOLUTE:
            gaps = [x - q for x, _, q in units]
            return without_need, sum(map(abs, gaps), Fraction(0)), sum((gap**2 for gap in gaps), Fraction(0))
        case Fairness.GEOMETRIC:
            unserved = Fraction(sum(n * n for x, n, _ in units if x == 0))
            return without_need, unserved, sum((Fraction(n * n, x) for x, n, _ in units if x), Fraction(0))
        case Fairness.LEAST_MAXIMUM:
            loads = sorted(((1, Fraction(n)) if n and not x else (0, Fraction(n, x or 1)) for x, n, _ in units))
            return without_need, *(Fraction(part) for load in reversed(loads) for part in load)


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
