"""The answer to a table, for another program: CSV and JSON."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import fields
from fractions import Fraction

from workload.allocation.instance import decimal_text
from workload.allocation.table import ResultRow, TableAllocation

SHARE_PLACES = 4  # decimals of fair shares and pressures in the CSV; posts and needs are written in full


def to_csv(result: TableAllocation) -> str:
    """For another program: commas, decimal points, line feeds. `current` and `change` only where they are known."""
    has_current = result.instance.current is not None
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    before, after = (["current"], ["change"]) if has_current else ([], [])
    writer.writerow(["unit", *result.coordinates, "need_fte", *before, "fair_share", "posts", *after, "pressure"])
    for row in result.rows:
        writer.writerow(
            [
                row.unit,
                *(getattr(row.cell, name) for name in result.coordinates),
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
    document: dict[str, object] = {
        "binding": [{"unit": b.unit, "rule": b.rule, "side": b.side} for b in allocation.binding],
        "fairness": instance.fairness.value,
        "lot_seed": instance.lot_seed,
        "moved_posts": None if moved is None else _json_number(moved * instance.step),
        "proof": {
            "bound": [str(part) for part in allocation.bound],
            "objective": [str(part) for part in allocation.objective],
            "epsilon": str(allocation.epsilon),
            "status": allocation.status,
        },
        "rows": [_json_row(row, result.coordinates) for row in result.rows],
        "step": _json_number(instance.step),
        "tied": list(allocation.tied),
        "total": _json_number(instance.total_steps * instance.step),
    }
    if instance.pools:
        document["pools"] = {pool.name: _json_number(pool.total_steps * instance.step) for pool in instance.pools}
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _text(value: Fraction | None) -> str:
    return "" if value is None else decimal_text(value)


def _json_number(value: Fraction | None) -> int | float | None:
    """The nearest JSON number; whole numbers without decimals."""
    return None if value is None else int(value) if value.denominator == 1 else float(value)


def _json_row(row: ResultRow, coordinates: Sequence[str]) -> dict[str, str | int | float | None]:
    figures = [field.name for field in fields(row) if field.name not in ("unit", "cell")]
    place: dict[str, str | int | float | None] = {name: getattr(row.cell, name) for name in coordinates}
    return {"unit": row.unit, **place, **{name: _json_number(getattr(row, name)) for name in figures}}
