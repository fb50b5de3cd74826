"""Survey estimators against R's survey package and Kalton & Flores-Cervantes; WISN against a worked example."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.shared import reference
from workload.models.need import required_fte
from workload.models.ratio import Floats, estimate_mean, estimate_ratio, estimate_total
from workload.models.replication import jackknife_error
from workload.models.sampling import sample_size
from workload.models.weighting import calibrate, indicators, post_stratify, rake


def api(design: str) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The sample with its strata and clusters."""
    sample = pd.read_csv(reference(f"survey_{design}.csv"))
    n = len(sample)
    if design == "apistrat":
        return sample, pd.factorize(sample["stype"])[0].astype("int64"), np.arange(n)
    return sample, np.zeros(n, dtype="int64"), pd.factorize(sample["dnum"])[0].astype("int64")


def expected_api(design: str, statistic: str) -> tuple[float, float]:
    table = pd.read_csv(reference("survey_api_expected.csv")).set_index(["design", "statistic"])
    row = table.loc[(design, statistic)]
    return float(row["estimate"]), float(row["std_error"])


def five_digits(value: float) -> float:
    return float(f"{value:.5g}")


@pytest.mark.parametrize("design", ["apistrat", "apiclus1"])
def test_means_and_totals_of_r_survey(design: str) -> None:
    sample, stratum, cluster = api(design)
    weight, population = sample["pw"].to_numpy(), sample["fpc"].to_numpy(dtype="float64")
    mean = estimate_mean(sample["api00"].to_numpy(dtype="float64"), weight, stratum, cluster, population)
    estimate, error = expected_api(design, "mean api00")
    assert round(float(mean.ratio[0]), 2) == estimate
    assert five_digits(mean.standard_error[0]) == pytest.approx(error, rel=2e-5)
    total = estimate_total(sample["enroll"].to_numpy(dtype="float64"), weight, stratum, cluster, population)
    estimate, error = expected_api(design, "total enroll")
    assert total.total[0] == pytest.approx(estimate, abs=0.6)
    assert total.standard_error[0] == pytest.approx(error, abs=0.6)


def test_jackknife_of_r_survey() -> None:
    sample, stratum, cluster = api("apiclus1")

    def mean(weight: Floats) -> Floats:
        return np.array([weight @ sample["api00"] / weight.sum()])

    error = jackknife_error(mean, sample["pw"].to_numpy(), stratum, cluster, sample["fpc"].to_numpy(dtype="float64"))
    _, expected = expected_api("apiclus1 JK1 replicate, survey.replicates.mse=TRUE", "mean api00")
    assert five_digits(error[0]) == expected


def test_post_stratified_mean_of_r_survey() -> None:
    sample, stratum, cluster = api("apiclus1")
    schools = np.array([4421.0, 755.0, 1018.0])
    kind = sample["stype"].map({"E": 0, "H": 1, "M": 2}).to_numpy(dtype="int64")
    weight = post_stratify(sample["pw"].to_numpy(), kind, schools).weight
    population = sample["fpc"].to_numpy(dtype="float64")
    found = estimate_mean(
        sample["api00"].to_numpy(dtype="float64"), weight, stratum, cluster, population, post_stratum=kind
    )
    estimate, error = expected_api("apiclus1 post-stratified on stype", "mean api00")
    assert round(float(found.ratio[0]), 2) == estimate
    assert five_digits(found.standard_error[0]) == pytest.approx(error, abs=0.0011)


def test_design_effects_of_r_survey() -> None:
    sample = pd.read_csv(reference("survey_deff_kigyo.csv"))
    y, none, each = sample["uriage"].to_numpy(dtype="float64"), np.zeros(10, dtype="int64"), np.arange(10)
    for row in pd.read_csv(reference("survey_deff_kigyo_expected.csv")).to_dict("records"):
        weight = sample[row["design"]].to_numpy(dtype="float64")
        against = "replace" if row["deff_kind"] == "replace" else "srswor"
        if row["statistic"] == "mean":
            mean = estimate_mean(y, weight, none, each, against=against)
            estimate, error, effect, rounding = mean.ratio[0], mean.standard_error[0], mean.design_effect[0], 5.1e-4
        else:
            total = estimate_total(y, weight, none, each, against=against)
            estimate, error, effect, rounding = total.total[0], total.standard_error[0], total.design_effect[0], 0.51
        assert estimate == pytest.approx(row["estimate"], abs=rounding)
        assert error == pytest.approx(row["std_error"], abs=rounding)
        assert effect == pytest.approx(row["deff"], abs=5.1e-4)


def test_weights_of_kalton_and_flores_cervantes() -> None:
    table = pd.read_csv(reference("kalton_raking.csv"))
    n, population = (table[name].to_numpy(dtype="float64") for name in ("sample_n", "population_n"))
    a, b = table["a"].to_numpy() - 1, table["b"].to_numpy() - 1
    margins = [(a, np.bincount(a, population)), (b, np.bincount(b, population))]
    fits = {
        "w_poststrat": post_stratify(n, np.arange(12), population),
        "w_raking": rake(n, margins),
        "w_linear_calibration": calibrate(n, *indicators(margins)),
        "w_logit_bounds_0.5_2.2": calibrate(n, *indicators(margins), bounds=(0.5, 2.2)),
    }
    for name, fit in fits.items():
        assert fit.converged
        assert np.round(fit.weight / n, 2).tolist() == table[name].tolist(), name


def test_single_cluster_strata_and_tiny_samples_stay_finite() -> None:
    found = estimate_ratio(np.array([3.0, 4.0, 5.0]), np.ones(3), np.ones(3), np.array([0, 1, 2]), np.arange(3))
    assert np.isfinite(found.standard_error).all()
    low, high = found.interval(0.95)
    assert (low[0], high[0]) == (0.0, 1.0)


def test_random_moments_of_a_state_plan() -> None:
    row = pd.read_csv(reference("rmts_sample_size.csv")).iloc[0]
    assert sample_size(row["p"], row["desired_precision_SE"], row["t"]) == row["expected_n"]


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
