"""Sheets on whether the fit holds: tests, other readings by territory, indicators, merges; need by profession."""

from typing import Any

from xlsxwriter.workbook import Workbook

from workload.models.need import EVERYBODY
from workload.models.ratio import Floats
from workload.pipeline import MissionResult, RunResult
from workload.reporting import detail_sheets, evidence
from workload.reporting.check_fit import component_label, merge_label
from workload.reporting.check_words import fair_fte, territory_names
from workload.reporting.checks import checks_of, surveyed, territory_level
from workload.reporting.disclosure import open_territories
from workload.reporting.sheets import Sheet, Value
from workload.reporting.view import notice_of
from workload.reporting.wording import entry, words

SHEETS = {
    "checks": (28, 30, 62, 13, 62),
    "checks_detail": (30, 34, *[12] * 13, 28),
    "reading": (32, 50, 10, 12, 12, 12, 22, 46, 12),
    "benchmarks": (32, 22, 34, 48, 11, 11, 11, 11),
    "professions": (32, 22, 22, 14, 16, 40),
    "detail": (32, 22, 24, 16, 50, 9, 9, 9, 10, 11, 11, 11, 12, 13, 13, 13),
}


def add_sheets(book: Workbook, formats: dict[str, Any], result: RunResult) -> None:
    fills = {"checks": _checks, "checks_detail": _checks_detail, "professions": _professions} | detail_sheets.FILLS
    for name, widths in SHEETS.items():
        title = f"{words(f'sheets.{name}')} — {result.study.settings.title}"
        sheet = Sheet(book, formats, words(f"sheets.{name}"), widths, title, notice_of(result))
        sheet.row += 1
        fills[name](sheet, result)


def _checks(sheet: Sheet, result: RunResult) -> None:
    """The tests of the page, in words."""
    headings = (words(f"checks.{name}") for name in ("test", "result", "verdict", "meaning"))
    sheet.headings([entry("workbook.headings")["mission"], *headings], freeze=2)
    for mission in result.missions.values():
        if not surveyed(mission):
            sheet.line(words("checks.unsurveyed", mission=mission.name))
        for check in checks_of(result, mission):
            label = words(f"checks.verdicts.{check.verdict}")
            sheet.values([mission.name, check.name, check.result, label, check.meaning], ["wrapped"] * 5)
    sheet.line(words("checks.privacy"))


def _checks_detail(sheet: Sheet, result: RunResult) -> None:
    """Figures by territory, by indicator and by merge."""
    _by_territory(sheet, result)
    _by_component(sheet, result)
    _by_merge(sheet, result)


def _table(sheet: Sheet, title: str, *headings: str) -> None:
    sheet.row += 1
    sheet.line(words(f"sheets.{title}"), "title")
    detail_sheets.table_headings(sheet, *headings)


def _by_territory(sheet: Sheet, result: RunResult) -> None:
    names = ("mission", "territory", "current", "fair_share", "cancelling", "all", "external", "plain")
    _table(
        sheet,
        "by_territory",
        *(*names, "territory_level", "noting", "left_out", "error", "population_error", "cooks", "misplaced"),
        "misplaced_domain",
    )
    shown = evidence.shown_time_use(result)
    for mission in result.missions.values():
        told = open_territories(shown, mission.id)
        for t, place in enumerate(mission.need.territories):
            own: list[Value] = [words("units.withheld") if surveyed(mission) else None] * 6
            if place in told and surveyed(mission):
                own = _answers(result, mission, place)
            values = [mission.name, result.territory_names[place], *_readings(mission, t), *own]
            styles = ["text", "text", "posts", *["estimate"] * 7, "estimate", "share", "share", "estimate", "share"]
            known = zip(values[:-1], styles, strict=True)
            styles = ["withheld" if s not in ("text",) and isinstance(v, str) else s for v, s in known]
            sheet.values(values, [*styles, "text"])
    sheet.line(words("sheets.by_territory_note"))


def _readings(mission: MissionResult, t: int) -> list[Value]:
    """Posts today, and fair shares by every other way of reading the same data."""
    checks, ledger = mission.checks, mission.justification.ledgers[t]
    gap = checks.external.gaps[t] if checks.external else None
    lines = (checks.plain_fte, territory_level(mission))
    level = checks.supply[t].cancelling_fte if checks.supply else None
    noting = checks.noting.without_error_fte if checks.noting and checks.noting.reason is None else None
    both = [gap.all_fte, gap.external_fte] if gap else [None, None]
    fair = float(fair_fte(mission)[t])
    return [float(ledger.current), fair, level, *both, *(_at(line, t) for line in (*lines, noting))]


