"""`workload allocate TABLE.csv`: needs in, posts out, in one step without a study folder."""

import csv
import io
import json
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path

from workload.allocation.instance import (
    DEFAULT_LOT_SEED,
    Fairness,
    Instance,
    Rule,
    decimal_text,
    require_step,
    to_instance,
    whole_steps,
)
from workload.allocation.rules import Ceiling, MinimumPresence
from workload.allocation.solver import Allocation, solve
from workload.allocation.table_reader import NeedRow, NeedTable, parse_number, read_table
from workload.errors import Issue, RequestError
from workload.units import steps_to_posts

SHARE_PLACES = 4  # decimals of fair shares and pressures in the CSV; posts and needs are written in full

__all__ = ["TableAllocation", "allocate_table", "read_table", "run_allocate", "to_csv", "to_json"]


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One unit's line. Posts and FTE, exact; pressure is need_fte / posts, None where there are no posts."""

    unit: str
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


def run_allocate(path: Path | str, total: str, step: str, fairness: str, minimum: str | None) -> TableAllocation:
    """The whole command from its options as typed.

    Raises:
        RequestError: an option that makes no sense.
        InputError: the file's issues, all at once.
        NoSolutionError: floors and ceilings that cannot all hold.
    """
    step_posts = require_step(_option("step", step))
    if fairness not in list(Fairness):
        raise RequestError("allocation_unknown_fairness", value=fairness, known=", ".join(Fairness))
    total_posts = _option("total", total)
    minimum_posts = None if minimum is None else _option("min", minimum)
    table = read_table(Path(path), step_posts)
    return allocate_table(table, total_posts, step_posts, Fairness(fairness), minimum_posts)


def allocate_table(
    table: NeedTable,
    total: Fraction,
    step: Fraction,
    fairness: Fairness,
    minimum: Fraction | None = None,
    lot_seed: str = DEFAULT_LOT_SEED,
) -> TableAllocation:
    """Posts for every unit of a table; `total`, `step` and `minimum`, a floor for all of them, in posts."""
    current = [row.current for row in table.rows if row.current is not None]
    instance = to_instance(
        [row.unit for row in table.rows],
        [row.need_fte for row in table.rows],
        total,
        step=step,
        current=current or None,
        fairness=fairness,
        lot_seed=lot_seed,
        rules=_rules(table, step, minimum),
    )
    allocation = solve(instance)
    rows = zip(table.rows, instance.fair_shares, allocation.steps, strict=True)
    return TableAllocation(
        instance=instance,
        allocation=allocation,
        rows=tuple(_result(row, fair_share, steps_to_posts(x, step)) for row, fair_share, x in rows),
        warnings=table.warnings,
    )


def to_csv(result: TableAllocation) -> str:
    """For another program: commas, decimal points, line feeds. `current` and `change` only where they are known."""
    has_current = result.instance.current is not None
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    before, after = (["current"], ["change"]) if has_current else ([], [])
    writer.writerow(["unit", "need_fte", *before, "fair_share", "posts", *after, "pressure"])
    for row in result.rows:
        writer.writerow(
            [
                row.unit,
                decimal_text(row.need_fte),
                *([_text(row.current)] if has_current else []),
                decimal_text(row.fair_share, SHARE_PLACES),
                decimal_text(row.posts),
                *([_text(row.change)] if has_current else []),
                "" if row.pressure_after is None else decimal_text(row.pressure_after, SHARE_PLACES),
            ]
        )
    return out.getvalue()


def to_json(result: TableAllocation) -> str:
    """Everything, with keys sorted; the objective and its bound as exact fractions in text."""
    instance, allocation = result.instance, result.allocation
    moved = allocation.moved_steps
    document = {
        "binding": [{"unit": b.unit, "rule": b.rule, "side": b.side} for b in allocation.binding],
        "fairness": instance.fairness.value,
        "lot_seed": instance.lot_seed,
        "moved_posts": None if moved is None else _json_number(moved * instance.step),
        "proof": {
            "bound": [str(part) for part in allocation.bound],
            "objective": [str(part) for part in allocation.objective],
            "status": allocation.status,
        },
        "rows": [_json_row(row) for row in result.rows],
        "step": _json_number(instance.step),
        "tied": list(allocation.tied),
        "total": _json_number(instance.total_steps * instance.step),
    }
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


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


def _text(value: Fraction | None) -> str:
    return "" if value is None else decimal_text(value)


def _json_number(value: Fraction | None) -> int | float | None:
    """The nearest JSON number; whole numbers without decimals."""
    return None if value is None else int(value) if value.denominator == 1 else float(value)


def _json_row(row: ResultRow) -> dict[str, str | int | float | None]:
    figures = [field.name for field in fields(row) if field.name != "unit"]
    return {"unit": row.unit, **{name: _json_number(getattr(row, name)) for name in figures}}
