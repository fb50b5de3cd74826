"""From the survey and the experts to minutes per unit: three lines side by side, and the one that decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from workload.errors import RequestError
from workload.ingest.study_file import Mission
from workload.models.design import Component
from workload.models.experts import Experts, experts_of
from workload.models.line_fits import Resample, blended_line, data_line
from workload.models.lines import Line, LineFit, by_percentile
from workload.models.observations import Observations, observe, standing_for_territories
from workload.models.quasilikelihood import Design
from workload.models.ratio import Floats
from workload.models.regression import fit, identified_rank, identifies
from workload.models.replication import rao_wu
from workload.models.score import condition_number, dispersion
from workload.models.timeuse import Agents, direct_share
from workload.parameters import Taxonomy

BY_RANK: tuple[Line, ...] = ("blended", "data", "expert")
"""The first that exists decides."""


@dataclass(frozen=True, slots=True)
class WorkloadFit:
    """Minutes a year per unit of each of P components of one mission, line by line.

    reason: why a line or comparison is not there: no_survey, no_experts, not_identified.
    The properties give the deciding line, and NaN for a line that does not exist.
    """

    mission: str
    components: tuple[Component, ...]
    deciding: Line
    lines: Mapping[Line, LineFit]
    plain: Floats | None  # (P,) one supply level for all: hands the present allocation back, for comparison only
    territory: Floats | None  # (P,) one supply level per territory
    reason: Mapping[str, str]
    direct_share: float  # share of working time in declared domains; the rest is the allowance
    direct_min: float  # minutes a year of all posts in declared domains: what the fitted minutes total
    dispersion: float
    condition_number: float
    areas_n: int
    respondents_n: int
    observed: Observations

    @property
    def minutes_per_unit(self) -> Floats:
        return self.lines[self.deciding].minutes_per_unit

    @property
    def low(self) -> Floats:
        return self.lines[self.deciding].low

    @property
    def high(self) -> Floats:
        return self.lines[self.deciding].high

    @property
    def draws(self) -> Floats:
        return self.lines[self.deciding].draws

    @property
    def expert(self) -> Floats:
        return self.lines["expert"].minutes_per_unit if "expert" in self.lines else self._blank()

    @property
    def data(self) -> Floats:
        return self.lines["data"].minutes_per_unit if "data" in self.lines else self._blank()

    @property
    def data_low(self) -> Floats:
        return self.lines["data"].low if "data" in self.lines else self._blank()

    @property
    def data_high(self) -> Floats:
        return self.lines["data"].high if "data" in self.lines else self._blank()

    def _blank(self) -> Floats:
        return np.full(len(self.components), np.nan)


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
    area_fte: Mapping[str, float] = MappingProxyType({}),
) -> WorkloadFit:
    """Expert, data and blended weights of one mission.

    posts_min: minutes a year of all the mission's posts. Without respondents, or where the division of the week tells
    nothing of the components, the expert line decides; without experts, the data alone. area_fte: full-time posts of
    each area in the register, for the comparisons that take an area's minutes for its need.
    """
    in_territories = places["territory"][[c.indicator for c in components]]
    units = in_territories.to_numpy(dtype="float64").sum(axis=0)  # (P,)
    domains = list(mission.domains)
    noted = float(direct_share(agents, items, domains)[0]) if agents.id else 0.0
    share = noted if noted > 0 else 1.0  # no survey, or none of its time in a declared domain: no allowance known
    total = posts_min * share
    per_unit = np.divide(total, units, out=np.zeros_like(units), where=units > 0)  # minutes per unit for a share of 1
    observed = observe(domains, components, places, agents, items, units)
    experts = experts_of(components, units, draws_n, rng)
    reason = _reasons(observed.design, noted > 0, experts is not None)
    multiplier = rao_wu(agents.stratum, draws_n, rng)
    level = direct_share(agents, items, domains, multiplier)[:, None] / share if noted > 0 else np.ones((draws_n, 1))
    lines, phi, condition = _lines(observed, reason, experts, Resample(multiplier, level, per_unit, confidence), rng)
    deciding = next((line for line in BY_RANK if line in lines), None)
    if deciding is None:
        raise _no_line(mission, components, observed.design, reason)
    plain, territory = _comparisons(observed, in_territories, agents, area_fte, per_unit, reason)
    return WorkloadFit(
        mission_id,
        components,
        deciding,
        lines,
        plain,
        territory,
        reason,
        share,
        total,
        phi,
        condition,
        len(observed.areas),
        len(agents.id),
        observed,
    )


def _no_line(
    mission: Mission, components: tuple[Component, ...], design: Design, reason: Mapping[str, str]
) -> RequestError:
    """Neither survey nor experts, or a survey that cannot tell some indicators apart: which ones."""
    if reason.get("data") != "not_identified":
        return RequestError("mission_without_weights", mission=mission.name)
    empty = {c.indicator for p, c in enumerate(components) if not design.X[:, p].any()}
    twins = {
        name
        for p, a in enumerate(components)
        for q, b in enumerate(components)
        if q > p and a.domain == b.domain and np.allclose(design.X[:, p], design.X[:, q], rtol=1e-9, atol=0)
        for name in (a.indicator, b.indicator)
    } - empty
    named = sorted(empty | twins)
    if not named:
        return RequestError("mission_not_identified", mission=mission.name)
    return RequestError("mission_twins", mission=mission.name, indicators=", ".join(named))


def _reasons(design: Design, noted: bool, experts: bool) -> dict[str, str]:
    """Why lines are missing. Experts can fill directions that the survey leaves open, if it says more than how the
    département divides its week between the domains."""
    missing = {} if experts else {"expert": "no_experts", "blended": "no_experts"}
    if not noted:
        return missing | {"data": "no_survey", "blended": "no_survey"}
    rank, P = identified_rank(design), design.X.shape[1]
    if not identifies(design):
        missing["data"] = "not_identified"
        if rank < min(design.domains_n, P - 1) or design.domains_n < 2:
            missing["blended"] = "not_identified"
    return missing


def _lines(
    observed: Observations,
    reason: Mapping[str, str],
    experts: Experts | None,
    resample: Resample,
    rng: np.random.Generator,
) -> tuple[dict[Line, LineFit], float, float]:
    """The lines that exist, the dispersion and the condition number."""
    lines: dict[Line, LineFit] = {}
    phi = condition = float("nan")
    if experts is not None:
        drawn = experts.draws * resample.per_unit * resample.level
        lines["expert"] = by_percentile(experts.share * resample.per_unit, drawn, resample.confidence)
    if not {"data", "blended"} <= set(reason):
        y = observed.area_minutes()
        theta = fit(observed.design, y).theta[0]
        phi, condition = (of(observed.design, y[0], theta) for of in (dispersion, condition_number))
        if "data" not in reason:
            lines["data"] = data_line(observed, theta, resample, rng)
        if "blended" not in reason and experts is not None:
            lines["blended"] = blended_line(observed, experts, phi, resample, lines.get("data"))
    return lines, phi, condition


def _comparisons(
    observed: Observations,
    in_territories: pd.DataFrame,
    agents: Agents,
    area_fte: Mapping[str, float],
    per_unit: Floats,
    reason: dict[str, str],
) -> tuple[Floats | None, Floats | None]:
    """(P,) minutes per unit with one supply level for all, and with one per territory; reasons where not."""
    found: dict[str, Floats | None] = {"plain": None, "territory": None}
    design, y, territory = standing_for_territories(observed, in_territories, agents, area_fte)
    for name, level in (("plain", np.zeros_like(territory)), ("territory", territory)):
        if reason.get("data") == "no_survey":
            reason[name] = "no_survey"
        elif not identifies(design, level):
            reason[name] = "not_identified"
        else:
            found[name] = fit(design, y, level=level).theta[0] * per_unit
    return found["plain"], found["territory"]
