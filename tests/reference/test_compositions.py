"""A statistician's day (Aitchison 1986, Data 10)."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.shared import reference
from workload.models.composition import centre, clr, ilr, total_variance, variation_matrix


def test_centre_and_variation_of_a_statisticians_day() -> None:
    days = pd.read_csv(reference("aitchison_activity10.csv")).iloc[:, 1:].to_numpy()
    published = [0.14743, 0.101575, 0.126224, 0.112268, 0.231707, 0.280795]
    assert np.abs(centre(days) - published).max() < 6e-6  # published to five or six decimals
    expected = pd.read_csv(reference("aitchison_activity10_variation_matrix_computed.csv"), index_col=0).to_numpy()
    assert variation_matrix(days) == pytest.approx(expected, abs=1e-14)
    assert total_variance(days) == pytest.approx(0.15305952, abs=5e-9)
    for coordinates in (clr(days), ilr(days)):
        assert coordinates.var(axis=0, ddof=1).sum() == pytest.approx(0.15305952, abs=5e-9)
