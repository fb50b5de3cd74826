"""Errors of the data line: the wild cluster bootstrap in score form (Kline & Santos 2012), and its exact variance.

Each area's score, over all its domains, keeps or changes its sign. Draws enter through the score, so no draw of minutes
can be inadmissible, and every replicate is a non-negative fit of the same quadratic, solved for all of them at once.
"""

from dataclasses import dataclass

import numpy as np

from workload.models.quadratic import nonnegative_shares, sum_zero_inverse
from workload.models.quasilikelihood import TINY, Design, QuasiLikelihood, ratio
from workload.models.ratio import Floats

ROUNDING = 1e-16  # below it nothing is known: two components say the same
RIDGE = 1e-10  # of the largest curvature: keeps nearly flat directions solvable
LEAST_LEFT = 0.05  # of a residual's variance after its own leverage: an area that fits itself must not explode


@dataclass(frozen=True, slots=True)
class Score:
    """The quasi-likelihood about its maximum, S areas with minutes."""

    theta: Floats  # (P,)
    information: Floats  # (P, P)
    scores: Floats  # (S, P) of each area, its leverage given back
    covariance: Floats  # (P, P) of θ were no component held at zero


def score_of(design: Design, y: Floats, theta: Floats) -> Score:
    """y: (S, D) minutes, θ: (P,) their fit. A component at zero keeps the error it would have if free.

    Residuals are given back what each area's own leverage took, (I − H_ss)^(−1/2) e_s: unbiased where the working
    variance holds (CR2 of Bell & McCaffrey 2002), so that few areas do not make intervals short.
    """
    working, residual = _working(design, y, theta)
    flat = working.reshape(-1, len(theta))
    H = flat.T @ flat
    H[np.diag_indices_from(H)] += RIDGE * H.diagonal().max()
    inverse = sum_zero_inverse(H)
    leverage = working @ inverse @ working.transpose(0, 2, 1)  # (S, D, D)
    values, vectors = np.linalg.eigh(leverage)
    turned = np.einsum("sdk,sd->sk", vectors, residual) / np.sqrt(np.maximum(1 - values, LEAST_LEFT))
    scores = np.einsum("sk,sdk,sdp->sp", turned, vectors, working)
    influence = scores @ inverse
    return Score(theta, H, scores, influence.T @ influence)


def _working(design: Design, y: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """(S, D, P) working design, whose products add to the information, and (S, D) residuals of unit working variance.

    √ŷ_sd (X_sp 1[p in d]/η_sd − X_sp/η_s) and (y_sd − ŷ_sd)/√ŷ_sd, with ŷ at each area's own supply level.
    """
    of = QuasiLikelihood(design)
    eta = of.domain_minutes(theta[None])
    root = np.sqrt(of.level(y[None], eta)[0][:, None] * eta[0])  # (S, D)
    own = design.domain[None, :] == np.arange(design.domains_n)[:, None]  # (D, P)
    by_domain = design.X[:, None, :] * ratio(np.ones_like(eta[0]), eta[0])[:, :, None] * own
    common = design.X * ratio(np.ones(len(y)), eta[0].sum(axis=1))[:, None]
    return root[:, :, None] * (by_domain - common[:, None, :]), ratio(y - root**2, root)


def draw_shares(of: Score, draws_n: int, rng: np.random.Generator) -> Floats:
    """(draws, P) non-negative shares of need, one sign per area and draw."""
    return nonnegative_shares(of.information, random_signs(draws_n, of.scores, rng), of.theta)


def random_signs(draws_n: int, scores: Floats, rng: np.random.Generator) -> Floats:
    """(draws, P) sums of the (S, P) scores under Rademacher signs, which are single random bits."""
    S = len(scores)
    width = (S + 7) // 8
    bits = np.unpackbits(np.frombuffer(rng.bytes(draws_n * width), np.uint8).reshape(draws_n, width), axis=1, count=S)
    found: Floats = 2 * (bits.astype("float32") @ scores.astype("float32")).astype("float64") - scores.sum(axis=0)
    return found


def dispersion(design: Design, y: Floats, theta: Floats) -> float:
    """φ, Pearson: Σ (y − ŷ)²/ŷ over its degrees of freedom, ŷ at each area's own level. y: (S, D), theta: (P,)."""
    residual = _working(design, y, theta)[1]
    seen = int((y.sum(axis=1) > 0).sum())
    freedom = seen * (design.domains_n - 1) - (int((theta > 0).sum()) - 1)
    return float((residual**2).sum() / max(freedom, 1))


def condition_number(design: Design, y: Floats, theta: Floats) -> float:
    """Of the information with unit diagonal, its free scale left out: how nearly two components say the same."""
    of = QuasiLikelihood(design)
    H = of.information(y[None], of.domain_minutes(theta[None]))[0]
    scale = 1 / np.sqrt(np.maximum(H.diagonal(), TINY))
    values = np.linalg.eigvalsh(H * scale[:, None] * scale[None, :])
    return float(values[-1] / max(values[1], values[-1] * ROUNDING, TINY)) if len(values) > 1 else 1.0
