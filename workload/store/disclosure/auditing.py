"""What an attacker learns of a publication, worked out anew: this module knows nothing of how the cells were chosen.

For every withheld cell two linear programs give the interval that follows from all published cells, the equations
and values being zero or more. For every sensitive cell the same is done for each contributor, who also knows her own
part of every cell and, where she stands alone, the cell. Then the sums that published cells give away are looked
through (`known_sums`). Intervals hold for fractional values, so they are never narrower than those for counts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csgraph

from workload.store.disclosure.auditing_sums import SmallSum, small_sums
from workload.store.disclosure.highs import linear
from workload.store.disclosure.matrices import beside, from_entries
from workload.store.disclosure.rules import Rules, demanded
from workload.store.disclosure.tables import Cell, Demand, LinkedTables

Floats = npt.NDArray[np.float64]
Demands: TypeAlias = tuple[Demand, ...]

OUTSIDER, CONTRIBUTOR, PUBLISHED = "outsider", "contributor", "published"
_SLACK = 1e-6  # of what is owed
_EVERYTHING = 1e6  # times the largest value: an upper end beyond it is no bound


@dataclass(frozen=True, slots=True)
class Failure:
    """A sensitive cell known too closely. attacker: OUTSIDER, CONTRIBUTOR (which one is never said) or PUBLISHED."""

    cell: Cell
    attacker: str
    low: float
    high: float
    required_low: float
    required_high: float


@dataclass(frozen=True, slots=True)
class Audit:
    """intervals: withheld cell → (low, high) for the outsider; high is inf where nothing bounds it."""

    intervals: Mapping[Cell, tuple[float, float]]
    failures: tuple[Failure, ...]
    sums: tuple[SmallSum, ...]

    @property
    def passed(self) -> bool:
        return not self.failures and not self.sums


@dataclass(frozen=True, slots=True)
class _View:
    """What one attacker knows of one group of linked unknown cells. bottom: (k,) least values; fixed: (k,) known."""

    bottom: Floats
    fixed: npt.NDArray[np.bool_]


def audit(tables: LinkedTables, rules: Rules, withheld: Collection[Cell]) -> Audit:
    """withheld: as published; hidden cells of `tables` are unknown besides, and a zero is known however it is shown."""
    unknown = sorted((set(withheld) | tables.hidden) & tables.withholdable)
    owed = demanded(tables, rules)
    failures = []
    for cell in sorted(set(owed) - set(unknown)):
        value, half = tables.cells[cell].value, max(d.half_width for d in owed[cell])
        if half > 0:
            failures.append(Failure(cell, PUBLISHED, value, value, max(0.0, value - half), value + half))
    intervals: dict[Cell, tuple[float, float]] = {}
    for group in _groups(tables, unknown):
        found, narrow = _Group(tables, group).examined({c: owed[c] for c in group if c in owed})
        intervals.update(found)
        failures += narrow
    free = {c for c, (low, high) in intervals.items() if high - low > _SLACK * max(1.0, tables.cells[c].value)}
    return Audit(
        intervals, tuple(sorted(failures, key=lambda f: (f.cell, f.attacker))), small_sums(tables, rules, free)
    )


def _groups(tables: LinkedTables, unknown: list[Cell]) -> list[list[Cell]]:
    at = {cell: k for k, cell in enumerate(unknown)}
    links = [[at[c] for c in (total, *parts) if c in at] for total, parts in tables.equations]
    edges = [(row[0], other) for row in links if row for other in row[1:]]
    graph = from_entries([(a, b, 1.0) for a, b in edges], (len(at), len(at)))
    count, label = csgraph.connected_components(graph, directed=False)
    groups: list[list[Cell]] = [[] for _ in range(count)]
    for cell, k in at.items():
        groups[label[k]].append(cell)
    return groups


class _Group:
    """Unknown cells linked by equations. true: (k,) their values; known: (m,) what published cells leave to them."""

    def __init__(self, tables: LinkedTables, cells: list[Cell]) -> None:
        self.cells, self.at = cells, {cell: k for k, cell in enumerate(cells)}
        self.facts = [tables.cells[cell] for cell in cells]
        self.true = np.array([f.value for f in self.facts])
        self.unit = float(np.median(self.true))
        rows = {
            tuple(sorted((self.at[c], 1 if c == total else -1) for c in (total, *parts) if c in self.at))
            for total, parts in tables.equations
        } - {()}
        entries = [(r, place, sign) for r, row in enumerate(sorted(rows)) for place, sign in row]
        self.matrix = from_entries(entries, (len(rows), len(cells)))
        self.known = self.matrix @ self.true
        self.tried: list[Floats] = []  # (k,) tables some attacker could not exclude: tried on the next one first

    def examined(self, owed: Mapping[Cell, Demands]) -> tuple[dict[Cell, tuple[float, float]], list[Failure]]:
        everyone = _View(np.zeros(len(self.cells)), np.zeros(len(self.cells), dtype=bool))
        intervals = {cell: (self._end(everyone, cell, -1), self._end(everyone, cell, 1)) for cell in self.cells}
        failures = []
        for cell, demands in owed.items():
            half = max(d.half_width for d in demands)
            failures += self._failure(cell, OUTSIDER, intervals[cell], half, 0.0)
        for worker in self._contributors():
            failures += self._contributor(worker, owed)
        return intervals, _worst(failures)

    def _contributors(self) -> list[tuple[str | None, dict[int, float]]]:
        """(worker, cell → her part); without a name, the lone contributor of a cell known in summary only."""
        parts: dict[str, dict[int, float]] = {}
        unnamed: list[tuple[str | None, dict[int, float]]] = []
        for k, facts in enumerate(self.facts):
            for worker, amount in (facts.contributions or {}).items():
                parts.setdefault(worker, {})[k] = amount
            if facts.contributions is None and facts.workers_n == 1 and facts.largest > 0:
                unnamed.append((None, {k: facts.value}))
        return [*sorted(parts.items()), *unnamed]

    def _contributor(self, who: tuple[str | None, dict[int, float]], owed: Mapping[Cell, Demands]) -> list[Failure]:
        name, parts = who
        bottom, fixed = np.zeros(len(self.cells)), np.zeros(len(self.cells), dtype=bool)
        for k, amount in parts.items():
            bottom[k] = min(amount, self.true[k])
            fixed[k] = self.facts[k].workers_n == 1
        view, found = _View(bottom, fixed), []
        up, down = self._reached(view)
        for cell, demands in owed.items():
            k, half = self.at[cell], max(d.against(name) for d in demands)
            if half <= 1e-9 * max(1.0, self.true[k]) or fixed[k]:
                continue
            enough = half * (1 - _SLACK)
            fall = min(enough, self.true[k] - bottom[k])
            if up[k] >= enough and down[k] >= fall:
                continue
            if not (self._nearest(view, k, self.true[k] - fall) and self._nearest(view, k, self.true[k] + enough)):
                ends = (self._end(view, cell, -1), self._end(view, cell, 1))
                found += self._failure(cell, CONTRIBUTOR, ends, half, float(bottom[k]))
            steps = np.array(self.tried[-2:]) - self.true
            up, down = np.maximum(up, steps.max(axis=0)), np.maximum(down, -steps.min(axis=0))
        return found

    def _failure(self, cell: Cell, who: str, ends: tuple[float, float], half: float, own: float) -> list[Failure]:
        value = float(self.true[self.at[cell]])
        low, high = max(own, value - half), value + half
        if ends[0] <= low + _SLACK * half and ends[1] >= high - _SLACK * half:
            return []
        return [Failure(cell, who, *ends, low, high)]

    def _reached(self, view: _View) -> tuple[Floats, Floats]:
        """(k,) how far above and below the truth the tables tried before lead, each drawn towards the true one until
        it fits this attacker: what is possible is convex and holds the truth."""
        steps = np.array(self.tried) - self.true  # (tried, k)
        fits = ~(np.abs(steps[:, view.fixed]) > 1e-9 * self.unit).any(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            fit = np.where(steps < -1e-12, (self.true - view.bottom) / -steps, np.inf).min(axis=1)
        steps *= (np.minimum(1.0, fit) * fits)[:, None]
        return steps.max(axis=0), -steps.min(axis=0)

    def _end(self, view: _View, cell: Cell, side: int) -> float:
        """The least (side −1) or greatest (side 1) value of the cell this attacker cannot exclude."""
        k = self.at[cell]
        if view.fixed[k]:
            return float(self.true[k])
        goal = np.zeros(len(self.cells))
        goal[k] = -side
        cap = _EVERYTHING * max(1.0, float(self.true.max()) / self.unit)
        top = np.where(view.fixed, self.true / self.unit, cap)
        bottom = np.where(view.fixed, self.true, view.bottom) / self.unit
        solved = linear(goal, self.matrix, bottom, top, self.known / self.unit)
        if solved is None:
            raise RuntimeError("the linear solver found not even the published table possible")
        self.tried.append(solved.x * self.unit)
        end = float(solved.x[k])
        return float("inf") if side > 0 and end > 0.5 * cap else max(0.0, end * self.unit)

    def _nearest(self, view: _View, k: int, value: float) -> bool:
        """Whether this attacker must admit a table with this value in the cell: if so, the one least far from the truth
        is kept, since it differs in few cells and so is admitted by most attackers."""
        n = len(self.cells)
        low, high = view.bottom - self.true, np.where(view.fixed, 0.0, _EVERYTHING * self.unit)
        low[view.fixed] = 0.0
        low[k] = high[k] = value - self.true[k]
        zero = np.zeros(n)
        apart = beside(self.matrix, -self.matrix)
        ends = (np.concatenate([np.maximum(x, zero), np.maximum(-y, zero)]) for x, y in ((low, high), (high, low)))
        bottom, top = (end / self.unit for end in ends)
        solved = linear(np.ones(2 * n), apart, bottom, top)
        if solved is None:
            return False
        self.tried.append(self.true + (solved.x[:n] - solved.x[n:]) * self.unit)
        return True


def _worst(failures: Iterable[Failure]) -> list[Failure]:
    """Of several contributors only the one who learns most."""
    kept: dict[tuple[Cell, str], Failure] = {}
    for f in failures:
        other = kept.get((f.cell, f.attacker))
        if other is None or f.high - f.low < other.high - other.low:
            kept[f.cell, f.attacker] = f
    return list(kept.values())
