"""A verifier that does not know the solver: rules from their own parameters, optimality from the definitions.

It shares no line with `objective` and `solver`. For a separable convex objective over a box with a constant total,
an allocation no single-step transfer improves is optimal (Murota, "Discrete Convex Analysis", 2003, th. 6.26); so it
tries every transfer, in fractions.
"""

from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from workload.allocation.instance import Fairness, Instance, Rule
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.errors import WorkloadError

if TYPE_CHECKING:
    from workload.allocation.solver import Allocation

FAILURES_SHOWN = 5


class CheckError(WorkloadError):
    """An allocation that is not what it claims: a defect of ours. `failures` lists all of them."""

    def __init__(self, failures: list[str]) -> None:
        self.failures = tuple(failures)
        super().__init__("allocation_check_failed", n=len(failures), failures="; ".join(failures[:FAILURES_SHOWN]))


def check(instance: Instance, allocation: "Allocation") -> None:
    """Raise CheckError unless the allocation keeps total and rules, is the one optimum, and states its true value."""
    failures = list(_broken(instance, allocation.steps))
    if not failures:  # costs of an allocation that is none mean nothing
        failures = [*_improvements(instance, allocation.steps), *_misstated(instance, allocation)]
    if failures:
        raise CheckError(failures)


def _broken(instance: Instance, steps: tuple[int, ...]) -> Iterator[str]:
    if len(steps) != len(instance.units):
        yield f"{len(steps)} figures for {len(instance.units)} units"
        return
    if not all(type(x) is int for x in steps):
        yield "steps that are no whole numbers"
        return
    if sum(steps) != instance.total_steps:
        yield f"total {sum(steps)} steps, not {instance.total_steps}"
    for t, x in enumerate(steps):
        yield from (f"{instance.units[t]}: {x} steps break {name}" for name in _broken_rules(instance, t, x))


def _broken_rules(instance: Instance, t: int, x: int) -> list[str]:
    """Names of what forbids unit t to have x steps."""
    return ["non-negativity"] * (x < 0) + [rule.name for rule in instance.rules if not _keeps(rule, instance, t, x)]


def _keeps(rule: Rule, instance: Instance, t: int, x: int) -> bool:
    """Whether the rule, read from its parameters alone, lets unit t have x steps."""
    unit = instance.units[t]
    match rule:
        case MinimumPresence(floors=floors):
            return unit not in floors or x >= floors[unit]
        case Ceiling(ceilings=ceilings):
            return unit not in ceilings or x <= ceilings[unit]
        case LargestChange(steps=int(limit)):
            return instance.current is not None and abs(x - instance.current[t]) <= limit
        case LargestChange(steps=limits) if not isinstance(limits, int):
            return unit not in limits or (instance.current is not None and abs(x - instance.current[t]) <= limits[unit])
        case _:
            return False  # a rule this verifier has not been taught is not known to hold


def _improvements(instance: Instance, steps: tuple[int, ...]) -> Iterator[str]:
    """Transfers of one step that the rules allow and that give a better allocation, or an equal one with precedence."""
    rises, falls = {}, {}
    for t, x in enumerate(steps):
        now = _cost(instance, t, x)
        if not _broken_rules(instance, t, x - 1):
            rises[t] = _rise(instance.fairness, now, _cost(instance, t, x - 1)), _precedence(instance, t)
        if not _broken_rules(instance, t, x + 1):
            falls[t] = _fall(instance.fairness, now, _cost(instance, t, x + 1)), _precedence(instance, t)
    for giver, (rise, giver_precedence) in rises.items():
        for taker, (fall, taker_precedence) in falls.items():
            tied_and_first = fall == rise and taker_precedence < giver_precedence
            if giver != taker and (fall > rise or tied_and_first):
                yield f"better: one step from {instance.units[giver]} to {instance.units[taker]}"


class _Cost(NamedTuple):
    """What one unit costs, the most important first."""

    idle: Fraction  # x² where there is no need
    load: tuple[Fraction, ...]  # the fairness's own term
    moved: Fraction  # |x − current|


def _cost(instance: Instance, t: int, x: int) -> _Cost:
    """The definitions of the four objectives, read as limits where a need or a number of steps is zero."""
    n, zero = instance.need[t], Fraction(0)
    q = Fraction(n, sum(instance.need)) * instance.total_steps
    load: tuple[Fraction, ...]
    match instance.fairness:
        case Fairness.LEAST_SQUARES:
            load = ((x - q) ** 2 / q if q else zero,)
        case Fairness.LEAST_ABSOLUTE:
            load = (abs(x - q), (x - q) ** 2)
        case Fairness.GEOMETRIC:
            load = (zero, Fraction(n, x) * n) if x else (Fraction(n) ** 2, zero)
        case Fairness.LEAST_MAXIMUM:
            load = (zero, Fraction(n, x or 1)) if x or not n else (Fraction(1), Fraction(n))
    return _Cost(
        idle=zero if n else Fraction(x) ** 2,
        load=load,
        moved=zero if instance.current is None else abs(Fraction(x) - instance.current[t]),
    )


def _rise(fairness: Fairness, now: _Cost, less: _Cost) -> tuple[Fraction, ...]:
    """What giving one step away costs; a transfer is better when the taker's `_fall` exceeds it.

    Sums: the difference. Leximin: loads (a, b) become (a', b') with a' ≥ a and b' ≤ b, which is better when b > a', or
    when b = a' and b' < a; so (a', −a) is compared with (b, −b').
    """
    load = (*less.load, *_minus(now.load)) if fairness is Fairness.LEAST_MAXIMUM else _difference(less.load, now.load)
    return less.idle - now.idle, *load, less.moved - now.moved


def _fall(fairness: Fairness, now: _Cost, more: _Cost) -> tuple[Fraction, ...]:
    """What receiving one step saves; see `_rise`."""
    load = (*now.load, *_minus(more.load)) if fairness is Fairness.LEAST_MAXIMUM else _difference(now.load, more.load)
    return now.idle - more.idle, *load, now.moved - more.moved


def _minus(load: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    return tuple(-part for part in load)


def _difference(load: tuple[Fraction, ...], other: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    return tuple(a - b for a, b in zip(load, other, strict=True))


def _precedence(instance: Instance, t: int) -> tuple[int, str]:
    """Among equals the larger need goes first, then the smaller lot (hexadecimal digits sort as the number does)."""
    return -instance.need[t], sha256("\n".join((instance.lot_seed, instance.units[t])).encode("utf-8")).hexdigest()


def _misstated(instance: Instance, allocation: "Allocation") -> Iterator[str]:
    """Figures the allocation states about itself that are not so."""
    costs = [_cost(instance, t, x) for t, x in enumerate(allocation.steps)]
    loads = [cost.load for cost in costs]
    if instance.fairness is Fairness.LEAST_MAXIMUM:
        load = tuple(part for pair in sorted(loads, reverse=True) for part in pair)
    else:
        load = tuple(sum(parts, Fraction(0)) for parts in zip(*loads, strict=True))
    objective = (sum((cost.idle for cost in costs), Fraction(0)), *load)
    moved = None if instance.current is None else sum((cost.moved for cost in costs), Fraction(0))
    if allocation.objective != objective:
        yield "objective misstated"
    if allocation.bound != objective or allocation.status != "OPTIMAL":
        yield "bound misstated"
    if allocation.moved_steps != moved:
        yield "moved steps misstated"
