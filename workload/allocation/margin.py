"""At the margin: who gets the next step and who gives it, and how far a count is from changing a unit's posts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import nlargest, nsmallest

from workload.allocation.exchange import rebalance
from workload.allocation.instance import Instance
from workload.allocation.objective import increment_key, moved_steps, value
from workload.allocation.problem import is_one_box
from workload.allocation.rules import Box, feasible_box
from workload.allocation.solver import greedy
from workload.errors import NoSolutionError, RequestError, WorkloadError

NEED = "need"  # cause of the row about the unit's need in total
Changes = tuple[tuple[str, int], ...]  # (unit, steps more or less), only units that change


@dataclass(frozen=True, slots=True)
class Margin:
    """What happens next. None where no allocation exists or no exchange is allowed."""

    one_more: Changes | None  # total one step larger
    one_less: Changes | None  # total one step smaller
    exchange: tuple[str, str] | None  # (giver, taker): the one-step exchange that costs least, where rules allow one


def margin(instance: Instance, steps: Sequence[int]) -> Margin:
    """The next step and the next exchange, from the optimal allocation `steps` of the instance.

    The totals are solved anew: under `LEAST_ABSOLUTE` a larger total may take a step from somebody (the Alabama
    paradox; Balinski & Young 2001, chap. 5), so several units may change.
    """
    return Margin(
        _at_total(instance, steps, instance.total_steps + 1),
        _at_total(instance, steps, instance.total_steps - 1),
        _next_exchange(instance, feasible_box(instance), steps),
    )


def _at_total(instance: Instance, steps: Sequence[int], total_steps: int) -> Changes | None:
    if total_steps < 0:
        return None
    try:
        found = greedy(replace(instance, total_steps=total_steps))
    except NoSolutionError:
        return None
    return tuple((unit, y - x) for unit, x, y in zip(instance.units, steps, found, strict=True) if y != x)


def _next_exchange(instance: Instance, box: Box, steps: Sequence[int]) -> tuple[str, str] | None:
    """The cheapest of all exchanges is between the two cheapest givers and the two cheapest takers, where rules bind
    each unit alone; else this is not known without trying.
    """
    if not is_one_box(instance):
        return None
    key = increment_key(instance)
    givers = nlargest(2, (t for t, x in enumerate(steps) if x > box.lo[t]), key=lambda t: key(t, steps[t] - 1))
    takers = nsmallest(2, (t for t, x in enumerate(steps) if x < box.hi[t]), key=lambda t: key(t, steps[t]))
    pairs = [(giver, taker) for giver in givers for taker in takers if giver != taker]
    if not pairs:
        return None

    def cost(pair: tuple[int, int]) -> tuple[object, ...]:
        giver, taker = pair
        after = [x - (t == giver) + (t == taker) for t, x in enumerate(steps)]
        return value(instance, after), moved_steps(instance, after) or 0, key(taker, after[taker] - 1)

    giver, taker = min(pairs, key=cost)
    return instance.units[giver], instance.units[taker]


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """How far one component of a unit's need, all else equal, would have to change for the unit to have `steps`.

    `to_count` is the nearest whole count that does it; None when none does, however large or small.
    """

    component: str  # its id, or "need" for the need in total
    steps: int  # what the unit would then have at least (a rise) or at most (a fall)
    from_count: Fraction
    to_count: Fraction | None
    change_relative: Fraction | None  # of the count; None as well when there is none today


def counterfactuals(
    instance: Instance,
    components: Mapping[str, Sequence[int]],
    unit: str,
    *,
    need_per_count: Mapping[str, Fraction] | None = None,
    target_steps: int | None = None,
) -> tuple[Counterfactual, ...]:
    """The thresholds of one unit, component by component and for the need in total, each solved again on both sides.

    More need never costs a unit a step while the others' stays, in any of the four kinds of fairness; so the threshold
    is found by bisection over whole counts.

    Args:
        instance: the question.
        components: id → (unit,) integers in the unit of `instance.need`; they add to it.
        unit: whose thresholds.
        need_per_count: id → need that one more of the component's count brings; one where it is not said.
        target_steps: what the unit should have; one step more than it is given when None.

    Raises:
        RequestError: several pools or rules over several units, an unknown unit, components that are not the need, a
            need per count that is not positive.
        NoSolutionError: the rules cannot all hold.
    """
    if not is_one_box(instance):
        raise RequestError("plan_one_pool")
    if unit not in instance.units:
        raise RequestError("plan_unknown_unit", unit=unit)
    t = instance.units.index(unit)
    if sum(component[t] for component in components.values()) != instance.need[t]:
        raise RequestError("allocation_components_differ", unit=unit)
    box, start = feasible_box(instance), greedy(instance)
    target = start[t] + 1 if target_steps is None else target_steps
    amounts = {**{name: component[t] for name, component in components.items()}, NEED: instance.need[t]}
    rows = []
    for name, amount in amounts.items():
        each = Fraction((need_per_count or {}).get(name, 1))
        if each <= 0:
            raise RequestError("plan_need_per_count", component=name)
        rows.append(_row(name, amount, _Question(instance, box, start, t, each), target))
    return tuple(rows)


def _row(name: str, amount: int, question: "_Question", target: int) -> Counterfactual:
    change = _threshold(question, target, -(max(amount, 0) // question.each))
    count = amount / question.each
    return Counterfactual(
        component=name,
        steps=target,
        from_count=count,
        to_count=None if change is None else count + change,
        change_relative=None if change is None or amount <= 0 else change / count,
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """The instance with k more of something at unit t, each bringing `each` need."""

    instance: Instance
    box: Box
    start: tuple[int, ...]
    t: int
    each: Fraction

    def changed(self, k: int) -> Instance | None:
        """In whole numbers again; None when no need is left anywhere."""
        scale = self.each.denominator
        need = [n * scale for n in self.instance.need]
        need[self.t] += k * self.each.numerator
        return replace(self.instance, need=tuple(need)) if any(need) else None

    def steps(self, k: int) -> int:
        changed = self.changed(k)
        return rebalance(changed, self.box, self.start)[self.t] if changed else self.box.lo[self.t]

    def steps_again(self, k: int) -> int:
        """The same by the other way of solving."""
        changed = self.changed(k)
        return greedy(changed, self.box)[self.t] if changed else self.box.lo[self.t]


def _threshold(question: _Question, target: int, least: int) -> int | None:
    """The change of the count nearest to none that brings the unit to its target; `least` takes it to zero."""
    if question.start[question.t] == target:
        return 0
    rise = target > question.start[question.t]

    def reached(k: int) -> bool:
        return question.steps(k) >= target if rise else question.steps(-k) <= target

    instance = question.instance
    # A need so many times all others' takes every step that rules and the others' first ones leave.
    enough = 4 * (instance.total_steps + 1) * (len(instance.units) + 1) * (sum(instance.need) + 1)
    most = int(enough / question.each) + 1 if rise else -least
    if most <= 0 or not reached(most):
        return None
    k = _first(reached, most)
    sign = 1 if rise else -1
    sides = [(question.steps_again(sign * j) - target) * sign >= 0 for j in (k - 1, k)]
    if sides != [False, True]:
        raise WorkloadError("plan_threshold_unverified", unit=instance.units[question.t])
    return sign * k


def _first(reached: Callable[[int], bool], most: int) -> int:
    """The smallest k in 1..most with reached(k), which stays true from there on."""
    high = 1
    while high < most and not reached(high):
        high *= 2
    low, high = high // 2, min(high, most)  # not reached at low, reached at high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high
