"""rapport.xlsx: the same figures as the report, with formulas where they add up, and their values beside them."""

from datetime import datetime, time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd

from workload.allocation.justify import RowKind
from workload.models.timeuse import ALL
from workload.pipeline import MissionResult, RunResult
from workload.reporting import checks_sheets, evidence
from workload.reporting.moves import Move, moves_of, total_of
from workload.reporting.reasons_sheets import write_reason_sheets
from workload.reporting.sheets import Sheet, Value, cell, column_range, new_workbook
from workload.reporting.view import notice_of
from workload.reporting.wording import cause_label, domain_label, entry, percent, words

WIDTHS: dict[str, tuple[float, ...]] = {
    "readme": (105,),
    "summary": (30, 22, 11, 10, 10, 10, 10, 10, 12, 10, 10, 12, 27),
    "ledger": (32, 22, 42, 36, 13, 11, 46),
    "weights": (32, 34, 38, 13, 10, 10, 10, 10, 11, 10, 10, 10, 8, 12, 7, 50),
    "time": (32, 22, 14, 15, 50, 9, 9, 9, 10, 9),
    "coverage": (46, 26, 12, 12, 12, 12, 12, 14),
    "parameters": (46, 36, 12, 13, 80),
}


def write_workbook(result: RunResult, path: Path, generated: str) -> None:
    """Writes the workbook; `generated` is the time shown. Apart from it, same result, same bytes."""
    book, formats = new_workbook(str(path))
    day = datetime.combine(result.study.settings.day, time())
    book.set_properties({"title": words("head.title"), "subject": result.study.settings.title, "created": day})
    for name, fill in (
        ("readme", _readme),
        ("summary", _summary),
        ("ledger", _ledger),
        ("weights", _weights),
        ("coverage", _coverage),
        ("time", _time),
        ("parameters", _parameters),
    ):
        heading = words("head.title" if name == "readme" else f"workbook.{name}")
        title = f"{heading} — {result.study.settings.title}"
        sheet = Sheet(book, formats, words(f"workbook.{name}"), WIDTHS[name], title, notice_of(result))
        if name == "readme":
            sheet.line(words("head.generated", generated=generated))
        sheet.row += 1
        fill(sheet, result)
    write_reason_sheets(book, formats, result, notice_of(result))
    checks_sheets.add_sheets(book, formats, result)
    book.close()


def _headings(*names: str) -> list[str]:
    known = entry("workbook.headings")
    return [known[name] for name in names]


def _readme(sheet: Sheet, result: RunResult) -> None:
    sheet.page.fit_to_pages(1, 1)
    for line in [*entry("workbook.readme_lines"), "", words("limits.title"), *_limits(result)]:
        sheet.values([line], ["wrapped"], total=line == words("limits.title"))


def _limits(result: RunResult) -> list[str]:
    lines: list[str] = entry("limits.lines")
    return [words("limits.simulated"), *lines] if result.study.settings.simulated else lines


_SUMMARY = ("text", "text", "posts", "estimate", "estimate", "estimate", "estimate", "posts")
CURRENT, NEED, FAIR, FINAL, CHANGE, BEFORE, AFTER = 2, 3, 6, 7, 8, 9, 10


def _summary(sheet: Sheet, result: RunResult) -> None:
    """One line per territory and mission; totals, changes and pressures are formulas."""
    names = ["mission", "territory", "current", "need", "need_low", "need_high", "fair_share", "final"]
    names += ["change", "pressure_before", "pressure_after", "kept", "support"]
    sheet.headings(_headings(*names), freeze=2)
    for mission in result.missions.values():
        moves, first = moves_of(result, mission), sheet.row
        for move in moves:
            _summary_line(sheet, mission, move)
        _summary_total(sheet, mission, moves, first)
    sheet.row += 1
    sheet.line(words("posts.mark_note", threshold=percent(result.parameters["kept_in_draws_threshold"].value)))


