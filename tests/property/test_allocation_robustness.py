"""Bounds over weights against every vertex; what a unit can reach against all breakpoints of two weights."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workload.allocation.instance import Fairness, Instance
from workload.allocation.robustness import Basis, Verdict, move_robustness
from workload.allocation.rules import LargestChange, MinimumPresence, feasible_box
from workload.allocation.solver import greedy
from workload.allocation.step_forms import weighed_need
from workload.allocation.weight_box import order_bounds, share_bounds

FIFTH = Fraction(1, 5)


@st.composite
def questions(draw, max_units=3, components_n=2, max_total=8):
    n = draw(st.integers(2, max_units))
    table = draw(
        st.lists(
            st.lists(st.integers(0, 30), min_size=components_n, max_size=components_n), min_size=n, max_size=n
        ).filter(lambda rows: all(map(sum, zip(*rows, strict=True))))
    )
    total = draw(st.integers(1, max_total))
    current = draw(st.lists(st.integers(0, total), min_size=n, max_size=n))
    rules = (LargestChange(draw(st.integers(1, 4))),) if sum(current) == total and draw(st.booleans()) else ()
    if not rules and total >= n and draw(st.booleans()):
        rules = (MinimumPresence({"u0": 1}),)
    instance = Instance(
        tuple(f"u{i}" for i in range(n)), tuple(map(sum, table)), tuple(map(Fraction, current)), total,
        Fraction(1, 2), draw(st.sampled_from(Fairness)), rules=rules,
    )  # fmt: skip
    return instance, {f"c{k}": tuple(row[k] for row in table) for k in range(components_n)}


@settings(max_examples=150, deadline=None)
@given(questions(max_units=5, components_n=4), st.sampled_from([Fraction(0), FIFTH, Fraction(1, 2)]))
def test_fair_share_bounds_are_those_of_all_vertices(question, off):
    instance, components = question
    corners = list(product((1 - off, 1 + off), repeat=len(components)))
    for t, found in enumerate(share_bounds(instance, components, off)):
        shares = []
        for corner in corners:
            need = [
                sum(w * column[u] for w, column in zip(corner, components.values(), strict=True))
                for u in range(len(instance.units))
            ]
            shares.append(need[t] / sum(need) * instance.total_steps * instance.step)
        assert (found.low, found.high) == (min(shares), max(shares))


@settings(max_examples=150, deadline=None)
@given(questions(max_units=4, components_n=3), st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any))
def test_order_bounds_hold_for_every_weights_in_that_order(question, weights):
    instance, counts = question
    weights = sorted(weights, reverse=True)
    need = [
        sum(w * column[t] for w, column in zip(weights, counts.values(), strict=True))
        for t in range(len(instance.units))
    ]
    for (_, low, high), n in zip(order_bounds(instance, counts, tuple(counts)), need, strict=True):
        assert low <= Fraction(n, sum(need)) * instance.total_steps * instance.step <= high


def ratios_to_try(instance, table, off):
    """With two components only w₂/w₁ = r counts, and the answer changes where two increments change order: there, and
    once between any two neighbours, the whole interval has been seen."""
    least, most = (1 - off) / (1 + off), (1 + off) / (1 - off)
    marks = {least, most}
    xs = range(instance.total_steps + 1)
    total = sum(np.array(table)).astype(float)
    for (a, u), (b, v) in product(enumerate(table), repeat=2):
        for x, y in product(xs, xs):
            if a >= b:
                continue
            if instance.fairness is Fairness.LEAST_ABSOLUTE:  # x − T·n_u/N = y − T·n_v/N
                p = [(x - y) * total[k] - instance.total_steps * (u[k] - v[k]) for k in (0, 1)]
            else:
                d = {
                    Fairness.LEAST_SQUARES: lambda s: 2 * s + 1,
                    Fairness.LEAST_MAXIMUM: lambda s: s,
                    Fairness.GEOMETRIC: lambda s: (s * (s + 1)) ** 0.5,
                }[instance.fairness]
                p = [(d(x) or 1) * v[k] - (d(y) or 1) * u[k] for k in (0, 1)]
            if p[1]:
                marks.add(Fraction(-p[0] / p[1]))
    inside = sorted(r for r in marks if least <= r <= most)
    return [*inside, *((a + b) / 2 for a, b in pairwise(inside))]


@settings(max_examples=120, deadline=None)
@given(questions(), st.sampled_from([FIFTH, Fraction(1, 2)]))
def test_reached_posts_are_all_that_two_weights_can_reach(question, off):
    instance, components = question
    table = list(zip(*components.values(), strict=True))
    steps = greedy(instance)
    tried = [
        greedy(replace(instance, need=weighed_need(table, (Fraction(1), r))))
        for r in ratios_to_try(instance, table, off)
    ]
    for t, found in enumerate(move_robustness(instance, components, steps, off, rng=np.random.default_rng(0))):
        assert found.basis is Basis.EXACT
        assert found.bounded
        posts = [one[t] * instance.step for one in (*tried, steps)]
        assert (found.low, found.high) == (min(posts), max(posts))


@settings(max_examples=60, deadline=None)
@given(questions(max_units=4, components_n=3, max_total=12))
def test_verdicts_hold_on_random_weights_and_their_counterexamples_are_real(question):
    instance, components = question
    table = list(zip(*components.values(), strict=True))
    steps, rng = greedy(instance), np.random.default_rng(1)
    found = move_robustness(instance, components, steps, FIFTH, rng=rng)
    for factors in rng.integers(800, 1201, (40, len(components))):
        other = greedy(replace(instance, need=weighed_need(table, tuple(Fraction(int(f), 1000) for f in factors))))
        for one, x, current in zip(found, other, instance.current, strict=True):
            assert one.low <= x * instance.step <= one.high
            if one.direction is Verdict.SURVIVES:
                assert (x - current) * one.change > 0
    for t, one in enumerate(found):
        if one.factors is not None:
            undone = greedy(replace(instance, need=weighed_need(table, one.factors)))[t] - instance.current[t]
            assert (
                undone * one.change <= 0
                if one.direction is Verdict.DOES_NOT
                else abs(undone) * instance.step < abs(one.change)
            )


def test_nothing_off_nothing_moves():
    instance = Instance(("a", "b"), (6, 4), (Fraction(5), Fraction(5)), 10, Fraction(1, 2))
    for one in move_robustness(instance, {"x": (1, 2), "y": (5, 2)}, (6, 4), Fraction(0), rng=np.random.default_rng(0)):
        assert one.low == one.high
        assert one.direction is one.size is Verdict.SURVIVES


def test_feasible_box_is_kept():
    instance = Instance(("a", "b"), (60, 40), (Fraction(5), Fraction(5)), 10, Fraction(1, 2), rules=(LargestChange(1),))
    found = move_robustness(
        instance, {"x": (50, 10), "y": (10, 30)}, greedy(instance), Fraction(1, 2), rng=np.random.default_rng(0)
    )
    box = feasible_box(instance)
    assert [(one.low * 2, one.high * 2) for one in found] == [(box.lo[0], box.hi[0]), (box.lo[1], box.hi[1])]


@pytest.mark.parametrize("fairness", Fairness)
def test_six_territories_twenty_indicators(fairness):
    rng = np.random.default_rng(5)
    size = rng.lognormal(0, 0.4, (6, 1)) * 2000
    table = np.rint(size * rng.lognormal(0, 0.15, (6, 20)) * rng.lognormal(0, 1, 20)).astype(int)
    instance = Instance(
        tuple("abcdef"), tuple(int(n) for n in table.sum(1)), (Fraction(60),) * 6, 360, Fraction(1, 2), fairness
    )
    components = {f"c{k}": [int(n) for n in table[:, k]] for k in range(20)}
    found = move_robustness(instance, components, greedy(instance), FIFTH, rng=rng)
    assert all(one.bounded for one in found)
