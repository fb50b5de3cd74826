"""The ledger adds up exactly: over causes to each change, over units to the change of the total."""

from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.test_allocation_optimal import instances
from workload.allocation.instance import Instance
from workload.allocation.justify import LedgerRow, RowKind, justify, shapley
from workload.allocation.pool_sum import sum_of_pools
from workload.allocation.pools import Pool
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import greedy, solve
from workload.errors import NoSolutionError, RequestError


@settings(max_examples=150, deadline=None)
@given(instances(max_units=5, max_total=30), st.data())
def test_rows_add_to_the_change_and_across_units_to_nothing(instance, data):
    if instance.current is None:
        return
    first = [data.draw(st.integers(-5, n)) for n in instance.need]  # a component may take away
    components = {"population": first, "rsa": [n - f for n, f in zip(instance.need, first, strict=True)]}
    try:
        allocation = solve(instance)
    except NoSolutionError:
        return
    ledgers = justify(instance, allocation, components).ledgers
    for ledger, x, current in zip(ledgers, allocation.steps, instance.current, strict=True):
        assert ledger.final == x * instance.step
        assert ledger.current == current * instance.step
        assert sum(row.posts for row in ledger.rows) == ledger.change
        indicators = sum(row.posts for row in ledger.rows if row.kind is RowKind.INDICATOR)
        assert indicators == ledger.fair_share - ledger.current
        assert ledger.fair_share == instance.fair_shares[instance.units.index(ledger.unit)]
    change_of_total = (instance.total_steps - sum(instance.current)) * instance.step
    assert sum(ledger.change for ledger in ledgers) == change_of_total
    for kind in (RowKind.ROUNDING, RowKind.RULE):
        assert sum(row.posts for ledger in ledgers for row in ledger.rows if row.kind is kind) == 0
    if not change_of_total:
        for cause in {row.cause for row in ledgers[0].rows}:
            assert sum(row.posts for ledger in ledgers for row in ledger.rows if row.cause == cause) == 0


@settings(max_examples=100, deadline=None)
@given(instances(max_units=4, max_total=20))
def test_rule_rows_are_the_average_over_all_orders(instance):
    """Shapley by its other definition: add the rules one by one, in every order."""
    if instance.current is None or not instance.rules:
        return
    try:
        allocation = solve(instance)
    except NoSolutionError:
        return
    ledgers = justify(instance, allocation, {"need": instance.need}).ledgers
    orders = list(permutations(instance.rules))
    for rule in instance.rules:
        due = [Fraction(0)] * len(instance.units)
        for order in orders:
            before = order[: order.index(rule)]
            without = greedy(replace(instance, rules=before))
            with_rule = greedy(replace(instance, rules=(*before, rule)))
            due = [d + w - o for d, w, o in zip(due, with_rule, without, strict=True)]
        rows = [row.posts for ledger in ledgers for row in ledger.rows if row.cause == rule.name]
        assert rows == [d / len(orders) * instance.step for d in due]


@settings(max_examples=100, deadline=None)
@given(st.data(), st.integers(1, 4))
def test_shapley_shares_out_everything(data, n_players):
    players = [f"p{i}" for i in range(n_players)]
    coalitions = [frozenset(p for i, p in enumerate(players) if mask >> i & 1) for mask in range(2**n_players)]
    worth = {c: data.draw(st.tuples(st.integers(0, 50), st.integers(0, 50))) for c in coalitions}
    shares = [shapley(worth, players, player) for player in players]
    for t in range(2):
        assert sum(share[t] for share in shares) == worth[frozenset(players)][t] - worth[frozenset()][t]


LONGWY = Instance(
    units=("longwy", "briey", "nancy"),
    need=(300, 300, 600),
    current=(Fraction(5), Fraction(2), Fraction(5)),
    total_steps=12,
    step=Fraction(1),
    rules=(LargestChange(1), MinimumPresence({"longwy": 4}), Ceiling({"nancy": 6})),
)


def test_a_ledger_by_hand():
    components = {"population": (100, 200, 300), "rsa": (200, 100, 300)}
    longwy, briey, nancy = justify(LONGWY, solve(LONGWY), components).ledgers
    # (12·100 − 5·600)/1200 and (12·200 − 5·600)/1200; fair share 3; alone each of two rules would leave 4.
    assert longwy.rows == (
        LedgerRow("population", RowKind.INDICATOR, Fraction(-3, 2)),
        LedgerRow("rsa", RowKind.INDICATOR, Fraction(-1, 2)),
        LedgerRow("rounding", RowKind.ROUNDING, Fraction(0)),
        LedgerRow("largest_change", RowKind.RULE, Fraction(1, 2)),
        LedgerRow("minimum_presence", RowKind.RULE, Fraction(1, 2)),
        LedgerRow("ceiling", RowKind.RULE, Fraction(0)),
    )
    assert (longwy.change, briey.change, nancy.change) == (-1, briey.final - 2, nancy.final - 5)


def test_components_that_are_not_the_need_are_refused():
    with pytest.raises(RequestError) as caught:
        justify(LONGWY, solve(LONGWY), {"population": (300, 299, 600)})
    assert caught.value.params["unit"] == "briey"


