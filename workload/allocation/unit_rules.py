"""More rules about one unit each: change in percent, posts that cannot leave, decisions taken, files per post."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import ClassVar

from workload.allocation.instance import Bound, Instance
from workload.allocation.rules import require_known, require_not_negative
from workload.errors import RequestError


@dataclass(frozen=True, slots=True)
class LargestChangePercent:
    """No unit gains or gives back more than so many percent of its present posts, rounded inwards to whole steps.

    One number holds for every unit. A small unit may thus be frozen: 10 % of four posts is less than half a post.
    """

    name: ClassVar[str] = "largest_change_percent"
    percent: int | Mapping[str, int]

    def __post_init__(self) -> None:
        require_not_negative(self.name, (self.percent,) if isinstance(self.percent, int) else self.percent.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        if instance.current is None:
            raise RequestError("allocation_change_needs_current")
        if not isinstance(self.percent, int):
            require_known(self.name, self.percent, instance)
        return tuple(self._bound(unit, now) for unit, now in zip(instance.units, instance.current, strict=True))

    def _bound(self, unit: str, current: Fraction) -> Bound:
        percent = self.percent if isinstance(self.percent, int) else self.percent.get(unit)
        if percent is None:
            return Bound()
        largest = current * percent / 100
        return Bound(max(0, ceil(current - largest)), floor(current + largest))


@dataclass(frozen=True, slots=True)
class LockedPosts:
    """Posts that cannot leave their unit, for as long as whoever holds them stays; never more than it has."""

    name: ClassVar[str] = "locked_posts"
    locked: Mapping[str, int]

    def __post_init__(self) -> None:
        require_not_negative(self.name, self.locked.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        require_known(self.name, self.locked, instance)
        for unit, current in zip(instance.units, instance.current or (), strict=False):
            if self.locked.get(unit, 0) > current:
                raise RequestError("allocation_locked_above_current", unit=unit)
        return tuple(Bound(lo=self.locked.get(unit, 0)) for unit in instance.units)


@dataclass(frozen=True, slots=True)
class Pinned:
    """Decisions taken: the final steps of a unit ("Longwy: 28") or its change ("Longwy −1, agreed")."""

    name: ClassVar[str] = "pinned"
    finals: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, Fraction | int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_not_negative(self.name, self.finals.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        require_known(self.name, [*self.finals, *self.changes], instance)
        if self.changes and instance.current is None:
            raise RequestError("allocation_change_needs_current")
        return tuple(self._bound(instance, t, unit) for t, unit in enumerate(instance.units))

    def _bound(self, instance: Instance, t: int, unit: str) -> Bound:
        decided = [Fraction(self.finals[unit])] if unit in self.finals else []
        if unit in self.changes and instance.current is not None:
            decided.append(instance.current[t] + self.changes[unit])
        if not decided:
            return Bound()
        if len(set(decided)) > 1 or decided[0].denominator != 1 or decided[0] < 0:
            raise RequestError("allocation_pinned_impossible", unit=unit)
        return Bound(int(decided[0]), int(decided[0]))


@dataclass(frozen=True, slots=True)
class LargestCaseload:
    """No more than so many active files per post: a floor that follows from the files of each unit."""

    name: ClassVar[str] = "largest_caseload"
    files: Mapping[str, int]  # unit → active files; a unit not named is not bound
    files_per_post: Fraction

    def __post_init__(self) -> None:
        require_not_negative(self.name, self.files.values())
        require_caseload_ceiling(self.files_per_post)

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        require_known(self.name, self.files, instance)
        per_step = self.files_per_post * instance.step
        return tuple(Bound(lo=ceil(self.files.get(unit, 0) / per_step)) for unit in instance.units)


def require_caseload_ceiling(files_per_post: Fraction) -> None:
    if files_per_post <= 0:
        raise RequestError("allocation_caseload_ceiling")
