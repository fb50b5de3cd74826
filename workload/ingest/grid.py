"""Workbooks of every format as plain grids of cells, at the addresses that the person sees."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from workload.errors import InputError, Issue
from workload.ingest.old_formats import DamagedError, read_apart
from workload.ingest.package import (
    MAX_GRID_CELLS,
    MAX_SHEETS,
    SecondLook,
    check_size,
    check_zip,
    inspect_package,
    is_ole,
    refuse,
)
from workload.ingest.values import CellValue, normalise

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".csv")
OPEN_XML = (".xlsx", ".xlsm")
_REPEATED = re.compile(rb'number-(?:columns|rows)-repeated="(\d+)"[^>]*office:value-type')
MAX_REPEATED = 2_000
LIST_MARKER = "workload:a-corriger:1"
"""In A1 of the list that a marked copy opens with; readers pass over that sheet."""


def column_letter(column: int) -> str:
    """1 → A, 27 → AA."""
    letters = ""
    while column:
        column, remainder = divmod(column - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters


def address(row: int, column: int) -> str:
    """Cell address from 1-based row and column: (12, 6) → F12."""
    return f"{column_letter(column)}{row}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: `rows[0][0]` is cell A1. Errors and formulas without a value stand in the rows as such."""

    file: str
    name: str
    rows: Sequence[Sequence[CellValue]]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    merged: tuple[tuple[int, int, int, int], ...] = ()  # top, left, bottom, right, from 1
    date1904: bool = False

    def value(self, row: int, column: int) -> CellValue:
        """The cell at 1-based row and column; empty text counts as nothing."""
        if not 1 <= row <= len(self.rows) or not 1 <= column <= len(self.rows[row - 1]):
            return None
        found = self.rows[row - 1][column - 1]
        return None if isinstance(found, str) and not found.strip() else found

    def cells(self) -> Iterator[tuple[int, int, CellValue]]:
        for r, row in enumerate(self.rows, start=1):
            for c in range(1, len(row) + 1):
                found = self.value(r, c)
                if found is not None:
                    yield r, c, found


def is_list_sheet(sheet: Sheet) -> bool:
    """Whether a sheet is the list of a marked copy, even renamed."""
    return sheet.value(1, 1) == LIST_MARKER


@dataclass(frozen=True, slots=True)
class Workbook:
    file: str
    sheets: tuple[Sheet, ...]

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, read without regard to case, accents and spaces."""
        return next((s for s in self.sheets if normalise(s.name) == normalise(name)), None)


def read_workbook(path: Path, file: str) -> Workbook:
    """Every sheet of a workbook; `file` is the name that issues will show.

    Raises InputError when the file is missing, of no known kind, locked by a password, damaged or hostile; in bounded
    time and memory.
    """
    if not path.is_file():
        raise InputError([Issue("missing_file", file)])
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise refuse(file, "unknown_format", known=", ".join(SUFFIXES))
    check_size(path, file)
    if suffix == ".csv":
        return Workbook(file, (_csv_sheet(path, file),))
    looks: list[SecondLook] = []
    date1904 = False
    if suffix in OPEN_XML:
        if is_ole(path):  # an .xlsx under password is an OLE container; so is an .xls that was renamed
            raise refuse(file, "encrypted_file" if _is_encrypted(path) else "wrong_extension")
        looks, date1904 = inspect_package(path, file)
    else:
        return Workbook(file, _old_sheets(path, file))
    try:
        with CalamineWorkbook.from_path(path) as book:
            return Workbook(file, _sheets(book, file, looks, date1904))
    except PasswordError as error:
        raise refuse(file, "encrypted_file") from error
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        raise refuse(file, "unreadable_file") from error


def _sheets(book: Any, file: str, looks: list[SecondLook], date1904: bool) -> tuple[Sheet, ...]:
    sheets = []
    metadata = book.sheets_metadata
    if len(metadata) > MAX_SHEETS:
        raise refuse(file, "too_many_sheets", n=len(metadata))
    for number, meta in enumerate(metadata):
        look = looks[number] if number < len(looks) else SecondLook()
        sheet = book.get_sheet_by_index(number)
        if sheet.total_height * sheet.total_width > MAX_GRID_CELLS:
            raise refuse(file, "sheet_too_large", rows=sheet.total_height, columns=sheet.total_width)
        rows = sheet.to_python(skip_empty_area=False)
        for (row, column), special in look.special.items():
            _put(rows, row, column, special)
        merged = tuple((a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in sheet.merged_cell_ranges or ())
        hidden = meta.visible != SheetVisibleEnum.Visible
        sheets.append(Sheet(file, meta.name, rows, hidden, look.hidden_rows, merged, date1904))
    return tuple(sheets)


def _old_sheets(path: Path, file: str) -> tuple[Sheet, ...]:
    """.xls and .ods, read apart: a damaged one may take its reader down with it."""
    if path.suffix.lower() == ".ods":
        check_zip(path, file)
        _check_repeats(path, file)
    elif not is_ole(path):
        raise refuse(file, "wrong_extension" if zipfile.is_zipfile(path) else "unreadable_file")
    try:
        found = read_apart(path, MAX_GRID_CELLS)
    except DamagedError as error:
        raise refuse(file, error.code, rows="?", columns="?") from error
    return tuple(
        Sheet(file, name, rows, not visible, merged=tuple((a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in merged))
        for name, visible, rows, merged in found[:MAX_SHEETS]
    )


def _put(rows: list[list[CellValue]], row: int, column: int, value: CellValue) -> None:
    """A special cell may lie outside what the quick reader found used."""
    while len(rows) < row:
        rows.append([])
    rows[row - 1].extend([""] * (column - len(rows[row - 1])))
    rows[row - 1][column - 1] = value


def _is_encrypted(path: Path) -> bool:
    return b"E\0n\0c\0r\0y\0p\0t" in path.read_bytes()


def _check_repeats(path: Path, file: str) -> None:
    """A cell with a value repeated thousands of times is no form that people fill in."""
    with zipfile.ZipFile(path) as package:
        if "content.xml" not in package.namelist():
            raise refuse(file, "wrong_extension")
        content = package.read("content.xml")
    if any(int(n) > MAX_REPEATED for n in _REPEATED.findall(content)):
        raise refuse(file, "zip_bomb")


def _csv_sheet(path: Path, file: str) -> Sheet:
    """A CSV as a sheet: encoding and delimiter found, text everywhere, line numbers as in the file."""
    raw = path.read_bytes()
    if b"\0" in raw[:4096]:
        raise refuse(file, "wrong_extension")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    head = text[:20_000].split("\n", 40)[:40]
    delimiter = max(";\t,", key=lambda mark: sum(line.count(mark) for line in head))
    rows: list[list[CellValue]] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for row in reader:
            while len(rows) < reader.line_num - 1:
                rows.append([])
            if len(row) > 16_384 or len(rows) * max(len(row), 1) > MAX_GRID_CELLS:
                raise refuse(file, "sheet_too_large", rows=len(rows), columns=len(row))
            rows.append(list(row))
    except csv.Error as error:
        raise InputError([Issue("unreadable_file", file, cell=f"{reader.line_num}:{reader.line_num}")]) from error
    return Sheet(file, path.stem, rows)
