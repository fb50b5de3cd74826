"""What earlier publications, and other scenarios of the same study, add to what an attacker knows.

A figure published before and after a change of few workers is, by difference, a figure about those few. So a cell
whose contributions changed for fewer workers than the minimum, or mostly for one, is withheld now; a cell that stands
on the same contributions is known already. A sum known from the earlier publication (a published total less its
published parts) counts as a cell of its own, which no table shows.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from workload.store.disclosure.rules import DIFFERENCE, Rules, unsafe_change, whole_steps
from workload.store.disclosure.tables import Cell, CellFacts, Demand, Equation, LinkedTables, together

_SAME = 1e-6  # relative: an amount computed again from the same sheet
_UNKNOWN = "?"
KNOWN_SUM = "sum known before"


@dataclass(frozen=True, slots=True)
class Consequences:
    """public: cells known already. forced: cells to withhold, with what they are owed. changes: cell → worker → her
    amount now less then. cells, equations: sums known from before, to be added to the tables, never shown."""

    public: frozenset[Cell]
    forced: Mapping[Cell, tuple[Demand, ...]]
    changes: Mapping[Cell, Mapping[str, float]]
    cells: Mapping[Cell, CellFacts] = field(default_factory=dict)
    equations: tuple[Equation, ...] = ()

    def applied(self, tables: LinkedTables) -> LinkedTables:
        """The tables with all of it. What several publications say of a cell is kept side by side; but a cell that one
        of them shows as it is now is known, whatever its difference to another."""
        public = tables.public | self.public
        forced = {cell: demands for cell, demands in tables.forced.items() if cell not in public}
        for cell in self.forced.keys() - public:
            forced[cell] = (*forced.get(cell, ()), *self.forced[cell])
        return replace(
            tables,
            cells={**tables.cells, **self.cells},
            equations=tuple(dict.fromkeys((*tables.equations, *self.equations))),
            public=public,
            forced=forced,
            hidden=(tables.hidden | set(self.cells)) - public,
            changes=(*tables.changes, self.changes),
        )


def between_publications(
    now: Mapping[Cell, CellFacts],
    earlier: Mapping[Cell, CellFacts],
    rules: Rules,
    equations: Iterable[Equation] = (),
    step: float = 0.0,
) -> Consequences:
    """now: cells as they would be published. earlier: cells as they were published then, withheld ones left out.
    equations: of both, to find the sums known from before; without them only cell by cell."""
    sums, added = _known_sums(now, earlier, list(equations))
    current = {**now, **{cell: both[0] for cell, both in sums.items()}}
    before = {**earlier, **{cell: both[1] for cell, both in sums.items()}}
    public, forced, changes = set(), {}, {}
    for cell in sorted(current.keys() & before.keys()):
        change = _change(current[cell], before[cell])
        changes[cell] = change
        if not change:
            public.add(cell)
        elif _about_few(current[cell], before[cell], change, rules):
            size = math.fsum(abs(amount) for amount in change.values())
            parts = {w: abs(amount) for w, amount in change.items() if w != _UNKNOWN}
            if current[cell].value > 0:
                half = whole_steps(rules.protection_share * size, step)
                forced[cell] = (Demand(DIFFERENCE, half, parts),)
    kept = {c: both[0] for c, both in sums.items() if c in public or c in forced}
    lines = tuple(line for line in added if line[0] in kept)
    return Consequences(
        frozenset(public), forced, {c: d for c, d in changes.items() if c in now or c in kept}, kept, lines
    )


def _change(now: CellFacts, then: CellFacts) -> dict[str, float]:
    if now.contributions is None or then.contributions is None:
        moved = now.value - then.value
        return {_UNKNOWN: moved} if abs(moved) > _SAME * max(1.0, then.value) else {}
    mine, before = now.contributions, then.contributions
    moves = {w: mine.get(w, 0.0) - before.get(w, 0.0) for w in sorted({*mine, *before})}
    return {w: d for w, d in moves.items() if abs(d) > _SAME * max(1.0, mine.get(w, 0.0), before.get(w, 0.0))}


def _about_few(now: CellFacts, then: CellFacts, change: Mapping[str, float], rules: Rules) -> bool:
    """Where who changed is unknown, a count changed for as many as it differs by, and any other figure for too few."""
    if _UNKNOWN not in change:
        return unsafe_change(change, rules)
    counts = now.is_count_of_workers and then.is_count_of_workers
    return not (counts and abs(change[_UNKNOWN]) >= rules.minimum_workers)


def _known_sums(
    now: Mapping[Cell, CellFacts], earlier: Mapping[Cell, CellFacts], equations: list[Equation]
) -> tuple[dict[Cell, tuple[CellFacts, CellFacts]], list[Equation]]:
    """New cell → (facts now, facts then), and the equation that makes it the sum of the parts withheld then."""
    found: dict[Cell, tuple[CellFacts, CellFacts]] = {}
    lines: list[Equation] = []
    for total, parts in equations:
        withheld = tuple(sorted(part for part in parts if part not in earlier and part in now))
        rest = [earlier[part] for part in parts if part in earlier]
        cell = (KNOWN_SUM, *("/".join(part) for part in (total, *withheld)))
        if total in earlier and withheld and rest and cell not in found:
            then = _less(earlier[total], rest)
            if then is not None:
                found[cell] = (together([now[part] for part in withheld]), then)
                lines.append((cell, withheld))
    return found, lines


def _less(total: CellFacts, parts: list[CellFacts]) -> CellFacts | None:
    known = together(parts)
    value = max(0.0, total.value - known.value)
    if total.contributions is None or known.contributions is None:
        n = max(1 if value > 0 else 0, total.workers_n - known.workers_n)
        return CellFacts(value, None, n, min(total.largest, value)) if value > 0 else None
    left = {w: a - known.contributions.get(w, 0.0) for w, a in total.contributions.items()}
    return CellFacts.of({w: a for w, a in left.items() if a > _SAME * max(1.0, total.contributions[w])})
