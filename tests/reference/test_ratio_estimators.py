"""Ratio estimators against R's survey package; WISN against a worked example."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.shared import reference
from workload.models.need import required_fte
from workload.models.ratio import estimate_ratio


@pytest.mark.parametrize("design", ["apistrat", "apiclus1"])
def test_means_of_r_survey(design: str) -> None:
    sample = pd.read_csv(reference(f"survey_{design}.csv"))
    expected = pd.read_csv(reference("survey_api_expected.csv")).set_index(["design", "statistic"])
    stratified = design == "apistrat"
    n = len(sample)
    stratum = pd.factorize(sample["stype"])[0] if stratified else np.zeros(n, dtype="int64")
    cluster = np.arange(n) if stratified else pd.factorize(sample["dnum"])[0]
    found = estimate_ratio(
        sample["api00"].to_numpy(dtype="float64"),
        np.ones(n),
        sample["pw"].to_numpy(),
        stratum.astype("int64"),
        cluster.astype("int64"),
        sample["fpc"].to_numpy(dtype="float64"),
    )
    row = expected.loc[(design, "mean api00")]
    assert round(float(found.ratio[0]), 2) == row["estimate"]
    assert float(f"{found.standard_error[0]:.5g}") == pytest.approx(row["std_error"], rel=2e-5)


def test_single_cluster_strata_and_tiny_samples_stay_finite() -> None:
    found = estimate_ratio(np.array([3.0, 4.0, 5.0]), np.ones(3), np.ones(3), np.array([0, 1, 2]), np.arange(3))
    assert np.isfinite(found.standard_error).all()
    low, high = found.interval(0.95)
    assert (low[0], high[0]) == (0.0, 1.0)


def test_wisn_worked_example() -> None:
    inputs = pd.read_csv(reference("wisn_core_nepal_inputs.csv"))
    expected = pd.read_csv(reference("wisn_core_nepal_expected.csv")).set_index("department")
    for department, row in expected.iterrows():
        own = inputs[inputs["department"] == department]
        service = own[own["type"] == "health_service"]
        required = required_fte(
            service["annual_volume"].to_numpy(dtype="float64"),
            service["time_standard_hours"].to_numpy(dtype="float64") * 60,
            row["awt_hours"] * 60,
            row["support_fraction"],
        )
        assert required == pytest.approx(row["required_fte_computed"], abs=1e-6)
        assert round(row["current_staff"] / required, 2) == row["wisn_ratio_stated_in_source_comment"]
