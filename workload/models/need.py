"""Need in full-time posts: workload over available time, times the allowance; it adds up by component.

WHO, *Workload Indicators of Staffing Need* (2010): required staff = workload / standard workload × category allowance
factor, CAF = 1 / (1 − share of time in support activities).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workload.models.design import Component
from workload.models.ratio import Floats
from workload.models.weights import WorkloadFit


@dataclass(frozen=True, slots=True)
class Need:
    """Need of one mission in its T territories."""

    mission: str
    territories: tuple[str, ...]
    components: tuple[Component, ...]
    workload_min: Floats  # (T, P) minutes a year by component, direct time
    need_fte: Floats  # (T,)
    need_low: Floats  # (T,)
    need_high: Floats  # (T,)
    workload_draws_min: Floats  # (draws, T) direct minutes a year
    need_draws_fte: (
        Floats  # (draws, T) each draw adds to the same total: need is relative to the département's practice
    )
    available_min: float  # minutes a year of a full-time post
    allowance_factor: float


def estimate_need(found: WorkloadFit, units: pd.DataFrame, available_min: float, confidence: float) -> Need:
    """Need per territory from weights and units (territory × indicator)."""
    X = units[[c.indicator for c in found.components]].to_numpy(dtype="float64")  # (T, P)
    workload = X * found.minutes_per_unit
    factor = 1 / found.direct_share
    need = workload.sum(axis=1) / available_min * factor
    draws = found.draws @ X.T
    totals = draws.sum(axis=1, keepdims=True)
    need_draws = draws / np.where(totals > 0, totals, 1.0) * need.sum()
    low, high = np.quantile(need_draws, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return Need(
        found.mission,
        tuple(str(t) for t in units.index),
        found.components,
        workload,
        need,
        low,
        high,
        draws,
        need_draws,
        available_min,
        factor,
    )


def required_fte(
    annual_volume: Floats, standard_min: Floats, available_min: float, support_share: float, individual_fte: float = 0.0
) -> float:
    """WISN for one team: Σ volume × standard / available time, times CAF, plus individual allowances (IAF).

    annual_volume: (A,) cases a year by activity; standard_min: (A,) minutes a case; support_share in [0, 1).
    """
    if not 0 <= support_share < 1 or available_min <= 0:
        raise ValueError("available time must be positive and the support share under 1")
    return float(annual_volume @ standard_min) / available_min / (1 - support_share) + individual_fte
