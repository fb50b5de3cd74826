"""What all sheets of the live workbook share: formats, and where each quantity stands, so that formulas can name it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook

from workload.recount import Basis, Recounted
from workload.reporting.sheets import Sheet, new_workbook
from workload.reporting.wording import entry, words

_LINE: Mapping[str, Any] = {
    "bottom": 4,
    "bottom_color": "#D5DAE0",
    "font_name": "Calibri",
    "font_size": 10,
    "valign": "top",
}
_INPUT = {"bg_color": "#FFF2B3", "locked": False, "border": 1, "border_color": "#C9A400"}
_FIXED = {"bg_color": "#ECEFF2", "font_color": "#414B57"}
_HEADING = {"bold": True, "text_wrap": True, "bottom": 2, "bottom_color": "#000000", "bg_color": "#F4F6F8"} | {
    "valign": "bottom"
}
_FORMATS: Mapping[str, Mapping[str, Any]] = {
    "input": _INPUT | {"num_format": "#,##0.######"},
    "input_count": _INPUT | {"num_format": "#,##0.##"},
    "fixed": _FIXED | {"num_format": "#,##0.######"},
    "fixed_text": _FIXED | {"align": "right"},
    "fixed_posts": _FIXED | {"num_format": "0.0##"},
    "fixed_row": _FIXED | {"num_format": "+0.000000;\u22120.000000;0"},
    "factor": {"num_format": "0.000000"},
    "tiny": {"num_format": "0.000000E+00"},
    "whole": {"num_format": "#,##0"},
    "fine": {"num_format": "#,##0.0000"},
    "finest": {"num_format": "0.000000"},
    "finest_row": {"num_format": "+0.000000;\u22120.000000;0"},
    "moved": {"num_format": "[Red]+0.000000;[Red]\u22120.000000;0"},
    "flag": {"font_color": "#A3210F", "bold": True, "text_wrap": True, "bottom": 0, "align": "left", "indent": 1},
    "label": {"text_wrap": True, "align": "left", "indent": 1},
    "status": {"bold": True, "text_wrap": True, "font_color": "#1E6B3A", "bottom": 0},
    "heading_right": _HEADING | {"align": "right"},
    "heading_indent": _HEADING | {"align": "left", "indent": 1},
    "section": {"bold": True, "font_size": 11, "bg_color": "#DDE5EC"},
}


@dataclass(frozen=True, slots=True)
class Mission:
    """One mission: what it stands on, and what it computes to as published."""

    basis: Basis
    found: Recounted

    @property
    def id(self) -> str:
        return self.found.mission

    @property
    def name(self) -> str:
        return str(self.basis["name"])

    @property
    def names(self) -> list[str]:
        return [str(t["name"]) for t in self.basis["territories"]]

    @property
    def components(self) -> Sequence[Mapping[str, Any]]:
        return list(self.basis["components"])

    def closed(self, t: int) -> frozenset[str]:
        of = self.basis["closed"][t]
        return frozenset(of["components"]) if of else frozenset()

    @property
    def any_closed(self) -> bool:
        return any(self.basis["closed"])

    @property
    def any_own(self) -> bool:
        """Whether individual allowances are declared."""
        return any(self.basis["individual"]["ledger"])


@dataclass(slots=True)
class Live:
    """The workbook as it grows. `places`: a quantity → its absolute reference, with the sheet's name."""

    book: Workbook
    formats: dict[str, Any]
    title: str
    notice: str
    missions: Sequence[Mission]
    places: dict[tuple[str | int, ...], str] = field(default_factory=dict)

    def sheet(self, name: str, widths: Sequence[float]) -> Sheet:
        label = words(f"live.sheets.{name}")
        sheet = Sheet(self.book, self.formats, label, widths, f"{label} — {self.title}", self.notice)
        sheet.page.protect("", {"format_columns": True, "format_rows": True, "select_locked_cells": True})
        return sheet

    def put(self, sheet: Sheet, column: int, *what: str | int) -> None:
        """Remembers that the quantity stands in this column of the sheet's current row."""
        cell = xl_rowcol_to_cell(sheet.row, column, row_abs=True, col_abs=True)
        self.places[what] = f"'{sheet.page.name}'!{cell}"

    def at(self, *what: str | int) -> str:
        return self.places[what]

    def all_of(self, *what: str | int) -> list[str]:
        """References of the quantity in every territory it stands for, in order; `what` lacks the last part."""
        return [place for key, place in self.places.items() if key[:-1] == what]


def new_live(path: str, title: str, notice: str, missions: Sequence[Mission]) -> Live:
    book, formats = new_workbook(path)
    for name, style in _FORMATS.items():
        formats[name] = book.add_format({**_LINE, **style})
        formats[f"{name}_total"] = book.add_format({**_LINE, **style, "bold": True, "top": 1})
    formats["alarm"] = book.add_format({"font_color": "#A3210F"})  # over another format, where something was changed
    return Live(book, formats, title, notice, missions)


def headings(*names: str) -> list[str]:
    known = entry("live.headings")
    return [known[name] for name in names]


def head_row(sheet: Sheet, names: Sequence[str], labels: int, height: float = 30) -> None:
    """Frozen and repeated on every page: `labels` columns of text, then figures, whose headings stand above them."""
    row = sheet.row
    sheet.headings(names, freeze=min(labels, 3))
    for column in range(labels, len(names)):
        sheet.page.write_string(row, column, names[column], sheet.formats["heading_right"])
    sheet.page.set_row(row, height)


def text_formula(sheet: Sheet, column: int, formula: str, value: str, style: str) -> None:
    """A formula that gives words, with those it gives now."""
    sheet.page.write_formula(sheet.row, column, formula, sheet.formats[style], value)


def quoted(text: str) -> str:
    """Text inside a formula."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