def _at(values: Floats | None, t: int) -> float | None:
    return None if values is None else float(values[t])


def _answers(result: RunResult, mission: MissionResult, place: str) -> list[Value]:
    """What the territory's own answers do: only where they may be shown."""
    checks = mission.checks
    out = next((r for r in (checks.left_out.left_out if checks.left_out else ()) if r.territory == place), None)
    near = next((r for r in (checks.residuals.by_territory if checks.residuals else ()) if r.territory == place), None)
    cooks = checks.cooks
    distance = dict(zip(cooks.territories, cooks.by_territory, strict=True)).get(place) if cooks else None
    left: list[Value] = [None, None, None]
    if out is not None:
        left = [max(abs(float(c)) for c in out.change_fte), out.fitted_error, out.population_error]
    domain = result.study.taxonomy.domains[near.domain] if near else None
    return [*left, None if distance is None else float(distance), near.misplaced_share if near else None, domain]


def _by_component(sheet: Sheet, result: RunResult) -> None:
    names = ("mission", "indicator", "expert", "expert_low", "expert_high", "information_vif", "counts_vif")
    _table(sheet, "by_component", *names)
    for mission in result.missions.values():
        found, expert = mission.checks.collinearity, mission.fit.lines.get("expert")
        for p in range(len(mission.fit.components)):
            lines = (expert.minutes_per_unit, expert.low, expert.high) if expert else (None, None, None)
            vif = [found.information_vif[p], found.counts_vif[p]] if found else [None, None]
            label = component_label(result, mission, p)
            sheet.values(
                [mission.name, label, *(_at(line, p) for line in lines), *vif], ["text", "wrapped"] + ["estimate"] * 5
            )


def _by_merge(sheet: Sheet, result: RunResult) -> None:
    if not any(mission.checks.merges for mission in result.missions.values()):
        return
    names = ("mission", "pair", "territory", "correlation", "fair_before", "fair_after", "posts_before", "posts_after")
    _table(sheet, "by_merge", *names)
    for mission in result.missions.values():
        for merge in mission.checks.merges:
            posts = zip(merge.posts_before, merge.posts_after, strict=True)
            for t, (place, (before, after)) in enumerate(zip(territory_names(result, mission), posts, strict=True)):
                fair = [float(merge.fair_before[t]), float(merge.fair_after[t])]
                label = [mission.name, merge_label(result, merge), place]
                styles = ["text", "wrapped", "text", *["estimate"] * 3, "posts", "posts"]
                sheet.values([*label, merge.proposal.correlation, *fair, before, after], styles)


def _professions(sheet: Sheet, result: RunResult) -> None:
    names = ("mission", "territory", "profession", "need", "shifted", "basis")
    detail_sheets.table_headings(sheet, *names, freeze=3)
    for mission in result.missions.values():
        need, shifted = mission.need, mission.estimate.shifted
        basis = dict(zip(mission.estimate.time.professions, mission.estimate.time.basis, strict=True))
        for t, place in enumerate(territory_names(result, mission)):
            for name in (shifted or need).professions:
                k = need.professions.index(name) if name in need.professions else None
                before = float(need.need_by_profession_fte[t, k]) if k is not None else 0.0
                after = float(shifted.need_by_profession_fte[t, shifted.professions.index(name)]) if shifted else None
                label = words("workbook.everyone") if name == EVERYBODY else name
                told = words(f"sheets.basis.{basis[name]}") if name in basis else ""
                sheet.values(
                    [mission.name, place, label, before, after, told], ["text"] * 3 + ["estimate"] * 2 + ["text"]
                )
    _norms(sheet, result)


def _norms(sheet: Sheet, result: RunResult) -> None:
    declared = [(m, m.checks.normative) for m in result.missions.values() if m.checks.normative]
    if not declared:
        return
    _table(sheet, "norm", "mission", "territory", "minimal_hours", "optimal_hours", "minimal_fte", "optimal_fte")
    for mission, found in declared:
        lines = (found.minimal_hours, found.optimal_hours, found.minimal_fte, found.optimal_fte)
        for t, place in enumerate(territory_names(result, mission)):
            styles = ["text", "text", "count", "count", "estimate", "estimate"]
            sheet.values([mission.name, place, *(float(line[t]) for line in lines)], styles)
