"""A verifier that does not know the solver: demands of the rules read anew, optimality from the definitions.

It shares no line with `objective` and `solver`. What it proves, in fractions:

- pools of posts, rules about one unit each: the optimum. A separable convex objective over an M-convex set is smallest
  where no single transfer improves it (Murota, "Discrete Convex Analysis", 2003, th. 6.26). Nested totals likewise.
- any rules, few possible allocations: the optimum, by looking at every one.
- any other rules: that all of them hold, that figures are true, that neither a transfer of one step nor, under a
  payroll, one step more or less would improve it. That nothing else would is then proven by CP-SAT alone.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from hashlib import sha256
from itertools import product
from math import ceil, floor, prod
from typing import TYPE_CHECKING

from workload.allocation.instance import Fairness, Instance
from workload.allocation.reading import Cost, Reading, held_by
from workload.errors import WorkloadError

if TYPE_CHECKING:
    from workload.allocation.solver import Allocation

EXHAUSTIVE_AT_MOST = 1_000  # allocations inside the box that are all looked at
FAILURES_SHOWN = 5


class CheckError(WorkloadError):
    """An allocation that is not what it claims: a defect of ours. `failures` lists all of them."""

    def __init__(self, failures: list[str]) -> None:
        self.failures = tuple(failures)
        super().__init__("allocation_check_failed", n=len(failures), failures="; ".join(failures[:FAILURES_SHOWN]))


def check(instance: Instance, allocation: "Allocation") -> None:
    """Raise CheckError unless the allocation keeps totals and rules, is the optimum it claims, and states its value."""
    question = Reading(instance)
    failures = list(question.broken(allocation.steps))
    if not failures:  # costs of an allocation that is none mean nothing
        failures = list(_misstated(instance, question, allocation))
        if allocation.status == "OPTIMAL":
            failures += [*_improvements(question, allocation.steps), *_better_elsewhere(question, allocation.steps)]
    if failures:
        raise CheckError(failures)


def _improvements(question: Reading, steps: tuple[int, ...]) -> Iterator[str]:
    """Transfers of one step that the rules allow and that give a better allocation, or an equal one with precedence."""
    instance, fairness = question.instance, question.instance.fairness
    held = {id(d): held_by(d, steps) for d in question.demands}
    now = [question.cost(t, x) for t, x in enumerate(steps)]
    falls = [_fall(fairness, now[t], question.cost(t, x + 1)) for t, x in enumerate(steps)]
    rises = {t: _rise(fairness, now[t], question.cost(t, x - 1)) for t, x in enumerate(steps) if x}
    order = [_precedence(instance, t) for t in range(len(steps))]
    index_of = {unit: t for t, unit in enumerate(instance.units)}
    for pool in instance.all_pools:
        members = [index_of[unit] for unit in pool.units]
        first = sorted(sorted(members, key=order.__getitem__), key=falls.__getitem__, reverse=True)
        for giver in members:
            for taker in first if giver in rises else ():
                better = falls[taker] > rises[giver]
                if not better and (falls[taker] != rises[giver] or order[taker] >= order[giver]):
                    break  # nor is any taker after it
                if giver != taker and question.allows(steps, held, {giver: -1, taker: 1}):
                    yield f"better: one step from {instance.units[giver]} to {instance.units[taker]}"
        if pool.payroll_euros is not None:
            yield from _singles(question, steps, held, members)


def _singles(question: Reading, steps: tuple[int, ...], held: dict[int, int], members: list[int]) -> Iterator[str]:
    """Under a payroll one step more, or less, is possible as well."""
    for t in members:
        for by in (-1, 1):
            if steps[t] + by < 0 or not question.allows(steps, held, {t: by}):
                continue
            now, then = question.cost(t, steps[t]), question.cost(t, steps[t] + by)
            if then < now or (then == now and by > 0):
                yield f"better: {by:+d} step for {question.instance.units[t]}"


def _better_elsewhere(question: Reading, steps: tuple[int, ...]) -> Iterator[str]:
    """Where few allocations are possible, any that is better, or equal with precedence."""
    if _transfers_prove(question):
        return
    ranges = [_range(question, t) for t in range(len(steps))]
    if prod(map(len, ranges)) > EXHAUSTIVE_AT_MOST:
        return
    order = sorted(range(len(steps)), key=lambda t: _precedence(question.instance, t))

    def rank(candidate: Sequence[int]) -> tuple[object, ...]:
        return *question.total(candidate), [-candidate[t] for t in order]

    mine = rank(steps)
    for candidate in product(*ranges):
        if not any(d.shortfall(held_by(d, candidate)) for d in question.demands) and rank(candidate) < mine:
            yield f"better: {candidate}"


def _transfers_prove(question: Reading) -> bool:
    """Pools of posts and rules about one unit each: where no transfer helps, nothing does."""
    return all(len(d.weights) == 1 or d.rule == "total" for d in question.demands)


def _range(question: Reading, t: int) -> range:
    """Steps that demands about unit t alone, and its pool's resource, leave it."""
    alone = [d for d in question.touching[t] if len(d.weights) == 1 or d.rule in ("total", "payroll")]
    least = max((ceil(d.limit / d.weights[t]) for d in alone if d.side == "floor" and len(d.weights) == 1), default=0)
    most = min(floor(d.limit / d.weights[t]) for d in alone if d.side == "ceiling")
    return range(max(least, 0), most + 1)


def _rise(fairness: Fairness, now: Cost, less: Cost) -> tuple[Fraction, ...]:
    """What giving one step away costs; a transfer is better when the taker's `_fall` exceeds it.

    Sums: the difference. Leximin: loads (a, b) become (a', b') with a' ≥ a and b' ≤ b, which is better when b > a', or
    when b = a' and b' < a; so (a', −a) is compared with (b, −b').
    """
    load = (*less.load, *_minus(now.load)) if fairness is Fairness.LEAST_MAXIMUM else _difference(less.load, now.load)
    return less.idle - now.idle, *load, less.moved - now.moved


def _fall(fairness: Fairness, now: Cost, more: Cost) -> tuple[Fraction, ...]:
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


def _misstated(instance: Instance, question: Reading, allocation: "Allocation") -> Iterator[str]:
    """Figures the allocation states about itself that are not so."""
    objective, moved = question.total(allocation.steps)
    if allocation.objective != objective:
        yield "objective misstated"
    if allocation.moved_steps != (None if instance.current is None else moved):
        yield "moved steps misstated"
    optimal = allocation.status == "OPTIMAL" and allocation.bound == objective
    # The bound may meet the objective where it is the precedence among equals that time did not allow to prove.
    met = allocation.bound == objective and not _transfers_prove(question)
    short = allocation.status in ("FEASIBLE", "OPTIMAL_TO_EPSILON") and (allocation.bound < objective or met)
    if not (optimal or short) or (allocation.epsilon > 0) != (allocation.status == "OPTIMAL_TO_EPSILON"):
        yield "bound misstated"
