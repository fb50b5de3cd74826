"""Least squares without rounding: exact rational arithmetic, so that ill-conditioned data give correct digits.

A float is read as the shortest decimal that it stands for (0.1 is one tenth), which is the number in the cell it came
from. Normal equations lose half the digits in floating point and none in whole numbers; they are solved by
fraction-free elimination (Bareiss 1968). Cost grows with n·k²: meant for tables of up to some thousands of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt, lcm

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
ROUNDING = 16 * float(np.finfo("float64").eps)
"""A column closer than this, relative to its length, to a combination of the others is not told apart from one."""


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """n observations, k columns of rank r. Coefficients are None when r < k: no single answer exists.

    Standard errors and residual_sd are None without degrees of freedom (n = r); all are 0 for an exact fit.
    """

    coefficients: Floats | None  # (k,)
    standard_errors: Floats | None  # (k,)
    residual_sd: float | None
    residual_ss: float
    r_squared: (
        float | None
    )  # about the mean when a constant lies among the columns, else about zero; None for constant y
    rank: int
    condition_number: float  # of the columns scaled to unit length; inf when r < k
    degrees_of_freedom: int


def least_squares(X: ArrayLike, y: ArrayLike) -> LeastSquares:
    """Least squares of y (n,) on the columns of X (n, k), read as decimals. A constant is a column of its own."""
    table, observed = np.asarray(X, dtype="float64"), np.asarray(y, dtype="float64")
    if not (np.isfinite(table).all() and np.isfinite(observed).all()):
        raise ValueError("least squares needs finite numbers")
    columns = [[_decimal(v) for v in column] for column in table.T]
    return _solve(columns, [_decimal(v) for v in observed])


def polynomial(x: ArrayLike, y: ArrayLike, degree: int) -> LeastSquares:
    """Polynomial of a degree: coefficients of 1, x, x², … with powers formed exactly."""
    base = [_decimal(v) for v in np.asarray(x, dtype="float64")]
    columns = [[v**power for v in base] for power in range(degree + 1)]
    return _solve(columns, [_decimal(v) for v in np.asarray(y, dtype="float64")])


def _decimal(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def _solve(columns: Sequence[Sequence[Fraction]], y: Sequence[Fraction]) -> LeastSquares:
    n, k = len(y), len(columns)
    scaled, scales = zip(*(_whole(column) for column in [*columns, y]), strict=True)
    gram = [[sum(a * b for a, b in zip(left, right, strict=True)) for right in scaled] for left in scaled]
    squares = sum(v * v for v in y)
    centred = squares - Fraction(sum(y)) ** 2 / n if n and any(_constant(column) for column in columns) else squares
    unit = np.array([[_cosine(gram, a, b) for b in range(k)] for a in range(k)])
    inverse = _inverse([row[:k] for row in gram[:k]])
    if inverse is None or _collinear(gram, inverse):
        return _deficient(columns, y, float(centred))
    solution = [sum((w * row[k] for w, row in zip(line, gram, strict=False)), Fraction(0)) for line in inverse]
    residual = Fraction(gram[k][k]) - sum((b * row[k] for b, row in zip(solution, gram, strict=False)), Fraction(0))
    ss = residual / scales[k] ** 2
    variance = ss / (n - k) if n > k else None
    spread = [inverse[j][j] * scales[j] ** 2 for j in range(k)]
    return LeastSquares(
        np.array([float(b * scales[j] / scales[k]) for j, b in enumerate(solution)]),
        None if variance is None else np.array([_root(variance * v) for v in spread]),
        None if variance is None else _root(variance),
        float(ss),
        float(1 - ss / centred) if centred else None,
        k,
        _condition(unit, gram, inverse),
        n - k,
    )


def _whole(column: Sequence[Fraction]) -> tuple[list[int], int]:
    """The column in whole numbers, and the factor that made it so."""
    scale = lcm(*(v.denominator for v in column)) if column else 1
    return [v.numerator * (scale // v.denominator) for v in column], scale


def _constant(column: Sequence[Fraction]) -> bool:
    return bool(column) and column[0] != 0 and all(v == column[0] for v in column)


def _inverse(gram: list[list[int]]) -> list[list[Fraction]] | None:
    """Exact inverse of a symmetric matrix of whole numbers by fraction-free elimination, or None when singular."""
    k = len(gram)
    table = [[*row, *(int(i == j) for j in range(k))] for i, row in enumerate(gram)]
    previous = 1
    for step in range(k):
        if table[step][step] == 0:  # a Gram matrix with a zero pivot is singular
            return None
        pivot = table[step]
        for i in range(k):
            if i != step:
                factor = table[i][step]
                table[i] = [(pivot[step] * v - factor * p) // previous for v, p in zip(table[i], pivot, strict=True)]
        previous = pivot[step]
    return [[Fraction(v, previous) for v in row[k:]] for row in table]


def _collinear(gram: list[list[int]], inverse: list[list[Fraction]]) -> bool:
    """Whether rounding alone could explain how far some column lies from the span of the others: 1/(g_jj g^jj)."""
    return any(gram[j][j] * inverse[j][j] * Fraction(ROUNDING) ** 2 > 1 for j in range(len(inverse)))


def _cosine(gram: list[list[int]], a: int, b: int) -> float:
    size = gram[a][a] * gram[b][b]
    return gram[a][b] / isqrt(size) if size > 1e30 else float(gram[a][b] / np.sqrt(float(size))) if size else 0.0


def _condition(unit: Floats, gram: list[list[int]], inverse: list[list[Fraction]]) -> float:
    """Ratio of extreme singular values of the scaled columns; the inverse's is exact where the matrix's own is not."""
    k = len(inverse)
    length = [Fraction(_root(Fraction(gram[j][j]))) for j in range(k)]
    scaled = np.array([[float(inverse[i][j] * length[i] * length[j]) for j in range(k)] for i in range(k)])
    return float(np.sqrt(np.linalg.eigvalsh(unit)[-1] * np.linalg.eigvalsh(scaled)[-1])) if k else 1.0


def _root(value: Fraction) -> float:
    """Square root of a fraction of any size."""
    if value <= 0:
        return 0.0
    shift = 10 ** max(0, 2 * (20 - (len(str(value.numerator)) - len(str(value.denominator))) // 2))
    return float(Fraction(isqrt(int(value * shift * shift)), shift))


def _deficient(columns: Sequence[Sequence[Fraction]], y: Sequence[Fraction], centred: float) -> LeastSquares:
    """What is known when the columns hold a redundant one: rank and fit, from a QR with column exchange."""
    n = len(y)
    table = np.array([[float(v) for v in column] for column in columns]).reshape(len(columns), n).T
    length = np.sqrt((table**2).sum(axis=0))
    basis, size, _ = np.linalg.svd(table / np.where(length > 0, length, 1.0), full_matrices=False)
    rank = int((size > ROUNDING * max(table.shape) * size.max(initial=0.0)).sum())
    observed = np.array([float(v) for v in y])
    residual = observed - basis[:, :rank] @ (basis[:, :rank].T @ observed)
    ss = float(residual @ residual)
    sd = float(np.sqrt(ss / (n - rank))) if n > rank else None
    return LeastSquares(None, None, sd, ss, 1 - ss / centred if centred else None, rank, float("inf"), n - rank)
