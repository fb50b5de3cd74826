"""Tables to fill in: the register of posts, and communes with their territories; layouts from tables.csv."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from workload.catalogue import text
from workload.ingest.layouts import Layout, load
from workload.ingest.study_file import StudyFile
from workload.ingest.templates import choices
from workload.ingest.templates.book import (
    INPUT_FILL,
    LABEL_FILL,
    LINE,
    NOTE,
    TITLE,
    Value,
    fit_height,
    headings,
    hidden_sheet,
    print_set_up,
    protect,
    put,
    save,
    widths,
)

HEADING_ROW = 4
BLANK_ROWS = 40  # drawn, so that a new table looks like one
LAST_ROW = 5_000  # how far checks and lists reach
_FORMATS = {"text": "@", "commune": "@", "share": "0 %", "count": "#,##0", "fte": "0.0#", "yes_no": "@"}
_WIDTHS = {"post": 12, "territory_name": 24, "site": 28, "sector": 28, "mission": 32, "profession": 18, "agent": 14}
_WIDTHS |= {"commune": 13, "commune_name": 30, "population": 13, "seat": 20, "departure_reason": 15}
_TEAM: tuple[Value, ...] = ("Nord", "Maison des solidarités A")
_EXAMPLE_POSTS: tuple[tuple[Value, ...], ...] = (
    ("P0001", *_TEAM, "Secteur 1", "Polyvalence", "ASS", 1, "oui", "A001", 0.8, "non", None, None),
    ("P0002", *_TEAM, "Secteur 2", "Polyvalence", "CESF", 0.5, "oui", "A002", 0.5, "non", 2027, "retraite"),
    ("P0003", *_TEAM, None, "Polyvalence", "ASS", 1, "vacant", None, None, "oui", None, None),
)
_EXAMPLE_COMMUNES: tuple[tuple[Value, ...], ...] = (
    (
        "01004",
        "Une petite commune",
        1250,
        "Nord",
        "Maison des solidarités A",
        "Secteur 1",
        None,
        5.372,
        45.961,
        14.2,
        "CC de la Plaine",
        "Ambérieu",
    ),
    (
        "01053",
        "Une ville",
        24000,
        "Nord",
        "Maison des solidarités A",
        "Secteur 1",
        0.4,
        5.225,
        46.205,
        24.0,
        "CA du Bassin",
        "Bourg-1",
    ),
    (
        "01053",
        "Une ville",
        24000,
        "Nord",
        "Maison des solidarités A",
        "Secteur 2",
        0.6,
        5.225,
        46.205,
        24.0,
        "CA du Bassin",
        "Bourg-1",
    ),
)


def write_posts_template(path: Path, settings: StudyFile | None = None, communes: pd.DataFrame | None = None) -> Path:
    """Empty register and declared totals; lists from the study where there is one."""
    book, lists = _book()
    posts, totals = load("tables.csv")["posts"], load("tables.csv")["post_totals"]
    missions = [m.name for m in settings.missions.values()] if settings else []
    professions = [p for m in settings.missions.values() for p in m.professions] if settings else []
    offers: dict[str, Sequence[str]] = {
        "territory_name": _names(communes, "territory_name"),
        "site": _names(communes, "site"),
        "sector": _names(communes, "sector"),
        "mission": missions,
        "profession": list(dict.fromkeys(professions)),
        "occupied": ["oui", "vacant"],
        "locked": ["oui", "non"],
        "departure_reason": ["retraite", "mobilité"],
    }
    _guide(book, "posts", posts)
    ws = _table(book, posts, text("template_posts_title"), _title(settings), lists, offers)
    year = get_column_letter(1 + [f.name for f in posts.fields].index("departure_year"))
    choices.numbers(ws, f"{year}{HEADING_ROW + 1}:{year}{LAST_ROW}", "template_error_year", 1990, 2100)
    pairs = [(t, m) for t in offers["territory_name"] for m in missions]
    _table(book, totals, text("template_totals_title"), text("template_totals_note"), lists, offers, pairs)
    _example(book, posts, _EXAMPLE_POSTS)
    return _finish(book, posts, settings, path)


def write_territories_template(
    path: Path,
    settings: StudyFile | None = None,
    communes: pd.DataFrame | None = None,
    sites: pd.DataFrame | None = None,
) -> Path:
    """Communes and sites; those of the study, to be brought up to date, where it has any."""
    book, lists = _book()
    territories, seats = load("tables.csv")["territories"], load("tables.csv")["sites"]
    _guide(book, "territories", territories)
    names = _territory_names(communes)
    known = _rows(communes, [f.name for f in territories.fields])
    placed = sites.assign(territory_name=sites["territory"].map(names)) if sites is not None else None
    _table(book, territories, text("template_territories_title"), _title(settings), lists, {}, known)
    seat_rows = _rows(placed, [f.name for f in seats.fields])
    _table(book, seats, text("template_sites_title"), text("template_sites_note"), lists, {}, seat_rows)
    _example(book, territories, _EXAMPLE_COMMUNES)
    return _finish(book, territories, settings, path)


def _book() -> tuple[Workbook, choices.Lists]:
    book = Workbook()
    book.remove(book.worksheets[0])
    return book, choices.Lists(book)


def _title(settings: StudyFile | None) -> str:
    return settings.title if settings else text("template_no_study")


def _names(table: pd.DataFrame | None, column: str) -> list[str]:
    return [] if table is None or table.empty else [str(v) for v in table[column].dropna().unique()]


def _territory_names(communes: pd.DataFrame | None) -> dict[str, str]:
    if communes is None or communes.empty:
        return {}
    return dict(zip(communes["territory"], communes["territory_name"], strict=True))


def _rows(table: pd.DataFrame | None, fields: Sequence[str]) -> list[tuple[Value, ...]]:
    """Rows of a table in the order of the layout's fields; a part of 1 is left empty, as most communes are whole."""
    if table is None or table.empty:
        return []
    kept = table.reindex(columns=list(fields)).astype(object)
    if "part" in kept:
        kept["part"] = [None if p == 1 else p for p in kept["part"]]
    return [tuple(None if pd.isna(v) else v for v in row) for row in kept.itertuples(index=False, name=None)]


