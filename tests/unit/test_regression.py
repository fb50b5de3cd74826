"""The non-negative fit with supply profiled out: exact where there is no noise, blind to supply, honest about its limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workload.models.regression import Design, condition_number, dispersion, fit, identifies
from workload.models.weights import rao_wu


def random_design(seed: int, areas: int = 40, components: int = 8, domains: int = 4) -> tuple[Design, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.lognormal(0, 0.5, (areas, components))
    theta = rng.dirichlet(np.ones(components))
    return Design(X / X.sum(axis=0), np.arange(components) % domains), theta


def minutes(design: Design, theta: np.ndarray, supply: np.ndarray) -> np.ndarray:
    y = np.zeros((1, len(design.X), design.domains_n))
    for d in range(design.domains_n):
        inside = design.domain == d
        y[0, :, d] = supply * (design.X[:, inside] @ theta[inside])
    return y * 1e5


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_without_noise_the_truth_comes_out_whatever_the_supply(seed: int) -> None:
    design, theta = random_design(seed)
    supply = np.random.default_rng(seed + 1).lognormal(0, 1, len(design.X))
    found = fit(design, minutes(design, theta, supply))
    assert found.converged.all()
    assert found.theta[0] == pytest.approx(theta, abs=2e-5)


def test_doubling_the_staff_of_a_place_changes_nothing() -> None:
    design, theta = random_design(3)
    rng = np.random.default_rng(0)
    y = minutes(design, theta, np.ones(len(design.X))) * rng.lognormal(0, 0.2, (1, len(design.X), design.domains_n))
    # the areas' weight in the fit grows with their minutes, so a common factor must change nothing at all
    assert fit(design, y).theta == pytest.approx(fit(design, 2 * y).theta, abs=1e-7)


def test_draws_fitted_together_equal_draws_fitted_alone() -> None:
    design, theta = random_design(5)
    rng = np.random.default_rng(1)
    y = minutes(design, theta, np.ones(len(design.X))) * rng.lognormal(0, 0.4, (6, len(design.X), design.domains_n))
    together = fit(design, y).theta
    alone = np.concatenate([fit(design, y[b : b + 1]).theta for b in range(6)])
    assert together == pytest.approx(alone, abs=1e-7)
    assert (together >= 0).all()
    assert together.sum(axis=1) == pytest.approx(np.ones(6))


def test_the_fit_is_the_optimum_by_another_program() -> None:
    """Against scipy's general constrained optimiser on the same quasi-likelihood."""
    from scipy.optimize import minimize

    design, theta = random_design(11, areas=30, components=6, domains=3)
    y = minutes(design, theta, np.ones(30)) * np.random.default_rng(2).lognormal(0, 0.5, (1, 30, 3))

    def loss(t: np.ndarray) -> float:
        eta = np.stack([design.X[:, design.domain == d] @ t[design.domain == d] for d in range(3)], axis=1)
        eta = np.maximum(eta, 1e-12)
        return -float((y[0] * np.log(eta / eta.sum(axis=1, keepdims=True))).sum()) / 1e3

    peer = minimize(
        loss,
        np.full(6, 1 / 6),
        bounds=[(0, 1)] * 6,
        constraints={"type": "eq", "fun": lambda t: t.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 2000},
    )
    ours = fit(design, y).theta[0]
    assert loss(ours) <= loss(peer.x) + 1e-9
    assert ours == pytest.approx(peer.x, abs=2e-3)


def test_a_strong_prior_holds_and_a_weak_one_lets_go() -> None:
    design, theta = random_design(7)
    y = minutes(design, theta, np.ones(len(design.X)))
    prior = np.random.default_rng(4).dirichlet(np.ones(8))[None]
    assert fit(design, y, prior, np.full(8, 1e15)).theta[0] == pytest.approx(prior[0], abs=1e-4)
    assert fit(design, y, prior, np.full(8, 1e-6)).theta[0] == pytest.approx(theta, abs=1e-4)


def test_what_cannot_be_told_apart_is_not_pretended() -> None:
    design, _ = random_design(1)
    assert identifies(design)
    one_domain = Design(design.X, np.zeros(8, dtype="int64"))
    assert not identifies(one_domain)
    proportional = Design(np.repeat(design.X[:, :1], 4, axis=1), np.array([0, 1, 0, 1]))
    assert not identifies(proportional)
    same_everywhere = Design(np.full((20, 4), 0.05), np.arange(4) % 2)
    assert not identifies(same_everywhere)


def test_diagnostics_are_finite() -> None:
    design, theta = random_design(2)
    y = minutes(design, theta, np.ones(len(design.X)))[0]
    noisy = y * np.random.default_rng(3).lognormal(0, 0.3, y.shape)
    assert dispersion(design, y, theta) == pytest.approx(0, abs=1e-6)
    assert dispersion(design, noisy, theta) > 1
    assert 1 <= condition_number(design, noisy, theta) < 1e6


def test_rao_wu_weights_have_the_right_first_moments() -> None:
    stratum = np.repeat([0, 1, 2], [5, 3, 1])
    draws = rao_wu(stratum, 4000, np.random.default_rng(0))
    assert draws[:, :5].sum(axis=1) == pytest.approx(np.full(4000, 5.0))
    assert draws.mean(axis=0) == pytest.approx(np.ones(9), abs=0.06)
    assert (draws[:, 8] == 1).all()  # nobody to be drawn in her place
    assert draws[:, 0].var() == pytest.approx(1.0, abs=0.12)  # n/(n−1) × (1 − 1/n): one, as for the bootstrap of n
