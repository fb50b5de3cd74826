"""The solver against a search of every allocation, written from the definitions alone."""

import hashlib
import random
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workload.allocation.check import CheckError, check
from workload.allocation.instance import Fairness, Instance
from workload.allocation.objective import moved_steps, value
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import greedy, solve
from workload.errors import NoSolutionError


@st.composite
def instances(draw, max_units=4, max_total=9, with_rules=True):
    """Small instances rich in ties, zero needs, fractional currents and rules that bind or cannot all hold."""
    n = draw(st.integers(1, max_units))
    units = tuple(f"u{i}" for i in range(n))
    needs = st.one_of(st.integers(0, 4), st.integers(0, 40))
    need = draw(st.lists(needs, min_size=n, max_size=n).filter(any))
    quarter = st.integers(0, 16).map(lambda q: Fraction(q, 4))
    halves = st.integers(0, 4).map(Fraction)
    current = draw(st.none() | st.tuples(*[st.one_of(halves, quarter)] * n))
    rules = []
    if with_rules:
        some = st.dictionaries(st.sampled_from(units), st.integers(0, 3))
        rules = [MinimumPresence(draw(some))] * draw(st.booleans())
        rules += [Ceiling(draw(st.dictionaries(st.sampled_from(units), st.integers(0, 5))))] * draw(st.booleans())
        if current is not None and draw(st.booleans()):
            limits = st.one_of(st.integers(0, 3), st.dictionaries(st.sampled_from(units), st.integers(0, 3)))
            rules.append(LargestChange(draw(limits)))
    return Instance(
        units=units,
        need=tuple(need),
        current=current,
        total_steps=draw(st.integers(0, max_total)),
        step=Fraction(1, 2),
        fairness=draw(st.sampled_from(Fairness)),
        lot_seed=draw(st.sampled_from(["", "seed", "2026"])),
        rules=tuple(rules),
    )


def keeps_rules(instance, steps):
    for rule in instance.rules:
        for unit, x, current in zip(instance.units, steps, instance.current or steps, strict=True):
            if isinstance(rule, MinimumPresence) and x < rule.floors.get(unit, 0):
                return False
            if isinstance(rule, Ceiling) and x > rule.ceilings.get(unit, inf):
                return False
            if isinstance(rule, LargestChange):
                limit = rule.steps if isinstance(rule.steps, int) else rule.steps.get(unit, inf)
                if abs(x - current) > limit:
                    return False
    return True


def feasible_allocations(instance):
    for steps in product(range(instance.total_steps + 1), repeat=len(instance.units)):
        if sum(steps) == instance.total_steps and keeps_rules(instance, steps):
            yield steps


def unfairness(instance, steps):
    """The objective as the textbooks write it; the infinities of x = 0 kept apart, idle steps weighed first."""
    total, all_need = instance.total_steps, sum(instance.need)
    idle = sum(x**2 for x, n in zip(steps, instance.need, strict=True) if not n)
    served = [(x, n, Fraction(n * total, all_need)) for x, n in zip(steps, instance.need, strict=True) if n]
    if instance.fairness is Fairness.LEAST_SQUARES:
        return idle, sum((x - q) ** 2 / q for x, _, q in served) if total else 0
    if instance.fairness is Fairness.LEAST_ABSOLUTE:
        return idle, sum(abs(x - q) for x, _, q in served), sum((x - q) ** 2 for x, _, q in served)
    if instance.fairness is Fairness.GEOMETRIC:
        return idle, sum(n**2 for x, n, _ in served if not x), sum(Fraction(n**2, x) for x, n, _ in served if x)
    # n/ε for a very small ε stands for n/0 here: smaller than any difference between the finite ratios of a test.
    tiny = Fraction(1, 10**9)
    return idle, sorted((n / (x or tiny) for x, n, _ in served), reverse=True)


def preference(instance, steps):
    """Smaller is better: objective, steps moved, then more to the larger need, then to the smaller lot."""

    def place(t):
        text = instance.lot_seed + "\n" + instance.units[t]
        return -instance.need[t], hashlib.sha256(text.encode()).digest()

    moved = sum(abs(x - c) for x, c in zip(steps, instance.current, strict=True)) if instance.current else 0
    in_order = sorted(range(len(steps)), key=place)
    return unfairness(instance, steps), moved, [-steps[t] for t in in_order]


@settings(max_examples=700, deadline=None)
@given(instances())
def test_greedy_is_the_best_of_all_allocations(instance):
    candidates = list(feasible_allocations(instance))
    if not candidates:
        with pytest.raises(NoSolutionError):
            greedy(instance)
        return
    best = min(candidates, key=lambda steps: preference(instance, steps))
    assert greedy(instance) == best


@settings(max_examples=250, deadline=None)
@given(instances())
def test_solve_proves_and_states_the_same_optimum(instance):
    candidates = list(feasible_allocations(instance))
    if not candidates:
        with pytest.raises(NoSolutionError):
            solve(instance)
        return
    allocation = solve(instance)
    scores = {steps: unfairness(instance, steps) for steps in candidates}
    optimal = {steps for steps, score in scores.items() if score == min(scores.values())}
    assert allocation.steps in optimal
    assert allocation.objective == allocation.bound == min(value(instance, steps) for steps in candidates)
    assert {steps for steps in candidates if value(instance, steps) == allocation.objective} == optimal
    assert allocation.moved_steps == moved_steps(instance, allocation.steps)
    # Tied units are exactly those the objective lets differ between two optimal allocations.
    differing = {u for u, *xs in zip(instance.units, *optimal, strict=True) if len(set(xs)) > 1}
    assert set(allocation.tied) == differing


