"""The question asked of the solver as plain JSON, and back: step, totals, present posts, rules, cells and pools.

Fractions are text ("37/2"); a mapping whose keys are pairs is a list of [from, to, steps]. Reading builds the rules
through their own classes, so that a rule that makes no sense is refused as anywhere else.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from math import ceil
from typing import Any, ClassVar

from workload.allocation.demands import Demand, demands
from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Bound, Fairness, Instance, Rule
from workload.allocation.pools import Cell, Pool, Where
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence, require_known, require_not_negative
from workload.allocation.steps import rescaled
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseloadFloor:
    """What a ceiling of files per post asks of each unit, where the files themselves may not be told."""

    name: ClassVar[str] = LargestCaseload.name
    floors: Mapping[str, int]  # unit → steps

    def __post_init__(self) -> None:
        require_not_negative(self.name, self.floors.values())

    def bounds(self, instance: Instance) -> tuple[Bound, ...]:
        require_known(self.name, self.floors, instance)
        return tuple(Bound(lo=self.floors.get(unit, 0)) for unit in instance.units)


@rescaled.register
def _caseload_floor(rule: CaseloadFloor, factor: Fraction) -> Rule:
    return CaseloadFloor({unit: ceil(steps * factor) for unit, steps in rule.floors.items()})


@demands.register
def _demands(rule: CaseloadFloor, instance: Instance) -> Iterator[Demand]:
    """Read a second time for the check, which shares no line with the solver."""
    for unit, floor in rule.floors.items():
        yield Demand(rule.name, unit, "floor", {instance.units.index(unit): 1}, Fraction(floor))


def rule_to(rule: Rule) -> Json:
    """{"rule": its name, then its parameters, in steps}."""
    return {"rule": rule.name, **{f.name: _plain(getattr(rule, f.name)) for f in fields(rule)}}  # type: ignore[arg-type]


def rule_from(of: Mapping[str, Any]) -> Rule:
    """Raises KeyError, TypeError or ValueError where it is none, RequestError where it makes no sense."""
    return _READERS[of["rule"]](of)


def instance_to(instance: Instance, rules: tuple[Rule, ...]) -> Json:
    """All of an instance but its units and needs, which the basis computes again."""
    return {
        "step": str(instance.step),
        "fairness": instance.fairness.value,
        "lot_seed": instance.lot_seed,
        "total_steps": instance.total_steps,
        "current": None if instance.current is None else [str(held) for held in instance.current],
        "rules": [rule_to(rule) for rule in rules],
        "cells": [list(cell) for cell in instance.cells],
        "pools": [
            {
                "name": pool.name,
                "units": list(pool.units),
                "total_steps": pool.total_steps,
                "payroll_euros": pool.payroll_euros,
                "cost_per_post_euros": dict(pool.cost_per_post_euros),
            }
            for pool in instance.pools
        ],
    }


def instance_from(of: Mapping[str, Any], units: tuple[str, ...], need: tuple[int, ...]) -> Instance:
    """The instance of these units and needs. Raises as `rule_from`."""
    pools = (
        p | {"units": tuple(p["units"]), "cost_per_post_euros": _ints(p["cost_per_post_euros"])} for p in of["pools"]
    )
    return Instance(
        units=units,
        need=need,
        current=None if of["current"] is None else tuple(Fraction(held) for held in of["current"]),
        total_steps=_int(of["total_steps"]),
        step=Fraction(of["step"]),
        fairness=Fairness(of["fairness"]),
        lot_seed=str(of["lot_seed"]),
        rules=tuple(rule_from(rule) for rule in of["rules"]),
        cells=tuple(Cell(*map(str, cell)) for cell in of["cells"]),
        pools=tuple(Pool(**pool) for pool in pools),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Where):
        return list(value)
    if isinstance(value, Mapping):
        if any(isinstance(key, tuple) for key in value):
            return [[*key, _plain(n)] for key, n in value.items()]
        return {str(key): _plain(n) for key, n in value.items()}
    if isinstance(value, Fraction):
        return str(value)
    return value


def _int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"not a whole number: {value!r}")
    return value


def _ints(of: Mapping[str, Any]) -> dict[str, int]:
    return {str(key): _int(n) for key, n in of.items()}


def _one_or_each(of: Any) -> int | dict[str, int]:
    return _ints(of) if isinstance(of, Mapping) else _int(of)


def _caseload(of: Mapping[str, Any]) -> Rule:
    if "floors" in of:
        return CaseloadFloor(_ints(of["floors"]))
    return LargestCaseload(_ints(of["files"]), Fraction(of["files_per_post"]))


def _group_total(of: Mapping[str, Any]) -> Rule:
    return GroupTotal(Where(*of["where"]), _int(of["lo"]), None if of["hi"] is None else _int(of["hi"]))


def _ratio(of: Mapping[str, Any]) -> Rule:
    return Ratio(str(of["few"]), str(of["many"]), _int(of["at_least"]), _int(of["per"]), bool(of["overall"]))


def _pinned(of: Mapping[str, Any]) -> Rule:
    return Pinned(_ints(of["finals"]), {str(unit): Fraction(n) for unit, n in of["changes"].items()})


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Rule]] = {
    MinimumPresence.name: lambda of: MinimumPresence(_ints(of["floors"])),
    Ceiling.name: lambda of: Ceiling(_ints(of["ceilings"])),
    LargestChange.name: lambda of: LargestChange(_one_or_each(of["steps"])),
    LargestChangePercent.name: lambda of: LargestChangePercent(_one_or_each(of["percent"])),
    LockedPosts.name: lambda of: LockedPosts(_ints(of["locked"])),
    Pinned.name: _pinned,
    LargestCaseload.name: _caseload,
    GroupTotal.name: _group_total,
    SiteMinimum.name: lambda of: SiteMinimum(_ints(of["floors"])),
    AtLeastOneOf.name: lambda of: AtLeastOneOf(str(of["profession"]), _int(of["steps"])),
    Ratio.name: _ratio,
    SubstitutionLimits.name: lambda of: SubstitutionLimits({(str(a), str(b)): _int(n) for a, b, n in of["limits"]}),
}
