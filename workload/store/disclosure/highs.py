"""HiGHS as scipy calls it, with types: the one place where the solver is reached."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

Floats = npt.NDArray[np.float64]

_scipy: Any = optimize  # scipy is not typed


@dataclass(frozen=True, slots=True)
class Solved:
    """x: (n,). multipliers: (m,) of the equations, change of the objective per unit of their right-hand side."""

    x: Floats
    multipliers: Floats


@dataclass(frozen=True, slots=True)
class Chosen:
    """x: (n,). bound: no solution is better. ended: whether the search went to its end (within the gap)."""

    x: Floats
    bound: float
    ended: bool


def linear(
    goal: Floats, matrix: sparse.csr_array, low: Floats, high: Floats, right: Floats | None = None
) -> Solved | None:
    """The least goal · x with matrix x = right (zero by default) and low ≤ x ≤ high; None where nothing is feasible."""
    sums = np.zeros(matrix.shape[0]) if right is None else right
    solved = _scipy.linprog(goal, A_eq=matrix, b_eq=sums, bounds=np.column_stack([low, high]), method="highs")
    return None if solved.x is None else Solved(np.asarray(solved.x), np.asarray(solved.eqlin.marginals))


def integer(
    goal: Floats,
    matrix: sparse.csr_array,
    sums: tuple[Floats, Floats],
    box: tuple[Floats, Floats],
    whole: Floats,
    options: dict[str, float],
) -> Chosen | None:
    """The least goal · x with sums[0] ≤ matrix x ≤ sums[1], box[0] ≤ x ≤ box[1] and x whole where `whole` is 1."""
    solved = _scipy.milp(
        goal,
        integrality=whole,
        bounds=_scipy.Bounds(*box),
        constraints=_scipy.LinearConstraint(matrix, *sums),
        options=options,
    )
    if solved.x is None:
        return None
    bound = solved.mip_dual_bound if solved.mip_dual_bound is not None else solved.fun
    return Chosen(np.asarray(solved.x), float(bound), bool(solved.status == 0))
