"""The lines of weights side by side: what each says, its interval, and its draws, for any linear functional."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy.special import stdtrit

from workload.models.ratio import Floats

Line: TypeAlias = Literal["expert", "data", "blended"]


@dataclass(frozen=True, slots=True)
class LineFit:
    """One line of P weights, minutes a year per unit.

    covariance: the data line's own; its intervals are estimate ± t·SE, cut at zero.
    The other lines have none: their intervals are percentiles of the draws.
    """

    minutes_per_unit: Floats  # (P,)
    low: Floats  # (P,) zero where the interval is one-sided
    high: Floats  # (P,)
    draws: Floats  # (draws, P) joint over components
    covariance: Floats | None = None  # (P, P)
    degrees_of_freedom: int | None = None


def workload_interval(line: LineFit, units: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """(T,) minutes a year that T rows of units bring, with the ends of their intervals. units: (T, P)."""
    estimate = units @ line.minutes_per_unit
    if line.covariance is None or line.degrees_of_freedom is None:
        low, high = np.quantile(line.draws @ units.T, _tails(confidence), axis=0)
        return estimate, low, high
    width = half_width(np.einsum("tp,pq,tq->t", units, line.covariance, units), line.degrees_of_freedom, confidence)
    return estimate, np.maximum(estimate - width, 0.0), estimate + width


def share_interval(line: LineFit, units: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """(T,) each row's share of the workload of all rows, with the ends of its interval, in [0, 1].

    units: (T, P) units of every territory (or any parts of one whole), each column in its component's own unit.
    The level of all weights together drops out, so that shares are at constant total. All zero without workload.
    """
    everything = units.sum(axis=0)
    total = float(everything @ line.minutes_per_unit)
    if total <= 0:
        nothing = np.zeros(len(units))
        return nothing, nothing, nothing
    share = units @ line.minutes_per_unit / total
    if line.covariance is None or line.degrees_of_freedom is None:
        drawn = line.draws @ units.T
        whole = drawn.sum(axis=1, keepdims=True)
        low, high = np.quantile(drawn / np.where(whole > 0, whole, 1.0), _tails(confidence), axis=0)
        return share, low, high
    slope = (units - share[:, None] * everything) / total  # of a share in the weights
    width = half_width(np.einsum("tp,pq,tq->t", slope, line.covariance, slope), line.degrees_of_freedom, confidence)
    return share, np.maximum(share - width, 0.0), np.minimum(share + width, 1.0)


def half_width(variance: Floats, degrees_of_freedom: int, confidence: float) -> Floats:
    """t·SE."""
    found: Floats = stdtrit(degrees_of_freedom, 0.5 + confidence / 2) * np.sqrt(np.maximum(variance, 0.0))
    return found


def by_percentile(minutes_per_unit: Floats, draws: Floats, confidence: float) -> LineFit:
    """A line whose interval is that of its draws."""
    low, high = np.quantile(draws, _tails(confidence), axis=0)
    return LineFit(minutes_per_unit, low, high, draws)


def _tails(confidence: float) -> list[float]:
    return [(1 - confidence) / 2, (1 + confidence) / 2]
