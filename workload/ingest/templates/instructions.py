"""The page « Mode d’emploi »: the rules, every category with an example and what goes elsewhere, one whole day."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from workload.catalogue import text
from workload.ingest.templates.book import (
    BAND_FILL,
    BOLD,
    HEAD,
    HOURS,
    INPUT_FILL,
    LINE,
    NOTE,
    TITLE,
    WARN,
    fit_height,
    headings,
    print_set_up,
    protect,
    put,
    widths,
)
from workload.ingest.templates.plan import TRAVEL, Plan
from workload.parameters import SUPPORT_DOMAIN, Item

_WIDTHS = (8, 36, 44, 44, 40)
BLOCK_FILL = PatternFill("solid", fgColor="5B6F92")
_RULES = {"agent": 8, "team": 8, "week": 8, "list": 8, "percent": 6}
_ELSEWHERE = re.compile(r"^(Pas |Dès qu)| va à la ligne ")
_SENTENCES = re.compile(r"(?<=[.!?]) +(?=[A-ZÀ-Ý])")


@cache
def _rows(file: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_instructions(book: Workbook, plan: Plan, form: str, mission: str) -> None:
    ws = book.create_sheet(text("template_instructions"), 0)
    widths(ws, _WIDTHS)
    name = plan.missions.get(mission, "")
    put(ws, 1, 1, text("template_instructions_title"), font=TITLE)
    put(ws, 2, 1, _campaign(plan, name), font=NOTE)
    row = _rules(ws, 4, plan, form)
    if form != "percent":
        row = _example_day(ws, row + 1, plan, mission)
    head = _categories(ws, row + 1, plan, mission)
    ws.sheet_view.showGridLines = False
    print_set_up(ws, text("template_instructions_title"), repeat=head)
    protect(ws)


def _campaign(plan: Plan, mission: str) -> str:
    parts = [plan.title or text("template_no_study"), mission]
    if plan.campaign:
        start, end = plan.campaign
        parts.append(text("template_campaign", start=f"{start:%d/%m/%Y}", end=f"{end:%d/%m/%Y}"))
    return " — ".join(part for part in parts if part)


def _rules(ws: Worksheet, row: int, plan: Plan, form: str) -> int:
    """Numbered rules, the word that matters in bold in its own column."""
    prefix = "template_percent_rule" if form == "percent" else "template_rule"
    travel = next((item.code for item in plan.taxonomy.items if item.mode == TRAVEL), "")
    hours = f"{plan.full_day_min // 60}:{plan.full_day_min % 60:02d}"
    for n in range(1, _RULES[form] + 1):
        special = f"{prefix}_{n}_list" if form == "list" and n in (1, 7, 8) else f"{prefix}_{n}"
        said = text(special, travel=travel, hours=hours, minimum=plan.minimum_workers)
        short, _, rest = said.partition(" | ")
        put(ws, row, 1, str(n), font=BOLD, fill=BAND_FILL, border=LINE, align="center")
        put(ws, row, 2, short, font=BOLD, fill=INPUT_FILL, border=LINE, wrap=True)
        for column in (3, 4, 5):
            put(ws, row, column, rest if column == 3 else None, border=LINE, wrap=True)
        ws.merge_cells(f"C{row}:E{row}")
        fit_height(ws, row, [(short, _WIDTHS[1]), (rest, sum(_WIDTHS[2:]) * 1.1)])
        row += 1
    return row


def _categories(ws: Worksheet, row: int, plan: Plan, mission: str) -> int:
    """The table of all lines; returns the row of its headings."""
    put(ws, row, 1, text("template_categories_title"), font=TITLE)
    heads = ("template_head_code", "template_head_item", "template_head_what", "template_head_example")
    headings(ws, row + 1, [*(text(h) for h in heads), text("template_head_not")], 22)
    head = row + 1
    row += 2
    others = plan.other_items(mission)
    for items, title in ((plan.first_items(mission), "template_block_own"), (others, "template_block_other")):
        if others:
            _band(ws, row, text(title), HEAD, BLOCK_FILL)
            row += 1
        for domain in dict.fromkeys(item.domain for item in items):
            _band(ws, row, plan.taxonomy.domains[domain], BOLD, BAND_FILL)
            row += 1
            for item in (i for i in items if i.domain == domain):
                _category(ws, row, item, plan)
                row += 1
    return head


def _band(ws: Worksheet, row: int, title: str, font: Font, fill: PatternFill) -> None:
    for column in range(1, 6):
        put(ws, row, column, title if column == 1 else None, font=font, fill=fill)
    ws.row_dimensions[row].height = 17


def _category(ws: Worksheet, row: int, item: Item, plan: Plan) -> None:
    what, example, elsewhere = describe(item, plan.taxonomy.items, plan.taxonomy.modes)
    texts = (item.code, item.label, what, example, elsewhere)
    for column, value in enumerate(texts, start=1):
        font = BOLD if column <= 2 else WARN if column == 5 else None
        kind = {"font": font} if font else {}
        put(ws, row, column, value, border=LINE, wrap=True, vertical="top", **kind)  # type: ignore[arg-type]
    fit_height(ws, row, zip(texts, _WIDTHS, strict=True))


def describe(item: Item, items: Sequence[Item], modes: Mapping[str, str]) -> tuple[str, str, str]:
    """What goes into a line, an example of it, and what goes elsewhere: from the note, our examples, its neighbours."""
    sentences = _SENTENCES.split(item.note)
    not_here = [s for s in sentences if _ELSEWHERE.search(s)]
    given = [s for s in sentences if s.startswith("Exemple : ")]
    what = " ".join(s for s in sentences if s not in not_here and s not in given)
    ours = [r["example"] for r in _rows("examples.csv") if (r["mode"], r["domain"]) == (item.mode, item.domain)]
    examples = ours or [s.removeprefix("Exemple : ") for s in given]
    return what, " ".join(examples), "\n".join([*not_here, *_neighbours(item, items, modes, " ".join(not_here))])


def _neighbours(item: Item, items: Sequence[Item], modes: Mapping[str, str], said: str) -> Iterator[str]:
    """Lines of the same domain in another mode, which are the ones taken for this one; and the way there."""
    near = [i for i in items if i.domain == item.domain and i.mode != item.mode and f"ligne {i.code}" not in said]
    if item.domain != SUPPORT_DOMAIN:
        for other in near:
            yield text("template_not", mode=modes[other.mode], code=other.code)
    travel = next((i for i in items if i.mode == TRAVEL), None)
    if travel and item.mode in ("home_visit", "consultation", "reception"):
        yield text("template_not_travel", code=travel.code)


def _example_day(ws: Worksheet, row: int, plan: Plan, mission: str) -> int:
    """One day of seven hours from morning to evening, line by line, if the taxonomy has all of its categories."""
    own = {item.code: item for item in plan.first_items(mission)}
    by_place = {(item.mode, item.domain): item for item in reversed(list(own.values()))}
    every = _rows("days.csv")
    days = [[r for r in every if r["day"] == day] for day in dict.fromkeys(r["day"] for r in every)]
    lines = next((d for d in days if all((r["mode"], r["domain"]) in by_place for r in d)), None)
    if lines is None:
        return row - 1
    put(ws, row, 1, text("template_day_title"), font=TITLE)
    heads = ("template_head_code", "template_head_item", "template_day_what", "template_day_when", "template_day_time")
    headings(ws, row + 1, [text(h) for h in heads], 22)
    total = timedelta()
    for n, line in enumerate(lines, start=row + 2):
        item = by_place[line["mode"], line["domain"]]
        spent = _clock(line["to"]) - _clock(line["from"])
        total += spent
        when = f"{line['from']} – {line['to']}".replace("08:", "8:").replace("09:", "9:")
        for column, value in enumerate((item.code, item.label, line["what"], when), start=1):
            put(ws, n, column, value, border=LINE, wrap=True)
        put(ws, n, 5, spent, border=LINE, number_format=HOURS, align="left")
        fit_height(ws, n, [(item.label, _WIDTHS[1])])
    end = row + 2 + len(lines)
    for column in range(1, 5):
        put(
            ws, end, column, text("template_day_total") if column == 2 else None, font=BOLD, fill=BAND_FILL, border=LINE
        )
    put(ws, end, 5, total, font=BOLD, fill=BAND_FILL, border=LINE, number_format=HOURS, align="left")
    return end + 1


def _clock(word: str) -> timedelta:
    hours, minutes = word.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))
