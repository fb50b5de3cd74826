"""Reads the CSV of `workload allocate`: one line per unit, every issue gathered at the address a sheet would show.

Columns `unit,need_fte[,current,floor,ceiling][,territory,mission,profession,site]`, posts and FTE, their headings in
English or in French; UTF-8, with comma, semicolon or tab between the cells. Away from comma-separated files a decimal
comma is read as one. Without a column `unit` a line goes by its coordinates.
"""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path

from workload.allocation.instance import decimal_text
from workload.allocation.pools import Cell
from workload.errors import InputError, Issue, Severity

REQUIRED = ("unit", "need_fte")
OPTIONAL = ("current", "floor", "ceiling")
COORDINATES = ("territory", "mission", "profession", "site")
FRENCH = {
    "unite": "unit",
    "unité": "unit",
    "besoin_etp": "need_fte",
    "actuel": "current",
    "postes_actuels": "current",
    "plancher": "floor",
    "plafond": "ceiling",
    "territoire": "territory",
}
DELIMITERS = ";\t,"
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009", " "))
# Digits in threes or not at all, never an exponent or a fraction bar: what people write, and bounded in size.
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?: [0-9]{3}){1,4}|[0-9]{1,15})(?:[.,][0-9]{1,15})?")


@dataclass(frozen=True, slots=True)
class NeedRow:
    """One unit as read; `current`, `floor`, `ceiling` in posts, None where nothing is said."""

    unit: str
    need_fte: Fraction
    current: Fraction | None
    floor: Fraction | None
    ceiling: Fraction | None
    cell: Cell


@dataclass(frozen=True, slots=True)
class NeedTable:
    file: str
    rows: tuple[NeedRow, ...]  # in the order of the file; current is given for all or for none
    warnings: tuple[Issue, ...]  # columns that were not used
    coordinates: tuple[str, ...] = ()  # which of COORDINATES the file has


def read_table(path: Path, step: Fraction = Fraction(1)) -> NeedTable:
    """The table of needs; floors and ceilings must be multiples of `step` posts.

    Raises:
        InputError: with every issue of the file.
    """
    sheet = _Sheet(path.name)
    delimiter, records = _records(path, sheet)
    if not records:
        raise InputError([sheet.issue("table_empty", 1, 0)])
    (heading_line, headings), *body = records
    columns = _columns(sheet, heading_line, headings)
    if not body:
        sheet.report("table_empty", heading_line + 1, 0)
    sheet.stop_on_errors()

    cells = [_Cells(sheet, line, record, columns, delimiter) for line, record in body]
    has_current = any(row.typed("current") for row in cells)
    rows = [_row(row, step, has_current) for row in cells]
    _report_duplicates(cells)
    for row in cells:
        row.report_surplus(len(headings))
    needs = [row.need_fte for row in rows if row is not None]
    if len(needs) == len(rows) and not any(needs):
        sheet.report("table_no_need", heading_line, columns["need_fte"])
    sheet.stop_on_errors()
    coordinates = tuple(name for name in COORDINATES if name in columns)
    return NeedTable(path.name, tuple(row for row in rows if row is not None), tuple(sheet.issues), coordinates)


def parse_number(typed: str, *, decimal_comma: bool) -> Fraction | None:
    """The exact number a person typed (1 234,5 or 1234.5), or None when it is none."""
    plain = typed.translate(_SPACES).strip().replace("\u2212", "-")
    if not _NUMBER.fullmatch(plain) or ("," in plain and not decimal_comma):
        return None
    return Fraction(plain.replace(" ", "").replace(",", "."))


def cell_address(line: int, column: int) -> str:
    """The address as in a sheet, columns counted from 0: (12, 1) is B12, (1, 26) is AA1."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{line}"


@dataclass(slots=True)
class _Sheet:
    """The file's name and what is wrong with it so far."""

    file: str
    issues: list[Issue] = field(default_factory=list)

    def issue(
        self, code: str, line: int, column: int, value: str = "", suggestion: str = "", /, **params: str
    ) -> Issue:
        return Issue(
            code, self.file, cell=cell_address(line, column), value=value, suggestion=suggestion, params=params
        )

    def report(
        self, code: str, line: int, column: int, value: str = "", suggestion: str = "", /, **params: str
    ) -> None:
        self.issues.append(self.issue(code, line, column, value, suggestion, **params))

    def stop_on_errors(self) -> None:
        if any(issue.severity is Severity.ERROR for issue in self.issues):
            raise InputError(self.issues)


