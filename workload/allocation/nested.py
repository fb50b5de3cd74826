"""Boxes and totals of nested groups inside one pool: the greedy stays exact.

Such allocations are the bases of a polymatroid, over which giving out one step after the other, each time the smallest
increment that can still be completed, is optimal for every separable convex objective (Federgruen & Groenevelt,
Operations Research 34(6), 1986; Ibaraki & Katoh 1988, chap. 8). Increments are totally ordered, so it is unique.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from workload.allocation.instance import Row
from workload.allocation.objective import KeyOf
from workload.allocation.problem import Part


class _Groups:
    """Nested groups as a tree: each knows the least its steps may still become."""

    def __init__(self, part: Part) -> None:
        rows = _merged(part.rows)
        self.members = [frozenset(t for t, _ in row.terms) for row in rows]
        self.lo = [row.lo or 0 for row in rows]
        self.hi = [row.hi for row in rows]
        # Smallest first, so that the first group holding a member is its parent.
        self.parent = [self._smallest(group, g + 1) for g, group in enumerate(self.members)]
        self.home = [self._smallest(frozenset({i}), 0) for i in range(len(part.units))]
        self.held = [0] * len(rows)  # Σ least of subgroups + steps of direct members
        for i, x in enumerate(part.lo):
            self._add(self.home[i], x)
        self._raise_to_floors()

    def _smallest(self, inside: frozenset[int], start: int) -> int | None:
        """The smallest group, from `start` on, that holds all of `inside`."""
        return next((g for g in range(start, len(self.members)) if inside <= self.members[g]), None)

    def _add(self, group: int | None, steps: int) -> None:
        if group is not None:
            self.held[group] += steps

    def _raise_to_floors(self) -> None:
        for g, parent in enumerate(self.parent):
            self._add(parent, max(self.lo[g], self.held[g]))

    def fits(self) -> bool:
        """Whether the floors of cells and groups leave every group under its ceiling."""
        return all(hi is None or max(lo, held) <= hi for lo, held, hi in zip(self.lo, self.held, self.hi, strict=True))

    def take(self, i: int) -> bool:
        """One more step for member i, if what is left can still meet every floor."""
        path, group = [], self.home[i]
        while group is not None:
            path.append(group)
            if self.held[group] < self.lo[group]:
                break  # it meets part of the group's own floor: nothing changes above
            group = self.parent[group]
        if any(self.held[g] + 1 > hi for g in path if (hi := self.hi[g]) is not None):
            return False
        for g in path:
            self.held[g] += 1
        return True


def nested_greedy(part: Part, total: int, key: KeyOf) -> tuple[int, ...] | None:
    """(position,) steps, or None when the floors and ceilings cannot all hold. `key` takes positions."""
    groups = _Groups(part)
    if not groups.fits():
        return None
    steps = list(part.lo)
    waiting = [(key(i, x), i) for i, x in enumerate(steps) if x < part.hi[i]]
    heapify(waiting)
    left = total - sum(steps)
    while left and waiting:
        _, i = heappop(waiting)
        if not groups.take(i):
            continue  # what cannot be completed now never can
        steps[i] += 1
        left -= 1
        if steps[i] < part.hi[i]:
            heappush(waiting, (key(i, steps[i]), i))
    return None if left or not _floors_met(part.rows, steps) else tuple(steps)


def tied_positions(part: Part, steps: Sequence[int], objective: KeyOf) -> tuple[int, ...]:
    """Positions that differ between two optima: those that one feasible transfer of equal worth connects.

    The optima of such a problem are M-convex again, so that single transfers reach all of them (Murota 2003, th. 6.26).
    """
    by_gain: dict[tuple[int, ...], list[int]] = {}
    for j, x in enumerate(steps):
        if x < part.hi[j]:
            by_gain.setdefault(objective(j, x), []).append(j)
    tied = set[int]()
    for i, x in enumerate(steps):
        for j in by_gain.get(objective(i, x - 1), ()) if x > part.lo[i] else ():
            if i != j and _transfer_keeps(part.rows, steps, i, j):
                tied |= {i, j}
    return tuple(sorted(tied))


def _transfer_keeps(rows: Sequence[Row], steps: Sequence[int], giver: int, taker: int) -> bool:
    for row in rows:
        members = {t for t, _ in row.terms}
        change = (taker in members) - (giver in members)
        held = sum(steps[t] for t in members) + change
        if change and not ((row.lo is None or held >= row.lo) and (row.hi is None or held <= row.hi)):
            return False
    return True


def _floors_met(rows: Sequence[Row], steps: Sequence[int]) -> bool:
    return all(sum(steps[t] for t, _ in row.terms) >= (row.lo or 0) for row in rows)


def _merged(rows: Sequence[Row]) -> list[Row]:
    """One row per group, the strictest bounds of all that speak of it; smallest groups first."""
    by_group: dict[frozenset[tuple[int, int]], Row] = {}
    for row in rows:
        other = by_group.get(frozenset(row.terms), row)
        ceilings = [hi for hi in (row.hi, other.hi) if hi is not None]
        strictest = row._replace(lo=max(row.lo or 0, other.lo or 0), hi=min(ceilings, default=None))
        by_group[frozenset(row.terms)] = strictest
    return sorted(by_group.values(), key=lambda row: len(row.terms))
