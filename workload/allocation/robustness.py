"""Does a move survive weights that are all off, each on its own? Exact where it can be, else samples labelled so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import numpy as np

from workload.allocation.instance import Instance
from workload.allocation.problem import is_one_box
from workload.allocation.reachable import Reach, Reached, reachable
from workload.allocation.rules import feasible_box
from workload.allocation.solver import greedy
from workload.allocation.step_forms import Factors, Question, weighed_need
from workload.allocation.weight_box import Deviation, WeightBox, component_table, least_ratio, weight_box
from workload.errors import RequestError

FACTOR_GRAIN = 10**6  # sampled factors are whole millionths: exact afterwards


class Verdict(StrEnum):
    SURVIVES = "survives"  # for all weights within the bounds, proven
    DOES_NOT = "does_not"  # `factors` are weights that undo it
    UNKNOWN = "unknown"  # nothing undid it in the samples, or too many cases for a proof
    NO_MOVE = "no_move"


class Basis(StrEnum):
    EXACT = "exact"
    SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class MoveRobustness:
    """One unit when the weights are off. `low` and `high` are posts really reached within the bounds."""

    unit: str
    change: Fraction  # posts, final − current
    low: Fraction
    high: Fraction
    basis: Basis
    bounded: bool  # nothing lies outside low…high: proven, but for ties where the lot would decide
    direction: Verdict  # still moves the same way
    size: Verdict  # still moves the same way by at least as much
    factors: Factors | None  # (component,) that undo the direction, or else the size
    samples_n: int


def move_robustness(
    instance: Instance,
    components: Mapping[str, Sequence[int]],
    final: Sequence[int],
    deviation: Deviation,
    *,
    rng: np.random.Generator,
    samples_n: int = 200,
) -> tuple[MoveRobustness, ...]:
    """(unit,) whether each move of the allocation survives every weight off by up to ±deviation.

    With rules that bound each unit alone (or none) the range of posts is exact, in all four kinds of fairness; with
    rules over several units, or several pools, it is what samples reached: half of them at corners of the bounds.

    Args:
        instance: with a current state.
        components: id → (unit,) integers ≥ 0 in the unit of `instance.need`; they add to it.
        final: (unit,) steps of its solution.
        deviation: see `weight_box`.
        rng: draws the samples.
        samples_n: how many, where there is no proof.

    Raises:
        RequestError: no current state, components that are not the need, a deviation out of range.
    """
    if instance.current is None:
        raise RequestError("plan_needs_current")
    box = weight_box(tuple(components), deviation)
    table = component_table(instance, components)
    if is_one_box(instance):
        ranges = [_exact_range(instance, table, box, tuple(final), t) for t in range(len(final))]
        return tuple(_judge(instance, t, final[t], found, 0) for t, found in enumerate(ranges))
    reached = _sampled(instance, table, box, final, rng, samples_n)
    return tuple(_judge(instance, t, final[t], found, samples_n) for t, found in enumerate(reached))


def can_have(
    instance: Instance,
    components: Mapping[str, Sequence[int]],
    unit: str,
    steps: int,
    deviation: Deviation,
    *,
    at_least: bool = True,
) -> Reached:
    """Whether some weights within ±deviation give the unit at least (or at most) so many steps, and which.

    Raises:
        RequestError: an unknown unit, several pools or rules over several units, components that are not the need, a
            deviation out of range.
        NoSolutionError: the rules cannot all hold.
    """
    if unit not in instance.units:
        raise RequestError("plan_unknown_unit", unit=unit)
    if not is_one_box(instance):
        raise RequestError("plan_one_pool")
    table, t = component_table(instance, components), instance.units.index(unit)
    weights = weight_box(tuple(components), deviation)
    return reachable(Question(instance, feasible_box(instance), table, weights, greedy(instance), t, steps, at_least))


@dataclass(frozen=True, slots=True)
class _Range:
    """Steps reached, and the factors that reach the ends."""

    low: int
    high: int
    at_low: Factors
    at_high: Factors
    bounded: bool


def _exact_range(
    instance: Instance, table: Sequence[Sequence[int]], weights: WeightBox, final: tuple[int, ...], t: int
) -> _Range:
    box, all_need = feasible_box(instance), [sum(column) for column in zip(*table, strict=True)]
    ends: list[tuple[int, Factors, bool]] = []
    for rise in (False, True):
        sign = 1 if rise else -1
        factors, _ = least_ratio([-sign * n for n in table[t]], all_need, weights)  # where its share is extreme
        at = Question(instance, box, table, weights, final, t, 0, rise).steps_at(factors)
        if (at - final[t]) * sign < 0:
            at, factors = final[t], tuple(Fraction(1) for _ in factors)
        while True:
            found = reachable(Question(instance, box, table, weights, final, t, at + sign, rise))
            if found.answer is not Reach.YES or found.factors is None:
                break
            factors = found.factors
            at = Question(instance, box, table, weights, final, t, 0, rise).steps_at(factors)
        ends.append((at, factors, found.answer is not Reach.UNPROVEN))
    (low, at_low, low_proven), (high, at_high, high_proven) = ends
    return _Range(low, high, at_low, at_high, low_proven and high_proven)


def _sampled(
    instance: Instance,
    table: Sequence[Sequence[int]],
    box: WeightBox,
    final: Sequence[int],
    rng: np.random.Generator,
    samples_n: int,
) -> list[_Range]:
    """Every other sample at a corner of the bounds, where most extremes are; the others anywhere inside."""
    declared = tuple(Fraction(1) for _ in box.low)
    found = [(tuple(final), declared)]
    for i in range(samples_n):
        drawn = rng.random(len(box.low))
        parts = np.rint(drawn) * FACTOR_GRAIN if i % 2 else np.rint(drawn * FACTOR_GRAIN)
        factors = tuple(
            low + (high - low) * Fraction(int(part), FACTOR_GRAIN)
            for low, high, part in zip(box.low, box.high, parts, strict=True)
        )
        found.append((greedy(replace(instance, need=weighed_need(table, factors))), factors))
    ranges = []
    for t in range(len(final)):
        low, high = (end(found, key=lambda one: one[0][t]) for end in (min, max))
        ranges.append(_Range(low[0][t], high[0][t], low[1], high[1], False))
    return ranges


def _judge(instance: Instance, t: int, final: int, found: _Range, samples_n: int) -> MoveRobustness:
    current = (instance.current or ())[t]
    change = final - current
    # The end of the range that works against the move, in steps of the move's own direction.
    against, factors = (found.low - current, found.at_low) if change > 0 else (current - found.high, found.at_high)
    otherwise = Verdict.SURVIVES if found.bounded else Verdict.UNKNOWN
    if not change:
        direction = size = Verdict.NO_MOVE
    else:
        direction = Verdict.DOES_NOT if against <= 0 else otherwise
        size = Verdict.DOES_NOT if against < abs(change) else otherwise
    return MoveRobustness(
        unit=instance.units[t],
        change=change * instance.step,
        low=found.low * instance.step,
        high=found.high * instance.step,
        basis=Basis.SAMPLES if samples_n else Basis.EXACT,
        bounded=found.bounded,
        direction=direction,
        size=size,
        factors=factors if Verdict.DOES_NOT in (direction, size) else None,
        samples_n=samples_n,
    )
