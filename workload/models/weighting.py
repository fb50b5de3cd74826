"""Weights that agree with known totals: post-stratification, raking, calibration; and what uneven weights cost.

Deming & Stephan (1940) for raking; Deville & Särndal (1992) for calibration; Kish (1965) for the effective size.
A fit that cannot hold says so in `reason` and gives the closest weights it reached; it never loops for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from workload.models.ratio import Codes, Floats

Margin: TypeAlias = tuple[Codes, Floats]
"""(n,) category of each unit in 0…K−1, and (K,) known totals."""
Reason: TypeAlias = Literal["", "empty_category", "different_totals", "out_of_reach"]
TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class WeightFit:
    """weight: (n,); largest_gap: relative to the known totals, by its largest; reason: why it did not converge.

    empty_category: a positive total without units; different_totals: margins that do not have the same sum;
    out_of_reach: no weights within the bounds, or not all positive, give these totals.
    """

    weight: Floats
    converged: bool
    rounds_n: int
    largest_gap: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class TrimmedWeights:
    """weight: (n,) with the same sum as before; trimmed_n of them stand at `limit`."""

    weight: Floats
    limit: float
    trimmed_n: int


def post_stratify(weight: Floats, stratum: Codes, totals: Floats) -> WeightFit:
    """Weights scaled so that each stratum 0…H−1 has its total. A stratum without units is left unmet and named."""
    return rake(weight, [(stratum, totals)])


def rake(weight: Floats, margins: Sequence[Margin], rounds_n: int = 1000) -> WeightFit:
    """Iterative proportional fitting to any number of margins."""
    weight = weight.astype("float64")
    reason = _obstacle(weight, margins)
    for done in range(rounds_n):
        gap = _gap(weight, margins)
        if gap <= TOLERANCE:
            return WeightFit(weight, True, done, gap, "")
        before = weight
        for codes, totals in margins:
            sums = np.bincount(codes, weight, len(totals))
            weight = weight * np.divide(totals, sums, out=np.ones(len(totals)), where=sums > 0)[codes]
        if np.allclose(weight, before, rtol=1e-14, atol=0):
            break
    gap = _gap(weight, margins)
    return WeightFit(weight, gap <= TOLERANCE, rounds_n, gap, "" if gap <= TOLERANCE else reason or "out_of_reach")


def calibrate(
    weight: Floats, auxiliary: Floats, totals: Floats, bounds: tuple[float, float] | None = None, rounds_n: int = 200
) -> WeightFit:
    """Weights w·g(xᵀλ) with Σ w·g·x = totals. auxiliary: (n, K); redundant columns are allowed.

    bounds: None for the linear distance (weights may turn negative), or (L, U) with L < 1 < U for the logit one, which
    keeps every ratio of new to old weight strictly between them. Newton's method on the dual, halving steps that do
    not help.
    """
    if bounds is not None and not bounds[0] < 1 < bounds[1]:
        raise ValueError("bounds of a calibration must lie on both sides of 1")
    size = np.maximum(np.abs(totals), 1e-12 * max(float(np.abs(totals).max(initial=0.0)), 1e-300))
    X = auxiliary / size  # every target becomes 1 (or 0): gaps are relative
    target = totals / size
    multiplier = np.zeros(X.shape[1])
    ratio, slope = _ratio(X @ multiplier, bounds)
    gap = target - (weight * ratio) @ X
    done = 0
    while done < rounds_n and np.abs(gap).max(initial=0.0) > TOLERANCE:
        step = np.linalg.lstsq(X.T @ ((weight * slope)[:, None] * X), gap, rcond=1e-12)[0]
        for _ in range(40):
            trial, trial_slope = _ratio(X @ (multiplier + step), bounds)
            trial_gap = target - (weight * trial) @ X
            if np.linalg.norm(trial_gap) < np.linalg.norm(gap):
                break
            step = step / 2
        else:
            break
        multiplier, ratio, slope, gap = multiplier + step, trial, trial_slope, trial_gap
        done += 1
    largest = float(np.abs(gap).max(initial=0.0))
    met = largest <= TOLERANCE
    return WeightFit(weight * ratio, met, done, largest, "" if met else "out_of_reach")


def indicators(margins: Sequence[Margin]) -> tuple[Floats, Floats]:
    """Margins as the auxiliary variables and totals of a calibration: one 0/1 column per category."""
    columns = [codes[:, None] == np.arange(len(totals)) for codes, totals in margins]
    return np.hstack(columns).astype("float64"), np.concatenate([totals for _, totals in margins]).astype("float64")


def trim(weight: Floats, medians: float) -> TrimmedWeights:
    """Weights cut at a multiple (1 or more) of their median; what was cut is spread over the others in proportion,
    again until none stands above. Where all end up cut, the sum falls."""
    positive = weight[weight > 0]
    limit = medians * float(np.median(positive)) if len(positive) else 0.0
    above = weight > limit
    if not above.any():
        return TrimmedWeights(weight, limit, 0)
    total, trimmed = float(weight.sum()), weight.copy()
    while (over := trimmed > limit * (1 + 1e-12)).any():
        above |= over
        trimmed[above] = limit
        rest = float(trimmed[~above].sum())
        if rest <= 0:
            break
        trimmed[~above] *= (total - limit * above.sum()) / rest
    return TrimmedWeights(trimmed, limit, int(above.sum()))


def effective_n(weight: Floats) -> float:
    """Kish's effective sample size (Σw)² / Σw²; 0 without weights."""
    squares = float(weight @ weight)
    return float(weight.sum()) ** 2 / squares if squares > 0 else 0.0


def weighting_design_effect(weight: Floats) -> float | None:
    """Kish's 1 + CV² of the weights: what their unevenness alone costs; None without weights."""
    size = effective_n(weight)
    return len(weight) / size if size > 0 else None


def _ratio(u: Floats, bounds: tuple[float, float] | None) -> tuple[Floats, Floats]:
    """g(u) and its derivative: 1 + u, or the logit function of Deville & Särndal (case 6)."""
    if bounds is None:
        return 1 + u, np.ones_like(u)
    low, high = bounds
    steep = (high - low) / ((1 - low) * (high - 1))
    grown = np.exp(np.clip(steep * u, -300, 300))
    below = (high - 1) + (1 - low) * grown
    ratio: Floats = (low * (high - 1) + high * (1 - low) * grown) / below
    slope: Floats = (high - low) * (1 - low) * (high - 1) * steep * grown / below / below
    return ratio, slope


def _gap(weight: Floats, margins: Sequence[Margin]) -> float:
    """Largest departure from a known total, relative to the largest total of its margin."""
    return max(
        (
            float(np.abs(np.bincount(codes, weight, len(totals)) - totals).max(initial=0.0) / max(totals.max(), 1e-300))
            for codes, totals in margins
            if len(totals)
        ),
        default=0.0,
    )


def _obstacle(weight: Floats, margins: Sequence[Margin]) -> Reason:
    if any((totals[np.bincount(codes, weight, len(totals)) <= 0] > 0).any() for codes, totals in margins):
        return "empty_category"
    sums = [float(totals.sum()) for _, totals in margins]
    return "different_totals" if sums and max(sums) - min(sums) > TOLERANCE * max(sums) else ""
