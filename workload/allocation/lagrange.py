"""A proven lower bound, and from it the few steps each unit may still have in an optimum.

Multipliers come from the linear relaxation in floats; whatever they are, the Lagrangian bound they give is valid, and
it is worked out in fractions (Geoffrion, "Lagrangean relaxation for integer programming", 1974). A number of steps that
would cost a unit more than the gap to a known allocation is in no better one: reduced-cost fixing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import floor

import numpy as np
from scipy import optimize, sparse

from workload.allocation.instance import Row
from workload.allocation.objective import Term

FIRST_REACH_STEPS = 6  # around the fair share, where the optimum nearly always lies; doubled until it is inside
COLUMNS_AT_MOST = 60_000


@dataclass(frozen=True, slots=True)
class Relaxation:
    steps: tuple[float, ...]  # (position,) optimum of the linear relaxation
    multipliers: tuple[Fraction, ...]  # (row,) ≥ 0 where only the floor binds, ≤ 0 where only the ceiling does


def relax_integrality(
    rows: Sequence[Row], term: Term, lo: Sequence[int], hi: Sequence[int], centre: Sequence[Fraction]
) -> Relaxation | None:
    """The piecewise linear relaxation, near `centre` first; None when even that does not hold or gets too large."""
    reach, middle = FIRST_REACH_STEPS, [float(c) for c in centre]
    while True:
        low = [min(max(a, floor(c) - reach), b) for a, b, c in zip(lo, hi, middle, strict=True)]
        high = [max(min(b, floor(c) + 1 + reach), a) for a, b, c in zip(lo, hi, middle, strict=True)]
        if sum(high) - sum(low) > COLUMNS_AT_MOST:
            return None
        found = _linear(rows, term, low, high)
        whole = low == list(lo) and high == list(hi)
        if found is not None and (whole or _inside(found.steps, low, high, lo, hi)):
            return found
        if whole:
            return None
        reach *= 2
        if found is not None:
            middle = list(found.steps)


def _inside(
    steps: Sequence[float], low: Sequence[int], high: Sequence[int], lo: Sequence[int], hi: Sequence[int]
) -> bool:
    """Whether no unit stands at an end of its range that is not an end of its box."""
    return all(
        (x > a + 0.5 or a == box_a) and (x < b - 0.5 or b == box_b)
        for x, a, b, box_a, box_b in zip(steps, low, high, lo, hi, strict=True)
    )


def _linear(rows: Sequence[Row], term: Term, low: Sequence[int], high: Sequence[int]) -> Relaxation | None:
    columns = [(i, x) for i in range(len(low)) for x in range(low[i], high[i])]
    if not columns:
        return Relaxation(tuple(map(float, low)), (Fraction(0),) * len(rows))
    cost = np.array([float(term(i, x + 1) - term(i, x)) for i, x in columns])
    scale = float(np.abs(cost).max()) or 1.0
    sides = _sides(rows)
    coefficients = _matrix(rows, sides, columns)
    base = [sum(a * low[t] for t, a in rows[r].terms) for r, _, _ in sides]
    limits = np.array([sign * (bound - b) for (_, sign, bound), b in zip(sides, base, strict=True)], dtype=float)
    equal = np.array([sign == 1 and rows[r].lo == rows[r].hi for r, sign, _ in sides], dtype=bool)
    found = optimize.linprog(  # type: ignore[attr-defined,no-untyped-call]
        cost / scale,
        A_ub=coefficients[~equal] if (~equal).any() else None,
        b_ub=limits[~equal] if (~equal).any() else None,
        A_eq=coefficients[equal] if equal.any() else None,
        b_eq=limits[equal] if equal.any() else None,
        bounds=(0, 1),
        method="highs",
    )
    if found.status != 0:
        return None
    marginal = np.zeros(len(sides))
    marginal[~equal], marginal[equal] = found.ineqlin.marginals, found.eqlin.marginals
    steps = np.array(low, dtype=float)
    np.add.at(steps, [i for i, _ in columns], found.x)
    multipliers = [Fraction(0)] * len(rows)
    for (r, sign, _), dual in zip(sides, marginal, strict=True):
        multipliers[r] += sign * Fraction(float(dual)) * Fraction(scale)
    return Relaxation(tuple(steps.tolist()), tuple(multipliers))


def _sides(rows: Sequence[Row]) -> list[tuple[int, int, int]]:
    """(row, sign, bound): sign·Σ a·x ≤ sign·bound; an equality comes once, as its ceiling."""
    ceilings = [(r, 1, row.hi) for r, row in enumerate(rows) if row.hi is not None]
    floors = [(r, -1, row.lo) for r, row in enumerate(rows) if row.lo is not None and row.lo != row.hi]
    return ceilings + floors


def _matrix(rows: Sequence[Row], sides: Sequence[tuple[int, int, int]], columns: Sequence[tuple[int, int]]):  # type: ignore[no-untyped-def]
    by_unit: dict[int, list[int]] = {}
    for j, (i, _) in enumerate(columns):
        by_unit.setdefault(i, []).append(j)
    entries = [
        (s, j, sign * a) for s, (r, sign, _) in enumerate(sides) for t, a in rows[r].terms for j in by_unit.get(t, ())
    ]
    triples = np.array(entries, dtype=float).reshape(-1, 3)
    places = (triples[:, 0].astype(int), triples[:, 1].astype(int))
    return sparse.csr_matrix((triples[:, 2], places), shape=(len(sides), len(columns)))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Reduced:
    bound: Fraction  # no allocation costs less
    lo: tuple[int, ...]  # (position,) no allocation as good as the known one lies outside
    hi: tuple[int, ...]


def reduce_box(
    rows: Sequence[Row],
    term: Term,
    lo: Sequence[int],
    hi: Sequence[int],
    multipliers: Sequence[Fraction],
    known: Fraction,
) -> Reduced:
    """The Lagrangian bound in fractions, and the box left to allocations costing at most `known`.

    `term` must be convex in the steps over lo … hi.
    """
    slope = [Fraction(0)] * len(lo)
    bound = Fraction(0)
    for row, y in zip(rows, multipliers, strict=True):
        side = row.lo if y > 0 else row.hi
        if side is None or not y:
            continue  # a multiplier against a side that does not exist is dropped: any other is valid
        bound += y * side
        for t, a in row.terms:
            slope[t] += y * a

    def cost(i: int, x: int) -> Fraction:
        return term(i, x) - slope[i] * x

    best = [_smallest(partial(cost, i), lo[i], hi[i]) for i in range(len(lo))]
    least = [cost(i, x) for i, x in enumerate(best)]
    bound += sum(least, Fraction(0))
    most = [at_best + known - bound for at_best in least]
    return Reduced(
        bound,
        tuple(_last(partial(cost, i), most[i], best[i], lo[i]) for i in range(len(lo))),
        tuple(_last(partial(cost, i), most[i], best[i], hi[i]) for i in range(len(lo))),
    )


def _smallest(cost: Callable[[int], Fraction], lo: int, hi: int) -> int:
    """Where a convex sequence is smallest, by bisection on its increments."""
    while lo < hi:
        middle = (lo + hi) // 2
        lo, hi = (middle + 1, hi) if cost(middle + 1) < cost(middle) else (lo, middle)
    return lo


def _last(cost: Callable[[int], Fraction], most: Fraction, start: int, end: int) -> int:
    """The last number from `start`, where it is smallest, towards `end` at which a convex cost is at most `most`."""
    direction, near, far = (1 if end >= start else -1), 0, abs(end - start)
    while near < far:
        middle = (near + far + 1) // 2
        near, far = (middle, far) if cost(start + direction * middle) <= most else (near, middle - 1)
    return start + direction * near