def _summary_line(sheet: Sheet, mission: MissionResult, move: Move) -> None:
    row = sheet.row
    given: list[Value] = [mission.name, move.name, move.current, move.need_fte, move.need_low, move.need_high]
    for column, (value, style) in enumerate(zip([*given, move.fair_share, move.final], _SUMMARY, strict=True)):
        sheet.value(column, value, style)
    sheet.formula(CHANGE, f"={cell(row, FINAL)}-{cell(row, CURRENT)}", move.change, "change")
    for column, posts, value in ((BEFORE, CURRENT, move.pressure_before), (AFTER, FINAL, move.pressure_after)):
        if value is None:
            sheet.value(column, None, "percent")
        else:
            sheet.formula(column, f"={cell(row, NEED)}/{cell(row, posts)}", value, "percent")
    sheet.value(11, float(move.kept_share), "percent")
    support = "unchanged" if not move.change else "supported" if move.supported else "unsupported"
    sheet.value(12, words(f"workbook.{support}"), "text")
    sheet.row += 1


def _summary_total(sheet: Sheet, mission: MissionResult, moves: tuple[Move, ...], first: int) -> None:
    total, last = total_of(moves), sheet.row - 1
    sums = {CURRENT: total.current, NEED: total.need_fte, FAIR: sum(m.fair_share for m in moves), FINAL: total.final}
    for column in range(13):
        sheet.value(column, None, "text", total=True)
    sheet.value(0, mission.name, "text", total=True)
    sheet.value(1, words("workbook.total"), "text", total=True)
    for column, value in sums.items():
        style = "posts" if column in (CURRENT, FINAL) else "estimate"
        sheet.formula(column, f"=SUM({column_range(column, first, last)})", value, style, total=True)
    change = total.final - total.current
    sheet.formula(CHANGE, f"=SUM({column_range(CHANGE, first, last)})", change, "change", total=True)
    sheet.row += 1


def _ledger(sheet: Sheet, result: RunResult) -> None:
    """Every row of every ledger, then the check that they add to the change."""
    names = ("mission", "territory", "cause", "domain", "kind", "posts", "fraction")
    sheet.headings(_headings(*names), freeze=2)
    first = sheet.row
    for mission in result.missions.values():
        for ledger in mission.justification.ledgers:
            for row in ledger.rows:
                domain = domain_label(result, row.cause) if row.kind is RowKind.INDICATOR else ""
                kind = words(f"kinds.{row.kind.value}")
                place = [mission.name, result.territory_names[ledger.unit], cause_label(result, mission, row)]
                styles = ["text", "text", "text", "text", "text", "row", "text"]
                sheet.values([*place, domain, kind, row.posts, str(row.posts)], styles)
    last = sheet.row - 1
    sheet.row += 1
    sheet.line(words("workbook.check"), "title")
    sheet.headings(_headings("mission", "territory", "current", "final", "change", "rows_total", "gap"))
    for mission in result.missions.values():
        for move in moves_of(result, mission):
            _check_line(sheet, mission, move, first, last)


def _check_line(sheet: Sheet, mission: MissionResult, move: Move, first: int, last: int) -> None:
    """SUMPRODUCT, not SUMIFS: a territory's name is compared as it is, never read as a criterion."""
    row = sheet.row
    where = " * ".join(f"({column_range(column, first, last, fixed=True)}={cell(row, column)})" for column in (0, 1))
    rows_total = float(sum((r.posts for r in move.ledger.rows), Fraction(0)))
    given: list[Value] = [mission.name, move.name, move.current, move.final]
    for column, value in enumerate(given):
        sheet.value(column, value, "text" if column < 2 else "posts")
    sheet.formula(4, f"={cell(row, 3)}-{cell(row, 2)}", move.change, "change")
    sheet.formula(5, f"=SUMPRODUCT({where} * {column_range(5, first, last, fixed=True)})", rows_total, "row")
    sheet.formula(6, f"=ROUND({cell(row, 5)}-{cell(row, 4)},9)", 0.0, "row")
    sheet.row += 1


def _weights(sheet: Sheet, result: RunResult) -> None:
    names = ["mission", "domain", "indicator", "unit", "expert", "data", "data_low", "data_high", "retained"]
    names += ["low", "high", "nature", "simulated", "imputed", "year", "source"]
    sheet.headings(_headings(*names), freeze=3)
    styles = ["text"] * 4 + ["estimate"] * 7 + ["text", "text", "count", "text", "wrapped"]
    for mission in result.missions.values():
        for weight in evidence.weights_of(result, mission):
            simulated = words("workbook.yes" if weight.simulated else "workbook.no")
            lines = [weight.expert, weight.data, weight.data_low, weight.data_high]
            retained = [weight.retained, weight.low, weight.high]
            told: list[Value] = [weight.nature, simulated, weight.imputed_n, weight.year, weight.source]
            sheet.values([mission.name, weight.domain, weight.indicator, weight.unit, *lines, *retained, *told], styles)


