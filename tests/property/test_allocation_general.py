"""Pools and rules about groups: the solver against a search of every allocation."""

import math
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from benchmarks.allocation import department
from tests.property.brute import feasible, most_steps, preference, unfairness
from workload.allocation import search
from workload.allocation.check import CheckError, check
from workload.allocation.exact import solve_part
from workload.allocation.general import solve_general
from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Fairness, Instance
from workload.allocation.nested import nested_greedy
from workload.allocation.objective import increment_key, moved_steps, value
from workload.allocation.oracle import Oracle
from workload.allocation.pools import Cell, Pool, Where
from workload.allocation.problem import parts
from workload.allocation.relax import solve_or_relax
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence, feasible_box
from workload.allocation.search import Search
from workload.allocation.solver import solve
from workload.allocation.unit_rules import LargestChangePercent, LockedPosts, Pinned
from workload.errors import NoSolutionError, RequestError

SETTINGS = {"deadline": None, "suppress_health_check": [HealthCheck.filter_too_much, HealthCheck.too_slow]}
steps_n = st.integers(0, 3)


@st.composite
def resources(draw, units):
    """One pool or two, of posts or of euros."""
    cut = draw(st.integers(0, len(units)))
    pools = []
    for name, members in (("first", units[:cut]), ("second", units[cut:])):
        if members and draw(st.integers(0, 3)) == 0:
            costs = {unit: draw(st.sampled_from([40, 50, 77])) for unit in members}
            pools.append(Pool(name, members, 0, draw(st.integers(0, 220)), costs))
        elif members:
            pools.append(Pool(name, members, draw(st.integers(0, 6))))
    return tuple(pools)


@st.composite
def rule_sets(draw, units, cells, current):
    professions = sorted({cell.profession for cell in cells})
    some = st.dictionaries(st.sampled_from(units), steps_n, max_size=2)
    makers = [
        lambda: MinimumPresence(draw(some)),
        lambda: Ceiling(draw(some)),
        lambda: GroupTotal(Where(territory="t0"), draw(st.integers(0, 2)), draw(st.sampled_from([None, 2, 4]))),
        lambda: GroupTotal(Where(mission=cells[0].mission), draw(st.integers(0, 2))),
        lambda: SiteMinimum({cells[0].site: draw(steps_n)}),
        lambda: AtLeastOneOf("ASS", draw(st.integers(0, 2))),
    ]
    if len(professions) > 1:
        makers.append(
            lambda: Ratio("SMS", "ASS", draw(st.integers(1, 2)), draw(st.integers(1, 5)), draw(st.booleans()))
        )
    if current is not None:
        makers += [
            lambda: LargestChange(draw(st.integers(1, 3))),
            lambda: LargestChangePercent(draw(st.integers(20, 90))),
            lambda: LockedPosts({units[0]: math.floor(current[0])}),
            lambda: Pinned(changes={units[-1]: draw(st.integers(-1, 1))}),
        ]
        if len(professions) > 1:
            makers.append(lambda: SubstitutionLimits({("ASS", "SMS"): draw(steps_n)}))
    return tuple(make() for make in draw(st.lists(st.sampled_from(makers), min_size=1, max_size=4)))


@st.composite
def instances(draw):
    territories, professions = draw(st.integers(1, 2)), ["ASS", "SMS"][: draw(st.integers(1, 2))]
    missions = st.sampled_from(["ssd", "pmi"])
    cells = tuple(
        Cell(f"t{t}", draw(missions), profession, f"s{draw(st.integers(0, 1))}")
        for t in range(territories)
        for profession in professions
    )
    units = tuple(f"u{i}" for i in range(len(cells)))
    needs = draw(st.sampled_from([st.integers(0, 4), st.integers(0, 40), st.integers(1, 5 * 10**7)]))
    held = st.one_of(st.integers(0, 4).map(Fraction), st.integers(0, 8).map(lambda n: Fraction(n, 2)))
    current = draw(st.none() | st.tuples(*[held] * len(cells)))
    pools = draw(resources(units)) if draw(st.booleans()) else ()
    try:
        return Instance(
            units=units,
            need=tuple(draw(needs) for _ in units),
            current=current,
            total_steps=sum(pool.total_steps for pool in pools) if pools else draw(st.integers(0, 8)),
            step=Fraction(1, 2),
            fairness=draw(st.sampled_from(Fairness)),
            lot_seed=draw(st.sampled_from(["", "seed", "2026"])),
            rules=draw(rule_sets(units, cells, current)),
            cells=cells,
            pools=pools,
        )
    except RequestError:
        assume(False)


def small(instance):
    return math.prod(most + 1 for most in most_steps(instance)) <= 20_000


