"""Two runs of one pool compared: an exact sum from the first allocation to the second.

    first → counts here → counts elsewhere → weights → total → rounding → rules → rules meeting other needs → second

What feeds the fair share, and what feeds the effect of the rules, is shared out by the Shapley value: averaged over
all orders in which the changes could have come (Shapley, "A value for n-person games", 1953).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import combinations

from workload.allocation.instance import Instance
from workload.allocation.justify import shapley
from workload.allocation.solver import greedy
from workload.errors import RequestError

GRAIN_STEPS = Fraction(1, 100)  # what rounding the need to whole units may move a fair share by, at most


class Change(StrEnum):
    COUNTS_HERE = "counts_here"
    COUNTS_ELSEWHERE = "counts_elsewhere"
    WEIGHTS = "weights"  # and indicators that only one run has
    TOTAL = "total"
    ROUNDING = "rounding"  # to whole steps, by whichever fairness
    RULES = "rules"  # another set of rules, or the same around another total or present state
    RULES_REACH = "rules_reach"  # the same rules stop other moves because the needs are others


FAIR_SHARE = (Change.COUNTS_HERE, Change.COUNTS_ELSEWHERE, Change.WEIGHTS, Change.TOTAL)


@dataclass(frozen=True, slots=True)
class Run:
    """One pool of one run. Σ counts × need_per_count is proportional to `instance.need`."""

    instance: Instance
    counts: Mapping[str, Sequence[Fraction]]  # component → (unit,)
    need_per_count: Mapping[str, Fraction]  # component → weight, ≥ 0


@dataclass(frozen=True, slots=True)
class UnitComparison:
    """One unit's way from the first final to the second; all in posts. before + Σ rows = after, exactly."""

    unit: str
    before: Fraction
    after: Fraction
    rows: tuple[tuple[Change, Fraction], ...]  # one row per change, in the order of `Change`


def compare(first: Run, second: Run) -> tuple[UnitComparison, ...]:
    """(unit,) what changed between two runs. Rows add, over units, to the change of the total.

    Raises:
        RequestError: other units or another step, several pools, or counts and weights that do not give a run's need.
        NoSolutionError: the rules of a run cannot all hold.
    """
    a, b = first.instance, second.instance
    if a.units != b.units or a.step != b.step:
        raise RequestError("plan_compare_units")
    if a.pools or b.pools:
        raise RequestError("plan_one_pool")
    shares = _fair_share_rows(first, second)
    before, after = _fair_shares(first), _fair_shares(second)
    free = [greedy(replace(run, rules=())) for run in (a, b)]
    effects = [[_effect(needs, rules) for rules in (a, b)] for needs in (a, b)]
    found = []
    for t, unit in enumerate(a.units):
        rounding = (free[1][t] - free[0][t]) * a.step - (after[t] - before[t])
        (aa, ab), (ba, bb) = ((by_rules[0][t], by_rules[1][t]) for by_rules in effects)
        rules = {Change.RULES: (ab - aa + bb - ba) / 2, Change.RULES_REACH: (ba - aa + bb - ab) / 2}
        rows = {**{change: shares[change][t] for change in FAIR_SHARE}, Change.ROUNDING: rounding, **rules}
        start, end = free[0][t] * a.step + aa, free[1][t] * a.step + bb
        found.append(UnitComparison(unit, start, end, tuple(rows.items())))
    return tuple(found)


def _fair_share_rows(first: Run, second: Run) -> dict[str, tuple[Fraction, ...]]:
    """Change → (unit,) posts of fair share due to it."""
    components = list(dict.fromkeys([*first.counts, *second.counts]))
    weights = [[Fraction(run.need_per_count.get(c, 0)) for c in components] for run in (first, second)]
    # What a run did not count it takes from the other: its appearing is a change of weights, from or to zero.
    tables = [
        [[Fraction(x) for x in (run.counts.get(c) or twin.counts[c])] for c in components]
        for run, twin in ((first, second), (second, first))
    ]
    posts = [run.instance.total_steps * run.instance.step for run in (first, second)]
    units = range(len(first.instance.units))
    needs = {
        (w, x): [
            sum((f * column[t] for f, column in zip(weights[w], tables[x], strict=True)), Fraction(0)) for t in units
        ]
        for w in (0, 1)
        for x in (0, 1)
    }
    worth = {}
    for coalition in (c for size in range(len(FAIR_SHARE) + 1) for c in combinations(FAIR_SHARE, size)):
        here, elsewhere, w, p = (change in coalition for change in FAIR_SHARE)
        alone, others = needs[w, here], needs[w, elsewhere]
        everything = sum(others, Fraction(0))
        totals = [everything - there + n for n, there in zip(alone, others, strict=True)]
        worth[frozenset[str](coalition)] = [
            posts[p] * n / total if total else Fraction(0) for n, total in zip(alone, totals, strict=True)
        ]
    return {change: shapley(worth, FAIR_SHARE, change) for change in FAIR_SHARE}


def _need(weights: Sequence[Fraction], table: Sequence[Sequence[Fraction]]) -> list[Fraction]:
    """(unit,) Σ weight × count; `table` is (component, unit)."""
    return [sum((w * x for w, x in zip(weights, row, strict=True)), Fraction(0)) for row in zip(*table, strict=True)]


def _fair_shares(run: Run) -> list[Fraction]:
    """(unit,) posts, from counts and weights."""
    instance = run.instance
    need = _need([Fraction(run.need_per_count[c]) for c in run.counts], list(run.counts.values()))
    total = sum(need, Fraction(0))
    shares = [instance.total_steps * n / total if total else Fraction(0) for n in need]
    for unit, share, quota in zip(instance.units, shares, instance.quotas, strict=True):
        if abs(share - quota) > GRAIN_STEPS:
            raise RequestError("plan_compare_need", unit=unit)
    return [share * instance.step for share in shares]


def _effect(needs: Instance, rules: Instance) -> list[Fraction]:
    """(unit,) posts that the rules of one run add at the needs of another."""
    asked = replace(rules, need=needs.need, fairness=needs.fairness, lot_seed=needs.lot_seed)
    free = greedy(replace(asked, rules=()))
    return [(x - y) * asked.step for x, y in zip(greedy(asked), free, strict=True)]
