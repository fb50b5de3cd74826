"""Two publications side by side, and the fall back to a coarser table."""

import pytest

from tests.unit.test_disclosure_attacks import RULES, line, workers
from workload.store.disclosure import (
    CellFacts,
    LinkedTables,
    UnprotectableError,
    audit,
    between_publications,
    choose,
    protect,
    sensitive,
)

MANY = {"a": workers(0, 8), "b": workers(8, 8), "c": workers(16, 8)}


def after(now, before, withheld=()):
    """The tables now, with what the earlier publication of all but `withheld` adds."""
    earlier = {cell: facts for cell, facts in before.cells.items() if cell not in withheld}
    return between_publications(now.cells, earlier, RULES, now.equations).applied(now)


def test_the_same_contributions_are_public():
    found = after(line(MANY), line(MANY))
    assert found.public == set(found.cells)
    assert not sensitive(found, RULES)


def test_one_worker_more_is_a_figure_about_one():
    now = line({**MANY, "a": {**MANY["a"], "new": 100.0}})
    found = after(now, line(MANY))
    assert dict(sensitive(found, RULES)) == {("a",): "difference", ("all",): "difference"}
    assert found.public == {("b",), ("c",)}
    protection = protect(found, RULES)
    assert protection.withheld == {("a",), ("all",)}
    assert audit(found, RULES, protection.withheld).passed


def test_one_worker_whose_amount_changed():
    now = line({**MANY, "a": {**MANY["a"], "w0": 150.0}})
    assert ("a",) in sensitive(after(now, line(MANY)), RULES)


def test_five_workers_more_may_be_published():
    found = after(line({**MANY, "a": MANY["a"] | workers(50, 5)}), line(MANY))
    assert not sensitive(found, RULES)
    assert ("a",) not in found.public


def test_a_difference_that_one_worker_dominates():
    found = after(line({**MANY, "a": MANY["a"] | workers(50, 5, 1.0) | {"v": 500.0}}), line(MANY))
    assert sensitive(found, RULES)["a",] == "difference"


def test_equal_totals_of_different_workers_are_a_difference():
    now = line({**MANY, "a": {**MANY["a"], "w0": 90.0, "w1": 110.0}})
    assert now.cells["a",].value == line(MANY).cells["a",].value
    assert ("a",) in sensitive(after(now, line(MANY)), RULES)


def test_rounding_is_no_change():
    found = after(line({**MANY, "a": {w: m * (1 + 1e-12) for w, m in MANY["a"].items()}}), line(MANY))
    assert ("a",) in found.public


def test_the_sum_of_two_withheld_cells_beside_the_same_sum_before():
    """a has one worker more, c nine. Hidden in b, which changed too, the one still follows from a + b then and now."""
    before = line(MANY)
    now = line({**MANY, "a": {**MANY["a"], "new": 100.0}, "c": MANY["c"] | workers(50, 9)})
    found = after(now, before)
    assert sensitive(found, RULES) == {("a",): "difference"}
    with_b = audit(
        LinkedTables(found.cells, found.equations, forced=found.forced, changes=found.changes), RULES, {("a",), ("b",)}
    )
    assert [s.reason for s in with_b.sums] == ["difference"]
    protection = protect(found, RULES)
    assert ("c",) in protection.withheld or ("all",) in protection.withheld


def test_a_sum_known_from_before_is_a_figure_too():
    """a and b were withheld then; their sum was known. Published now, it would be about the one worker who joined."""
    before = line(MANY)
    now = line({**MANY, "a": {**MANY["a"], "new": 100.0}, "c": MANY["c"] | workers(50, 9)})
    found = after(now, before, withheld={("a",), ("b",)})
    (known,) = found.hidden
    assert sensitive(found, RULES) == {known: "difference"}
    assert not audit(found, RULES, set()).passed
    protection = protect(found, RULES)
    assert protection.withheld
    assert known not in protection.withheld
    assert audit(found, RULES, protection.withheld).passed


def test_a_sum_known_from_before_and_unchanged_stays_known():
    """a, b and c were withheld then, d published: their sum is public, and d cannot hide them now."""
    small = {"a": workers(0, 2), "b": workers(2, 2), "c": workers(4, 6), "d": workers(10, 6)}
    now = line(small)
    found = after(now, line(small), withheld={("a",), ("b",), ("c",)})
    assert len(found.public) == 3  # d, all, and the sum a + b + c
    assert protect(found, RULES).withheld == {("a",), ("b",), ("c",)}


def test_several_earlier_publications_add_up():
    first, second = line(MANY), line({**MANY, "b": MANY["b"] | workers(60, 6)})
    now = line({**MANY, "a": {**MANY["a"], "new": 100.0}, "b": MANY["b"] | workers(60, 6)})
    found = now
    for before in (first, second):
        found = between_publications(now.cells, before.cells, RULES, now.equations).applied(found)
    assert len(found.changes) == 2
    assert set(sensitive(found, RULES)) == {("a",), ("all",)}
    assert found.public == {("b",), ("c",)}


def test_what_the_last_publication_showed_is_known_whatever_an_older_one_said():
    oldest, now = line(MANY), line({**MANY, "a": {**MANY["a"], "new": 100.0}})
    for order in ([oldest, now], [now, oldest]):
        found = now
        for before in order:
            found = between_publications(now.cells, before.cells, RULES, now.equations).applied(found)
        assert found.public == set(now.cells)
        assert not found.forced


def test_summaries_count_as_changed_by_too_few_unless_they_count():
    def facts(n, largest):
        return {("a",): CellFacts.summary(n, n if largest == 0 else 20, largest)}

    assert between_publications(facts(103, 0), facts(100, 0), RULES).forced
    assert not between_publications(facts(105, 0), facts(100, 0), RULES).forced
    assert between_publications(facts(1050, 90), facts(1000, 90), RULES).forced
    assert between_publications(facts(1000, 90), facts(1000, 90), RULES).public == {("a",)}


def test_the_finest_table_that_loses_little_is_taken():
    fine = line({f"t{k}": workers(10 * k, 3 if k < 4 else 9) for k in range(8)})
    middle = line({f"u{k}": workers(20 * k, 6) for k in range(4)})
    coarse = line({"all of it": workers(0, 48)})
    found = choose([("fine", fine), ("middle", middle), ("coarse", coarse)], RULES)
    assert found is not None
    assert found.name == "middle"
    assert [(f.name, f.at_least, round(f.lost_cells_share, 3)) for f in found.finer] == [("fine", True, 0.444)]


def test_secondary_cells_count_too():
    fine = line({f"t{k}": workers(10 * k, 3 if k == 0 else 9) for k in range(8)})  # 1 of 9 primary, 2 of 9 in all
    found = choose([("fine", fine), ("coarse", line({"x": workers(0, 9)}))], RULES)
    assert found is not None
    assert [(f.at_least, round(f.lost_cells_share, 3)) for f in found.finer] == [(False, 0.222)]


def test_the_last_is_taken_whatever_it_loses():
    few = line({"a": workers(0, 3), "b": workers(3, 9)})
    found = choose([("few", few)], RULES)
    assert found is not None
    assert found.protection.lost_cells_share > RULES.coarser_above


def test_nothing_is_chosen_where_nothing_can_be_protected():
    known = line({"a": {"v": 100}, "b": {"w": 100}}, public=frozenset({("all",)}))
    assert choose([("known", known)], RULES) is None
    with pytest.raises(UnprotectableError):
        protect(known, RULES)