def _table(
    book: Workbook,
    layout: Layout,
    title: str,
    note: str,
    lists: choices.Lists,
    offers: Mapping[str, Sequence[str]],
    rows: Iterable[Sequence[Value]] = (),
) -> Worksheet:
    """Headings locked, every other row of the columns open to typing and pasting."""
    ws: Worksheet = book.create_sheet(layout.sheet)
    put(ws, 1, 1, title, font=TITLE)
    put(ws, 2, 1, note, font=NOTE)
    put(ws, 3, 1)
    headings(ws, HEADING_ROW, [f.heading + (" *" if f.required else "") for f in layout.fields], 50)
    widths(ws, [_WIDTHS.get(field.name, 12) for field in layout.fields])
    for column, field in enumerate(layout.fields, start=1):
        letter = get_column_letter(column)
        number_format = _FORMATS.get(field.kind, "General")
        whole = ws.column_dimensions[letter]
        whole.protection, whole.number_format = Protection(locked=False), number_format
        _check(ws, f"{letter}{HEADING_ROW + 1}:{letter}{LAST_ROW}", field.kind, lists, offers.get(field.name, ()))
    blank: list[Sequence[Value]] = [()] * BLANK_ROWS
    for number, row in enumerate(list(rows) or blank, start=HEADING_ROW + 1):
        for column, field in enumerate(layout.fields, start=1):
            value = row[column - 1] if column <= len(row) else None
            look = _FORMATS.get(field.kind, "")
            put(ws, number, column, value, border=LINE, number_format=look, unlocked=True)
    ws.freeze_panes = f"B{HEADING_ROW + 1}"
    print_set_up(ws, title, repeat=HEADING_ROW)
    protect(ws)
    return ws


def _check(ws: Worksheet, cells: str, kind: str, lists: choices.Lists, offered: Sequence[str]) -> None:
    if offered:
        choices.offer(ws, cells, lists, offered)
    elif kind in ("count", "fte"):
        choices.numbers(ws, cells, f"template_error_{kind}")
    elif kind == "share":
        choices.shares(ws, cells)
    elif kind == "commune":
        choices.communes(ws, cells, cells.split(":")[0])


def _guide(book: Workbook, kind: str, layout: Layout) -> None:
    """What each column is for, and the rules of the table."""
    ws = book.create_sheet(text("template_instructions"))
    widths(ws, [30, 16, 90])
    put(ws, 1, 1, text(f"template_{kind}_title"), font=TITLE)
    row = 3
    for n in range(1, 5):
        said = text(f"template_{kind}_rule_{n}")
        put(ws, row, 1, said, fill=INPUT_FILL, border=LINE, wrap=True)
        ws.merge_cells(f"A{row}:C{row}")
        fit_height(ws, row, [(said, 136)])
        row += 1
    headings(ws, row + 1, [text(f"template_head_{h}") for h in ("column", "required", "meaning")], 22)
    for number, field in enumerate(layout.fields, start=row + 2):
        needed = text("template_required" if field.required else "template_optional")
        meaning = text(f"template_{kind}_{field.name}")
        for column, value in enumerate((field.heading, needed, meaning), start=1):
            put(ws, number, column, value, border=LINE, wrap=True, fill=LABEL_FILL if column == 1 else INPUT_FILL)
        fit_height(ws, number, [(meaning, 90)])
    ws.sheet_view.showGridLines = False
    print_set_up(ws, text(f"template_{kind}_title"))
    protect(ws)


def _example(book: Workbook, layout: Layout, rows: Sequence[Sequence[Value]]) -> None:
    """A separate sheet to look at, never read."""
    ws = book.create_sheet(text("template_example"))
    put(ws, 1, 1, text("template_example_title"), font=TITLE)
    put(ws, 2, 1, text("template_example_note"), font=NOTE)
    headings(ws, HEADING_ROW, [field.heading for field in layout.fields], 50)
    widths(ws, [_WIDTHS.get(field.name, 12) for field in layout.fields])
    blank = [()] * BLANK_ROWS
    for number, row in enumerate(list(rows) or blank, start=HEADING_ROW + 1):
        for column, (field, value) in enumerate(zip(layout.fields, row, strict=True), start=1):
            put(ws, number, column, value, border=LINE, number_format=_FORMATS.get(field.kind, ""))
    ws.sheet_properties.tabColor = "999999"
    print_set_up(ws, text("template_example_title"))
    protect(ws)


def _finish(book: Workbook, layout: Layout, settings: StudyFile | None, path: Path) -> Path:
    hidden_sheet(book, "_workload", [("layout", layout.id), ("version", layout.version), ("study", _title(settings))])
    book.active = 0
    save(book, path)
    return path
