"""Rules about several cells together, as linear conditions lo ≤ Σ a·x ≤ hi over whole steps.

They need `Instance.cells`. None of them bounds a cell on its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

from workload.allocation.instance import Bound, Instance, Row
from workload.allocation.pools import Where
from workload.allocation.rules import require_not_negative
from workload.errors import RequestError

PROFESSIONS_LINKED_AT_MOST = 10  # one condition per set of professions: 2^10


@dataclass(frozen=True, slots=True)
class _GroupRule:
    """What rules about groups share: no unit is bounded alone."""

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        return (Bound(),) * len(instance.units)


@dataclass(frozen=True, slots=True)
class GroupTotal(_GroupRule):
    """A group of cells has at least `lo` and at most `hi` steps: a mission's total, a territory's, a profession's."""

    name: ClassVar[str] = "group_total"
    where: Where
    lo: int = 0
    hi: int | None = None

    def __post_init__(self) -> None:
        require_not_negative(self.name, (self.lo, self.hi or 0))
        if self.hi is not None and self.hi < self.lo:
            raise RequestError("allocation_group_total_empty", group=self.where.label)

    def rows(self, instance: Instance) -> tuple[Row, ...]:
        members = members_of(self.name, self.where, instance)
        return (Row(self.where.label, tuple((t, 1) for t in members), self.lo, self.hi),)


@dataclass(frozen=True, slots=True)
class SiteMinimum(_GroupRule):
    """No site below its floor, all missions and professions together: an office that opens needs people in it."""

    name: ClassVar[str] = "site_minimum"
    floors: Mapping[str, int]  # site → steps

    def __post_init__(self) -> None:
        require_not_negative(self.name, self.floors.values())

    def rows(self, instance: Instance) -> tuple[Row, ...]:
        groups = [(site, members_of(self.name, Where(site=site), instance)) for site in self.floors]
        return tuple(Row(site, tuple((t, 1) for t in members), self.floors[site], None) for site, members in groups)


@dataclass(frozen=True, slots=True)
class AtLeastOneOf(_GroupRule):
    """At least so many steps of a profession in every territory that has cells of it: at least one midwife each."""

    name: ClassVar[str] = "at_least_one_of"
    profession: str
    steps: int  # one post is 1 / step of them

    def __post_init__(self) -> None:
        require_not_negative(self.name, (self.steps,))

    def rows(self, instance: Instance) -> tuple[Row, ...]:
        everywhere = members_of(self.name, Where(profession=self.profession), instance)
        return tuple(
            Row(f"{territory} · {self.profession}", tuple((t, 1) for t in members), self.steps, None)
            for territory, members in _by_territory(instance, everywhere).items()
        )


@dataclass(frozen=True, slots=True)
class Ratio(_GroupRule):
    """At least `at_least` posts of one profession for every `per` of another: 1 secretary per 5 social workers.

    In each territory, or overall. `few`·per ≥ `many`·at_least, in whole numbers.
    """

    name: ClassVar[str] = "ratio"
    few: str
    many: str
    at_least: int
    per: int
    overall: bool = False

    def __post_init__(self) -> None:
        if self.at_least <= 0 or self.per <= 0 or self.few == self.many:
            raise RequestError("allocation_ratio", few=self.few, many=self.many)

    def rows(self, instance: Instance) -> tuple[Row, ...]:
        few = members_of(self.name, Where(profession=self.few), instance)
        many = members_of(self.name, Where(profession=self.many), instance)
        if self.overall:
            return (self._row("*", few, many),)
        few_by, many_by = _by_territory(instance, few), _by_territory(instance, many)
        return tuple(self._row(territory, few_by.get(territory, []), many_by[territory]) for territory in many_by)

    def _row(self, label: str, few: Iterable[int], many: Iterable[int]) -> Row:
        terms = (*((t, self.per) for t in few), *((t, -self.at_least) for t in many))
        return Row(f"{label} · {self.few}/{self.many}", terms, 0, None, per_step=self.per)


@dataclass(frozen=True, slots=True)
class SubstitutionLimits(_GroupRule):
    """How many steps may turn from one profession into another, inside one overall total.

    What professions gain and give back must be a flow within the limits; by Gale's theorem (1957) it is one exactly
    when no set of professions gains more than the limits into it. Professions not named stay as they are.
    """

    name: ClassVar[str] = "substitution_limits"
    limits: Mapping[tuple[str, str], int]  # (from, to) → steps

    def __post_init__(self) -> None:
        require_not_negative(self.name, self.limits.values())
        if len({name for pair in self.limits for name in pair}) > PROFESSIONS_LINKED_AT_MOST:
            raise RequestError("allocation_too_many_substitutions", most=PROFESSIONS_LINKED_AT_MOST)

    def rows(self, instance: Instance) -> tuple[Row, ...]:
        if instance.current is None:
            raise RequestError("allocation_change_needs_current")
        professions = list(dict.fromkeys(cell.profession for cell in instance.cells))
        linked = sorted({name for pair in self.limits for name in pair})
        sets = [group for size in range(1, len(linked) + 1) for group in combinations(linked, size)]
        return tuple(self._row(instance, group) for group in [*sets, *((p,) for p in professions if p not in linked)])

    def _row(self, instance: Instance, group: Sequence[str]) -> Row:
        """What a set has may rise above today's by what the limits let in, and fall by what they let out."""
        members = [t for name in group for t in members_of(self.name, Where(profession=name), instance)]
        held = sum(instance.current[t] for t in members) if instance.current else 0
        let_in = sum(s for (one, other), s in self.limits.items() if one not in group and other in group)
        let_out = sum(s for (one, other), s in self.limits.items() if one in group and other not in group)
        lo, hi = max(0, -((let_out - held) // 1)), (held + let_in) // 1
        return Row("+".join(group), tuple((t, 1) for t in members), int(lo), int(hi))


def members_of(rule: str, where: Where, instance: Instance) -> list[int]:
    """Indices of the cells of a group; a group that holds none is a misspelling, not a rule without effect."""
    if not instance.cells:
        raise RequestError("allocation_rule_needs_cells", rule=rule)
    members = [t for t, cell in enumerate(instance.cells) if where.holds(cell)]
    if not members:
        raise RequestError("allocation_unknown_group", rule=rule, group=where.label)
    return members


def _by_territory(instance: Instance, members: Iterable[int]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for t in members:
        groups.setdefault(instance.cells[t].territory, []).append(t)
    return groups
