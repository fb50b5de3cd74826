"""Workbooks as plain grids of cells at the addresses that the person sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from workload.errors import InputError, Issue
from workload.ingest.values import CellValue, normalise


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
    """One sheet: `rows[0][0]` is cell A1."""

    file: str
    name: str
    rows: tuple[tuple[CellValue, ...], ...]

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


@dataclass(frozen=True, slots=True)
class Workbook:
    file: str
    sheets: tuple[Sheet, ...]

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, read without regard to case, accents and spaces."""
        return next((s for s in self.sheets if normalise(s.name) == normalise(name)), None)


def read_workbook(path: Path, file: str) -> Workbook:
    """Every sheet of a workbook; `file` is the name that issues will show.

    Raises InputError when the file is missing, locked by a password or no workbook.
    """
    if not path.is_file():
        raise InputError([Issue("missing_file", file)])
    try:
        with CalamineWorkbook.from_path(path) as book:
            sheets = tuple(
                Sheet(
                    file,
                    name,
                    tuple(tuple(row) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)),
                )
                for name in book.sheet_names
            )
    except PasswordError as error:
        raise InputError([Issue("encrypted_file", file)]) from error
    except (CalamineError, OSError) as error:
        raise InputError([Issue("unreadable_file", file)]) from error
    return Workbook(file, sheets)
