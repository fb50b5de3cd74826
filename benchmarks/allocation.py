"""The proven optimum of the separable convex problem, beside HiGHS on the same increments."""

import random
import time
from fractions import Fraction

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_matrix

from benchmarks.timing import Row, compare
from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum
from workload.allocation.instance import Fairness, Instance, to_instance
from workload.allocation.pools import Cell, Where, pools_by
from workload.allocation.problem import resource_rows, rule_rows
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence, feasible_box
from workload.allocation.solver import greedy, solve
from workload.allocation.unit_rules import LockedPosts

HIGHS = "scipy.optimize.milp (HiGHS), window given"


def department(
    seed: int,
    territories: int = 6,
    missions: int = 5,
    professions: int = 8,
    fairness: Fairness = Fairness.LEAST_SQUARES,
    dimensions: tuple[str, ...] = ("profession",),
) -> Instance:
    """Half-posts for territory × mission × profession, a year of minutes each, under nine kinds of rules."""
    rng = random.Random(seed)
    cells = [
        Cell(f"t{t}", f"m{m}", f"p{p}", f"s{t}.{m % 2}")
        for t in range(territories)
        for m in range(missions)
        for p in range(professions)
    ]
    units = [f"{cell.territory}/{cell.mission}/{cell.profession}" for cell in cells]
    size = {f"t{t}": rng.lognormvariate(0, 0.6) for t in range(territories)}
    kind = {(f"m{m}", f"p{p}"): rng.lognormvariate(0, 0.7) for m in range(missions) for p in range(professions)}
    need = [
        int(3e5 * size[c.territory] * kind[c.mission, c.profession] * rng.lognormvariate(0, 0.25))
        if rng.random() > 0.05
        else 0
        for c in cells
    ]
    current = [Fraction(round(n / 48_000 * rng.lognormvariate(0, 0.2)), 2) for n in need]
    rules = (
        LargestChange(6),
        AtLeastOneOf("p0", 2),
        Ratio("p1", "p0", 1, 3),
        Ratio("p2", "p3", 2, 3, overall=True),
        SiteMinimum({f"s{t}.0": 12 for t in range(territories)}),
        *(_near(cells, current, Where(territory=f"t{t}"), 8) for t in range(territories)),
        *(_near(cells, current, Where(mission=f"m{m}"), 4) for m in range(missions)),
        MinimumPresence({units[3]: 1}),
        LockedPosts({units[5]: min(2, int(current[5] * 2))}),
        Ceiling({units[9]: 40}),
    )
    steps = [held * 2 for held in current]
    pools = pools_by(dimensions, units, cells, steps)
    return to_instance(
        units, need, sum(current), current=current, rules=rules, cells=cells, pools=pools, fairness=fairness
    )


def _near(cells: list[Cell], current: list[Fraction], where: Where, steps: int) -> GroupTotal:
    """A territory or a mission changes by so many half-posts at most."""
    held = int(2 * sum(posts for posts, cell in zip(current, cells, strict=True) if where.holds(cell)))
    return GroupTotal(where, max(0, held - steps), held + steps)


def _instance(units: int, steps: int, seed: int) -> Instance:
    need = np.random.default_rng(seed).lognormal(0, 1, units)
    names = [f"t{k:03d}" for k in range(units)]
    return to_instance(names, [int(n * 1e6) for n in need], steps, step=1, fairness=Fairness.LEAST_SQUARES)


def _highs(instance: Instance, reach: int = 3) -> None:
    """One binary per increment around the fair share, cost (2x+1)/q; convexity keeps them in order."""
    box = feasible_box(instance)
    quota = np.array([float(q) for q in instance.quotas])
    low = np.clip(np.floor(quota).astype(int) - reach, box.lo, box.hi)
    high = np.clip(np.floor(quota).astype(int) + reach + 1, box.lo, box.hi)
    columns = [(t, x) for t in range(len(low)) for x in range(low[t], high[t])]
    cost = np.array([(2 * x + 1) / quota[t] if quota[t] else (2 * x + 1) * 1e3 for t, x in columns])
    rows = [*resource_rows(instance), *(row for _, row in rule_rows(instance))]
    matrix, at = lil_matrix((len(rows), len(columns))), {}
    for j, (t, _) in enumerate(columns):
        at.setdefault(t, []).append(j)
    for r, row in enumerate(rows):
        for t, a in row.terms:
            matrix[r, at.get(t, [])] = a
    base = np.array([sum(a * low[t] for t, a in row.terms) for row in rows])
    lo = np.array([-np.inf if row.lo is None else row.lo for row in rows]) - base
    hi = np.array([np.inf if row.hi is None else row.hi for row in rows]) - base
    found = milp(
        cost / cost.max(),
        constraints=LinearConstraint(matrix.tocsr(), lo, hi),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(columns)),
        options={"mip_rel_gap": 0.0},
    )
    assert found.success


def _growth(sizes: list[tuple[int, int, int]]) -> str:
    """Seconds for départements of so many cells, to be printed beside the first."""
    parts = []
    for t, m, p in sizes:
        instance = department(3, t, m, p)
        start = time.perf_counter()
        assert solve(instance).status == "OPTIMAL"
        parts.append(f"{t * m * p} cells {time.perf_counter() - start:.2f} s")
    return ", ".join(parts)


def rows() -> list[Row]:
    small, large = _instance(6, 360, 1), _instance(600, 17_000, 2)
    draws = [_instance(6, 360, seed) for seed in range(200)]
    overall, leximin = department(1, dimensions=()), department(1, fairness=Fairness.LEAST_MAXIMUM)
    return [
        compare(
            "allocate 360 steps to 6 units, greedy + CP-SAT + check", lambda: solve(small), HIGHS, lambda: _highs(small)
        ),
        compare(
            "allocate 17,000 steps to 600 units, same", lambda: solve(large), HIGHS, lambda: _highs(large), repeats=3
        ),
        compare(
            "200 stability draws of 6 units",
            lambda: [greedy(i) for i in draws],
            HIGHS,
            lambda: [_highs(i) for i in draws],
            repeats=3,
        ),
        compare(
            "240 cells, 8 pools, all rules, proven and checked",
            lambda: solve(department(1)),
            HIGHS,
            lambda: _highs(department(1), 12),
            repeats=3,
            note=_growth([(6, 5, 8), (12, 5, 8), (24, 5, 8), (48, 5, 8)]),
        ),
        compare(
            "240 cells, one pool, all rules, same",
            lambda: solve(overall),
            HIGHS,
            lambda: _highs(overall, 12),
            repeats=3,
        ),
        compare(
            "240 cells, 8 pools, leximin (peer: least squares)",
            lambda: solve(leximin),
            HIGHS,
            lambda: _highs(leximin, 12),
            repeats=3,
        ),
    ]
