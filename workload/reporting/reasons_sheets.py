"""Sheets of the workbook with every threshold, every other way, the way there and the weeks of posts."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from xlsxwriter.workbook import Workbook

from workload.allocation.margin import NEED, Counterfactual
from workload.allocation.methods import Reason
from workload.allocation.post_profile import EVERYWHERE
from workload.catalogue import text
from workload.pipeline import MissionResult, RunResult
from workload.reporting.gains import plan_shown, years_of
from workload.reporting.sheets import Sheet, Value
from workload.reporting.thresholds import count_explaining, threshold_label
from workload.reporting.ways import way_label
from workload.reporting.wording import domain_label, entry, words

_WIDTHS = {
    "thresholds": (32, 22, 42, 36, 11, 11, 14, 14, 11, 22),
    "ways": (32, 22, 42, 26, 11, 11, 11, 14),
    "path": (32, 22, 15, 11, 11, 12),
    "profiles": (32, 22, 36, 36, 14, 14),
}
Fill = Callable[[Sheet, RunResult], None]


def write_reason_sheets(book: Workbook, formats: dict[str, Any], result: RunResult, notice: str) -> None:
    """Four sheets behind those that the book has."""
    fills: dict[str, Fill] = {"thresholds": _thresholds, "ways": _ways, "path": _path, "profiles": _profiles}
    for name, fill in fills.items():
        heading = words(f"reason_sheets.{name}")
        sheet = Sheet(book, formats, heading, _WIDTHS[name], f"{heading} — {result.study.settings.title}", notice)
        sheet.line(words(f"reason_sheets.{name}_note"))
        sheet.row += 1
        fill(sheet, result)


def _headings(*names: str) -> list[str]:
    known = entry("reason_sheets.headings")
    return [known[name] for name in names]


def _thresholds(sheet: Sheet, result: RunResult) -> None:
    names = ("mission", "territory", "indicator", "domain", "final", "target", "today", "needed", "relative", "whole")
    sheet.headings(_headings(*names), freeze=3)
    for mission in result.missions.values():
        for t, rows in enumerate(mission.reasons.counterfactuals.values()):
            for row in rows:
                _threshold(sheet, result, mission, t, row)


def _threshold(sheet: Sheet, result: RunResult, mission: MissionResult, t: int, row: Counterfactual) -> None:
    step, unit = mission.instance.step, mission.instance.units[t]
    never = words("reason_sheets.never")
    relative = row.change_relative
    if row.component == NEED:
        need = float(mission.need.need_fte[t])
        label, domain, style = words("reason_sheets.need_total"), "", "estimate"
        counts: list[Value] = [need, never if relative is None else need * float(1 + relative), relative, None]
    else:
        label, domain, style = (
            threshold_label(result, mission, row.component),
            domain_label(result, row.component),
            "count",
        )
        counts = [row.from_count, never if row.to_count is None else row.to_count, relative]
        counts.append(count_explaining(mission, t, row))
    posts: list[Value] = [mission.allocation.steps[t] * step, row.steps * step]
    needed = "text" if isinstance(counts[1], str) else style
    sheet.values(
        [mission.name, result.territory_names[unit], label, domain, *posts, *counts],
        ["text", "text", "text", "text", "posts", "posts", style, needed, "share", "count"],
    )


def _ways(sheet: Sheet, result: RunResult) -> None:
    names = ("mission", "territory", "way", "reason", "current", "final", "posts", "same")
    sheet.headings(_headings(*names), freeze=3)
    styles = ["text"] * 4 + ["posts"] * 3 + ["text"]
    for mission in result.missions.values():
        found = mission.reasons.ways
        for t, unit in enumerate(found.units):
            place = [mission.name, result.territory_names[unit.unit]]
            parted = {name for name, _ in unit.parted}
            for way in found.ways:
                if way.reason is Reason.PRESENT:
                    continue
                posts = None if way.posts is None else way.posts[t]
                same = "" if posts is None else words("workbook.no" if way.name in parted else "workbook.yes")
                reason = text(f"way_reason_{way.reason.value}")
                sheet.values([*place, way_label(way.name), reason, unit.current, unit.final, posts, same], styles)


def _path(sheet: Sheet, result: RunResult) -> None:
    sheet.headings(_headings("mission", "territory", "year", "posts", "final", "left"), freeze=3)
    withheld = words("reason_sheets.withheld")
    for mission in result.missions.values():
        shown = plan_shown(mission.reasons.gain)
        for given in _path_rows(result, mission):
            values = given if shown else [*given[:3], withheld, given[4], withheld]
            figure = "posts" if shown else "withheld"
            left = "change" if shown else "withheld"
            sheet.values(values, ["text", "text", "plain", figure, "posts", left])


def _path_rows(result: RunResult, mission: MissionResult) -> Iterator[list[Value]]:
    """Every territory at the end of every year."""
    plan = mission.reasons.plan
    for t, final in enumerate(mission.allocation.posts(mission.instance.step)):
        for year, posts in zip(years_of(result, plan), plan.posts[1:], strict=True):
            yield [mission.name, result.territory_names[plan.units[t]], year, posts[t], final, final - posts[t]]


def _profiles(sheet: Sheet, result: RunResult) -> None:
    names = ("mission", "territory", "domain", "mode", "minutes", "department_minutes")
    sheet.headings(_headings(*names), freeze=2)
    for row in result.profiles.week.to_dict("records"):
        sheet.values(
            [
                result.missions[str(row["mission"])].name,
                _place(result, str(row["territory"])),
                result.study.taxonomy.domains[str(row["domain"])],
                result.study.taxonomy.modes[str(row["mode"])],
                float(row["minutes_per_week"]),
                float(row["department_minutes_per_week"]),
            ],
            ["text", "text", "text", "text", "estimate", "estimate"],
        )
    for row in result.profiles.withheld.to_dict("records"):
        place: Sequence[Value] = [result.missions[str(row["mission"])].name, _place(result, str(row["territory"]))]
        sheet.values([*place, words("reason_sheets.withheld")], ["text", "text", "withheld"])


def _place(result: RunResult, territory: str) -> str:
    return words("workbook.department") if territory == EVERYWHERE else result.territory_names[territory]
