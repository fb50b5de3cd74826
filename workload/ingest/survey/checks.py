"""Checks beyond cells: days, weeks, campaigns, and sheets too regular to be true."""

from collections.abc import Mapping
from datetime import date

from workload.errors import Issue, Severity
from workload.ingest.grid import Sheet, address
from workload.ingest.survey.layouts import Match, label_address
from workload.ingest.survey.reading import SurveyContext
from workload.ingest.values import shown

ROUND_MIN = 30
LEAST_VALUES_FOR_ROUND = 15
LEAST_DAYS_FOR_IDENTICAL = 4


def hours_text(minutes: float) -> str:
    return f"{int(minutes) // 60}:{int(minutes) % 60:02d}"


def check_days(
    sheet: Sheet,
    match: Match,
    context: SurveyContext,
    header: Mapping[str, object],
    days: Mapping[int, date | None],
    day_total: Mapping[int, float],
    longest: Mapping[int, tuple[int, int]],
    minutes: Mapping[tuple[date | None, str], float],
) -> list[Issue]:
    """Everything that no single cell can tell."""
    return [
        *_campaign(sheet, match, context, {c: d for c, d in days.items() if day_total.get(c)}),
        *_long_days(sheet, context, day_total, longest),
        *_far_from_quotite(sheet, match, context, header, day_total),
        *_too_regular(sheet, match, days, minutes),
    ]


def _campaign(sheet: Sheet, match: Match, context: SurveyContext, days: Mapping[int, date | None]) -> list[Issue]:
    """Days with entries that lie outside the campaign; all of them: a sheet of another one."""
    if context.campaign is None:
        return []
    start, end = context.campaign
    period = {"start": f"{start:%d/%m/%Y}", "end": f"{end:%d/%m/%Y}"}
    dated = {column: day for column, day in days.items() if day}
    outside = [column for column, day in dated.items() if not start <= day <= end]
    if outside and len(outside) == len(dated):
        where = (
            label_address(match, "week")
            or label_address(match, "period_start")
            or address(match.heading_row, outside[0])
        )
        return [
            Issue("other_campaign", sheet.file, sheet.name, where, f"{min(dated.values()):%d/%m/%Y}", params=period)
        ]
    return [
        Issue(
            "day_outside_campaign",
            sheet.file,
            sheet.name,
            address(match.heading_row, c),
            shown(sheet.value(match.heading_row, c)),
            params=period,
        )
        for c in outside
    ]


def _long_days(
    sheet: Sheet, context: SurveyContext, day_total: Mapping[int, float], longest: Mapping[int, tuple[int, int]]
) -> list[Issue]:
    """A day over 24 hours, shown at its longest duration: the likeliest slip."""
    return [
        Issue("day_too_long", sheet.file, sheet.name, address(longest[column][1], column), hours_text(total))
        for column, total in day_total.items()
        if total > context.day_maximum_min
    ]


def _far_from_quotite(
    sheet: Sheet, match: Match, context: SurveyContext, header: Mapping[str, object], day_total: Mapping[int, float]
) -> list[Issue]:
    """The sheet's weeks against what the quotité promises; a remark, since people have leave and overtime."""
    quotite = header.get("quotite")
    if not isinstance(quotite, float) or not quotite or not day_total or not sum(day_total.values()):
        return []
    weeks = max(1, round(len(day_total) / 5))
    expected, found = quotite * context.weekly_min, sum(day_total.values()) / weeks
    if abs(found - expected) <= context.week_tolerance * expected:
        return []
    params = {"found": hours_text(found), "expected": hours_text(expected)}
    where = label_address(match, "quotite")
    return [
        Issue("week_far_from_quotite", sheet.file, sheet.name, where, shown(quotite), Severity.WARNING, params=params)
    ]


def _too_regular(
    sheet: Sheet, match: Match, days: Mapping[int, date | None], minutes: Mapping[tuple[date | None, str], float]
) -> list[Issue]:
    """Every duration a multiple of half an hour, or every day the same: a memory, not a record. Remarks only."""
    where = address(match.heading_row, min(days, default=1))
    issues = []
    values = list(minutes.values())
    if len(values) >= LEAST_VALUES_FOR_ROUND and all(v % ROUND_MIN == 0 for v in values):
        issues.append(Issue("all_round", sheet.file, sheet.name, where, str(ROUND_MIN), Severity.WARNING))
    profiles: dict[date | None, dict[str, float]] = {}
    for (day, item), spent in minutes.items():
        profiles.setdefault(day, {})[item] = spent
    first = next(iter(profiles.values()), {})
    if len(profiles) >= LEAST_DAYS_FOR_IDENTICAL and all(profile == first for profile in profiles.values()):
        issues.append(Issue("identical_days", sheet.file, sheet.name, where, str(len(profiles)), Severity.WARNING))
    return issues