@settings(max_examples=60, deadline=None)
@given(instances(max_units=3, max_total=7))
def test_checker_accepts_the_optimum_and_nothing_else(instance):
    """Corruptions restate their own objective, bound and moves correctly: only the exchange test can catch them."""
    try:
        allocation = solve(instance)
    except NoSolutionError:
        return
    for steps in product(range(instance.total_steps + 1), repeat=len(instance.units)):
        if steps == allocation.steps:
            continue
        stated = value(instance, steps)
        corrupted = replace(
            allocation, steps=steps, objective=stated, bound=stated, moved_steps=moved_steps(instance, steps)
        )
        with pytest.raises(CheckError):
            check(instance, corrupted)


def test_checker_rejects_a_thousand_corruptions():
    rng = random.Random(20020601)
    rejected = 0
    while rejected < 1000:
        n = rng.randint(2, 12)
        units = tuple(f"t{i}" for i in range(n))
        instance = Instance(
            units=units,
            need=(*(rng.randint(0, 500) for _ in range(n - 1)), rng.randint(1, 500)),
            current=tuple(Fraction(rng.randint(0, 60), 4) for _ in range(n)) if rng.random() < 0.7 else None,
            total_steps=rng.randint(n, 120),
            step=Fraction(1, 2),
            fairness=rng.choice(list(Fairness)),
            rules=(MinimumPresence({unit: rng.randint(0, 1) for unit in units}),),
        )
        allocation = solve(instance)
        check(instance, allocation)
        for _ in range(20):
            steps = list(allocation.steps)
            if rng.random() < 0.6:  # keep the total: some transfers keep every rule as well
                giver, taker = rng.sample(range(n), 2)
                amount = rng.randint(1, 3)
                steps[giver] -= amount
                steps[taker] += amount
            else:
                steps[rng.randrange(n)] += rng.choice([-2, -1, 1, 2])
            moved = moved_steps(instance, steps)
            stated = value(instance, steps) if min(steps) >= 0 else allocation.objective
            with pytest.raises(CheckError):
                check(
                    instance,
                    replace(allocation, steps=tuple(steps), objective=stated, bound=stated, moved_steps=moved),
                )
            rejected += 1


@settings(max_examples=150, deadline=None)
@given(instances(max_units=6, max_total=40), st.randoms(use_true_random=False))
def test_order_of_units_changes_nothing(instance, rng):
    order = list(range(len(instance.units)))
    rng.shuffle(order)
    shuffled = replace(
        instance,
        units=tuple(instance.units[t] for t in order),
        need=tuple(instance.need[t] for t in order),
        current=instance.current and tuple(instance.current[t] for t in order),
    )
    try:
        steps = greedy(instance)
    except NoSolutionError:
        with pytest.raises(NoSolutionError):
            greedy(shuffled)
        return
    assert sum(steps) == instance.total_steps
    assert greedy(shuffled) == tuple(steps[t] for t in order)


@settings(max_examples=150, deadline=None)
@given(instances(max_units=6, max_total=40), st.integers(2, 10**6))
def test_unit_of_need_and_names_change_nothing(instance, factor):
    """Minutes or hours give the same posts; new names do too, where no lot decides."""
    try:
        steps = greedy(instance)
    except NoSolutionError:
        return
    scaled = replace(instance, need=tuple(n * factor for n in instance.need))
    assert greedy(scaled) == steps
    if len(set(instance.need)) == len(instance.need) and not instance.rules:
        renamed = replace(instance, units=tuple(f"renamed {unit}" for unit in instance.units))
        assert greedy(renamed) == steps


@settings(max_examples=150, deadline=None)
@given(instances(max_units=6, max_total=40, with_rules=False))
def test_one_more_step_takes_none_away(instance):
    """House monotonicity, the property Hamilton lacks (the Alabama paradox)."""
    if instance.fairness is Fairness.LEAST_ABSOLUTE:
        return
    more = greedy(replace(instance, total_steps=instance.total_steps + 1))
    assert all(x <= y for x, y in zip(greedy(instance), more, strict=True))


def test_hamilton_shows_the_alabama_paradox():
    """Balinski & Young 2001: the known failure, so that the property above is not vacuous."""
    instance = Instance(("A", "B", "C"), (6, 6, 2), None, 10, Fraction(1), Fairness.LEAST_ABSOLUTE)
    assert greedy(instance) == (4, 4, 2)
    assert greedy(replace(instance, total_steps=11)) == (5, 5, 1)


@settings(max_examples=200, deadline=None)
@given(instances(max_units=6, max_total=40), st.data())
def test_more_need_never_lowers_a_unit(instance, data):
    instance = replace(instance, fairness=Fairness.LEAST_SQUARES)
    t = data.draw(st.integers(0, len(instance.units) - 1))
    need = list(instance.need)
    need[t] += data.draw(st.integers(1, 50))
    needier = replace(instance, need=tuple(need))
    assert needier.quotas[t] >= instance.quotas[t]
    try:
        before = greedy(instance)
    except NoSolutionError:
        return
    assert greedy(needier)[t] >= before[t]
