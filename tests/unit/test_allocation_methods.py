from dataclasses import replace
from fractions import Fraction

import pytest

from workload.allocation.instance import Fairness, Instance
from workload.allocation.methods import Agreement, Reason, compare_ways, other_ways
from workload.allocation.rules import LargestChange
from workload.allocation.solver import solve
from workload.errors import NoSolutionError, RequestError

# Quotas 6.6, 3.4, 2 of twelve whole posts; current 5, 5, 2.
TRIO = Instance(("a", "b", "c"), (660, 340, 200), tuple(map(Fraction, (5, 5, 2))), 12, Fraction(1))


def compared(instance, needs, steps=None):
    final = solve(instance).steps
    return compare_ways(instance, final, other_ways(instance, needs, steps or {}))


def test_where_all_agree_the_move_is_safe():
    found = compared(TRIO, {"population": (Reason.INDICATOR_SET, (7, 3, 2)), "experts": (Reason.WEIGHTS, (6, 4, 2))})
    assert [way.name for way in found.ways] == [
        "population",
        "experts",
        "least-maximum",
        "least-absolute",
        "geometric",
        "present",
    ]
    assert [unit.agreement for unit in found.units] == [Agreement.SAFE, Agreement.SAFE, Agreement.NO_MOVE]
    assert (found.units[0].low, found.units[0].high) == (6, 7)


def test_ways_that_part_are_named_with_their_reason():
    found = compared(TRIO, {"population": (Reason.INDICATOR_SET, (3, 7, 2)), "experts": (Reason.WEIGHTS, (5, 5, 2))})
    assert found.units[0].agreement is Agreement.PARTED
    assert found.units[0].parted == (("population", Reason.INDICATOR_SET), ("experts", Reason.WEIGHTS))


def test_the_present_never_decides_but_is_shown():
    found = compared(TRIO, {})
    assert found.ways[-1].posts == (5, 5, 2)
    assert found.units[0].agreement is Agreement.SAFE


def test_another_step_and_rules_that_cannot_hold():
    halves = solve(replace(TRIO, step=Fraction(1, 2), total_steps=24, current=tuple(map(Fraction, (10, 10, 4)))))
    at_steps = {
        Fraction(1, 2): halves,
        Fraction(1, 10): NoSolutionError("allocation_no_room"),
        Fraction(1): solve(TRIO),
    }
    found = compared(TRIO, {}, at_steps)
    by_name = {way.name: way for way in found.ways}
    assert by_name["1/2"].posts == halves.posts(Fraction(1, 2))
    assert by_name["1/10"].posts is None
    assert "1" not in by_name
    ruled = replace(TRIO, rules=(LargestChange(1),))
    assert max(unit.high for unit in compared(ruled, {"population": (Reason.INDICATOR_SET, (99, 1, 1))}).units) == 6


def test_refused():
    with pytest.raises(RequestError):
        other_ways(replace(TRIO, current=None), {}, {})
    with pytest.raises(RequestError):
        other_ways(TRIO, {"population": (Reason.INDICATOR_SET, (1, 2))}, {})
    assert {way.reason for way in other_ways(replace(TRIO, fairness=Fairness.GEOMETRIC), {}, {})} == {
        Reason.FAIRNESS,
        Reason.PRESENT,
    }
