"""The proven optimum of the separable convex problem, beside HiGHS on the same increments."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from benchmarks.timing import Row, compare
from workload.allocation.instance import Fairness, Instance, to_instance
from workload.allocation.solver import greedy, solve


def _instance(units: int, steps: int, seed: int) -> Instance:
    need = np.random.default_rng(seed).lognormal(0, 1, units)
    names = [f"t{k:03d}" for k in range(units)]
    return to_instance(names, [int(n * 1e6) for n in need], steps, step=1, fairness=Fairness.LEAST_SQUARES)


def _highs(instance: Instance) -> None:
    """One binary per increment around the fair share, cost (2x+1)/n; convexity keeps them in order."""
    need = np.array(instance.need, dtype=float)
    quota = need / need.sum() * instance.total_steps
    low = np.maximum(np.floor(quota).astype(int) - 3, 0)
    x = low[:, None] + np.arange(7)[None, :]
    cost = ((2 * x + 1) / need[:, None]).ravel()
    rest = instance.total_steps - low.sum()
    found = milp(
        cost / cost.max(),
        constraints=LinearConstraint(np.ones((1, cost.size)), rest, rest),
        bounds=Bounds(0, 1),
        integrality=np.ones(cost.size),
    )
    assert found.success


def rows() -> list[Row]:
    département = _instance(6, 360, 1)
    large = _instance(600, 17_000, 2)
    draws = [_instance(6, 360, seed) for seed in range(200)]
    highs = "scipy.optimize.milp (HiGHS), window of ±3 given"
    return [
        compare(
            "allocate 360 steps to 6 units, greedy + CP-SAT + check",
            lambda: solve(département),
            highs,
            lambda: _highs(département),
        ),
        compare(
            "allocate 17,000 steps to 600 units, same", lambda: solve(large), highs, lambda: _highs(large), repeats=3
        ),
        compare(
            "200 stability draws of 6 units",
            lambda: [greedy(i) for i in draws],
            highs,
            lambda: [_highs(i) for i in draws],
            repeats=3,
        ),
    ]
