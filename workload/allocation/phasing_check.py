"""A verifier of plans that knows no solver: limits from their own parameters, and the least distances from a theorem.

What one unit can give (or get) in the years of the plan is a polymatroid, and so is the sum over units, whose rank is
the sum of theirs. Yearly totals m can therefore be given exactly when m(S) ≤ Σ rank(S) for every set S of years
(Edmonds, "Submodular functions, matroids, and certain polyhedra", 1970). So a year's total is the largest possible
after the years before it when one grain more would break one of these at most 2⁵ inequalities.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from math import lcm

from workload.allocation.check import CheckError
from workload.allocation.departures import assured, freed_by
from workload.allocation.instance import Instance
from workload.allocation.phasing import Plan, Source, Terms
from workload.allocation.register import Movable

Rank = Callable[[Sequence[int]], int]


def check_plan(instance: Instance, final: Sequence[int], movable: Sequence[Movable], terms: Terms, plan: Plan) -> None:
    """Raise CheckError unless the plan keeps every limit and comes as close to the allocation, as soon, as can be."""
    target = [x * instance.step for x in final]
    today = [c * instance.step for c in instance.current or ()]
    grain = _grain(instance, today, target)
    failures = list(_broken(today, target, terms, plan))
    if not failures:
        failures = list(_overdrawn(movable, terms, plan, grain))
    if not failures:
        failures = list(_slow(today, target, movable, terms, plan, grain))
    if failures:
        raise CheckError(failures)


def _broken(today: Sequence[Fraction], target: Sequence[Fraction], terms: Terms, plan: Plan) -> Iterator[str]:
    if len(plan.posts) != terms.years_n + 1 or list(plan.posts[0]) != list(today):
        yield "not a plan from today over the years asked for"
        return
    for y, (before, after) in enumerate(zip(plan.posts, plan.posts[1:], strict=False), start=1):
        if sum(after) != sum(today):
            yield f"year {y}: total {sum(after)}, not {sum(today)}"
        for unit, p, q, goal in zip(plan.units, before, after, target, strict=True):
            if not min(p, goal) <= q <= max(p, goal):
                yield f"year {y}: {unit} moves away from its target"
            if abs(q - p) > terms.yearly_by_unit.get(unit, abs(q - p)):
                yield f"year {y}: {unit} changes by more than its limit"
        moved = sum(abs(q - p) for p, q in zip(before, after, strict=True)) / 2
        if terms.yearly_total is not None and moved > terms.yearly_total:
            yield f"year {y}: {moved} posts moved, above the limit"
        if plan.distance[y - 1] != sum(abs(q - goal) for q, goal in zip(after, target, strict=True)):
            yield f"year {y}: distance misstated"
    if any(goal - q != rest for goal, q, rest in zip(target, plan.posts[-1], plan.remaining, strict=True)):
        yield "what remains is misstated"


def _overdrawn(movable: Sequence[Movable], terms: Terms, plan: Plan, grain: Fraction) -> Iterator[str]:
    """Moves that are not the falls in posts, or ride on more than there is."""
    for t, one in enumerate(movable):
        limits = _limits(one, terms, grain)
        for y in range(1, terms.years_n + 1):
            moves = [m for m in plan.moves if m.unit == one.unit and m.year <= y]
            fall = plan.posts[0][t] - plan.posts[y][t]
            if sum(m.posts for m in moves) != max(fall, Fraction(0)):
                yield f"year {y}: moves of {one.unit} are not its fall in posts"
            for source in Source:
                if sum(m.posts for m in moves if m.source is source) > limits[source][y - 1] * grain:
                    yield f"year {y}: {one.unit} gives more than it has ({source})"


def _limits(one: Movable, terms: Terms, grain: Fraction) -> dict[Source, list[int]]:
    """Grains that can have been given by the end of each year, by source."""
    years = range(1, terms.years_n + 1)
    expected = [assured(freed_by(one.leavers, y), terms.assurance) for y in years]
    free = [one.vacant + sum(one.departures[:y]) + e for y, e in zip(years, expected, strict=True)]
    occupied = max(one.occupied - expected[-1], Fraction(0)) if terms.occupied_allowed else Fraction(0)
    return {
        Source.FREE: [int(f / grain) for f in free],
        Source.VOLUNTEERS: [int(one.volunteers / grain)] * terms.years_n,
        Source.OCCUPIED: [int(occupied / grain)] * terms.years_n,
    }


def _slow(
    today: Sequence[Fraction],
    target: Sequence[Fraction],
    movable: Sequence[Movable],
    terms: Terms,
    plan: Plan,
    grain: Fraction,
) -> Iterator[str]:
    """Years in which one grain more could have moved."""
    gives, gets = [], []
    for one, now, goal in zip(movable, today, target, strict=True):
        yearly = terms.yearly_by_unit.get(one.unit)
        cap = None if yearly is None else int(yearly / grain)
        if now > goal:
            limits = zip(*_limits(one, terms, grain).values(), strict=True)
            gives.append(_rank([min(sum(by_source), int((now - goal) / grain)) for by_source in limits], cap))
        elif goal > now:
            gets.append(_rank([int((goal - now) / grain)] * terms.years_n, cap))
    most = None if terms.yearly_total is None else int(terms.yearly_total / grain)
    moved = [
        int(sum(abs(q - p) for p, q in zip(before, after, strict=True)) / 2 / grain)
        for before, after in zip(plan.posts, plan.posts[1:], strict=False)
    ]
    for y in range(terms.years_n):
        more = [*moved[:y], moved[y] + 1]
        subsets = [s for size in range(y + 2) for s in combinations(range(y + 1), size)]
        possible = all(
            sum(more[z] for z in s) <= sum(rank(s) for rank in side) for s in subsets for side in (gives, gets)
        )
        if possible and (most is None or more[y] <= most):
            yield f"year {y + 1}: more could have moved"


def _rank(by_year: Sequence[int], cap: int | None) -> Rank:
    """The most one unit can give in a set of years: as early as possible, under what it has by then and its limit."""

    def rank(years: Sequence[int]) -> int:
        given = 0
        for y in years:
            left = max(by_year[y] - given, 0)
            given += left if cap is None else min(left, cap)
        return given

    return rank


def _grain(instance: Instance, today: Sequence[Fraction], target: Sequence[Fraction]) -> Fraction:
    amounts = [instance.step, *(abs(goal - now) for now, goal in zip(today, target, strict=True))]
    return Fraction(1, lcm(*(amount.denominator for amount in amounts)))