def agrees_with_every_allocation(instance):
    try:
        candidates = feasible(instance)
        allocation = solve(instance)
    except NoSolutionError:
        assert not candidates
        return
    except RequestError:
        return  # a decision between two steps
    best = min(candidates, key=lambda steps: preference(instance, steps))
    assert allocation.steps == best
    assert allocation.status == "OPTIMAL"
    assert allocation.objective == allocation.bound == min(value(instance, steps) for steps in candidates)
    least = unfairness(instance, best)
    optimal = [steps for steps in candidates if unfairness(instance, steps) == least]
    differing = {u for u, *xs in zip(instance.units, *optimal, strict=True) if len(set(xs)) > 1}
    assert set(allocation.tied) == differing


@settings(max_examples=700, **SETTINGS)
@given(instances())
def test_solve_gives_the_best_of_all_allocations(instance):
    assume(small(instance))
    agrees_with_every_allocation(instance)


@pytest.mark.slow
@settings(max_examples=6000, **SETTINGS)
@given(instances())
def test_solve_gives_the_best_of_all_allocations_many_times(instance):
    assume(small(instance))
    agrees_with_every_allocation(instance)


@settings(max_examples=40, **SETTINGS)
@given(instances())
def test_checker_accepts_the_optimum_and_nothing_else(instance):
    """Corruptions restate their own value; those that keep every rule are told by their worth alone."""
    assume(small(instance))
    try:
        allocation = solve(instance)
        candidates = feasible(instance)
    except (NoSolutionError, RequestError):
        return
    for steps in candidates[:60]:
        if steps == allocation.steps:
            continue
        stated = value(instance, steps)
        moved = moved_steps(instance, steps)
        with pytest.raises(CheckError):
            check(instance, replace(allocation, steps=steps, objective=stated, bound=stated, moved_steps=moved))


@settings(max_examples=60, **SETTINGS)
@given(st.data())
def test_nested_greedy_and_cp_sat_agree(data):
    """Nested totals inside one pool: two ways that share nothing but the rules."""
    n = data.draw(st.integers(2, 9))
    units = tuple(f"u{i}" for i in range(n))
    cells = tuple(Cell("t0" if i < 4 else "t1", site=f"s{i // 2}") for i in range(n))
    total = data.draw(st.integers(1, 25))
    instance = Instance(
        units,
        tuple(data.draw(st.lists(st.integers(1, 60), min_size=n, max_size=n))),
        data.draw(st.none() | st.just((Fraction(total, n),) * n)),
        total,
        Fraction(1, 2),
        data.draw(st.sampled_from(Fairness)),
        rules=(
            GroupTotal(Where(territory="t0"), data.draw(st.integers(0, 8)), data.draw(st.sampled_from([None, 9, 12]))),
            SiteMinimum({"s0": data.draw(st.integers(0, 4))}),
            Ceiling({"u0": data.draw(st.integers(0, 9))}),
        ),
        cells=cells,
    )
    (part,) = parts(instance, feasible_box(instance)) if n > 1 else ()
    assume(part.nested)
    steps = nested_greedy(part, total, increment_key(instance))
    answer = solve_part(instance, part, Oracle())
    assert (answer and answer.steps) == steps
    if steps is not None:
        assert solve(instance).tied == tuple(units[t] for t in answer.varying)


@settings(max_examples=60, **SETTINGS)
@given(instances())
def test_one_pool_said_or_unsaid_is_the_same(instance):
    plain = replace(instance, pools=(), total_steps=max(instance.total_steps, 1))
    one = replace(plain, pools=(Pool("all", plain.units, plain.total_steps),))
    priced = replace(
        plain,
        total_steps=0,
        pools=(Pool("all", plain.units, 0, plain.total_steps * 25, dict.fromkeys(plain.units, 50)),),
    )
    try:
        allocation = solve(plain)
    except (NoSolutionError, RequestError):
        return
    assert solve(one).steps == allocation.steps
    assert solve(one).objective == allocation.objective
    assert value(priced, allocation.steps) == allocation.objective
    assert priced.quotas == plain.quotas


@pytest.mark.parametrize("fairness", Fairness)
def test_threads_and_seeds_change_nothing_in_one_box(fairness):
    """The whole answer, not its steps alone; ties everywhere."""
    need = (3, 3, 3, 6, 6, 9, 12, 12, 1, 1)
    current = tuple(Fraction(n, 2) for n in need)
    units = tuple(f"u{i}" for i in range(len(need)))
    instance = Instance(units, need, current, 41, Fraction(1, 2), fairness, rules=(LargestChange(9),))
    answers = {solve(instance, workers=w, seed=seed).steps for w in (1, 2, 8) for seed in range(10)}
    assert len(answers) == 1


