"""What mis-noted minutes do to the need: simulation and extrapolation (SIMEX) for time noted under the wrong domain.

Cook & Stefanski (1994); for misclassification Küchenhoff, Mwalili & Lesaffre (2006): with Π the matrix that noting
errors apply to the minutes, minutes under λ more errors are y Π^λ, and the answer without error lies at λ = −1. Minutes
are sums, on which Π acts in the mean, so no draws are needed. Where a wrong minute lands: on another domain, in
proportion to what all of the service notes there (agents confuse with what they do most).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from workload.models.fitted import divided, fair_shares, need_shares, refit
from workload.models.ratio import Floats
from workload.models.verdicts import Verdict, verdict
from workload.models.weights import WorkloadFit
from workload.parameters import Parameter

Reason: TypeAlias = Literal["no_error_declared", "expert_line", "one_domain", "too_much_error"]
ADDED_ERROR = (0.0, 0.5, 1.0, 1.5, 2.0)


@dataclass(frozen=True, slots=True)
class NotingSensitivity:
    """Fair shares of the same total, as noted and as they would be without the declared error."""

    noting_error: float
    territories: tuple[str, ...]
    as_noted_fte: Floats  # (T,)
    without_error_fte: Floats  # (T,)
    verdict: Verdict  # on the largest change of a territory, in posts
    reason: Reason | None

    @property
    def change_fte(self) -> Floats:
        return np.asarray(self.without_error_fte - self.as_noted_fte, dtype="float64")


def noting_sensitivity(
    found: WorkloadFit,
    places: pd.DataFrame,
    noting_error: float,
    total_fte: float,
    parameters: Mapping[str, Parameter],
) -> NotingSensitivity:
    """places: territory × indicator units; noting_error: share of minutes noted under a wrong domain."""
    names = tuple(str(t) for t in places.index)
    X = places[[c.indicator for c in found.components]].to_numpy(dtype="float64")
    shares = divided(X, found.observed.units)
    base = fair_shares(need_shares(found)[None], shares, total_fte)[0]
    y = found.observed.area_minutes()[0] if len(found.observed.areas) else np.zeros((0, 0))
    reason = _reason(found, y, noting_error)
    powers = None if reason else _powers(confusion(y.sum(axis=0), noting_error))
    if powers is None:
        return NotingSensitivity(noting_error, names, base, base, "watch", reason or "too_much_error")
    fair = fair_shares(refit(found, np.stack([y @ power for power in powers])), shares, total_fte)
    end = _extrapolated(fair)
    end = np.maximum(base + end - fair[0], 0.0)
    end = end / end.sum() * total_fte
    said = verdict(float(np.abs(end - base).max()), "effect_posts", parameters)
    return NotingSensitivity(noting_error, names, base, end, said, None)


def _reason(found: WorkloadFit, y: Floats, noting_error: float) -> Reason | None:
    if noting_error <= 0:
        return "no_error_declared"
    if found.deciding == "expert":
        return "expert_line"
    return "one_domain" if (y.sum(axis=0) > 0).sum() < 2 else None


def confusion(minutes: Floats, noting_error: float) -> Floats:
    """Π: (D, D), rows add to 1; the diagonal is the share rightly noted. minutes: (D,) of the whole service.

    Wrong minutes go to the other domains in proportion to theirs; a domain without minutes neither gives nor takes.
    """
    share = minutes / minutes.sum()
    off = np.repeat(share[None, :], len(share), axis=0)
    np.fill_diagonal(off, 0.0)
    lands = divided(off, off.sum(axis=1, keepdims=True))
    lost = np.where(share > 0, noting_error, 0.0)[:, None]
    return np.asarray(np.diag(1 - lost[:, 0]) + lost * lands, dtype="float64")


def _powers(matrix: Floats) -> list[Floats] | None:
    """Π^λ for the λ of ADDED_ERROR; None where Π is so far from the identity that its powers turn negative."""
    values, vectors = np.linalg.eig(matrix)
    if np.abs(values.imag).max() > 1e-9 or values.real.min() <= 0.05:
        return None
    inverse = np.linalg.inv(vectors)
    powers = [np.real((vectors * values**added) @ inverse) for added in ADDED_ERROR]
    return None if min(power.min() for power in powers) < -1e-9 else [np.maximum(power, 0.0) for power in powers]


def _extrapolated(fair: Floats) -> Floats:
    """(T,) at λ = −1 by the quadratic through the shares (len(ADDED_ERROR), T) of each λ."""
    coefficients = np.polyfit(np.array(ADDED_ERROR), fair, 2)
    return np.asarray(coefficients[0] - coefficients[1] + coefficients[2], dtype="float64")
