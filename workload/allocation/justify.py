"""Why each unit gains or gives back: an exact sum of named rows, from what it has today to what it is given.

    current → indicator by indicator → fair share → rounding → rule by rule → final

Rows are accounting shares, not causes. They add, per unit, to the change and, over units, to the change of the total:
to nothing when the total is constant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from math import factorial

from workload.allocation.instance import Instance, Rule
from workload.allocation.solver import Allocation, greedy
from workload.errors import RequestError, WorkloadError

ROUNDING = "rounding"  # cause of the one row that belongs to no indicator and no rule


class RowKind(StrEnum):
    INDICATOR = "indicator"
    ROUNDING = "rounding"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One named part of a change, in posts. `cause` is the component's id, "rounding", or the rule's name."""

    cause: str
    kind: RowKind
    posts: Fraction


@dataclass(frozen=True, slots=True)
class UnitLedger:
    """One unit's way from current to final; all in posts. current + Σ rows = final, exactly."""

    unit: str
    current: Fraction
    fair_share: Fraction
    rule_free: Fraction  # what it would be given without any rule
    final: Fraction
    rows: tuple[LedgerRow, ...]  # indicators in the order given, rounding, rules in the order of the instance

    @property
    def change(self) -> Fraction:
        return self.final - self.current


@dataclass(frozen=True, slots=True)
class Justification:
    ledgers: tuple[UnitLedger, ...]  # (unit,)


def justify(instance: Instance, allocation: Allocation, components: Mapping[str, Sequence[int]]) -> Justification:
    """The ledger of one pool.

    Args:
        instance: with a current state.
        allocation: its solution.
        components: id → (unit,) integers in the unit of `instance.need`; they add to it exactly.

    Raises:
        RequestError: no current state, or components that are not the need.
        WorkloadError: rows that do not add up; a defect of ours.
    """
    if instance.current is None:
        raise RequestError("allocation_justify_needs_current")
    for t, unit in enumerate(instance.units):
        if sum(component[t] for component in components.values()) != instance.need[t]:
            raise RequestError("allocation_components_differ", unit=unit)

    solutions = _solutions(instance)
    rule_names = tuple(dict.fromkeys(rule.name for rule in instance.rules))
    rule_free, final = solutions[frozenset()], solutions[frozenset(rule_names)]
    if final != allocation.steps:
        raise WorkloadError("allocation_ledger_unbalanced", unit="*")
    indicator_rows = {c: _component_posts(instance, component) for c, component in components.items()}
    rule_rows = {name: shapley(solutions, rule_names, name) for name in rule_names}

    ledgers = []
    for t, unit in enumerate(instance.units):
        fair_share = instance.fair_shares[t]
        rounding = rule_free[t] * instance.step - fair_share
        ledgers.append(
            UnitLedger(
                unit=unit,
                current=instance.current[t] * instance.step,
                fair_share=fair_share,
                rule_free=rule_free[t] * instance.step,
                final=final[t] * instance.step,
                rows=(
                    *(LedgerRow(c, RowKind.INDICATOR, posts[t]) for c, posts in indicator_rows.items()),
                    LedgerRow(ROUNDING, RowKind.ROUNDING, rounding),
                    *(LedgerRow(name, RowKind.RULE, steps[t] * instance.step) for name, steps in rule_rows.items()),
                ),
            )
        )
    _require_balance(instance, ledgers)
    return Justification(tuple(ledgers))


def shapley(
    solutions: Mapping[frozenset[str], Sequence[int]], players: Sequence[str], player: str
) -> tuple[Fraction, ...]:
    """(unit,) steps due to one rule class: what it adds, averaged over all orders in which the classes could come.

    Shapley, "A value for n-person games", 1953: a coalition S of the R classes weighs |S|! (R−|S|−1)! / R!.
    """
    others = [name for name in players if name != player]
    n_units = len(solutions[frozenset()])
    share = [Fraction(0)] * n_units
    for size in range(len(others) + 1):
        weight = Fraction(factorial(size) * factorial(len(others) - size), factorial(len(players)))
        for coalition in map(frozenset, combinations(others, size)):
            without, with_player = solutions[coalition], solutions[coalition | {player}]
            for t in range(n_units):
                share[t] += weight * (with_player[t] - without[t])
    return tuple(share)


def _solutions(instance: Instance) -> dict[frozenset[str], tuple[int, ...]]:
    """The optimum under every set of rule classes. Fewer rules leave a wider box: if all can hold, any can."""
    classes: dict[str, tuple[Rule, ...]] = {}
    for rule in instance.rules:
        classes[rule.name] = (*classes.get(rule.name, ()), rule)
    return {
        frozenset(names): greedy(replace(instance, rules=tuple(rule for name in names for rule in classes[name])))
        for size in range(len(classes) + 1)
        for names in combinations(classes, size)
    }


def _component_posts(instance: Instance, component: Sequence[int]) -> tuple[Fraction, ...]:
    """(unit,) posts: (P·n_tc − r_t·n_c)/N, what the unit's share of the component is worth less what it is paid today.

    Over components it adds to fair share − current; over units to n_c/N times the change of the total.
    """
    all_need, all_component = sum(instance.need), sum(component)
    return tuple(
        (instance.total_steps * n - current * all_component) * instance.step / all_need
        for n, current in zip(component, instance.current or (), strict=True)
    )


def _require_balance(instance: Instance, ledgers: Sequence[UnitLedger]) -> None:
    for ledger in ledgers:
        if sum((row.posts for row in ledger.rows), ledger.current) != ledger.final:
            raise WorkloadError("allocation_ledger_unbalanced", unit=ledger.unit)
    current_total = sum((ledger.current for ledger in ledgers), Fraction(0))
    change = sum((row.posts for ledger in ledgers for row in ledger.rows), Fraction(0))
    if current_total + change != instance.total_steps * instance.step:
        raise WorkloadError("allocation_ledger_unbalanced", unit="Σ")