def _coverage(sheet: Sheet, result: RunResult) -> None:
    """What the sources publish, by indicator and territory, for the indicators not published everywhere."""
    study = result.study
    statuses = ("published", "secret", "missing", "lower_bound")
    sheet.headings(_headings("indicator", "territory", "communes", *statuses, "imputed_error"), freeze=2)
    rows = [row for row in study.coverage.to_dict("records") if row["communes_published"] < 1]
    for row in rows:
        described = study.indicators.get(str(row["indicator"]))
        label = described.label if described else str(row["indicator"])
        shares: list[Value] = [float(row[f"communes_{status}"]) for status in statuses]
        error = described.relative_error if described else None
        place = result.territory_names[str(row["territory"])]
        styles = ["text", "text", "count", *["share"] * 4, "share"]
        sheet.values([label, place, int(row["communes"]), *shares, error], styles)
    sheet.line(words("workbook.coverage_note" if rows else "workbook.coverage_whole"))


def _time(sheet: Sheet, result: RunResult) -> None:
    """Publishable shares, then who answered."""
    shown = evidence.shown_time_use(result)
    names = ("mission", "territory", "profession", "level", "code", "share", "low", "high", "hours", "answers")
    sheet.headings(_headings(*names), freeze=2)
    everywhere, everyone = words("workbook.department"), words("workbook.everyone")
    levels: dict[str, str] = entry("workbook.levels")
    labels = {level: evidence.code_labels(result, level) for level in levels}
    styles = ["text"] * 5 + ["share"] * 3 + ["estimate", "count"]
    for row in shown.shares.to_dict("records"):
        territory = everywhere if row["territory"] == ALL else result.territory_names[str(row["territory"])]
        profession = everyone if row["profession"] == ALL else str(row["profession"])
        level, mission = str(row["level"]), result.missions[str(row["mission"])].name
        figures: list[Any] = [row[name] for name in ("share", "low", "high", "hours_per_week", "respondents_n")]
        sheet.values([mission, territory, profession, levels[level], labels[level][str(row["code"])], *figures], styles)
    sheet.break_page()  # a table of its own; and LibreOffice may add an empty page where a sheet ends near a page's end
    sheet.line(words("workbook.response"), "title")
    sheet.headings(_headings("mission", "territory", "occupied", "answers", "rate"))
    for answer in shown.response.to_dict("records"):
        total = answer["territory"] == ALL
        territory = everywhere if total else result.territory_names[str(answer["territory"])]
        counts = [_shown(answer[name]) for name in ("occupied_n", "respondents_n", "response_rate")]
        name = result.missions[str(answer["mission"])].name
        known = ("count", "count", "percent")
        styles = ["withheld" if isinstance(c, str) else style for c, style in zip(counts, known, strict=True)]
        sheet.values([name, territory, *counts], ["text", "text", *styles], total)
    sheet.line(words("time.response_note", minimum=evidence.minimum_workers(result)))


def _shown(figure: Any) -> Any:
    return words("units.withheld") if pd.isna(figure) else figure


def _parameters(sheet: Sheet, result: RunResult) -> None:
    names = [words(f"parameters.{name}") for name in ("name", "value", "unit", "since", "source")]
    sheet.headings(names, freeze=1)
    for p in evidence.parameter_lines(result):
        sheet.values([p.name, p.value, p.unit, p.since, p.source], ["text", "plain", "text", "text", "wrapped"])
    sheet.row += 1
    sheet.line(words("parameters.run"), "title")
    for name, value in evidence.choice_lines(result):
        sheet.values([name, value], ["text", "wrapped"])
    sheet.row += 1
    sheet.line(words("parameters.inputs"), "title")
    sheet.headings([words(f"parameters.input_{name}") for name in ("file", "hash", "count")])
    for line in evidence.input_lines(result):
        sheet.values([line.file, line.fingerprint, line.count], ["text", "text", "count"])
    sheet.line(words("parameters.inputs_note"))
    for warning in evidence.warning_lines(result):
        sheet.line(warning)
