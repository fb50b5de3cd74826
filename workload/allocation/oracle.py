"""CP-SAT with one deadline over many questions."""

import time
from collections.abc import Sequence

from ortools.sat.python import cp_model

from workload.allocation.instance import Row

DETERMINISTIC_SECONDS = 60.0  # per question; not wall time: the same on every machine
FEASIBILITY_SECONDS = 1.0  # given even after the deadline: some answer is worth more than none


class OutOfTimeError(Exception):
    """CP-SAT stopped before it had proven its answer."""


class Oracle:
    """Answers questions until `time_limit_s` seconds have passed; without one only work, not time, is limited."""

    def __init__(self, workers: int = 1, seed: int = 0, time_limit_s: float | None = None) -> None:
        self.solver = cp_model.CpSolver()
        self.solver.parameters.num_workers = workers
        self.solver.parameters.random_seed = seed
        self.solver.parameters.max_deterministic_time = DETERMINISTIC_SECONDS
        self.deadline = None if time_limit_s is None else time.monotonic() + time_limit_s

    def solve(self, model: cp_model.CpModel, at_least_s: float = 0.0) -> cp_model.CpSolverStatus:
        if self.deadline is not None:
            left = max(self.deadline - time.monotonic(), at_least_s)
            if left <= 0:
                raise OutOfTimeError
            self.solver.parameters.max_time_in_seconds = left
        return self.solver.solve(model)

    def value(self, literal: cp_model.IntVar) -> int:
        return self.solver.value(literal)


def any_allocation(rows: Sequence[Row], lo: Sequence[int], hi: Sequence[int], oracle: Oracle) -> list[int] | None:
    """Some steps inside the box that keep every row, or None when there are none."""
    model = cp_model.CpModel()
    x = [model.new_int_var(a, b, "") for a, b in zip(lo, hi, strict=True)]
    for row in rows:
        total = cp_model.LinearExpr.weighted_sum([x[t] for t, _ in row.terms], [a for _, a in row.terms])
        if row.lo is not None:
            model.add(total >= row.lo)
        if row.hi is not None:
            model.add(total <= row.hi)
    status = oracle.solve(model, FEASIBILITY_SECONDS)
    if status == cp_model.INFEASIBLE:
        return None
    if status != cp_model.OPTIMAL:
        raise OutOfTimeError
    return [oracle.value(v) for v in x]
