"""run.json: the whole result as plain data with stable names. Same inputs, same bytes, but for `generated_at`."""

import json
from fractions import Fraction
from importlib.metadata import version
from typing import Any

from workload import __version__
from workload.allocation.justify import UnitLedger
from workload.ingest.study import Study
from workload.ingest.study_counts import COMPUTED
from workload.models.timeuse import ALL
from workload.pipeline import MissionResult, RunResult
from workload.reporting.checks_json import mission_checks, reading_and_benchmarks
from workload.reporting.evidence import minimum_workers, published_inputs, shown_time_use
from workload.reporting.reasons_json import reasons_fields
from workload.reporting.suppression import Cell, withheld
from workload.reporting.wording import cause_label

LIBRARIES = ("numpy", "pandas", "scipy", "ortools")
SIGNIFICANT = 10
"""Digits of an estimate: far beyond its meaning, short of the last bits that differ from one processor to another."""


def run_document(result: RunResult, generated_at: str) -> dict[str, Any]:
    """The document as dictionaries; figures of the main mission at the top, every mission under `missions`."""
    settings = result.study.settings
    main = _mission(result, result.main)
    return {
        "generated_at": generated_at,
        "study": settings.title,
        "simulated": settings.simulated,
        "notice": settings.notice,
        "inputs": published_inputs(result),
        "parameters": {
            name: {"value": p.value, "unit": p.unit, "since": p.since.isoformat(), "source": p.source}
            for name, p in sorted(result.parameters.items())
        },
        "settings": settings.model_dump(mode="json"),
        "seed": result.seed,
        "draws": result.draws_n,
        "versions": {"workload": __version__} | {name: version(name) for name in LIBRARIES},
        "mission": result.main.id,
        "total_posts_before": main["total_posts_before"],
        "total_posts_after": main["total_posts_after"],
        "objective": main["objective"],
        "proof": main["proof"],
        "weights": [row for mission in result.missions.values() for row in _weights(mission, result.study)],
        "territories": main["territories"],
        "missions": [_mission(result, mission) for mission in result.missions.values()],
        "caseload_gaps": [
            {
                "mission": gap.mission,
                "territory": gap.territory,
                "active_files_n": _figure(gap.active_files_n),
                "served_files_n": _figure(gap.served_files_n),
                "missing_posts": _figure(gap.missing_posts),
            }
            for gap in result.caseload_gaps
        ],
        "coverage": _coverage(result.study),
        "time_use": _time_use(result),
        **reading_and_benchmarks(result),
        **({"substitutes": rows} if (rows := _substitutes(result)) else {}),
    }


