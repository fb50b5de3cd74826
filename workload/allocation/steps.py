"""The same question asked otherwise, for information: in whole posts, halves and tenths, and under each fairness."""

from dataclasses import replace
from fractions import Fraction
from functools import singledispatch
from math import ceil, floor

from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import STEPS, Fairness, Instance, Rule, whole_steps
from workload.allocation.pools import Pool
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import Allocation, solve
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned
from workload.errors import RequestError, WorkloadError

# What choosing a fairness means for small units; sentences in the catalogue.
IMPLICATIONS = {
    Fairness.LEAST_SQUARES: "allocation_implies_least_squares",
    Fairness.LEAST_MAXIMUM: "allocation_implies_least_maximum",
    Fairness.LEAST_ABSOLUTE: "allocation_implies_least_absolute",
    Fairness.GEOMETRIC: "allocation_implies_geometric",
}


def at_steps(instance: Instance) -> dict[Fraction, Allocation | WorkloadError]:
    """Posts per step → the optimum in such steps, or the reason why there is none.

    Floors are rounded up to whole steps and ceilings down, so that each rule still holds as it was meant.
    """
    return {step: _attempt(instance, step) for step in STEPS}


def under_each_fairness(instance: Instance) -> dict[Fairness, Allocation]:
    """Fairness → the optimum; what each implies stands in IMPLICATIONS. Raises NoSolutionError as `solve`."""
    return {fairness: solve(replace(instance, fairness=fairness)) for fairness in Fairness}


def in_steps_of(instance: Instance, step: Fraction) -> Instance:
    """The same question in other steps. Raises RequestError where a total or a decision lies between two of them."""
    factor = instance.step / step
    return replace(
        instance,
        step=step,
        total_steps=whole_steps(instance.total_steps * instance.step, step, "allocation_total_step"),
        current=instance.current and tuple(held * factor for held in instance.current),
        pools=tuple(_pool(pool, instance.step, step) for pool in instance.pools),
        rules=tuple(rescaled(rule, factor) for rule in instance.rules),
    )


def _attempt(instance: Instance, step: Fraction) -> Allocation | WorkloadError:
    try:
        return solve(in_steps_of(instance, step))
    except WorkloadError as reason:
        if reason.exit_code == WorkloadError.exit_code:
            raise  # a defect of ours is no answer
        return reason


def _pool(pool: Pool, old: Fraction, new: Fraction) -> Pool:
    return replace(pool, total_steps=whole_steps(pool.total_steps * old, new, "allocation_total_step"))


@singledispatch
def rescaled(rule: Rule, factor: Fraction) -> Rule:
    """The rule with its parameters in other steps, `factor` of them to one of today's."""
    raise RequestError("allocation_rule_between_steps", rule=rule.name)


@rescaled.register(Ratio)
@rescaled.register(LargestChangePercent)
@rescaled.register(LargestCaseload)
def _same(rule: Rule, factor: Fraction) -> Rule:
    """Ratios, percentages and files per post know no steps."""
    return rule


@rescaled.register
def _floors(rule: MinimumPresence, factor: Fraction) -> Rule:
    return MinimumPresence({unit: ceil(steps * factor) for unit, steps in rule.floors.items()})


@rescaled.register
def _ceilings(rule: Ceiling, factor: Fraction) -> Rule:
    return Ceiling({unit: floor(steps * factor) for unit, steps in rule.ceilings.items()})


@rescaled.register
def _changes(rule: LargestChange, factor: Fraction) -> Rule:
    if isinstance(rule.steps, int):
        return LargestChange(floor(rule.steps * factor))
    return LargestChange({unit: floor(steps * factor) for unit, steps in rule.steps.items()})


@rescaled.register
def _locked(rule: LockedPosts, factor: Fraction) -> Rule:
    return LockedPosts({unit: ceil(steps * factor) for unit, steps in rule.locked.items()})


@rescaled.register
def _pinned(rule: Pinned, factor: Fraction) -> Rule:
    finals = {unit: steps * factor for unit, steps in rule.finals.items()}
    if any(steps.denominator != 1 for steps in finals.values()):
        raise RequestError("allocation_rule_between_steps", rule=rule.name)
    changes = {unit: steps * factor for unit, steps in rule.changes.items()}
    return Pinned({unit: int(steps) for unit, steps in finals.items()}, changes)


@rescaled.register
def _group(rule: GroupTotal, factor: Fraction) -> Rule:
    return GroupTotal(rule.where, ceil(rule.lo * factor), None if rule.hi is None else floor(rule.hi * factor))


@rescaled.register
def _sites(rule: SiteMinimum, factor: Fraction) -> Rule:
    return SiteMinimum({site: ceil(steps * factor) for site, steps in rule.floors.items()})


@rescaled.register
def _at_least(rule: AtLeastOneOf, factor: Fraction) -> Rule:
    return AtLeastOneOf(rule.profession, ceil(rule.steps * factor))


@rescaled.register
def _substitutions(rule: SubstitutionLimits, factor: Fraction) -> Rule:
    return SubstitutionLimits({pair: floor(steps * factor) for pair, steps in rule.limits.items()})
