"""Minutes a year that one unit of each indicator brings, with each area's supply level profiled out.

A worker's year is full whatever the need, so the minutes of an area measure its posts. What carries information is how
the week divides: y_sd = e^(u_s) Σ_k β_dk X_sk, one supply level u_s per area, common to its domains. Profiling u_s out
of the Poisson quasi-likelihood leaves the multinomial one, Σ_s Σ_d y_sd log(η_sd/η_s): only shares count, the variance
grows with size, and the scale of β is free. Fitted minutes at the common level are made to total the observed ones, so
the fit works on θ_p = β_p Σ_s X_sp / T, the share of the département's need that component p brings: θ ≥ 0, Σ θ = 1.

Expert weights enter as a penalty φ (θ − b)² / 2σ²: weight of the prior = dispersion / declared variance.
Solved for all bootstrap draws at once by a projected Newton method (Bertsekas 1982) with Fisher's information.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workload.models.ratio import Floats

MAX_ITERATIONS = 200
TOLERANCE = 1e-9
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Design:
    """X: (S, P) units of each component per area over its département total; domain: (P,) codes 0..D−1."""

    X: Floats
    domain: NDArray[np.int64]

    @property
    def domains_n(self) -> int:
        return int(self.domain.max()) + 1


@dataclass(frozen=True, slots=True)
class Fit:
    """B fits at once."""

    theta: Floats  # (B, P) shares of need by component, each row adds to 1
    converged: NDArray[np.bool_]  # (B,)


def identifies(design: Design) -> bool:
    """Whether shares of the week can tell the components apart: two domains at least, and no direction left flat.

    The information at the even split must have rank P − 1 (the scale is free by construction).
    """
    P = design.X.shape[1]
    if design.domains_n < 2 or len(design.X) < 2:
        return False
    even = np.full((1, P), 1.0 / P)
    y = _domain_minutes(design, even)
    information = _information(design, y, even, _domain_minutes(design, even))[0]
    values = np.linalg.eigvalsh(information)
    return bool((values > values[-1] * 1e-9).sum() >= P - 1)


def fit(design: Design, y: Floats, prior: Floats | None = None, precision: Floats | None = None) -> Fit:
    """Non-negative shares of need for each draw.

    y: (B, S, D) minutes, none negative; an area without minutes drops out.
    prior: (B, P) expert shares; precision: (P,) or (B, P) penalty weights, 0 where the experts say nothing.
    """
    B, _, _ = y.shape
    P = design.X.shape[1]
    b = np.full((B, P), 1.0 / P) if prior is None else prior
    weight = np.broadcast_to(np.zeros(P) if precision is None else precision, (B, P))
    seen = (y.sum(axis=1) > 0)[:, design.domain]  # a domain without minutes starts at zero and stays there
    theta = np.where(seen, np.maximum(b, 1e-3), np.where(weight > 0, b, 0.0))
    theta = theta / np.maximum(theta.sum(axis=1, keepdims=True), _TINY)
    value = _objective(design, y, theta, b, weight)
    active = np.ones(B, dtype=bool)
    for _ in range(MAX_ITERATIONS):
        rows = np.flatnonzero(active)
        if not len(rows):
            break
        new, new_value = _newton_step(design, y[rows], theta[rows], b[rows], weight[rows], value[rows])
        moved = np.abs(new - theta[rows]).max(axis=1)
        theta[rows], value[rows] = new, new_value
        active[rows] = moved > TOLERANCE
    return Fit(theta, ~active)


def _domain_minutes(design: Design, theta: Floats) -> Floats:
    """η: (B, S, D) fitted need by area and domain at the common level."""
    eta = np.zeros((len(theta), len(design.X), design.domains_n))
    for d in range(design.domains_n):
        inside = design.domain == d
        eta[:, :, d] = theta[:, inside] @ design.X[:, inside].T
    return eta


def _objective(design: Design, y: Floats, theta: Floats, b: Floats, weight: Floats) -> Floats:
    eta = _domain_minutes(design, theta)
    with np.errstate(divide="ignore", invalid="ignore"):
        inner = np.where(y > 0, y * np.log(eta), 0.0).sum(axis=2)
        total = y.sum(axis=2)
        level = np.where(total > 0, total * np.log(eta.sum(axis=2)), 0.0)
    value: Floats = (inner - level).sum(axis=1) - 0.5 * (weight * (theta - b) ** 2).sum(axis=1)
    return np.nan_to_num(value, nan=-np.inf)


def _gradient(design: Design, y: Floats, eta: Floats) -> Floats:
    """(B, P) score of the multinomial quasi-likelihood: Σ_s X_sp (y_sd/η_sd − y_s/η_s)."""
    level = _ratio(y.sum(axis=2), eta.sum(axis=2))
    g = np.zeros((len(y), design.X.shape[1]))
    for d in range(design.domains_n):
        inside = design.domain == d
        g[:, inside] = (_ratio(y[:, :, d], eta[:, :, d]) - level) @ design.X[:, inside]
    return g


def _information(design: Design, y: Floats, theta: Floats, eta: Floats) -> Floats:
    """(B, P, P) expected information: Σ_s X_sp X_sq Y_s (1[same domain]/(η_sd η_s) − 1/η_s²)."""
    X, (B, P) = design.X, theta.shape
    S = len(X)
    Y, eta_s = y.sum(axis=2), eta.sum(axis=2)
    pairs = (X[:, :, None] * X[:, None, :]).reshape(S, P * P)
    found = -(_ratio(Y, eta_s**2) @ pairs).reshape(B, P, P)
    for d in range(design.domains_n):
        inside = np.flatnonzero(design.domain == d)
        block = (X[:, inside, None] * X[:, None, inside]).reshape(S, -1)
        found[:, inside[:, None], inside] += (_ratio(Y, eta[:, :, d] * eta_s) @ block).reshape(B, len(inside), -1)
    return found


def _ratio(a: Floats, b: Floats) -> Floats:
    return np.divide(a, b, out=np.zeros_like(a), where=b > _TINY)


def _newton_step(
    design: Design, y: Floats, theta: Floats, b: Floats, weight: Floats, value: Floats
) -> tuple[Floats, Floats]:
    """One projected step on {θ ≥ 0, Σθ = 1} with backtracking; where nothing improves θ stays."""
    B, P = theta.shape
    eta = _domain_minutes(design, theta)
    g = _gradient(design, y, eta) - weight * (theta - b)
    multiplier = (g * theta).sum(axis=1, keepdims=True)  # at the optimum every free component's gradient equals it
    fixed = (theta <= 1e-12) & (g <= multiplier)
    H = _information(design, y, theta, eta)
    H[:, np.arange(P), np.arange(P)] += weight
    H[:, np.arange(P), np.arange(P)] += 1e-10 * np.einsum("bpp->bp", H).max(axis=1, keepdims=True)
    direction = constrained_solve(H, g, ~fixed)
    step = np.ones(B)
    best, best_value = theta.copy(), value.copy()
    pending = np.ones(B, dtype=bool)
    for _ in range(30):
        rows = np.flatnonzero(pending)
        if not len(rows):
            break
        trial = np.maximum(theta[rows] + step[rows, None] * direction[rows], 0.0)
        trial /= trial.sum(axis=1, keepdims=True)
        trial_value = _objective(design, y[rows], trial, b[rows], weight[rows])
        better = trial_value > value[rows]
        best[rows[better]], best_value[rows[better]] = trial[better], trial_value[better]
        pending[rows[better]] = False
        step[rows] /= 2
    return best, best_value


def constrained_solve(H: Floats, g: Floats, free: NDArray[np.bool_]) -> Floats:
    """(B, P) directions d maximising g'd − d'Hd/2 with Σd = 0 and d = 0 where not free, all draws in one call.

    The columns are scaled to a unit diagonal first: the condition number is that of the correlations, not of the units.
    """
    B, P = g.shape
    curvature = np.einsum("bpp->bp", H)
    flat = curvature <= _TINY  # a direction that nothing informs: stay there
    free = free & ~flat
    scale = 1 / np.sqrt(np.where(flat, 1.0, curvature))
    both = free[:, :, None] & free[:, None, :]
    K = np.zeros((B, P + 1, P + 1))
    K[:, :P, :P] = np.where(both, H * scale[:, :, None] * scale[:, None, :], 0.0)
    diagonal = np.arange(P)
    K[:, diagonal, diagonal] = np.where(free, K[:, diagonal, diagonal], 1.0)
    ones = np.where(free, scale, 0.0)
    norm = np.maximum(np.linalg.norm(ones, axis=1, keepdims=True), _TINY)
    K[:, :P, P] = K[:, P, :P] = ones / norm
    K[:, P, P] = np.where(free.any(axis=1), 0.0, 1.0)
    right = np.concatenate([np.where(free, g * scale, 0.0), np.zeros((B, 1))], axis=1)
    solution: Floats = np.linalg.solve(K, right[:, :, None])[:, :P, 0] * scale
    return np.where(free, solution, 0.0)


def dispersion(design: Design, y: Floats, theta: Floats) -> float:
    """φ, Pearson: Σ (y − ŷ)²/ŷ over its degrees of freedom, ŷ at each area's own level. y: (S, D), theta: (P,)."""
    eta = _domain_minutes(design, theta[None])[0]
    seen = y.sum(axis=1) > 0
    fitted = eta * _ratio(y.sum(axis=1), eta.sum(axis=1))[:, None]
    pearson = _ratio((y - fitted) ** 2, fitted)[seen].sum()
    freedom = seen.sum() * (design.domains_n - 1) - (int((theta > 0).sum()) - 1)
    return float(pearson / max(freedom, 1))


