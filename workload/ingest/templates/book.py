"""What every workbook of ours shares: inert text, looks, protection, print set-up, names, and the same bytes twice."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from math import ceil
from pathlib import Path
from typing import TypeAlias

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from workload.ingest.values import normalise

EPOCH = datetime(2024, 1, 1)
FACE = "Arial"  # on every machine, and of the same widths in LibreOffice
TITLE = Font(name=FACE, size=15, bold=True, color="1F3864")
NOTE = Font(name=FACE, size=10, italic=True, color="4B5563")
BOLD = Font(name=FACE, size=10, bold=True)
HEAD = Font(name=FACE, size=10, bold=True, color="FFFFFF")
WARN = Font(name=FACE, size=10, color="8A1C1C")
PLAIN = Font(name=FACE, size=10)
HEAD_FILL = PatternFill("solid", fgColor="1F3864")
BAND_FILL = PatternFill("solid", fgColor="DCE4F0")
LABEL_FILL = PatternFill("solid", fgColor="EEF2F8")
INPUT_FILL = PatternFill("solid", fgColor="FFFDF0")
NO_FILL = PatternFill()
_EDGE = Side(style="thin", color="BFC8D6")
LINE = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
NO_LINE = Border()
HOURS = "[h]:mm"
DAY = "dd/mm/yyyy"
LINE_PT = 13

Value: TypeAlias = str | int | float | date | timedelta | None


def formula(text: str) -> "Formula":
    return Formula(text)


class Formula(str):
    """Text of ours that is meant as a formula; every other text stays text."""

    __slots__ = ()


def put(
    ws: Worksheet,
    row: int,
    column: int,
    value: Value = None,
    *,
    font: Font = PLAIN,
    fill: PatternFill = NO_FILL,
    border: Border = NO_LINE,
    number_format: str = "",
    align: str = "left",
    vertical: str = "center",
    wrap: bool = False,
    unlocked: bool = False,
) -> None:
    """One cell. Text that begins = + - @ is stored as text, and stays text when somebody edits the cell."""
    cell = ws.cell(row, column)
    assert isinstance(cell, Cell)
    if isinstance(value, str):
        value = value if isinstance(value, Formula) else ILLEGAL_CHARACTERS_RE.sub("", value)
    cell.value = value
    if isinstance(value, str) and not isinstance(value, Formula):
        cell.data_type = "s"
        if value.lstrip()[:1] in tuple("=+-@"):
            cell.quotePrefix = True
    cell.font = font
    if fill is not NO_FILL:
        cell.fill = fill
    if border is not NO_LINE:
        cell.border = border
    if number_format:
        cell.number_format = number_format
    cell.alignment = _alignment(align, vertical, wrap, align == "left" and border is not NO_LINE)
    if unlocked:
        cell.protection = Protection(locked=False)


@cache
def _alignment(horizontal: str, vertical: str, wrap: bool, indented: bool) -> Alignment:
    return Alignment(horizontal=horizontal, vertical=vertical, wrap_text=wrap, indent=int(indented))


def headings(ws: Worksheet, row: int, texts: Sequence[str], height: float = 32) -> None:
    for column, text in enumerate(texts, start=1):
        put(ws, row, column, text, font=HEAD, fill=HEAD_FILL, border=LINE, wrap=True)
    ws.row_dimensions[row].height = height


def widths(ws: Worksheet, sizes: Iterable[float]) -> None:
    for column, size in enumerate(sizes, start=1):
        ws.column_dimensions[get_column_letter(column)].width = size


def fit_height(ws: Worksheet, row: int, texts: Iterable[tuple[str, float]], least: float = 18) -> None:
    """Room for the longest (text, column width) of a row: not every program fits rows to wrapped text on opening."""
    lines = max(sum(max(1, ceil(len(part) / (width - 3))) for part in text.split("\n")) for text, width in texts)
    ws.row_dimensions[row].height = max(least, lines * LINE_PT + 5)


def print_set_up(ws: Worksheet, footer: str, repeat: int = 0, pages: int = 0, wide: int = 1) -> None:
    """A4 landscape, one page wide unless told, headings on every page, page n/N."""
    ws.page_setup.orientation, ws.page_setup.paperSize = "landscape", 9
    ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = wide, pages
    ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    ws.page_margins.left = ws.page_margins.right = 0.4
    ws.page_margins.top, ws.page_margins.bottom = 0.5, 0.7
    ws.print_options.horizontalCentered = True
    feet = ws.oddFooter
    assert feet is not None
    feet.left.text = re.sub(r"\s+", " ", footer).replace("&", "&&")[:100]
    feet.right.text = "Page &P/&N"
    if repeat:
        ws.print_title_rows = f"{repeat}:{repeat}"


def protect(ws: Worksheet) -> None:
    """Headings and labels cannot be changed by accident; no password: this is a guard rail, not a lock."""
    ws.protection.sheet = True
    for allowed in ("formatColumns", "formatRows", "formatCells", "sort", "autoFilter", "deleteRows", "insertRows"):
        setattr(ws.protection, allowed, False)  # in the file format, False is "not forbidden"


def hidden_sheet(book: Workbook, name: str, rows: Iterable[tuple[str, Value]]) -> None:
    """Keys and values that the software may look up and people need not see."""
    ws = book.create_sheet(name)
    for number, (key, value) in enumerate(rows, start=1):
        put(ws, number, 1, key)
        put(ws, number, 2, value, number_format="yyyy-mm-dd" if isinstance(value, date) else "")
    ws.sheet_state = "hidden"
    protect(ws)


_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED = ("history", "historique", "mode d'emploi", "a corriger", "listes", "workload", "releve")


def sheet_name(wanted: str, taken: Iterable[str]) -> str:
    """A name that Excel takes, unlike those taken and those of our own sheets."""
    base = _FORBIDDEN.sub("_", ILLEGAL_CHARACTERS_RE.sub("", wanted)).strip(" '") or "Agent"
    if normalise(base) in _RESERVED:
        base = f"Agent {base}"
    used = {name.casefold() for name in taken}
    return next(n for n in _numbered(base, 31) if n.casefold() not in used)


def file_name(wanted: str, taken: Iterable[str]) -> str:
    """A file name that every system takes: letters, figures, - and _."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", wanted) if not unicodedata.combining(c))
    plain = re.sub(r"[^A-Za-z0-9-]+", "_", letters).strip("_") or "sans_nom"
    used = {name.casefold() for name in taken}
    return next(n for n in _numbered(plain, 80) if n.casefold() not in used)


def _numbered(base: str, most: int) -> Iterable[str]:
    yield base[:most].rstrip(" '")
    for n in range(2, 100_000):
        yield f"{base[: most - len(str(n)) - 1]}-{n}"


def save(book: Workbook, path: Path) -> None:
    """Without the clock: fixed dates inside the file, so that the same register gives the same bytes."""
    book.properties.creator = "workload"
    book.properties.created = book.properties.modified = EPOCH
    raw = io.BytesIO()
    book.save(raw)
    stamp = f"{EPOCH:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "docProps/core.xml":  # openpyxl stamps the moment of saving there
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            target.writestr(zipfile.ZipInfo(info.filename, EPOCH.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
