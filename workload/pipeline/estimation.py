"""One mission from counts and sheets to need; a comparison replaces what it changes and estimates again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workload.errors import RequestError
from workload.ingest.study import Study
from workload.ingest.study_file import Mission
from workload.models.design import Component, components_of
from workload.models.need import Need, estimate_need
from workload.models.professions import ProfessionTime, assign, individual_allowances, profession_time
from workload.models.ratio import Floats
from workload.models.seasonal import with_season
from workload.models.task_shifting import shift_tasks
from workload.models.timeuse import Agents
from workload.models.weights import WorkloadFit, fit_weights
from workload.units import hours_to_minutes

LEDGER_GRAIN = 1000
"""Workload enters the allocation in thousandths of a minute a year: rounded here, exact from here on."""

INDIVIDUAL = "allocations@individuelles"
"""Component id of the declared individual allowances in the ledger."""


@dataclass(frozen=True, slots=True)
class MissionStudy:
    """What one mission is estimated from."""

    study: Study
    id: str
    mission: Mission
    agents: Agents  # those that decide: nobody where too few answered
    places: Mapping[str, pd.DataFrame]
    available_min: float  # minutes a year of a full-time post, before what single professions deduct
    draws_n: int
    seed: tuple[int, ...]

    @property
    def posts(self) -> pd.DataFrame:
        return self.study.posts[self.study.posts["mission"] == self.id]

    @property
    def confidence(self) -> float:
        return self.study.parameters["confidence_level"].value

    @property
    def profession_min(self) -> dict[str, float]:
        """Minutes a year of a full-time post of each profession."""
        declared = self.study.settings.available_time
        names = {*self.posts["profession"], *self.mission.professions, *declared}
        names |= {t.taker for t in self.study.settings.transfers}
        own = {p: hours_to_minutes(declared[p].deducted_hours) if p in declared else 0.0 for p in names}
        if any(deducted >= self.available_min for deducted in own.values()):
            raise RequestError("no_available_time", deducted=f"{max(own.values()) / 60:g}")
        return {p: self.available_min - deducted for p, deducted in own.items()}


@dataclass(frozen=True, slots=True)
class Estimate:
    """Weights and need of one mission."""

    of: MissionStudy
    components: tuple[Component, ...]
    fit: WorkloadFit
    need: Need
    time: ProfessionTime
    shifted: Need | None  # after the declared transfers of tasks; None where there are none

    @property
    def units(self) -> Floats:
        """(T, P) units of each component in each territory."""
        table = self.of.places["territory"][[c.indicator for c in self.components]]
        return np.asarray(table, dtype="float64")

    @property
    def ledger(self) -> dict[str, list[int]]:
        """Component → (T,) its need in whole thousandths of a minute: the one place where need becomes integers."""
        whole = np.rint(self.need.ledger_min * LEDGER_GRAIN).astype("int64")
        found = {c.id: [int(n) for n in whole[:, k]] for k, c in enumerate(self.components)}
        own = np.rint(self.need.individual_ledger_min * LEDGER_GRAIN).astype("int64")
        return found | ({INDIVIDUAL: [int(n) for n in own]} if own.any() else {})

    @property
    def whole_need(self) -> list[int]:
        """(T,) what the components add up to."""
        return [sum(column) for column in zip(*self.ledger.values(), strict=True)]


def estimate(of: MissionStudy) -> Estimate:
    """Weights, then need by profession. Raises RequestError where the mission has nothing to stand on."""
    study, posts = of.study, of.posts
    components = components_of(of.mission, study.parameters["expert_uncertainty"].value)
    _require_basis(of, components)
    rng = np.random.default_rng(of.seed)
    area = ("sector:" + posts["sector"]).fillna("site:" + posts["site"])
    total = float(posts["fte"].sum())
    fit = fit_weights(
        of.id,
        of.mission,
        components,
        of.places,
        of.agents,
        study.taxonomy,
        total * of.available_min,
        of.draws_n,
        of.confidence,
        rng,
        {str(k): float(v) for k, v in posts.groupby(area)["fte"].sum().items()},
    )
    fit = with_season(fit, study.settings.seasonal_variation, of.confidence, rng)
    minutes = of.profession_min
    time = profession_time(
        of.agents,
        posts,
        study.taxonomy,
        list(of.mission.domains),
        minutes,
        {p: declared.share for p, declared in study.settings.support_time.items()},
        int(study.parameters["minimum_workers"].value),
    )
    units = of.places["territory"]
    own = individual_allowances(study.settings.allowances, of.id, list(units.index), time.professions)
    if own.sum() >= total:
        raise RequestError("allowance_over_total", mission=of.mission.name, asked=f"{own.sum():g}", total=f"{total:g}")
    who = assign(fit, time, study.taxonomy, own, total)
    need = estimate_need(fit, units, of.available_min, of.confidence, who)
    transfers = [t for t in study.settings.transfers if t.mission == of.id]
    shifted = None
    if transfers:
        after = shift_tasks(who, fit, time, study.taxonomy, transfers, minutes)
        shifted = estimate_need(fit, units, of.available_min, of.confidence, after)
    return Estimate(of, components, fit, need, time, shifted)


def again(found: Estimate, mission: Mission, places: Mapping[str, pd.DataFrame] | None = None) -> Estimate:
    """The same chain on another definition of the mission, for a comparison: few draws, since none is shown."""
    few = replace(found.of, mission=mission, places=places or found.of.places, draws_n=COMPARISON_DRAWS)
    return estimate(few)


COMPARISON_DRAWS = 20


def line_need(found: Estimate, minutes_per_unit: Floats) -> list[int]:
    """(T,) whole need under other weights of the same components, all else equal."""
    per_min = found.need.fte_per_min.sum(axis=1) * found.of.available_min / found.need.allowance_factor
    minutes = (found.units * minutes_per_unit) @ per_min + found.need.individual_ledger_min
    return [int(n) for n in np.rint(minutes * LEDGER_GRAIN)]


def _require_basis(of: MissionStudy, components: tuple[Component, ...]) -> None:
    """A mission needs posts, units to count, and a survey or experts to weigh them."""
    if of.posts.empty or not of.posts["fte"].sum() > 0:
        raise RequestError("mission_without_posts", mission=of.mission.name)
    if not of.agents.id and any(c.expert_min is None for c in components):
        raise RequestError("mission_without_weights", mission=of.mission.name)
    if not of.places["territory"][[c.indicator for c in components]].to_numpy().sum() > 0:
        raise RequestError("mission_without_units", mission=of.mission.name)
