"""When a figure is sensitive, what it is then owed, and what tables are refused."""

import pytest

from workload.store.disclosure import CellFacts, Demand, LinkedTables, Rules, sensitive
from workload.store.disclosure.rules import demanded
from workload.store.disclosure.tables import together

RULES = Rules(minimum_workers=5, dominance_share=0.85, protection_share=0.15, coarser_above=0.15)
A, B, TOTAL = ("a",), ("b",), ("total",)


def even(workers, minutes=10.0, first=0):
    return CellFacts.of({f"w{k}": minutes for k in range(first, first + workers)})


def one(facts, step=0.0, **more):
    return LinkedTables({A: facts}, (), step=step, **more)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (even(4), "threshold"),
        (even(5), None),
        (CellFacts.of({"v": 86, **dict.fromkeys("wxyz", 3.5)}), "dominance"),
        (CellFacts.of({"v": 85, **dict.fromkeys("wxyz", 3.75)}), None),  # exactly the share is not above it
        (CellFacts.of({"v": 97, "w": 3}), "threshold"),
        (CellFacts.of({"v": 0}), None),  # nobody does it
        (CellFacts.summary(120, 4, 40), "threshold"),
        (CellFacts.summary(4, 4, 0), "threshold"),
        (CellFacts.summary(5, 5, 0), None),
    ],
)
def test_reason(facts, reason):
    assert dict(sensitive(one(facts), RULES)) == ({A: reason} if reason else {})


def test_threshold_is_owed_a_share_of_itself():
    assert demanded(one(even(4)), RULES)[A][0].half_width == pytest.approx(6)


def test_dominance_is_owed_what_would_end_it():
    facts = CellFacts.of({"v": 90, **dict.fromkeys("wxyz", 2.5)})
    assert demanded(one(facts), RULES)[A][0].half_width == pytest.approx(90 / 0.85 - 100)


def test_both_are_owed_the_wider():
    facts = CellFacts.of({"v": 97, "w": 3})
    assert demanded(one(facts), RULES)[A][0].half_width == pytest.approx(15)
    alone = CellFacts.of({"v": 100})
    assert demanded(one(alone), RULES)[A][0].half_width == pytest.approx(100 / 0.85 - 100)


def test_a_count_must_stay_uncertain_by_a_whole_step():
    assert demanded(one(CellFacts.summary(3, 3, 0), step=1.0), RULES)[A][0].half_width == 1


def test_a_contributor_is_owed_the_others_share_only():
    demand = Demand("threshold", 15, {"v": 80, "w": 20})
    assert [demand.against(who) for who in (None, "v", "w", "z")] == pytest.approx([15, 3, 12, 15])


def test_the_same_worker_in_two_cells_counts_once():
    both = together([even(3), even(3, first=2)])
    assert (both.workers_n, both.value, both.largest) == (5, 60, 20)


def test_unknown_workers_of_two_cells_may_be_the_same():
    both = together([CellFacts.summary(30, 3, 12), CellFacts.summary(40, 4, 13)])
    assert (both.workers_n, both.largest) == (4, 25)


def test_counts_that_add_up_share_nobody():
    assert together([CellFacts.summary(3, 3, 0), CellFacts.summary(4, 4, 0)]).workers_n == 7


@pytest.mark.parametrize(
    ("cells", "equations", "more", "words"),
    [
        ({A: even(2)}, ((TOTAL, (A,)),), {}, "not in the tables"),
        ({A: even(2)}, (), {"public": frozenset({B})}, "not in the tables"),
        ({A: even(2), B: even(2), TOTAL: even(3)}, ((TOTAL, (A, B)),), {}, "do not add up"),
        ({A: even(2), B: even(2), TOTAL: even(4)}, ((TOTAL, (A, B)),), {}, "workers behind"),
        ({A: even(2), TOTAL: even(2)}, ((TOTAL, (A, A)),), {}, "twice"),
        ({A: even(2)}, (), {"public": frozenset({A}), "hidden": frozenset({A})}, "both public"),
    ],
)
def test_tables_that_cannot_be_are_refused(cells, equations, more, words):
    with pytest.raises(ValueError, match=words):
        LinkedTables(cells, equations, **more)


@pytest.mark.parametrize("wrong", [{"v": -1}, {"v": float("nan")}, {"v": float("inf")}])
def test_amounts_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="contribution"):
        CellFacts.of(wrong)


@pytest.mark.parametrize("wrong", [(0, 2, 0), (10, 0, 0), (10, 2, 11), (float("inf"), 2, 1)])
def test_summaries_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="figure"):
        CellFacts.summary(*wrong)
