"""What the diagnostics read off a fit: fitted minutes, its information, and refits of the same line on other minutes.

Derived from the multinomial quasi-likelihood of models/regression.py; θ are shares of need, Σ θ = 1.
"""

import numpy as np
from numpy.typing import NDArray

from workload.models.experts import SURE_SHARE
from workload.models.quasilikelihood import Design
from workload.models.ratio import Floats
from workload.models.regression import fit
from workload.models.weights import WorkloadFit


def need_shares(found: WorkloadFit) -> Floats:
    """θ: (P,) share of the département's need that each component brings, on the deciding line."""
    share = found.minutes_per_unit * found.observed.units
    total = share.sum()
    return np.asarray(share / total if total > 0 else share, dtype="float64")


def fitted_need(design: Design, theta: Floats) -> Floats:
    """η: (S, D) need by area and domain at the common level, as shares of the département's. theta: (P,)."""
    eta = np.zeros((len(design.X), design.domains_n))
    np.add.at(eta.T, design.domain, (design.X * theta).T)
    return eta


def fitted_minutes(eta: Floats, y: Floats) -> Floats:
    """(S, D) minutes as the fit divides each area's own total of minutes. y: (S, D)."""
    return eta * divided(y.sum(axis=1), eta.sum(axis=1))[:, None]


def fair_shares(theta: Floats, part: Floats, total_fte: float) -> Floats:
    """(G, T) fair shares of a total under G sets of weights. theta: (G, P); part: (T, P) of the département's units."""
    need = theta @ part.T
    return divided(need, need.sum(axis=1, keepdims=True)) * total_fte


def divided(a: Floats, b: Floats) -> Floats:
    """a / b, zero where b is not positive."""
    return np.divide(a, b, out=np.zeros(np.broadcast_shapes(a.shape, b.shape)), where=b > 0)


def scores(design: Design, y: Floats, eta: Floats) -> Floats:
    """(S, P) each area's part of the score: X_sp (y_sd/η_sd − y_s/η_s)."""
    level = divided(y.sum(axis=1), eta.sum(axis=1))
    return np.asarray((divided(y, eta) - level[:, None])[:, design.domain] * design.X, dtype="float64")


def area_information(design: Design, y: Floats, eta: Floats) -> Floats:
    """(S, P, P) each area's part of Fisher's information: X_sp X_sq Y_s (1[same domain]/(η_sd η_s) − 1/η_s²)."""
    X, total, all_domains = design.X, y.sum(axis=1), eta.sum(axis=1)
    same = design.domain[:, None] == design.domain[None, :]
    inverse = divided(np.ones_like(eta), eta * all_domains[:, None])[:, design.domain]  # (S, P)
    kernel = np.where(same, inverse[:, :, None], 0.0) - divided(np.ones_like(total), all_domains**2)[:, None, None]
    return np.asarray(total[:, None, None] * kernel * X[:, :, None] * X[:, None, :], dtype="float64")


def constrained_inverse(information: Floats, free: NDArray[np.bool_], tolerance: float = 1e-9) -> Floats | None:
    """(P, P) inverse of the information within Σ Δθ = 0 and Δθ = 0 where not free: N (N'HN)⁻¹ N'. None if singular.

    Scaled to a unit diagonal first, so that the units of the indicators do not matter.
    """
    which = np.flatnonzero(free)
    H = information[np.ix_(which, which)]
    found = np.zeros_like(information)
    if len(which) < 2:
        return found
    diagonal = np.diag(H)
    if (diagonal <= 0).any():
        return None
    scale = 1 / np.sqrt(diagonal)
    basis = np.linalg.svd(scale[None, :])[2][1:].T  # directions that keep the sum of the shares
    inside = basis.T @ (H * scale[:, None] * scale[None, :]) @ basis
    values, vectors = np.linalg.eigh(inside)
    if values[0] <= tolerance * values[-1]:
        return None
    half = scale[:, None] * (basis @ vectors) / np.sqrt(values)
    found[np.ix_(which, which)] = half @ half.T
    return found


def prior_of(found: WorkloadFit) -> tuple[Floats | None, Floats]:
    """(P,) expert shares and (P,) penalty weights of the deciding line; no shares and zeros where no expert counts."""
    P = len(found.components)
    if found.deciding != "blended":
        return None, np.zeros(P)
    expert = found.expert * found.observed.units
    expert = expert / expert.sum()
    spread = np.array([c.expert_uncertainty for c in found.components]) * expert
    return expert, found.dispersion / np.maximum(spread, SURE_SHARE) ** 2


def refit(found: WorkloadFit, y: Floats) -> Floats:
    """(B, P) shares of need that the deciding line gives on other minutes. y: (B, S, D), zero in areas left out.

    The line of the experts hears no survey: it stays.
    """
    if found.deciding == "expert":
        return np.repeat(need_shares(found)[None], len(y), axis=0)
    prior, precision = prior_of(found)
    priors = None if prior is None else np.repeat(prior[None], len(y), axis=0)
    return fit(found.observed.design, y, priors, precision).theta
