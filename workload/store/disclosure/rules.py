"""When a figure is sensitive, and how uncertain it must then stay."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from workload.store.disclosure.tables import Cell, CellFacts, Demand, LinkedTables

THRESHOLD, DOMINANCE, DIFFERENCE = "threshold", "dominance", "difference"


@dataclass(frozen=True, slots=True)
class Rules:
    """minimum_workers: distinct workers a figure must stand on. dominance_share: no worker may hold more of it.
    protection_share: half-width an attacker's interval keeps around a figure under the minimum, relative to the
    figure. coarser_above: share of withheld cells above which a coarser table is published instead."""

    minimum_workers: int
    dominance_share: float
    protection_share: float
    coarser_above: float

    def __post_init__(self) -> None:
        if self.minimum_workers < 1 or not 0 < self.dominance_share <= 1:
            raise ValueError("the minimum is one worker or more, the dominance share lies in (0, 1]")
        if not 0 < self.protection_share <= 1 or not 0 <= self.coarser_above <= 1:
            raise ValueError("the protection share lies in (0, 1], the share for a coarser table in [0, 1]")


def unsafe(facts: CellFacts, rules: Rules) -> str | None:
    """Why this figure must not be known, or None.

    Zero with no worker is not sensitive: that nobody does this work there says nothing about what anybody does.
    """
    if facts.workers_n == 0 and facts.value == 0:
        return None
    if facts.workers_n < rules.minimum_workers:
        return THRESHOLD
    return DOMINANCE if facts.largest > rules.dominance_share * facts.value else None


def unsafe_change(change: Mapping[str, float], rules: Rules) -> bool:
    """Whether the difference of two publications is a figure about too few: change: worker → amount now less then."""
    sizes = [abs(amount) for amount in change.values() if amount != 0]
    if not sizes:
        return False
    return len(sizes) < rules.minimum_workers or max(sizes) > rules.dominance_share * math.fsum(sizes)


def sensitive(tables: LinkedTables, rules: Rules) -> Mapping[Cell, str]:
    """Cells that must be withheld for themselves, with the reason; in the order of the cells."""
    return {cell: demands[0].reason for cell, demands in demanded(tables, rules).items()}


def demanded(tables: LinkedTables, rules: Rules) -> dict[Cell, tuple[Demand, ...]]:
    """What each sensitive cell is owed: of its demands an attacker must meet all."""
    found: dict[Cell, tuple[Demand, ...]] = {}
    for cell in sorted(tables.cells):
        facts = tables.cells[cell]
        # A hidden cell is a sum known from before: what matters about it is how it changed, not its size.
        own = () if cell in tables.hidden else _own(facts, rules, tables.step)
        if demands := (*own, *tables.forced.get(cell, ())):
            found[cell] = demands
    return found


def _own(facts: CellFacts, rules: Rules, step: float) -> tuple[Demand, ...]:
    """Under the minimum: protection_share of the figure on each side. Dominated: the attacker's upper bound must reach
    largest / dominance_share, where the worker would no longer dominate (upper protection level of the dominance rule:
    Hundepool et al., "Statistical Disclosure Control", 2012, chap. 4); the lower side symmetrically. Both: the wider.
    """
    reason = unsafe(facts, rules)
    if reason is None:
        return ()
    few = rules.protection_share * facts.value if facts.workers_n < rules.minimum_workers else 0.0
    dominated = max(0.0, facts.largest / rules.dominance_share - facts.value)
    return (Demand(reason, whole_steps(max(few, dominated), step), parts_of(facts)),)


def parts_of(facts: CellFacts) -> Mapping[str, float]:
    return facts.contributions or {}


def whole_steps(half_width: float, step: float) -> float:
    """Who knows that a count is whole reads an interval narrower than one step as the count itself."""
    return half_width if step == 0 else step * max(1, math.ceil(half_width / step - 1e-9))
