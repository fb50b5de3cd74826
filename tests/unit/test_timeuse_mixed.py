"""Variance components on balanced tables, where analysis of variance gives REML's answer in closed form."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import mixedlm

from workload.models.mixed import variance_components


def test_crossed_effects_equal_the_two_way_anova() -> None:
    """Like lme4's Penicillin: 24 plates × 6 samples, each once."""
    rng = np.random.default_rng(11)
    table = 23 + rng.normal(0, 0.85, 24)[:, None] + rng.normal(0, 1.9, 6) + rng.normal(0, 0.55, (24, 6))
    plate, sample = (axis.ravel() for axis in np.indices(table.shape))
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    error = ((table - rows[:, None] - columns + table.mean()) ** 2).sum() / (23 * 5)
    found = variance_components(table.ravel(), np.ones(144), {"plate": plate, "sample": sample})
    assert found.residual == pytest.approx(error, rel=1e-4)
    assert found.variance("plate") == pytest.approx(rows.var(ddof=1) - error / 6, rel=1e-3)
    assert found.variance("sample") == pytest.approx(columns.var(ddof=1) - error / 24, rel=1e-3)


def test_nested_effects_equal_the_nested_anova() -> None:
    """Like lme4's Pastes: 10 batches of 3 casks, 2 assays each."""
    rng = np.random.default_rng(12)
    table = 60 + rng.normal(0, 3, (10, 1, 1)) + rng.normal(0, 2.9, (10, 3, 1)) + rng.normal(0, 0.8, (10, 3, 2))
    batch, cask, _ = np.indices(table.shape)
    found = variance_components(
        table.ravel(), np.ones(60), {"batch": batch.ravel(), "cask": (batch * 3 + cask).ravel()}
    )
    casks, batches = table.mean(axis=2), table.mean(axis=(1, 2))
    residual = ((table - casks[..., None]) ** 2).sum() / 30
    between_casks = 2 * ((casks - batches[:, None]) ** 2).sum() / 20
    assert found.residual == pytest.approx(residual, rel=1e-3)
    assert found.variance("cask") == pytest.approx((between_casks - residual) / 2, rel=1e-3)
    assert found.variance("batch") == pytest.approx((6 * batches.var(ddof=1) - between_casks) / 6, rel=2e-3)


def test_unbalanced_nested_effects_equal_those_of_statsmodels() -> None:
    """Days of agents of territories, as a survey has them: no closed form, another program's REML."""
    rng = np.random.default_rng(13)
    rows = [
        (f"t{t}", f"t{t}a{a}", 10 + shift + own + rng.normal(0, 1.0))
        for t in range(12)
        for shift in [rng.normal(0, 1.5)]
        for a in range(int(rng.integers(3, 9)))
        for own in [rng.normal(0, 2.0)]
        for _ in range(int(rng.integers(3, 10)))
    ]
    table = pd.DataFrame(rows, columns=["territory", "agent", "y"])
    peer = mixedlm("y ~ 1", table, groups="territory", re_formula="1", vc_formula={"agent": "0 + C(agent)"}).fit(
        reml=True
    )
    groups = {"territory": table["territory"].tolist(), "agent": table["agent"].tolist()}
    found = variance_components(table["y"].to_numpy(), np.ones(len(table)), groups)
    assert found.residual == pytest.approx(peer.scale, rel=1e-3)
    assert found.variance("territory") == pytest.approx(float(peer.cov_re.iloc[0, 0]), rel=1e-2)
    assert found.variance("agent") == pytest.approx(float(peer.vcomp[0]), rel=1e-2)


def test_degenerate_tables() -> None:
    assert variance_components(np.ones(5), np.ones(5), {"a": np.arange(5)}).shares() == {}
    single = variance_components([3.0], [1.0], {"a": ["x"]})
    assert (single.residual, single.criterion) == (0.0, None)
    each_its_own = variance_components([1.0, 2, 4, 3], np.ones(4), {"a": np.arange(4)})
    assert each_its_own.variance("a") == 0
    assert each_its_own.residual == pytest.approx(np.var([1, 2, 4, 3], ddof=1))
    two_alike = variance_components([1.0, 1, 5, 5], np.ones(4), {"a": [0, 0, 1, 1]})
    assert two_alike.shares()["a"] == pytest.approx(1, abs=1e-3)


def test_redundant_fixed_columns_change_nothing() -> None:
    rng = np.random.default_rng(13)
    y, group, x = rng.normal(size=40), np.arange(40) // 5, rng.normal(size=40)
    plain = variance_components(y, np.c_[np.ones(40), x], {"g": group})
    twice = variance_components(y, np.c_[np.ones(40), x, 2 * x], {"g": group})
    assert twice.residual == pytest.approx(plain.residual)
