"""The tables as arrays, for the protection: cells that can be withheld, equations between them, who might attack."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from workload.store.disclosure.matrices import from_entries
from workload.store.disclosure.rules import Rules, demanded
from workload.store.disclosure.tables import Cell, CellFacts, Demand, LinkedTables

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Attacker:
    """What somebody knows besides the published cells.

    worker: None for the outsider, and for the lone contributor of a cell of which only the summary is known. places:
    (k,) cells she stands in; amounts: (k,) her part. lone: (l,) cells in which she stands alone, known to her exactly.
    """

    worker: str | None
    places: Places
    amounts: Floats
    lone: Places

    def owed(self, demands: Sequence[Demand], cell: int) -> float:
        """The half-width she must be left with: about the others, so nothing where she stands alone."""
        return 0.0 if cell in self.lone else max(d.against(self.worker) for d in demands)


@dataclass(frozen=True, slots=True)
class Problem:
    """cells, facts, value, cost: (n,), cells that can be withheld, sorted. matrix: (m, n), total minus parts, one row
    per equation with such a cell. forced: (n,) sensitive or hidden. demands: sensitive cell → what it is owed."""

    cells: tuple[Cell, ...]
    facts: tuple[CellFacts, ...]
    value: Floats
    cost: Floats
    matrix: sparse.csr_array
    forced: Mask
    demands: dict[int, tuple[Demand, ...]]
    attackers: tuple[Attacker, ...]
    changes: tuple[dict[int, dict[str, float]], ...]


def problem_of(tables: LinkedTables, rules: Rules) -> Problem:
    cells = tuple(sorted(tables.withholdable))
    at = {cell: k for k, cell in enumerate(cells)}
    facts = tuple(tables.cells[cell] for cell in cells)
    costs = tables.costs()
    demands = {at[c]: found for c, found in demanded(tables, rules).items() if c in at}
    forced = np.zeros(len(cells), dtype=bool)
    forced[[*demands, *(at[c] for c in tables.hidden if c in at)]] = True
    return Problem(
        cells,
        facts,
        np.array([f.value for f in facts]),
        np.array([costs[c] for c in cells]),
        _matrix(tables, at),
        forced,
        demands,
        _attackers(facts),
        tuple({at[c]: dict(change[c]) for c in sorted(change) if c in at} for change in tables.changes),
    )


def parted(problem: Problem) -> list[Places]:
    """Cells by connected component: nothing known about one says anything about another."""
    return components(problem.matrix, np.arange(len(problem.cells)))


def restricted(problem: Problem, places: Places) -> Problem:
    """The same, of these cells only."""
    at = {int(place): k for k, place in enumerate(places)}
    part = problem.matrix[:, places]
    attackers = []
    for k in problem.attackers:
        kept = [j for j, place in enumerate(k.places.tolist()) if place in at]
        if kept or k is problem.attackers[0]:
            lone = [at[p] for p in k.lone.tolist() if p in at]
            mine = np.array([at[int(k.places[j])] for j in kept], dtype=np.intp)
            attackers.append(Attacker(k.worker, mine, k.amounts[kept], np.array(lone, dtype=np.intp)))
    return Problem(
        tuple(problem.cells[p] for p in places),
        tuple(problem.facts[p] for p in places),
        problem.value[places],
        problem.cost[places],
        part[np.flatnonzero(np.diff(part.indptr))],
        problem.forced[places],
        {at[p]: found for p, found in problem.demands.items() if p in at},
        tuple(attackers),
        tuple({at[p]: c for p, c in change.items() if p in at} for change in problem.changes),
    )


def components(matrix: sparse.csr_array, places: Places) -> list[Places]:
    """(…,) places, each group linked by equations; in the order of their first cell."""
    part = matrix[:, places]
    _, label = csgraph.connected_components(part.T @ part, directed=False)
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    return sorted((places[np.sort(group)] for group in np.split(order, cuts) if group.size), key=lambda g: int(g[0]))


def _matrix(tables: LinkedTables, at: dict[Cell, int]) -> sparse.csr_array:
    rows = set()
    for total, parts in tables.equations:
        row = [(at[total], 1.0)] if total in at else []
        rows.add(tuple(sorted([*row, *((at[part], -1.0) for part in parts if part in at)])))
    kept = sorted(row for row in rows if row)
    entries = [(k, place, sign) for k, row in enumerate(kept) for place, sign in row]
    return from_entries(entries, (len(kept), len(at)))


def _attackers(facts: Sequence[CellFacts]) -> tuple[Attacker, ...]:
    """The outsider first, then each worker by name, then the lone contributor of each cell known in summary only."""
    none = np.zeros(0, dtype=np.intp)
    found: dict[str, list[tuple[int, float, bool]]] = {}
    unnamed = []
    for place, cell in enumerate(facts):
        for worker, amount in (cell.contributions or {}).items():
            found.setdefault(worker, []).append((place, amount, cell.workers_n == 1))
        if cell.contributions is None and cell.workers_n == 1 and cell.largest > 0:
            here = np.array([place], dtype=np.intp)
            unnamed.append(Attacker(None, here, np.array([cell.value]), here))
    named = [
        Attacker(
            worker,
            np.array([place for place, *_ in rows], dtype=np.intp),
            np.array([amount for _, amount, _ in rows]),
            np.array([place for place, _, alone in rows if alone], dtype=np.intp),
        )
        for worker, rows in sorted(found.items())
    ]
    return (Attacker(None, none, np.zeros(0), none), *named, *unnamed)
