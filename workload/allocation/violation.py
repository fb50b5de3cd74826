"""By how much rules must give when they cannot all hold: the least total, in steps, proven by CP-SAT.

Totals and payrolls of pools never give. Among equal totals: the rules declared first to give give most, then as few
bounds as possible are touched, then larger needs give least, then the announced lot decides: the answer is unique.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from ortools.sat.python import cp_model

from workload.allocation.instance import Instance, LinearRule, Row
from workload.allocation.objective import lot
from workload.allocation.problem import resource_rows
from workload.errors import WorkloadError

LARGEST_SUM = 2**52  # of one objective: CP-SAT compares its bounds as doubles
DETERMINISTIC_SECONDS = 60.0


class Side(NamedTuple):
    """One side of one rule about one unit or group: what can give, and nothing smaller."""

    rule: str
    rule_index: int  # in instance.rules
    label: str  # a unit's id, or a group's label
    side: str  # "floor" or "ceiling"
    row: Row


def sides(instance: Instance) -> tuple[Side, ...]:
    """Everything the rules ask, side by side."""
    found = []
    for r, rule in enumerate(instance.rules):
        rows = [
            Row(u, ((t, 1),), b.lo, b.hi)
            for t, (u, b) in enumerate(zip(instance.units, rule.bounds(instance), strict=True))
        ]
        if isinstance(rule, LinearRule):
            rows += rule.rows(instance)
        for row in rows:
            can_be_negative = any(a < 0 for _, a in row.terms)
            if row.lo is not None and (row.lo > 0 or can_be_negative):
                found.append(Side(rule.name, r, row.label, "floor", row))
            if row.hi is not None:
                found.append(Side(rule.name, r, row.label, "ceiling", row))
    return tuple(found)


def least_violation(
    instance: Instance, may_give: Collection[str] | None = None, first_to_give: Sequence[str] = ()
) -> dict[Side, int] | None:
    """Steps by which each side must give, those that give; None when giving by these rules alone cannot help.

    Args:
        instance: the question; its rules may contradict each other.
        may_give: names of the rules that may give; None for all of them.
        first_to_give: names in the order in which they give first; rules not named give last.
    """
    question = _Question(instance, may_give)
    total = question.minimise(list(question.slack.values()))
    if total is None:
        return None
    if total:
        question.prefer(first_to_give)
        question.fewest()
        question.draw(instance, total)
    return {side: steps for side, steps in question.given().items() if steps}


class _Question:
    def __init__(self, instance: Instance, may_give: Collection[str] | None) -> None:
        self.model = cp_model.CpModel()
        self.solver = cp_model.CpSolver()
        self.solver.parameters.num_workers = 1
        self.solver.parameters.max_deterministic_time = DETERMINISTIC_SECONDS
        resources = resource_rows(instance)
        most = {t: row.hi // a for row in resources if row.hi is not None for t, a in row.terms}
        self.x = [self.model.new_int_var(0, most[t], unit) for t, unit in enumerate(instance.units)]
        for row in resources:
            self._bound(row)
        self.slack: dict[Side, cp_model.IntVar] = {}
        for side in sides(instance):
            free = may_give is None or side.rule in may_give
            self._add(side, free, most)

    def _add(self, side: Side, free: bool, most: dict[int, int]) -> None:
        row = side.row
        one_sided = row._replace(hi=None) if side.side == "floor" else row._replace(lo=None)
        if not free:
            self._bound(one_sided)
            return
        reach = sum(abs(a) * most[t] for t, a in row.terms) + abs(row.lo or 0) + abs(row.hi or 0)
        slack = self.slack[side] = self.model.new_int_var(0, reach // row.per_step + 1, "")
        self._bound(one_sided, slack)

    def _bound(self, row: Row, slack: cp_model.IntVar | None = None) -> None:
        total = cp_model.LinearExpr.weighted_sum([self.x[t] for t, _ in row.terms], [a for _, a in row.terms])
        give = row.per_step * slack if slack is not None else 0
        if row.lo is not None:
            self.model.add(total + give >= row.lo)
        if row.hi is not None:
            self.model.add(total - give <= row.hi)

    def minimise(self, parts: Sequence[cp_model.IntVar], weights: Sequence[int] = ()) -> int | None:
        """The least weighted sum, kept from now on; None when nothing is possible."""
        total = cp_model.LinearExpr.weighted_sum(list(parts), list(weights) or [1] * len(parts))
        self.model.minimize(total)
        status = self.solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return None
        if status != cp_model.OPTIMAL:
            raise WorkloadError("allocation_not_proven", status=self.solver.status_name(status))
        best = sum(self.solver.value(part) * w for part, w in zip(parts, weights or [1] * len(parts), strict=True))
        self.model.add(total == best)
        return best

    def prefer(self, first_to_give: Sequence[str]) -> None:
        """The rules that should give last give as little as they can, one class after the other."""
        rest = sorted({side.rule for side in self.slack} - set(first_to_give))
        protected = (
            [rest, *([name] for name in reversed(first_to_give))] if rest else [[n] for n in reversed(first_to_give)]
        )
        for names in protected[:-1]:
            self.minimise([slack for side, slack in self.slack.items() if side.rule in names])

    def fewest(self) -> None:
        touched = []
        for slack in self.slack.values():
            used = self.model.new_bool_var("")
            self.model.add(slack == 0).only_enforce_if(~used)
            touched.append(used)
        self.minimise(touched)

    def draw(self, instance: Instance, total: int) -> None:
        """Whose need is larger, or else whose lot is smaller, gives least, one after the other; as many as fit one
        objective are asked together."""

        def place(side: Side) -> tuple[int, int]:
            need = sum(instance.need[t] for t, _ in side.row.terms)
            return -need, lot(instance.lot_seed, "\n".join((side.rule, side.label, side.side)))

        order = sorted(self.slack, key=place)
        at_once = 1
        while (total + 1) ** (at_once + 1) < LARGEST_SUM:
            at_once += 1
        for start in range(0, len(order), at_once):
            block = order[start : start + at_once]
            weights = [(total + 1) ** k for k in reversed(range(len(block)))]
            self.minimise([self.slack[side] for side in block], weights)

    def given(self) -> dict[Side, int]:
        return {side: self.solver.value(slack) for side, slack in self.slack.items()}
