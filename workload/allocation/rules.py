"""Rules about one unit each: floors, ceilings, largest changes; and the box of steps all such rules leave together.

Parameters are in steps, by unit id; a unit the rule does not name is not bound by it. More of them stand in
`unit_rules`, rules about several units together in `group_rules`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import ClassVar, NamedTuple

from workload.allocation.instance import Bound, Instance, decimal_text
from workload.allocation.pools import Pool
from workload.errors import NoSolutionError, RequestError

UNITS_NAMED_AT_MOST = 6  # a message that lists two hundred floors helps nobody
# Pairs with a sentence of their own; the others share a general one.
CONTRADICTIONS = {
    ("minimum_presence", "ceiling"),
    ("minimum_presence", "largest_change"),
    ("largest_change", "ceiling"),
    ("largest_change", "largest_change"),
}


@dataclass(frozen=True, slots=True)
class MinimumPresence:
    """No unit below its floor, whatever its need: a door must stay open."""

    name: ClassVar[str] = "minimum_presence"
    floors: Mapping[str, int]

    def __post_init__(self) -> None:
        require_not_negative(self.name, self.floors.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        require_known(self.name, self.floors, instance)
        return tuple(Bound(lo=self.floors.get(unit, 0)) for unit in instance.units)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """No unit above its ceiling: the premises hold no more desks."""

    name: ClassVar[str] = "ceiling"
    ceilings: Mapping[str, int]

    def __post_init__(self) -> None:
        require_not_negative(self.name, self.ceilings.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        require_known(self.name, self.ceilings, instance)
        return tuple(Bound(hi=self.ceilings.get(unit)) for unit in instance.units)


@dataclass(frozen=True, slots=True)
class LargestChange:
    """No unit gains or gives back more than so many steps: |x − current| ≤ steps. One number holds for every unit."""

    name: ClassVar[str] = "largest_change"
    steps: int | Mapping[str, int]

    def __post_init__(self) -> None:
        require_not_negative(self.name, (self.steps,) if isinstance(self.steps, int) else self.steps.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        if instance.current is None:
            raise RequestError("allocation_change_needs_current")
        if not isinstance(self.steps, int):
            require_known(self.name, self.steps, instance)
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
    """The intersection of what the rules allow each unit, known to leave room for the total of every pool.

    Conditions over several units are not part of it; see `problem`.

    Raises:
        NoSolutionError: two rules contradict each other at a unit, or the floors ask for more posts than the total, or
            the ceilings leave room for fewer.
    """
    bounds_by_rule = [(rule.name, rule.bounds(instance)) for rule in instance.rules]
    most = _most_steps(instance)
    lo, hi = [], []
    for t, unit in enumerate(instance.units):
        floor_claim = max((_Claim(bounds[t].lo, name) for name, bounds in bounds_by_rule), default=_Claim(0, ""))
        ceiling_claim = min(
            (_Claim(top, name) for name, bounds in bounds_by_rule if (top := bounds[t].hi) is not None),
            default=_Claim(max(most[t], floor_claim.steps), ""),
        )
        if floor_claim.steps > ceiling_claim.steps:
            raise _contradiction(instance, unit, floor_claim, ceiling_claim)
        lo.append(floor_claim.steps)
        hi.append(ceiling_claim.steps)
    index_of = {unit: t for t, unit in enumerate(instance.units)}
    for pool in instance.all_pools:
        _require_room(instance, pool, [index_of[unit] for unit in pool.units], lo, hi)
    return Box(tuple(lo), tuple(hi))


def _most_steps(instance: Instance) -> list[int]:
    """(unit,) steps a unit could have if it took all of its pool."""
    most: dict[str, int] = {}
    for pool in instance.all_pools:
        for unit in pool.units:
            by_cost = pool.payroll_euros is not None
            most[unit] = pool.budget(instance.step) // pool.cost_per_post_euros[unit] if by_cost else pool.total_steps
    return [most[unit] for unit in instance.units]


def _contradiction(instance: Instance, unit: str, floor_claim: _Claim, ceiling_claim: _Claim) -> NoSolutionError:
    figures = {
        "unit": unit,
        "floor": decimal_text(floor_claim.steps * instance.step),
        "ceiling": decimal_text(ceiling_claim.steps * instance.step),
        "missing": decimal_text((floor_claim.steps - ceiling_claim.steps) * instance.step),
    }
    if (floor_claim.rule, ceiling_claim.rule) not in CONTRADICTIONS:
        return NoSolutionError("allocation_rule_contradicted", rule=floor_claim.rule, **figures)
    code = f"allocation_{floor_claim.rule}_against_{ceiling_claim.rule}"
    return NoSolutionError(code, step=decimal_text(instance.step), **figures)


def _require_room(instance: Instance, pool: Pool, members: list[int], lo: list[int], hi: list[int]) -> None:
    if pool.payroll_euros is not None:
        asked = sum(pool.cost_per_post_euros[instance.units[t]] * lo[t] for t in members)
        if asked > pool.budget(instance.step):
            short = decimal_text(asked * instance.step - pool.payroll_euros, 0)
            raise NoSolutionError("allocation_floors_exceed_payroll", payroll=pool.payroll_euros, missing=short)
        return
    total, asked, room = pool.total_steps, sum(lo[t] for t in members), sum(hi[t] for t in members)
    if asked > total:
        raise NoSolutionError(
            "allocation_floors_exceed_total",
            asked=decimal_text(asked * instance.step),
            total=decimal_text(total * instance.step),
            missing=decimal_text((asked - total) * instance.step),
            units=_largest(instance, members, lo),
        )
    if room < total:
        raise NoSolutionError(
            "allocation_ceilings_below_total",
            room=decimal_text(room * instance.step),
            total=decimal_text(total * instance.step),
            left_over=decimal_text((total - room) * instance.step),
            units=_largest(instance, members, hi),
        )


def _largest(instance: Instance, members: list[int], steps: list[int]) -> str:
    """The units behind a sum, largest first, so that the reader sees where it comes from."""
    named = sorted(((steps[t], instance.units[t]) for t in members if steps[t]), key=lambda pair: -pair[0])
    shown = [f"{unit} {decimal_text(s * instance.step)}" for s, unit in named[:UNITS_NAMED_AT_MOST]]
    return ", ".join(shown + ["…"] * (len(named) > UNITS_NAMED_AT_MOST))


def require_not_negative(rule: str, parameters: Iterable[int]) -> None:
    if any(steps < 0 for steps in parameters):
        raise RequestError("allocation_negative_bound", rule=rule)


def require_known(rule: str, named: Iterable[str], instance: Instance) -> None:
    """A rule about a unit nobody knows is a misspelling, not a rule without effect."""
    unknown = sorted(set(named) - set(instance.units))
    if unknown:
        raise RequestError("allocation_unknown_unit", rule=rule, unit=unknown[0])
