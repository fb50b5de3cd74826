"""Least squares without rounding, where numbers can be known by hand or by construction."""

from fractions import Fraction

import numpy as np
import pytest

from workload.models.linear import least_squares, polynomial


def test_a_tenth_degree_polynomial_on_a_narrow_range_comes_back() -> None:
    """Columns as near to one another as in NIST's hardest set: raw powers up to 10 on −9…−3, noise known exactly."""
    x = [Fraction(k, 16) for k in range(-144, -48)]
    coefficients = [Fraction((-1) ** k * (k + 1), 2**k) for k in range(11)]
    y = [float(sum(c * v**k for k, c in enumerate(coefficients))) for v in x]
    found = polynomial([float(v) for v in x], y, 10)
    assert found.condition_number > 1e9
    assert found.coefficients is not None
    floats = np.array([float(c) for c in coefficients])
    noise = np.abs(y).max() * 2**-52  # y itself is rounded
    assert (np.abs(found.coefficients - floats) <= 20 * noise / found.residual_sd * found.standard_errors + 1e-9).all()


def test_line_by_hand() -> None:
    """x 1…4, y 1, 3, 2, 5: slope 1.1, intercept 0, residual sum of squares 2.7."""
    found = least_squares(np.c_[np.ones(4), [1, 2, 3, 4]], [1, 3, 2, 5])
    assert found.coefficients == pytest.approx([0, 1.1])
    assert found.residual_ss == pytest.approx(2.7)
    assert found.standard_errors == pytest.approx([np.sqrt(1.35 * 30 / 20), np.sqrt(1.35 / 5)])
    assert found.r_squared == pytest.approx(1 - 2.7 / 8.75)


def test_through_the_origin_r_squared_is_about_zero() -> None:
    found = least_squares(np.arange(60.0, 71)[:, None], np.arange(130.0, 141))
    assert found.coefficients == pytest.approx([2.07438016528926], rel=1e-14)  # NIST NoInt1
    assert found.standard_errors == pytest.approx([0.0165289256198347], rel=1e-14)
    assert found.residual_sd == pytest.approx(3.56753034006338, rel=1e-14)
    assert found.r_squared == pytest.approx(0.999365492298663, rel=1e-14)


@pytest.mark.parametrize("noise", [0.0, 1e-17])
def test_a_redundant_column_is_said_even_when_rounding_hides_it(noise: float) -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(size=(50, 3))
    X = np.c_[a, a @ [0.3, 0.2, 0.1] + noise]
    found = least_squares(X, rng.normal(size=50))
    assert (found.rank, found.coefficients, found.standard_errors) == (3, None, None)
    assert found.condition_number == np.inf
    assert found.degrees_of_freedom == 47


def test_near_redundancy_is_solved_as_long_as_the_numbers_tell() -> None:
    rng = np.random.default_rng(1)
    a = rng.integers(-1000, 1000, size=(40, 2)).astype("float64")
    nearly = np.round(a[:, 0] + a[:, 1] + rng.integers(-1, 2, size=40) * 1e-9, 9)
    found = least_squares(np.c_[a, nearly], np.round(a @ [1.0, 2.0] + 3 * nearly, 9))
    assert found.coefficients == pytest.approx([1, 2, 3], rel=1e-12)


def test_degenerate_tables() -> None:
    assert least_squares(np.ones((1, 1)), [3.0]).standard_errors is None
    constant = least_squares(np.ones((4, 1)), [2.0, 2, 2, 2])
    assert (constant.residual_sd, constant.r_squared) == (0.0, None)
    assert least_squares(np.zeros((4, 1)), np.ones(4)).rank == 0
    assert least_squares(np.ones((1, 3)), [1.0]).coefficients is None
    with pytest.raises(ValueError, match="finite"):
        least_squares([[np.nan]], [1.0])
