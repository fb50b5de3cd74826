"""Relaxations in words, caseload ceilings, other steps and other fairnesses, on cases small enough to do by hand."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workload.allocation.caseload import caseload, share_overload, with_least_ceiling
from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Fairness, Instance
from workload.allocation.pools import Cell, Pool, Where
from workload.allocation.relax import solve_or_relax
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import Allocation, solve
from workload.allocation.steps import IMPLICATIONS, at_steps, in_steps_of, under_each_fairness
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned
from workload.catalogue import sentence, text
from workload.errors import NoSolutionError, RequestError

HALF = Fraction(1, 2)
PLAIN = Instance(
    units=("longwy", "briey", "nancy"),
    need=(30, 10, 60),
    current=(Fraction(8), Fraction(4), Fraction(8)),
    total_steps=20,
    step=HALF,
    cells=(Cell("longwy", "ssd", "ASS"), Cell("briey", "ssd", "ASS"), Cell("nancy", "ssd", "SMS")),
)


def test_rules_that_can_hold_give_nothing():
    answer = solve_or_relax(replace(PLAIN, rules=(MinimumPresence({"briey": 4}),)))
    assert (answer.relaxations, answer.alone) == ((), {})
    assert answer.allocation.steps[1] == 4


def test_a_relaxation_is_said_rule_by_rule():
    instance = replace(PLAIN, rules=(MinimumPresence({"briey": 4}), Ceiling({"briey": 3})))
    answer = solve_or_relax(instance, first_to_give=["minimum_presence"])
    (given,) = answer.relaxations
    assert sentence(given.code, given.params) == "  Présence minimale, briey : au moins 2 → 1,5 poste(s)"
    assert answer.alone == {"minimum_presence": HALF, "ceiling": HALF}
    assert answer.allocation.steps[1] == 3
    (other,) = solve_or_relax(instance, first_to_give=["ceiling"]).relaxations
    assert (other.rule, other.code, other.gives) == ("ceiling", "allocation_relaxed_ceiling", HALF)


def test_the_total_never_gives():
    floors = MinimumPresence({"longwy": 10, "briey": 5, "nancy": 8})  # 23 steps of 20
    answer = solve_or_relax(replace(PLAIN, rules=(floors,)))
    assert sum(answer.allocation.steps) == 20
    assert sum(r.gives for r in answer.relaxations) == Fraction(3, 2)
    assert len(answer.relaxations) == 1  # as few bounds as possible


def test_a_ratio_gives_in_posts_of_the_rarer_profession():
    rules = (Ratio("SMS", "ASS", 1, 1, overall=True), Pinned(finals={"nancy": 7}))
    answer = solve_or_relax(replace(PLAIN, rules=rules), may_give={"ratio"})
    (given,) = answer.relaxations
    assert (given.code, given.gives) == ("allocation_relaxed_ratio", 3)  # 7 against 13 half-posts


def test_rules_that_must_not_give_are_refused_in_words():
    instance = replace(PLAIN, rules=(MinimumPresence({"briey": 4}), Ceiling({"briey": 3}), LargestChange(9)))
    with pytest.raises(NoSolutionError) as caught:
        solve_or_relax(instance, may_give={"largest_change"})
    assert caught.value.code == "allocation_cannot_relax"


FILES = (900, 300, 600)


def test_caseload_beyond_the_ceiling_and_the_posts_it_takes():
    result = caseload(PLAIN, (8, 4, 8), FILES, Fraction(150))  # 4, 2 and 4 posts carry 600, 300, 600
    assert [unit.files_beyond for unit in result.units] == [300, 0, 0]
    assert (result.files_beyond, result.posts_missing) == (300, 2)
    assert result.units[0].files_per_post == 225
    assert caseload(PLAIN, (0, 4, 8), FILES, Fraction(150)).units[0].files_per_post is None


def test_overload_is_shared_evenly():
    # 200, 150 and 171 files per post; (10, 3, 7) has the same heaviest, 200, but 180 after it.
    assert share_overload(PLAIN, FILES).steps == (9, 4, 7)


def test_the_least_ceiling_that_holds_is_a_rule():
    instance = with_least_ceiling(PLAIN, FILES)
    (rule,) = instance.rules
    assert rule.files_per_post == 200
    steps = solve(instance).steps
    assert all(2 * Fraction(n, x) <= 200 for n, x in zip(FILES, steps, strict=True))
    tighter = replace(PLAIN, rules=(LargestCaseload(rule.files, Fraction(199)),))
    lighter = share_overload(PLAIN, FILES)
    assert max(2 * Fraction(n, x) for n, x in zip(FILES, lighter.steps, strict=True)) == 200
    with pytest.raises(NoSolutionError):
        solve(replace(tighter, rules=(*tighter.rules, Ceiling({"longwy": 9}))))


def test_no_files_bind_nobody():
    assert with_least_ceiling(PLAIN, (0, 0, 1)).rules[0].files == {"nancy": 1}
    with pytest.raises(RequestError):
        with_least_ceiling(PLAIN, (0, 0, 0))


@pytest.mark.parametrize(("files", "ceiling"), [((1, 2), 10), ((1, -2, 3), 10), (FILES, 0)])
def test_caseloads_that_make_no_sense_are_refused(files, ceiling):
    with pytest.raises(RequestError):
        caseload(PLAIN, (8, 4, 8), files, Fraction(ceiling))


def test_whole_posts_halves_and_tenths():
    found = at_steps(replace(PLAIN, rules=(MinimumPresence({"briey": 3}),)))
    assert {step: allocation.steps for step, allocation in found.items()} == {
        Fraction(1): (3, 2, 5),  # 1.5 posts are two whole ones; 2.67 and 5.33 of the other eight
        HALF: (6, 3, 11),
        Fraction(1, 10): (28, 15, 57),
    }


def test_what_cannot_be_asked_in_whole_posts_says_why():
    found = at_steps(replace(PLAIN, total_steps=21))
    assert found[Fraction(1)].code == "allocation_total_step"
    assert isinstance(found[HALF], Allocation)
    pinned = at_steps(replace(PLAIN, rules=(Pinned(finals={"briey": 3}),)))
    assert pinned[Fraction(1)].code == "allocation_rule_between_steps"


def test_every_rule_keeps_its_meaning_in_tenths():
    rules = (
        Ceiling({"nancy": 9}),
        LargestChange(3),
        LargestChange({"briey": 1}),
        LargestChangePercent(40),
        LockedPosts({"longwy": 5}),
        Pinned(finals={"briey": 4}, changes={"briey": 0}),
        LargestCaseload({"briey": 10}, Fraction(9)),
        GroupTotal(Where(profession="ASS"), 3, 15),
        GroupTotal(Where(profession="SMS"), 3),
        SiteMinimum({"": 4}),
        AtLeastOneOf("SMS", 2),
        Ratio("SMS", "ASS", 1, 5, overall=True),
        SubstitutionLimits({("ASS", "SMS"): 2}),
    )
    instance = replace(PLAIN, rules=rules)
    half, tenth = solve(instance), solve(in_steps_of(instance, Fraction(1, 10)))
    assert half.steps == (7, 4, 9)  # one step may turn from ASS into SMS before the ceiling of Nancy
    assert tenth.steps == (35, 20, 45)


def test_each_fairness_and_what_it_implies():
    small = Instance(("a", "b", "c"), (1000, 10, 10), None, 6, Fraction(1))
    found = under_each_fairness(small)
    assert found[Fairness.LEAST_SQUARES].steps == found[Fairness.LEAST_ABSOLUTE].steps == (6, 0, 0)
    assert found[Fairness.LEAST_MAXIMUM].steps == found[Fairness.GEOMETRIC].steps == (4, 1, 1)
    assert set(IMPLICATIONS) == set(Fairness)
    assert all(text(code, language) for code in IMPLICATIONS.values() for language in ("fr", "en"))


def test_pools_are_counted_in_other_steps_too():
    pools = (Pool("ASS", ("longwy", "briey"), 12), Pool("SMS", ("nancy",), 8))
    found = at_steps(replace(PLAIN, pools=pools))
    assert [sum(a.steps[:2]) * step for step, a in found.items()] == [6, 6, 6]


def test_among_equal_relaxations_the_larger_need_keeps_its_floor() -> None:
    units = ("small", "large", "middle")
    floors = MinimumPresence(dict.fromkeys(units, 1))
    instance = Instance(units=units, need=(1, 100, 10), current=None, total_steps=1, step=Fraction(1), rules=(floors,))
    answer = solve_or_relax(instance)
    assert answer.allocation.steps == (0, 1, 0)
    assert {r.label for r in answer.relaxations} == {"small", "middle"}
