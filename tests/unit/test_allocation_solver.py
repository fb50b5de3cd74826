import hashlib
import random
import time
from dataclasses import replace
from fractions import Fraction

import pytest

from workload.allocation import solver
from workload.allocation.check import CheckError, check
from workload.allocation.instance import Bound, Fairness, Instance
from workload.allocation.objective import lot, value
from workload.allocation.rules import Ceiling, MinimumPresence
from workload.allocation.solver import greedy, solve
from workload.errors import ExitCode, WorkloadError

TIED = Instance(("a", "b", "c", "d"), (10, 10, 10, 10), None, 6, Fraction(1, 2))


def random_instance(rng, n, total, fairness):
    return Instance(
        units=tuple(f"t{i}" for i in range(n)),
        need=tuple(rng.randint(1, 10**7) for _ in range(n)),
        current=tuple(Fraction(total, n) for _ in range(n)),
        total_steps=total,
        step=Fraction(1, 2),
        fairness=fairness,
    )


@pytest.mark.parametrize("fairness", Fairness)
def test_workers_and_seeds_do_not_change_the_answer(fairness):
    instance = random_instance(random.Random(1), 30, 300, fairness)
    answers = {solve(instance, workers=workers, seed=seed) for workers in (1, 2) for seed in (0, 1, 99)}
    assert len(answers) == 1


@pytest.mark.parametrize("fairness", Fairness)
def test_cp_sat_contradicts_a_wrong_greedy(fairness, monkeypatch):
    instance = replace(TIED, need=(10, 11, 12, 13), fairness=fairness)
    right = greedy(instance)
    wrong = (right[0] + 1, *right[1:3], right[3] - 1)
    monkeypatch.setattr(solver, "greedy", lambda *_: wrong)
    with pytest.raises(WorkloadError) as caught:
        solve(instance)
    assert caught.value.code == "allocation_solvers_disagree"
    assert caught.value.exit_code == ExitCode.INTERNAL


def test_nothing_to_decide():
    assert solve(Instance(("a",), (3,), None, 7, Fraction(1))).steps == (7,)
    assert solve(Instance(("a", "b"), (3, 0), None, 0, Fraction(1))).steps == (0, 0)
    pinned = Instance(("a", "b"), (3, 1), None, 4, Fraction(1), rules=(MinimumPresence({"a": 1, "b": 3}),))
    assert solve(pinned).steps == (1, 3)
    assert solve(pinned).tied == ()


@pytest.mark.parametrize("fairness", Fairness)
def test_a_tie_is_printed_and_a_lot_decides_it(fairness):
    allocation = solve(replace(TIED, fairness=fairness, lot_seed="2026"))
    assert set(allocation.tied) == {"a", "b", "c", "d"}
    drawn = sorted(TIED.units, key=lambda unit: hashlib.sha256(f"2026\n{unit}".encode()).hexdigest())
    assert {u for u, x in zip(TIED.units, allocation.steps, strict=True) if x == 2} == set(drawn[:2])
    outcomes = {greedy(replace(TIED, fairness=fairness, lot_seed=str(seed))) for seed in range(40)}
    assert len(outcomes) == 6  # every pair is drawn by some seed


def test_no_tie_is_printed_when_all_equals_are_served():
    assert solve(replace(TIED, total_steps=8)).tied == ()


def test_fewest_steps_moved_comes_before_the_lot():
    current = (Fraction(1), Fraction(2), Fraction(1), Fraction(2))
    for seed in "abcdef":
        allocation = solve(replace(TIED, current=current, lot_seed=seed))
        assert allocation.steps == (1, 2, 1, 2)
        assert allocation.moved_steps == 0
        assert len(allocation.tied) == 4


def test_larger_need_comes_before_the_lot():
    # Hamilton: quotas 3/2 and 1/2 leave equal remainders.
    instance = Instance(("small", "large"), (1, 3), None, 2, Fraction(1), Fairness.LEAST_ABSOLUTE)
    assert all(greedy(replace(instance, lot_seed=str(seed))) == (0, 2) for seed in range(20))


