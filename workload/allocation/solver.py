"""The allocation: the exact greedy, proven by optimality of its increments and cross-checked by CP-SAT.

The objective is separable and convex and rules are boxes around a constant total, so giving out one step after the
other, each time the smallest increment, is optimal (Ibaraki & Katoh, "Resource Allocation Problems", 1988, chap. 4;
Federgruen & Groenevelt, Operations Research 34(6), 1986). Increments have a total order, so the optimum is unique.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import heapify, heappop, heapreplace

from ortools.sat.python import cp_model

from workload.allocation.check import check
from workload.allocation.general import General, solve_general
from workload.allocation.instance import Instance
from workload.allocation.objective import Value, increment_key, moved_steps, objective_key, value
from workload.allocation.problem import is_one_box, rule_rows
from workload.allocation.rules import Box, feasible_box
from workload.errors import WorkloadError

# Optimal within ±1 of itself is optimal everywhere (M-convexity; Murota, "Discrete Convex Analysis", 2003, th. 6.26).
# One step more than that, so that CP-SAT could also find two-step moves if the reasoning were wrong.
WINDOW_STEPS = 2
CP_SAT_DETERMINISTIC_SECONDS = 60.0  # not wall time: the same on every machine; 600 units need less than one


@dataclass(frozen=True, slots=True)
class Binding:
    """A rule that stops a unit or a group: `side` is "floor" or "ceiling"."""

    unit: str  # a unit's id, or the label of a group of cells
    rule: str
    side: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """The answer and what proves it."""

    steps: tuple[int, ...]  # (unit,)
    objective: Value  # exact; see `objective.value`
    status: str  # "OPTIMAL"; "OPTIMAL_TO_EPSILON"; "FEASIBLE" when the time was up before the proof
    bound: Value  # exact lower bound of the objective, compared as far as it goes; equal to it when optimal
    binding: tuple[Binding, ...]  # rules at whose bound a unit stands
    tied: tuple[str, ...]  # units the objective could not tell apart at the last step, some served, some not
    moved_steps: Fraction | None  # Σ |x − current|; None without a current state
    epsilon: Fraction = Fraction(0)  # what the objective might still gain under "OPTIMAL_TO_EPSILON"
    wall_time_s: float = field(default=0.0, compare=False)

    def posts(self, step: Fraction) -> tuple[Fraction, ...]:
        """(unit,) posts."""
        return tuple(x * step for x in self.steps)


def solve(instance: Instance, *, workers: int = 1, seed: int = 0, time_limit_s: float | None = None) -> Allocation:
    """The unique optimal allocation. One pool and boxes: greedy, CP-SAT and exchange check must agree; else `general`.

    Args:
        instance: the question.
        workers: threads of CP-SAT; they never change a proven answer.
        seed: of CP-SAT; nor does it.
        time_limit_s: give the best allocation known by then, its status "FEASIBLE" unless it is proven.

    Raises:
        NoSolutionError: the rules cannot all hold, or no allocation was found in time.
        WorkloadError: the methods disagree; a defect of ours, never of the input.
    """
    start = time.perf_counter()
    allocation = (
        _solve_box(instance, workers, seed)
        if is_one_box(instance)
        else _solve_general(instance, solve_general(instance, workers=workers, seed=seed, time_limit_s=time_limit_s))
    )
    check(instance, allocation)
    return replace(allocation, wall_time_s=time.perf_counter() - start)


def _solve_general(instance: Instance, found: General) -> Allocation:
    objective = value(instance, found.steps)
    return Allocation(
        steps=found.steps,
        objective=objective,
        status=found.status,
        bound=objective if found.status == "OPTIMAL" else found.bound,
        binding=(*_binding(instance, found.steps), *_binding_rows(instance, found.steps)),
        tied=tuple(instance.units[t] for t in found.tied),
        moved_steps=moved_steps(instance, found.steps),
        epsilon=found.epsilon,
    )


def _solve_box(instance: Instance, workers: int, seed: int) -> Allocation:
    box = feasible_box(instance)
    steps = greedy(instance, box)
    _confirm(instance, box, steps, workers, seed)
    objective = value(instance, steps)
    return Allocation(
        steps=steps,
        objective=objective,
        status="OPTIMAL",
        bound=objective,
        binding=_binding(instance, steps),
        tied=_tied(instance, box, steps),
        moved_steps=moved_steps(instance, steps),
    )


def greedy(instance: Instance, box: Box | None = None) -> tuple[int, ...]:
    """(unit,) steps: from the floors, each further step to the smallest increment. Exact; O(total · log units).

    Pass `box` where many instances share their rules. With pools or rules about groups it is the general optimum,
    without the checks of `solve`. Raises NoSolutionError when the rules cannot all hold.
    """
    if not is_one_box(instance):
        return solve_general(instance).steps
    lo, hi = box or feasible_box(instance)
    key = increment_key(instance)
    steps = list(lo)
    waiting = [(key(t, x), t) for t, x in enumerate(lo) if x < hi[t]]
    heapify(waiting)
    for _ in range(instance.total_steps - sum(lo)):
        t = waiting[0][1]
        steps[t] += 1
        if steps[t] < hi[t]:
            heapreplace(waiting, (key(t, steps[t]), t))
        else:
            heappop(waiting)
    return tuple(steps)


def _confirm(instance: Instance, box: Box, steps: Sequence[int], workers: int, seed: int) -> None:
    """CP-SAT, free to move each unit by a few steps, must come back with the same allocation and prove it.

    An increment costs its rank in the total order: under a box any costs in the same order have the same optimum, and
    ranks are small integers, so nothing is scaled or rounded.
    """
    key = increment_key(instance)
    low = [max(lo, x - WINDOW_STEPS) for lo, x in zip(box.lo, steps, strict=True)]
    high = [min(hi, x + WINDOW_STEPS) for hi, x in zip(box.hi, steps, strict=True)]
    increments = [(t, x) for t in range(len(steps)) for x in range(low[t], high[t])]
    ranked = sorted(increments, key=lambda increment: key(*increment))

    model = cp_model.CpModel()
    given = {(t, x): model.new_bool_var(f"{t}:{x + 1}") for t, x in increments}
    for t, x in increments:
        if (t, x + 1) in given:
            model.add_implication(given[t, x + 1], given[t, x])
    model.add(cp_model.LinearExpr.sum(list(given.values())) == instance.total_steps - sum(low))
    ranks = list(range(1, len(ranked) + 1))
    model.minimize(cp_model.LinearExpr.weighted_sum([given[increment] for increment in ranked], ranks))

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    solver.parameters.max_deterministic_time = CP_SAT_DETERMINISTIC_SECONDS
    status = solver.solve(model)
    if status != cp_model.OPTIMAL:
        raise WorkloadError("allocation_not_proven", status=solver.status_name(status))
    found = list(low)
    for (t, _), variable in given.items():
        found[t] += solver.value(variable)
    if found != list(steps):
        raise WorkloadError("allocation_solvers_disagree", greedy=list(steps), cp_sat=found)


def _binding(instance: Instance, steps: Sequence[int]) -> tuple[Binding, ...]:
    return tuple(
        Binding(unit, rule.name, side)
        for rule in instance.rules
        for unit, bound, x in zip(instance.units, rule.bounds(instance), steps, strict=True)
        for side, stands in (("floor", 0 < bound.lo == x), ("ceiling", bound.hi == x))
        if stands
    )


def _binding_rows(instance: Instance, steps: Sequence[int]) -> tuple[Binding, ...]:
    """Conditions over several units that hold without a step to spare."""
    found = []
    for rule, row in rule_rows(instance):
        held = sum(a * steps[t] for t, a in row.terms)
        if row.lo is not None and held - row.lo < row.per_step and (row.lo > 0 or min(a for _, a in row.terms) < 0):
            found.append(Binding(row.label, rule, "floor"))
        if row.hi is not None and row.hi - held < row.per_step:
            found.append(Binding(row.label, rule, "ceiling"))
    return tuple(found)


def _tied(instance: Instance, box: Box, steps: Sequence[int]) -> tuple[str, ...]:
    """Units whose increment is worth the same as the last one given; empty when all of them were served."""
    key = objective_key(instance)
    taken = {t: key(t, x - 1) for t, x in enumerate(steps) if x > box.lo[t]}
    refused = {t: key(t, x) for t, x in enumerate(steps) if x < box.hi[t]}
    last = max(taken.values(), default=None)
    if last not in refused.values():
        return ()
    return tuple(unit for t, unit in enumerate(instance.units) if last in (taken.get(t), refused.get(t)))