@pytest.mark.parametrize("fairness", Fairness)
def test_threads_and_seeds_change_nothing(fairness):
    plain = department(5, 3, 2, 4, fairness, ())
    instance = replace(plain, need=tuple(n // 10**5 for n in plain.need))  # small needs: ties
    steps = {solve_general(instance, workers=1, seed=0)}
    steps |= {solve_general(instance, workers=workers, seed=seed) for workers in (1, 2, 8) for seed in (1, 7)}
    steps |= {solve_general(instance, seed=seed) for seed in range(10)}
    assert len(steps) == 1


@pytest.mark.parametrize("fairness", Fairness)
@pytest.mark.parametrize("dimensions", [("mission", "profession"), ("profession",), ()])
def test_a_whole_department_passes_the_check(fairness, dimensions):
    """240 cells under nine rules. Leximin went wrong here while a CP-SAT objective could exceed 2^53: its bounds are
    compared as doubles, and it called optimal what was not.
    """
    instance = department(1, fairness=fairness, dimensions=dimensions)
    allocation = solve(instance)
    assert allocation.status == "OPTIMAL"
    assert "largest_change" in {binding.rule for binding in allocation.binding}


def near_ties():
    """Increments that differ by 10^-15 of their size."""
    big = 5 * 10**7
    cells = tuple(Cell(f"t{i}", "ssd", p) for i in range(3) for p in ("ASS", "SMS"))
    units = tuple("/".join(cell) for cell in cells)
    need = (big, big - 1, big - 1, big, big - 2, big - 1)
    rules = (Ratio("SMS", "ASS", 1, 2, overall=True), GroupTotal(Where(profession="ASS"), 2, 5))
    return Instance(units, need, None, 8, Fraction(1, 2), Fairness.LEAST_SQUARES, "x", rules, cells)


def test_near_ties_of_large_needs_are_told_apart(monkeypatch):
    """Rounding cannot order them, fractions do."""
    instance = near_ties()
    best = min(feasible(instance), key=lambda steps: preference(instance, steps))
    asked = []
    original = Search._compare_near
    monkeypatch.setattr(Search, "_compare_near", lambda self, *args: asked.append(1) or original(self, *args))
    assert solve(instance).steps == best
    assert asked


def test_out_of_time_says_so():
    instance = department(1, fairness=Fairness.LEAST_SQUARES, dimensions=())
    proven = solve(instance)
    assert (proven.status, proven.bound) == ("OPTIMAL", proven.objective)
    assert proven.wall_time_s > 0
    cut_short = solve(instance, time_limit_s=0.0)
    assert cut_short.status == "FEASIBLE"
    assert cut_short.bound <= proven.objective < cut_short.objective


def test_too_many_near_ties_are_optimal_to_epsilon(monkeypatch):
    """With no room to compare them in fractions the answer says by how much it might be beaten."""
    instance = near_ties()
    exact = solve(instance)
    assert (exact.status, exact.epsilon) == ("OPTIMAL", 0)
    check(instance, replace(exact, status="FEASIBLE"))  # time was up while equals were told apart: the bound is met
    monkeypatch.setattr(search, "SIGNATURES_AT_MOST", 0)
    found = solve(instance)
    assert found.status == "OPTIMAL_TO_EPSILON"
    assert found.epsilon > 0
    assert found.bound <= exact.objective <= found.objective
    assert found.objective[-1] - exact.objective[-1] <= found.epsilon
    with pytest.raises(CheckError):  # what is not proven must not be called so
        check(instance, replace(found, status="OPTIMAL"))


def test_checker_rejects_a_thousand_corruptions_of_general_answers():
    rng = random.Random(20030701)
    rejected = 0
    for seed in range(8):
        answer = solve_or_relax(department(seed, 3, 2, 4, list(Fairness)[seed % 4], ()))  # some cannot hold as asked
        instance, allocation = answer.instance, answer.allocation
        check(instance, allocation)
        for _ in range(130):
            steps = list(allocation.steps)
            if rng.random() < 0.7:
                giver, taker = rng.sample(range(len(steps)), 2)
                amount = rng.randint(1, 2)
                steps[giver] -= amount
                steps[taker] += amount
            else:
                steps[rng.randrange(len(steps))] += rng.choice([-1, 1])
            stated = value(instance, steps) if min(steps) >= 0 else allocation.objective
            corrupted = replace(
                allocation, steps=tuple(steps), objective=stated, bound=stated, moved_steps=moved_steps(instance, steps)
            )
            with pytest.raises(CheckError):
                check(instance, corrupted)
            rejected += 1
    assert rejected >= 1000
