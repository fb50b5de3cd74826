"""Sums the published cells give away, for the audit.

Covered: each equation alone, and each pair of equations with an unknown cell that drops out, wherever all remaining
unknown cells enter with the same sign. The sum is then as good as published, so it must be a figure about enough
workers, each counted once, of whom none dominates, and so must its difference to the same sum published before.
"""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import combinations

from workload.store.disclosure.rules import DIFFERENCE, Rules, unsafe, unsafe_change
from workload.store.disclosure.tables import Cell, CellFacts, LinkedTables, together

Terms = tuple[tuple[Cell, float], ...]


@dataclass(frozen=True, slots=True)
class SmallSum:
    """cells: withheld ones whose sum is known. workers_n: distinct workers behind it, at least."""

    cells: tuple[Cell, ...]
    reason: str
    value: float
    workers_n: int


def small_sums(tables: LinkedTables, rules: Rules, unknown: Collection[Cell]) -> tuple[SmallSum, ...]:
    """unknown: cells that published ones do not determine."""
    found = []
    for terms in sorted(set(_uniform(tables, frozenset(unknown)))):
        cells = tuple(cell for cell, _ in terms)
        facts = _sum_of(tables, terms)
        if reason := unsafe(facts, rules) or _changed_for_few(tables, terms, rules):
            found.append(SmallSum(cells, reason, facts.value, facts.workers_n))
    return tuple(found)


def _uniform(tables: LinkedTables, unknown: frozenset[Cell]) -> Iterator[Terms]:
    lines = [{total: 1.0} | dict.fromkeys(parts, -1.0) for total, parts in tables.equations]
    lines = [{cell: sign for cell, sign in line.items() if cell in unknown} for line in lines]
    lines = [line for line in lines if line]
    standing: dict[Cell, list[dict[Cell, float]]] = {}
    for line in lines:
        if terms := _positive(line):
            yield terms
        for cell in line:
            standing.setdefault(cell, []).append(line)
    for pivot, through in standing.items():
        for one, other in combinations(through, 2):
            factor = one[pivot] * other[pivot]  # signs are ±1
            summed = {c: one.get(c, 0.0) - factor * other.get(c, 0.0) for c in {*one, *other}}
            if terms := _positive(summed):
                yield terms


def _positive(line: dict[Cell, float]) -> Terms | None:
    terms = sorted((cell, weight) for cell, weight in line.items() if weight != 0)
    if not terms or (min(w for _, w in terms) < 0 < max(w for _, w in terms)):
        return None
    return tuple((cell, abs(weight)) for cell, weight in terms)


def _sum_of(tables: LinkedTables, terms: Terms) -> CellFacts:
    alike = all(weight == 1 for _, weight in terms)
    return together([tables.cells[c] for c, _ in terms], None if alike else [w for _, w in terms])


def _changed_for_few(tables: LinkedTables, terms: Terms, rules: Rules) -> str | None:
    for change in tables.changes:
        if all(cell in change for cell, _ in terms):
            workers = sorted({worker for cell, _ in terms for worker in change[cell]})
            amounts = {w: math.fsum(weight * change[c].get(w, 0.0) for c, weight in terms) for w in workers}
            scale = max(1.0, *(abs(a) for c, _ in terms for a in change[c].values()), 1.0)
            if unsafe_change({w: a for w, a in amounts.items() if abs(a) > 1e-9 * scale}, rules):
                return DIFFERENCE
    return None
