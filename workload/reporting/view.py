"""The page's content as plain data, section by section; the template only lays it out."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from workload.catalogue import number
from workload.pipeline import MissionResult, RunResult
from workload.reporting import annexes, checks, evidence
from workload.reporting.brief import brief_lines
from workload.reporting.contours import territory_outlines
from workload.reporting.figures import Place, map_figure
from workload.reporting.moves import Move, moves_of, total_of
from workload.reporting.path import path_section
from workload.reporting.profiles import profiles_section
from workload.reporting.reasons import next_step
from workload.reporting.territories import territory_sections
from workload.reporting.together import together_section
from workload.reporting.ways import ways_section
from workload.reporting.wording import (
    change,
    change_figure,
    entry,
    interval,
    listed,
    names_of,
    percent,
    words,
)


def report_view(result: RunResult, generated: str) -> dict[str, Any]:
    """Everything the template shows, already in words."""
    moves = {mission.id: moves_of(result, mission) for mission in result.missions.values()}
    main = result.main
    shown = evidence.shown_time_use(result)
    others = [mission for mission in result.missions.values() if mission.id != main.id]
    return {
        "head": _head(result, generated),
        "brief": brief_lines(result, moves),
        "posts": _posts_table(result, main, moves[main.id]),
        "next_step": next_step(result, main),
        "map": _map(result, moves[main.id]),
        "territories": territory_sections(result, main, moves[main.id], shown.shares, shown.response),
        "others": [_posts_table(result, mission, moves[mission.id]) for mission in others],
        "together": together_section(result),
        "ways": ways_section(result),
        "path": path_section(result),
        "profiles": profiles_section(result),
        "caseload": annexes.caseload(result),
        "time": annexes.time(result),
        "weights": annexes.weights(result),
        "checks": checks.section(result),
        "method": annexes.method(result),
        "limits": annexes.limits(result),
        "parameters": annexes.parameters(result),
    }


def day_text(day: date) -> str:
    first = entry("units.first_day") if day.day == 1 else day.day
    return f"{first} {entry('units.months')[day.month - 1]} {day.year}"


def notice_of(result: RunResult) -> str:
    """What a simulated study says of itself; empty for a real one."""
    settings = result.study.settings
    return (settings.notice.strip() or words("simulated.default")) if settings.simulated else ""


def _head(result: RunResult, generated: str) -> dict[str, Any]:
    settings, campaign = result.study.settings, result.study.settings.campaign
    if campaign is None:
        dated = words("head.date_without_survey", day=day_text(settings.day))
    else:
        start, end = day_text(campaign.start), day_text(campaign.end)
        dated = words("head.date", day=day_text(settings.day), start=start, end=end)
    return {
        "study": settings.title,
        "page_title": words("head.page_title", study=settings.title),
        "running": words("head.running", study=settings.title),
        "date": dated,
        "generated": words("head.generated", generated=generated),
        "simulated": settings.simulated,
        "notice": notice_of(result),
    }


def _posts_table(result: RunResult, mission: MissionResult, moves: tuple[Move, ...]) -> dict[str, Any]:
    total = total_of(moves)
    tied = names_of(result, mission.allocation.tied)
    return {
        "mission": mission.name,
        "caption": words("posts.caption", mission=mission.name),
        "ledger": words("others.ledger", mission=mission.name),
        "rows": [_posts_row(move) for move in moves],
        "total": {
            "current": number(total.current),
            "need": number(total.need_fte, 2),
            "final": number(total.final),
            "change": change_figure(total.final - total.current),
        },
        "need_note": words("posts.need_note", confidence=percent(result.parameters["confidence_level"].value)),
        "note": words("posts.note", draws=number(result.draws_n, 0)),
        "mark_note": words("posts.mark_note", threshold=percent(result.parameters["kept_in_draws_threshold"].value)),
        "tied": words("posts.tied", list=listed(tied), seed=result.seed) if tied else "",
    }


def _posts_row(move: Move) -> dict[str, Any]:
    def pressure(value: float | None) -> str:
        return words("units.missing") if value is None else percent(value)

    return {
        "id": move.territory,
        "name": move.name,
        "current": number(move.current),
        "need": number(move.need_fte, 2),
        "interval": interval(move.need_low, move.need_high, 2),
        "final": number(move.final),
        "change": change_figure(move.change),
        "sign": "less" if move.change < 0 else "more" if move.change > 0 else "same",
        "before": pressure(move.pressure_before),
        "after": pressure(move.pressure_after),
        "kept": percent(float(move.kept_share)),
        "supported": move.supported,
    }


def _map(result: RunResult, moves: Sequence[Move]) -> dict[str, Any] | None:
    found = territory_outlines(result.study)
    if found is None:
        return None
    outlines, aspect = found
    places = [
        Place(m.name, change_figure(m.change), m.change, outlines[m.territory].rings, outlines[m.territory].inside)
        for m in moves
        if m.territory in outlines
    ]
    legend = {key: words(f"map.{key}") for key in ("gives", "same", "receives")}
    said = listed(words("brief.unsupported_item", territory=m.name, change=change(m.change)) for m in moves)
    return {
        "svg": Markup(map_figure(places, aspect, legend, "map")),  # noqa: S704 (made by matplotlib, text escaped there)
        "caption": words("map.caption", mission=result.main.name),
        "alternative": words("map.alternative", list=said),
    }
