"""A published file read through its card: a long table of figures with their status, or every issue at its cell."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import pandas as pd

from workload.catalogue import number
from workload.errors import Issue
from workload.ingest.grid import Sheet, Workbook
from workload.ingest.published.card import CardColumn, Meaning, SourceCard
from workload.ingest.published.headings import Found, find_columns
from workload.ingest.published.numbers import AmbiguousNumberError, published_number
from workload.ingest.published.places import PARSERS
from workload.ingest.published.status import Status, as_table, empty_table
from workload.ingest.tables import Row, did_you_mean
from workload.ingest.values import CellValue, normalise, shown

_STATUS: Mapping[Meaning, tuple[float, Status]] = {
    "secret": (nan, Status.SECRET),
    "manquant": (nan, Status.MISSING),
    "zero": (0.0, Status.PUBLISHED),
}
Figure = tuple[str, str, int, str, float, str]


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file while it is read."""

    sheet: Sheet
    card: SourceCard
    columns: Mapping[str, CardColumn]
    found: Found

    def row(self, line: int) -> Row:
        cells = {"key": self.found.key, "label": self.found.label}
        cells |= {f"{id}@{year}": column for (id, year), column in self.found.figures.items()}
        return Row(
            self.sheet.file, self.sheet.name, line, {k: self.sheet.value(line, c) for k, c in cells.items()}, cells
        )


def read_published(workbook: Workbook, card: SourceCard) -> tuple[pd.DataFrame, list[Issue]]:
    """Every figure of the card's columns, one row per place, year and indicator (`status.COLUMNS`), as published.

    Codes are read for the card's level but not yet summed to communes. A value that is neither a number nor a declared
    mark, a code that is none, a place given twice and a total that is not kept are issues at their cells.
    """
    if card.level is None:
        return empty_table(), [Issue("published_no_level", workbook.file)]
    figures: list[Figure] = []
    issues: list[Issue] = []
    for (name, rows), columns in card.tables().items():
        sheet = workbook.sheet(name) if name else (workbook.sheets[0] if workbook.sheets else None)
        if sheet is None:
            near = did_you_mean(name, [s.name for s in workbook.sheets])
            issues.append(Issue("missing_sheet", workbook.file, suggestion=near, params={"sheet": name}))
            continue
        found, wrong = find_columns(sheet, rows, card, columns)
        issues += wrong
        if found:
            read, wrong = _read_table(_Table(sheet, card, columns, found), rows[-1] + 1)
            figures += read
            issues += wrong
    table = as_table(figures)
    return table.sort_values(["indicator", "year", "place"], ignore_index=True), issues


def _read_table(table: _Table, first: int) -> tuple[list[Figure], list[Issue]]:
    card = table.card
    skipped = {normalise(name) for name in card.skipped}
    lines: dict[str, int] = {}
    figures: list[Figure] = []
    issues: list[Issue] = []
    total: Row | None = None
    for line in range(first, len(table.sheet.rows) + 1):
        row = table.row(line)
        names = {normalise(row.values["key"]), normalise(row.values["label"])} - {""}
        if card.end and any(name.startswith(normalise(card.end)) for name in names):
            break
        empty = all(value is None for field, value in row.values.items() if field not in ("key", "label"))
        if card.total and normalise(card.total) in names:
            total = row
        elif not (names & skipped or (empty and not _is_place(row, card))):
            place, wrong = _place(row, card, lines)
            issues += wrong
            if place:
                lines[place] = line
                read, wrong = _figures(row, place, table)
                figures += read
                issues += wrong
    if not lines and not issues:
        issues.append(Issue("empty_table", table.sheet.file, table.sheet.name, f"{first - 1}:{first - 1}"))
    if total is not None and not issues:
        issues += _check_total(total, figures, table)
    return figures, issues


def _is_place(row: Row, card: SourceCard) -> bool:
    """Whether the key reads as a code: a line without any figure is a place all the same, else a note or a blank."""
    try:
        return card.level is not None and bool(PARSERS[card.level](row.values["key"]))
    except ValueError:
        return False


def _place(row: Row, card: SourceCard, lines: Mapping[str, int]) -> tuple[str, list[Issue]]:
    if row.values["key"] is None:
        name = shown(row.values["label"]) or "?"
        return "", [row.issue("published_row_without_code", "key", name=name)]
    level = card.level or "commune"
    try:
        place = PARSERS[level](row.values["key"])
    except ValueError:
        return "", [row.issue("published_place", "key", level=level)]
    if place in lines:
        return "", [row.issue("published_place_twice", "key", line=lines[place])]
    return place, []


def _figures(row: Row, place: str, table: _Table) -> tuple[list[Figure], list[Issue]]:
    card = table.card
    figures: list[Figure] = []
    issues = []
    for id, year in table.found.figures:
        column, field = table.columns[id], f"{id}@{year}"
        found = _read_cell(row, field, column, card)
        if isinstance(found, Issue):
            issues.append(found)
        else:
            figures.append((place, str(card.level), year, id, found[0], found[1].value))
    return figures, issues


def _read_cell(row: Row, field: str, column: CardColumn, card: SourceCard) -> tuple[float, Status] | Issue:
    raw: CellValue = row.values[field]
    heading = column.label
    if raw is None:
        return _STATUS[column.blank or card.blank]
    marks = {normalise_mark(mark): meaning for mark, meaning in (card.marks | column.marks).items()}
    if isinstance(raw, str) and normalise_mark(raw) in marks:
        return _STATUS[marks[normalise_mark(raw)]]
    try:
        value = published_number(raw, card.numbers, column.unit)
    except AmbiguousNumberError:
        return row.issue("published_number_ambiguous", field, heading=heading)
    except ValueError:
        return row.issue("published_number", field, heading=heading)
    if value < 0 and not column.negative:
        return row.issue("negative_number", field, heading=heading)
    return value * column.factor, Status.PUBLISHED


def normalise_mark(mark: str) -> str:
    """A mark as compared: outer spaces and case do not matter, its signs do."""
    return " ".join(mark.split()).casefold()


def _check_total(total: Row, figures: list[Figure], table: _Table) -> list[Issue]:
    """The declared total against the sum: equal when all is published, never below the known part."""
    issues = []
    for id, year in table.found.figures:
        column, field = table.columns[id], f"{id}@{year}"
        declared = _read_cell(total, field, column, table.card)
        if isinstance(declared, Issue):
            issues.append(declared)
        elif column.additive and declared[1] is Status.PUBLISHED:
            parts = [(figure[4], figure[5]) for figure in figures if figure[3] == id and figure[2] == year]
            known = sum(count for count, status in parts if status == Status.PUBLISHED)
            slack = table.card.total_tolerance * abs(declared[0]) + 1e-9 * max(1.0, abs(known))
            whole = all(status == Status.PUBLISHED for _, status in parts)
            if known > declared[0] + slack or (whole and known < declared[0] - slack):
                issues.append(total.issue("total_mismatch", field, found=number(known, 1)))
    return issues
