"""Thresholds against counting one by one; the next step and exchange against trying them all."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_allocation_optimal import feasible_allocations, instances, preference
from workload.allocation.instance import Fairness
from workload.allocation.margin import NEED, counterfactuals, margin
from workload.allocation.solver import greedy
from workload.errors import NoSolutionError


def solved(instance):
    try:
        return greedy(instance)
    except NoSolutionError:
        return None


def counted(instance, t, target, steps, each, least):
    """The nearest number of counts, up or down, that brings unit t to its target: by trying one after the other."""
    sign = 1 if target > steps[t] else -1
    for k in range(0, 250 if sign > 0 else least + 1):
        need = [n + sign * k * each * (u == t) for u, n in enumerate(instance.need)]
        if not any(need):
            return None
        x = greedy(replace(instance, need=tuple(need)))[t]
        if (x - target) * sign >= 0:
            return sign * k
    return None


@settings(max_examples=80, deadline=None)
@given(instances(max_units=3, max_total=6), st.data())
def test_thresholds_are_those_of_counting_one_by_one(instance, data):
    instance = replace(instance, need=tuple(min(n, 12) or 1 for n in instance.need))  # few enough to count
    steps = solved(instance)
    if steps is None:
        return
    t = data.draw(st.integers(0, len(instance.need) - 1))
    each = data.draw(st.integers(1, 3))
    own = data.draw(st.integers(0, instance.need[t] // each)) * each
    first = tuple(own if u == t else 0 for u in range(len(instance.need)))
    components = {"rsa": first, "rest": tuple(n - f for n, f in zip(instance.need, first, strict=True))}
    target = data.draw(st.sampled_from([None, max(steps[t] - 1, 0), steps[t] + 1]))
    rows = counterfactuals(instance, components, instance.units[t], need_per_count={"rsa": each}, target_steps=target)
    assert [row.component for row in rows] == ["rsa", "rest", NEED]
    for row, per, amount in zip(rows, (each, 1, 1), (own, instance.need[t] - own, instance.need[t]), strict=True):
        change = counted(instance, t, row.steps, steps, per, amount // per)
        assert row.from_count == Fraction(amount, per)
        if change is None:
            assert row.to_count is None or abs(row.to_count - row.from_count) >= 250 or amount == instance.need[t]
        else:
            assert row.to_count == row.from_count + change
            if amount:
                assert row.change_relative == Fraction(change * per, amount)


@settings(max_examples=150, deadline=None)
@given(instances(max_units=4, max_total=7))
def test_the_next_exchange_is_the_best_of_all_exchanges(instance):
    steps = solved(instance)
    if steps is None:
        return
    allowed = set(feasible_allocations(instance))
    tried = {}
    for giver in range(len(steps)):
        for taker in range(len(steps)):
            after = tuple(x - (t == giver) + (t == taker) for t, x in enumerate(steps))
            if giver != taker and after in allowed:
                tried[instance.units[giver], instance.units[taker]] = preference(instance, after)[:2]
    found = margin(instance, steps).exchange
    if found is None:
        assert not tried
    else:
        assert tried[found] == min(tried.values())


@settings(max_examples=100, deadline=None)
@given(instances(max_units=4, max_total=7))
def test_one_more_and_one_less_are_the_optimum_of_the_other_total(instance):
    steps = solved(instance)
    if steps is None:
        return
    found = margin(instance, steps)
    for changes, total in ((found.one_more, instance.total_steps + 1), (found.one_less, instance.total_steps - 1)):
        other = replace(instance, total_steps=max(total, 0))
        candidates = list(feasible_allocations(other)) if total >= 0 else []
        if not candidates:
            assert changes is None
            continue
        best = min(candidates, key=lambda one, other=other: preference(other, one))
        assert dict(changes) == {u: b - a for u, a, b in zip(instance.units, steps, best, strict=True) if a != b}
        if instance.fairness is not Fairness.LEAST_ABSOLUTE:
            assert len(changes) == 1  # divisor methods are house monotone: nobody loses when there is more
