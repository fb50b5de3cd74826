"""One rule, two tests: an instance that keeps it, one that cannot."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workload.allocation.instance import Fairness, Instance
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence, feasible_box
from workload.allocation.solver import Binding, solve
from workload.errors import ExitCode, NoSolutionError, RequestError

PLAIN = Instance(
    units=("longwy", "briey", "nancy"),
    need=(10, 10, 80),
    current=(Fraction(10), Fraction(5, 2), Fraction(15, 2)),
    total_steps=20,
    step=Fraction(1, 2),
)


def with_rules(*rules):
    return replace(PLAIN, rules=rules)


def refusal(instance):
    with pytest.raises(NoSolutionError) as caught:
        feasible_box(instance)
    assert caught.value.exit_code == ExitCode.NO_SOLUTION
    return caught.value


def test_without_rules_each_gets_its_fair_share():
    assert solve(PLAIN).steps == (2, 2, 16)
    assert solve(PLAIN).binding == ()


def test_minimum_presence_kept():
    allocation = solve(with_rules(MinimumPresence({"briey": 4})))
    assert allocation.steps == (2, 4, 14)
    assert allocation.binding == (Binding("briey", "minimum_presence", "floor"),)


def test_nothing_binds_a_unit_at_zero_without_a_floor():
    instance = replace(with_rules(MinimumPresence({"briey": 0})), need=(0, 0, 1))
    assert solve(instance).steps == (0, 0, 20)
    assert solve(instance).binding == ()


def test_the_strictest_of_several_rules_holds():
    rules = (
        Ceiling({"nancy": 15}),
        Ceiling({"nancy": 11}),
        MinimumPresence({"briey": 3}),
        MinimumPresence({"briey": 4}),
    )
    assert feasible_box(with_rules(*rules)) == ((0, 4, 0), (20, 20, 11))


def test_minimum_presence_impossible():
    error = refusal(with_rules(MinimumPresence({"briey": 15, "longwy": 9})))
    assert error.code == "allocation_floors_exceed_total"
    assert error.params == {"asked": "12", "total": "10", "missing": "2", "units": "briey 7.5, longwy 4.5"}


def test_a_single_floor_above_the_total_is_a_shortage_not_a_contradiction():
    assert refusal(with_rules(MinimumPresence({"briey": 21}))).params["missing"] == "0.5"


def test_ceiling_kept():
    allocation = solve(with_rules(Ceiling({"nancy": 11})))
    assert allocation.steps[2] == 11
    assert sum(allocation.steps) == 20
    assert allocation.binding == (Binding("nancy", "ceiling", "ceiling"),)


def test_ceiling_impossible():
    error = refusal(with_rules(Ceiling({"nancy": 11, "longwy": 4, "briey": 2})))
    assert error.code == "allocation_ceilings_below_total"
    assert error.params["room"] == "8.5"
    assert error.params["left_over"] == "1.5"


def test_largest_change_kept():
    allocation = solve(with_rules(LargestChange(2)))
    assert allocation.steps == (8, 3, 9)
    assert Binding("longwy", "largest_change", "floor") in allocation.binding
    assert Binding("nancy", "largest_change", "ceiling") in allocation.binding


def test_largest_change_of_one_unit_only():
    assert solve(with_rules(LargestChange({"longwy": 0}))).steps[0] == 10


def test_largest_change_impossible():
    # Nobody may move, but 2.5 steps cannot be given.
    error = refusal(with_rules(LargestChange(0)))
    assert error.code == "allocation_largest_change_against_largest_change"
    assert error.params["unit"] == "briey"


def test_rules_that_contradict_are_both_named():
    pairs = {
        "allocation_minimum_presence_against_ceiling": (MinimumPresence({"briey": 5}), Ceiling({"briey": 4})),
        "allocation_minimum_presence_against_largest_change": (MinimumPresence({"briey": 5}), LargestChange(1)),
        "allocation_largest_change_against_ceiling": (LargestChange(1), Ceiling({"longwy": 7})),
    }
    for code, rules in pairs.items():
        assert refusal(with_rules(*rules)).code == code
        assert refusal(with_rules(*reversed(rules))).code == code


def test_long_lists_of_floors_are_cut():
    units = tuple(f"t{i}" for i in range(9))
    many = Instance(units, (1,) * 9, None, 3, Fraction(1), rules=(MinimumPresence(dict.fromkeys(units, 1)),))
    assert refusal(many).params["units"] == "t0 1, t1 1, t2 1, t3 1, t4 1, t5 1, …"


@pytest.mark.parametrize("rule", [MinimumPresence({"brie": 1}), Ceiling({"brie": 1}), LargestChange({"brie": 1})])
def test_a_rule_about_an_unknown_unit_is_refused(rule):
    with pytest.raises(RequestError) as caught:
        feasible_box(with_rules(rule))
    assert caught.value.params["unit"] == "brie"


@pytest.mark.parametrize(
    "make",
    [
        lambda: MinimumPresence({"briey": -1}),
        lambda: Ceiling({"briey": -1}),
        lambda: LargestChange(-1),
        lambda: LargestChange({"briey": -1}),
    ],
)
def test_a_negative_bound_is_refused(make):
    with pytest.raises(RequestError):
        make()


def test_largest_change_needs_a_current_state():
    with pytest.raises(RequestError):
        feasible_box(replace(PLAIN, current=None, rules=(LargestChange(1),)))


@pytest.mark.parametrize("fairness", Fairness)
def test_all_three_together(fairness):
    rules = (MinimumPresence({"briey": 3}), Ceiling({"nancy": 12}), LargestChange(5))
    steps = solve(replace(with_rules(*rules), fairness=fairness)).steps
    assert steps[1] >= 3
    assert steps[2] <= 12
    assert all(abs(x - c) <= 5 for x, c in zip(steps, PLAIN.current, strict=True))
