"""Whatever the tables, the protection passes the audit, costs no more than it must and does not hang on an order."""

import random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.property.disclosure_tables import RULES, cheapest_by_trial, cost, crossed, determined, records, tables
from workload.store.disclosure import LinkedTables, UnprotectableError, audit, between_publications, protect, sensitive

slow = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much]}


@settings(max_examples=25, **slow)
@given(tables([(3, 3), (4, 3), (2, 5), (3, 6), (2, 2, 2), (2, 3, 2), (3, 4, 2)], most=24))
def test_protection_passes_the_audit(found):
    protection = protect(found, RULES)
    result = audit(found, RULES, protection.withheld)
    assert result.passed
    assert set(protection.primary) <= protection.withheld
    assert protection.bound <= protection.cost * (1 + 1e-6)
    assert 0 <= protection.lost_value_share <= 1


@settings(max_examples=10, **slow)
@given(tables([(2, 2), (2, 3), (3, 2), (1, 4)], workers=7, most=12))
def test_no_cheaper_pattern_passes_the_audit(found):
    assume(0 < len(found.withholdable) - len(sensitive(found, RULES)) <= 7)
    protection = protect(found, RULES)
    assert protection.status == "optimal"
    spent = cost(found, protection.withheld)
    assert protection.cost == pytest.approx(spent)
    assert cheapest_by_trial(found, RULES, below=spent) == pytest.approx(spent)


@settings(max_examples=8, **slow)
@given(tables([(3, 3), (2, 2, 2)], most=18))
def test_order_changes_nothing_and_names_change_no_cost(found):
    protection = protect(found, RULES)
    turned = LinkedTables(dict(reversed(found.cells.items())), tuple((t, p[::-1]) for t, p in found.equations[::-1]))
    assert protect(turned, RULES).withheld == protection.withheld

    names = sorted(found.cells)
    others = names.copy()
    random.Random(1).shuffle(others)
    new = dict(zip(names, others, strict=True))
    renamed = LinkedTables(
        {new[c]: facts for c, facts in found.cells.items()},
        tuple((new[t], tuple(new[p] for p in parts)) for t, parts in found.equations),
    )
    assert protect(renamed, RULES).cost == pytest.approx(protection.cost)


@settings(max_examples=15, **slow)
@given(tables([(3, 3), (3, 5), (2, 2, 2), (3, 2, 2)], most=24))
def test_exact_elimination_finds_no_sensitive_cell(found):
    """An attacker with fractions instead of a solver; a cell she fixes must be one that was safe to publish."""
    protection = protect(found, RULES)
    assert determined(found, protection.withheld).isdisjoint(protection.primary)


@settings(max_examples=15, **slow)
@given(tables([(3, 3), (4, 3), (2, 5)], most=20))
def test_audit_refuses_primaries_alone_where_one_stands_alone_in_its_line(found):
    primary = set(sensitive(found, RULES))
    lines = [{total, *parts} & primary for total, parts in found.equations]
    assume(any(len(line) == 1 for line in lines))
    assert not audit(found, RULES, primary).passed


@settings(max_examples=15, **slow)
@given(tables([(3, 3), (2, 4)], most=20))
def test_what_elimination_fixes_the_audit_refuses(found):
    """The two attackers agree: a primary the equations fix has an interval of no width."""
    primary = set(sensitive(found, RULES))
    fixed = determined(found, primary) & primary
    assume(fixed)
    result = audit(found, RULES, primary)
    assert fixed <= {failure.cell for failure in result.failures}
    assert all(result.intervals[c][1] - result.intervals[c][0] < 1e-6 for c in fixed)


@settings(max_examples=8, **slow)
@given(tables([(2, 3), (2, 2, 2)], most=14))
def test_both_formulations_cost_the_same(found):
    """Flows in the model, or inequalities from attacks on it."""
    costs = []
    for direct in (10**6, 0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("workload.store.disclosure.protection._DIRECT", direct)
            protection = protect(found, RULES)
        assert protection.status == "optimal"
        costs.append(protection.cost)
    assert costs[0] == pytest.approx(costs[1])


@settings(max_examples=15, **slow)
@given(records((3, 3), 20), records((3, 3), 3), st.data())
def test_a_second_publication_passes_the_audit_too(then, joined, data):
    """Some workers join, some leave; what was withheld the first time stays unknown."""
    axes = [["a0", "a1", "a2"], ["b0", "b1", "b2"]]
    left = data.draw(st.sets(st.sampled_from(sorted({worker for worker, *_ in then})), max_size=2))
    before = crossed(then, axes)
    first = protect(before, RULES)
    now = crossed([r for r in then if r[0] not in left] + [(f"new {w}", *rest) for w, *rest in joined], axes)
    published = {cell: facts for cell, facts in before.cells.items() if cell not in first.withheld}
    both = between_publications(now.cells, published, RULES, now.equations).applied(now)
    try:
        second = protect(both, RULES)
    except UnprotectableError:
        return  # what the first publication said cannot be taken back
    assert audit(both, RULES, second.withheld).passed
    assert determined(both, second.withheld | both.hidden).isdisjoint(sensitive(both, RULES))
    for cell in published.keys() - second.withheld - both.public:
        change = {
            worker
            for worker in {*published[cell].contributions, *now.cells[cell].contributions}
            if published[cell].contributions.get(worker, 0) != now.cells[cell].contributions.get(worker, 0)
        }
        assert not 0 < len(change) < RULES.minimum_workers
