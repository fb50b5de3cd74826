from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workload.allocation.compare import Change, Run, compare
from workload.allocation.instance import Fairness, Instance
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import greedy
from workload.errors import RequestError


def run(counts, weights, total, rules=(), fairness=Fairness.LEAST_SQUARES):
    n = len(next(iter(counts.values())))
    need = tuple(sum(weights[c] * column[t] for c, column in counts.items()) for t in range(n))
    current = tuple(Fraction(2) for _ in range(n))
    instance = Instance(tuple(f"u{t}" for t in range(n)), need, current, total, Fraction(1, 2), fairness, rules=rules)
    return Run(
        instance,
        {c: tuple(map(Fraction, column)) for c, column in counts.items()},
        {c: Fraction(w) for c, w in weights.items()},
    )


@st.composite
def runs(draw):
    counts = {c: draw(st.lists(st.integers(1, 20), min_size=3, max_size=3)) for c in ("rsa", "age")}
    weights = {c: draw(st.integers(1, 9)) for c in counts}
    rules = draw(st.sampled_from([(), (LargestChange(3),), (MinimumPresence({"u0": 2}),), (Ceiling({"u1": 3}),)]))
    return run(counts, weights, draw(st.integers(5, 8)), rules, draw(st.sampled_from(Fairness)))


@settings(max_examples=150, deadline=None)
@given(runs(), runs())
def test_rows_add_to_the_difference_and_over_units_to_that_of_the_totals(first, second):
    found = compare(first, second)
    steps = greedy(first.instance), greedy(second.instance)
    for t, unit in enumerate(found):
        assert (unit.before * 2, unit.after * 2) == (steps[0][t], steps[1][t])
        assert sum(posts for _, posts in unit.rows) == unit.after - unit.before
    total = sum(posts for unit in found for _, posts in unit.rows)
    assert total * 2 == second.instance.total_steps - first.instance.total_steps
    back = compare(second, first)
    assert [[(c, -p) for c, p in unit.rows] for unit in back] == [list(unit.rows) for unit in found]


BASE = {"rsa": (30, 20, 10), "age": (10, 20, 30)}


def rows_of(first, second):
    found = compare(first, second)
    return {change: [dict(unit.rows)[change] for unit in found] for change in Change}


def test_only_what_changed_has_a_row():
    first = run(BASE, {"rsa": 3, "age": 1}, 12)
    counted = run({**BASE, "rsa": (90, 20, 10)}, {"rsa": 3, "age": 1}, 12)
    rows = rows_of(first, counted)
    assert rows[Change.COUNTS_HERE][0] > 0 == rows[Change.COUNTS_ELSEWHERE][0]
    assert rows[Change.COUNTS_HERE][1:] == [0, 0]
    assert all(posts < 0 for posts in rows[Change.COUNTS_ELSEWHERE][1:])
    assert not any([*rows[Change.WEIGHTS], *rows[Change.TOTAL], *rows[Change.RULES]])
    # Fair shares 6 × 100/240 and 6 × 280/420.
    assert rows[Change.COUNTS_HERE][0] == 6 * (Fraction(280, 420) - Fraction(100, 240))


def test_a_rule_that_is_new_is_told_from_one_that_meets_other_needs():
    first, weights = run(BASE, {"rsa": 3, "age": 1}, 12), {"rsa": 3, "age": 1}
    ruled = run(BASE, weights, 12, (Ceiling({"u0": 4}),))
    rows = rows_of(first, ruled)
    assert rows[Change.RULES][0] == -Fraction(1, 2)
    assert not any(rows[Change.RULES_REACH])
    more = run({**BASE, "rsa": (90, 20, 10)}, weights, 12, (Ceiling({"u0": 4}),))
    rows = rows_of(ruled, more)
    assert rows[Change.RULES_REACH][0] < 0
    assert not any(rows[Change.RULES])


def test_an_indicator_that_only_one_run_has_is_a_change_of_weights():
    first = run(BASE, {"rsa": 3, "age": 1}, 12)
    second = run({"rsa": BASE["rsa"]}, {"rsa": 3}, 12)
    rows = rows_of(first, second)
    assert not any([*rows[Change.COUNTS_HERE], *rows[Change.COUNTS_ELSEWHERE]])
    assert any(rows[Change.WEIGHTS])


def test_runs_that_cannot_be_compared_are_refused():
    first = run(BASE, {"rsa": 3, "age": 1}, 12)
    with pytest.raises(RequestError) as caught:
        compare(first, replace(first, instance=replace(first.instance, units=("u0", "u1", "x"))))
    assert caught.value.code == "plan_compare_units"
    with pytest.raises(RequestError) as caught:
        compare(first, replace(first, need_per_count={"rsa": Fraction(1), "age": Fraction(3)}))
    assert caught.value.code == "plan_compare_need"
