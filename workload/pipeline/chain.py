"""Time use → weights → need → allocation → justification, mission by mission."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import pandas as pd

from workload.allocation.check import check
from workload.allocation.explain import solve_or_explain
from workload.allocation.instance import Instance, require_step, to_instance
from workload.allocation.justify import justify
from workload.allocation.solver import solve
from workload.allocation.stability import stability, whole_minutes
from workload.errors import RequestError
from workload.ingest.study import Study
from workload.ingest.study_file import Mission
from workload.models.design import place_counts
from workload.models.timeuse import Agents, agents_of, estimate_time_use
from workload.parameters import SUPPORT_DOMAIN
from workload.pipeline.by_profession import by_profession
from workload.pipeline.estimation import Estimate, MissionStudy, estimate
from workload.pipeline.fit_checks import check_fit, external_line
from workload.pipeline.profiles import week_of_posts
from workload.pipeline.readings import read_alike
from workload.pipeline.reasons import find_reasons
from workload.pipeline.results import CaseloadGap, MissionResult, RunResult
from workload.pipeline.rules import fairness_named, mission_rules, share_overload, with_ids
from workload.units import exact, hours_to_minutes

Progress: TypeAlias = Callable[[str, int, int], None]


def run(
    study: Study, draws_n: int, seed: int | None = None, progress: Progress = lambda label, done, total: None
) -> RunResult:
    """Time use → weights → need → allocation → justification, mission by mission.

    Raises RequestError or NoSolutionError, written for the reader, when a mission cannot be estimated or its rules
    cannot all hold.
    """
    study = with_ids(study)
    settings, parameters = study.settings, study.parameters
    used_seed = settings.seed if seed is None else seed
    deducted = parameters["deducted_hours"].value if settings.deducted_hours is None else settings.deducted_hours
    available_min = hours_to_minutes(parameters["annual_hours"].value - deducted)
    if available_min <= 0:
        raise RequestError("no_available_time", deducted=f"{deducted:g}")
    confidence = parameters["confidence_level"].value
    agents = {m: agents_of(m, study.entries, study.posts, study.taxonomy, available_min) for m in settings.missions}
    least = int(parameters["minimum_workers"].value)
    nobody = study.entries.iloc[:0]  # too few answers decide nothing: what they would move could be read back from it
    deciding = {
        m: of if len(of.id) >= least else agents_of(m, nobody, study.posts, study.taxonomy, available_min)
        for m, of in agents.items()
    }
    progress("timeuse", 0, 1)
    rng = np.random.default_rng([used_seed, len(settings.missions)])
    time_use = estimate_time_use(agents, study.posts, study.taxonomy, parameters["weekly_hours"].value, confidence, rng)
    reading = read_alike(agents, study, rng)
    norm = parameters["normative_sector_inhabitants"].value
    places = place_counts(study.communes, study.sites, study.counts, norm, study.substitutes)
    missions = {}
    for number, mission in enumerate(settings.missions):
        progress("mission", number, len(settings.missions))
        of = MissionStudy(
            study,
            mission,
            _decided_on(study, mission),
            deciding[mission],
            places,
            available_min,
            draws_n,
            (used_seed, number),
        )
        missions[mission] = _run_mission(of)
    gaps = _caseload_gaps(study, places["territory"], missions)
    profiles = week_of_posts(study, time_use, missions)
    return RunResult(
        study, _names(study), time_use, reading, missions, gaps, profiles, parameters, available_min, used_seed, draws_n
    )


def _names(study: Study) -> dict[str, str]:
    return dict(zip(study.communes["territory"], study.communes["territory_name"], strict=True))


def _decided_on(study: Study, mission: str) -> Mission:
    """External indicators decide unless the study says otherwise: files and measures follow the service's supply."""
    if study.settings.internal_indicators == "inclus":
        return study.settings.missions[mission]
    return external_line(study, mission).mission


def _run_mission(of: MissionStudy) -> MissionResult:
    found = estimate(of)
    instance = _instance(found, found.whole_need)
    allocation = solve_or_explain(instance, _names(of.study), of.mission.name)
    check(instance, allocation)
    current = [float(c * instance.step) for c in instance.current or ()]

    def posts_for(need: Sequence[int]) -> tuple[float, ...]:
        other = replace(instance, need=tuple(need))
        return tuple(float(posts) for posts in solve(other).posts(instance.step))

    checks = check_fit(found, current, posts_for)
    stable = stability(instance, whole_minutes(found.need.workload_draws_min), allocation)
    return MissionResult(
        of.id,
        of.mission.name,
        found,
        instance,
        allocation,
        justify(instance, allocation, found.ledger),
        stable,
        _undeclared_share(of.agents, of.study, list(of.mission.domains)),
        checks,
        find_reasons(found, instance, allocation, checks),
        by_profession(found, instance, allocation),
    )


def _instance(found: Estimate, need: Sequence[int]) -> Instance:
    settings, posts = found.of.study.settings, found.of.posts
    territories = found.need.territories
    current = [sum((exact(fte) for fte in posts.loc[posts["territory"] == t, "fte"]), Fraction(0)) for t in territories]
    step = require_step(exact(settings.step))
    instance = to_instance(
        territories,
        need,
        sum(current, Fraction(0)),
        step=step,
        current=current,
        fairness=fairness_named(settings.fairness),
        lot_seed=f"{found.of.seed[0]}",
        rules=mission_rules(found, step, current),
    )
    return share_overload(found, instance)


def _undeclared_share(agents: Agents, study: Study, domains: list[str]) -> float:
    if not agents.id:
        return 0.0
    outside = np.array(
        [item.domain not in {*domains, SUPPORT_DOMAIN} for item in study.taxonomy.items], dtype="float64"
    )
    return float(
        (agents.weight @ (agents.annual_min @ outside)).item() / (agents.weight @ agents.annual_min.sum(axis=1)).item()
    )


def _caseload_gaps(study: Study, units: pd.DataFrame, missions: Mapping[str, MissionResult]) -> tuple[CaseloadGap, ...]:
    """Files beyond each ceiling at the final posts: constant total is reported with what it leaves unserved."""
    gaps = []
    for caseload in study.settings.caseloads:
        result = missions[caseload.mission]
        posts = [float(steps * result.instance.step) for steps in result.allocation.steps]
        for territory, held in zip(result.need.territories, posts, strict=True):
            active = float(units.loc[[territory], list(caseload.indicators)].to_numpy().sum())
            missing = max(0.0, active / caseload.files_per_fte - held)
            gaps.append(CaseloadGap(result.id, territory, active, min(active, held * caseload.files_per_fte), missing))
    return tuple(gaps)
