"""`workload allocate TABLE.csv`: needs in, posts out, in one step without a study folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from workload.allocation.explain import solve_or_explain
from workload.allocation.instance import (
    DEFAULT_LOT_SEED,
    Fairness,
    Instance,
    Rule,
    require_step,
    to_instance,
    whole_steps,
)
from workload.allocation.pools import Cell, Pool, pools_by
from workload.allocation.rules import Ceiling, MinimumPresence
from workload.allocation.solver import Allocation
from workload.allocation.table_reader import NeedRow, NeedTable, parse_number, read_table
from workload.allocation.table_rules import read_rules
from workload.errors import Issue, RequestError
from workload.units import posts_to_steps, steps_to_posts

POOL_DIMENSIONS = ("mission", "profession")


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One unit's line. Posts and FTE, exact; pressure is need_fte / posts, None where there are no posts."""

    unit: str
    cell: Cell
    need_fte: Fraction
    current: Fraction | None
    floor: Fraction | None
    ceiling: Fraction | None
    fair_share: Fraction
    posts: Fraction
    change: Fraction | None
    pressure_before: Fraction | None
    pressure_after: Fraction | None


@dataclass(frozen=True, slots=True)
class TableAllocation:
    instance: Instance
    allocation: Allocation
    rows: tuple[ResultRow, ...]  # (unit,) in the order of the file
    warnings: tuple[Issue, ...]  # what was in the file and not used
    coordinates: tuple[str, ...] = ()  # which of them the file has


def run_allocate(
    path: Path | str,
    total: str | None,
    step: str,
    fairness: str,
    minimum: str | None,
    *,
    pools: str | None = None,
    rules: Path | None = None,
    time_limit: str | None = None,
) -> TableAllocation:
    """The whole command from its options as typed. Without a total, today's posts are shared out anew.

    Raises:
        RequestError: an option that makes no sense.
        InputError: the file's issues, all at once.
        NoSolutionError: floors and ceilings that cannot all hold.
    """
    step_posts = require_step(_option("step", step))
    if fairness not in list(Fairness):
        raise RequestError("allocation_unknown_fairness", value=fairness, known=", ".join(Fairness))
    total_posts = None if total is None else _option("total", total)
    minimum_posts = None if minimum is None else _option("min", minimum)
    limit_s = None if time_limit is None else float(_option("time-limit", time_limit))
    dimensions = _dimensions(pools)
    table = read_table(Path(path), step_posts)
    return allocate_table(
        table,
        total_posts,
        step_posts,
        Fairness(fairness),
        minimum_posts,
        pools=dimensions,
        rules=read_rules(rules, table, step_posts) if rules else (),
        time_limit_s=limit_s,
    )


def allocate_table(
    table: NeedTable,
    total: Fraction | None,
    step: Fraction,
    fairness: Fairness,
    minimum: Fraction | None = None,
    lot_seed: str = DEFAULT_LOT_SEED,
    *,
    pools: Sequence[str] = (),
    rules: tuple[Rule, ...] = (),
    time_limit_s: float | None = None,
) -> TableAllocation:
    """Posts for every line of a table.

    Args:
        table: as read.
        total: posts; None for those of today.
        step: posts per step.
        fairness: see `Fairness`.
        minimum: a floor for every line, in posts.
        lot_seed: see `Instance.lot_seed`.
        pools: coordinates by which posts are kept apart, each pool at its total of today.
        rules: beside the floors and ceilings of the table.
        time_limit_s: see `solver.solve`.
    """
    current = [row.current for row in table.rows if row.current is not None]
    if (total is None or pools) and not current:
        raise RequestError("table_needs_current")
    units, cells = [row.unit for row in table.rows], [row.cell for row in table.rows]
    instance = to_instance(
        units,
        [row.need_fte for row in table.rows],
        sum(current, Fraction(0)) if total is None else total,
        step=step,
        current=current or None,
        fairness=fairness,
        lot_seed=lot_seed,
        rules=(*_rules(table, step, minimum), *rules),
        cells=cells if table.coordinates else (),
        pools=_pools(table, pools, [posts_to_steps(posts, step) for posts in current]),
    )
    allocation = solve_or_explain(instance, time_limit_s=time_limit_s)
    lines = zip(table.rows, instance.fair_shares, allocation.steps, strict=True)
    return TableAllocation(
        instance=instance,
        allocation=allocation,
        rows=tuple(_result(row, fair_share, steps_to_posts(x, step)) for row, fair_share, x in lines),
        warnings=table.warnings,
        coordinates=table.coordinates,
    )


def _dimensions(typed: str | None) -> tuple[str, ...]:
    names = tuple(name for part in re.split(r"[,|;]", typed or "") if (name := part.strip().lower()))
    if unknown := set(names) - set(POOL_DIMENSIONS):
        raise RequestError("table_pools_unknown", value=min(unknown), known=", ".join(POOL_DIMENSIONS))
    return names


def _pools(table: NeedTable, dimensions: Sequence[str], current_steps: Sequence[Fraction]) -> tuple[Pool, ...]:
    if not dimensions:
        return ()
    if missing := [name for name in dimensions if name not in table.coordinates]:
        raise RequestError("table_pools_column", column=missing[0])
    return pools_by(dimensions, [row.unit for row in table.rows], [row.cell for row in table.rows], current_steps)


def _rules(table: NeedTable, step: Fraction, minimum: Fraction | None) -> tuple[Rule, ...]:
    """The rules a table states; the higher of a unit's own floor and the common one holds."""
    least = 0 if minimum is None else whole_steps(minimum, step, "allocation_minimum_step")
    floors = {row.unit: max(least, _steps(row.floor, step)) for row in table.rows if row.floor is not None or least}
    ceilings = {row.unit: _steps(row.ceiling, step) for row in table.rows if row.ceiling is not None}
    rules: list[Rule] = []
    if floors:
        rules.append(MinimumPresence(floors))
    if ceilings:
        rules.append(Ceiling(ceilings))
    return tuple(rules)


def _steps(posts: Fraction | None, step: Fraction) -> int:
    return 0 if posts is None else whole_steps(posts, step, "allocation_bound_step")


def _result(row: NeedRow, fair_share: Fraction, posts: Fraction) -> ResultRow:
    return ResultRow(
        unit=row.unit,
        cell=row.cell,
        need_fte=row.need_fte,
        current=row.current,
        floor=row.floor,
        ceiling=row.ceiling,
        fair_share=fair_share,
        posts=posts,
        change=None if row.current is None else posts - row.current,
        pressure_before=row.need_fte / row.current if row.current else None,
        pressure_after=row.need_fte / posts if posts else None,
    )


def _option(name: str, typed: str) -> Fraction:
    number = parse_number(typed, decimal_comma=True)
    if number is None:
        raise RequestError("allocation_option_number", option=name, value=typed)
    if number < 0:
        raise RequestError("allocation_option_negative", option=name, value=typed)
    return number
