"""The score bootstrap: each replicate an exact non-negative fit, its errors those of full refits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from tests.unit.test_regression import minutes, random_design
from workload.models.quadratic import nonnegative_shares, sum_zero_inverse
from workload.models.regression import fit
from workload.models.score import draw_shares, random_signs, score_of


def by_nnls(H: np.ndarray, g: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The same quadratic by Lawson & Hanson's non-negative least squares, the sum held by a heavy row."""
    root = np.linalg.cholesky(H).T
    wanted = np.linalg.solve(root.T, g + H @ theta)
    heavy = 1e5
    found, _ = nnls(np.vstack([root, np.full(len(theta), heavy)]), np.append(wanted, heavy * theta.sum()))
    return found


@given(st.integers(0, 100_000), st.integers(1, 9), st.sampled_from([0.1, 1.0, 30.0]))
@settings(max_examples=60, deadline=None)
def test_every_draw_is_the_exact_constrained_optimum(seed: int, P: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(P + 4, P))
    theta = rng.dirichlet(np.full(P, 0.6)) * (rng.random(P) < 0.8)
    theta = theta / theta.sum() if theta.sum() > 0 else np.full(P, 1 / P)
    g = rng.normal(size=(15, P)) * noise
    found = nonnegative_shares(A.T @ A, g, theta)
    assert found.min() >= 0
    assert found.sum(axis=1) == pytest.approx(np.ones(15))
    peer = np.array([by_nnls(A.T @ A, row, theta) for row in g])
    assert found == pytest.approx(peer, abs=1e-6)


def test_the_step_is_the_optimum_on_its_plane() -> None:
    rng = np.random.default_rng(0)
    A = rng.normal(size=(12, 5)) * np.array([1, 10, 1e-3, 1, 1e3])  # units that differ by a million
    H, g = A.T @ A, rng.normal(size=5)
    d = sum_zero_inverse(H) @ g
    assert d.sum() == pytest.approx(0, abs=1e-9 * np.abs(d).max())
    gradient = g - H @ d
    assert gradient == pytest.approx(np.full(5, gradient.mean()), rel=1e-6)


def test_signs_are_fair_and_independent() -> None:
    scores = np.eye(13)
    drawn = random_signs(4000, scores, np.random.default_rng(0))
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    assert np.abs(drawn.mean(axis=0)).max() < 0.06
    assert np.abs(np.corrcoef(drawn.T) - np.eye(13)).max() < 0.06


def test_errors_are_those_of_full_refits() -> None:
    """Signs of residuals flipped, each draw refitted to the end: small residuals, so that no minutes turn negative."""
    design, _ = random_design(4, areas=200, components=6, domains=3)
    theta = np.full(6, 1 / 6)
    rng = np.random.default_rng(1)
    y = (minutes(design, theta, np.ones(200)) * rng.lognormal(0, 0.15, (1, 200, 3)))[0]
    found = fit(design, y[None]).theta[0]
    fitted = minutes(design, found, np.ones(200))[0]
    fitted *= (y.sum(axis=1) / fitted.sum(axis=1))[:, None]
    signs = rng.choice([-1.0, 1.0], size=(800, 200, 1))
    refits = fit(design, fitted + signs * (y - fitted)).theta
    score = score_of(design, y, found)
    draws = draw_shares(score, 4000, rng)
    assert draws.std(axis=0) == pytest.approx(refits.std(axis=0), rel=0.10)
    assert np.sqrt(score.covariance.diagonal()) == pytest.approx(draws.std(axis=0), rel=0.05)


def test_a_component_at_zero_keeps_an_error_and_its_draws_stay_admissible() -> None:
    design, theta = random_design(2, areas=80)
    theta = np.where(np.arange(8) == 3, 0.0, theta)
    theta /= theta.sum()
    y = minutes(design, theta, np.ones(80)) * np.random.default_rng(8).lognormal(0, 0.3, (1, 80, 4))
    y[0, :, 3] = np.maximum(y[0, :, 3] - 0.02 * y[0].sum(axis=1), 1.0)
    found = fit(design, y).theta[0]
    score = score_of(design, y[0], found)
    draws = draw_shares(score, 500, np.random.default_rng(0))
    assert (score.covariance.diagonal() > 0).all()
    assert draws.min() >= 0
    assert draws.sum(axis=1) == pytest.approx(np.ones(500))
    assert score.covariance.sum(axis=1) == pytest.approx(np.zeros(8), abs=1e-9)  # shares add to one in every draw
