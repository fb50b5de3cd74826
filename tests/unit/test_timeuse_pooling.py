"""Partial pooling: known limits, and errors that the truth of a simulation bears out."""

import numpy as np
import pytest

from workload.models.pooling import fay_herriot


def test_pooling_is_nearer_to_the_truth_and_says_how_near() -> None:
    rng = np.random.default_rng(7)
    psi = np.array([0.2, 0.5, 1.0, 2.0] * 5)
    direct_error, pooled_error, stated = [], [], []
    for _ in range(400):
        truth = 10 + rng.normal(0, 1, 20)
        direct = truth + rng.normal(0, np.sqrt(psi))
        found = fay_herriot(direct, psi)
        assert found is not None
        direct_error.append((direct - truth) ** 2)
        pooled_error.append((found.estimate - truth) ** 2)
        stated.append(found.mean_squared_error)
    assert np.mean(pooled_error) < 0.65 * np.mean(direct_error)
    by_area = [np.mean(errors, axis=0).reshape(5, 4).mean(axis=0) for errors in (stated, pooled_error)]
    assert by_area[0] == pytest.approx(by_area[1], rel=0.12)


def test_the_between_variance_is_the_anova_one_when_all_are_equally_precise() -> None:
    direct = np.array([3.0, 7.0, 5.0, 9.0, 1.0])
    found = fay_herriot(direct, np.full(5, 2.0))
    assert found is not None
    assert found.between_variance == pytest.approx(direct.var(ddof=1) - 2, rel=1e-4)
    assert found.pooling_weight == pytest.approx(2 / direct.var(ddof=1), rel=1e-4)
    assert found.estimate.mean() == pytest.approx(direct.mean())


def test_no_difference_between_areas_gives_the_common_mean() -> None:
    found = fay_herriot(np.array([1.0, 1.1, 0.9, 1.0]), np.full(4, 5.0))
    assert found is not None
    assert found.estimate == pytest.approx(1.0)
    assert found.pooling_weight == pytest.approx(1.0)


def test_degenerate_areas() -> None:
    assert fay_herriot(np.array([0.1, 0.2]), np.array([0.1, 0.1])) is None
    alike = fay_herriot(np.full(3, 0.2), np.zeros(3))
    assert alike is not None
    assert alike.estimate.tolist() == [0.2] * 3
    exact = fay_herriot(np.array([1.0, 2.0, 4.0]), np.zeros(3))
    assert exact is not None
    assert exact.estimate == pytest.approx([1, 2, 4], rel=1e-6)
    assert np.isfinite(exact.mean_squared_error).all()


def test_covariates_take_up_what_they_explain() -> None:
    x = np.arange(8.0)
    found = fay_herriot(2 + 3 * x, np.full(8, 0.5), np.c_[np.ones(8), x])
    assert found is not None
    assert found.between_variance == pytest.approx(0, abs=1e-9)
    assert found.common == pytest.approx(2 + 3 * x)
