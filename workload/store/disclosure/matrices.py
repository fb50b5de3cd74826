"""Sparse matrices as scipy builds them, with types."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

_scipy: Any = sparse  # scipy is not typed


def from_entries(entries: Sequence[tuple[int, int, float]], shape: tuple[int, int]) -> sparse.csr_array:
    """entries: (row, column, value)."""
    where = ([row for row, _, _ in entries], [column for _, column, _ in entries])
    made: sparse.csr_array = _scipy.csr_array(([float(value) for *_, value in entries], where), shape=shape)
    return made


def from_rows(
    places: Sequence[npt.NDArray[np.intp]], values: Sequence[npt.NDArray[np.float64]], width: int
) -> sparse.csr_array:
    """Row by row: the columns that are not zero, and their values."""
    ends = np.concatenate([[0], np.cumsum([len(row) for row in places])]).astype(np.intp)
    flat = (np.concatenate([[], *values]), np.concatenate([np.zeros(0, dtype=np.intp), *places]), ends)
    made: sparse.csr_array = _scipy.csr_array(flat, shape=(len(places), width))
    return made


def beside(*blocks: sparse.csr_array) -> sparse.csr_array:
    made: sparse.csr_array = _scipy.hstack(blocks, format="csr")
    return made


def stacked(*blocks: sparse.csr_array) -> sparse.csr_array:
    made: sparse.csr_array = _scipy.vstack(blocks, format="csr")
    return made


def zeros(height: int, width: int) -> sparse.csr_array:
    return from_entries([], (height, width))


def diagonal(values: npt.NDArray[np.float64]) -> sparse.csr_array:
    return from_entries([(k, k, float(value)) for k, value in enumerate(values)], (len(values), len(values)))
