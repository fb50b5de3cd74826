"""Least squares against NIST's certified values."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.shared import reference
from workload.models.linear import least_squares, polynomial


def certified(name: str) -> pd.DataFrame:
    return pd.read_csv(reference(f"nist_{name}_certified.csv")).set_index("parameter")


def test_longley() -> None:
    data, expected = pd.read_csv(reference("nist_longley.csv")), certified("longley")
    found = least_squares(np.c_[np.ones(len(data)), data.iloc[:, 2:]], data["TOTEMP"])
    coefficients = expected[expected.index.str.match(r"B\d")]
    assert found.coefficients == pytest.approx(coefficients["estimate"].to_numpy(), rel=1e-12)
    assert found.standard_errors == pytest.approx(coefficients["std_error"].to_numpy(), rel=1e-12)
    assert found.residual_sd == pytest.approx(expected.loc["residual_sd", "estimate"], rel=1e-12)
    assert found.residual_ss == pytest.approx(expected.loc["resid_ss", "estimate"], rel=1e-12)
    assert found.r_squared == pytest.approx(expected.loc["r_squared", "estimate"], rel=1e-12)


@pytest.mark.parametrize("name", ["wampler1", "wampler2"])
def test_wampler_fits_exactly(name: str) -> None:
    data, expected = pd.read_csv(reference(f"nist_{name}.csv")), certified(name)
    for found in (
        polynomial(data["x"], data["y"], 5),
        least_squares(np.vander(data["x"], 6, increasing=True), data["y"]),
    ):
        assert found.coefficients is not None
        assert found.standard_errors is not None
        assert found.coefficients.tolist() == expected["estimate"].tolist()
        assert found.standard_errors.tolist() == [0.0] * 6
