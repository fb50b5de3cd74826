"""Influence against brute force: the fit really made again without the place."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.unit.fits_fixture import random_fit, shares_of, workload_fit
from workload.models.fitted import need_shares
from workload.models.influence import cooks_distances, leave_one_territory_out, misplaced_share
from workload.models.quasilikelihood import Design
from workload.models.regression import fit
from workload.models.weights import WorkloadFit
from workload.parameters import parameters_on

P = parameters_on(date(2026, 1, 1))
UNITS = pd.DataFrame(np.random.default_rng(1).uniform(100, 400, (4, 6)), columns=[f"i{p}" for p in range(6)])
UNITS = (UNITS / UNITS.sum() * 1000).set_axis([f"t{t}" for t in range(4)])


def people(found: WorkloadFit) -> pd.DataFrame:
    return pd.DataFrame({"habitants": found.observed.design.X.sum(axis=1)}, index=list(found.observed.areas))


def without(found: WorkloadFit, keep: np.ndarray) -> np.ndarray:
    design = found.observed.design
    return fit(Design(design.X[keep], design.domain), found.observed.minutes[keep][None]).theta[0]


def test_cooks_distance_ranks_areas_as_refits_do() -> None:
    found, _ = random_fit(2, areas=50)
    theta, places = need_shares(found), np.arange(50)
    moved = np.array([np.linalg.norm(without(found, places != s) - theta) for s in places])
    result = cooks_distances(found, P)
    assert result.reason is None
    assert np.corrcoef(np.sqrt(result.by_area), moved)[0, 1] > 0.9
    assert (result.by_area >= 0).all()


def test_an_area_apart_is_the_influential_one() -> None:
    found, _ = random_fit(2, areas=50, noise=0.05)
    minutes = found.observed.minutes.copy()
    minutes[7] = minutes[7].sum() * np.array([0.05, 0.05, 0.9])
    result = cooks_distances(workload_fit(found.observed.design, minutes, list(found.observed.territories)), P)
    assert int(result.by_area.argmax()) == 7
    assert result.territories[int(result.by_territory.argmax())] == found.observed.territories[7]


def test_leaving_a_territory_out_is_the_refit_without_it() -> None:
    found, _ = random_fit(4)
    result = leave_one_territory_out(found, UNITS, people(found), 100.0, P)
    part = UNITS.to_numpy() / 1000
    for one in result.left_out:
        keep = np.array(found.observed.territories) != one.territory
        expected = part @ without(found, keep) * 100 - part @ need_shares(found) * 100
        assert one.change_fte == pytest.approx(expected, abs=1e-4)
        assert one.respondents_n == 15
    assert result.largest_change_fte == max(np.abs(one.change_fte).max() for one in result.left_out)


def test_the_score_is_blind_to_the_level_of_the_territory_left_out() -> None:
    found, _ = random_fit(4)
    minutes = found.observed.minutes.copy()
    first = np.array(found.observed.territories) == "t0"
    minutes[first] *= 3
    richer = workload_fit(found.observed.design, minutes, list(found.observed.territories))
    one, other = (leave_one_territory_out(f, UNITS, people(f), 100.0, P).left_out[0] for f in (found, richer))
    assert one.fitted_error == pytest.approx(other.fitted_error, abs=1e-6)


def test_weights_predict_better_than_population_where_needs_differ() -> None:
    rng = np.random.default_rng(0)
    X = rng.lognormal(0, 0.3, (80, 6))
    X[:20, 0] *= 4  # one territory full of what the first indicator counts
    design = Design(X / X.sum(axis=0), np.arange(6) % 3)
    theta = np.full(6, 1 / 6)
    minutes = shares_of(design, theta) * 1e6 * rng.lognormal(0, 0.1, (80, 3))
    found = workload_fit(design, minutes, [f"t{s // 20}" for s in range(80)], expert_min=np.array([9.0, 1, 1, 1, 1, 1]))
    result = leave_one_territory_out(found, UNITS, people(found), 100.0, P)
    assert result.fitted_error is not None
    assert result.population_error is not None
    assert result.expert_error is not None
    assert result.fitted_error < 0.5 * result.population_error
    assert result.fitted_error < 0.5 * result.expert_error
    assert result.verdict == "ok"


def test_weights_that_predict_no_better_than_population_are_bad() -> None:
    rng = np.random.default_rng(0)
    X = rng.lognormal(0, 0.8, (80, 6))
    noise = rng.lognormal(0, 0.1, (80, 3)) * 1e5  # the week divides alike everywhere, whatever the counts
    found = workload_fit(Design(X / X.sum(axis=0), np.arange(6) % 3), noise, [f"t{s // 20}" for s in range(80)])
    result = leave_one_territory_out(found, UNITS, people(found), 100.0, P)
    assert result.fitted_error is not None
    assert result.population_error is not None
    assert (result.verdict == "bad") is (result.fitted_error > result.population_error)
    assert result.population_error < 0.05


def test_one_territory_or_experts_alone_give_a_reason() -> None:
    found, _ = random_fit(1)
    alone = workload_fit(found.observed.design, found.observed.minutes, ["t0"] * 60)
    expert = workload_fit(
        found.observed.design, found.observed.minutes, ["t0"] * 60, expert_min=np.ones(6), deciding="expert"
    )
    assert leave_one_territory_out(alone, UNITS, people(alone), 100.0, P).reason == "one_territory"
    assert leave_one_territory_out(expert, UNITS, people(expert), 100.0, P).reason == "expert_line"
    assert cooks_distances(expert, P).reason == "expert_line"
    twins = Design(np.tile(np.full((60, 1), 1 / 60), (1, 6)), np.arange(6) % 3)
    assert cooks_distances(workload_fit(twins, found.observed.minutes, ["t0"] * 60), P).reason == "not_identified"


def test_misplaced_share_is_a_part_of_the_week() -> None:
    assert misplaced_share(np.array([5.0, 5.0]), np.array([1.0, 1.0])) == 0
    assert misplaced_share(np.array([1.0, 0.0]), np.array([0.0, 3.0])) == 1
    assert misplaced_share(np.array([6.0, 4.0]), np.array([5.0, 5.0])) == pytest.approx(0.1)
    assert misplaced_share(np.zeros(2), np.ones(2)) == 0
    assert misplaced_share(np.ones(2), np.zeros(2)) == 1
