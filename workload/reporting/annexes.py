"""What follows the answer: ceilings, time use, weights, method, limits, parameters; as plain data, already in words."""

from typing import Any

from workload.catalogue import number
from workload.pipeline import MissionResult, RunResult
from workload.reporting import checks, evidence, time_detail
from workload.reporting.wording import about, counted, entry, figures, listed, markup, names_of, percent, words


def caseload(result: RunResult) -> list[dict[str, str]]:
    return [
        {
            "mission": result.missions[gap.mission].name,
            "territory": result.territory_names[gap.territory],
            "active": number(gap.active_files_n, 0),
            "served": number(gap.served_files_n, 0),
            "missing": about(gap.missing_posts),
        }
        for gap in result.caseload_gaps
    ]


def time(result: RunResult) -> dict[str, Any]:
    shown, minimum = evidence.shown_time_use(result), evidence.minimum_workers(result)
    weekly = number(result.parameters["weekly_hours"].value, 0)
    confidence = percent(result.parameters["confidence_level"].value)
    missions = []
    for mission in result.missions.values():
        levels = [
            {"label": words(f"time.{level}"), "rows": [_time_row(row) for row in rows]}
            for level in ("domain", "mode")
            if (rows := evidence.department_shares(result, shown.shares, mission.id, level))
        ]
        support = words(
            "time.support",
            direct=percent(mission.fit.direct_share),
            factor=number(mission.need.allowance_factor, 2),
        )
        outside = words("time.undeclared", share=percent(mission.undeclared_share, 1))
        pooled = time_detail.pooling(result, shown, mission.id)
        notes = [support, outside if mission.undeclared_share else "", words("reading.precision_note"), pooled]
        missions.append(
            {
                "name": mission.name,
                "levels": levels,
                "notes": [note for note in notes if note],
                "reading": time_detail.reading_lines(result, mission.id) if levels else [],
                "benchmarks": time_detail.benchmark_table(result, shown, mission) if levels else [],
                "withheld": words("time.withheld", mission=mission.name, minimum=minimum),
            }
        )
    return {
        "intro": words("time.intro", confidence=confidence, weekly=weekly),
        "missions": missions,
        "response": _response(result, shown.response),
        "response_note": words("time.response_note", minimum=minimum),
        "sources": time_detail.benchmark_sources(),
    }


def _time_row(row: evidence.Share) -> dict[str, Any]:
    return {
        "label": row.label,
        "share": percent(row.share, 1),
        "width": f"{100 * row.share:.1f}",
        "interval": words("units.interval", low=number(100 * row.low), high=percent(row.high, 1)),
        "hours": number(row.hours),
        "precision": time_detail.precision(row.half_width_min, row.half_width_posts),
    }


def _response(result: RunResult, response: Any) -> dict[str, Any]:
    territories = {**result.territory_names, "*": words("time.department")}
    texts = {
        (row.mission, row.territory): evidence.rate_text(row.respondents_n, row.occupied_n, row.response_rate)
        for row in response.itertuples()
    }
    order = [t for t in dict.fromkeys(territory for _, territory in texts) if t != "*"] + ["*"]
    return {
        "missions": [mission.name for mission in result.missions.values()],
        "rows": [
            {
                "name": territories[territory],
                "cells": [texts.get((mission, territory), words("units.missing")) for mission in result.missions],
                "total": territory == "*",
            }
            for territory in order
        ],
    }


def weights(result: RunResult) -> dict[str, Any]:
    sources: dict[str, int] = {}
    missions = []
    for mission in result.missions.values():
        rows = []
        for weight in evidence.weights_of(result, mission):
            year = words("weights.source_line", source=weight.source, year=weight.year)
            note = sources.setdefault(year if weight.year else weight.source, len(sources) + 1)
            imputed = words("weights.imputed", n=weight.imputed_n) if weight.imputed_n else ""
            flags = [weight.nature, words("weights.simulated") if weight.simulated else "", imputed]
            rows.append(
                {
                    "domain": weight.domain,
                    "indicator": weight.indicator,
                    "unit": weight.unit,
                    "expert": figures(weight.expert),
                    "expert_interval": _minutes(weight.expert_low, weight.expert_high),
                    "data": figures(weight.data),
                    "data_interval": _minutes(weight.data_low, weight.data_high),
                    "retained": figures(weight.retained),
                    "retained_interval": _minutes(weight.low, weight.high),
                    "flags": ", ".join(flag for flag in flags if flag),
                    "source": note,
                }
            )
        missions.append(
            {
                "name": mission.name,
                "rows": rows,
                "basis": _basis(result, mission),
                "naive": checks.naive(result, mission),
            }
        )
    confidence = percent(result.parameters["confidence_level"].value)
    return {
        "intro": words("weights.intro", confidence=confidence),
        "missions": missions,
        "sources": sorted(sources, key=lambda source: sources[source]),
    }


def _minutes(low: float, high: float) -> str:
    return "" if low != low else words("units.interval", low=figures(low), high=figures(high))


def _basis(result: RunResult, mission: MissionResult) -> str:
    fit = mission.fit
    unsurveyed = fit.deciding == "expert" and fit.reason.get("data") == "no_survey" and not result.surveyed(mission.id)
    said = words(f"weights.deciding.{'expert_alone' if unsurveyed else fit.deciding}", mission=mission.name)
    if fit.respondents_n < evidence.minimum_workers(result) or fit.condition_number != fit.condition_number:
        return said
    answers, areas = counted(fit.respondents_n, "answer"), number(fit.areas_n, 0)
    return f"{said} {words('weights.basis', answers=answers, areas=areas, condition=number(fit.condition_number, 0))}"


def method(result: RunResult) -> list[dict[str, Any]]:
    tied = [name for m in result.missions.values() for name in names_of(result, m.allocation.tied)]
    filled = {
        "expert_uncertainty": percent(result.parameters["expert_uncertainty"].value),
        "draws": number(result.draws_n, 0),
        "available": number(result.available_min / 60, 0),
        "step": counted(result.study.settings.step, "post"),
        "seed": result.seed,
        "tied": words("method.tied_some", list=listed(tied)) if tied else words("method.tied_none"),
    }
    steps = []
    for step in entry("method.steps"):
        formula = step["fairness"][result.study.settings.fairness] if "fairness" in step else step.get("formula_html")
        steps.append(
            {
                "title": step["title"],
                "text": markup(step["text_html"], **filled),
                "formula": markup(formula) if formula else "",
                "after": markup(step["after_html"], **filled) if "after_html" in step else "",
            }
        )
    return steps


def limits(result: RunResult) -> list[str]:
    lines = list(entry("limits.lines"))
    return [words("limits.simulated"), *lines] if result.study.settings.simulated else lines


def parameters(result: RunResult) -> dict[str, Any]:
    return {
        "lines": [
            {"name": p.name, "value": _plain(p.value), "unit": p.unit, "since": p.since, "source": p.source}
            for p in evidence.parameter_lines(result)
        ],
        "choices": evidence.choice_lines(result),
        "inputs": evidence.input_lines(result),
        "warnings": evidence.warning_lines(result),
    }


def _plain(value: float) -> str:
    """A parameter without idle decimals: 1 607, 0,95."""
    decimals = next((d for d in (0, 1, 2, 3) if abs(value - round(value, d)) < 1e-9), 4)
    return number(value, decimals)
