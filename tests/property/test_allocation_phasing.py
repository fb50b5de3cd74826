"""Plans against every plan there is, on small instances; and the verifier against plans made worse."""

import hashlib
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workload.allocation.check import CheckError
from workload.allocation.departures import freed_by
from workload.allocation.instance import Instance
from workload.allocation.phasing import Source, Terms, phase
from workload.allocation.phasing_check import check_plan
from workload.allocation.register import Leavers, Movable


@st.composite
def questions(draw, years_n=2):
    """Whole posts, at most four units: two or three moves at most, so that every plan can be tried."""
    n = draw(st.integers(2, 4))
    current = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    final = current.copy()
    for giver, taker in draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=3)):
        final[giver] -= final[giver] > 0
        final[taker] += sum(final) < sum(current)
    units = tuple(f"u{i}" for i in range(n))
    few = st.integers(0, 2).map(Fraction)
    movable = tuple(
        Movable(unit, draw(few), tuple(draw(few) for _ in range(years_n)), draw(few), draw(few), 9) for unit in units
    )
    by_unit = draw(st.dictionaries(st.sampled_from(units), st.integers(0, 2).map(Fraction), max_size=2))
    terms = Terms(years_n, draw(st.booleans()), draw(st.none() | st.integers(0, 3).map(Fraction)), by_unit)
    need = tuple(draw(st.integers(1, 3)) for _ in units)
    return Instance(units, need, tuple(map(Fraction, current)), sum(final), Fraction(1)), tuple(final), movable, terms


def every_plan(instance, final, movable, terms):
    """All (given, taken): given[unit][source][year], taken[unit][year], written from the rules alone."""
    years = range(terms.years_n)
    sides = []
    for t, (unit, m) in enumerate(zip(instance.units, movable, strict=True)):
        change = final[t] - int(instance.current[t])
        cap = terms.yearly_by_unit.get(unit, 99)
        limits = [
            [m.vacant + sum(m.departures[: y + 1]) for y in years],
            [m.volunteers for _ in years],
            [m.occupied if terms.occupied_allowed else 0 for _ in years],
        ]
        found = []
        for flat in product(range(abs(change) + 1), repeat=terms.years_n * (3 if change < 0 else 1)):
            rows = [flat[i : i + terms.years_n] for i in range(0, len(flat), terms.years_n)]
            by_year = [sum(row[y] for row in rows) for y in years]
            if sum(by_year) > abs(change) or any(g > cap for g in by_year):
                continue
            if change < 0 and any(sum(rows[s][: y + 1]) > limits[s][y] for s in range(3) for y in years):
                continue
            found.append((change < 0, rows, by_year))
        sides.append(found)
    for chosen in product(*sides):
        given = [sum(c[2][y] for c in chosen if c[0]) for y in years]
        taken = [sum(c[2][y] for c in chosen if not c[0]) for y in years]
        if given == taken and (terms.yearly_total is None or all(g <= terms.yearly_total for g in given)):
            yield chosen


def preference(instance, chosen, years_n):
    def place(t):
        text = instance.lot_seed + "\n" + instance.units[t]
        return -instance.need[t], hashlib.sha256(text.encode()).digest()

    order = sorted(range(len(chosen)), key=place)
    givers = [chosen[t] for t in range(len(chosen)) if chosen[t][0]]
    return (
        [-sum(g[2][y] for g in givers) for y in range(years_n)],
        sum(sum(g[1][2]) for g in givers),
        sum(sum(g[1][1]) for g in givers),
        [[-x for x in chosen[t][2]] for t in order if not chosen[t][0]],
        [
            ([-x for x in chosen[t][2]], [-row[y] for y in range(years_n) for row in chosen[t][1]])
            for t in reversed(order)
            if chosen[t][0]
        ],
    )


@settings(max_examples=200, deadline=None)
@given(questions())
def test_the_plan_is_the_best_of_all_plans(question):
    instance, final, movable, terms = question
    best = min(every_plan(*question), key=lambda chosen: preference(instance, chosen, terms.years_n))
    plan = phase(instance, final, movable, terms)
    check_plan(instance, final, movable, terms, plan)
    for t, (gives, rows, by_year) in enumerate(best):
        changes = [plan.posts[y + 1][t] - plan.posts[y][t] for y in range(terms.years_n)]
        assert changes == [-x if gives else x for x in by_year]
        if gives:
            for s, source in enumerate(Source):
                moves = {m.year: m.posts for m in plan.moves if m.unit == instance.units[t] and m.source is source}
                assert [moves.get(y + 1, 0) for y in range(terms.years_n)] == list(rows[s])


@settings(max_examples=100, deadline=None)
@given(questions(years_n=4), st.integers(-3, 3))
def test_the_verifier_agrees_on_longer_plans_in_odd_lots(question, thirds):
    """Currents that are no whole posts: thirds of a post travel as well."""
    instance, final, movable, terms = question
    first, second, *rest = instance.current
    odd = replace(instance, current=(first + Fraction(thirds, 3), second - Fraction(thirds, 3), *rest))
    plan = phase(odd, final, movable, terms)
    check_plan(odd, final, movable, terms, plan)
    assert plan.remaining == tuple(f - p for f, p in zip(final, plan.posts[-1], strict=True))


@settings(max_examples=60, deadline=None)
@given(questions())
def test_the_verifier_sees_a_plan_that_waits(question):
    instance, final, movable, terms = question
    plan = phase(instance, final, movable, terms)
    if plan.distance[0] == sum(abs(f - c) for f, c in zip(final, instance.current, strict=True)):
        return  # nothing can move in the first year: no plan is slower
    lazy = phase(instance, final, movable, replace(terms, yearly_total=Fraction(0)))
    with pytest.raises(CheckError):
        check_plan(instance, final, movable, terms, lazy)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2),
            st.sampled_from([Fraction(1, 2), Fraction(1)]),
            st.sampled_from([Fraction(0), Fraction(3, 20), Fraction(1, 3), Fraction(1)]),
        ),
        max_size=2,
    ),
    st.integers(1, 3),
)
def test_departures_are_the_sum_over_every_fate_of_everybody(groups, year):
    leavers = [Leavers(n, posts, rate) for n, posts, rate in groups]
    people = [(posts, rate) for n, posts, rate in groups for _ in range(n)]
    expected = {}
    for fates in product(
        (False, True), repeat=len(people) * year
    ):  # somebody goes on leaving each year: any one counts
        freed, probability = Fraction(0), Fraction(1)
        for i, (posts, rate) in enumerate(people):
            own = fates[i * year : (i + 1) * year]
            freed += posts * any(own)
            for leaves in own:
                probability *= rate if leaves else 1 - rate
        expected[freed] = expected.get(freed, 0) + probability
    found = freed_by(leavers, year)
    assert {k: p for k, p in found.items() if p} == {k: p for k, p in expected.items() if p}
