"""The optimum under pools and any rules: part by part, by the nested greedy where it is exact, else by `exact`.

The objective is summed over parts that share neither pool nor rule, or sorted over all of them: either way each part
at its own optimum makes the whole optimal.
"""

from dataclasses import dataclass
from fractions import Fraction

from workload.allocation.exact import PartAnswer, solve_part
from workload.allocation.instance import Fairness, Instance, decimal_text
from workload.allocation.nested import nested_greedy, tied_positions
from workload.allocation.objective import Value, increment_key, objective_key, terms
from workload.allocation.oracle import Oracle, OutOfTimeError
from workload.allocation.problem import Part, parts
from workload.allocation.rules import feasible_box
from workload.allocation.violation import least_violation
from workload.errors import NoSolutionError

GROUPS_NAMED_AT_MOST = 6


@dataclass(frozen=True, slots=True)
class General:
    steps: tuple[int, ...]  # (unit,)
    status: str  # as in `solver.Allocation`
    epsilon: Fraction
    bound: Value  # a valid lower bound of the first objectives, possibly short
    tied: tuple[int, ...]  # units the objective alone leaves open


def solve_general(instance: Instance, *, workers: int = 1, seed: int = 0, time_limit_s: float | None = None) -> General:
    """See `solver.solve`."""
    oracle = Oracle(workers, seed, time_limit_s)
    found = parts(instance, feasible_box(instance))
    answers = [_answer(instance, part, oracle) for part in found]
    return _together(instance, found, answers)


def _answer(instance: Instance, part: Part, oracle: Oracle) -> PartAnswer:
    try:
        answer = _greedy_answer(instance, part) if part.nested else solve_part(instance, part, oracle)
    except OutOfTimeError:
        raise NoSolutionError("allocation_no_answer_in_time") from None
    if answer is None:
        raise _conflict(instance)
    return answer


def _greedy_answer(instance: Instance, part: Part) -> PartAnswer | None:
    """Inside one pool of posts the order of increments is the one a single pool has."""
    total = part.rows[0].lo or 0
    if total == 0:  # nothing to order
        empty = nested_greedy(part, 0, lambda _, x: (x,))
        return None if empty is None else PartAnswer(empty, True, Fraction(0), None, ())
    alone = Instance(
        units=tuple(instance.units[t] for t in part.units),
        need=tuple(instance.need[t] for t in part.units),
        current=instance.current and tuple(instance.current[t] for t in part.units),
        total_steps=total,
        step=instance.step,
        fairness=instance.fairness,
        lot_seed=instance.lot_seed,
    )
    steps = nested_greedy(part, total, increment_key(alone))
    if steps is None:
        return None
    return PartAnswer(steps, True, Fraction(0), None, tied_positions(part, steps, objective_key(alone)))


def _conflict(instance: Instance) -> NoSolutionError:
    """Which rules would have to give, and by how many posts in all."""
    gives = least_violation(instance) or {}
    return NoSolutionError(
        "allocation_rules_conflict",
        rule=next((side.rule for side in gives), "total"),
        groups=", ".join(side.label for side in list(gives)[:GROUPS_NAMED_AT_MOST]),
        missing=decimal_text(sum(gives.values()) * instance.step),
    )


def _together(instance: Instance, found: tuple[Part, ...], answers: list[PartAnswer]) -> General:
    steps = [0] * len(instance.units)
    for part, answer in zip(found, answers, strict=True):
        for t, x in zip(part.units, answer.steps, strict=True):
            steps[t] = x
    epsilon = sum((answer.epsilon for answer in answers), Fraction(0))
    proven = all(answer.proven for answer in answers)
    return General(
        steps=tuple(steps),
        status="FEASIBLE" if not proven else "OPTIMAL_TO_EPSILON" if epsilon else "OPTIMAL",
        epsilon=epsilon,
        bound=_bound(instance, found, answers),
        tied=tuple(sorted(part.units[i] for part, answer in zip(found, answers, strict=True) for i in answer.varying)),
    )


def _bound(instance: Instance, found: tuple[Part, ...], answers: list[PartAnswer]) -> Value:
    """A lower bound of the first objective that is not proven: settled stages as they are, then one relaxed.

    A part without a bound of its own counts zero, since no term is negative.
    """
    stages = terms(instance)
    settled = len(stages) - 1 if instance.fairness is not Fairness.LEAST_ABSOLUTE else 1
    if any(not answer.proven and answer.bound is None for answer in answers) or settled < 1:
        return (Fraction(0),)
    exact = [
        sum(
            (
                term(t, x)
                for part, a in zip(found, answers, strict=True)
                for t, x in zip(part.units, a.steps, strict=True)
            ),
            Fraction(0),
        )
        for term in stages[:settled]
    ]
    last = sum(
        (
            sum((stages[settled](t, x) for t, x in zip(part.units, a.steps, strict=True)), Fraction(0))
            if a.proven and not a.epsilon
            else max(a.bound or Fraction(0), Fraction(0))
            for part, a in zip(found, answers, strict=True)
        ),
        Fraction(0),
    )
    return (*exact, last)
