"""Variance components by REML, for nested and crossed groups alike.

The profiled criterion of Bates, Mächler, Bolker & Walker (2015), J. Stat. Software 67(1), eq. 41–42. A
general-purpose optimiser fails on tables whose variances are near zero, which are the ordinary case here; the profiled
criterion has only the relative standard deviations to search, and zero is an answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import LinAlgError, block_diag, cholesky, solve_triangular
from scipy.optimize import minimize

from workload.models.ratio import Floats

STARTS = (1.0, 0.2, 5.0)


@dataclass(frozen=True, slots=True)
class Term:
    """A random effect of one grouping. Without columns an intercept; with (n, p) columns their correlated effects."""

    group: ArrayLike  # (n,) labels
    columns: Floats | None = None


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """covariance: per term its (p, p) covariance of effects; residual: variance; fixed: (K,) coefficients.

    criterion: REML, −2 log restricted likelihood; None where nothing varies. converged is false when no start did.
    """

    covariance: Mapping[str, Floats]
    residual: float
    fixed: Floats
    criterion: float | None
    converged: bool

    def variance(self, term: str) -> float:
        """Variance of a term's first effect: its intercept."""
        return float(self.covariance[term][0, 0])

    def shares(self) -> dict[str, float]:
        """Each intercept's share of the sum of variances, `residual` included; empty where nothing varies."""
        parts = {name: self.variance(name) for name in self.covariance} | {"residual": self.residual}
        whole = sum(parts.values())
        return {name: part / whole for name, part in parts.items()} if whole > 0 else {}


@dataclass(frozen=True, slots=True)
class _Products:
    """Cross products that the criterion is made of: rows and columns of [Z X y]."""

    zz: Floats
    zx: Floats
    zy: Floats
    xx: Floats
    xy: Floats
    yy: float
    n: int
    levels: tuple[tuple[int, int], ...]  # per term: levels, columns


def variance_components(
    y: ArrayLike, fixed: ArrayLike, groups: Mapping[str, Term | Sequence[object]]
) -> VarianceComponents:
    """REML estimates. y: (n,); fixed: (n, K) design of the fixed effects, redundant columns allowed.

    groups: name → labels (n,) of a random intercept, or a `Term`. For nesting give the inner labels joined to the outer
    ones; crossed groups need nothing.
    """
    values = np.asarray(y, dtype="float64")
    X = _independent(np.asarray(fixed, dtype="float64").reshape(len(values), -1))
    terms = {name: of if isinstance(of, Term) else Term(np.asarray(of)) for name, of in groups.items()}
    confounded = [name for name, t in terms.items() if t.columns is None and _one_each(t)]
    start = np.linalg.lstsq(X, values, rcond=None)[0]
    scale = float(np.std(values - X @ start))
    if len(values) <= X.shape[1] or scale <= 1e-12 * max(1.0, float(np.abs(values).max(initial=0.0))):
        sizes = {name: 1 if t.columns is None else t.columns.shape[1] for name, t in terms.items()}
        return VarianceComponents({name: np.zeros((p, p)) for name, p in sizes.items()}, 0.0, start, None, True)
    used = {name: t for name, t in terms.items() if name not in confounded}
    products = _products(values / scale, X, list(used.values()))
    best, converged = _search(products)
    criterion, _, beta, sigma2 = _criterion(best, products)
    covariance = {
        name: root_of @ root_of.T * sigma2 * scale**2
        for name, root_of in zip(used, _factors(best, products.levels), strict=True)
    }
    covariance |= {name: np.zeros((1, 1)) for name in confounded}
    free = len(values) - X.shape[1]
    return VarianceComponents(
        covariance, sigma2 * scale**2, beta * scale, criterion + 2 * free * float(np.log(scale)), converged
    )


def _one_each(term: Term) -> bool:
    """A group for every row cannot be told from the residual, which keeps its variance."""
    labels = np.asarray(term.group)
    return len(np.unique(labels)) == len(labels)


