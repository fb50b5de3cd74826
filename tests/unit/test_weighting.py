"""Weights reach their totals where they can, and say why where they cannot."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workload.models.strata import weigh
from workload.models.weighting import (
    calibrate,
    effective_n,
    indicators,
    post_stratify,
    rake,
    trim,
    weighting_design_effect,
)


@given(st.integers(0, 10**6))
def test_raking_meets_three_margins_and_keeps_interactions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (3, 2, 4)
    codes = [axis.ravel() for axis in np.indices(shape)]
    sample, population = rng.uniform(1, 9, 24), rng.uniform(1, 9, 24)
    margins = [(code, np.bincount(code, population)) for code in codes]
    found = rake(sample, margins)
    assert found.converged
    for code, totals in margins:
        assert np.bincount(code, found.weight) == pytest.approx(totals, rel=1e-7)
    ratio = np.log(found.weight / sample).reshape(shape)  # a product of one factor per category: no interaction
    assert np.diff(np.diff(ratio, axis=0), axis=1) == pytest.approx(0, abs=1e-9)


def test_calibrations_meet_what_raking_meets_within_their_bounds() -> None:
    rng = np.random.default_rng(1)
    a, b = np.arange(40) % 4, np.arange(40) % 5
    margins = [(a, np.array([8.0, 11, 12, 9])), (b, np.array([7.0, 9, 8, 8, 8]))]
    X, totals = indicators(margins)
    start = rng.uniform(0.8, 1.2, 40)
    for bounds in (None, (0.3, 2.5)):
        found = calibrate(start, X, totals, bounds)
        assert found.converged
        assert found.weight @ X == pytest.approx(totals, rel=1e-8)
    assert ((found.weight / start > 0.3) & (found.weight / start < 2.5)).all()


def test_the_linear_calibration_is_the_least_squares_one() -> None:
    """Stationary: Σ w² / d is least among weights with these totals, so it grows along every direction that keeps them."""
    rng = np.random.default_rng(2)
    d, X = rng.uniform(1, 2, 12), np.c_[np.ones(12), rng.normal(size=(12, 2))]
    w = calibrate(d, X, d @ X * 1.1).weight
    kept = np.linalg.svd(X.T)[2][3:]
    assert kept @ ((w - d) / d) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(
    ("margins", "reason"),
    [
        ([(np.array([0, 0, 1]), np.array([2.0, 3.0, 4.0]))], "empty_category"),
        (
            [(np.array([0, 0, 1]), np.array([2.0, 3.0])), (np.array([0, 1, 1]), np.array([4.0, 4.0]))],
            "different_totals",
        ),
        ([(np.array([0, 0, 1]), np.array([2.0, 3.0])), (np.array([0, 0, 1]), np.array([1.0, 4.0]))], "out_of_reach"),
    ],
)
def test_margins_that_cannot_be_met_say_why(margins: list, reason: str) -> None:
    found = rake(np.ones(3), margins)
    assert (found.converged, found.reason) == (False, reason)
    assert np.isfinite(found.weight).all()


def test_bounds_out_of_reach_are_said() -> None:
    found = calibrate(np.ones(10), np.ones((10, 1)), np.array([30.0]), bounds=(0.5, 2.0))
    assert (found.converged, found.reason) == (False, "out_of_reach")
    assert found.weight.max() <= 2.0


def test_post_stratification_of_nothing() -> None:
    found = post_stratify(np.zeros(0), np.zeros(0, dtype="int64"), np.zeros(0))
    assert found.converged


def test_trimming_keeps_the_sum_and_the_limit() -> None:
    found = trim(np.array([*[1.0] * 8, 2, 5]), 3)
    assert found.trimmed_n == 1
    assert found.weight.sum() == pytest.approx(15)
    assert found.weight.max() <= 3 + 1e-9
    assert found.weight[8] == pytest.approx(2 * found.weight[0])


def test_kish() -> None:
    assert effective_n(np.ones(7)) == pytest.approx(7)
    assert effective_n(np.array([1.0, 3.0])) == pytest.approx(16 / 10)
    assert weighting_design_effect(np.array([1.0, 3.0])) == pytest.approx(1.25)
    assert effective_n(np.zeros(0)) == 0
    assert weighting_design_effect(np.zeros(0)) is None


def test_thin_strata_are_merged_counted_and_professions_brought_back() -> None:
    """b|q has one respondent: merged within b; ASS and CESF still stand for their posts."""
    posts = [("a", "p")] * 8 + [("a", "q")] * 4 + [("b", "p")] * 6 + [("b", "q")] * 2
    register = pd.DataFrame(posts, columns=["territory", "profession"]).assign(fte=1.0, occupied=True, post="x")
    who = [("a", "p")] * 4 + [("a", "q")] * 2 + [("b", "p")] * 3 + [("b", "q")]
    found = weigh(who, np.ones(10), register, 3.5)
    assert (found.design.merged_strata_n, found.design.strata_n, found.design.raked) == (2, 3, True)
    for axis, name, fte in ((0, "a", 12), (0, "b", 8), (1, "p", 14), (1, "q", 6)):
        inside = np.array([pair[axis] == name for pair in who])
        assert found.weight[inside].sum() == pytest.approx(fte)


def test_one_respondent_stands_for_all_posts() -> None:
    register = pd.DataFrame({"territory": ["a", "b"], "profession": "p", "fte": 1.0, "occupied": True, "post": "x"})
    found = weigh([("a", "p")], np.array([0.5]), register, 3.5)
    assert found.weight.tolist() == [4.0]
    assert weigh([], np.zeros(0), register, 3.5).weight.tolist() == []
