"""Cells and pools: what may be exchanged for what, and which resource stays constant.

A cell is a territory × mission × profession (× site). Cells of one pool share one constant resource: a total of posts,
or a payroll. Posts never cross pools, so a pool is where interchangeability is declared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from workload.errors import RequestError


class Cell(NamedTuple):
    """Coordinates of a unit; "" where a dimension is not used."""

    territory: str
    mission: str = ""
    profession: str = ""
    site: str = ""


class Where(NamedTuple):
    """A group of cells: those that agree on every coordinate given; None means any."""

    territory: str | None = None
    mission: str | None = None
    profession: str | None = None
    site: str | None = None

    def holds(self, cell: Cell) -> bool:
        return all(wanted is None or wanted == found for wanted, found in zip(self, cell, strict=True))

    @property
    def label(self) -> str:
        return " · ".join(part for part in self if part) or "*"


@dataclass(frozen=True, slots=True)
class Pool:
    """Cells that share one constant resource. Either `total_steps`, kept exactly, or a payroll, never exceeded."""

    name: str
    units: tuple[str, ...]
    total_steps: int = 0  # steps; 0 under a payroll
    payroll_euros: int | None = None  # yearly; None when posts are counted
    cost_per_post_euros: Mapping[str, int] = field(default_factory=dict)  # unit → whole euros a year

    def __post_init__(self) -> None:
        if self.total_steps < 0 or (self.payroll_euros or 0) < 0:
            raise RequestError("allocation_pool_negative", pool=self.name)
        if self.payroll_euros is not None and any(self.cost_per_post_euros.get(unit, 0) <= 0 for unit in self.units):
            raise RequestError("allocation_pool_cost", pool=self.name)

    def budget(self, step: Fraction) -> int:
        """The payroll in euros per step of a post: Σ cost_per_post × steps may not exceed it."""
        return (self.payroll_euros or 0) * step.denominator // step.numerator


def pools_by(
    dimensions: Sequence[str],
    units: Sequence[str],
    cells: Sequence[Cell],
    current_steps: Sequence[Fraction],
    substitutions: Sequence[tuple[str, str]] = (),
) -> tuple[Pool, ...]:
    """One pool per combination of the dimensions, each keeping the posts it has today.

    Args:
        dimensions: any of "mission" and "profession"; none of them puts everything in one pool.
        units: (unit,) ids.
        cells: (unit,) coordinates.
        current_steps: (unit,) steps held today.
        substitutions: pairs of professions declared interchangeable; linked professions share a pool, the others
            keep their own. Only with "profession" among the dimensions.

    Raises:
        RequestError: a pool that holds no whole number of steps today: the total to keep must be said.
    """
    group = _linked({cell.profession for cell in cells}, substitutions)
    members: dict[str, list[int]] = {}
    for t, cell in enumerate(cells):
        parts = [group[cell.profession] if name == "profession" else getattr(cell, name) for name in dimensions]
        members.setdefault(" · ".join(parts), []).append(t)
    pools = []
    for name, indices in members.items():
        total = sum((current_steps[t] for t in indices), Fraction(0))
        if total.denominator != 1:
            raise RequestError("allocation_pool_between_steps", pool=name)
        pools.append(Pool(name, tuple(units[t] for t in indices), int(total)))
    return tuple(pools)


def _linked(professions: set[str], pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """profession → name of its group: the professions that declared substitutions connect, joined by "+"."""
    groups = {name: {name} for name in professions}
    for one, other in pairs:
        unknown = {one, other} - professions
        if unknown:
            raise RequestError("allocation_unknown_profession", profession=min(unknown))
        merged = groups[one] | groups[other]
        groups |= dict.fromkeys(merged, merged)
    return {name: "+".join(sorted(group)) for name, group in groups.items()}
