"""The least relaxation against a search of every allocation of the resources."""

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.property.brute import shortfalls, violation, within_resources
from tests.property.test_allocation_general import SETTINGS, instances, small
from workload.allocation.check import CheckError, check
from workload.allocation.group_rules import SubstitutionLimits
from workload.allocation.relax import solve_or_relax
from workload.allocation.violation import least_violation
from workload.errors import NoSolutionError, RequestError


def by_class(instance, steps):
    found = {}
    for rule in instance.rules:
        found[rule.name] = found.get(rule.name, 0) + sum(shortfalls(instance, rule, steps))
    return found


def asked(instance):
    """Instances whose question makes sense and whose violations the search can count in steps."""
    assume(small(instance))
    assume(not any(isinstance(rule, SubstitutionLimits) for rule in instance.rules))
    try:
        return least_violation(instance)
    except RequestError:
        assume(False)


@settings(max_examples=300, **SETTINGS)
@given(instances())
def test_least_is_the_least_of_all(instance):
    gives = asked(instance)
    everything = [(violation(instance, steps), steps) for steps in within_resources(instance)]
    if not everything:
        assert gives is None
        return
    least = min(amount for amount, _ in everything)
    assert sum(gives.values()) == least
    answer = solve_or_relax(instance)
    assert violation(instance, answer.allocation.steps) == least
    assert sum(r.gives for r in answer.relaxations) == least * instance.step
    assert bool(answer.relaxations) == (least > 0)
    check(answer.instance, answer.allocation)
    if least:  # the relaxed rules give way by what is said and by no more
        with pytest.raises(CheckError):
            check(instance, answer.allocation)


@settings(max_examples=200, **SETTINGS)
@given(instances(), st.data())
def test_who_gives_first_and_who_does_not(instance, data):
    gives = asked(instance)
    assume(gives)
    names = sorted({rule.name for rule in instance.rules})
    first = data.draw(st.permutations(names))
    found = least_violation(instance, first_to_give=first)
    amounts = {name: sum(n for side, n in found.items() if side.rule == name) for name in names}
    ranked = [by_class(instance, steps) for steps in within_resources(instance)]
    least = min(ranked, key=lambda v: (sum(v.values()), [v[name] for name in reversed(first)]))
    assert amounts == least

    alone = data.draw(st.sampled_from(names))
    only = least_violation(instance, {alone})
    possible = [v[alone] for v in ranked if not any(n for name, n in v.items() if name != alone)]
    assert (None if only is None else sum(only.values())) == (min(possible) if possible else None)
    if only is None:
        with pytest.raises(NoSolutionError):
            solve_or_relax(instance, may_give={alone})


@settings(max_examples=40, **SETTINGS)
@given(instances())
def test_the_same_relaxation_twice(instance):
    gives = asked(instance)
    assume(gives)
    assert least_violation(instance) == gives
    assert all(type(n) is int and n > 0 for n in gives.values())
    assert all(isinstance(r.gives, Fraction) for r in solve_or_relax(instance).relaxations)
