"""A marked copy of a file that is no Excel XML (.xls, .ods, .csv): its values in a new workbook, then marked."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

from openpyxl import Workbook as NewWorkbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from workload.errors import Issue
from workload.ingest.grid import Sheet, Workbook, is_list_sheet
from workload.ingest.marking.mark import mark_workbook
from workload.ingest.marking.notes import xml_text
from workload.ingest.package import ErrorCell, UncachedFormula
from workload.ingest.values import CellValue, clean_text, shown

_WIDEST, _NARROWEST = 60, 9
_MOST_CHARACTERS = 32_767
_FORMATS = {datetime: "dd/mm/yyyy hh:mm", date: "dd/mm/yyyy", time: "hh:mm", timedelta: "[h]:mm"}


def mark_values(workbook: Workbook, target: Path, issues: Sequence[Issue], language: str = "fr") -> None:
    """Write the values of `workbook`, each at its address, to a new .xlsx and mark its wrong cells."""
    book = NewWorkbook(write_only=True)
    names: dict[str, str] = {}
    for sheet in workbook.sheets:
        if not is_list_sheet(sheet):
            names[sheet.name] = _sheet_name(sheet.name, set(names.values()))
            _write(book, sheet, names[sheet.name])
    if not names:
        book.create_sheet(_sheet_name("", set()))
    renamed = [replace(issue, sheet=names.get(issue.sheet, issue.sheet)) for issue in issues]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "valeurs.xlsx"
        book.save(plain)
        mark_workbook(plain, target, renamed, language)


def _write(book: Any, sheet: Sheet, name: str) -> None:
    page = book.create_sheet(name)
    for column in range(1, max((len(row) for row in sheet.rows), default=0) + 1):
        longest = max((len(shown(row[column - 1])) for row in sheet.rows if len(row) >= column), default=0)
        page.column_dimensions[get_column_letter(column)].width = min(max(longest + 2, _NARROWEST), _WIDEST)
    for row in sheet.rows:
        page.append([_cell(page, value) for value in row])


def _cell(page: Any, value: CellValue) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str | ErrorCell | UncachedFormula) or (isinstance(value, float) and not isfinite(value)):
        cell = WriteOnlyCell(page, xml_text(str(value))[:_MOST_CHARACTERS])
        cell.data_type = "s"  # « =1+1 » as typed: text, never a formula
        return cell
    cell = WriteOnlyCell(page, value)  # type: ignore[arg-type]  # takes times and durations too
    if number_format := _FORMATS.get(type(value)):
        cell.number_format = number_format
    return cell


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that Excel takes: 31 characters, none of []:*?/\\, not used yet."""
    plain = re.sub(r"[\[\]:*?/\\]", " ", clean_text(xml_text(name))).strip("' ")[:31] or "Feuille"
    folded = {other.casefold() for other in taken}
    tried = (plain if n == 1 else f"{plain[:26]} ({n})" for n in range(1, len(taken) + 2))
    return next(t for t in tried if t.casefold() not in folded)
