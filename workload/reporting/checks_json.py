"""What run.json says of each fit, of how the sheets were read, and of published weeks: plain data, None not NaN."""

from collections.abc import Iterable
from math import isfinite
from typing import Any

from workload.models.ratio import Floats
from workload.models.timeuse import TimeUse
from workload.parameters.benchmarks import benchmark_weeks
from workload.pipeline import MissionResult, RunResult
from workload.reporting import evidence, time_detail
from workload.reporting.checks import checks_of, surveyed, territory_level
from workload.reporting.disclosure import open_territories, readable, shown_count

SIGNIFICANT = 10
VARIANCE_DECIMALS = 3
"""Of shares of variance: their optimum is searched, and found to some millionths only."""


def mission_checks(result: RunResult, mission: MissionResult) -> dict[str, Any]:
    """Verdicts as the page has them; figures by territory only where its own answers may be told."""
    told = open_territories(evidence.shown_time_use(result), mission.id) if surveyed(mission) else frozenset()
    return {
        "surveyed": surveyed(mission),
        "verdicts": {check.test: check.verdict for check in checks_of(result, mission)},
        "elasticity": _fields(mission.checks.elasticity, "rho low high reliability areas_n u_t_allowed reason"),
        "supply": [
            _fields(level, "territory posts_fte fair_fte gap_fte gap_low gap_high standing cancelling_fte")
            for level in mission.checks.supply
        ],
        "collinearity": _collinearity(mission),
        "merges": _merges(mission),
        "external": _external(mission),
        "own_answers": _own_answers(mission, told),
        "goodness": _fields(mission.checks.goodness, "relative_error explained_share reason"),
        "heteroscedasticity": _fields(mission.checks.heteroscedasticity, "slope low high effect_fte reason"),
        "noting": _noting(mission),
        "plain_fte": _by_territory(mission, mission.checks.plain_fte),
        "territory_fte": _by_territory(mission, territory_level(mission)),
        "normative": _normative(mission),
        "need_by_profession": _professions(mission),
    }


def reading_and_benchmarks(result: RunResult) -> dict[str, Any]:
    """Keys `reading`, `benchmarks` and `survey_design` of the document."""
    shown, minimum = evidence.shown_time_use(result), evidence.minimum_workers(result)
    items = readable(result.reading, minimum)
    items = items.round(dict.fromkeys(["territory_share", "agent_share", "day_share"], VARIANCE_DECIMALS))
    unusual = {
        m: {"n": shown_count(n, minimum), "under_minimum": n is not None and 0 < n < minimum}
        for m, n in result.reading.unusual_n.items()
        if (items["mission"] == m).any()
    }
    return {
        "reading": {"items": _records(items), "unusual": unusual},
        "benchmarks": {
            "rows": _records(time_detail.benchmark_rows(result, shown.shares)),
            "sources": {w.id: {"label": w.label, "scope": w.scope, "source": w.source} for w in benchmark_weeks()},
        },
        "survey_design": _records(shown.design),
        "time_use_cells": _cells(shown),
    }


def _cells(shown: TimeUse) -> list[dict[str, Any]]:
    names = ["mission", "territory", "code", "share", "low", "high", "respondents_n"]
    return _records(shown.cells[names])


def _plain(value: Any) -> Any:
    """Ten significant digits; None for what is missing; numpy's own kinds made Python's."""
    if value is None or isinstance(value, str | bool):
        return value
    if hasattr(value, "item"):
        return _plain(value.item())
    if isinstance(value, int):
        return value
    return float(f"{value:.{SIGNIFICANT}g}") if isinstance(value, float) and isfinite(value) else None


def _fields(of: object | None, names: str) -> dict[str, Any] | None:
    return None if of is None else {name: _plain(getattr(of, name)) for name in names.split()}


def _records(table: Any) -> list[dict[str, Any]]:
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _by_territory(mission: MissionResult, values: Floats | Iterable[float] | None) -> dict[str, Any] | None:
    return None if values is None else dict(zip(mission.need.territories, map(_plain, values), strict=True))


def _collinearity(mission: MissionResult) -> dict[str, Any] | None:
    found = mission.checks.collinearity
    if found is None:
        return None
    ids = [component.id for component in mission.fit.components]
    return {
        "condition_index": _plain(found.condition_index),
        "information_vif": dict(zip(ids, map(_plain, found.information_vif), strict=True)),
        "counts_vif": dict(zip(ids, map(_plain, found.counts_vif), strict=True)),
        "nested": [list(pair) for pair in found.nested],
        "unmergeable": list(found.unmergeable),
    }


def _merges(mission: MissionResult) -> list[dict[str, Any]]:
    lines = ("fair_before", "fair_after", "posts_before", "posts_after")
    return [
        {**(_fields(merge.proposal, "domain kept absorbed nested correlation rate") or {})}
        | {line: _by_territory(mission, getattr(merge, line)) for line in lines}
        for merge in mission.checks.merges
    ]


def _external(mission: MissionResult) -> dict[str, Any] | None:
    found = mission.checks.external
    if found is None:
        return None
    return {
        "decides": found.decides,
        "dropped": [f"{indicator}@{domain}" for domain, indicator in found.line.dropped],
        "domains_kept_internal": list(found.line.kept_internal),
        "territories": [_fields(gap, "territory all_fte external_fte gap_fte") for gap in found.gaps],
    }


def _own_answers(mission: MissionResult, told: frozenset[str]) -> list[dict[str, Any]]:
    checks = mission.checks
    cooks = dict(zip(checks.cooks.territories, checks.cooks.by_territory, strict=True)) if checks.cooks else {}
    left = {row.territory: row for row in (checks.left_out.left_out if checks.left_out else ())}
    near = {row.territory: row for row in (checks.residuals.by_territory if checks.residuals else ())}
    return [
        {"territory": t, "cooks_distance": _plain(cooks.get(t))}
        | {"left_out_change_fte": _by_territory(mission, left[t].change_fte) if t in left else None}
        | (_fields(left.get(t), "fitted_error population_error expert_error") or {})
        | (_fields(near.get(t), "misplaced_share domain gap_share") or {})
        for t in mission.need.territories
        if t in told
    ]


def _noting(mission: MissionResult) -> dict[str, Any] | None:
    found = mission.checks.noting
    if found is None:
        return None
    return {
        "noting_error": found.noting_error,
        "without_error_fte": _by_territory(mission, found.without_error_fte),
        "reason": found.reason,
    }


def _normative(mission: MissionResult) -> dict[str, Any] | None:
    found = mission.checks.normative
    if found is None:
        return None
    lines = ("minimal_hours", "optimal_hours", "minimal_fte", "optimal_fte")
    return {
        **(_fields(found, "present_fte minimal_gap_fte optimal_gap_fte") or {}),
        **{line: _by_territory(mission, getattr(found, line)) for line in lines},
        "normed": list(found.normed),
        "observed": list(found.observed),
    }


def _professions(mission: MissionResult) -> dict[str, Any]:
    needs = {"today": mission.need, "after_transfers": mission.estimate.shifted}
    return {
        when: need
        and {p: _by_territory(mission, need.need_by_profession_fte[:, q]) for q, p in enumerate(need.professions)}
        for when, need in needs.items()
    }
