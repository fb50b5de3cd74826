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
