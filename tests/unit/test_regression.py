"""The non-negative fit with supply profiled out: exact where there is no noise, blind to supply, honest about its limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workload.models.regression import Design, fit, identified_rank, identifies
from workload.models.replication import rao_wu
from workload.models.score import condition_number, dispersion


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


def test_a_survey_tells_some_directions_even_where_it_cannot_tell_all() -> None:
    design, _ = random_design(1)
    twice = Design(np.column_stack([design.X, design.X[:, :1]]), np.append(design.domain, design.domain[0]))
    assert not identifies(twice)
    assert identified_rank(twice) == identified_rank(design) == 7  # the ninth component adds nothing
    assert identified_rank(Design(np.zeros((0, 3)), np.array([0, 1, 2]))) == 0


def test_levels_need_less_the_more_areas_share_them() -> None:
    """One domain says nothing of how weeks divide, but with a common level the areas' totals do."""
    design, theta = random_design(6, components=4)
    one_domain = Design(design.X, np.zeros(4, dtype="int64"))
    everywhere = np.zeros(40, dtype="int64")
    assert not identifies(one_domain)
    assert not identifies(Design(design.X[:, :1], np.zeros(1, dtype="int64")))
    assert identifies(one_domain, everywhere)
    assert identifies(one_domain, np.arange(40) // 10)
    found = fit(one_domain, minutes(one_domain, theta, np.ones(40)), level=everywhere)
    assert found.theta[0] == pytest.approx(theta, abs=2e-5)


def test_a_level_per_territory_recovers_the_truth_where_supply_is_so_and_only_there() -> None:
    design, theta = random_design(8, areas=60)
    rng = np.random.default_rng(0)
    territory = np.arange(60) // 10
    by_territory = minutes(design, theta, rng.lognormal(0, 0.5, 6)[territory])
    assert fit(design, by_territory, level=territory).theta[0] == pytest.approx(theta, abs=2e-5)
    by_area = minutes(design, theta, 1 / design.X.sum(axis=1))  # the same posts everywhere, whatever the need
    assert fit(design, by_area).theta[0] == pytest.approx(theta, abs=2e-5)
    assert np.abs(fit(design, by_area, level=territory).theta[0] - theta).max() > 0.005


@pytest.mark.filterwarnings("ignore::statsmodels.tools.sm_exceptions.DomainWarning")
def test_the_plain_fit_is_a_poisson_regression() -> None:
    """Against statsmodels' GLM with identity link, which has no constraint: here none binds."""
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    design, _ = random_design(12, areas=80, components=6, domains=3)
    y = minutes(design, np.full(6, 1 / 6), rng.lognormal(0, 0.1, 80)) * rng.lognormal(0, 0.1, (1, 80, 3))
    rows = np.concatenate([np.where(design.domain == d, design.X, 0.0) for d in range(3)])
    peer = sm.GLM(y[0].T.ravel(), rows, family=sm.families.Poisson(sm.families.links.Identity()))
    beta = peer.fit(start_params=np.full(6, y.sum() / 6), tol=1e-12).params
    ours = fit(design, y, level=np.zeros(80, dtype="int64")).theta[0]
    assert (beta > 0).all()
    assert ours == pytest.approx(beta / beta.sum(), rel=1e-6)


def test_a_start_changes_the_way_not_the_answer() -> None:
    design, theta = random_design(9)
    y = minutes(design, theta, np.ones(40)) * np.random.default_rng(2).lognormal(0, 0.6, (5, 40, 4))
    cold = fit(design, y)
    warm = fit(design, y, start=cold.theta[0])
    assert warm.converged.all()
    assert warm.theta == pytest.approx(cold.theta, abs=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_names_and_units_change_nothing(seed: int) -> None:
    """Areas and components in another order; a component counted in other units; θ is always a division of one."""
    design, theta = random_design(seed, areas=30, components=6, domains=3)
    rng = np.random.default_rng(seed)
    y = minutes(design, theta, rng.lognormal(0, 1, 30)) * rng.lognormal(0, 0.3, (1, 30, 3))
    found = fit(design, y).theta[0]
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    areas, components = rng.permutation(30), rng.permutation(6)
    other = Design(design.X[areas][:, components], design.domain[components])
    assert fit(other, y[:, areas]).theta[0] == pytest.approx(found[components], abs=1e-6)
    factor = rng.lognormal(0, 2, 6)
    rescaled = fit(Design(design.X * factor, design.domain), y).theta[0]
    need = rescaled * factor
    assert need / need.sum() == pytest.approx(found, abs=1e-5)


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
