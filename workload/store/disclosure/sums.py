"""Sums of withheld cells that the published ones give away, and the cuts that forbid them.

Where a total is published and some of its parts are not, the sum of those parts is known; it is a figure like any
other, and must stand on enough workers. Covered here: every equation, and every pair of equations with a withheld
cell in common that drops out (item → mode → total: the mode is withheld, its items take its place). Longer chains are
covered as far as the intervals of the single cells are.
"""

from collections.abc import Iterator

import numpy as np

from workload.store.disclosure.attack import Cut
from workload.store.disclosure.problem import Mask, Problem
from workload.store.disclosure.rules import DIFFERENCE, THRESHOLD, Rules, unsafe, unsafe_change
from workload.store.disclosure.tables import together

Row = dict[int, float]


def sum_cuts(problem: Problem, withheld: Mask, rules: Rules) -> list[Cut]:
    """One cut for every known sum that is about too few."""
    rows = _rows(problem)
    hidden = [{c: sign for c, sign in row.items() if withheld[c]} for row in rows]
    _read_off(hidden)
    found = []
    for used, known in _known_sums(hidden):
        reason = _unsafe(problem, known, rules)
        if reason:
            universe = {cell for k in used for cell in rows[k]}
            gone = {cell for k in used for cell in hidden[k]}
            found.append(_cut(problem, withheld, universe, gone, known, reason, rules))
    return found


def _rows(problem: Problem) -> list[Row]:
    m = problem.matrix
    return [
        dict(zip(m.indices[a:b].tolist(), m.data[a:b].tolist(), strict=True))
        for a, b in zip(m.indptr[:-1], m.indptr[1:], strict=True)
    ]


def _read_off(hidden: list[Row]) -> None:
    """A cell alone in its equation is as good as published, and so on from line to line."""
    while alone := {next(iter(row)) for row in hidden if len(row) == 1}:
        for row in hidden:
            for cell in alone & row.keys():
                del row[cell]


def _known_sums(hidden: list[Row]) -> Iterator[tuple[tuple[int, ...], Row]]:
    """(equations, cell → weight ≥ 0) whose weighted sum is known."""
    standing: dict[int, list[int]] = {}
    for k, row in enumerate(hidden):
        if row and len({sign > 0 for sign in row.values()}) == 1:
            yield (k,), {cell: abs(sign) for cell, sign in row.items()}
        for cell in row:
            standing.setdefault(cell, []).append(k)
    for cell, lines in standing.items():
        for i, first in enumerate(lines):
            for second in lines[i + 1 :]:
                ratio = hidden[first][cell] / hidden[second][cell]
                both = dict(hidden[first])
                for other, sign in hidden[second].items():
                    both[other] = both.get(other, 0.0) - ratio * sign
                known = {c: weight for c, weight in both.items() if abs(weight) > 1e-9}
                if known and len({weight > 0 for weight in known.values()}) == 1:
                    yield (first, second), {c: abs(weight) for c, weight in known.items()}


def _unsafe(problem: Problem, known: Row, rules: Rules) -> str | None:
    cells = sorted(known)
    weights = None if set(known.values()) == {1.0} else [known[c] for c in cells]
    if reason := unsafe(together([problem.facts[c] for c in cells], weights), rules):
        return reason
    for change in problem.changes:
        if all(cell in change for cell in cells):
            total: dict[str, float] = {}
            for cell in cells:
                for worker, amount in change[cell].items():
                    total[worker] = total.get(worker, 0.0) + known[cell] * amount
            if unsafe_change({w: a for w, a in total.items() if abs(a) > 1e-9}, rules):
                return DIFFERENCE
    return None


def _cut(
    problem: Problem, withheld: Mask, universe: set[int], gone: set[int], known: Row, reason: str, rules: Rules
) -> Cut:
    """Too few workers: something outside must be withheld too, and not a cell of the same few. Otherwise only this
    very choice within the equations is excluded, since a smaller sum need not be dominated."""
    if reason == THRESHOLD:
        gone = gone | _same_few(problem, universe - gone, known, rules)
        places = np.array(sorted(universe - gone), dtype=np.intp)
        return Cut(places, np.ones(len(places)))
    free = [c for c in sorted(universe) if not problem.forced[c]]
    weights = np.array([-1.0 if withheld[c] else 1.0 for c in free])
    return Cut(np.array(free, dtype=np.intp), weights, 1.0 - float((weights < 0).sum()))


def _same_few(problem: Problem, others: set[int], known: Row, rules: Rules) -> set[int]:
    own = [problem.facts[c].contributions for c in known]
    few = {worker for contributions in own for worker in contributions or ()}
    if any(contributions is None for contributions in own):
        return set()
    alike = set()
    for cell in others:
        workers = problem.facts[cell].contributions
        if workers is not None and few.issuperset(workers) and not _is_total_of(problem, cell, known):
            alike.add(cell)
    return alike


def _is_total_of(problem: Problem, cell: int, known: Row) -> bool:
    """A total of cells in the sum would change its sign, not join it."""
    column = problem.matrix[:, [cell]].tocoo()
    rows = column.row[column.data > 0]
    return any(set(problem.matrix[[int(r)]].indices.tolist()) & known.keys() for r in rows)
