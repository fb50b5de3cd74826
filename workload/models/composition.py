"""Divisions of time as compositions: only ratios between parts count.

Aitchison (1986), *The Statistical Analysis of Compositional Data*; Egozcue et al. (2003) for ilr; Martín-Fernández,
Barceló-Vidal & Pawlowsky-Glahn (2003) for zeros; Filzmoser & Hron (2008) for profiles that do not fit.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from workload.models.ratio import Floats

ZERO_FRACTION = 0.65
"""A zero of the week is put at this part of the smallest amount that could have been noted (Martín-Fernández 2003)."""
UNUSUAL_QUANTILE = 0.995
"""A profile further from the centre than this quantile of usual ones does not fit."""
USUAL_PROFILES = 5000
"""Normal profiles drawn for that quantile."""


def closed(parts: Floats) -> Floats:
    """Rows divided by their sums. Every row must have a positive sum."""
    rows: Floats = parts / parts.sum(axis=-1, keepdims=True)
    return rows


def structural_zeros(parts: Floats, group: ArrayLike | None = None) -> NDArray[np.bool_]:
    """(n, D) parts that nobody of the row's group ever notes: the task is not in the post; it is no zero of the week.

    group: (n,) labels, such as professions; all rows together without it.
    """
    labels = np.zeros(len(parts)) if group is None else np.asarray(group).astype(str)
    absent = np.zeros(parts.shape, dtype=bool)
    for label in np.unique(labels):
        inside = labels == label
        absent[inside] = (parts[inside] <= 0).all(axis=0)
    return absent


def replace_zeros(parts: Floats, smallest: Floats | float) -> Floats:
    """(n, D) shares without zeros: multiplicative replacement, which keeps the ratios of the other parts.

    smallest: the least share that could have been noted (the sheet's grain over its minutes), one or (n,). Leave
    structural zeros out first.
    """
    shares = closed(parts)
    least = np.broadcast_to(np.asarray(smallest, dtype="float64"), len(shares))[:, None]
    zero = shares <= 0
    stand_in = ZERO_FRACTION * np.minimum(least, 1 / shares.shape[1])
    rows: Floats = np.where(zero, stand_in, shares * (1 - stand_in * zero.sum(axis=1, keepdims=True)))
    return rows


def centre(parts: Floats) -> Floats:
    """(D,) closed geometric mean of positive parts (n, D)."""
    return closed(np.exp(np.log(parts).mean(axis=0)))


def variation_matrix(parts: Floats) -> Floats:
    """(D, D) variances of the log-ratios, divided by n − 1; zero for a single row."""
    logs = np.log(parts)
    spread = np.cov(logs.T, ddof=1).reshape(logs.shape[1], -1) if len(logs) > 1 else np.zeros((logs.shape[1],) * 2)
    own = np.diag(spread)
    matrix: Floats = own[:, None] + own[None, :] - 2 * spread
    np.fill_diagonal(matrix, 0.0)
    return np.maximum(matrix, 0.0)


def total_variance(parts: Floats) -> float:
    """Sum of the variation matrix over 2D; the trace of the clr covariance."""
    return float(variation_matrix(parts).sum() / (2 * parts.shape[1]))


def clr(parts: Floats) -> Floats:
    """Centred log-ratios; rows add to zero."""
    logs = np.log(parts)
    rows: Floats = logs - logs.mean(axis=-1, keepdims=True)
    return rows


def pivot_basis(parts_n: int) -> Floats:
    """(D − 1, D) orthonormal contrasts: each part against the geometric mean of those after it."""
    partition = [[0] * k + [1] + [-1] * (parts_n - k - 1) for k in range(parts_n - 1)]
    return partition_basis(partition, parts_n)


def balanced_basis(parts_n: int) -> Floats:
    """(D − 1, D) contrasts of a sequential binary partition that halves each group."""
    partition: list[list[int]] = []
    groups = [(0, parts_n)]
    while groups:
        start, end = groups.pop(0)
        if end - start > 1:
            middle = (start + end + 1) // 2
            row = [1 if start <= k < middle else -1 if middle <= k < end else 0 for k in range(parts_n)]
            partition.append(row)
            groups += [(start, middle), (middle, end)]
    return partition_basis(partition, parts_n)


def partition_basis(partition: Sequence[Sequence[int]], parts_n: int) -> Floats:
    """Contrasts of a sequential binary partition: rows of +1, −1 and 0, one per split (Egozcue & Pawlowsky-Glahn 2005).

    Raises ValueError when the rows are not D − 1 splits of which each divides a group of the one before.
    """
    signs = np.array(partition, dtype="float64").reshape(-1, parts_n)
    plus, minus = (signs > 0).sum(axis=1)[:, None], (signs < 0).sum(axis=1)[:, None]
    if len(signs) != parts_n - 1 or (len(signs) and ((plus == 0) | (minus == 0)).any()):
        raise ValueError("a sequential binary partition of D parts has D − 1 rows, each with both signs")
    basis: Floats = np.where(signs > 0, np.sqrt(minus / (plus * (plus + minus))), 0.0)
    basis = np.where(signs < 0, -np.sqrt(plus / (minus * (plus + minus))), basis)
    if not np.allclose(basis @ basis.T, np.eye(len(basis)), atol=1e-12):
        raise ValueError("the rows do not split one another's groups")
    return basis


def ilr(parts: Floats, basis: Floats | None = None) -> Floats:
    """(n, D − 1) isometric log-ratios in an orthonormal basis (pivot coordinates without one)."""
    rows: Floats = clr(parts) @ (pivot_basis(parts.shape[-1]) if basis is None else basis).T
    return rows


def ilr_inverse(coordinates: Floats, basis: Floats | None = None) -> Floats:
    """(n, D) closed parts of ilr coordinates."""
    used = pivot_basis(coordinates.shape[-1] + 1) if basis is None else basis
    logs = coordinates @ used
    return closed(np.exp(logs - logs.max(axis=-1, keepdims=True)))


def unusual_profiles_n(parts: Floats, rng: np.random.Generator, quantile: float = UNUSUAL_QUANTILE) -> int | None:
    """How many profiles do not fit: a count, never whom. parts: (n, D) positive.

    Squared distance in ilr coordinates from a centre and spread that reweighting keeps free of the profiles themselves
    (orthogonalised Gnanadesikan–Kettenring, Maronna & Zamar 2002). With this few agents χ² finds unusual profiles
    everywhere, so the cut-off is the quantile of the same distance in normal tables of the same size, drawn with rng.
    None when there are too few rows (n < 2D) to tell.
    """
    n, parts_n = parts.shape
    if n < 2 * parts_n or parts_n < 2:
        return None
    values = ilr(parts)
    values = values[:, values.std(axis=0) > 1e-12]
    if not values.shape[1]:
        return 0
    usual = [_robust_distance(rng.normal(size=values.shape)) for _ in range(-(-USUAL_PROFILES // n))]
    return int((_robust_distance(values) > np.quantile(np.concatenate(usual), quantile)).sum())


def _robust_distance(values: Floats) -> Floats:
    """(n,) squared robust distances, scaled to the median of χ²."""
    scale = _mad(values)
    scaled = values / scale
    dim = scaled.shape[1]
    spread = np.eye(dim)
    a, b = np.tril_indices(dim, -1)
    plus, minus = _mad(scaled[:, a] + scaled[:, b]), _mad(scaled[:, a] - scaled[:, b])
    spread[a, b] = spread[b, a] = (plus**2 - minus**2) / 4
    rotated = scaled @ np.linalg.eigh(spread)[1]
    first = (((rotated - np.median(rotated, axis=0)) / _mad(rotated)) ** 2).sum(axis=1)
    kept = values[first <= chdtri(dim, 0.1) * np.median(first) / chdtri(dim, 0.5)]
    deviation = values - kept.mean(axis=0)
    inverse = np.linalg.pinv(np.cov(kept.T, ddof=1).reshape(dim, dim), rcond=1e-10, hermitian=True)
    distance: Floats = np.einsum("ij,jk,ik->i", deviation, inverse, deviation)
    middle = float(np.median(distance))
    return distance * (chdtri(dim, 0.5) / middle if middle > 0 else 1.0)


def _mad(values: Floats) -> Floats:
    """(D,) median absolute deviations scaled to a normal's standard deviation; the standard deviation where it is 0."""
    found = 1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0)
    deviation = values.std(axis=0)
    return np.where(found > 1e-12, found, np.where(deviation > 1e-12, deviation, 1.0))
