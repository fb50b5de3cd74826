"""What the experts say, as shares of need: only the ratios of their weights count, since the total is observed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workload.models.design import Component
from workload.models.ratio import Floats

SURE_SHARE = 1e-6  # of need: the least error of an expert weight, so that "none at all" is a firm statement, not 0/0


@dataclass(frozen=True, slots=True)
class Experts:
    """P weights and their redraws under the declared uncertainty."""

    share: Floats  # (P,) adds to 1
    uncertainty: Floats  # (P,) coefficient of variation
    draws: Floats  # (draws, P) each adds to 1

    def precision(self, phi: float, share: Floats) -> Floats:
        """Penalty weights φ/σ² at these expert shares, of any shape (…, P)."""
        found: Floats = phi / np.maximum(self.uncertainty * share, SURE_SHARE) ** 2
        return found


def experts_of(
    components: Sequence[Component], units: Floats, draws_n: int, rng: np.random.Generator
) -> Experts | None:
    """None unless every component has an expert weight. units: (P,) of each component in the whole département.

    Draws are lognormal: an expert's error is a matter of proportion, and no weight falls below zero.
    """
    minutes = np.array([np.nan if c.expert_min is None else c.expert_min for c in components]) * units
    if not minutes.sum() > 0:
        return None
    share = minutes / minutes.sum()
    uncertainty = np.array([c.expert_uncertainty for c in components], dtype="float64")
    spread = np.sqrt(np.log1p(uncertainty**2))
    draws = share * np.exp(rng.normal(0, 1, (draws_n, len(share))) * spread - spread**2 / 2)
    return Experts(share, uncertainty, draws / draws.sum(axis=1, keepdims=True))
