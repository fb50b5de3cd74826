"""The rules of a basis under what a reader changes: limits per territory, ceilings of files, step, fairness."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from workload.allocation.caseload import with_least_ceiling
from workload.allocation.instance import Instance, Rule
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.steps import in_steps_of
from workload.allocation.unit_rules import LargestCaseload
from workload.errors import NoSolutionError
from workload.recount.basis import Basis
from workload.recount.changes import EVERYWHERE, Changes, Limits
from workload.recount.recounted import Remark
from workload.units import exact


def ruled(instance: Instance, basis: Basis, changes: Changes) -> tuple[Instance, tuple[Remark, ...]]:
    """The instance with its changes; as it is where they touch no rule. Raises RequestError as the solver's doors."""
    remarks: list[Remark] = []
    touched = bool(changes.step or changes.caseloads or any(changes.limits.values()))
    if changes.fairness is not None:
        instance = replace(instance, fairness=changes.fairness)
    if not touched:
        return instance, ()
    shared = [c for c in basis["caseloads"] if c["share_overload"]]
    known = all(None not in c["files"] for c in shared)
    kept = [r for r in instance.rules if not (known and r.name == LargestCaseload.name)]
    if shared and not known:
        remarks.append(Remark.CASELOAD_KEPT)
    instance = replace(instance, rules=tuple(kept))
    if changes.step is not None and changes.step != instance.step:
        instance = in_steps_of(instance, changes.step)
        remarks.append(Remark.STEP_ROUNDED)
    instance = replace(instance, rules=_limited(instance, changes))
    for caseload in shared if known else ():
        ceiling = changes.caseloads.get(caseload["id"], caseload["files_per_fte"])
        instance = _with_ceiling(instance, [round(float(n)) for n in caseload["files"]], exact(ceiling))
    return instance, tuple(remarks)


def _limited(instance: Instance, changes: Changes) -> tuple[Rule, ...]:
    rules = {rule.name: rule for rule in instance.rules}
    floors, ceilings, largest = (rules.get(k.name) for k in (MinimumPresence, Ceiling, LargestChange))
    made: dict[str, Rule | None] = {}
    if changes.floors:
        now = floors.floors if isinstance(floors, MinimumPresence) else {}
        made[MinimumPresence.name] = _rule(MinimumPresence, _merged(instance, now, changes.floors, ceil))
    if changes.ceilings:
        now = ceilings.ceilings if isinstance(ceilings, Ceiling) else {}
        made[Ceiling.name] = _rule(Ceiling, _merged(instance, now, changes.ceilings, floor))
    if changes.largest_change:
        steps = largest.steps if isinstance(largest, LargestChange) else {}
        each = dict.fromkeys(instance.units, steps) if isinstance(steps, int) else steps
        made[LargestChange.name] = _rule(LargestChange, _merged(instance, each, changes.largest_change, floor))
    order = [*dict.fromkeys([*rules, *made])]
    return tuple(
        rule
        for name in order
        for rule in ([made[name]] if name in made else [r for r in instance.rules if r.name == name])
        if rule is not None
    )


def _rule(kind: Callable[[dict[str, int]], Rule], limits: dict[str, int]) -> Rule | None:
    return kind(limits) if limits else None


def _merged(
    instance: Instance, now: Mapping[str, int], asked: Limits, whole: Callable[[Fraction], int]
) -> dict[str, int]:
    """Territory → steps: what is asked for it, else for all, else as it was. Rounded so that the limit still holds."""
    found = {}
    for unit in instance.units:
        name = unit if unit in asked else EVERYWHERE
        posts = asked.get(name)
        if posts is not None:
            found[unit] = whole(posts / instance.step)
        elif name not in asked and unit in now:
            found[unit] = now[unit]
    return found


def _with_ceiling(instance: Instance, files: list[int], declared: Fraction) -> Instance:
    """As `pipeline.rules.share_overload`: the declared ceiling, or the least one above it that can hold everywhere."""
    try:
        least = with_least_ceiling(instance, files)
    except NoSolutionError:
        return instance  # the other rules cannot hold either: their own words are clearer
    added = least.rules[len(instance.rules) :]
    if any(isinstance(rule, LargestCaseload) and rule.files_per_post >= declared for rule in added):
        return least
    whole = LargestCaseload(dict(zip(instance.units, files, strict=True)), declared)
    return replace(instance, rules=(*instance.rules, whole))