def _independent(X: Floats) -> Floats:
    """Columns that are not combinations of those before them."""
    kept: list[int] = []
    for column in range(X.shape[1]):
        if np.linalg.matrix_rank(X[:, [*kept, column]]) > len(kept):
            kept.append(column)
    return X[:, kept]


def _products(y: Floats, X: Floats, terms: Sequence[Term]) -> _Products:
    blocks, levels = [], []
    for term in terms:
        which = np.unique(np.asarray(term.group), return_inverse=True)[1]
        columns = np.ones((len(y), 1)) if term.columns is None else term.columns
        block = np.zeros((len(y), int(which.max()) + 1, columns.shape[1]))
        block[np.arange(len(y)), which] = columns
        blocks.append(block.reshape(len(y), -1))
        levels.append((block.shape[1], columns.shape[1]))
    Z = np.hstack(blocks) if blocks else np.zeros((len(y), 0))
    return _Products(Z.T @ Z, Z.T @ X, Z.T @ y, X.T @ X, X.T @ y, float(y @ y), len(y), tuple(levels))


def _factors(theta: Floats, levels: Sequence[tuple[int, int]]) -> list[Floats]:
    """Lower triangular relative factor of each term, filled row by row."""
    found, at = [], 0
    for _, p in levels:
        factor = np.zeros((p, p))
        size = p * (p + 1) // 2
        factor[np.tril_indices(p)] = theta[at : at + size]
        found.append(factor)
        at += size
    return found


def _criterion(theta: Floats, of: _Products) -> tuple[float, Floats, Floats, float]:
    """REML criterion with its Cholesky factor, coefficients and residual variance at θ."""
    parts = [np.kron(np.eye(n), factor) for (n, _), factor in zip(of.levels, _factors(theta, of.levels), strict=True)]
    relative = block_diag(*parts) if parts else np.zeros((0, 0))
    inner = relative.T @ of.zz @ relative + np.eye(len(relative))
    root = cholesky(inner, lower=True) if len(inner) else inner
    whole = solve_triangular(root, relative.T @ np.c_[of.zx, of.zy], lower=True) if len(inner) else np.c_[of.zx, of.zy]
    rzx, rzy = whole[:, :-1], whole[:, -1]
    left = of.xx - rzx.T @ rzx
    factor = cholesky(left, lower=True)
    beta: Floats = np.linalg.solve(left, of.xy - rzx.T @ rzy)
    free = of.n - len(beta)
    squares = max(of.yy - float(rzy @ rzy) - float(beta @ left @ beta), 1e-13 * of.yy)
    logs = 2 * np.log(np.diag(root)).sum() + 2 * np.log(np.diag(factor)).sum()
    return float(logs + free * (1 + np.log(2 * np.pi * squares / free))), root, beta, squares / free


def _search(of: _Products) -> tuple[Floats, bool]:
    """Relative factors with the least criterion over several starts."""
    diagonal = np.concatenate([np.eye(p)[np.tril_indices(p)] for _, p in of.levels]) if of.levels else np.zeros(0)
    if not len(diagonal):
        return diagonal, True
    bounds = [(0.0, 1e4) if d else (-1e4, 1e4) for d in diagonal]

    def objective(theta: Floats) -> float:
        try:
            return _criterion(theta, of)[0]
        except LinAlgError:
            return 1e300

    best, least, converged = diagonal, objective(diagonal), False
    for start in STARTS:
        rough = minimize(objective, diagonal * start, method="L-BFGS-B", bounds=bounds)  # type: ignore[no-untyped-call]
        options = {"xatol": 1e-8, "fatol": 1e-10}
        found = minimize(objective, rough.x, method="Nelder-Mead", bounds=bounds, options=options)  # type: ignore[no-untyped-call]
        converged |= bool(found.success)
        if found.fun < least - 1e-9:
            best, least = found.x, float(found.fun)
        elif start != STARTS[0]:
            break  # a second start that finds nothing better
    return best, converged
