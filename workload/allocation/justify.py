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

from workload.allocation.instance import Instance, LinearRule, Rule
from workload.allocation.solver import Allocation, greedy
from workload.errors import RequestError, WorkloadError

CLASSES_AT_MOST = 12  # 4,096 sets of rules: seconds
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
    fair_share: Fraction  # in a pool without any need, what it has today
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
    """The ledger of each unit, within its pool.

    Args:
        instance: with a current state.
        allocation: its solution.
        components: id → (unit,) integers in the unit of `instance.need`; they add to it exactly.

    Raises:
        RequestError: no current state, components that are not the need, or too many classes of rules that bind.
        WorkloadError: rows that do not add up; a defect of ours.
    """
    if instance.current is None:
        raise RequestError("allocation_justify_needs_current")
    for t, unit in enumerate(instance.units):
        if sum(component[t] for component in components.values()) != instance.need[t]:
            raise RequestError("allocation_components_differ", unit=unit)

    solutions = _solutions(instance)
    rule_names = tuple(dict.fromkeys(rule.name for rule in instance.rules))
    binding = tuple(name for name in rule_names if frozenset({name}) in solutions)
    rule_free, final = solutions[frozenset()], solutions[frozenset(binding)]
    if final != allocation.steps:
        raise WorkloadError("allocation_ledger_unbalanced", unit="*")
    indicator_rows = {c: _component_posts(instance, component) for c, component in components.items()}
    nothing = (Fraction(0),) * len(instance.units)
    rule_rows = {name: shapley(solutions, binding, name) if name in binding else nothing for name in rule_names}

    need_of = dict(zip(instance.units, instance.need, strict=True))
    needless = {u for pool in instance.all_pools if not any(need_of[u] for u in pool.units) for u in pool.units}
    ledgers = []
    for t, unit in enumerate(instance.units):
        held = instance.current[t] * instance.step
        fair_share = held if unit in needless else instance.fair_shares[t]
        rounding = rule_free[t] * instance.step - fair_share
        ledgers.append(
            UnitLedger(
                unit=unit,
                current=held,
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
    solutions: Mapping[frozenset[str], Sequence[Fraction | int]], players: Sequence[str], player: str
) -> tuple[Fraction, ...]:
    """(unit,) what is due to one rule class, or any other cause: what it adds, averaged over all orders of causes.

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
    """The optimum under every set of the rule classes that bind somewhere; the others change nothing anywhere.

    A solution that already keeps a rule stays the optimum when the rule is added. So from no rule at all only the
    rules that a solution breaks are added, one by one: a class never met on the way is a null player, whose Shapley
    value is zero and whose absence changes no other's. Fewer rules leave a wider box: if all can hold, any can.

    Raises RequestError when more than `CLASSES_AT_MOST` classes bind: 2^R sets would take too long.
    """
    classes: dict[str, tuple[Rule, ...]] = {}
    for rule in instance.rules:
        classes[rule.name] = (*classes.get(rule.name, ()), rule)
    solved: dict[frozenset[str], tuple[int, ...]] = {}
    broken: dict[frozenset[str], frozenset[str]] = {}
    waiting, binding = [frozenset[str]()], frozenset[str]()
    while waiting:
        names = waiting.pop()
        if names not in solved:
            ruled = replace(instance, rules=tuple(rule for name in classes if name in names for rule in classes[name]))
            solved[names] = greedy(ruled)
            broken[names] = frozenset(name for name in classes if _breaks(classes[name], instance, solved[names]))
            waiting += [names | {name} for name in broken[names]]
            binding |= broken[names]
            if len(binding) > CLASSES_AT_MOST:
                raise RequestError("plan_too_many_rules", n=len(binding), most=CLASSES_AT_MOST)
    players = sorted(binding, key=list(classes).index)
    return {
        frozenset(names): solved[_binding_part(frozenset(names), broken)]
        for size in range(len(players) + 1)
        for names in combinations(players, size)
    }


def _binding_part(names: frozenset[str], broken: Mapping[frozenset[str], frozenset[str]]) -> frozenset[str]:
    """The subset of the rules that was solved and has their solution: it breaks none of them."""
    part = frozenset[str]()
    while missing := broken[part] & names:
        part |= {min(missing)}
    return part


def _breaks(rules: Sequence[Rule], instance: Instance, steps: Sequence[int]) -> bool:
    bounds = [(*bound, x) for rule in rules for bound, x in zip(rule.bounds(instance), steps, strict=True)]
    sums = [
        (row.lo, row.hi, sum(a * steps[t] for t, a in row.terms))
        for rule in rules
        if isinstance(rule, LinearRule)
        for row in rule.rows(instance)
    ]
    return any((lo is not None and x < lo) or (hi is not None and x > hi) for lo, hi, x in (*bounds, *sums))


def _component_posts(instance: Instance, component: Sequence[int]) -> tuple[Fraction, ...]:
    """(unit,) posts: (P·n_tc − r_t·n_c)/N within the unit's pool, what its share of the component is worth less what it
    is paid today. Under a payroll P is the payroll, and n_c and N count each unit's need at its cost.

    Over components it adds to fair share − current; over units of a pool to n_c/N times the change of its total.
    """
    index_of = {unit: t for t, unit in enumerate(instance.units)}
    found = [Fraction(0)] * len(instance.units)
    for pool in instance.all_pools:
        members = [index_of[unit] for unit in pool.units]
        cost = [1 if pool.payroll_euros is None else pool.cost_per_post_euros[unit] for unit in pool.units]
        total = pool.total_steps if pool.payroll_euros is None else pool.budget(instance.step)
        weighed = sum(c * instance.need[t] for c, t in zip(cost, members, strict=True))
        if not weighed:
            continue  # nothing says what its posts are for, so no component moves them
        in_component = sum(c * component[t] for c, t in zip(cost, members, strict=True))
        for t in members:
            held = (instance.current or ())[t]
            found[t] = (total * component[t] - held * in_component) * instance.step / weighed
    return tuple(found)


def _require_balance(instance: Instance, ledgers: Sequence[UnitLedger]) -> None:
    for ledger in ledgers:
        if sum((row.posts for row in ledger.rows), ledger.current) != ledger.final:
            raise WorkloadError("allocation_ledger_unbalanced", unit=ledger.unit)
    constant_posts = all(pool.payroll_euros is None for pool in instance.all_pools)
    if constant_posts and sum(ledger.final for ledger in ledgers) != instance.total_steps * instance.step:
        raise WorkloadError("allocation_ledger_unbalanced", unit="Σ")
