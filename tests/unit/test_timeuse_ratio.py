"""Two-stage variances against every sample that could have been drawn; bootstrap against linearisation."""

from itertools import combinations, product

import numpy as np
import pytest

from workload.models.ratio import Stage, estimate_ratio, estimate_total
from workload.models.replication import bootstrap_ratio_error, rao_wu

POPULATION = [[3.0, 7.0, 4.0], [10.0, 2.0], [6.0, 6.5, 1.0, 9.0]]


def two_stage_samples() -> list[tuple[np.ndarray, ...]]:
    """All samples of 2 clusters of 3, and 2 units in each: y, weight, cluster, unit, units in the cluster, chance."""
    found = []
    for clusters in combinations(range(3), 2):
        draws = [list(combinations(range(len(POPULATION[c])), 2)) for c in clusters]
        for units in product(*draws):
            rows = [(c, u) for c, of in zip(clusters, units, strict=True) for u in of]
            size = np.array([len(POPULATION[c]) for c, _ in rows], dtype="float64")
            y = np.array([POPULATION[c][u] for c, u in rows])
            chance = 1 / 3 / np.prod([len(d) for d in draws])
            found.append(
                (y, 3 / 2 * size / 2, np.array([c for c, _ in rows]), np.array([u for _, u in rows]), size, chance)
            )
    return found


def test_two_stage_variance_is_unbiased_over_all_samples() -> None:
    chances, totals, variances = [], [], []
    for y, weight, cluster, unit, size, chance in two_stage_samples():
        found = estimate_total(
            y, weight, np.zeros(4, dtype="int64"), cluster, np.full(4, 3.0), further=[Stage(unit, size)]
        )
        chances.append(chance)
        totals.append(found.total[0])
        variances.append(found.standard_error[0] ** 2)
    p, t = np.array(chances), np.array(totals)
    assert p.sum() == pytest.approx(1)
    assert p @ t == pytest.approx(sum(map(sum, POPULATION)))
    assert p @ np.array(variances) == pytest.approx(p @ (t - p @ t) ** 2)


def test_a_census_has_no_error_at_any_stage() -> None:
    y = np.array([v for cluster in POPULATION for v in cluster])
    cluster = np.repeat(np.arange(3), [3, 2, 4])
    size = np.repeat([3.0, 2.0, 4.0], [3, 2, 4])
    found = estimate_total(
        y, np.ones(9), np.zeros(9, dtype="int64"), cluster, np.full(9, 3.0), [Stage(np.arange(9), size)]
    )
    assert found.standard_error[0] == pytest.approx(0, abs=1e-12)


def test_bootstrap_agrees_with_linearisation_with_clusters_strata_and_finite_population() -> None:
    rng = np.random.default_rng(3)
    stratum = np.repeat([0, 1, 2], [40, 60, 80])
    cluster = np.arange(180) // 4
    x = rng.uniform(1, 2, 180)
    y = x * (0.3 + 0.1 * stratum + rng.normal(0, 0.1, 45)[cluster])
    weight, population = rng.uniform(1, 3, 180), np.array([15.0, 40.0, 60.0])[stratum]
    linear = estimate_ratio(y, x, weight, stratum, cluster, population).standard_error
    draws = rao_wu(stratum, 4000, rng, cluster, population)
    assert bootstrap_ratio_error(y[:, None], x, weight, draws) == pytest.approx(linear, rel=0.06)
    assert (draws >= 0).all()


def test_a_design_effect_counts_the_units_of_the_domain_only() -> None:
    rng = np.random.default_rng(5)
    n, inside = 400, np.arange(400) < 100
    y, each = rng.normal(10, 2, n), np.arange(n)
    ones, none = np.ones(n), np.zeros(n, dtype="int64")
    domain = estimate_ratio(y * inside, ones * inside, ones, none, each)
    assert domain.design_effect[0] == pytest.approx(1, abs=0.01)


def test_without_weights_that_reach_the_population_the_comparison_has_no_meaning() -> None:
    found = estimate_ratio(
        np.arange(5.0), np.ones(5), np.ones(5), np.zeros(5, dtype="int64"), np.arange(5), against="srswor"
    )
    assert np.isnan(found.design_effect[0])
