"""A long list: one row per activity, with agent, date, item and duration."""

from datetime import date

from workload.errors import Issue
from workload.ingest.grid import Sheet, address
from workload.ingest.survey.layouts import Match
from workload.ingest.survey.reading import SurveyContext, SurveySheet, cell_issue
from workload.ingest.values import clean_text, normalise, parse_date, parse_duration_min, shown


def read_list(sheet: Sheet, match: Match, context: SurveyContext) -> tuple[list[SurveySheet], list[Issue]]:
    """Answers by agent; every row is checked on its own."""
    issues: list[Issue] = []
    minutes: dict[str, dict[tuple[date | None, str], float]] = {}
    first_cell: dict[str, str] = {}
    day_total: dict[tuple[str, date], float] = {}
    day_cell: dict[tuple[str, date], int] = {}
    for number in range(match.heading_row + 1, len(sheet.rows) + 1):
        raw = {name: sheet.value(number, column) for name, column in match.columns.items()}
        if all(value is None for value in raw.values()) or normalise(next(iter(raw.values()))).startswith("total"):
            continue
        if raw["duration"] is None and sum(value is not None for value in raw.values()) == 1:
            continue  # a note under the list
        found, wrong = _row(sheet, match, context, number)
        issues += wrong
        if found is None:
            continue
        agent, day, items, spent = found
        first_cell.setdefault(agent, address(number, match.columns["agent"]))
        of = minutes.setdefault(agent, {})
        for code, share in items:
            of[day, code] = of.get((day, code), 0.0) + spent * share
        day_total[agent, day] = day_total.get((agent, day), 0.0) + spent
        day_cell.setdefault((agent, day), number)
    for key, total in day_total.items():
        if total > context.day_maximum_min:
            where = address(day_cell[key], match.columns["duration"])
            value = f"{int(total) // 60}:{int(total) % 60:02d}"
            issues.append(Issue("day_too_long", sheet.file, sheet.name, where, value))
    if not minutes and not issues:
        issues.append(Issue("empty_survey", sheet.file, sheet.name, address(match.heading_row + 1, 1)))
    answers = [
        SurveySheet(sheet.file, sheet.name, {"agent": agent}, {"agent": first_cell[agent]}, of)
        for agent, of in minutes.items()
    ]
    return answers, issues


def _row(
    sheet: Sheet, match: Match, context: SurveyContext, number: int
) -> tuple[tuple[str, date, tuple[tuple[str, float], ...], int] | None, list[Issue]]:
    where = {name: (number, column) for name, column in match.columns.items()}
    raw = {name: sheet.value(*cell) for name, cell in where.items()}
    issues = [
        Issue("empty_cell", sheet.file, sheet.name, address(*where[f.name]), params={"heading": f.label})
        for f in match.layout.part("column")
        if f.required and raw.get(f.name) is None
    ]
    if issues:
        return None, issues
    day, spent = None, None
    try:
        near = context.campaign[0] if context.campaign else None
        day = parse_date(raw["day"], date1904=sheet.date1904, near=near)
    except ValueError:
        issues.append(cell_issue(sheet, where["day"], raw["day"], "date_format", "date"))
    try:
        spent = parse_duration_min(raw["duration"])
    except ValueError:
        issues.append(cell_issue(sheet, where["duration"], raw["duration"], "duration_format"))
    if spent is not None and spent > context.day_maximum_min:
        issues.append(
            Issue("day_too_long", sheet.file, sheet.name, address(*where["duration"]), shown(raw["duration"]))
        )
    text = clean_text(raw["item"])
    items = context.items.find(text, "") or context.items.find(text.split(" ")[0], "")
    if items is None:
        guess = context.items.suggest("", text)
        issues.append(Issue("unknown_item", sheet.file, sheet.name, address(*where["item"]), text, suggestion=guess))
    if day and context.campaign and not context.campaign[0] <= day <= context.campaign[1]:
        period = {"start": f"{context.campaign[0]:%d/%m/%Y}", "end": f"{context.campaign[1]:%d/%m/%Y}"}
        issues.append(
            Issue(
                "day_outside_campaign", sheet.file, sheet.name, address(*where["day"]), shown(raw["day"]), params=period
            )
        )
    if issues or day is None or spent is None or items is None:
        return None, issues
    return (clean_text(raw["agent"]), day, items, spent), []
