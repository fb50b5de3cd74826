"""Compositions: bases, zeros, and profiles that do not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workload.models.composition import (
    balanced_basis,
    centre,
    closed,
    clr,
    ilr,
    ilr_inverse,
    partition_basis,
    pivot_basis,
    replace_zeros,
    structural_zeros,
    total_variance,
    unusual_profiles_n,
    variation_matrix,
)


@given(st.integers(2, 9), st.integers(0, 10**6))
def test_ilr_keeps_distances_and_comes_back(parts_n: int, seed: int) -> None:
    rows = np.random.default_rng(seed).dirichlet(np.full(parts_n, 2.0), 4) + 1e-9
    distance = np.linalg.norm(clr(rows[:1]) - clr(rows[1:]), axis=1)  # Aitchison's distance
    for basis in (pivot_basis(parts_n), balanced_basis(parts_n)):
        assert basis @ basis.T == pytest.approx(np.eye(parts_n - 1), abs=1e-12)
        assert basis.sum(axis=1) == pytest.approx(0, abs=1e-12)
        coordinates = ilr(rows, basis)
        assert np.linalg.norm(coordinates[:1] - coordinates[1:], axis=1) == pytest.approx(distance)
        assert ilr_inverse(coordinates, basis) == pytest.approx(closed(rows))


def test_a_declared_partition_gives_the_balances_of_the_textbook() -> None:
    """Two against one: √(2/3) · ln(√(x₁x₂)/x₃) (Egozcue & Pawlowsky-Glahn 2005)."""
    basis = partition_basis([[1, 1, -1], [1, -1, 0]], 3)
    x = np.array([[0.5, 0.2, 0.3]])
    expected = [np.sqrt(2 / 3) * np.log(np.sqrt(0.1) / 0.3), np.sqrt(1 / 2) * np.log(2.5)]
    assert ilr(x, basis)[0] == pytest.approx(expected)


@pytest.mark.parametrize("rows", [[[1, -1, 0]], [[1, 1, 0], [1, -1, 0]], [[1, -1, 0], [0, 1, -1]]])
def test_what_is_no_partition_is_refused(rows: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"split|partition"):
        partition_basis(rows, 3)


def test_variation_does_not_change_with_scale_or_perturbation() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(5) * 4, 30)
    moved = closed(rows * [1, 2, 3, 4, 5])
    assert variation_matrix(moved) == pytest.approx(variation_matrix(rows))
    assert total_variance(1e6 * rows) == pytest.approx(total_variance(rows))
    assert centre(moved) == pytest.approx(closed(centre(rows) * [1, 2, 3, 4, 5]))


def test_zeros_of_the_week_are_replaced_and_the_other_ratios_kept() -> None:
    rows = np.array([[60.0, 30, 0, 10], [25, 25, 25, 25], [0, 0, 50, 50]])
    found = replace_zeros(rows, 0.005)
    assert (found > 0).all()
    assert found.sum(axis=1) == pytest.approx(1)
    assert found[0, 0] / found[0, 1] == pytest.approx(2)
    assert found[0, 2] == pytest.approx(0.65 * 0.005)
    assert found[1] == pytest.approx(rows[1] / 100)


def test_a_task_outside_the_post_is_no_zero_of_the_week() -> None:
    rows = np.array([[1.0, 0, 0], [2, 0, 3], [4, 1, 0], [1, 0, 0]])
    assert not structural_zeros(rows).any()
    found = structural_zeros(rows, ["p", "p", "q", "q"])
    assert found.tolist() == [[False, True, False]] * 2 + [[False, False, True]] * 2


def test_profiles_that_do_not_fit_are_counted() -> None:
    rng = np.random.default_rng(4)
    usual = [unusual_profiles_n(rng.dirichlet(np.array([30, 20, 25, 15, 10.0]), 60), rng) for _ in range(20)]
    assert np.mean([n for n in usual if n is not None]) < 1.5
    rows = rng.dirichlet(np.array([30, 20, 25, 15, 10.0]), 150)
    rows[:12] = rng.dirichlet(np.array([2, 60, 2, 30, 6.0]), 12)
    assert 12 <= (unusual_profiles_n(rows, rng) or 0) <= 16


def test_degenerate_tables() -> None:
    assert unusual_profiles_n(np.full((3, 4), 0.25), np.random.default_rng(0)) is None
    assert unusual_profiles_n(np.full((30, 4), 0.25), np.random.default_rng(0)) == 0
    assert total_variance(np.array([[0.5, 0.5]])) == 0.0
    assert balanced_basis(1).shape == (0, 1)