@dataclass(frozen=True, slots=True)
class _Cells:
    """One record of the file, its cells by column name; a cell that is not there is an empty one."""

    sheet: _Sheet
    line: int
    record: list[str]
    columns: dict[str, int]
    delimiter: str

    def typed(self, column: str) -> str:
        at = self.columns.get(column)
        return self.record[at].strip() if at is not None and at < len(self.record) else ""

    @property
    def name(self) -> str:
        """What the line goes by: its unit, or else its coordinates."""
        if "unit" in self.columns:
            return self.typed("unit")
        return " / ".join(part for column in COORDINATES if (part := self.typed(column)))

    @property
    def cell(self) -> Cell:
        territory, *others = map(self.typed, COORDINATES)
        return Cell(territory or self.name, *others)

    @property
    def name_column(self) -> str:
        return "unit" if "unit" in self.columns else "territory"

    def report(self, code: str, column: str, suggestion: str = "", /, **params: str) -> None:
        self.sheet.report(code, self.line, self.columns[column], self.typed(column), suggestion, **params)

    def number(self, column: str, *, required: bool) -> Fraction | None:
        """The number in a column, never negative; None where there is none, reported unless it may be left out."""
        typed = self.typed(column)
        if not typed:
            if required:
                self.report("table_value_missing", column, column=column)
            return None
        number = parse_number(typed, decimal_comma=self.delimiter != ",")
        if number is None:
            repaired = parse_number(typed, decimal_comma=True)
            self.report("table_number", column, "" if repaired is None else decimal_text(repaired), column=column)
        elif number < 0:
            self.report("table_negative", column, column=column)
        else:
            return number
        return None

    def multiple(self, column: str, step: Fraction) -> Fraction | None:
        posts = self.number(column, required=False)
        if posts is not None and (posts / step).denominator != 1:
            self.report("table_between_steps", column, column=column, step=decimal_text(step))
            return None
        return posts

    def report_surplus(self, width: int) -> None:
        """A cell beyond the last heading: most often a decimal comma in a comma-separated file."""
        surplus = next((i for i, cell in enumerate(self.record) if i >= width and cell.strip()), None)
        if surplus is not None:
            self.sheet.report("table_too_many_cells", self.line, surplus, self.record[surplus].strip())


def _row(cells: _Cells, step: Fraction, has_current: bool) -> NeedRow | None:
    if not cells.typed(cells.name_column):
        cells.report("table_unit_missing", cells.name_column)
    need_fte = cells.number("need_fte", required=True)
    current = cells.number("current", required=True) if has_current else None
    floor, ceiling = cells.multiple("floor", step), cells.multiple("ceiling", step)
    if floor is not None and ceiling is not None and floor > ceiling:
        cells.report("table_floor_above_ceiling", "floor", ceiling=cells.typed("ceiling"))
    return None if need_fte is None else NeedRow(cells.name, need_fte, current, floor, ceiling, cells.cell)


def _report_duplicates(rows: list[_Cells]) -> None:
    """Names that differ only in case or in how an accent is encoded are one territory twice."""
    first: dict[str, int] = {}
    for row in rows:
        unit, column = unicodedata.normalize("NFC", row.name).casefold(), row.name_column
        if unit and first.setdefault(unit, row.line) != row.line:
            row.report("table_unit_twice", column, first=cell_address(first[unit], row.columns[column]))


def _columns(sheet: _Sheet, line: int, headings: list[str]) -> dict[str, int]:
    """Column name → position. A misspelt column would silently drop a rule, so one that looks like ours is an error."""
    known = (*REQUIRED, *OPTIONAL, *COORDINATES)
    columns: dict[str, int] = {}
    unknown = []
    for at, heading in enumerate(headings):
        name = "_".join(heading.translate(_SPACES).casefold().split())
        name = FRENCH.get(unicodedata.normalize("NFC", name), name)
        if name in columns:
            sheet.report("table_column_twice", line, at, heading.strip(), column=name)
        elif name in known:
            columns[name] = at
        elif name:
            unknown.append((at, heading.strip(), name))
    for at, heading, name in unknown:
        meant = get_close_matches(name, [column for column in known if column not in columns], n=1, cutoff=0.7)
        if meant:
            sheet.report("table_unknown_column", line, at, heading, meant[0])
        else:
            address = cell_address(line, at)
            sheet.issues.append(Issue("table_unused_column", sheet.file, "", address, heading, Severity.WARNING))
    for column in REQUIRED:
        if column not in columns and not (column == "unit" and "territory" in columns):
            sheet.report("table_column_missing", line, 0, column=column)
    return columns


def _records(path: Path, sheet: _Sheet) -> tuple[str, list[tuple[int, list[str]]]]:
    """The delimiter, and each record that is not blank with the physical line it starts on."""
    try:
        typed = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError([sheet.issue("table_not_utf8", line, 0)]) from error
    except OSError as error:
        raise InputError([Issue("table_unreadable", str(path))]) from error
    heading = next((line for line in typed.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=heading.count)
    # strict: a quote that is never closed would swallow the rest of the file into one cell.
    reader = csv.reader(io.StringIO(typed, newline=""), delimiter=delimiter, strict=True)
    records, line = [], 1
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append((line, record))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError([sheet.issue("table_not_csv", line, 0)]) from error
    return delimiter, records
