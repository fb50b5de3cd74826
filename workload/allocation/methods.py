"""The allocation beside other ways to reach one: where all move a territory the same way, the move is safe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from workload.allocation.instance import Fairness, Instance
from workload.allocation.solver import Allocation, greedy
from workload.errors import NoSolutionError, RequestError, WorkloadError


class Reason(StrEnum):
    """In what a way differs from the allocation."""

    WEIGHTS = "weights"  # experts, data alone
    INDICATOR_SET = "indicator_set"  # population only, external only
    FAIRNESS = "fairness"
    STEP = "step"
    PRESENT = "present"  # nothing moves: shown beside, never decides


class Agreement(StrEnum):
    SAFE = "safe"  # every way moves the unit in the same direction
    PARTED = "parted"
    NO_MOVE = "no_move"


@dataclass(frozen=True, slots=True)
class Way:
    """Another way: its posts, or None where its rules cannot all hold."""

    name: str
    reason: Reason
    posts: tuple[Fraction, ...] | None  # (unit,)


@dataclass(frozen=True, slots=True)
class UnitWays:
    """One unit: the move, and which ways do not make it."""

    unit: str
    current: Fraction
    final: Fraction
    agreement: Agreement
    parted: tuple[tuple[str, Reason], ...]  # ways that leave the unit where it is or move it the other way
    low: Fraction  # fewest posts any way gives, the present apart
    high: Fraction


@dataclass(frozen=True, slots=True)
class Comparison:
    ways: tuple[Way, ...]
    units: tuple[UnitWays, ...]  # (unit,)


def other_ways(
    instance: Instance,
    needs: Mapping[str, tuple[Reason, Sequence[int]]],
    at_steps: Mapping[Fraction, Allocation | WorkloadError],
) -> tuple[Way, ...]:
    """Each other need under the same rules, each other fairness, each other step, and the present.

    Args:
        instance: with a current state.
        needs: name → why it differs and (unit,) integers ≥ 0, in any one unit of workload.
        at_steps: posts per step → the allocation in steps of that size, or why there is none (`steps.at_steps`).

    Raises:
        RequestError: no current state, or a need that fits no unit or is zero everywhere.
    """
    if instance.current is None:
        raise RequestError("plan_needs_current")
    ways = [Way(name, reason, _posts(replace(instance, need=tuple(need)))) for name, (reason, need) in needs.items()]
    ways += [
        Way(fairness.value, Reason.FAIRNESS, _posts(replace(instance, fairness=fairness)))
        for fairness in Fairness
        if fairness is not instance.fairness
    ]
    ways += [
        Way(str(step), Reason.STEP, found.posts(step) if isinstance(found, Allocation) else None)
        for step, found in at_steps.items()
        if step != instance.step
    ]
    return (*ways, Way("present", Reason.PRESENT, tuple(c * instance.step for c in instance.current)))


def compare_ways(instance: Instance, final: Sequence[int], ways: Sequence[Way]) -> Comparison:
    """Where the ways agree with the allocation `final` (in steps), and where they part and why."""
    if instance.current is None:
        raise RequestError("plan_needs_current")
    if any(way.posts is not None and len(way.posts) != len(final) for way in ways):
        raise RequestError("allocation_lengths_differ", units=len(final))
    deciding = [(way, way.posts) for way in ways if way.posts is not None and way.reason is not Reason.PRESENT]
    units = []
    for t, (unit, x, c) in enumerate(zip(instance.units, final, instance.current, strict=True)):
        current, posts = c * instance.step, x * instance.step
        parted = tuple((w.name, w.reason) for w, given in deciding if _sign(given[t] - current) != _sign(x - c))
        agreement = Agreement.NO_MOVE if x == c else Agreement.PARTED if parted else Agreement.SAFE
        seen = [posts, *(given[t] for _, given in deciding)]
        units.append(UnitWays(unit, current, posts, agreement, parted, min(seen), max(seen)))
    return Comparison(tuple(ways), tuple(units))


def _posts(instance: Instance) -> tuple[Fraction, ...] | None:
    try:
        return tuple(x * instance.step for x in greedy(instance))
    except NoSolutionError:
        return None


def _sign(change: Fraction) -> int:
    return (change > 0) - (change < 0)