def score_bootstrap_error(design: Design, y: Floats, theta: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """(P,) standard errors of θ by the wild cluster bootstrap in score form (Kline & Santos 2012).

    One Rademacher sign per area over all its domains; draws enter through the score, so none can be inadmissible. The
    factor S/(S−P) is the usual small-sample correction. A component at zero gets the error it would have if free.
    """
    eta = _domain_minutes(design, theta[None])
    level = _ratio(y.sum(axis=1), eta[0].sum(axis=1))
    scores = np.zeros((len(y), len(theta)))
    for d in range(design.domains_n):
        inside = design.domain == d
        scores[:, inside] = (_ratio(y[:, d], eta[0, :, d]) - level)[:, None] * design.X[:, inside]
    S, P = int((y.sum(axis=1) > 0).sum()), len(theta)
    H = _information(design, y[None], theta[None], eta)
    H[:, np.arange(P), np.arange(P)] += 1e-10 * np.einsum("bpp->bp", H).max()
    signs = rng.choice([-1.0, 1.0], size=(draws, len(y)))
    moved = constrained_solve(np.repeat(H, draws, axis=0), signs @ scores, np.ones((draws, P), dtype=bool))
    error: Floats = moved.std(axis=0) * np.sqrt(S / max(S - P, 1))
    return error


def condition_number(design: Design, y: Floats, theta: Floats) -> float:
    """Of the information with unit diagonal, its free scale left out: how nearly two components say the same."""
    H = _information(design, y[None], theta[None], _domain_minutes(design, theta[None]))[0]
    scale = 1 / np.sqrt(np.maximum(np.diag(H), _TINY))
    values = np.linalg.eigvalsh(H * scale[:, None] * scale[None, :])
    return float(values[-1] / max(values[1], _TINY)) if len(values) > 1 else 1.0