def run_json(result: RunResult, generated_at: str) -> str:
    return json.dumps(run_document(result, generated_at), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _figure(value: float) -> float | None:
    """An estimate to ten significant digits; nothing where there is none."""
    return float(f"{value:.{SIGNIFICANT}g}") if value == value else None


def _posts(value: Fraction) -> float:
    return float(value)


def _mission(result: RunResult, mission: MissionResult) -> dict[str, Any]:
    before = sum((ledger.current for ledger in mission.justification.ledgers), Fraction(0))
    after = sum((ledger.final for ledger in mission.justification.ledgers), Fraction(0))
    allocation = mission.allocation
    return {
        "id": mission.id,
        "name": mission.name,
        "deciding_line": mission.fit.deciding,
        "total_posts_before": _posts(before),
        "total_posts_after": _posts(after),
        "step": _posts(mission.instance.step),
        "fairness": mission.instance.fairness.value,
        "objective": _total_value(allocation.objective),
        "proof": {
            "status": allocation.status,
            "bound": _total_value(allocation.bound),
            "objective_exact": [str(part) for part in allocation.objective],
            "tied": list(allocation.tied),
        },
        "allowance_factor": _figure(mission.need.allowance_factor),
        "available_min": mission.need.available_min,
        "undeclared_share": _figure(mission.undeclared_share),
        "checks": mission_checks(result, mission),
        "condition_number": _figure(mission.fit.condition_number),
        "by_profession": _by_profession(result, mission),
        "territories": [_territory(result, mission, k) for k in range(len(mission.need.territories))],
        **reasons_fields(result, mission),
    }


def _by_profession(result: RunResult, mission: MissionResult) -> list[dict[str, Any]]:
    """Posts by profession, where enough workers hold them, or would be found by subtraction; need is of no worker."""
    found = mission.by_profession
    if found is None:
        return []
    held = result.study.posts[(result.study.posts["mission"] == mission.id) & result.study.posts["occupied"]]
    counts: dict[Cell, int] = {
        (t, p): int(((held["territory"] == t) & (held["profession"] == p)).sum())
        for t in mission.need.territories
        for p in found.professions
    }
    margins: dict[Cell, int] = {
        (t, ALL): sum(n for (u, _), n in counts.items() if u == t) for t in mission.need.territories
    }
    margins |= {(ALL, p): sum(n for (_, q), n in counts.items() if q == p) for p in found.professions}
    hidden = withheld(counts | margins | {(ALL, ALL): sum(counts.values())}, minimum_workers(result))
    return [
        {
            "territory": t,
            "profession": p,
            "posts_current": _posts(found.current[k][q]),
            "posts_final": _posts(found.final[k][q]),
        }
        for k, t in enumerate(mission.need.territories)
        for q, p in enumerate(found.professions)
        if (t, p) not in hidden
    ]


def _total_value(parts: tuple[Fraction, ...]) -> float | list[float]:
    """The objective as one number where it is one; its levels where it is lexicographic."""
    levels = [float(part) for part in parts]
    leading, *rest = levels  # Σ x² over territories without need: zero unless a floor forces it
    return rest[0] if len(rest) == 1 and not leading else levels


def _territory(result: RunResult, mission: MissionResult, k: int) -> dict[str, Any]:
    ledger: UnitLedger = mission.justification.ledgers[k]
    stable = mission.stability.units[k]
    need = float(mission.need.need_fte[k])
    return {
        "id": ledger.unit,
        "name": result.territory_names[ledger.unit],
        "posts_current": _posts(ledger.current),
        "need_fte": _figure(need),
        "need_low": _figure(float(mission.need.need_low[k])),
        "need_high": _figure(float(mission.need.need_high[k])),
        "fair_share": _posts(ledger.fair_share),
        "posts_final": _posts(ledger.final),
        "pressure_before": _figure(need / float(ledger.current)) if ledger.current else None,
        "pressure_after": _figure(need / float(ledger.final)) if ledger.final else None,
        "kept_in_draws": _posts(stable.kept_share),
        "direction_in_draws": _posts(stable.direction_share),
        "ledger": [
            {
                "cause": row.cause,
                "label": cause_label(result, mission, row),
                "kind": row.kind.value,
                "posts": _posts(row.posts),
                "posts_exact": str(row.posts),
            }
            for row in ledger.rows
        ],
    }


def _weights(mission: MissionResult, study: Study) -> list[dict[str, Any]]:
    fit = mission.fit
    rows: list[dict[str, Any]] = []
    for p, component in enumerate(fit.components):
        described = study.indicators.get(component.indicator)
        rows.append(
            {
                "mission": mission.id,
                "indicator": component.indicator,
                "domain": component.domain,
                "label": described.label if described else COMPUTED[component.indicator][0],
                "nature": described.nature if described else "externe",
                "simulated": described.simulated if described else False,
                "imputed_n": described.imputed_n if described else 0,
                "imputed_relative_error": described.relative_error if described else None,
                "minutes_per_unit": _figure(float(fit.minutes_per_unit[p])),
                "low": _figure(float(fit.low[p])),
                "high": _figure(float(fit.high[p])),
                "expert": _figure(float(fit.expert[p])),
                "data": _figure(float(fit.data[p])),
                "data_low": _figure(float(fit.data_low[p])),
                "data_high": _figure(float(fit.data_high[p])),
            }
        )
    return rows


def _coverage(study: Study) -> list[dict[str, Any]]:
    """Indicators not published for every commune: shares of communes by status, per territory."""
    statuses = [name for name in study.coverage.columns if name.startswith("communes_")]
    return [
        {"indicator": row["indicator"], "territory": row["territory"], "communes_n": int(row["communes"])}
        | {name.removeprefix("communes_"): _figure(row[name]) for name in statuses}
        for row in study.coverage.to_dict("records")
        if row["communes_published"] < 1
    ]


def _substitutes(result: RunResult) -> list[dict[str, Any]]:
    """Counts that are withheld, and what is counted instead."""
    study = result.study
    return [
        {
            "indicator": id,
            "label": study.indicators[id].label,
            "territory": territory,
            "name": result.territory_names[territory],
            "count": count,
        }
        for id, of in study.substitutes.items()
        for territory, count in of.items()
    ]


def _time_use(result: RunResult) -> list[dict[str, Any]]:
    """Shares that stand on enough workers; what was withheld is not there at all."""
    shown = shown_time_use(result).shares
    columns = ["mission", "territory", "profession", "level", "code"]
    return [
        {name: row[name] for name in columns}
        | {"share": _figure(row["share"]), "low": _figure(row["low"]), "high": _figure(row["high"])}
        for row in shown.to_dict("records")
        if row["share"] == row["share"]
    ]
