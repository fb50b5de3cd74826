"""A workbook of time use read whole: one agent per sheet, or per row of a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from workload.errors import Issue, Severity
from workload.ingest.grid import Sheet, Workbook, address, is_list_sheet
from workload.ingest.package import ErrorCell, UncachedFormula
from workload.ingest.survey.items import ItemMap
from workload.ingest.survey.layouts import Match, SurveyLayout, best_match, label_cell
from workload.ingest.tables import KINDS
from workload.ingest.values import CellValue, normalise, shown

SKIPPED_SHEETS = ("mode d'emploi", "listes", "workload")
"""Sheets of ours that hold no answers."""


@dataclass(frozen=True, slots=True)
class SurveyContext:
    """What a sheet is read against."""

    items: ItemMap
    layouts: tuple[SurveyLayout, ...]
    campaign: tuple[date, date] | None
    day_maximum_min: int
    weekly_min: float  # of a full-time worker
    week_tolerance: float  # share by which a week may differ from the quotité before we remark on it


@dataclass(frozen=True, slots=True)
class SurveySheet:
    """One agent's answer. minutes: (day or None, item code) → minutes; header cells by field."""

    file: str
    sheet: str
    header: Mapping[str, Any]
    header_cells: Mapping[str, str]
    minutes: Mapping[tuple[date | None, str], float]

    @property
    def agent(self) -> str:
        return str(self.header.get("agent", ""))

    def minutes_by_item(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for (_, item), spent in self.minutes.items():
            found[item] = found.get(item, 0.0) + spent
        return found


@dataclass(frozen=True, slots=True)
class SurveyReading:
    layout: str  # id, or "" when none was recognised
    why: str  # labels and headings by which it was recognised
    sheets: tuple[SurveySheet, ...]
    issues: tuple[Issue, ...]


def read_survey(workbook: Workbook, context: SurveyContext) -> SurveyReading:
    """Every sheet of a survey workbook, or every reason why it cannot be taken."""
    from workload.ingest.survey.forms import read_form
    from workload.ingest.survey.lists import read_list

    issues: list[Issue] = []
    sheets: list[SurveySheet] = []
    near: list[tuple[Sheet, Match]] = []
    used: list[Match] = []
    for sheet in workbook.sheets:
        if sheet.hidden or normalise(sheet.name) in SKIPPED_SHEETS or is_list_sheet(sheet):
            continue
        if not any(True for _ in sheet.cells()):
            continue
        match = best_match(sheet, context.layouts)
        if match is None or not match.score[0]:
            if match is not None:
                near.append((sheet, match))
            elif len(workbook.sheets) > 1:
                issues.append(Issue("sheet_ignored", sheet.file, sheet.name, severity=Severity.WARNING))
            continue
        used.append(match)
        if match.layout.form == "list":
            found, wrong = read_list(sheet, match, context)
            sheets += found
        else:
            one, wrong = read_form(sheet, match, context)
            sheets += [one] if one else []
        issues += wrong
    issues += [_near_miss(sheet, match) for sheet, match in near]
    if not used and not near:
        issues.append(
            Issue("no_layout", workbook.file, params={"known": ", ".join(layout.id for layout in context.layouts)})
        )
    merged, empty = _without_empty(_merge_weeks(sheets), issues)
    issues += empty
    name = used[0].layout.id if used else ""
    if name == "agent-form" and len(merged) > 1:
        name = "team-form"
    return SurveyReading(name, ", ".join(used[0].recognised) if used else "", tuple(merged), tuple(issues))


def _near_miss(sheet: Sheet, match: Match) -> Issue:
    """A sheet that looks like one of ours but lacks something: which one, and what to put back."""
    heading = f"{match.heading_row}:{match.heading_row}" if match.heading_row else ""
    return Issue(
        "layout_near_miss",
        sheet.file,
        sheet.name,
        heading,
        params={
            "layout": match.layout.id,
            "missing": ", ".join(match.missing) or "—",
            "found": str(len(match.labels) + len(match.columns)),
        },
    )


def _without_empty(sheets: list[SurveySheet], issues: list[Issue]) -> tuple[list[SurveySheet], list[Issue]]:
    """Answers that hold something. A blank sheet beside filled ones is somebody absent; a blank workbook, an error."""
    spoilt = {issue.sheet for issue in issues if issue.severity is Severity.ERROR}
    blank = [sheet for sheet in sheets if not any(sheet.minutes.values()) and sheet.sheet not in spoilt]
    severity = Severity.WARNING if len(blank) < len(sheets) else Severity.ERROR
    return [sheet for sheet in sheets if sheet not in blank], [
        Issue("empty_survey", sheet.file, sheet.sheet, sheet.header_cells["first_item"], severity=severity)
        for sheet in blank
    ]


def _merge_weeks(sheets: list[SurveySheet]) -> list[SurveySheet]:
    """Weeks of one agent on several sheets of one workbook are one answer, as long as no day is there twice."""
    merged: dict[str, SurveySheet] = {}
    rest = []
    for sheet in sheets:
        first = merged.get(sheet.agent) if sheet.agent else None
        dated = all(day for answer in (first, sheet) if answer for day, _ in answer.minutes)
        if first is None or set(first.minutes) & set(sheet.minutes) or not dated:
            if first is None:
                merged[sheet.agent] = sheet
            else:
                rest.append(sheet)
            continue
        merged[sheet.agent] = SurveySheet(
            first.file,
            first.sheet,
            {**sheet.header, **first.header},
            first.header_cells,
            {**first.minutes, **sheet.minutes},
        )
    return [*merged.values(), *rest]


def read_header(sheet: Sheet, match: Match) -> tuple[dict[str, Any], dict[str, str], list[Issue]]:
    """Header values, the cell of each, and an issue for each that is empty or of the wrong kind."""
    values: dict[str, Any] = {}
    cells: dict[str, str] = {}
    issues = []
    for field in match.layout.part("header"):
        where = label_cell(match, field.name)
        if where is None:
            continue
        raw = sheet.value(*where)
        cells[field.name] = address(*where)
        parse, code = KINDS[field.kind]
        if raw is None:
            if field.required:
                issues.append(
                    Issue("empty_cell", sheet.file, sheet.name, cells[field.name], params={"heading": field.label})
                )
            continue
        try:
            values[field.name] = parse(raw)
        except ValueError:
            issues.append(cell_issue(sheet, where, raw, code, field.label))
    return values, cells, issues


def cell_issue(sheet: Sheet, where: tuple[int, int], raw: CellValue, code: str, heading: str = "") -> Issue:
    """The issue of an unreadable cell: an error and a formula without a result say so themselves."""
    if isinstance(raw, ErrorCell):
        code = "error_cell"
    elif isinstance(raw, UncachedFormula):
        code = "formula_without_value"
    return Issue(code, sheet.file, sheet.name, address(*where), shown(raw), params={"heading": heading})
