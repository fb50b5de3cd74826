"""The page's content as plain data, section by section; the template only lays it out."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from workload.catalogue import number
from workload.pipeline import MissionResult, RunResult
from workload.reporting import annexes, evidence
from workload.reporting.contours import territory_outlines
from workload.reporting.figures import Place, map_figure
from workload.reporting.moves import Move, moves_of, total_of
from workload.reporting.territories import territory_sections
from workload.reporting.wording import (
    change,
    change_figure,
    counted,
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
        "brief": _brief(result, moves),
        "posts": _posts_table(result, main, moves[main.id]),
        "map": _map(result, moves[main.id]),
        "territories": territory_sections(result, main, moves[main.id], shown.shares, shown.response),
        "others": [_posts_table(result, mission, moves[mission.id]) for mission in others],
        "caseload": annexes.caseload(result),
        "time": annexes.time(result),
        "weights": annexes.weights(result),
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


def _brief(result: RunResult, moves: dict[str, tuple[Move, ...]]) -> list[str]:
    """Four to seven lines: total, who gives, who receives, pressure, solidity, doubt, the other missions."""
    mission, own = result.main, moves[result.main.id]
    lines = [_brief_total(mission, own)]
    gives, receives = [m for m in own if m.change < 0], [m for m in own if m.change > 0]
    for key, group in (("gives", gives), ("receives", receives)):
        if group:
            items = [
                words(f"brief.{key}_item", posts=counted(abs(m.change), "post"), territory=m.name)
                for m in sorted(group, key=lambda m: -abs(m.change))
            ]
            lines.append(words(f"brief.{key}", list=listed(items)))
    lines += _brief_pressure(own)
    moved = sorted((m for m in own if m.change), key=lambda m: -m.kept_share)
    if moved:
        kept = [words("brief.stability_item", kept=percent(float(m.kept_share)), territory=m.name) for m in moved]
        lines.append(words("brief.stability", list=listed(kept), draws=number(result.draws_n, 0)))
        doubtful = [
            words("brief.unsupported_item", territory=m.name, change=change(m.change)) for m in moved if not m.supported
        ]
        lines.append(words("brief.unsupported", list=listed(doubtful)) if doubtful else words("brief.supported"))
    others = [
        words(
            "brief.others_item",
            mission=other.name,
            posts=counted(total_of(moves[other.id]).final, "post"),
            moved=counted(total_of(moves[other.id]).moved, "post"),
        )
        for other in result.missions.values()
        if other.id != mission.id
    ]
    return [*lines, words("brief.others", list=listed(others))] if others else lines


def _brief_total(mission: MissionResult, moves: Sequence[Move]) -> str:
    total = total_of(moves)
    before, after = counted(total.current, "post"), counted(total.final, "post")
    if not total.moved:
        return words("brief.nothing_moved", mission=mission.name, before=before, after=after)
    pass_on = entry("brief.moved")["many" if total.moved >= 2 else "one"]
    moved = str(pass_on).format(posts=counted(total.moved, "post"))
    return words("brief.total", mission=mission.name, before=before, after=after, moved=moved)


def _brief_pressure(moves: Sequence[Move]) -> list[str]:
    before = [(m.pressure_before, m.name) for m in moves if m.pressure_before is not None]
    after = [(m.pressure_after, m.name) for m in moves if m.pressure_after is not None]
    if not before or not after:
        return []
    (high_b, at_high_b), (high_a, at_high_a), (low_b, at_low_b), (low_a, at_low_a) = (
        max(before),
        max(after),
        min(before),
        min(after),
    )
    return [
        words(
            "brief.pressure",
            highest_before=percent(high_b),
            where_before=at_high_b,
            highest_after=percent(high_a),
            where_after=at_high_a,
            lowest_before=percent(low_b),
            where_lowest_before=at_low_b,
            lowest_after=percent(low_a),
            where_lowest_after=at_low_a,
        )
    ]


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