def test_a_ledger_needs_a_current_state():
    unknown = replace(LONGWY, current=None, rules=())
    with pytest.raises(RequestError):
        justify(unknown, solve(unknown), {"need": unknown.need})


class Cap(Ceiling):
    """A ceiling with a name of its own: as many classes of rules as one likes."""


def named_ceilings(caps):
    return tuple(type(f"Cap{i}", (Cap,), {"name": f"cap{i}", "__slots__": ()})(cap) for i, cap in enumerate(caps))


@settings(max_examples=60, deadline=None)
@given(
    instances(max_units=3, max_total=10, with_rules=False),
    st.lists(
        st.dictionaries(st.sampled_from(["u0", "u1", "u2"]), st.integers(0, 12), max_size=2), min_size=1, max_size=4
    ),
)
def test_rules_that_never_bind_change_no_share(instance, caps):
    """The Shapley value by all orders, with classes that bind and others that never do."""
    units = set(instance.units)
    caps = [{unit: c for unit, c in cap.items() if unit in units} for cap in caps]
    instance = replace(instance, current=(Fraction(1),) * len(units), rules=named_ceilings(caps))
    try:
        steps = greedy(instance)
    except NoSolutionError:
        return
    idle = named_ceilings([*[{}] * len(caps), *[{"u0": instance.total_steps}] * 9])[len(caps) :]
    many = replace(instance, rules=(*instance.rules, *idle))
    allocation = fake_solution(many, steps)
    rows = {
        (ledger.unit, row.cause): row.posts
        for ledger in justify(many, allocation, {"need": many.need}).ledgers
        for row in ledger.rows
    }
    orders = list(permutations(instance.rules))
    for rule in instance.rules:
        for t, unit in enumerate(instance.units):
            due = sum(
                greedy(replace(instance, rules=order[: order.index(rule) + 1]))[t]
                - greedy(replace(instance, rules=order[: order.index(rule)]))[t]
                for order in orders
            )
            assert rows[unit, rule.name] == Fraction(due, len(orders)) * instance.step
    assert all(rows[unit, rule.name] == 0 for rule in idle for unit in instance.units)


def fake_solution(instance, steps):
    """The verifier knows no rules with made-up names; the ledger only reads the steps."""
    return replace(solve(replace(instance, rules=())), steps=steps)


def test_too_many_rules_that_bind_are_refused():
    instance = Instance(tuple(f"u{i}" for i in range(20)), (5,) * 19 + (500,), (Fraction(2),) * 20, 40, Fraction(1))
    caps = [{"u19": 20 - k} for k in range(17)]
    many = replace(instance, rules=named_ceilings(caps))
    with pytest.raises(RequestError) as caught:
        justify(many, fake_solution(many, greedy(many)), {"need": many.need})
    assert caught.value.code == "plan_too_many_rules"


def test_above_in_each_mission_and_below_in_all():
    """Two missions, the second with twice the posts for the same need: Simpson's paradox."""
    children = Instance(("longwy", "briey"), (90, 10), (Fraction(10), Fraction(0)), 10, Fraction(1))
    housing = Instance(("longwy", "briey"), (10, 90), (Fraction(10), Fraction(80)), 90, Fraction(1))
    pools = {name: (i, justify(i, solve(i), {"need": i.need})) for name, i in (("ase", children), ("ssd", housing))}
    longwy, briey = sum_of_pools(pools)
    assert [pool.current - pool.fair_share for pool in longwy.pools] == [1, 1]
    assert longwy.current - longwy.one_pool_fair_share == 20 - 50
    assert longwy.reverses
    assert briey.reverses
    for territory in (longwy, briey):
        assert territory.current + sum(row.posts for row in territory.rows) == territory.final
        assert [pool.pool for pool in territory.pools] == ["ase", "ssd"]


def test_pools_of_one_instance_keep_their_own_ledger():
    pools = (Pool("ase", ("a", "b"), 6), Pool("ssd", ("c", "d"), 10))
    instance = Instance(
        ("a", "b", "c", "d"), (2, 1, 30, 20), tuple(map(Fraction, (3, 3, 4, 6))), 16, Fraction(1), pools=pools
    )
    ledgers = justify(instance, solve(instance), {"need": instance.need}).ledgers
    for members, total in (((0, 1), 6), ((2, 3), 10)):
        assert sum(ledgers[t].final for t in members) == total
        for cause in ("need", "rounding"):
            assert sum(row.posts for t in members for row in ledgers[t].rows if row.cause == cause) == 0
    assert ledgers[0].fair_share == 4


def test_a_pool_that_closes_without_any_need_is_in_no_indicator_s_row():
    pools = (Pool("ase", ("a", "b"), 6), Pool("ssd", ("c", "d"), 0))
    current = tuple(map(Fraction, (3, 3, 1, 0)))
    instance = Instance(("a", "b", "c", "d"), (2, 1, 0, 0), current, 6, Fraction(1), pools=pools)
    ledgers = justify(instance, solve(instance), {"need": instance.need}).ledgers
    assert [ledger.fair_share for ledger in ledgers] == [4, 2, 1, 0]
    assert [row.posts for row in ledgers[2].rows] == [0, -1]
    for ledger in ledgers:
        assert ledger.current + sum(row.posts for row in ledger.rows) == ledger.final
