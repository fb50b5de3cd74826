"""Spread, residuals, collinearity and noting errors: against other programs, brute force and planted truths."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import variance_inflation_factor

from tests.unit.fits_fixture import POSTS_MIN, random_fit, shares_of, workload_fit
from workload.ingest.study_file import Domain, ExpertWeight, Mission
from workload.models.collinearity import collinearity
from workload.models.diagnostics import goodness, heteroscedasticity, residuals
from workload.models.fitted import area_information, constrained_inverse, fitted_minutes, fitted_need, need_shares
from workload.models.merging import merged
from workload.models.quasilikelihood import Design, QuasiLikelihood
from workload.models.regression import fit
from workload.models.simex import confusion, noting_sensitivity
from workload.models.weights import WorkloadFit
from workload.parameters import parameters_on

P = parameters_on(date(2026, 1, 1))
UNITS = pd.DataFrame(np.random.default_rng(1).uniform(100, 400, (4, 6)), columns=[f"i{p}" for p in range(6)])


def test_the_information_is_that_of_the_fit_and_its_inverse_keeps_the_sum() -> None:
    found, _ = random_fit(1)
    design, theta = found.observed.design, need_shares(found)
    y = found.observed.area_minutes()[0]
    eta = fitted_need(design, theta)
    H = area_information(design, y, eta).sum(axis=0)
    assert pytest.approx(QuasiLikelihood(design).information(y[None], eta[None])[0], rel=1e-8) == H
    inverse = constrained_inverse(H, np.ones(6, dtype=bool))
    assert inverse is not None
    border = np.block([[H, np.ones((6, 1))], [np.ones((1, 6)), np.zeros((1, 1))]])
    size = np.abs(inverse).max()
    assert inverse / size == pytest.approx(np.linalg.inv(border)[:6, :6] / size, abs=1e-6)
    assert inverse.sum(axis=0) / size == pytest.approx(np.zeros(6), abs=1e-8)


def test_plain_variance_inflation_equals_statsmodels() -> None:
    found, _ = random_fit(2)
    X = sm.add_constant(found.observed.design.X)
    expected = [variance_inflation_factor(X, k) for k in range(1, 7)]
    assert collinearity(found, {}, P).counts_vif == pytest.approx(expected)


def nearly_twice(noise: float, expert: bool = True) -> tuple[Design, np.ndarray]:
    """Components 0 and 3 (one domain) nearly say the same."""
    rng = np.random.default_rng(5)
    X = rng.lognormal(0, 0.6, (80, 6))
    X[:, 3] = X[:, 0] * rng.lognormal(0, noise, 80) if noise else X[:, 0]
    design = Design(X / X.sum(axis=0), np.arange(6) % 3)
    theta = np.array([0.3, 0.2, 0.1, 0.1, 0.2, 0.1])
    return design, shares_of(design, theta) * 1e6 * rng.lognormal(0, 0.1, (80, 3))


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_two_that_say_the_same_are_found_and_a_merge_proposed(noise: float) -> None:
    design, minutes = nearly_twice(noise)
    expert = np.array([60.0, 40, 20, 20, 40, 20])
    found = workload_fit(design, minutes, ["a"] * 80, expert_min=expert, deciding="blended")
    result = collinearity(found, {}, P)
    assert [{p.kept, p.absorbed} for p in result.proposals] == [{"i0", "i3"}]
    assert result.unmergeable == ()
    assert result.verdict == "bad"
    assert (result.condition_index is None) == (noise == 0)
    clean = collinearity(random_fit(2, noise=0.05)[0], {}, P)
    assert clean.proposals == ()


def test_only_counts_of_the_same_thing_can_lie_in_one_another() -> None:
    design, minutes = nearly_twice(0.05)
    units = np.array([3000.0, 10, 10, 1000, 10, 10])
    found = workload_fit(design, minutes, ["a"] * 80, units)
    unit_of = {f"i{p}": "personnes" if p in (0, 3) else f"u{p}" for p in range(6)}
    assert collinearity(found, unit_of, P).nested == (("i0", "i3"),)
    assert collinearity(found, unit_of | {"i3": "files"}, P).nested == ()


@pytest.mark.parametrize("nested", [False, True])
def test_a_merge_leaves_the_workload_of_the_experts_where_it_was(nested: bool) -> None:
    design, minutes = nearly_twice(0.05)
    units = np.array([3000.0 if nested else 900, 1e3, 1e3, 1000, 1e3, 1e3])
    expert = np.array([60.0, 40, 20, 30, 40, 20])
    found = workload_fit(design, minutes, ["a"] * 80, units, expert, "blended")
    unit_of = {f"i{p}": "personnes" if nested and p in (0, 3) else f"u{p}" for p in range(6)}
    proposal = collinearity(found, unit_of, P).proposals[0]
    assert proposal.nested is nested
    table = pd.DataFrame(design.X * units, columns=[f"i{p}" for p in range(6)])
    weights = {f"i{p}": ExpertWeight(minutes=float(expert[p])) for p in range(6)}
    mission = Mission(
        name="m",
        professions=("ASS",),
        domains={f"d{d}": Domain(indicators={f"i{p}": weights[f"i{p}"] for p in (d, d + 3)}) for d in range(3)},
    )
    after, tables = merged(mission, {"sector": table}, proposal)
    (indicator, weight), *others = after.domains["d0"].indicators.items()
    assert others == []
    assert weight is not None
    assert weight.minutes is not None
    before = table[["i0", "i3"]].to_numpy() @ expert[[0, 3]]
    now = tables["sector"][indicator].to_numpy() * weight.minutes
    assert now.sum() == pytest.approx(before.sum())
    assert now == pytest.approx(before, rel=0.05 if nested else 1e-12)
    assert mission.domains["d0"].indicators.keys() == {"i0", "i3"}
    assert indicator not in table


def grown(seed: int, growth: float) -> WorkloadFit:
    """Minutes whose variance over their mean grows as mean^growth (gamma)."""
    rng = np.random.default_rng(seed)
    X = rng.lognormal(0, 0.7, (150, 6)) * rng.lognormal(0, 0.8, (150, 1))
    design = Design(X / X.sum(axis=0), np.arange(6) % 3)
    mean = shares_of(design, np.full(6, 1 / 6)) * 1e7
    shape = mean / (20 * (mean / mean.mean()) ** growth)
    return workload_fit(design, rng.gamma(shape, mean / shape), [f"t{s % 4}" for s in range(150)])


def test_growth_of_the_residuals_is_found_where_it_is_and_only_there() -> None:
    none = [heteroscedasticity(grown(seed, 0.0), UNITS, 100.0, 0.95, P) for seed in range(60)]
    inside = np.mean([h.low <= 0 <= h.high for h in none if h.low is not None and h.high is not None])
    assert np.mean([h.slope for h in none if h.slope is not None]) == pytest.approx(0, abs=0.05)
    assert 0.85 <= inside <= 1
    some = [heteroscedasticity(grown(seed, 0.8), UNITS, 100.0, 0.95, P) for seed in range(10)]
    assert all(h.low is not None and h.low > 0 for h in some)
    assert all(h.effect_fte is not None and 0 < h.effect_fte < 0.25 and h.verdict == "ok" for h in some)


def test_its_slope_and_error_equal_statsmodels() -> None:
    found = grown(0, 0.5)
    result = heteroscedasticity(found, UNITS, 100.0, 0.95, P)
    y = found.observed.area_minutes()[0]
    fitted = fitted_minutes(fitted_need(found.observed.design, need_shares(found)), y)
    left = 1 - fitted / y.sum(axis=1, keepdims=True)
    squares = ((y - fitted) ** 2 / fitted / left).ravel()
    model = sm.GLM(squares / squares.mean(), sm.add_constant(np.log(fitted.ravel())), family=sm.families.Poisson())
    peer = model.fit(cov_type="cluster", cov_kwds={"groups": np.repeat(np.arange(150), 3), "use_correction": True})
    assert result.slope == pytest.approx(peer.params[1], rel=1e-5)
    assert result.low is not None
    assert result.high is not None
    assert (result.high - result.low) / 3.92 == pytest.approx(peer.bse[1], rel=0.01)


def test_an_exact_fit_has_nothing_left_over() -> None:
    found, _ = random_fit(3, noise=0)
    good = goodness(found, P)
    assert good.relative_error == pytest.approx(0, abs=1e-3)
    assert good.explained_share == pytest.approx(1, abs=1e-4)
    assert good.verdict == "ok"
    assert heteroscedasticity(found, UNITS, 100.0, 0.95, P).reason == "exact_fit"
    assert all(r.misplaced_share < 1e-3 for r in residuals(found, P).by_area)


def test_relative_error_is_the_noise_put_in_and_pure_noise_explains_nothing() -> None:
    found, _ = random_fit(4, areas=400, noise=0.3)
    assert goodness(found, P).relative_error == pytest.approx(0.3, rel=0.25)
    rng = np.random.default_rng(1)
    flat = workload_fit(found.observed.design, rng.lognormal(0, 0.3, (400, 3)) * 1e5, ["a"] * 400)
    explained = goodness(flat, P).explained_share
    assert explained is not None
    assert explained < 0.1


def test_a_territory_that_does_something_else_stands_out() -> None:
    found, _ = random_fit(6, areas=100, noise=0.1)
    minutes = found.observed.minutes.copy()
    odd = np.array(found.observed.territories) == "t2"
    minutes[odd, 1] *= 2.5
    result = residuals(workload_fit(found.observed.design, minutes, list(found.observed.territories)), P)
    worst = max(result.by_territory, key=lambda r: r.misplaced_share)
    assert (worst.place, worst.domain, worst.respondents_n) == ("t2", "d1", 25)
    assert worst.gap_share > 0
    assert worst.z is not None
    assert worst.z > 3
    assert result.verdict != "ok"
    assert len(result.by_area) == 100


def test_nothing_to_diagnose_is_said_without_a_figure() -> None:
    few, _ = random_fit(0, areas=4)
    empty = Design(np.zeros((0, 6)), np.arange(6) % 3)
    none = workload_fit(empty, np.zeros((0, 3)), [], expert_min=np.ones(6), deciding="expert")
    assert heteroscedasticity(few, UNITS, 100.0, 0.95, P).reason == "few_residuals"
    assert goodness(few, P).reason == "few_residuals"
    assert heteroscedasticity(none, UNITS, 100.0, 0.95, P).reason == "no_survey"
    assert goodness(none, P).reason == "no_survey"
    assert residuals(none, P).by_area == ()
    assert noting_sensitivity(none, UNITS, 0.1, 100.0, P).reason == "expert_line"
    assert collinearity(none, {}, P).condition_index == 1.0


def test_confusion_keeps_every_minute_and_the_share_rightly_noted() -> None:
    matrix = confusion(np.array([500.0, 300, 200, 0]), 0.1)
    assert matrix.sum(axis=1) == pytest.approx(np.ones(4))
    assert np.diag(matrix) == pytest.approx([0.9, 0.9, 0.9, 1.0])
    assert matrix[0, 1] / matrix[0, 2] == pytest.approx(1.5)
    assert (matrix[:3, 3] == 0).all()


def test_extrapolating_noting_errors_away_brings_the_need_nearer_to_the_truth() -> None:
    rng = np.random.default_rng(2)
    naive, repaired = [], []
    for seed in range(20):
        exact, theta = random_fit(seed, areas=80, noise=0)
        y = exact.observed.minutes
        noted = y @ confusion(y.sum(axis=0), 0.12)
        found = workload_fit(exact.observed.design, noted, list(exact.observed.territories))
        units = pd.DataFrame(rng.uniform(100, 400, (4, 6)), columns=UNITS.columns)
        units = units / units.sum() * 1000
        true = units.to_numpy() / 1000 @ theta * 100
        result = noting_sensitivity(found, units, 0.12, 100.0, P)
        assert result.reason is None
        assert result.change_fte.sum() == pytest.approx(0, abs=1e-9)
        naive.append(np.abs(result.as_noted_fte - true).mean())
        repaired.append(np.abs(result.without_error_fte - true).mean())
    print(np.mean(naive), np.mean(repaired))
    assert np.mean(repaired) < 0.5 * np.mean(naive)


def test_no_declared_error_changes_nothing() -> None:
    found, _ = random_fit(3)
    result = noting_sensitivity(found, UNITS, 0.0, 100.0, P)
    assert result.reason == "no_error_declared"
    assert (result.change_fte == 0).all()
    assert noting_sensitivity(found, UNITS, 0.95, 100.0, P).reason == "too_much_error"


def test_need_shares_are_those_of_the_fit() -> None:
    found, _ = random_fit(8)
    assert need_shares(found) == pytest.approx(fit(found.observed.design, found.observed.area_minutes()).theta[0])
    assert found.minutes_per_unit @ found.observed.units == pytest.approx(0.8 * POSTS_MIN)
