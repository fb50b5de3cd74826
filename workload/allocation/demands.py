"""What rules demand, read a second time for `check` from their parameters alone: no line shared with the solver.

A demand is a sum over units that must not fall short of, or exceed, a limit. A rule this module has not been taught is
not known to hold.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import singledispatch
from itertools import chain, combinations
from typing import NamedTuple

from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Instance
from workload.allocation.relaxed import Relaxed
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned


class Demand(NamedTuple):
    """Σ a·x ≥ limit for a "floor", ≤ for a "ceiling"."""

    rule: str
    label: str
    side: str
    weights: dict[int, int]  # unit index → a
    limit: Fraction
    step_worth: int = 1  # what one step of shortfall is worth in the sum

    def shortfall(self, held: int) -> Fraction:
        """Steps missing, or too many, when the sum is `held`; 0 when the demand is met."""
        missing = self.limit - held if self.side == "floor" else held - self.limit
        return max(missing / self.step_worth, Fraction(0))


@singledispatch
def demands(rule: object, instance: Instance) -> Iterator[Demand]:
    """All demands of one rule; an impossible one for a rule that is not known here."""
    yield Demand(getattr(rule, "name", "?"), "not known to the check", "floor", {}, Fraction(1))


def _of_unit(rule: str, instance: Instance, unit: str, side: str, limit: Fraction | int) -> Demand:
    return Demand(rule, unit, side, {instance.units.index(unit): 1}, Fraction(limit))


@demands.register
def _(rule: MinimumPresence, instance: Instance) -> Iterator[Demand]:
    for unit, floor in rule.floors.items():
        yield _of_unit(rule.name, instance, unit, "floor", floor)


@demands.register
def _(rule: Ceiling, instance: Instance) -> Iterator[Demand]:
    for unit, ceiling in rule.ceilings.items():
        yield _of_unit(rule.name, instance, unit, "ceiling", ceiling)


@demands.register
def _(rule: LockedPosts, instance: Instance) -> Iterator[Demand]:
    for unit, locked in rule.locked.items():
        yield _of_unit(rule.name, instance, unit, "floor", locked)


def _within(rule: str, instance: Instance, t: int, largest: Fraction) -> Iterator[Demand]:
    """|x − current| ≤ largest."""
    now = instance.current[t] if instance.current else Fraction(0)
    yield Demand(rule, instance.units[t], "floor", {t: 1}, now - largest)
    yield Demand(rule, instance.units[t], "ceiling", {t: 1}, now + largest)


@demands.register
def _(rule: LargestChange, instance: Instance) -> Iterator[Demand]:
    for t, unit in enumerate(instance.units):
        limit = rule.steps if isinstance(rule.steps, int) else rule.steps.get(unit)
        if limit is not None:
            yield from _within(rule.name, instance, t, Fraction(limit))


@demands.register
def _(rule: LargestChangePercent, instance: Instance) -> Iterator[Demand]:
    for t, unit in enumerate(instance.units):
        percent = rule.percent if isinstance(rule.percent, int) else rule.percent.get(unit)
        if percent is not None and instance.current is not None:
            yield from _within(rule.name, instance, t, instance.current[t] * Fraction(percent, 100))


@demands.register
def _(rule: Pinned, instance: Instance) -> Iterator[Demand]:
    agreed = [(unit, Fraction(final)) for unit, final in rule.finals.items()]
    for unit, change in rule.changes.items():
        now = instance.current[instance.units.index(unit)] if instance.current else Fraction(0)
        agreed.append((unit, now + change))
    for unit, final in agreed:
        yield _of_unit(rule.name, instance, unit, "floor", final)
        yield _of_unit(rule.name, instance, unit, "ceiling", final)


@demands.register
def _(rule: GroupTotal, instance: Instance) -> Iterator[Demand]:
    wanted = rule.where
    weights = {
        t: 1
        for t, cell in enumerate(instance.cells)
        if wanted.territory in (None, cell.territory)
        and wanted.mission in (None, cell.mission)
        and wanted.profession in (None, cell.profession)
        and wanted.site in (None, cell.site)
    }
    yield Demand(rule.name, wanted.label, "floor", weights, Fraction(rule.lo))
    if rule.hi is not None:
        yield Demand(rule.name, wanted.label, "ceiling", weights, Fraction(rule.hi))


@demands.register
def _(rule: SiteMinimum, instance: Instance) -> Iterator[Demand]:
    for site, floor in rule.floors.items():
        weights = {t: 1 for t, cell in enumerate(instance.cells) if cell.site == site}
        yield Demand(rule.name, site, "floor", weights, Fraction(floor))


def _territories_of(instance: Instance, profession: str) -> set[str]:
    return {cell.territory for cell in instance.cells if cell.profession == profession}


@demands.register
def _(rule: AtLeastOneOf, instance: Instance) -> Iterator[Demand]:
    for territory in _territories_of(instance, rule.profession):
        here = (territory, rule.profession)
        weights = {t: 1 for t, cell in enumerate(instance.cells) if (cell.territory, cell.profession) == here}
        yield Demand(rule.name, f"{territory} · {rule.profession}", "floor", weights, Fraction(rule.steps))


@demands.register
def _(rule: Ratio, instance: Instance) -> Iterator[Demand]:
    worth = {rule.few: rule.per, rule.many: -rule.at_least}
    for territory in ["*"] if rule.overall else sorted(_territories_of(instance, rule.many)):
        weights = {
            t: worth[cell.profession]
            for t, cell in enumerate(instance.cells)
            if cell.profession in worth and territory in ("*", cell.territory)
        }
        label = f"{territory} · {rule.few}/{rule.many}"
        yield Demand(rule.name, label, "floor", weights, Fraction(0), rule.per)


@demands.register
def _(rule: SubstitutionLimits, instance: Instance) -> Iterator[Demand]:
    """Per set of linked professions, its gain against the limits into it; the others keep what they have."""
    linked = sorted(set(chain.from_iterable(rule.limits)))
    others = [(p,) for p in {cell.profession for cell in instance.cells} - set(linked)]
    for group in chain(others, *(combinations(linked, size) for size in range(1, len(linked) + 1))):
        weights = {t: 1 for t, cell in enumerate(instance.cells) if cell.profession in group}
        now = sum((instance.current[t] for t in weights), Fraction(0)) if instance.current else Fraction(0)
        entering = sum(s for (a, b), s in rule.limits.items() if b in group and a not in group)
        leaving = sum(s for (a, b), s in rule.limits.items() if a in group and b not in group)
        yield Demand(rule.name, "+".join(group), "floor", weights, now - leaving)
        yield Demand(rule.name, "+".join(group), "ceiling", weights, now + entering)


@demands.register
def _(rule: LargestCaseload, instance: Instance) -> Iterator[Demand]:
    """files ≤ files per post × posts."""
    for unit, files in rule.files.items():
        yield _of_unit(rule.name, instance, unit, "floor", Fraction(files) / rule.files_per_post / instance.step)


@demands.register
def _(rule: Relaxed, instance: Instance) -> Iterator[Demand]:
    """The rule it stands for, each side given way by as many steps as agreed."""
    for demand in demands(rule.rule, instance):
        # Bounds between two steps are first what the nearest whole step inwards asks.
        tight = -((-demand.limit) // 1) if demand.side == "floor" else demand.limit // 1
        give = rule.gives.get((demand.label, demand.side), 0) * demand.step_worth
        yield demand._replace(limit=Fraction(tight - give if demand.side == "floor" else tight + give))
