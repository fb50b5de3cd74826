import random
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from workload.allocation.instance import Fairness, Instance
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import solve
from workload.allocation.stability import Support, stability, whole_minutes
from workload.errors import RequestError

PAIR = Instance(("a", "b"), (6, 4), (Fraction(5), Fraction(5)), 10, Fraction(1, 2))


def test_the_same_need_every_time_keeps_every_move():
    result = stability(PAIR, [PAIR.need] * 7, solve(PAIR))
    assert result.draws_n == 7
    for unit, posts in zip(result.units, (3, 2), strict=True):
        assert (unit.kept_share, unit.direction_share) == (1, 1)
        assert (unit.minimum, unit.low, unit.median, unit.high, unit.maximum) == (posts,) * 5


def test_shares_and_quantiles_by_hand():
    # Final: a gains one step. Draws: +2, +1, 0, −1 steps for a.
    draws = [(7, 3), (6, 4), (5, 5), (4, 6)]
    a, b = stability(PAIR, draws, solve(PAIR)).units
    assert (a.kept_share, a.direction_share) == (Fraction(1, 2), Fraction(1, 2))
    assert (b.kept_share, b.direction_share) == (Fraction(1, 2), Fraction(1, 2))
    assert (a.minimum, a.low, a.median, a.high, a.maximum) == (2, 2, Fraction(5, 2), Fraction(7, 2), Fraction(7, 2))


def test_a_smaller_move_the_same_way_keeps_the_direction_only():
    final = solve(replace(PAIR, need=(8, 2)))
    a, _ = stability(PAIR, [(6, 4), (8, 2)], final).units
    assert (a.kept_share, a.direction_share) == (Fraction(1, 2), 1)


def test_no_move_is_kept_by_draws_without_a_move():
    final = solve(replace(PAIR, need=(5, 5)))
    a, _ = stability(PAIR, [(5, 5), (6, 4), (51, 49)], final).units
    assert a.kept_share == a.direction_share == Fraction(2, 3)


def test_draws_answer_under_the_same_rules():
    ruled = replace(PAIR, rules=(Ceiling({"a": 6}), MinimumPresence({"b": 1})))
    a, _ = stability(ruled, [(9, 1), (99, 1)], solve(ruled)).units
    assert a.maximum == 3


def test_draws_of_a_bootstrap_become_whole_minutes():
    assert whole_minutes(np.array([[1.4, 2.6], [0.2, 1e9]])) == [(1, 3), (0, 10**9)]


@pytest.mark.parametrize("draws", [[[1.0, float("nan")]], [[float("inf"), 1.0]], [[-1.0, 2.0]], [1.0, 2.0]])
def test_draws_that_are_no_minutes_are_refused(draws):
    with pytest.raises(RequestError):
        whole_minutes(np.array(draws))


@pytest.mark.parametrize("draws", [[], [(1,)], [(0, 0)], [(-1, 2)]])
def test_draws_that_fit_no_unit_are_refused(draws):
    with pytest.raises(RequestError):
        stability(PAIR, draws, solve(PAIR))


def test_stability_needs_a_current_state():
    unknown = replace(PAIR, current=None)
    with pytest.raises(RequestError):
        stability(unknown, [(1, 1)], solve(unknown))


@pytest.mark.parametrize("fairness", Fairness)
def test_a_thousand_draws(fairness):
    rng = random.Random(3)
    six = Instance(tuple("abcdef"), (5, 6, 7, 8, 9, 10), (Fraction(60),) * 6, 360, Fraction(1, 2), fairness)
    draws = [tuple(rng.randint(500_000, 1_500_000) for _ in range(6)) for _ in range(1000)]
    result = stability(six, draws, solve(six))
    assert result.draws_n == 1000
    assert all(u.minimum <= u.low <= u.median <= u.high <= u.maximum for u in result.units)


def test_the_distribution_is_the_share_of_draws_by_posts():
    draws = [(7, 3), (6, 4), (5, 5), (6, 4)]
    a, b = stability(PAIR, draws, solve(PAIR)).units
    assert a.distribution == ((Fraction(5, 2), Fraction(1, 4)), (3, Fraction(1, 2)), (Fraction(7, 2), Fraction(1, 4)))
    assert [posts for posts, _ in b.distribution] == [Fraction(3, 2), 2, Fraction(5, 2)]


def test_fair_share_bounds_are_those_of_draws():
    draws = [(k, 100 - k) for k in range(1, 101)]
    a, _ = stability(PAIR, draws, solve(PAIR), confidence=Fraction(4, 5)).units
    assert (a.fair_share_low, a.fair_share_high) == (
        Fraction(10, 20),
        Fraction(91, 20),
    )  # of 5 posts, the tenth from either end


@pytest.mark.parametrize(
    ("draws", "support"),
    [
        ([(64, 36)] * 8 + [(56, 44)] * 2, Support.SUPPORTED),
        ([(64, 36)] * 7 + [(54, 46)] * 3, Support.SELDOM_KEPT),
        ([(64, 36)] * 19 + [(50, 50)], Support.INTERVAL_HOLDS_ZERO),
        ([(64, 36)] * 99 + [(50, 50)], Support.SUPPORTED),  # one of a hundred is outside 5 %…95 %
    ],
)
def test_a_move_is_supported_or_it_is_said_why_not(draws, support):
    a, b = stability(PAIR, draws, solve(PAIR)).units
    assert a.support(Fraction(4, 5)) is b.support(Fraction(4, 5)) is support
    still, _ = stability(replace(PAIR, need=(5, 5)), draws, solve(replace(PAIR, need=(5, 5)))).units
    assert still.support(Fraction(4, 5)) is Support.NO_MOVE


def test_a_thousand_draws_of_a_département_in_forty_pools():
    rng = np.random.default_rng(6)
    units = tuple("abcdef")
    start = time.process_time()
    for _ in range(40):
        current = tuple(Fraction(int(c)) for c in rng.integers(3, 12, 6))
        pool = Instance(
            units,
            tuple(int(n) for n in rng.integers(9e5, 2e6, 6)),
            current,
            int(sum(current)),
            Fraction(1, 2),
            rules=(LargestChange(4),),
        )
        draws = whole_minutes(np.array(pool.need) * rng.lognormal(0, 0.1, (1000, 6)))
        assert stability(pool, draws, solve(pool)).draws_n == 1000
    assert time.process_time() - start < 20  # about 5 s where it was written
