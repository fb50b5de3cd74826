"""What a unit should take, in the eyes of professionals, beside what it takes today: a separate line of need.

Never part of the allocation at constant total: it asks for more or fewer posts, and says how many.
"""

from dataclasses import dataclass

import numpy as np

from workload.ingest.study_file import Mission
from workload.models.need import Need
from workload.models.ratio import Floats
from workload.units import MINUTES_PER_HOUR


@dataclass(frozen=True, slots=True)
class NormativeNeed:
    """T territories. Components without a declared norm stay at the minutes observed, and are named."""

    mission: str
    territories: tuple[str, ...]
    minimal_hours: Floats  # (T,) direct hours a year
    optimal_hours: Floats
    minimal_fte: Floats
    optimal_fte: Floats
    present_fte: float  # posts of today, the whole mission
    normed: tuple[str, ...]  # components with a norm
    observed: tuple[str, ...]  # components that stay as observed

    @property
    def minimal_gap_fte(self) -> float:
        """Posts that the minimal norm asks beyond today's total; negative when fewer."""
        return float(self.minimal_fte.sum()) - self.present_fte

    @property
    def optimal_gap_fte(self) -> float:
        return float(self.optimal_fte.sum()) - self.present_fte


def normative_need(mission: Mission, need: Need, units: Floats, present_fte: float) -> NormativeNeed | None:
    """units: (T, P) counts in the order of the need; None where the mission declares no norm.

    Posts at the allowances, and by the professions, of the need of today, but not brought to the posts of today: a
    norm says how long, not in proportion to what.
    """
    norms = [_norm(mission, c.domain, c.indicator) for c in need.components]
    if all(norm is None for norm in norms):
        return None
    per_min = need.fte_per_min.sum(axis=1)
    per_min = np.where([norm is not None for norm in norms], per_min / need.calibration, per_min)
    individual = need.individual_fte.sum(axis=1)
    hours, posts = [], []
    for k in (0, 1):
        workload = need.workload_min.copy()
        for p, norm in enumerate(norms):
            if norm is not None:
                workload[:, p] = units[:, p] * norm[k]
        hours.append(workload.sum(axis=1) / MINUTES_PER_HOUR)
        posts.append(np.asarray(workload @ per_min + individual, dtype="float64"))
    ids = [c.id for c in need.components]
    return NormativeNeed(
        need.mission,
        need.territories,
        hours[0],
        hours[1],
        posts[0],
        posts[1],
        present_fte,
        tuple(i for i, norm in zip(ids, norms, strict=True) if norm is not None),
        tuple(i for i, norm in zip(ids, norms, strict=True) if norm is None),
    )


def _norm(mission: Mission, domain: str, indicator: str) -> tuple[float, float] | None:
    weight = mission.domains[domain].indicators[indicator]
    return (weight.normative.minimal, weight.normative.optimal) if weight and weight.normative else None
