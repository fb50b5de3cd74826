"""The rules of etude.yaml in steps of one mission's allocation, and the overload shared where it is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import TypeVar

from workload.allocation.caseload import with_least_ceiling
from workload.allocation.instance import Fairness, Instance, Rule, whole_steps
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned
from workload.errors import InputError, NoSolutionError, RequestError
from workload.ingest.study import Study
from workload.ingest.study_file import FILE, Caseload
from workload.ingest.study_rules import Decision, Limit, PercentLimit, PostLimit, limit_for, with_territory_ids
from workload.pipeline.estimation import Estimate
from workload.units import exact

_Limit = TypeVar("_Limit", bound=Limit)


def with_ids(study: Study) -> Study:
    """The study with territories said by name or id as ids. Raises InputError for every rule that names none."""
    names = dict(zip(study.communes["territory"], study.communes["territory_name"], strict=True))
    staffed = set(study.posts["mission"])
    missions = {mission: names if mission in staffed else () for mission in study.settings.missions}
    settings = study.settings
    rules, allowances, issues = with_territory_ids(settings.rules, settings.allowances, names, missions, FILE)
    if issues:
        raise InputError(issues)
    return replace(study, settings=settings.model_copy(update={"rules": rules, "allowances": allowances}))


def fairness_named(name: str) -> Fairness:
    try:
        return Fairness(name)
    except ValueError as error:
        raise RequestError("unknown_fairness", name=name, known=", ".join(Fairness)) from error


def mission_rules(found: Estimate, step: Fraction, current: Sequence[Fraction]) -> tuple[Rule, ...]:
    """The rules that hold in one mission; only those that bind somebody.

    Args:
        found: the mission.
        step: posts per step.
        current: (T,) posts today.
    """
    asked, mission, territories = found.of.study.settings.rules, found.of.id, found.need.territories

    def here(limits: Sequence[_Limit]) -> dict[str, _Limit]:
        return {t: limit for t in territories if (limit := limit_for(limits, t, mission)) is not None}

    def steps(limits: Sequence[PostLimit]) -> dict[str, int]:
        return {t: _steps(limit.posts, step) for t, limit in here(limits).items()}

    percents: Mapping[str, PercentLimit] = here(asked.largest_percents)
    rules: list[Rule] = []
    if floors := steps(asked.minimum_presences):
        rules.append(MinimumPresence(floors))
    if changes := steps(asked.largest_changes):
        rules.append(LargestChange(changes))
    if percents:
        rules.append(LargestChangePercent({t: limit.percent for t, limit in percents.items()}))
    if ceilings := steps(asked.ceiling_limits):
        rules.append(Ceiling(ceilings))
    if asked.keep_locked and (locked := _locked(found, step, current)):
        rules.append(LockedPosts(locked))
    if decisions := [d for d in asked.decisions if d.mission == mission]:
        rules.append(_pinned(decisions, step))
    return tuple(rules)


def _steps(posts: float, step: Fraction) -> int:
    return whole_steps(exact(posts), step, "rule_between_steps")


def _locked(found: Estimate, step: Fraction, current: Sequence[Fraction]) -> dict[str, int]:
    """Territory → steps its locked posts fill, the last one only where today's posts fill it too."""
    posts = found.of.posts
    kept = posts[posts["locked"].astype(bool)]
    steps = {}
    for territory, held in zip(found.need.territories, current, strict=True):
        locked = sum((exact(fte) for fte in kept.loc[kept["territory"] == territory, "fte"]), Fraction(0))
        if locked:
            steps[territory] = min(ceil(locked / step), floor(held / step))
    return {territory: n for territory, n in steps.items() if n}


def _pinned(decisions: Sequence[Decision], step: Fraction) -> Pinned:
    return Pinned(
        {d.territory: _steps(d.posts, step) for d in decisions if d.posts is not None},
        {d.territory: exact(d.change) / step for d in decisions if d.change is not None},
    )


def share_overload(found: Estimate, instance: Instance) -> Instance:
    """With the declared ceiling of files per post as a rule, or the least one above it that can hold everywhere."""
    for caseload in found.of.study.settings.caseloads:
        if caseload.share_overload and caseload.mission == found.of.id:
            instance = _with_ceiling(instance, caseload, found)
    return instance


def _with_ceiling(instance: Instance, caseload: Caseload, found: Estimate) -> Instance:
    counts = found.of.places["territory"].loc[list(instance.units), list(caseload.indicators)].sum(axis=1)
    files = [round(float(n)) for n in counts]
    try:
        least = with_least_ceiling(instance, files)
    except NoSolutionError:
        return instance  # the other rules cannot hold either: their own words are clearer
    declared = exact(caseload.files_per_fte)
    added = least.rules[len(instance.rules) :]
    if any(isinstance(rule, LargestCaseload) and rule.files_per_post >= declared for rule in added):
        return least
    whole = LargestCaseload(dict(zip(instance.units, files, strict=True)), declared)
    return replace(instance, rules=(*instance.rules, whole))
