"""enquete/: time-use sheets as they came back, one workbook per agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from workload.errors import Issue, Severity
from workload.ingest.grid import Sheet, Workbook, address
from workload.ingest.layouts import Field, Layout, load
from workload.ingest.study_file import StudyFile
from workload.ingest.tables import KINDS, did_you_mean
from workload.ingest.values import clean_text, normalise, parse_date, parse_duration_min, shown
from workload.parameters import Taxonomy

FOLDER = "enquete"
HEADER_SEARCH_ROWS = 30


@dataclass(frozen=True, slots=True)
class SurveySheet:
    """One sheet read: its header, and minutes by item over the period."""

    file: str
    header: Mapping[str, Any]
    minutes_by_item: Mapping[str, int]  # item code → minutes over the period
    header_cells: Mapping[str, str]  # header field → cell
    sheet: str


def read_survey(
    workbook: Workbook, taxonomy: Taxonomy, study: StudyFile, day_maximum_h: float
) -> tuple[SurveySheet | None, list[Issue]]:
    """The sheet of one agent, or every reason why it cannot be taken."""
    layout = load("surveys.csv")["agent-form"]
    sheet = workbook.sheet(layout.sheet)
    if sheet is None:
        return None, [Issue("missing_sheet", workbook.file, params={"sheet": layout.sheet})]
    header, cells, issues = _header(sheet, layout)
    table = _items_heading(sheet, layout)
    if table is None:
        heading = ", ".join(f.heading for f in layout.part("items"))
        return None, [*issues, Issue("missing_heading", sheet.file, sheet.name, params={"heading": heading})]
    minutes, item_issues = _items(sheet, layout, table, taxonomy, study, day_maximum_h)
    issues += item_issues
    if not issues and not sum(minutes.values()):
        issues.append(Issue("empty_survey", sheet.file, sheet.name, address(table.row + 1, min(table.days, default=1))))
    return SurveySheet(sheet.file, header, minutes, cells, sheet.name), issues


def _header(sheet: Sheet, layout: Layout) -> tuple[dict[str, Any], dict[str, str], list[Issue]]:
    """Header values: the cell right of each label, near the top of the sheet."""
    values: dict[str, Any] = {}
    cells: dict[str, str] = {}
    issues = []
    for field in layout.part("header"):
        label = _find_label(sheet, field)
        if label is None:
            issues.append(Issue("missing_label", sheet.file, sheet.name, params={"heading": field.heading}))
            continue
        row, column = label
        raw, cell = sheet.value(row, column + 1), address(row, column + 1)
        cells[field.name] = cell
        parse, code = KINDS[field.kind]
        if raw is None:
            issues.append(Issue("empty_cell", sheet.file, sheet.name, cell, params={"heading": field.heading}))
            continue
        try:
            values[field.name] = parse(raw)
        except ValueError:
            issues.append(Issue(code, sheet.file, sheet.name, cell, shown(raw), params={"heading": field.heading}))
    return values, cells, issues


def _find_label(sheet: Sheet, field: Field) -> tuple[int, int] | None:
    for row in range(1, min(HEADER_SEARCH_ROWS, len(sheet.rows)) + 1):
        for column in range(1, len(sheet.rows[row - 1]) + 1):
            value = sheet.value(row, column)
            if isinstance(value, str) and normalise(value) in field.names:
                return row, column
    return None


@dataclass(frozen=True, slots=True)
class _ItemTable:
    row: int
    code_column: int
    label_column: int | None
    days: Mapping[int, date | None]  # column → day, None where its heading is no date


def _items_heading(sheet: Sheet, layout: Layout) -> _ItemTable | None:
    """The row that holds the item headings, and the columns of days right of them."""
    code_field, label_field = layout.part("items")
    for row in range(1, min(2 * HEADER_SEARCH_ROWS, len(sheet.rows)) + 1):
        names = {c: normalise(sheet.value(row, c)) for c in range(1, len(sheet.rows[row - 1]) + 1)}
        code = next((c for c, name in names.items() if name in code_field.names), None)
        label = next((c for c, name in names.items() if name in label_field.names), None)
        if code is not None and label is not None:
            days: dict[int, date | None] = {}
            for column in range(max(code, label) + 1, len(names) + 1):
                value = sheet.value(row, column)
                if value is None or normalise(value).startswith("total"):
                    break
                try:
                    days[column] = parse_date(value)
                except ValueError:
                    days[column] = None
            return _ItemTable(row, code, label, days)
    return None


def _items(
    sheet: Sheet, layout: Layout, table: _ItemTable, taxonomy: Taxonomy, study: StudyFile, day_maximum_h: float
) -> tuple[dict[str, int], list[Issue]]:
    known = {item.code: item.label for item in taxonomy.items}
    stop = layout.part("stop")[0].names
    issues = _day_issues(sheet, table, study)
    minutes: dict[str, int] = {}
    day_total = dict.fromkeys(table.days, 0)
    for row in range(table.row + 1, len(sheet.rows) + 1):
        code = clean_text(sheet.value(row, table.code_column))
        label = clean_text(sheet.value(row, table.label_column or table.code_column))
        if normalise(code) in stop or normalise(label) in stop:
            break
        found, row_issues = _row_minutes(sheet, row, table)
        issues += row_issues
        if code in known:
            if code in minutes:
                issues.append(Issue("duplicate_item", sheet.file, sheet.name, address(row, table.code_column), code))
            minutes[code] = minutes.get(code, 0) + sum(found.values())
            for column, spent in found.items():
                day_total[column] += spent
        elif found or (code and not row_issues):
            choices = {f"{c} {text}": c for c, text in known.items()}
            guess = choices.get(did_you_mean(f"{code} {label}", list(choices)), "")
            issues.append(
                Issue(
                    "unknown_item",
                    sheet.file,
                    sheet.name,
                    address(row, table.code_column),
                    code or label,
                    suggestion=guess,
                )
            )
    for column, total in day_total.items():
        if total > day_maximum_h * 60:
            hours = f"{total // 60}:{total % 60:02d}"
            issues.append(Issue("day_too_long", sheet.file, sheet.name, address(table.row, column), hours))
    return minutes, issues


def _row_minutes(sheet: Sheet, row: int, table: _ItemTable) -> tuple[dict[int, int], list[Issue]]:
    found, issues = {}, []
    for column in table.days:
        raw = sheet.value(row, column)
        if raw is None:
            continue
        try:
            found[column] = parse_duration_min(raw)
        except ValueError:
            issues.append(Issue("duration_format", sheet.file, sheet.name, address(row, column), shown(raw)))
    return {column: spent for column, spent in found.items() if spent}, issues


def _day_issues(sheet: Sheet, table: _ItemTable, study: StudyFile) -> list[Issue]:
    issues = []
    for column, day in table.days.items():
        cell, raw = address(table.row, column), shown(sheet.value(table.row, column))
        if day is None:
            issues.append(Issue("date_format", sheet.file, sheet.name, cell, raw, params={"heading": "jour"}))
        elif study.campaign and not study.campaign.start <= day <= study.campaign.end:
            period = {"start": f"{study.campaign.start:%d/%m/%Y}", "end": f"{study.campaign.end:%d/%m/%Y}"}
            issues.append(Issue("day_outside_campaign", sheet.file, sheet.name, cell, raw, params=period))
    if not table.days:
        issues.append(Issue("no_days", sheet.file, sheet.name, address(table.row, table.code_column)))
    return issues


def match_register(sheet: SurveySheet, holder: Mapping[str, Any] | None, study: StudyFile) -> list[Issue]:
    """A sheet against the register's line of its agent (`territory_name, site, mission, profession, quotite`)."""

    def issue(code: str, field: str, severity: Severity = Severity.ERROR, **params: object) -> Issue:
        texts = {name: str(value) for name, value in params.items()}
        return Issue(
            code,
            sheet.file,
            sheet.sheet,
            sheet.header_cells.get(field, ""),
            shown(sheet.header.get(field)),
            severity,
            "",
            texts,
        )

    if "agent" not in sheet.header:
        return []
    if holder is None:
        return [issue("unknown_agent", "agent")]
    found = []
    missions = {normalise(name): code for code, m in study.missions.items() for name in (code, m.name)}
    if missions.get(normalise(sheet.header.get("mission"))) != holder["mission"]:
        found.append(
            issue("register_differs", "mission", heading="Mission", register=study.missions[holder["mission"]].name)
        )
    for field, heading in (("territory_name", "Territoire"), ("profession", "Profession")):
        if normalise(sheet.header.get(field)) != normalise(holder[field]):
            found.append(issue("register_differs", field, heading=heading, register=holder[field]))
    quotite = sheet.header.get("quotite")
    if quotite is not None and holder["quotite"] == holder["quotite"] and abs(quotite - holder["quotite"]) > 0.005:
        found.append(
            issue("quotite_differs", "quotite", Severity.WARNING, register=f"{holder['quotite']:g}".replace(".", ","))
        )
    return found
