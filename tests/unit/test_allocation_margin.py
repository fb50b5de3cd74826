import time
from dataclasses import replace
from fractions import Fraction

import pytest

from workload.allocation.instance import Fairness, Instance
from workload.allocation.margin import counterfactuals, margin
from workload.allocation.rules import Ceiling
from workload.allocation.solver import greedy
from workload.errors import RequestError

PAIR = Instance(("a", "b"), (6, 4), (Fraction(5), Fraction(5)), 10, Fraction(1, 2))


def test_by_hand():
    # Webster: a gets its 7th step before b its 4th once 13/n_a < 7/4, n_a > 7.43: from 6 to 8.
    rows = counterfactuals(PAIR, {"rsa": (2, 2), "age": (4, 2)}, "a")
    assert [(row.component, row.steps, row.to_count) for row in rows] == [("rsa", 7, 4), ("age", 7, 6), ("need", 7, 8)]
    assert [row.change_relative for row in rows] == [1, Fraction(1, 2), Fraction(1, 3)]
    # It loses its 6th to b's 5th once 11/n_a > 9/4, n_a < 4.89: to 4.
    down = counterfactuals(PAIR, {"rsa": (2, 2), "age": (4, 2)}, "a", target_steps=5)
    assert [row.to_count for row in down] == [0, 2, 4]


def test_a_count_of_many_minutes():
    big = replace(PAIR, need=(600, 400))
    (rsa, _) = counterfactuals(big, {"rsa": (600, 400)}, "a", need_per_count={"rsa": Fraction(75, 2)})
    assert rsa.from_count == 16
    assert rsa.to_count == 20  # 20 × 37.5 = 750 > 742.9 > 19 × 37.5


def test_impossible_is_none():
    ruled = replace(PAIR, rules=(Ceiling({"a": 6}),))
    assert all(row.to_count is None for row in counterfactuals(ruled, {"rsa": (6, 4)}, "a"))
    kept = counterfactuals(PAIR, {"rsa": (1, 1), "age": (5, 3)}, "a", target_steps=4)
    assert kept[0].to_count is None  # even without its one RSA it keeps more than four


def test_one_territory_has_no_next_exchange():
    alone = Instance(("a",), (6,), (Fraction(5),), 5, Fraction(1, 2))
    found = margin(alone, (5,))
    assert (found.one_more, found.one_less, found.exchange) == ((("a", 1),), (("a", -1),), None)
    assert margin(replace(alone, total_steps=0), (0,)).one_less is None


def test_the_alabama_paradox_is_seen():
    # Balinski & Young 2001, p. 39, in small: Hamilton takes a seat from the smallest when the house grows by one.
    house = Instance(("a", "b", "c"), (6, 6, 2), None, 10, Fraction(1), Fairness.LEAST_ABSOLUTE)
    assert greedy(house) == (4, 4, 2)
    assert dict(margin(house, (4, 4, 2)).one_more) == {"a": 1, "b": 1, "c": -1}


def test_refused():
    with pytest.raises(RequestError):
        counterfactuals(PAIR, {"rsa": (6, 4)}, "nowhere")
    with pytest.raises(RequestError):
        counterfactuals(PAIR, {"rsa": (5, 4)}, "a")
    with pytest.raises(RequestError):
        counterfactuals(PAIR, {"rsa": (6, 4)}, "a", need_per_count={"rsa": Fraction(0)})


@pytest.mark.parametrize("fairness", Fairness)
def test_twenty_indicators_of_a_département_take_little(fairness):
    columns = {f"c{k}": tuple((k + 1) * (t + 3) * 9973 for t in range(6)) for k in range(20)}
    need = tuple(map(sum, zip(*columns.values(), strict=True)))
    instance = Instance(tuple("abcdef"), need, (Fraction(60),) * 6, 360, Fraction(1, 2), fairness)
    start = time.process_time()
    for unit in instance.units:
        assert len(counterfactuals(instance, columns, unit)) == 21
    assert time.process_time() - start < 10
