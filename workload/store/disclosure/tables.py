"""Linked tables of additive figures about workers: what rules, protection and audit start from."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Cell: TypeAlias = tuple[str, ...]
Equation: TypeAlias = tuple[Cell, tuple[Cell, ...]]  # a total, the parts that add to it

_TOLERANCE = 1e-6  # relative: minutes are sums of weighted durations, equal only up to rounding
_CONSTANT = 1e-3  # of the mean figure: between two patterns that hide as much, the one that hides fewer cells


@dataclass(frozen=True, slots=True)
class CellFacts:
    """One figure and who stands behind it.

    value: additive magnitude (minutes a year) or count, ≥ 0. contributions: distinct worker → her amount, positive
    ones only; None where only the summary is known. workers_n: distinct workers. largest: the largest amount of one
    worker; 0 where nobody behind the figure knows a part of it as her own (a count of files). Only where the
    contributions are given can the audit ask what each contributor learns; of a summary, only a lone one.
    """

    value: float
    contributions: Mapping[str, float] | None
    workers_n: int
    largest: float

    @classmethod
    def of(cls, contributions: Mapping[str, float]) -> "CellFacts":
        if any(not amount >= 0 or math.isinf(amount) for amount in contributions.values()):
            raise ValueError("a contribution must be a finite number, zero or more")
        own = {worker: float(amount) for worker, amount in contributions.items() if amount > 0}
        return cls(math.fsum(own.values()), own, len(own), max(own.values(), default=0.0))

    @classmethod
    def summary(cls, value: float, workers_n: int, largest: float) -> "CellFacts":
        if not (0 <= largest <= value * (1 + _TOLERANCE) and value < math.inf) or (workers_n > 0) != (value > 0):
            raise ValueError("a figure stands on workers with a positive part of it, or is zero and stands on none")
        return cls(float(value), None, int(workers_n), float(largest))

    @property
    def is_count_of_workers(self) -> bool:
        """Each worker stands in it once, so that cells which add up share none."""
        return self.contributions is None and self.largest == 0 and self.value == self.workers_n


@dataclass(frozen=True, slots=True)
class Demand:
    """Why a figure must stay uncertain, and by how much.

    half_width: what an outsider's interval must leave on each side, in the unit of the values. parts: worker → her
    amount in the protected figure; against her, only the others' share of the half-width is owed.
    """

    reason: str
    half_width: float
    parts: Mapping[str, float] = field(default_factory=dict)

    def against(self, worker: str | None) -> float:
        """The half-width owed against this worker; None: an outsider."""
        if worker is None or worker not in self.parts:
            return self.half_width
        return self.half_width * max(0.0, 1 - self.parts[worker] / math.fsum(self.parts.values()))


@dataclass(frozen=True, slots=True)
class LinkedTables:
    """Cells of all tables published together, and every equation an attacker can write between them.

    public: cells everybody knows already; they can never be withheld. cost: of withholding a cell (default: its value
    and a small constant). step: what a value moves by, 1 in counts, which an attacker knows to be whole; 0 in
    minutes. forced: cells withheld for another reason than their own workers. hidden: cells that no table shows,
    sums known from an earlier publication. changes: one mapping per earlier publication, cell → worker → her amount
    now less then, for every cell published then.
    """

    cells: Mapping[Cell, CellFacts]
    equations: tuple[Equation, ...]
    public: frozenset[Cell] = frozenset()
    cost: Mapping[Cell, float] | None = None
    step: float = 0.0
    forced: Mapping[Cell, tuple[Demand, ...]] = field(default_factory=dict)
    hidden: frozenset[Cell] = frozenset()
    changes: tuple[Mapping[Cell, Mapping[str, float]], ...] = ()

    def __post_init__(self) -> None:
        named = {*self.public, *self.forced, *self.hidden, *(self.cost or {})}
        named.update(cell for total, parts in self.equations for cell in (total, *parts))
        if unknown := sorted(named - set(self.cells)):
            raise ValueError(f"cells named but not in the tables: {unknown[:3]} ({len(unknown)} in all)")
        if self.cost and min(self.cost.values()) < 0:
            raise ValueError("the cost of withholding a cell cannot be negative")
        if both := sorted(self.public & (self.hidden | set(self.forced))):
            raise ValueError(f"cells both public and to be withheld: {both[:3]}")
        for total, parts in self.equations:
            if len({total, *parts}) != len(parts) + 1:
                raise ValueError(f"a cell stands twice in the equation of {total}")
            _check_sum(self.cells, total, parts)

    @property
    def withholdable(self) -> frozenset[Cell]:
        """A zero cannot be withheld: that nobody does this work there is known on the spot, so hiding it would hide
        nothing, and a pattern that leans on it would protect nothing."""
        return frozenset(c for c, facts in self.cells.items() if facts.value > 0 and c not in self.public)

    @property
    def shown(self) -> frozenset[Cell]:
        """Cells that a table would show, zeros apart: what the loss of information is counted in."""
        return frozenset(c for c, facts in self.cells.items() if facts.value > 0 and c not in self.hidden)

    def costs(self) -> dict[Cell, float]:
        """What withholding each cell costs; nothing for a hidden one."""
        constant = _CONSTANT * math.fsum(f.value for f in self.cells.values()) / max(1, len(self.cells))
        given = {cell: facts.value for cell, facts in self.cells.items()} | dict(self.cost or {})
        return {cell: 0.0 if cell in self.hidden else given[cell] + constant for cell in self.cells}


def together(facts: Sequence[CellFacts], weights: Sequence[float] | None = None) -> CellFacts:
    """The weighted sum of several cells as one figure, each worker counted once.

    Where identities are unknown the cautious reading is taken: as few distinct workers, and as large a largest
    amount, as the summaries allow.
    """
    by = [1.0] * len(facts) if weights is None else list(weights)
    value = math.fsum(w * f.value for w, f in zip(by, facts, strict=True))
    amounts: dict[str, list[float]] = {}
    for w, f in zip(by, facts, strict=True):
        for worker, amount in (f.contributions or {}).items():
            amounts.setdefault(worker, []).append(w * amount)
    own = {worker: math.fsum(several) for worker, several in amounts.items()}
    summaries = [(w, f) for w, f in zip(by, facts, strict=True) if f.contributions is None]
    if not summaries:
        return CellFacts(value, own, len(own), max(own.values(), default=0.0))
    counts = [f.workers_n for _, f in summaries]
    disjoint = weights is None and all(f.is_count_of_workers for _, f in summaries)
    workers_n = max(sum(counts) if disjoint else max(counts), len(own))
    largest = math.fsum(w * f.largest for w, f in summaries) + max(own.values(), default=0.0)
    return CellFacts(value, None, workers_n, min(largest, value))


def _check_sum(cells: Mapping[Cell, CellFacts], total: Cell, parts: tuple[Cell, ...]) -> None:
    whole = together([cells[part] for part in parts])
    allowed = _TOLERANCE * max(1.0, cells[total].value)
    if abs(whole.value - cells[total].value) > allowed:
        raise ValueError(f"the parts of {total} do not add up to it")
    own = cells[total].contributions
    if own is None or whole.contributions is None:
        return
    if any(abs(own.get(w, 0.0) - whole.contributions.get(w, 0.0)) > allowed for w in {*own, *whole.contributions}):
        raise ValueError(f"the workers behind the parts of {total} do not add up to those behind it")
