"""Partial pooling of small areas towards their common mean: the area-level model of Fay & Herriot (1979).

θ_t = x_tᵀβ + v_t with variance A, observed with known sampling variance ψ_t. A by REML; the mean squared error is that
of Prasad & Rao (1990) with REML's asymptotic variance of A (Datta & Lahiri 2000).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from workload.models.ratio import Floats

LEAST_AREAS = 3


@dataclass(frozen=True, slots=True)
class Pooled:
    """T areas. pooling_weight: how much of each estimate comes from the common mean, 0…1."""

    estimate: Floats  # (T,)
    mean_squared_error: Floats  # (T,)
    pooling_weight: Floats  # (T,)
    common: Floats  # (T,) the regression's value: the common mean without covariates
    between_variance: float


def fay_herriot(direct: Floats, variance: Floats, covariates: Floats | None = None) -> Pooled | None:
    """Pooled estimates. direct: (T,); variance: (T,) of sampling, ≥ 0; covariates: (T, K), a constant without them.

    None with fewer than three areas, or no more areas than covariates: nothing tells how they differ.
    """
    X = np.ones((len(direct), 1)) if covariates is None else covariates
    if len(direct) < max(LEAST_AREAS, X.shape[1] + 1):
        return None
    scale = float(np.sqrt(max(float(np.var(direct)), float(np.mean(variance)))))
    if scale <= 0:
        return Pooled(direct.copy(), np.zeros_like(direct), np.zeros_like(direct), direct.copy(), 0.0)
    psi = np.maximum(variance / scale**2, 1e-9)
    y = direct / scale
    A = _between(y, psi, X)
    weight = 1 / (A + psi)
    inverse = np.linalg.pinv(X.T @ (weight[:, None] * X))
    common = X @ (inverse @ (X.T @ (weight * y)))
    share = psi * weight  # of the common value
    g1 = A * share
    g2 = share**2 * np.einsum("ij,jk,ik->i", X, inverse, X)
    g3 = psi**2 * weight**3 * 2 / float(weight @ weight)
    estimate = share * common + (1 - share) * y
    return Pooled(estimate * scale, (g1 + g2 + 2 * g3) * scale**2, share, common * scale, A * scale**2)


def _between(y: Floats, psi: Floats, X: Floats) -> float:
    """REML estimate of the variance between areas; 0 where the sampling variances explain all."""

    def criterion(sd: float) -> float:
        weight = 1 / (sd**2 + psi)
        cross = X.T @ (weight[:, None] * X)
        beta = np.linalg.lstsq(cross, X.T @ (weight * y), rcond=None)[0]
        return float(-np.log(weight).sum() + np.linalg.slogdet(cross)[1] + weight @ (y - X @ beta) ** 2)

    upper = 2 * float(np.sqrt(np.var(y, ddof=1) + psi.max())) + 1e-6
    grid = np.linspace(0, upper, 41)
    at = int(np.argmin([criterion(sd) for sd in grid]))
    found = minimize_scalar(criterion, bounds=(grid[max(at - 1, 0)], grid[min(at + 1, 40)]), method="bounded")  # type: ignore[no-untyped-call]
    return float(found.x) ** 2 if found.fun < criterion(0.0) else 0.0
