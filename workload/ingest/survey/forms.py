"""Forms: a header, then items in rows; columns are dates, weekdays, or one column of percentages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workload.errors import Issue, Severity
from workload.ingest.grid import Sheet, address
from workload.ingest.survey.checks import check_days, hours_text
from workload.ingest.survey.layouts import Match
from workload.ingest.survey.reading import SurveyContext, SurveySheet, cell_issue, read_header
from workload.ingest.values import (
    CellValue,
    clean_text,
    elapsed_min,
    normalise,
    parse_date,
    parse_duration_min,
    parse_number,
    shown,
)

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
PERCENT_TOLERANCE = 0.5


@dataclass(slots=True)
class _Row:
    number: int
    code: str
    label: str


def read_form(sheet: Sheet, match: Match, context: SurveyContext) -> tuple[SurveySheet | None, list[Issue]]:
    """One agent's sheet. Without a readable agent nothing is taken, and the issues say why."""
    header, cells, issues = read_header(sheet, match)
    if match.layout.form == "percent":
        minutes, wrong = _percent(sheet, match, context, header.get("quotite", 1.0))
    else:
        minutes, wrong = _days(sheet, match, context, header)
    issues += wrong
    cells["first_item"] = address(match.heading_row + 1, match.columns["item_label"])
    answer = SurveySheet(sheet.file, sheet.name, header, cells, minutes)
    return (answer if answer.agent else None), issues


def _rows(sheet: Sheet, match: Match) -> Iterator[_Row]:
    """Item rows under the headings, up to the row of totals; what follows it are notes."""
    stop = match.layout.names("stop")
    code_column, label_column = match.columns.get("item"), match.columns["item_label"]
    for number in range(match.heading_row + 1, len(sheet.rows) + 1):
        code = clean_text(sheet.value(number, code_column)) if code_column else ""
        label = clean_text(sheet.value(number, label_column))
        if (code and normalise(code) in stop) or (label and normalise(label) in stop):
            return
        yield _Row(number, code, label)


def _days(
    sheet: Sheet, match: Match, context: SurveyContext, header: Mapping[str, object]
) -> tuple[dict[tuple[date | None, str], float], list[Issue]]:
    days, issues = _day_columns(sheet, match, context, header)
    minutes: dict[tuple[date | None, str], float] = {}
    day_total: dict[int, float] = dict.fromkeys(days, 0.0)
    by_row: list[tuple[int, dict[int, int]]] = []
    seen: dict[str, int] = {}
    width, most = max(days, default=0), context.day_maximum_min
    for row in _rows(sheet, match):
        spent: dict[int, int] = {}
        cells = sheet.rows[row.number - 1]
        if len(cells) < width:
            cells = [*cells, *[None] * (width - len(cells))]
        for column in days:
            raw = cells[column - 1]
            if (not raw and raw is not False) or (isinstance(raw, str) and not raw.strip()):
                continue  # blank, or no time at all
            try:
                found = elapsed_min(raw) if type(raw) is timedelta else parse_duration_min(raw)
            except ValueError:
                issues.append(cell_issue(sheet, (row.number, column), raw, "duration_format"))
                continue
            if found > most:
                issues.append(_too_long(sheet, (row.number, column), raw, found))
                continue
            if found:
                spent[column] = found
                day_total[column] += found
        issues += _row_issues(sheet, row, match, spent, context, seen)
        by_row.append((row.number, spent))
        for code, share in context.items.find(row.code, row.label) or ():
            for column, found in spent.items():
                key = (days[column], code)
                minutes[key] = minutes.get(key, 0.0) + found * share
    longest = {  # column → longest duration and its row, where a day is too long
        column: max((spent[column], number) for number, spent in by_row if column in spent)
        for column, total in day_total.items()
        if total > most
    }
    issues += check_days(sheet, match, context, header, days, day_total, longest, minutes)
    return minutes, issues


def _too_long(sheet: Sheet, where: tuple[int, int], raw: CellValue, minutes: int) -> Issue:
    """One duration over a day: hours typed into a cell that counts days, or minutes typed where hours are counted?"""
    meant = minutes / 24 if isinstance(raw, timedelta | datetime) else minutes / 60
    guess = hours_text(meant) if meant <= 12 * 60 and meant == round(meant) else ""
    return Issue("duration_too_long", sheet.file, sheet.name, address(*where), shown(raw), suggestion=guess)


