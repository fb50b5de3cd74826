"""The lines of a form: first those of the agent's mission, travel and support, then all the others."""

from collections.abc import Iterator, Sequence

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from workload.catalogue import text
from workload.ingest.templates import choices
from workload.ingest.templates.book import (
    BAND_FILL,
    BOLD,
    HOURS,
    INPUT_FILL,
    LABEL_FILL,
    LINE,
    fit_height,
    formula,
    put,
)
from workload.ingest.templates.plan import Plan
from workload.parameters import Item

RED = PatternFill("solid", bgColor="F8C9C4")
RED_FONT = Font(bold=True, color="9C0006")
GREEN = PatternFill("solid", bgColor="D9EED9")
LABEL_WIDTH = 50


def write_items(
    ws: Worksheet, first_row: int, plan: Plan, mission: str, last_column: int
) -> Iterator[tuple[int, Item]]:
    """Code and label of each line, a band before the second block; yields the row of each item."""
    others = plan.other_items(mission)
    row = first_row
    for block, items in (("template_block_own", plan.first_items(mission)), ("template_block_other", others)):
        if not items:
            continue
        if others:
            _band(ws, row, text(block), last_column)
            row += 1
        for item in items:
            put(ws, row, 1, item.code, border=LINE, font=BOLD)
            put(ws, row, 2, item.label, border=LINE, wrap=True)
            fit_height(ws, row, [(item.label, LABEL_WIDTH * 1.2)], 17)
            yield row, item
            row += 1


def _band(ws: Worksheet, row: int, title: str, last_column: int) -> None:
    for column in range(1, last_column + 1):
        put(ws, row, column, title if column == 2 else None, fill=BAND_FILL, font=BOLD)
    ws.row_dimensions[row].height = 18


def write_hours(ws: Worksheet, row: int, first: int, last: int) -> None:
    """Input cells of one item, and its sum right of them."""
    for column in range(first, last + 1):
        put(ws, row, column, fill=INPUT_FILL, border=LINE, number_format=HOURS, align="center", unlocked=True)
    total = formula(f"=SUM({get_column_letter(first)}{row}:{get_column_letter(last)}{row})")
    put(ws, row, last + 1, total, fill=LABEL_FILL, border=LINE, number_format=f"{HOURS};;", align="center")


def write_totals(
    ws: Worksheet, rows: Sequence[int], columns: tuple[int, int], total_label: str, expected: str, quotite: str
) -> None:
    """Under the lines: the day's total, the time to work that day, and what is missing or too much.

    The total turns red when it differs; the third line says so in words too, for a print in black and white.
    """
    first, last = columns
    total, plan, gap = rows[-1] + 1, rows[-1] + 2, rows[-1] + 3
    for row, label in ((total, total_label), (plan, text("template_expected")), (gap, text("template_gap"))):
        put(ws, row, 1, fill=LABEL_FILL, border=LINE)
        put(ws, row, 2, label, font=BOLD, fill=LABEL_FILL, border=LINE)
        ws.row_dimensions[row].height = 20
    for column in range(first, last + 2):
        c = get_column_letter(column)
        span = f"{get_column_letter(first)}{{0}}:{get_column_letter(last)}{{0}}"
        look = {"border": LINE, "number_format": HOURS, "align": "center"}
        put(ws, total, column, formula(f"=SUM({c}{rows[0]}:{c}{rows[-1]})"), font=BOLD, fill=LABEL_FILL, **look)  # type: ignore[arg-type]
        if column <= last:
            put(ws, plan, column, formula(expected.format(quotite)), fill=INPUT_FILL, unlocked=True, **look)  # type: ignore[arg-type]
        else:
            put(ws, plan, column, formula(f"=SUM({span.format(plan)})"), fill=LABEL_FILL, **look)  # type: ignore[arg-type]
        words = (
            f'=IF({c}{total}=0,"",IF(ROUND(({c}{total}-{c}{plan})*1440,0)=0,"{text("template_gap_none")}",'
            f'IF({c}{total}<{c}{plan},"{text("template_gap_less")} ","{text("template_gap_more")} ")'
            f'&TEXT(ABS({c}{total}-{c}{plan}),"[h]:mm")))'
        )
        put(ws, gap, column, formula(words), fill=LABEL_FILL, border=LINE, align="center")
    a = get_column_letter(first)
    cells = f"{a}{total}:{get_column_letter(last + 1)}{total}"
    off = f"AND({a}{total}>0,ROUND(({a}{total}-{a}{plan})*1440,0)<>0)"
    right = f"AND({a}{total}>0,ROUND(({a}{total}-{a}{plan})*1440,0)=0)"
    colour(ws, cells, off, right)
    choices.durations(ws, f"{a}{rows[0]}:{get_column_letter(last)}{rows[-1]} {a}{plan}:{get_column_letter(last)}{plan}")


def colour(ws: Worksheet, cells: str, wrong: str, right: str) -> None:
    """Red and bold where one formula holds, green where the other does; relative to the first cell."""
    ws.conditional_formatting.add(cells, FormulaRule([wrong], fill=RED, font=RED_FONT))  # type: ignore[no-untyped-call]
    ws.conditional_formatting.add(cells, FormulaRule([right], fill=GREEN))  # type: ignore[no-untyped-call]


def expected_formula(full_day_min: int) -> str:
    """The day's working time from the quotité; a part-timer's days off are typed over it."""
    return f'=IF(ISNUMBER({{0}}),ROUND({{0}}*{full_day_min},0)/1440,"")'
