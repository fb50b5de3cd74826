"""The four kinds of sheet: a column per day, a column per weekday, a row per activity, a share of a usual week."""

from collections.abc import Sequence
from datetime import date
from functools import cache

from openpyxl.worksheet.worksheet import Worksheet

from workload.catalogue import text
from workload.ingest.survey.forms import WEEKDAYS
from workload.ingest.survey.layouts import SurveyLayout, shipped
from workload.ingest.templates import choices
from workload.ingest.templates.book import (
    BOLD,
    DAY,
    HEAD,
    HEAD_FILL,
    HOURS,
    INPUT_FILL,
    LABEL_FILL,
    LINE,
    Formula,
    Value,
    fit_height,
    formula,
    headings,
    print_set_up,
    protect,
    put,
    widths,
)
from workload.ingest.templates.header import FIRST_ROW, write_header, write_title
from workload.ingest.templates.items import (
    LABEL_WIDTH,
    colour,
    expected_formula,
    write_hours,
    write_items,
    write_totals,
)
from workload.ingest.templates.plan import Plan, Respondent

CODE_WIDTH = 14
DAYS_N = 10  # columns of a sheet without a campaign
LIST_ROWS = 240
DAY_HEADING = "[$-40C]ddd dd/mm"  # weekday in French on every machine


@cache
def layout(name: str) -> SurveyLayout:
    return next(found for found in shipped() if found.id == name)


def _labels(form: SurveyLayout, part: str) -> list[str]:
    return [field.label for field in form.part(part)]


def write_day_sheet(
    ws: Worksheet, plan: Plan, who: Respondent, weeks: Sequence[Sequence[date]], lists: choices.Lists
) -> None:
    """One agent, one column per working day."""
    form = layout("agent-form")
    days = [day for week in weeks for day in week]
    columns: list[Value] = list(days)
    start = f"$B${FIRST_ROW + _labels(form, 'header').index('Période du')}"
    if not days:
        columns = [formula(f'=IF(ISNUMBER({start}),WORKDAY({start}-1,{n}),"")') for n in range(1, DAYS_N + 1)]
    _grid(ws, form, plan, who, days, columns, lists, DAY_HEADING)


def write_week_sheet(ws: Worksheet, plan: Plan, who: Respondent, week: Sequence[date], lists: choices.Lists) -> None:
    """One agent, one week; of a week cut by the campaign only its days."""
    named: list[Value] = [WEEKDAYS[day.weekday()].capitalize() for day in week]
    if not week:
        named = [name.capitalize() for name in WEEKDAYS[:5]]
    _grid(ws, layout("weekly-grid"), plan, who, week, named, lists, "@")


def _grid(
    ws: Worksheet,
    form: SurveyLayout,
    plan: Plan,
    who: Respondent,
    days: Sequence[date],
    columns: Sequence[Value],
    lists: choices.Lists,
    heading_format: str,
) -> None:
    write_title(ws, text("template_sheet_title"), plan)
    first, last = 3, 2 + len(columns)
    width = max(10, 60 / len(columns))
    widths(ws, [CODE_WIDTH, LABEL_WIDTH, *([width] * len(columns)), 13])
    lines = [text(f"template_reminder_{n}") for n in range(1, 5)]
    if any(isinstance(name, Formula) for name in columns):
        lines.append(text("template_reminder_dates"))
    where = write_header(ws, form, plan, who, days, lists, (max(last + 1, 8), lines))
    head = FIRST_ROW + len(where) + 1
    headings(ws, head, [*_labels(form, "items"), *([""] * len(columns)), text("template_total")], 24)
    for column, name in enumerate(columns, start=first):
        put(
            ws,
            head,
            column,
            name,
            font=HEAD,
            fill=HEAD_FILL,
            border=LINE,
            number_format=heading_format,
            align="center",
            unlocked=isinstance(name, Formula),
        )
    rows = []
    for row, _ in write_items(ws, head + 1, plan, who.mission, last + 1):
        write_hours(ws, row, first, last)
        rows.append(row)
    expected = expected_formula(plan.full_day_min)
    write_totals(ws, rows, (first, last), form.part("stop")[0].label, expected, where["quotite"])
    ws.freeze_panes = f"C{head + 1}"
    _finish(ws, who, head, pages=1)