def _row_issues(
    sheet: Sheet, row: _Row, match: Match, spent: Mapping[int, float], context: SurveyContext, seen: dict[str, int]
) -> list[Issue]:
    if not spent:
        return []  # a heading, a blank row, a note: nothing is lost
    column = match.columns.get("item") if row.code or not row.label else match.columns["item_label"]
    where = address(row.number, column or match.columns["item_label"])
    issues = []
    if not row.code and not row.label:
        issues.append(Issue("duration_without_item", sheet.file, sheet.name, address(row.number, min(spent))))
    elif context.items.find(row.code, row.label) is None:
        guess = context.items.suggest(row.code, row.label)
        issues.append(Issue("unknown_item", sheet.file, sheet.name, where, row.code or row.label, suggestion=guess))
    key = normalise(row.code or row.label)
    if key and key in seen:
        issues.append(
            Issue(
                "duplicate_item", sheet.file, sheet.name, where, row.code or row.label, params={"row": str(seen[key])}
            )
        )
    seen.setdefault(key, row.number)
    if row.number in sheet.hidden_rows:
        issues.append(
            Issue("hidden_row", sheet.file, sheet.name, f"{row.number}:{row.number}", severity=Severity.WARNING)
        )
    for top, left, bottom, right in sheet.merged:
        if top <= row.number <= bottom and any(left <= c <= right for c in spent):
            span = f"{address(top, left)}:{address(bottom, right)}"
            issues.append(Issue("merged_cells", sheet.file, sheet.name, span, shown(sheet.value(top, left))))
    return issues


def _day_columns(
    sheet: Sheet, match: Match, context: SurveyContext, header: Mapping[str, object]
) -> tuple[dict[int, date | None], list[Issue]]:
    """Column of each day, right of the item headings up to a total; a heading that is no day is an issue."""
    first = max(match.columns[name] for name in ("item", "item_label") if name in match.columns) + 1
    row = match.heading_row
    days: dict[int, date | None] = {}
    issues = []
    width = len(sheet.rows[row - 1])
    for column in range(first, width + 1):
        raw = sheet.value(row, column)
        word = normalise(raw) if isinstance(raw, str) else ""
        if word.startswith("total"):
            break
        if raw is None:
            if any(sheet.value(r, column) is not None for r in range(row + 1, row + 4)):
                issues.append(Issue("day_missing", sheet.file, sheet.name, address(row, column)))
                days[column] = None
            continue
        day = _day(raw, word, match, context, header, sheet.date1904)
        if day is None:
            issues.append(cell_issue(sheet, (row, column), raw, "date_format", "jour"))
        elif day in days.values():
            issues.append(cell_issue(sheet, (row, column), raw, "duplicate_day"))
        days[column] = day
    if not days:
        issues.append(Issue("no_days", sheet.file, sheet.name, address(row, first)))
    return days, issues


def _day(
    raw: CellValue, word: str, match: Match, context: SurveyContext, header: Mapping[str, object], date1904: bool
) -> date | None:
    week = header.get("week")
    if match.layout.form == "weekdays":
        weekday = next((n for n, name in enumerate(WEEKDAYS) if word.startswith(name[:3])), None)
        if weekday is not None and isinstance(week, date):
            return week - timedelta(days=week.weekday()) + timedelta(days=weekday)
        if weekday is not None:
            return date(1900, 1, 1) + timedelta(days=weekday)  # the week itself is an issue already
    try:
        return parse_date(raw, date1904=date1904, near=context.campaign[0] if context.campaign else None)
    except ValueError:
        return None


def _percent(
    sheet: Sheet, match: Match, context: SurveyContext, quotite: float
) -> tuple[dict[tuple[date | None, str], float], list[Issue]]:
    """Shares of a usual week, brought to its minutes; they must add to 100."""
    column = match.columns["percent"]
    shares: list[tuple[_Row, float]] = []
    issues: list[Issue] = []
    seen: dict[str, int] = {}
    for row in _rows(sheet, match):
        raw = sheet.value(row.number, column)
        if raw is None:
            continue
        try:
            share = parse_number(raw)
        except ValueError:
            issues.append(cell_issue(sheet, (row.number, column), raw, "percent_format"))
            continue
        if not 0 <= share <= 100:
            issues.append(cell_issue(sheet, (row.number, column), raw, "percent_format"))
            continue
        issues += _row_issues(sheet, row, match, {column: share} if share else {}, context, seen)
        shares.append((row, share))
    total = sum(share for _, share in shares)
    unit = 1.0 if total <= 1.5 else 100.0  # cells formatted in percent hold shares of 1
    if not issues and shares and abs(total / unit * 100 - 100) > PERCENT_TOLERANCE:
        value = f"{total / unit * 100:.1f}".replace(".", ",")
        issues.append(Issue("percent_total", sheet.file, sheet.name, address(match.heading_row, column), value))
    minutes: dict[tuple[date | None, str], float] = {}
    for row, share in shares:
        for code, part in context.items.find(row.code, row.label) or ():
            minutes[None, code] = minutes.get((None, code), 0.0) + share / unit * part * quotite * context.weekly_min
    return minutes, issues
