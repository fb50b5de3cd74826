"""A rule that gives way by a stated number of steps, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

from workload.allocation.instance import Bound, Instance, LinearRule, Row, Rule


@dataclass(frozen=True, slots=True)
class Relaxed:
    """`rule`, except that each side of `gives` holds only up to so many steps."""

    rule: Rule
    gives: Mapping[tuple[str, str], int]  # (unit or group label, "floor" | "ceiling") → steps

    @property
    def name(self) -> str:
        return self.rule.name

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        return tuple(
            Bound(
                max(0, bound.lo - self.gives.get((unit, "floor"), 0)),
                None if bound.hi is None else bound.hi + self.gives.get((unit, "ceiling"), 0),
            )
            for unit, bound in zip(instance.units, self.rule.bounds(instance), strict=True)
        )

    def rows(self, instance: Instance) -> tuple[Row, ...]:
        return tuple(map(self._give, self.rule.rows(instance))) if isinstance(self.rule, LinearRule) else ()

    def _give(self, row: Row) -> Row:
        below = self.gives.get((row.label, "floor"), 0) * row.per_step
        above = self.gives.get((row.label, "ceiling"), 0) * row.per_step
        return row._replace(
            lo=None if row.lo is None else row.lo - below, hi=None if row.hi is None else row.hi + above
        )
