"""A campaign is a fortnight: what its season may add to, or take from, each domain's time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from workload.models.lines import by_percentile
from workload.models.ratio import Floats
from workload.models.weights import WorkloadFit


def with_season(
    found: WorkloadFit, variation: Mapping[str, float], confidence: float, rng: np.random.Generator
) -> WorkloadFit:
    """The fit with the season in the draws and interval of its deciding line; itself where none is declared."""
    if not any(c.domain in variation for c in found.components):
        return found
    line = found.lines[found.deciding]
    drawn = seasonal_draws(line.draws, [c.domain for c in found.components], variation, rng)
    return replace(
        found, lines={**found.lines, found.deciding: by_percentile(line.minutes_per_unit, drawn, confidence)}
    )


def seasonal_draws(
    draws: Floats, domains: Sequence[str], variation: Mapping[str, float], rng: np.random.Generator
) -> Floats:
    """(B, P) draws of minutes per unit with one common log-normal factor per domain in each, of mean 1.

    domains: (P,) of the components; variation: by domain, coefficient of variation of a campaign about
    its year.
    """
    found = draws.copy()
    for domain in sorted(variation):
        spread = np.sqrt(np.log1p(variation[domain] ** 2))
        factor = np.exp(rng.normal(0, 1, len(draws)) * spread - spread**2 / 2)
        found[:, np.array([d == domain for d in domains], dtype=bool)] *= factor[:, None]
    return found
