"""From the survey and the experts to minutes per unit: three lines side by side, and draws of the one that decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from workload.errors import RequestError
from workload.ingest.study_file import Mission
from workload.models.design import Component
from workload.models.observations import Observations, observe
from workload.models.ratio import Floats
from workload.models.regression import condition_number, dispersion, fit, identifies, score_bootstrap_error
from workload.models.timeuse import Agents, direct_share
from workload.parameters import Taxonomy

Line: TypeAlias = Literal["expert", "data", "blended"]
DRAWS_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class WorkloadFit:
    """Minutes a year per unit of each component of one mission.

    deciding: the line that goes on to need; NaN in a line that does not exist.
    """

    mission: str
    components: tuple[Component, ...]
    deciding: Line
    minutes_per_unit: Floats  # (P,) of the deciding line
    low: Floats  # (P,)
    high: Floats  # (P,)
    draws: Floats  # (draws, P) of the deciding line
    expert: Floats  # (P,) expert weights, scaled to the observed total
    data: Floats  # (P,)
    data_low: Floats  # (P,)
    data_high: Floats  # (P,)
    direct_share: float  # share of working time in declared domains; the rest is the allowance
    direct_min: float  # minutes a year of all posts in declared domains: what the fitted minutes total
    dispersion: float
    condition_number: float
    areas_n: int
    respondents_n: int
    observed: Observations


def fit_weights(
    mission_id: str,
    mission: Mission,
    components: tuple[Component, ...],
    places: Mapping[str, pd.DataFrame],
    agents: Agents,
    items: Taxonomy,
    posts_min: float,
    draws_n: int,
    confidence: float,
    rng: np.random.Generator,
) -> WorkloadFit:
    """Expert, data and blended weights of one mission.

    posts_min: minutes a year of all the mission's posts. Without respondents, or where the division of the week cannot
    tell the components apart, the expert line decides; without experts, the data alone.
    """
    units = places["territory"][[c.indicator for c in components]].sum().to_numpy(dtype="float64")  # (P,)
    domains = list(mission.domains)
    noted = float(direct_share(agents, items, domains)[0]) if agents.id else 0.0
    share = noted if noted > 0 else 1.0  # no survey, or none of its time in a declared domain: no allowance known
    total = posts_min * share
    per_unit = np.divide(total, units, out=np.zeros_like(units), where=units > 0)  # minutes per unit for a share of 1
    expert = _expert_shares(components, units)
    observed = observe(domains, components, places, agents, items, units)
    design = observed.design
    usable = noted > 0 and identifies(design)
    line: Line = "blended" if usable and expert is not None else "data" if usable else "expert"
    if line == "expert" and expert is None:
        raise RequestError("mission_without_weights", mission=mission.name)
    P, S = len(components), len(design.X)
    y = observed.area_minutes()
    blank = np.full(P, np.nan)
    data, data_error, phi, condition = blank, blank, float("nan"), float("nan")
    if usable:
        data = fit(design, y).theta[0]
        phi = dispersion(design, y[0], data)
        data_error = score_bootstrap_error(design, y[0], data, max(draws_n, 400), rng)
        condition = condition_number(design, y[0], data)
    uncertainty = np.array([c.expert_uncertainty if c.expert_min is not None else np.inf for c in components])
    theta = data if line == "data" else expert
    if line == "blended" and expert is not None:
        theta = fit(design, y, expert[None], phi / (uncertainty * expert) ** 2).theta[0]
    assert theta is not None
    theta_draws, total_draws = _draws(line, observed, agents, items, domains, expert, uncertainty, phi, draws_n, rng)
    draws = theta_draws * per_unit * (total_draws / share if usable else 1.0)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(draws, tails, axis=0)
    t = stdtrit(max(S - P, 1), tails[1])
    return WorkloadFit(
        mission_id,
        components,
        line,
        theta * per_unit,
        low,
        high,
        draws,
        blank if expert is None else expert * per_unit,
        data * per_unit,
        np.maximum(data - t * data_error, 0) * per_unit,
        (data + t * data_error) * per_unit,
        share,
        total,
        phi,
        condition,
        S,
        len(agents.id),
        observed,
    )


def _expert_shares(components: tuple[Component, ...], units: Floats) -> Floats | None:
    """Expert minutes as shares of need; only their ratios count, since the total is the observed one."""
    if any(c.expert_min is None for c in components):
        return None
    minutes = np.array([c.expert_min for c in components], dtype="float64") * units
    return minutes / minutes.sum() if minutes.sum() > 0 else None


def _draws(
    line: Line,
    observed: Observations,
    agents: Agents,
    items: Taxonomy,
    domains: list[str],
    expert: Floats | None,
    uncertainty: Floats,
    phi: float,
    draws_n: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """(draws, P) shares of need, (draws, 1) direct shares: agents resampled, experts redrawn, every draw refitted."""
    priors = None
    if expert is not None:
        spread = np.sqrt(np.log1p(np.where(np.isfinite(uncertainty), uncertainty, 0.0) ** 2))
        priors = expert * np.exp(rng.normal(0, 1, (draws_n, len(expert))) * spread - spread**2 / 2)
        priors /= priors.sum(axis=1, keepdims=True)
    multiplier = rao_wu(agents.stratum, draws_n, rng)
    direct = direct_share(agents, items, domains, multiplier)[:, None] if agents.id else np.ones((draws_n, 1))
    if line == "expert":
        assert priors is not None
        return priors, direct
    found = []
    for start in range(0, draws_n, DRAWS_AT_ONCE):
        rows = slice(start, start + DRAWS_AT_ONCE)
        y = observed.area_minutes(multiplier[rows])
        if line == "blended" and priors is not None:
            precision = phi / (uncertainty * priors[rows]) ** 2
            found.append(fit(observed.design, y, priors[rows], precision).theta)
        else:
            found.append(fit(observed.design, y).theta)
    return np.concatenate(found), direct


def rao_wu(stratum: np.ndarray, draws_n: int, rng: np.random.Generator) -> Floats:
    """(draws, n) multipliers of the rescaling bootstrap: n_h − 1 agents of n_h in each stratum (Rao & Wu 1988)."""
    multiplier = np.ones((draws_n, len(stratum)))
    for code in np.unique(stratum):
        inside = np.flatnonzero(stratum == code)
        n = len(inside)
        if n > 1:
            multiplier[:, inside] = rng.multinomial(n - 1, np.full(n, 1 / n), size=draws_n) * (n / (n - 1))
    return multiplier
