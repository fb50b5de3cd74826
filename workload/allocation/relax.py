"""Rules that cannot all hold get an answer: the least relaxation, rule by rule, and the allocation under it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from workload.allocation.instance import Instance, decimal_text
from workload.allocation.relaxed import Relaxed
from workload.allocation.solver import Allocation, solve
from workload.allocation.violation import Side, least_violation
from workload.errors import NoSolutionError


@dataclass(frozen=True, slots=True)
class Relaxation:
    """One side of one rule that gives way; in posts. `code` and `params` make its sentence (rule by its name)."""

    rule: str
    label: str  # a unit's id, or a group's label
    side: str  # "floor" or "ceiling"
    asked: Fraction | None  # None for a ratio, which asks no number of posts
    gives: Fraction  # posts by which it gives way, > 0

    @property
    def code(self) -> str:
        if self.asked is None:
            return "allocation_relaxed_ratio"
        return "allocation_relaxed_floor" if self.side == "floor" else "allocation_relaxed_ceiling"

    @property
    def params(self) -> dict[str, str]:
        kept = None if self.asked is None else self.asked + (self.gives if self.side == "ceiling" else -self.gives)
        figures = {"gives": self.gives, "asked": self.asked, "kept": kept}
        shown = {name: decimal_text(posts) for name, posts in figures.items() if posts is not None}
        return {"rule": self.rule, "group": self.label} | shown


@dataclass(frozen=True, slots=True)
class Answer:
    """An allocation, and what had to give for it: nothing when the rules can all hold."""

    instance: Instance  # under the relaxed rules: what `allocation` answers
    allocation: Allocation
    relaxations: tuple[Relaxation, ...]  # in the order of the rules
    alone: Mapping[str, Fraction | None]  # rule → posts it would have to give if it alone did; None if that cannot help


def solve_or_relax(
    instance: Instance,
    *,
    may_give: Collection[str] | None = None,
    first_to_give: Sequence[str] = (),
    time_limit_s: float | None = None,
) -> Answer:
    """The optimum, under the rules as they are or else after the least relaxation.

    Least is the total number of steps by which sides of rules give way, each counting the same; ties as in `violation`.
    Totals and payrolls never give.

    Args:
        instance: the question.
        may_give: names of rules that may give; None for all of them.
        first_to_give: names in the order in which they give first; the others give last.
        time_limit_s: see `solver.solve`.

    Raises:
        NoSolutionError: the rules that may not give contradict each other or the totals.
    """
    gives = least_violation(instance, may_give, first_to_give)
    if gives is None:
        raise NoSolutionError("allocation_cannot_relax")
    if not gives:
        return Answer(instance, solve(instance, time_limit_s=time_limit_s), (), {})
    relaxed = replace(
        instance,
        rules=tuple(
            Relaxed(rule, {(s.label, s.side): steps for s, steps in gives.items() if s.rule_index == r})
            if any(s.rule_index == r for s in gives)
            else rule
            for r, rule in enumerate(instance.rules)
        ),
    )
    return Answer(
        relaxed,
        solve(relaxed, time_limit_s=time_limit_s),
        tuple(_relaxation(side, steps, instance.step) for side, steps in gives.items()),
        alone_would_give(instance),
    )


def alone_would_give(instance: Instance) -> dict[str, Fraction | None]:
    """Per rule class, the posts it would have to give if all other rules held; None where no giving would help."""
    found: dict[str, Fraction | None] = {}
    for name in dict.fromkeys(rule.name for rule in instance.rules):
        gives = least_violation(instance, {name})
        found[name] = None if gives is None else sum(gives.values()) * instance.step
    return found


def _relaxation(side: Side, steps: int, step: Fraction) -> Relaxation:
    asked = side.row.lo if side.side == "floor" else side.row.hi
    is_ratio = any(a != 1 for _, a in side.row.terms)
    return Relaxation(
        side.rule, side.label, side.side, None if is_ratio or asked is None else asked * step, steps * step
    )
