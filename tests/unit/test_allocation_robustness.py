from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from workload.allocation.instance import Bound, Fairness, Instance, Row
from workload.allocation.reachable import Reach
from workload.allocation.robustness import Basis, Verdict, can_have, move_robustness
from workload.allocation.rules import LargestChange
from workload.allocation.solver import greedy
from workload.allocation.weight_box import order_bounds, share_bounds, weight_box
from workload.errors import RequestError

PAIR = Instance(("a", "b"), (60, 40), (Fraction(5), Fraction(5)), 10, Fraction(1, 2))
SAME = {"x": (30, 20), "y": (30, 20)}  # both indicators say six to four
PARTED = {"x": (55, 5), "y": (5, 35)}


class Together:
    """A rule over two units, so that nothing can be proven unit by unit."""

    name = "together"

    def bounds(self, instance):
        return (Bound(),) * len(instance.units)

    def rows(self, instance):
        return (Row("a", ((0, 1),), None, 6),)


def judged(instance, components, off, **kwargs):
    rng = np.random.default_rng(0)
    return move_robustness(instance, components, greedy(instance), off, rng=rng, **kwargs)


def test_bounds_by_hand():
    # x alone decides between 48/(48+...) at the corners: 5 posts × (0.8·55 + 1.2·5)/(0.8·60 + 1.2·40) and the reverse.
    a, b = share_bounds(PAIR, PARTED, Fraction(1, 5))
    assert a.low == 5 * Fraction(44 + 6, 48 + 48)
    assert a.high == 5 * Fraction(66 + 4, 72 + 32)
    assert (b.low, b.high) == (5 - a.high, 5 - a.low)
    assert (a.factors_low, a.factors_high) == ((Fraction(4, 5), Fraction(6, 5)), (Fraction(6, 5), Fraction(4, 5)))


def test_indicators_that_agree_survive_any_weights():
    for one in judged(PAIR, SAME, Fraction(9, 10)):
        assert (one.direction, one.size, one.basis, one.bounded) == (
            Verdict.SURVIVES,
            Verdict.SURVIVES,
            Basis.EXACT,
            True,
        )
        assert one.factors is None


def test_indicators_that_part_do_not():
    a, b = judged(PAIR, PARTED, Fraction(9, 10))
    assert a.direction is b.direction is Verdict.DOES_NOT
    assert a.factors[0] < a.factors[1]


def test_one_weight_may_be_surer_than_another():
    a, _ = judged(PAIR, PARTED, {"x": Fraction(0)})
    assert (a.low, a.high) == (3, 3)
    with pytest.raises(RequestError):
        weight_box(("x",), Fraction(1))


@pytest.mark.parametrize("fairness", Fairness)
def test_no_need_no_influence(fairness):
    idle = Instance(("a", "b", "c"), (60, 0, 40), tuple(map(Fraction, (4, 2, 4))), 10, Fraction(1, 2), fairness)
    found = judged(idle, {"x": (55, 0, 5), "y": (5, 0, 35)}, Fraction(1, 5))
    assert (found[1].low, found[1].high, found[1].direction) == (0, 0, Verdict.SURVIVES)


def test_one_territory():
    alone = Instance(("a",), (3,), (Fraction(4),), 4, Fraction(1, 2))
    (found,) = judged(alone, {"x": (3,)}, Fraction(1, 5))
    assert (found.low, found.high, found.direction) == (2, 2, Verdict.NO_MOVE)


def test_rules_over_several_territories_are_sampled_and_say_so():
    ruled = replace(PAIR, rules=(LargestChange(2), Together()))
    found = judged(ruled, PARTED, Fraction(9, 10), samples_n=20)
    assert {one.basis for one in found} == {Basis.SAMPLES}
    assert {one.samples_n for one in found} == {20}
    assert found[0].direction is Verdict.DOES_NOT  # a counterexample proves as much as it does elsewhere
    assert judged(ruled, SAME, Fraction(1, 5), samples_n=20)[0].direction is Verdict.UNKNOWN


def test_order_only():
    # Weights x ≥ y ≥ 0: from x alone to both equal.
    assert order_bounds(PAIR, PARTED, ("x", "y")) == (
        ("a", 5 * Fraction(60, 100), 5 * Fraction(55, 60)),
        ("b", 5 * Fraction(5, 60), 5 * Fraction(40, 100)),
    )
    with pytest.raises(RequestError):
        order_bounds(PAIR, PARTED, ("x",))


def test_refused():
    with pytest.raises(RequestError):
        judged(PAIR, {"x": (60, 39)}, Fraction(1, 5))
    with pytest.raises(RequestError):
        judged(PAIR, {"x": (61, 40), "y": (-1, 0)}, Fraction(1, 5))
    with pytest.raises(RequestError):
        judged(replace(PAIR, current=None), SAME, Fraction(1, 5))


def test_can_a_territory_still_get_so_many():
    # a's share goes from 50/96 to 70/104 of ten steps: from 5.2 to 6.7.
    fifth = Fraction(1, 5)
    assert can_have(PAIR, PARTED, "a", 7, fifth).answer is Reach.YES
    assert can_have(PAIR, PARTED, "a", 8, fifth).answer is Reach.NO
    assert can_have(PAIR, PARTED, "a", 5, fifth, at_least=False).answer is Reach.YES
    assert can_have(PAIR, PARTED, "a", 4, fifth, at_least=False).answer is Reach.NO
    with pytest.raises(RequestError):
        can_have(PAIR, PARTED, "c", 4, fifth)


def test_what_only_the_lot_could_give_is_called_a_tie():
    even = Instance(("a", "b"), (5, 5), None, 1, Fraction(1))
    loser = "a" if greedy(even) == (0, 1) else "b"
    assert can_have(even, {"x": (5, 5)}, loser, 1, Fraction(1, 5)).answer is Reach.TIE
