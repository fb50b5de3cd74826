"""Minutes a year that one unit of each indicator brings, with the supply level profiled out.

A worker's year is full whatever the need, so the minutes of an area measure its posts. What carries information is how
the week divides: y_sd = e^(u_g) Σ_k β_dk X_sk, one supply level u_g common to the domains of an area (by default), or
to all areas of a group g. Profiling u out of the Poisson quasi-likelihood leaves the multinomial one,
Σ_g [Σ_{s∈g,d} y_sd log η_sd − Y_g log η_g]: only shares count, the variance grows with size, the scale of β is free.
Fitted minutes at the common level are made to total the observed ones, so the fit works on θ_p = β_p Σ_s X_sp / T, the
share of the département's need that component p brings: θ ≥ 0, Σ θ = 1.

Expert weights enter as a penalty φ (θ − b)² / 2σ²: weight of the prior = dispersion / declared variance.
Solved for all bootstrap draws at once by a projected Newton method (Bertsekas 1982) with Fisher's information.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workload.models.quasilikelihood import TINY, Design, QuasiLikelihood
from workload.models.ratio import Floats

__all__ = ["Design", "Fit", "constrained_solve", "fit", "identified_rank", "identifies"]

MAX_ITERATIONS = 200
TOLERANCE = 1e-9
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True)
class Fit:
    """B fits at once."""

    theta: Floats  # (B, P) shares of need by component, each row adds to 1
    converged: NDArray[np.bool_]  # (B,)


def identified_rank(design: Design, level: NDArray[np.int64] | None = None) -> int:
    """Directions of θ that the minutes inform, at the even split; P − 1 when all of them (the scale is free)."""
    S, P = design.X.shape
    if not S or not design.X.any():
        return 0
    of = QuasiLikelihood(design, level)
    even = np.full((1, P), 1.0 / P)
    eta = of.domain_minutes(even)
    information = of.information(eta, eta)[0]
    size = np.sqrt(np.maximum(of.information_at_known_supply(eta, eta)[0].diagonal(), TINY))
    values = np.linalg.eigvalsh(information / size[:, None] / size[None, :])
    return int((values > 1e-9 * P).sum())


def identifies(design: Design, level: NDArray[np.int64] | None = None) -> bool:
    """Whether the minutes can tell the components apart; with a level per area, two domains at least are needed."""
    if len(design.X) < 2 or (level is None and design.domains_n < 2):
        return False
    return identified_rank(design, level) >= int(design.X.shape[1]) - 1


def fit(
    design: Design,
    y: Floats,
    prior: Floats | None = None,
    precision: Floats | None = None,
    level: NDArray[np.int64] | None = None,
    start: Floats | None = None,
) -> Fit:
    """Non-negative shares of need for each draw.

    y: (B, S, D) minutes, none negative; an area without minutes drops out.
    prior: (B, P) expert shares; precision: (P,) or (B, P) penalty weights, 0 where the experts say nothing.
    level: (S,) codes of areas that share one supply level: each its own by default, all zero for the plain fit.
    start: (P,) shares to start from, such as the estimate whose bootstrap draws are wanted.
    """
    B, _, _ = y.shape
    P = design.X.shape[1]
    of = QuasiLikelihood(design, level)
    b = np.full((B, P), 1.0 / P) if prior is None else prior
    weight = np.broadcast_to(np.zeros(P) if precision is None else precision, (B, P))
    theta = _begin(design, y, b, weight, start)
    value = _objective(of, y, theta, b, weight)
    active = np.ones(B, dtype=bool)
    for _ in range(MAX_ITERATIONS):
        rows = np.flatnonzero(active)
        if not len(rows):
            break
        new, new_value, settled = _newton_step(of, y[rows], theta[rows], b[rows], weight[rows], value[rows])
        moved = np.abs(new - theta[rows]).max(axis=1)
        theta[rows], value[rows] = new, new_value
        active[rows] = (moved > TOLERANCE) & ~settled
    return Fit(theta, ~active)


def _begin(design: Design, y: Floats, b: Floats, weight: Floats, start: Floats | None) -> Floats:
    """A domain without minutes starts at zero and stays there, unless the experts hold it up."""
    seen = (y.sum(axis=1) > 0)[:, design.domain]
    # a component at zero in the estimate begins just inside, so that no domain with minutes begins at nothing
    first = np.maximum(b, 1e-3) if start is None else np.broadcast_to(np.maximum(start, 1e-6), b.shape)
    theta = np.where(seen, first, np.where(weight > 0, b, 0.0))
    found: Floats = theta / np.maximum(theta.sum(axis=1, keepdims=True), TINY)
    return found


def _objective(of: QuasiLikelihood, y: Floats, theta: Floats, b: Floats, weight: Floats) -> Floats:
    penalty: Floats = 0.5 * (weight * (theta - b) ** 2).sum(axis=1)
    return np.nan_to_num(of.value(y, of.domain_minutes(theta)) - penalty, nan=-np.inf)


def _newton_step(
    of: QuasiLikelihood, y: Floats, theta: Floats, b: Floats, weight: Floats, value: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """One projected step on {θ ≥ 0, Σθ = 1} with backtracking; where nothing improves θ stays.

    Where the gain in sight is below the rounding of the value the step is taken unseen, and is the last.
    """
    B, P = theta.shape
    eta = of.domain_minutes(theta)
    g = of.gradient(y, eta) - weight * (theta - b)
    multiplier = (g * theta).sum(axis=1, keepdims=True)  # at the optimum every free component's gradient equals it
    fixed = (theta <= 1e-12) & (g <= multiplier)
    H = of.information(y, eta)
    H[:, np.arange(P), np.arange(P)] += weight
    H[:, np.arange(P), np.arange(P)] += 1e-10 * np.einsum("bpp->bp", H).max(axis=1, keepdims=True)
    direction = constrained_solve(H, g, ~fixed)
    settled = (g * direction).sum(axis=1) <= ROUNDING * np.abs(value)
    step = np.ones(B)
    best, best_value = np.where(settled[:, None], _projected(theta + direction), theta), value.copy()
    pending = ~settled
    for _ in range(30):
        rows = np.flatnonzero(pending)
        if not len(rows):
            break
        trial = _projected(theta[rows] + step[rows, None] * direction[rows])
        trial_value = _objective(of, y[rows], trial, b[rows], weight[rows])
        better = trial_value > value[rows]
        best[rows[better]], best_value[rows[better]] = trial[better], trial_value[better]
        pending[rows[better]] = False
        step[rows] /= 2
    return best, best_value, settled


def _projected(theta: Floats) -> Floats:
    kept = np.maximum(theta, 0.0)
    found: Floats = kept / kept.sum(axis=1, keepdims=True)
    return found


def constrained_solve(H: Floats, g: Floats, free: NDArray[np.bool_]) -> Floats:
    """(B, P) directions d maximising g'd − d'Hd/2 with Σd = 0 and d = 0 where not free, all draws in one call.

    The columns are scaled to a unit diagonal first: the condition number is that of the correlations, not of the units.
    """
    B, P = g.shape
    curvature = np.einsum("bpp->bp", H)
    flat = curvature <= TINY  # a direction that nothing informs: stay there
    free = free & ~flat
    scale = 1 / np.sqrt(np.where(flat, 1.0, curvature))
    both = free[:, :, None] & free[:, None, :]
    K = np.zeros((B, P + 1, P + 1))
    K[:, :P, :P] = np.where(both, H * scale[:, :, None] * scale[:, None, :], 0.0)
    diagonal = np.arange(P)
    K[:, diagonal, diagonal] = np.where(free, K[:, diagonal, diagonal], 1.0)
    ones = np.where(free, scale, 0.0)
    norm = np.maximum(np.linalg.norm(ones, axis=1, keepdims=True), TINY)
    K[:, :P, P] = K[:, P, :P] = ones / norm
    K[:, P, P] = np.where(free.any(axis=1), 0.0, 1.0)
    right = np.concatenate([np.where(free, g * scale, 0.0), np.zeros((B, 1))], axis=1)
    solution: Floats = np.linalg.solve(K, right[:, :, None])[:, :P, 0] * scale
    return np.where(free, solution, 0.0)
