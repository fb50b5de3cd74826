"""Components that are told only as sums: stand-ins that keep every sum, so that one engine serves open and closed.

A ledger row is P·n_tc − r_t·n_c over N (`allocation.justify`): the row of a closed sum needs the sum in its territory
and the totals n_c of its components, not its parts. So any whole numbers with these sums give the same rows, once
those that are closed are added up again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

from workload.allocation.justify import LedgerRow, RowKind, UnitLedger
from workload.recount.recounted import SECRET

Node: TypeAlias = int | str


def stand_ins(
    rows: Mapping[int, int], columns: Mapping[str, int], cells: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], int]:
    """(territory, component) → whole numbers, negative where it must be, with the row sums and column sums given.

    Raises ValueError where there are none: the sums contradict each other.
    """
    left: dict[Node, int] = {}  # territories are numbers and components are text: no two alike
    left.update(rows.items())
    left.update(columns.items())
    near: dict[Node, list[Node]] = {node: [] for node in left}
    for t, c in cells:
        near[t].append(c)
        near[c].append(t)
    found = dict.fromkeys(cells, 0)
    seen: set[Node] = set()
    for start in left:
        if start in seen:
            continue
        order, parent = [start], {start: start}
        for node in order:  # breadth first: grows while it is read
            for other in near[node]:
                if other not in parent:
                    parent[other] = node
                    order.append(other)
        seen |= set(order)
        for node in reversed(order[1:]):  # leaves first: each gives the cell it shares with its parent what it lacks
            found[_cell(node, parent[node])] = left[node]
            left[parent[node]] -= left[node]
        if left[start]:
            raise ValueError("closed sums contradict each other")
    return found


def _cell(one: Node, other: Node) -> tuple[int, str]:
    if isinstance(one, int) and isinstance(other, str):
        return one, other
    assert isinstance(one, str)
    assert isinstance(other, int)
    return other, one


def rows_together(ledger: UnitLedger, closed: frozenset[str]) -> UnitLedger:
    """The ledger with its closed components as one row, the first, as the published one has it."""
    if not closed:
        return ledger
    inside = [row for row in ledger.rows if row.kind is RowKind.INDICATOR and row.cause in closed]
    secret = LedgerRow(SECRET, RowKind.INDICATOR, sum((row.posts for row in inside), Fraction(0)))
    others = tuple(row for row in ledger.rows if not (row.kind is RowKind.INDICATOR and row.cause in closed))
    return replace(ledger, rows=(secret, *others))
