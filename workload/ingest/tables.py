"""Tables with headings inside a workbook: find the headings, read typed rows, gather every issue at its cell."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import process

from workload.errors import Issue
from workload.ingest.grid import Sheet, Workbook, address
from workload.ingest.layouts import Field, Layout, load
from workload.ingest.values import CellValue, clean_text, normalise, parse_commune, parse_date, parse_number, shown

HEADING_SEARCH_ROWS = 30
_WRITTEN = (str, int, float)
"""What a heading may be; a year is one too."""
_TOTAL_NAMES = ("total", "totaux", "ensemble", "total departement", "total general")
_YES = {"oui", "o", "occupe", "1", "x", "vrai", "pourvu"}
_NO = {"non", "n", "vacant", "0", "faux", ""}


def _non_negative(value: CellValue) -> float:
    number = parse_number(value)
    if number < 0:
        raise ValueError("negative")
    return number


def _share(value: CellValue) -> float:
    """A share of 1; a number from 5 on is a percentage without its sign (80 → 0.8)."""
    number = _non_negative(value)
    bare = not (isinstance(value, str) and "%" in value)
    share = number / 100 if bare and number >= 5 else number
    if share > 1:
        raise ValueError("over 100 %")
    return share


def _yes_no(value: CellValue) -> bool:
    word = normalise("oui" if value is True else "non" if value is False else value)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("neither yes nor no")


KINDS: Mapping[str, tuple[Callable[[CellValue], Any], str]] = {
    "text": (clean_text, "text_expected"),
    "commune": (parse_commune, "commune_format"),
    "number": (parse_number, "number_expected"),
    "count": (_non_negative, "count_expected"),
    "fte": (_non_negative, "fte_expected"),
    "share": (_share, "share_expected"),
    "yes_no": (_yes_no, "yes_no_expected"),
    "date": (parse_date, "date_format"),
}
"""How each kind of value is read, and the issue when it cannot be."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row read: typed values by field, and where each lay."""

    file: str
    sheet: str
    number: int
    values: Mapping[str, Any]
    columns: Mapping[str, int]

    def cell(self, field: str) -> str:
        return address(self.number, self.columns[field]) if field in self.columns else f"{self.number}:{self.number}"

    def issue(self, code: str, field: str, suggestion: str = "", **params: object) -> Issue:
        return Issue(
            code,
            self.file,
            self.sheet,
            self.cell(field),
            shown(self.values.get(field)),
            suggestion=suggestion,
            params={name: str(value) for name, value in params.items()},
        )


def did_you_mean(word: str, choices: Iterator[str] | list[str], cutoff: float = 70) -> str:
    """The closest known name, or nothing."""
    known = list(choices)
    best = process.extractOne(normalise(word), {name: normalise(name) for name in known}, score_cutoff=cutoff)
    return str(best[2]) if best else ""


def find_headings(sheet: Sheet, fields: tuple[Field, ...]) -> tuple[int, dict[str, int]]:
    """Row of the headings and column of each field found: the row, near the top, that holds most of them."""
    best: tuple[int, dict[str, int]] = (0, {})
    known = frozenset[str]().union(*(field.names for field in fields))
    for number, row in enumerate(sheet.rows[:HEADING_SEARCH_ROWS], start=1):
        words = {c: normalise(v) for c, v in enumerate(row, start=1) if v and isinstance(v, _WRITTEN)}
        if known.isdisjoint(words.values()):
            continue
        found: dict[str, int] = {}
        for field in fields:
            column = next((c for c, w in words.items() if w in field.names and c not in found.values()), None)
            if column is not None:
                found[field.name] = column
        if len(found) > len(best[1]):
            best = (number, found)
    return best


def locate(workbook: Workbook, layout: Layout) -> tuple[Sheet, int, dict[str, int], list[Issue]]:
    """The sheet, heading row and columns of a layout, with an issue for each heading that is missing."""
    named = workbook.sheet(layout.sheet)
    others = {normalise(other.sheet) for other in load("tables.csv").values()} - {normalise(layout.sheet)}
    candidates = [named] if named else [sheet for sheet in workbook.sheets if normalise(sheet.name) not in others]
    tried = [(sheet, *find_headings(sheet, layout.fields)) for sheet in candidates]
    if not tried:
        return (
            Sheet(workbook.file, "", ()),
            0,
            {},
            [Issue("missing_sheet", workbook.file, params={"sheet": layout.sheet})],
        )
    sheet, number, columns = max(tried, key=lambda t: len(t[2]))
    if named is None and len(columns) < sum(f.required for f in layout.fields):
        return sheet, 0, {}, [Issue("missing_sheet", workbook.file, params={"sheet": layout.sheet})]
    issues = [
        Issue(
            "missing_heading",
            workbook.file,
            sheet.name,
            f"{number or 1}:{number or 1}",
            params={"heading": field.heading},
        )
        for field in layout.fields
        if field.required and field.name not in columns
    ]
    return sheet, number, columns, issues


def read_table(workbook: Workbook, layout: Layout) -> tuple[list[Row], list[Issue]]:
    """Every data row under the headings, with all issues; blank rows and rows of totals are passed over.

    A required cell left empty or a value of the wrong kind is an issue at its cell; the row keeps None there.
    """
    sheet, heading_row, columns, issues = locate(workbook, layout)
    if issues:
        return [], issues
    rows = []
    for number in range(heading_row + 1, len(sheet.rows) + 1):
        raw = {name: sheet.value(number, column) for name, column in columns.items()}
        first = next(iter(raw.values()))
        if all(value is None for value in raw.values()) or normalise(first).startswith(_TOTAL_NAMES):
            continue
        row = Row(workbook.file, sheet.name, number, raw, columns)
        values, found = _typed(row, layout.fields)
        issues += found
        rows.append(Row(workbook.file, sheet.name, number, values, columns))
    if not rows:
        issues.append(Issue("empty_table", workbook.file, sheet.name, f"{heading_row}:{heading_row}"))
    return rows, issues


def _typed(row: Row, fields: tuple[Field, ...]) -> tuple[dict[str, Any], list[Issue]]:
    values: dict[str, Any] = {}
    issues = []
    for field in fields:
        raw = row.values.get(field.name)
        values[field.name] = None
        if raw is None:
            if field.required:
                issues.append(row.issue("empty_cell", field.name, heading=field.heading))
            continue
        parse, code = KINDS[field.kind]
        try:
            values[field.name] = parse(raw)
        except ValueError:
            code = "negative_number" if _is_negative(raw) and field.kind in ("count", "fte", "share") else code
            issues.append(row.issue(code, field.name, heading=field.heading))
    return values, issues


def _is_negative(value: CellValue) -> bool:
    try:
        return parse_number(value) < 0
    except ValueError:
        return False
