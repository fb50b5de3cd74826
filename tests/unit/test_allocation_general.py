"""Pools, payrolls and the rules beyond floors and ceilings: for each, an instance that keeps it and one that cannot."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workload.allocation.check import CheckError, check
from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Fairness, Instance, to_instance
from workload.allocation.pools import Cell, Pool, Where, pools_by
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import Binding, greedy, solve
from workload.allocation.unit_rules import LargestChangePercent, LockedPosts, Pinned
from workload.errors import ExitCode, NoSolutionError, RequestError

CELLS = (
    Cell("longwy", "ssd", "ASS", "centre"),
    Cell("longwy", "ssd", "SMS", "centre"),
    Cell("nancy", "ssd", "ASS", "nord"),
    Cell("nancy", "ssd", "SMS", "nord"),
    Cell("nancy", "pmi", "ASS", "sud"),
)
UNITS = ("longwy-ass", "longwy-sms", "nancy-ass", "nancy-sms", "nancy-pmi")
PLAIN = Instance(
    units=UNITS,
    need=(10, 4, 20, 2, 4),
    current=(Fraction(8), Fraction(3), Fraction(6), Fraction(2), Fraction(1)),
    total_steps=20,
    step=Fraction(1, 2),
    cells=CELLS,
)


def with_rules(*rules):
    return replace(PLAIN, rules=rules)


def held(steps, **where):
    return sum(x for cell, x in zip(CELLS, steps, strict=True) if Where(**where).holds(cell))


def refusal(*rules):
    with pytest.raises(NoSolutionError) as caught:
        solve(with_rules(*rules))
    assert caught.value.exit_code == ExitCode.NO_SOLUTION
    return caught.value


def test_without_rules():
    assert solve(PLAIN).steps == (5, 2, 10, 1, 2)


def test_percent_kept():
    steps = solve(with_rules(LargestChangePercent({"longwy-ass": 25}))).steps
    assert steps[0] == 6  # 25 % of eight half-posts are two


def test_percent_impossible():
    error = refusal(LargestChangePercent(10), MinimumPresence({"nancy-ass": 7}))
    assert error.code == "allocation_rule_contradicted"
    assert error.params["rule"] == "minimum_presence"


def test_locked_kept():
    assert solve(with_rules(LockedPosts({"longwy-ass": 7}))).steps[0] == 7


def test_locked_impossible():
    assert refusal(LockedPosts({"longwy-ass": 7}), Ceiling({"longwy-ass": 6})).code == "allocation_rule_contradicted"
    with pytest.raises(RequestError):
        solve(with_rules(LockedPosts({"longwy-ass": 9})))


def test_pinned_kept():
    steps = solve(with_rules(Pinned(finals={"nancy-sms": 3}, changes={"longwy-ass": -1}))).steps
    assert (steps[3], steps[0]) == (3, 7)


def test_pinned_impossible():
    assert refusal(Pinned(finals={"nancy-sms": 3}), LargestChange(0)).code == "allocation_rule_contradicted"
    for decision in (Pinned(finals={"nancy-sms": 3}, changes={"nancy-sms": 0}), Pinned(changes={"nancy-sms": -3})):
        with pytest.raises(RequestError) as caught:
            solve(with_rules(decision))
        assert caught.value.code == "allocation_pinned_impossible"


def test_at_least_one_of_kept():
    steps = solve(with_rules(AtLeastOneOf("SMS", 2))).steps
    assert steps == (5, 2, 9, 2, 2)


def test_at_least_one_of_impossible():
    error = refusal(AtLeastOneOf("SMS", 2), Ceiling({"longwy-sms": 1}))
    assert (error.code, error.params["missing"]) == ("allocation_rules_conflict", "0.5")


def test_ratio_kept_in_each_territory():
    steps = solve(with_rules(Ratio("SMS", "ASS", 1, 3))).steps
    for territory in ("longwy", "nancy"):
        few, many = (
            held(steps, territory=territory, profession="SMS"),
            held(steps, territory=territory, profession="ASS"),
        )
        assert 3 * few >= many
    overall = solve(with_rules(Ratio("SMS", "ASS", 1, 3, overall=True)))
    assert 3 * held(overall.steps, profession="SMS") >= held(overall.steps, profession="ASS")
    assert 3 * overall.steps[3] < overall.steps[2] + overall.steps[4]  # but not in Nancy alone
    assert Binding("* · SMS/ASS", "ratio", "floor") in overall.binding


def test_ratio_impossible():
    error = refusal(Ratio("SMS", "ASS", 1, 1), Ceiling({"longwy-sms": 4, "nancy-sms": 3}))
    assert error.code == "allocation_rules_conflict"
    assert error.params["missing"] == "1.5"  # ten against ten: three half-posts above the ceilings


def test_site_minimum_kept():
    assert held(solve(with_rules(SiteMinimum({"sud": 5}))).steps, site="sud") == 5


def test_site_minimum_impossible():
    assert refusal(SiteMinimum({"sud": 5, "nord": 8, "centre": 9})).params["missing"] == "1"


@pytest.mark.parametrize("fairness", Fairness)
def test_group_total_kept(fairness):
    rules = (GroupTotal(Where(mission="pmi"), 4, 4), GroupTotal(Where(territory="longwy"), hi=5))
    allocation = solve(replace(with_rules(*rules), fairness=fairness))
    assert held(allocation.steps, mission="pmi") == 4
    assert held(allocation.steps, territory="longwy") <= 5
    assert Binding("pmi", "group_total", "floor") in allocation.binding


def test_group_total_impossible():
    assert refusal(GroupTotal(Where(mission="pmi"), 21)).code == "allocation_rules_conflict"
    with pytest.raises(RequestError):
        GroupTotal(Where(mission="pmi"), 4, 3)


def test_substitutions_kept():
    """17 half-posts of ASS-like need against 15 held: only as many as may turn into ASS do."""
    assert held(solve(PLAIN).steps, profession="ASS") == 17
    for limit in (0, 1, 2, 5):
        steps = solve(with_rules(SubstitutionLimits({("SMS", "ASS"): limit}))).steps
        assert held(steps, profession="ASS") == 15 + min(limit, 2)
    assert held(solve(with_rules(SubstitutionLimits({("ASS", "SMS"): 5}))).steps, profession="ASS") == 15


def test_substitutions_impossible():
    error = refusal(SubstitutionLimits({("SMS", "ASS"): 1}), GroupTotal(Where(profession="ASS"), 17))
    assert error.code == "allocation_rules_conflict"


def test_substitutions_over_three_professions_flow_along_declared_pairs():
    """a → b → c declared: what c gains may come from a through b, within each limit."""
    cells = tuple(Cell("t", "ssd", p) for p in "abc")
    instance = Instance(tuple("abc"), (1, 10, 100), (Fraction(5),) * 3, 15, Fraction(1), cells=cells)
    limits = SubstitutionLimits({("a", "b"): 2, ("b", "c"): 3})
    assert solve(replace(instance, rules=(limits,))).steps == (3, 4, 8)


def test_pools_keep_their_own_totals():
    pools = pools_by(("mission", "profession"), UNITS, CELLS, PLAIN.current)
    assert {pool.name: pool.total_steps for pool in pools} == {"ssd · ASS": 14, "ssd · SMS": 5, "pmi · ASS": 1}
    allocation = solve(replace(PLAIN, pools=pools))
    assert allocation.steps == (5, 3, 9, 2, 1)
    linked = pools_by(("profession",), UNITS, CELLS, PLAIN.current, [("ASS", "SMS")])
    assert [pool.total_steps for pool in linked] == [20]
    assert solve(replace(PLAIN, pools=linked)).steps == solve(PLAIN).steps


def test_loads_of_pools_are_compared_by_fair_share():
    """Ten times the minutes in one mission: no difference, since it shares only its own posts."""
    pools = (Pool("one", UNITS[:2], 5), Pool("two", UNITS[2:], 15))
    instance = replace(PLAIN, pools=pools, fairness=Fairness.LEAST_MAXIMUM)
    scaled = replace(instance, need=(100, 40, 20, 2, 4))
    assert solve(instance).steps == solve(scaled).steps
    assert instance.comparable_need[0] / scaled.comparable_need[0] == Fraction(40, 166)


def test_payroll_is_never_exceeded_and_nearly_used():
    costs = dict(zip(UNITS, (50_000, 35_000, 48_000, 36_000, 62_000), strict=True))
    paid = int(sum(costs[u] * x / 2 for u, x in zip(UNITS, PLAIN.current, strict=True)))
    instance = replace(PLAIN, total_steps=0, pools=(Pool("all", UNITS, 0, paid, costs),))
    for fairness in Fairness:
        steps = solve(replace(instance, fairness=fairness)).steps
        spent = sum(costs[u] * x for u, x in zip(UNITS, steps, strict=True)) / 2
        assert paid - 62_000 < spent <= paid
    assert sum(q * costs[u] for q, u in zip(instance.quotas, UNITS, strict=True)) == 2 * paid
    with pytest.raises(NoSolutionError) as caught:
        solve(replace(instance, rules=(MinimumPresence({"nancy-pmi": 99}),)))
    assert caught.value.code == "allocation_floors_exceed_payroll"


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("allocation_pools_no_partition", lambda: replace(PLAIN, pools=(Pool("one", UNITS[:2], 20),))),
        ("allocation_pools_total", lambda: replace(PLAIN, pools=(Pool("one", UNITS, 19),))),
        ("allocation_pool_negative", lambda: Pool("one", UNITS, -1)),
        ("allocation_pool_cost", lambda: Pool("one", UNITS, 0, 100, {})),
        (
            "allocation_pool_no_need",
            lambda: replace(PLAIN, need=(1, 0, 0, 0, 0), pools=(Pool("one", UNITS[:1], 9), Pool("two", UNITS[1:], 11))),
        ),
        ("allocation_pool_between_steps", lambda: pools_by((), UNITS, CELLS, (Fraction(1, 2),) * 5)),
        (
            "allocation_unknown_profession",
            lambda: pools_by(("profession",), UNITS, CELLS, PLAIN.current, [("ASS", "X")]),
        ),
        ("allocation_unknown_group", lambda: solve(with_rules(SiteMinimum({"ouest": 1})))),
        ("allocation_rule_needs_cells", lambda: solve(replace(with_rules(SiteMinimum({"sud": 1})), cells=()))),
        ("allocation_ratio", lambda: Ratio("ASS", "ASS", 1, 5)),
        ("allocation_ratio", lambda: Ratio("SMS", "ASS", 0, 5)),
        ("allocation_negative_bound", lambda: AtLeastOneOf("SMS", -1)),
        ("allocation_negative_bound", lambda: Pinned(finals={"nancy-sms": -1})),
        ("allocation_too_many_substitutions", lambda: SubstitutionLimits({(str(n), "x"): 1 for n in range(10)})),
        ("allocation_total_too_large", lambda: to_instance(["a"], [1], 10**12)),
        (
            "allocation_total_too_large",
            lambda: Instance(("a",), (1,), None, 0, Fraction(1), pools=(Pool("p", ("a",), 0, 10**12, {"a": 1}),)),
        ),
        ("allocation_lengths_differ", lambda: replace(PLAIN, cells=CELLS[:2])),
    ],
)
def test_absurd_questions_are_refused_in_words(code, make):
    with pytest.raises(RequestError) as caught:
        make()
    assert caught.value.code == code


def test_a_pool_without_posts_decides_nothing():
    pools = (Pool("one", UNITS[:2], 20), Pool("two", UNITS[2:], 0))
    for fairness in Fairness:
        assert solve(replace(PLAIN, pools=pools, fairness=fairness)).steps == (14, 6, 0, 0, 0)


def test_greedy_knows_pools_and_groups():
    instance = with_rules(Ratio("SMS", "ASS", 1, 3))
    assert greedy(instance) == solve(instance).steps


def test_check_reads_every_rule_itself():
    """An answer without the rule is refused as soon as the rule is there."""
    free = solve(PLAIN)
    for rule in (
        LargestChangePercent(25),
        LockedPosts({"longwy-ass": 7}),
        Pinned(changes={"longwy-ass": -1}),
        AtLeastOneOf("SMS", 2),
        Ratio("SMS", "ASS", 1, 3),
        SiteMinimum({"sud": 5}),
        GroupTotal(Where(mission="pmi"), 4),
        SubstitutionLimits({("SMS", "ASS"): 1}),
    ):
        with pytest.raises(CheckError) as caught:
            check(with_rules(rule), free)
        assert any(rule.name in failure for failure in caught.value.failures)
