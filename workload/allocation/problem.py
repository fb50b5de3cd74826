"""An instance taken apart: boxes, linear rows, and the parts that can be solved one by one.

Units in no common pool or row do not know of each other. A part whose rows are totals of nested groups inside one
pool is solved by the greedy of `nested`; the others by `exact`.
"""

from dataclasses import dataclass
from typing import NamedTuple

from workload.allocation.instance import Instance, LinearRule, Row
from workload.allocation.rules import Box


class RuleRow(NamedTuple):
    rule: str  # the rule's name, "" for the resource of a pool
    row: Row


@dataclass(frozen=True, slots=True)
class Part:
    """Units linked by pools and rows. `rows` use positions in `units`."""

    units: tuple[int, ...]  # indices in the instance
    lo: tuple[int, ...]  # (position,) steps
    hi: tuple[int, ...]
    rows: tuple[Row, ...]  # resources of pools first
    nested: bool


def is_one_box(instance: Instance) -> bool:
    """One total and rules about one unit each: the plain greedy's case."""
    return not instance.pools and not any(isinstance(rule, LinearRule) for rule in instance.rules)


def resource_rows(instance: Instance) -> tuple[Row, ...]:
    """Per pool, what stays constant: its total of steps, or its payroll in euros per step."""
    index_of = {unit: t for t, unit in enumerate(instance.units)}
    rows = []
    for pool in instance.all_pools:
        members = [(index_of[unit], unit) for unit in pool.units]
        if pool.payroll_euros is None:
            total = pool.total_steps
            rows.append(Row(pool.name, tuple((t, 1) for t, _ in members), total, total))
        else:
            cost = pool.cost_per_post_euros
            terms = tuple((t, cost[unit]) for t, unit in members)
            rows.append(Row(pool.name, terms, None, pool.budget(instance.step)))
    return tuple(rows)


def rule_rows(instance: Instance) -> tuple[RuleRow, ...]:
    return tuple(
        RuleRow(rule.name, row)
        for rule in instance.rules
        if isinstance(rule, LinearRule)
        for row in rule.rows(instance)
    )


def parts(instance: Instance, box: Box) -> tuple[Part, ...]:
    """The independent parts of an instance, in the order of their first unit."""
    resources = resource_rows(instance)
    pools = [row for row in resources if row.lo is not None]
    kept = [row for _, row in rule_rows(instance) if not _always_holds(row, box, pools)]
    rows = [*resources, *kept]
    group = list(range(len(instance.units)))  # unit → representative of its part
    for row in rows:
        linked = {group[t] for t, _ in row.terms}
        group = [min(linked) if g in linked else g for g in group]
    return tuple(_part(g, group, rows, box, len(resources)) for g in sorted(set(group)))


def _part(representative: int, group: list[int], rows: list[Row], box: Box, resources_n: int) -> Part:
    units = tuple(t for t, g in enumerate(group) if g == representative)
    position = {t: i for i, t in enumerate(units)}
    # A row without terms stays everywhere: it says either nothing or that no allocation exists.
    mine = [(r, row) for r, row in enumerate(rows) if all(t in position for t, _ in row.terms)]
    moved = tuple(row._replace(terms=tuple((position[t], a) for t, a in row.terms)) for _, row in mine)
    totals = [row for r, row in mine if r < resources_n]
    return Part(
        units=units,
        lo=tuple(box.lo[t] for t in units),
        hi=tuple(box.hi[t] for t in units),
        rows=moved,
        nested=len(totals) == 1 and totals[0].lo is not None and _is_laminar(moved),
    )


def _is_laminar(rows: tuple[Row, ...]) -> bool:
    """Totals of groups of which any two are disjoint or one inside the other."""
    if any(a != 1 for row in rows for _, a in row.terms):
        return False
    groups = [frozenset(t for t, _ in row.terms) for row in rows]
    return all(g <= h or h <= g or not g & h for g in groups for h in groups)


def _always_holds(row: Row, box: Box, pools: list[Row]) -> bool:
    """Whether a row holds for every point of the box, or follows from the pools' totals alone."""
    least = sum(a * (box.lo[t] if a > 0 else box.hi[t]) for t, a in row.terms)
    most = sum(a * (box.hi[t] if a > 0 else box.lo[t]) for t, a in row.terms)
    coefficient, fixed, covered = dict(row.terms), 0, 0
    for pool in pools:
        found = {coefficient.get(t, 0) for t, _ in pool.terms}
        if len(found) == 1 and found != {0}:
            fixed += found.pop() * (pool.lo or 0)
            covered += len(pool.terms)
    if covered == len(coefficient):
        least = most = fixed
    return (row.lo is None or least >= row.lo) and (row.hi is None or most <= row.hi)
