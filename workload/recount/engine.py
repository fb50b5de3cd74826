"""The same need, posts and ledger from a basis alone, as published or under what a reader changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from workload.allocation.check import check
from workload.allocation.explain import solve_or_explain
from workload.allocation.instance import Instance
from workload.allocation.justify import justify
from workload.errors import RequestError
from workload.pipeline.estimation import INDIVIDUAL
from workload.recount.basis import FORMAT, Basis
from workload.recount.changes import Changes
from workload.recount.limits import ruled
from workload.recount.recounted import SECRET, Recounted, Remark, Unserved
from workload.recount.rule_json import instance_from
from workload.recount.together import rows_together, stand_ins

Floats = npt.NDArray[np.float64]
# A basis may come from a stranger and must not keep a solver busy for ever; ours take a few hundredths of a second.
TIME_LIMIT_S, TERRITORIES_MOST, STEPS_MOST, RULES_MOST = 60.0, 500, 100_000, 50
REST = "@together"
"""Stands for all components that are closed everywhere: their sums are all that is known of them."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """Need by component as far as it is told; arrays hold NaN or nothing where it is closed."""

    ledger: list[dict[str, int]]  # (T,) open components and the individual allowances
    fte: list[dict[str, float]]  # (T,)
    need_fte: tuple[float, ...]  # (T,)
    moved_inside: bool  # a changed weight also counts inside a closed sum


def recount(basis: Basis, changes: Changes | None = None) -> Recounted:
    """Need, posts and ledger of one mission.

    Args:
        basis: one mission of `basis_of`, or of the same JSON read back.
        changes: what a reader tries; nothing: as published.

    Raises:
        RequestError: a basis that is none, or changes that make no sense.
        NoSolutionError: the rules cannot all hold; it says what would have to give.
    """
    try:
        return _recount(basis, changes or Changes())
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError) as error:
        raise RequestError("basis_unreadable", reason=f"{type(error).__name__}: {error}"[:200]) from error


def _recount(basis: Basis, changes: Changes) -> Recounted:
    if basis["format"] != FORMAT:
        raise RequestError("basis_format", found=basis["format"], known=FORMAT)
    territories = tuple(str(t["id"]) for t in basis["territories"])
    asked = basis["instance"]
    if len(territories) > TERRITORIES_MOST or asked["total_steps"] > STEPS_MOST or len(asked["rules"]) > RULES_MOST:
        raise RequestError("basis_unreadable", reason="too large")
    counted = _need(basis, changes)
    whole = tuple(sum(parts.values()) + _secret(basis, t) for t, parts in enumerate(counted.ledger))
    instance = instance_from(basis["instance"], territories, whole)
    instance, remarks = ruled(instance, basis, changes)
    allocation = solve_or_explain(
        instance, {t["id"]: t["name"] for t in basis["territories"]}, basis["name"], time_limit_s=TIME_LIMIT_S
    )
    check(instance, allocation)
    totals, components = _components(basis, counted)
    shut = [_shut(basis, t) for t in range(len(territories))]
    ledgers = justify(instance, allocation, components).ledgers
    if counted.moved_inside:
        remarks = (*remarks, Remark.CLOSED_KEPT)
    return Recounted(
        mission=basis["mission"],
        territories=territories,
        need_fte=counted.need_fte,
        whole_need=whole,
        contributions_fte=tuple(
            of | ({SECRET: basis["closed"][t]["fte"]} if shut[t] else {}) for t, of in enumerate(counted.fte)
        ),
        ledger_need=tuple(of | ({SECRET: _secret(basis, t)} if shut[t] else {}) for t, of in enumerate(counted.ledger)),
        department_need=totals,
        instance=instance,
        allocation=allocation,
        ledgers=tuple(rows_together(of, ids | {REST} if ids else ids) for of, ids in zip(ledgers, shut, strict=True)),
        unserved=_unserved(basis, changes, instance, allocation.steps),
        remarks=remarks,
    )


def _need(basis: Basis, changes: Changes) -> _Counted:
    """As `models.need` and `pipeline.estimation` compute it, operation by operation, so that no bit differs."""
    ids = [c["id"] for c in basis["components"]]
    X = np.array([[np.nan if n is None else n for n in row] for row in basis["units"]], dtype="float64", order="F")
    weights = np.array([_weight(c, changes) for c in basis["components"]])
    fte_per_min, per_min = (
        np.array([np.nan if c[name] is None else c[name] for c in basis["components"]], dtype="float64")
        for name in ("fte_per_min", "ledger_per_min")
    )
    workload = X * weights
    own = basis["individual"]
    whole = np.rint(workload * per_min * basis["grain"])
    fte = workload * fte_per_min
    told = ~np.isnan(workload)
    if not np.isfinite(workload[told]).all() or (np.abs(whole[told]) > 2**62).any() or (whole[told] < 0).any():
        raise RequestError("basis_unreadable", reason="need out of range")
    need = (
        workload @ fte_per_min
        if told.all()
        else np.array([row[mask].sum() for row, mask in zip(fte, told, strict=True)])
    )
    together = np.array([c["fte"] if c else 0.0 for c in basis["closed"]])
    need = need + np.array(own["fte"], dtype="float64") + together
    ledger = [{c: int(n) for c, n in zip(ids, row, strict=True) if n == n} for row in whole]
    parts = [{c: float(n) for c, n in zip(ids, row, strict=True) if n == n} for row in fte]
    if any(own["ledger"]):
        for t, n in enumerate(own["ledger"]):
            ledger[t][INDIVIDUAL], parts[t][INDIVIDUAL] = n, own["fte"][t]
    changed = {
        c["id"] for c, w in zip(basis["components"], weights, strict=True) if c["minutes_per_unit"] not in (None, w)
    }
    moved = any(changed & _shut(basis, t) for t in range(len(X)))
    return _Counted(ledger, parts, tuple(float(n) for n in need), moved)


def _weight(component: Mapping[str, Any], changes: Changes) -> float:
    stated = component["minutes_per_unit"]
    if stated is None:
        return float("nan")
    return float(changes.minutes.get(component["id"], stated * changes.factors.get(component["id"], 1.0)))


def _components(basis: Basis, counted: _Counted) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Totals over the département of what is told apart somewhere; and component → (T,) need, with stand-ins where
    they are closed. A closed part of a total stays as published, whatever weight changes."""
    published = counted if not counted.moved_inside else _need(basis, Changes())
    T, everywhere = (
        range(len(basis["territories"])),
        [c["id"] for c in basis["components"] if c["minutes_per_unit"] is None],
    )
    names = [c["id"] for c in basis["components"] if c["minutes_per_unit"] is not None]
    names += [INDIVIDUAL] if any(basis["individual"]["ledger"]) else []
    inside = {
        c["id"]: c["ledger_total"] - sum(published.ledger[t].get(c["id"], 0) for t in T)
        for c in basis["components"]
        if c["ledger_total"] is not None
    }
    rows = {t: _secret(basis, t) for t in T if _shut(basis, t)}
    cells = [(t, c) for t in rows for c in inside if c in _shut(basis, t)]
    columns = dict(inside)
    if everywhere:
        cells += [(t, REST) for t in rows]
        columns[REST] = sum(rows.values()) - sum(inside.values())
    found = stand_ins(rows, columns, cells)
    components = {c: [counted.ledger[t].get(c, found.get((t, c), 0)) for t in T] for c in names}
    if everywhere:
        components[REST] = [found.get((t, REST), 0) for t in T]
    return {c: sum(components[c]) for c in names}, components


def _secret(basis: Basis, t: int) -> int:
    together = basis["closed"][t]
    return int(together["ledger"]) if together else 0


def _shut(basis: Basis, t: int) -> frozenset[str]:
    together = basis["closed"][t]
    return frozenset(together["components"]) if together else frozenset()


def _unserved(basis: Basis, changes: Changes, instance: Instance, steps: tuple[int, ...]) -> tuple[Unserved, ...]:
    found = []
    for caseload in basis["caseloads"]:
        ceiling = changes.caseloads.get(caseload["id"], caseload["files_per_fte"])
        for unit, files, given in zip(instance.units, caseload["files"], steps, strict=True):
            if files is not None:
                missing = max(0.0, files / ceiling - float(given * instance.step))
                found.append(Unserved(caseload["id"], unit, ceiling, files, missing))
    return tuple(found)
