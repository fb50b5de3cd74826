"""A linear programme solved in floats, with a lower bound that holds exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import optimize

GRAIN = 2**40  # multipliers are read as whole numbers of 1/GRAIN: any would give a bound, short ones are fast


@dataclass(frozen=True, slots=True)
class LinearProgramme:
    """min cost·x  with  rows·x ≤ limits,  equal·x = 1,  low ≤ x ≤ high; all exact, all bounds finite."""

    cost: Sequence[Fraction]
    rows: Sequence[Sequence[Fraction]]
    limits: Sequence[Fraction]
    equal: Sequence[Fraction]
    low: Sequence[Fraction]
    high: Sequence[Fraction]


def solve_with_bound(programme: LinearProgramme) -> tuple[list[float], Fraction] | None:
    """A point near the optimum, and a number the optimum is proven not to fall below; None where floats fail.

    Weak duality: for any y ≤ 0 and any z, cost·x ≥ y·limits + z + Σ_j min over [low_j, high_j] of the reduced cost
    (Neumaier & Shcherbina, "Safe bounds in linear and mixed-integer programming", Math. Programming 99, 2004).
    """
    found = optimize.linprog(  # type: ignore[attr-defined,no-untyped-call]
        np.array(programme.cost, dtype=float),
        A_ub=np.array(programme.rows, dtype=float),
        b_ub=np.array(programme.limits, dtype=float),
        A_eq=np.array([programme.equal], dtype=float),
        b_eq=[1.0],
        bounds=np.column_stack([np.array(programme.low, dtype=float), np.array(programme.high, dtype=float)]),
        method="highs",
    )
    if found.status != 0:
        return None
    y = [min(Fraction(round(m * GRAIN), GRAIN), Fraction(0)) for m in found.ineqlin.marginals]
    z = Fraction(round(found.eqlin.marginals[0] * GRAIN), GRAIN)
    reduced = [c - z * e for c, e in zip(programme.cost, programme.equal, strict=True)]
    bound = z
    for multiplier, row, limit in zip(y, programme.rows, programme.limits, strict=True):
        if multiplier:
            bound += multiplier * limit
            for j, a in enumerate(row):
                if a:
                    reduced[j] -= multiplier * a
    for r, low, high in zip(reduced, programme.low, programme.high, strict=True):
        bound += r * (low if r > 0 else high)
    return list(found.x), bound
