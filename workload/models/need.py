"""Need in full-time posts: workload over available time, times the allowances; it adds up by component and profession.

WHO, *Workload Indicators of Staffing Need* (2010): required staff = workload / standard workload × category allowance
factor + individual allowances, CAF = 1 / (1 − share of time in support activities).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workload.models.design import Component
from workload.models.lines import share_interval
from workload.models.professions import Assignment
from workload.models.ratio import Floats
from workload.models.weights import WorkloadFit

EVERYBODY = "*"
"""Stands for all professions of a mission where they are not told apart."""


@dataclass(frozen=True, slots=True)
class Need:
    """Need of one mission in its T territories, by P components and Q professions."""

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
    professions: tuple[str, ...]  # (Q,)
    fte_per_min: Floats  # (P, Q) posts that one direct minute asks
    individual_fte: Floats  # (T, Q) declared allowances: union time, tutoring
    calibration: float  # what brought the plain algebra to the posts of today; 1 where nothing had to

    @property
    def contributions_fte(self) -> Floats:
        """(T, P, Q): with the individual allowances they add up to the need."""
        return np.asarray(self.workload_min[:, :, None] * self.fte_per_min, dtype="float64")

    @property
    def need_by_profession_fte(self) -> Floats:
        """(T, Q): adds up to `need_fte` over professions."""
        return np.asarray(self.workload_min @ self.fte_per_min + self.individual_fte, dtype="float64")

    @property
    def ledger_min(self) -> Floats:
        """(T, P) minutes of an average post that each component asks: in one proportion to the posts of all of them.

        The direct minutes themselves where professions are not told apart.
        """
        return np.asarray(
            self.workload_min * (self.fte_per_min.sum(axis=1) * self.available_min / self.allowance_factor),
            dtype="float64",
        )

    @property
    def individual_ledger_min(self) -> Floats:
        """(T,) the individual allowances in the unit of `ledger_min`."""
        return np.asarray(self.individual_fte.sum(axis=1) * self.available_min / self.allowance_factor, dtype="float64")


def estimate_need(
    found: WorkloadFit,
    units: pd.DataFrame,
    available_min: float,
    confidence: float,
    assignment: Assignment | None = None,
) -> Need:
    """Need per territory from weights and units (territory × indicator), by profession where an assignment is given."""
    X = units[[c.indicator for c in found.components]].to_numpy(dtype="float64")  # (T, P)
    factor, calibration = 1 / found.direct_share, 1.0
    if assignment is None:
        professions: tuple[str, ...] = (EVERYBODY,)
        individual = np.zeros((len(X), 1))
        fte_per_min = np.full((X.shape[1], 1), factor / available_min)
    else:
        professions, individual = assignment.professions, assignment.individual_fte
        fte_per_min, calibration = assignment.fte_per_min, assignment.calibration
    workload = X * found.minutes_per_unit
    need = workload @ fte_per_min.sum(axis=1) + individual.sum(axis=1)
    per_min = fte_per_min.sum(axis=1) * available_min / factor
    need_draws = _drawn(found.draws * per_min, X, need, individual.sum(axis=1))
    _, low, high = share_interval(found.lines[found.deciding], X * per_min, confidence)
    variable = need.sum() - individual.sum()
    fixed_min = individual.sum(axis=1) * available_min / factor
    return Need(
        found.mission,
        tuple(str(t) for t in units.index),
        found.components,
        workload,
        need,
        low * variable + individual.sum(axis=1),
        high * variable + individual.sum(axis=1),
        (found.draws * per_min) @ X.T + fixed_min,
        need_draws,
        available_min,
        factor,
        professions,
        fte_per_min,
        individual,
        calibration,
    )


def need_draws_by_profession(found: WorkloadFit, units: pd.DataFrame, need: Need) -> Floats:
    """(draws, T, Q): each draw adds to the same total as the need, as `need_draws_fte`, and to it over professions."""
    X = units[[c.indicator for c in found.components]].to_numpy(dtype="float64")
    drawn = np.stack([(found.draws * need.fte_per_min[:, q]) @ X.T for q in range(len(need.professions))], axis=2)
    variable = float(need.need_fte.sum() - need.individual_fte.sum())
    totals = drawn.sum(axis=(1, 2), keepdims=True)
    return np.asarray(drawn / np.where(totals > 0, totals, 1.0) * variable + need.individual_fte, dtype="float64")


def _drawn(draws: Floats, X: Floats, need: Floats, individual: Floats) -> Floats:
    workload = draws @ X.T
    totals = workload.sum(axis=1, keepdims=True)
    variable = need.sum() - individual.sum()
    return np.asarray(workload / np.where(totals > 0, totals, 1.0) * variable + individual, dtype="float64")


def required_fte(
    annual_volume: Floats, standard_min: Floats, available_min: float, support_share: float, individual_fte: float = 0.0
) -> float:
    """WISN for one team: Σ volume × standard / available time, times CAF, plus individual allowances (IAF).

    annual_volume: (A,) cases a year by activity; standard_min: (A,) minutes a case; support_share in [0, 1).
    """
    if not 0 <= support_share < 1 or available_min <= 0:
        raise ValueError("available time must be positive and the support share under 1")
    return float(annual_volume @ standard_min) / available_min / (1 - support_share) + individual_fte