@pytest.mark.parametrize("fairness", Fairness)
def test_no_need_no_steps_unless_rules_force_them(fairness):
    instance = Instance(("a", "b", "c"), (5, 0, 0), None, 6, Fraction(1), fairness)
    assert solve(instance).steps == (6, 0, 0)
    forced = solve(replace(instance, rules=(Ceiling({"a": 2}),)))
    assert forced.steps == (2, 2, 2)


@pytest.mark.parametrize("fairness", [Fairness.GEOMETRIC, Fairness.LEAST_MAXIMUM])
def test_too_few_steps_for_all_go_to_the_largest_needs(fairness):
    assert solve(Instance(("a", "b", "c"), (5, 900, 6), None, 2, Fraction(1), fairness)).steps == (0, 1, 1)


def test_lot_is_the_sha256_anyone_can_recompute():
    # printf '2026\nlongwy' | sha256sum
    assert f"{lot('2026', 'longwy'):064x}" == hashlib.sha256(b"2026\nlongwy").hexdigest()


def test_values_by_hand():
    instance = Instance(("a", "b", "c"), (2, 1, 0), None, 6, Fraction(1))  # quotas 4, 2, 0
    steps = (3, 0, 3)
    assert value(instance, steps) == (9, Fraction(1, 4) + 2)
    assert value(replace(instance, fairness=Fairness.LEAST_ABSOLUTE), steps) == (9, 1 + 2 + 3, 1 + 4 + 9)
    assert value(replace(instance, fairness=Fairness.GEOMETRIC), steps) == (9, 1, Fraction(4, 3))
    assert value(replace(instance, fairness=Fairness.LEAST_MAXIMUM), steps) == (9, 1, 1, 0, Fraction(2, 3), 0, 0)


class Untaught:
    name = "untaught"

    def bounds(self, instance):
        return (Bound(),) * len(instance.units)


@pytest.mark.parametrize(
    "corrupt",
    [
        lambda a: replace(a, steps=a.steps[:-1]),
        lambda a: replace(a, steps=(a.steps[0] + 1, *a.steps[1:])),
        lambda a: replace(a, steps=(-1, a.steps[1] + a.steps[0] + 1, *a.steps[2:])),
        lambda a: replace(a, steps=tuple(float(x) for x in a.steps)),
        lambda a: replace(a, objective=(*a.objective[:-1], a.objective[-1] - Fraction(1, 10**12))),
        lambda a: replace(a, bound=(*a.bound[:-1], a.bound[-1] - Fraction(1, 10**12))),
        lambda a: replace(a, status="FEASIBLE"),
        lambda a: replace(a, moved_steps=Fraction(1)),
    ],
)
@pytest.mark.parametrize("fairness", Fairness)
def test_checker_rejects_what_is_misstated(fairness, corrupt):
    instance = replace(TIED, need=(10, 11, 12, 13), fairness=fairness)
    allocation = solve(instance)
    check(instance, allocation)
    with pytest.raises(CheckError):
        check(instance, corrupt(allocation))


def test_checker_rejects_the_wrong_winner_of_a_lot():
    allocation = solve(TIED)
    wrong = tuple(3 - x for x in allocation.steps)
    with pytest.raises(CheckError, match="allocation_check_failed") as caught:
        check(TIED, replace(allocation, steps=wrong))
    assert all(failure.startswith("better:") for failure in caught.value.failures)


def test_checker_refuses_a_rule_it_has_not_been_taught():
    with pytest.raises(CheckError):
        check(replace(TIED, rules=(Untaught(),)), solve(TIED))


@pytest.mark.parametrize("fairness", Fairness)
def test_seventeen_thousand_steps_over_six_hundred_units(fairness):
    instance = random_instance(random.Random(2), 600, 17_000, fairness)
    start = time.process_time()
    allocation = solve(instance)
    assert sum(allocation.steps) == 17_000
    assert time.process_time() - start < 10  # about 1.3 s where it was written
