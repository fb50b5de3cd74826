"""The head of a sheet: title, labels in column A with their values in B, and the reminders beside them."""

from collections.abc import Sequence
from datetime import date

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from workload.catalogue import text
from workload.ingest.survey.layouts import SurveyLayout
from workload.ingest.templates import choices
from workload.ingest.templates.book import (
    BOLD,
    DAY,
    INPUT_FILL,
    LABEL_FILL,
    LINE,
    NOTE,
    TITLE,
    Value,
    put,
)
from workload.ingest.templates.plan import Plan, Respondent

FIRST_ROW = 4
_FORMATS = {"text": "@", "share": "0 %", "date": DAY}


def write_title(ws: Worksheet, title: str, plan: Plan) -> None:
    put(ws, 1, 1, title, font=TITLE)
    put(ws, 2, 1, plan.title or text("template_no_study"), font=NOTE)
    ws.row_dimensions[1].height = 24


def write_header(
    ws: Worksheet,
    layout: SurveyLayout,
    plan: Plan,
    who: Respondent,
    days: Sequence[date],
    lists: choices.Lists,
    reminders: tuple[int, Sequence[str]],
) -> dict[str, str]:
    """Labels and values; the absolute address of each value by field. `reminders`: last column of their box, lines."""
    values: dict[str, Value] = {
        "agent": who.agent,
        "territory_name": who.territory_name,
        "site": who.site,
        "mission": plan.missions.get(who.mission, ""),
        "profession": who.profession,
        "quotite": who.quotite,
        "period_start": days[0] if days else None,
        "period_end": days[-1] if days else None,
        "week": days[0] if days else None,
    }
    found = {}
    for row, field in enumerate(layout.part("header"), start=FIRST_ROW):
        put(ws, row, 1, field.label, font=BOLD, fill=LABEL_FILL, border=LINE)
        put(
            ws,
            row,
            2,
            values[field.name] or None,
            fill=INPUT_FILL,
            border=LINE,
            number_format=_FORMATS[field.kind],
            unlocked=field.kind != "date" or not days,
        )
        ws.row_dimensions[row].height = 18
        found[field.name] = f"$B${row}"
        _check(ws, f"B{row}", field.name, plan, who, lists)
    _reminders(ws, FIRST_ROW + len(found) - 1, *reminders)
    return found


def _check(ws: Worksheet, cell: str, field: str, plan: Plan, who: Respondent, lists: choices.Lists) -> None:
    if field == "territory_name":
        choices.offer(ws, cell, lists, plan.territories)
    elif field == "site":
        own = [site for site, territory in plan.sites.items() if who.territory_name in ("", territory)]
        choices.offer(ws, cell, lists, own or list(plan.sites))
    elif field == "mission":
        choices.offer(ws, cell, lists, list(plan.missions.values()))
    elif field == "profession":
        all_of_them = dict.fromkeys(p for names in plan.professions.values() for p in names)
        choices.offer(ws, cell, lists, plan.professions.get(who.mission) or list(all_of_them))
    elif field == "quotite":
        choices.shares(ws, cell)
    elif field in ("period_start", "period_end", "week"):
        choices.dates(ws, cell)


def _reminders(ws: Worksheet, last_row: int, last_column: int, lines: Sequence[str]) -> None:
    """A box right of the header. Written as one text: lines of their own could be taken for labels."""
    put(ws, FIRST_ROW, 4, "\n".join(f"• {line}" for line in lines), vertical="top", wrap=True)
    ws.merge_cells(f"D{FIRST_ROW}:{get_column_letter(last_column)}{last_row}")
