"""Variance components against R's lme4."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.shared import reference
from workload.models.mixed import Term, variance_components


@pytest.fixture(scope="module")
def study() -> tuple[pd.DataFrame, np.ndarray]:
    data = pd.read_csv(reference("lme4_sleepstudy.csv"))
    return data, np.c_[np.ones(len(data)), data["Days"]]


def expected(formula: str) -> pd.Series:
    table = pd.read_csv(reference("lme4_expected.csv"))
    return table[table["formula"] == formula].set_index("quantity")["expected"]


def test_random_intercept(study: tuple[pd.DataFrame, np.ndarray]) -> None:
    data, X = study
    found = variance_components(data["Reaction"], X, {"Subject": data["Subject"]})
    values = expected("Reaction~Days+(1|Subject)").astype(float)
    assert found.variance("Subject") == pytest.approx(values["var Subject"], abs=0.05)
    assert found.residual == pytest.approx(values["var Residual"], abs=0.05)
    assert found.fixed[0] == pytest.approx(values["fixed Intercept"], abs=5e-5)


def test_independent_slopes(study: tuple[pd.DataFrame, np.ndarray]) -> None:
    data, X = study
    days = Term(data["Subject"], data[["Days"]].to_numpy(dtype="float64"))
    found = variance_components(data["Reaction"], X, {"Subject": data["Subject"], "Days": days})
    values = expected("Reaction~Days+(Days||Subject)").astype(float)
    assert found.variance("Subject") == pytest.approx(values["var Subject"], abs=0.01)
    assert found.variance("Days") == pytest.approx(values["var Days"], abs=0.005)
    assert found.residual == pytest.approx(values["var Residual"], abs=0.005)


def test_correlated_slopes(study: tuple[pd.DataFrame, np.ndarray]) -> None:
    data, X = study
    found = variance_components(data["Reaction"], X, {"Subject": Term(data["Subject"], X)})
    values = expected("Reaction~Days+(Days|Subject)")
    assert found.criterion == pytest.approx(float(values["REML criterion"]), abs=5e-4)
    intercept, days, covariance, residual = map(float, values["var Intercept / var Days / cov / resid"].split("/"))
    assert found.covariance["Subject"] == pytest.approx(
        np.array([[intercept, covariance], [covariance, days]]), rel=5e-5
    )
    assert found.residual == pytest.approx(residual, rel=1e-5)
