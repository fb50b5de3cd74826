"""Drop-down lists and checks on input cells, with error texts that say what to type."""

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from workload.catalogue import text
from workload.ingest.templates.book import Value, protect, put

LISTS = "Listes"


class Lists:
    """A hidden sheet of lists; each list is written once, and its cells are text whatever they begin with."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.sheet: Worksheet | None = None
        self.known: dict[tuple[Value, ...], str] = {}

    def reference(self, values: Sequence[Value], number_format: str = "") -> str:
        if self.sheet is None:
            self.sheet = self.book.create_sheet(LISTS)
            self.sheet.sheet_state = "hidden"
            protect(self.sheet)
        key = tuple(values)
        if key not in self.known:
            column = len(self.known) + 1
            for row, value in enumerate(values, start=1):
                put(self.sheet, row, column, value, number_format=number_format)
            letter = get_column_letter(column)
            self.known[key] = f"{LISTS}!${letter}$1:${letter}${len(values)}"
        return self.known[key]


def offer(
    ws: Worksheet, cells: str, lists: Lists, values: Sequence[Value], strict: bool = True, number_format: str = ""
) -> None:
    """A drop-down list. Not strict: another value is taken after a question."""
    if not values:
        return
    check = DataValidation(type="list", formula1=lists.reference(values, number_format), allow_blank=True)
    _speak(check, "template_error_list", strict)
    for area in cells.split():
        check.add(area)
    ws.add_data_validation(check)


def durations(ws: Worksheet, cells: str) -> None:
    """From 0:00 to 24:00."""
    check = DataValidation(type="decimal", operator="between", formula1="0", formula2="1", allow_blank=True)
    _speak(check, "template_error_duration")
    for area in cells.split():
        check.add(area)
    ws.add_data_validation(check)


def shares(ws: Worksheet, cells: str, message: str = "template_error_share") -> None:
    check = DataValidation(type="decimal", operator="between", formula1="0", formula2="1", allow_blank=True)
    _speak(check, message)
    for area in cells.split():
        check.add(area)
    ws.add_data_validation(check)


def numbers(ws: Worksheet, cells: str, message: str, least: float = 0, most: float | None = None) -> None:
    check = DataValidation(type="decimal", operator="greaterThanOrEqual", formula1=f"{least:g}", allow_blank=True)
    if most is not None:
        check.operator, check.formula2 = "between", f"{most:g}"
    _speak(check, message)
    for area in cells.split():
        check.add(area)
    ws.add_data_validation(check)


def dates(ws: Worksheet, cells: str) -> None:
    """Any day from 2000 on; whether it lies in the campaign is checked on the way in."""
    check = DataValidation(type="date", operator="greaterThan", formula1="36525", allow_blank=True)
    _speak(check, "template_error_date")
    for area in cells.split():
        check.add(area)
    ws.add_data_validation(check)


def communes(ws: Worksheet, cells: str, first: str) -> None:
    """Five characters, so that a lost leading zero is seen at once. `first`: the range's first cell."""
    check = DataValidation(type="custom", formula1=f"LEN({first})=5", allow_blank=True)
    _speak(check, "template_error_commune")
    for area in cells.split():
        check.add(area)
    ws.add_data_validation(check)


def _speak(check: DataValidation, message: str, strict: bool = True) -> None:
    check.errorStyle = "stop" if strict else "warning"
    check.showErrorMessage = True
    check.errorTitle = text("template_error_title")
    check.error = text(message)
