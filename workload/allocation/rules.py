"""Rules an allocation must keep: one class each, and the box of steps they leave to every unit together.

All of these bound each unit on its own, so that together they form a box and the greedy of `solver` stays exact.
Parameters are in steps, by unit id; a unit the rule does not name is not bound by it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import ClassVar, NamedTuple

from workload.allocation.instance import Bound, Instance, decimal_text
from workload.errors import NoSolutionError, RequestError

UNITS_NAMED_AT_MOST = 6  # a message that lists two hundred floors helps nobody


@dataclass(frozen=True, slots=True)
class MinimumPresence:
    """No unit below its floor, whatever its need: a door must stay open."""

    name: ClassVar[str] = "minimum_presence"
    floors: Mapping[str, int]

    def __post_init__(self) -> None:
        _require_not_negative(self.name, self.floors.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        _require_known(self.name, self.floors, instance)
        return tuple(Bound(lo=self.floors.get(unit, 0)) for unit in instance.units)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """No unit above its ceiling: the premises hold no more desks."""

    name: ClassVar[str] = "ceiling"
    ceilings: Mapping[str, int]

    def __post_init__(self) -> None:
        _require_not_negative(self.name, self.ceilings.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        _require_known(self.name, self.ceilings, instance)
        return tuple(Bound(hi=self.ceilings.get(unit)) for unit in instance.units)


@dataclass(frozen=True, slots=True)
class LargestChange:
    """No unit gains or gives back more than so many steps: |x − current| ≤ steps. One number holds for every unit."""

    name: ClassVar[str] = "largest_change"
    steps: int | Mapping[str, int]

    def __post_init__(self) -> None:
        _require_not_negative(self.name, (self.steps,) if isinstance(self.steps, int) else self.steps.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        if instance.current is None:
            raise RequestError("allocation_change_needs_current")
        if not isinstance(self.steps, int):
            _require_known(self.name, self.steps, instance)
        return tuple(self._bound(unit, current) for unit, current in zip(instance.units, instance.current, strict=True))

    def _bound(self, unit: str, current: Fraction) -> Bound:
        limit = self.steps if isinstance(self.steps, int) else self.steps.get(unit)
        # Rounded inwards: 2.5 steps today and a change of at most 1 leave 2 and 3, neither of them 1.5 away.
        return Bound() if limit is None else Bound(max(0, ceil(current - limit)), floor(current + limit))


class Box(NamedTuple):
    """Steps each unit may have under all rules together: lo ≤ x ≤ hi."""

    lo: tuple[int, ...]  # (unit,)
    hi: tuple[int, ...]  # (unit,)


class _Claim(NamedTuple):
    """One rule's bound on one side of one unit."""

    steps: int
    rule: str


def feasible_box(instance: Instance) -> Box:
    """The intersection of all rules, known to hold at least one allocation of the total.

    Raises:
        NoSolutionError: two rules contradict each other at a unit, or the floors ask for more posts than the total, or
            the ceilings leave room for fewer.
    """
    bounds_by_rule = [(rule.name, rule.bounds(instance)) for rule in instance.rules]
    lo, hi = [], []
    for t, unit in enumerate(instance.units):
        floor_claim = max((_Claim(bounds[t].lo, name) for name, bounds in bounds_by_rule), default=_Claim(0, ""))
        ceiling_claim = min(
            (_Claim(top, name) for name, bounds in bounds_by_rule if (top := bounds[t].hi) is not None),
            default=_Claim(max(instance.total_steps, floor_claim.steps), ""),
        )
        if floor_claim.steps > ceiling_claim.steps:
            raise _contradiction(instance, unit, floor_claim, ceiling_claim)
        lo.append(floor_claim.steps)
        hi.append(ceiling_claim.steps)
    _require_room(instance, lo, hi)
    return Box(tuple(lo), tuple(hi))


def _contradiction(instance: Instance, unit: str, floor_claim: _Claim, ceiling_claim: _Claim) -> NoSolutionError:
    return NoSolutionError(
        f"allocation_{floor_claim.rule}_against_{ceiling_claim.rule}",
        unit=unit,
        floor=decimal_text(floor_claim.steps * instance.step),
        ceiling=decimal_text(ceiling_claim.steps * instance.step),
        missing=decimal_text((floor_claim.steps - ceiling_claim.steps) * instance.step),
        step=decimal_text(instance.step),
    )


def _require_room(instance: Instance, lo: list[int], hi: list[int]) -> None:
    total = instance.total_steps
    if sum(lo) > total:
        raise NoSolutionError(
            "allocation_floors_exceed_total",
            asked=decimal_text(sum(lo) * instance.step),
            total=decimal_text(total * instance.step),
            missing=decimal_text((sum(lo) - total) * instance.step),
            units=_largest(instance, lo),
        )
    if sum(hi) < total:
        raise NoSolutionError(
            "allocation_ceilings_below_total",
            room=decimal_text(sum(hi) * instance.step),
            total=decimal_text(total * instance.step),
            left_over=decimal_text((total - sum(hi)) * instance.step),
            units=_largest(instance, hi),
        )


def _largest(instance: Instance, steps: list[int]) -> str:
    """The units behind a sum, largest first, so that the reader sees where it comes from."""
    named = sorted(((s, unit) for s, unit in zip(steps, instance.units, strict=True) if s), key=lambda pair: -pair[0])
    shown = [f"{unit} {decimal_text(s * instance.step)}" for s, unit in named[:UNITS_NAMED_AT_MOST]]
    return ", ".join(shown + ["…"] * (len(named) > UNITS_NAMED_AT_MOST))


def _require_not_negative(rule: str, parameters: Iterable[int]) -> None:
    if any(steps < 0 for steps in parameters):
        raise RequestError("allocation_negative_bound", rule=rule)


def _require_known(rule: str, named: Iterable[str], instance: Instance) -> None:
    """A rule about a unit nobody knows is a misspelling, not a rule without effect."""
    unknown = sorted(set(named) - set(instance.units))
    if unknown:
        raise RequestError("allocation_unknown_unit", rule=rule, unit=unknown[0])
