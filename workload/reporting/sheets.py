"""One sheet of the workbook: cells typed, headings frozen, print set up, the mention of simulated data everywhere."""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any, TypeAlias

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook

from workload.reporting.wording import words

Value: TypeAlias = str | float | int | Fraction | None
A4, HEADER_LIMIT = 9, 200
LINE_COLUMNS, LINE_POINTS = 8, 14
_FONT = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "notice": {"bold": True, "text_wrap": True, "bg_color": "#FFF4D6", "font_color": "#6B5000"},
    "note": {"text_wrap": True, "font_color": "#5B6672"},
    "heading": {"bold": True, "text_wrap": True, "bottom": 2, "bg_color": "#F4F6F8", "valign": "bottom"},
    "text": {"bottom": 4, "bottom_color": "#D5DAE0", "align": "left", "indent": 1},
    "withheld": {"bottom": 4, "bottom_color": "#D5DAE0", "align": "right", "font_color": "#5B6672"},
    "wrapped": {"bottom": 4, "bottom_color": "#D5DAE0", "text_wrap": True},
    "posts": {"bottom": 4, "bottom_color": "#D5DAE0", "num_format": "0.0##"},
    "estimate": {"bottom": 4, "bottom_color": "#D5DAE0", "num_format": "#,##0.00"},
    "change": {"bottom": 4, "bottom_color": "#D5DAE0", "num_format": "+0.0##;\u22120.0##;0"},
    "row": {"bottom": 4, "bottom_color": "#D5DAE0", "num_format": "+0.0000;\u22120.0000;0"},
    "share": {"bottom": 4, "bottom_color": "#D5DAE0", "num_format": "0.0%"},
    "percent": {"bottom": 4, "bottom_color": "#D5DAE0", "num_format": "0%"},
    "count": {"bottom": 4, "bottom_color": "#D5DAE0", "num_format": "#,##0"},
    "plain": {"bottom": 4, "bottom_color": "#D5DAE0", "num_format": "General"},
}


def new_workbook(path: str) -> tuple[Workbook, dict[str, Any]]:
    """A workbook in which text is always text, and its formats by name, each also as `…_total`, bold on grey."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = Workbook(path, options)
    formats = {}
    for name, style in _FORMATS.items():
        formats[name] = book.add_format(_FONT | style)
        formats[f"{name}_total"] = book.add_format(_FONT | style | {"bold": True, "top": 1, "bg_color": "#F4F6F8"})
    return book, formats


class Sheet:
    """Writes downwards; `row` is the next free one, counted from zero."""

    def __init__(
        self, book: Workbook, formats: dict[str, Any], name: str, widths: Sequence[float], title: str, notice: str
    ) -> None:
        self.formats = formats
        self.page = book.add_worksheet(name)
        self.widths = widths
        self.row = 0
        for column, width in enumerate(widths):
            self.page.set_column(column, column, width)
        self._print_setup(title, notice)
        if notice:
            self.line(f"{words('simulated.label')}. {notice}", "notice")
        self.line(title, "title")

    def _print_setup(self, title: str, notice: str) -> None:
        self.page.hide_gridlines(2)
        self.page.set_landscape()
        self.page.set_paper(A4)
        self.page.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
        self.page.fit_to_pages(1, 0)
        mention = f"&R&B{words('simulated.label')}" if notice else ""
        self.page.set_header(f"&L{_printed(title)}{mention}")
        self.page.set_footer(f"{mention.replace('&R', '&L')}&R{words('workbook.page')}")

    def line(self, text: str, style: str = "note") -> None:
        """A line of text across the table, as high as it needs to be, so that it widens no printed page."""
        last = min(len(self.widths), LINE_COLUMNS) - 1
        if last:
            self.page.merge_range(self.row, 0, self.row, last, "", self.formats[style])
        self.page.write_string(self.row, 0, text, self.formats[style])
        self._height(1 if style == "title" else _lines(text, sum(self.widths[: last + 1])))
        self.row += 1

    def break_page(self) -> None:
        self.page.set_h_pagebreaks([self.row])

    def _height(self, lines: int) -> None:
        """Set rather than left to the program that opens it: LibreOffice does not always make room."""
        if lines > 1:
            self.page.set_row(self.row, LINE_POINTS * lines)

    def headings(self, names: Sequence[str], freeze: int | None = None) -> None:
        """A heading row; with `freeze` it stays on screen, with so many columns, and repeats on every printed page."""
        for column, name in enumerate(names):
            self.page.write_string(self.row, column, name, self.formats["heading"])
        if freeze is not None:
            self.page.freeze_panes(self.row + 1, freeze)
            self.page.repeat_rows(self.row)
        self.row += 1

    def values(self, values: Sequence[Value], styles: Sequence[str], total: bool = False) -> None:
        for column, (value, style) in enumerate(zip(values, styles, strict=True)):
            self.value(column, value, style, total)
        wrapped = [
            _lines(value, width)
            for value, style, width in zip(values, styles, self.widths, strict=False)
            if style == "wrapped" and isinstance(value, str)
        ]
        self._height(max(wrapped, default=1))
        self.row += 1

    def value(self, column: int, value: Value, style: str, total: bool = False) -> None:
        cell_format = self.formats[f"{style}_total" if total else style]
        if value is None or value != value:
            self.page.write_blank(self.row, column, None, cell_format)
        elif isinstance(value, str):
            self.page.write_string(self.row, column, value, cell_format)
        else:
            self.page.write_number(self.row, column, float(value), cell_format)

    def formula(self, column: int, formula: str, value: float, style: str, total: bool = False) -> None:
        """A formula with the value it has: right also where nothing recalculates."""
        self.page.write_formula(self.row, column, formula, self.formats[f"{style}_total" if total else style], value)


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a column, on the safe side for wider letters."""
    return ceil(len(text) * 1.05 / width)


def cell(row: int, column: int) -> str:
    return str(xl_rowcol_to_cell(row, column))


def column_range(column: int, first: int, last: int, fixed: bool = False) -> str:
    """E5:E10, or $E$5:$E$10."""
    name, mark = xl_col_to_name(column), "$" if fixed else ""
    return f"{mark}{name}{mark}{first + 1}:{mark}{name}{mark}{last + 1}"


def _printed(text: str) -> str:
    """Text in a page header, where & begins a command."""
    return text[:HEADER_LIMIT].replace("&", "&&")
