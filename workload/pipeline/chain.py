"""Time use → weights → need → allocation → justification, mission by mission."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import pandas as pd

from workload.allocation.check import check
from workload.allocation.instance import Fairness, require_step, to_instance, whole_steps
from workload.allocation.justify import justify
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import solve
from workload.allocation.stability import stability, whole_minutes
from workload.errors import RequestError
from workload.ingest.study import Study
from workload.ingest.study_file import Rules
from workload.models.design import components_of, place_counts
from workload.models.need import estimate_need
from workload.models.timeuse import Agents, agents_of, estimate_time_use
from workload.models.weights import fit_weights
from workload.parameters import SUPPORT_DOMAIN
from workload.pipeline.results import CaseloadGap, MissionResult, RunResult
from workload.units import exact, hours_to_minutes

LEDGER_GRAIN = 1000
"""Workload enters the allocation in thousandths of a minute a year: rounded here, exact from here on."""

Progress: TypeAlias = Callable[[str, int, int], None]


def run(
    study: Study, draws_n: int, seed: int | None = None, progress: Progress = lambda label, done, total: None
) -> RunResult:
    """Time use → weights → need → allocation → justification, mission by mission.

    Raises RequestError or NoSolutionError, written for the reader, when a mission cannot be estimated or its rules
    cannot all hold.
    """
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
    time_use = estimate_time_use(agents, study.posts, study.taxonomy, parameters["weekly_hours"].value, confidence)
    places = place_counts(study.communes, study.sites, study.counts)
    missions = {}
    for number, mission in enumerate(settings.missions):
        progress("mission", number, len(settings.missions))
        rng = np.random.default_rng([used_seed, number])
        missions[mission] = _run_mission(
            study, mission, deciding[mission], places, available_min, draws_n, used_seed, rng
        )
    names = dict(zip(study.communes["territory"], study.communes["territory_name"], strict=True))
    gaps = _caseload_gaps(study, places["territory"], missions)
    return RunResult(study, names, time_use, missions, gaps, parameters, available_min, used_seed, draws_n)


def _run_mission(
    study: Study,
    mission_id: str,
    agents: Agents,
    places: Mapping[str, pd.DataFrame],
    available_min: float,
    draws_n: int,
    seed: int,
    rng: np.random.Generator,
) -> MissionResult:
    settings, mission = study.settings, study.settings.missions[mission_id]
    components = components_of(mission, study.parameters["expert_uncertainty"].value)
    confidence = study.parameters["confidence_level"].value
    posts = study.posts[study.posts["mission"] == mission_id]
    _require_basis(
        mission.name,
        posts,
        agents,
        [c.expert_min for c in components],
        places["territory"],
        [c.indicator for c in components],
    )
    fit = fit_weights(
        mission_id,
        mission,
        components,
        places,
        agents,
        study.taxonomy,
        float(posts["fte"].sum()) * available_min,
        draws_n,
        confidence,
        rng,
    )
    need = estimate_need(fit, places["territory"], available_min, confidence)
    ledger_need = np.rint(need.workload_min * LEDGER_GRAIN).astype("int64")  # (T, P)
    current = [
        sum((exact(fte) for fte in posts.loc[posts["territory"] == t, "fte"]), Fraction(0)) for t in need.territories
    ]
    step = require_step(exact(settings.step))
    instance = to_instance(
        need.territories,
        [int(row.sum()) for row in ledger_need],
        sum(current, Fraction(0)),
        step=step,
        current=current,
        fairness=_fairness(settings.fairness),
        lot_seed=f"{seed}",
        rules=_rules(settings.rules, step, need.territories),
    )
    allocation = solve(instance)
    check(instance, allocation)
    by_component = {c.id: [int(v) for v in ledger_need[:, k]] for k, c in enumerate(components)}
    return MissionResult(
        mission_id,
        mission.name,
        fit,
        need,
        instance,
        allocation,
        justify(instance, allocation, by_component),
        stability(instance, whole_minutes(need.workload_draws_min), allocation),
        _undeclared_share(agents, study, list(mission.domains)),
    )


def _require_basis(
    name: str,
    posts: pd.DataFrame,
    agents: Agents,
    expert_min: list[float | None],
    units: pd.DataFrame,
    indicators: list[str],
) -> None:
    """A mission needs posts, units to count, and a survey or experts to weigh them."""
    if posts.empty or not posts["fte"].sum() > 0:
        raise RequestError("mission_without_posts", mission=name)
    if not agents.id and any(minutes is None for minutes in expert_min):
        raise RequestError("mission_without_weights", mission=name)
    if not units[indicators].to_numpy().sum() > 0:
        raise RequestError("mission_without_units", mission=name)


def _fairness(name: str) -> Fairness:
    try:
        return Fairness(name)
    except ValueError as error:
        raise RequestError("unknown_fairness", name=name, known=", ".join(Fairness)) from error


def _rules(
    rules: Rules, step: Fraction, territories: tuple[str, ...]
) -> tuple[MinimumPresence | LargestChange | Ceiling, ...]:
    """The rules of etude.yaml in steps; a figure between two steps is refused rather than rounded."""
    found: list[MinimumPresence | LargestChange | Ceiling] = []
    if rules.minimum_presence is not None:
        floor = whole_steps(exact(rules.minimum_presence), step, "rule_between_steps")
        found.append(MinimumPresence(dict.fromkeys(territories, floor)))
    if rules.largest_change is not None:
        found.append(LargestChange(whole_steps(exact(rules.largest_change), step, "rule_between_steps")))
    if rules.ceilings:
        found.append(Ceiling({t: whole_steps(exact(v), step, "rule_between_steps") for t, v in rules.ceilings.items()}))
    return tuple(found)


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