def write_percent_sheet(ws: Worksheet, plan: Plan, who: Respondent, lists: choices.Lists) -> None:
    """One agent, the shares of a usual week; they add to 100 %."""
    form = layout("niagara-percent")
    write_title(ws, text("template_percent_title"), plan)
    widths(ws, [CODE_WIDTH, LABEL_WIDTH, 13, 70])
    lines = [text(f"template_percent_reminder_{n}") for n in range(1, 4)]
    where = write_header(ws, form, plan, who, (), lists, (4, lines))
    head = FIRST_ROW + len(where) + 1
    headings(ws, head, [*_labels(form, "items"), text("template_head_what")], 24)
    rows = []
    for row, item in write_items(ws, head + 1, plan, who.mission, 4):
        put(ws, row, 3, fill=INPUT_FILL, border=LINE, number_format="0.0 %", align="center", unlocked=True)
        put(ws, row, 4, item.note, border=LINE, wrap=True)
        fit_height(ws, row, [(item.label, LABEL_WIDTH), (item.note, 75)])
        rows.append(row)
    total = rows[-1] + 1
    put(ws, total, 1, fill=LABEL_FILL, border=LINE)
    put(ws, total, 2, form.part("stop")[0].label, font=BOLD, fill=LABEL_FILL, border=LINE)
    cells = f"C{rows[0]}:C{rows[-1]}"
    sum_of = formula(f"=SUM({cells})")
    put(ws, total, 3, sum_of, font=BOLD, fill=LABEL_FILL, border=LINE, number_format="0.0 %", align="center")
    words = (
        f'=IF(C{total}=0,"",IF(ABS(C{total}-1)<0.0005,"{text("template_percent_right")}",'
        f'"{text("template_percent_wrong")}"))'
    )
    put(ws, total, 4, formula(words), fill=LABEL_FILL, border=LINE)
    ws.row_dimensions[total].height = 22
    off, right = (f"AND($C${total}>0,ABS($C${total}-1){sign}0.0005)" for sign in (">=", "<"))
    colour(ws, f"C{total}", off, right)
    choices.shares(ws, cells, "template_error_percent")
    ws.freeze_panes = f"C{head + 1}"
    _finish(ws, who, head)


def write_list_sheet(
    ws: Worksheet, plan: Plan, who: Respondent, weeks: Sequence[Sequence[date]], lists: choices.Lists
) -> None:
    """One agent, one row per activity; beside the list, the sum of each day."""
    form = layout("long-list")
    days = [day for week in weeks for day in week]
    write_title(ws, text("template_sheet_title"), plan)
    put(ws, 3, 1, text("template_list_reminder"), vertical="top", wrap=True)
    ws.merge_cells("A3:H3")
    fit_height(ws, 3, [(text("template_list_reminder"), 135)])
    widths(ws, [16, 14, 62, 11, 4, 14, 14, 16])
    head = FIRST_ROW + 1
    headings(ws, head, _labels(form, "column"), 32)
    last = head + LIST_ROWS
    look = {"fill": INPUT_FILL, "border": LINE, "unlocked": True}
    for row in range(head + 1, last + 1):
        put(ws, row, 1, who.agent or None, number_format="@", **look)  # type: ignore[arg-type]
        put(ws, row, 2, number_format=DAY, align="center", **look)  # type: ignore[arg-type]
        put(ws, row, 3, number_format="@", **look)  # type: ignore[arg-type]
        put(ws, row, 4, number_format=HOURS, align="center", **look)  # type: ignore[arg-type]
    if days:
        choices.offer(ws, f"B{head + 1}:B{last}", lists, days, number_format=DAY)
    else:
        choices.dates(ws, f"B{head + 1}:B{last}")
    ordered = [*plan.first_items(who.mission), *plan.other_items(who.mission)]
    choices.offer(ws, f"C{head + 1}:C{last}", lists, [f"{item.code} {item.label}" for item in ordered])
    choices.durations(ws, f"D{head + 1}:D{last}")
    if days:
        _day_sums(ws, head, last, days, round(plan.full_day_min * (who.quotite or 1)))
    ws.freeze_panes = f"A{head + 1}"
    _finish(ws, who, head)


def _day_sums(ws: Worksheet, head: int, last: int, days: Sequence[date], expected_min: int) -> None:
    for column, name in enumerate(("template_sum_day", "template_sum_total", "template_sum_expected"), start=6):
        put(ws, head, column, text(name), font=HEAD, fill=HEAD_FILL, border=LINE, wrap=True)
    for row, day in enumerate(days, start=head + 1):
        spent = formula(f"=SUMIF($B${head + 1}:$B${last},F{row},$D${head + 1}:$D${last})")
        put(ws, row, 6, day, border=LINE, fill=LABEL_FILL, number_format=DAY_HEADING)
        put(ws, row, 7, spent, border=LINE, fill=LABEL_FILL, number_format=HOURS, align="center")
        share = expected_min / 1440
        put(ws, row, 8, share, border=LINE, fill=INPUT_FILL, number_format=HOURS, align="center", unlocked=True)
    first, end = head + 1, head + len(days)
    off, right = (f"AND(G{first}>0,ROUND((G{first}-H{first})*1440,0){sign}0)" for sign in ("<>", "="))
    colour(ws, f"G{first}:G{end}", off, right)
    choices.durations(ws, f"H{first}:H{end}")


def _finish(ws: Worksheet, who: Respondent, head: int, pages: int = 0) -> None:
    ws.sheet_view.showGridLines = False
    ws.sheet_view.zoomScale = 90
    footer = " — ".join(part for part in (text("template_sheet_title"), who.agent, who.site) if part)
    print_set_up(ws, footer, repeat=head, pages=pages)
    protect(ws)
