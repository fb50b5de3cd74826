"""indicateurs/: counts per commune, each file with its source card (a YAML of the same name).

A card without `niveau` describes the study's own table of communes, read here and refused at the first doubt. A card
with it describes a file as published (secret figures, other places, other years): `published/`.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from workload.errors import Issue, Severity
from workload.ingest.grid import Sheet, Workbook
from workload.ingest.published import card as card_module
from workload.ingest.published.card import CardColumn, SourceCard, row_numbers
from workload.ingest.tables import Row, did_you_mean
from workload.ingest.values import normalise, parse_commune, parse_number, shown
from workload.units import exact

FOLDER = "indicateurs"
__all__ = ["FOLDER", "CardColumn", "Indicator", "SourceCard", "read_card", "read_indicator_file"]


@dataclass(frozen=True, slots=True)
class Indicator:
    """An indicator as the study knows it."""

    id: str
    label: str
    unit: str
    nature: str  # externe: population, CAF; interne: files and measures, which follow supply
    year: int
    source: str
    simulated: bool
    imputed_n: int = 0  # communes filled by the declared imputation
    confidential: bool = False  # small counts are withheld, as those of every internal indicator
    theme: str = ""
    series: str = ""  # the indicator of which this is another year
    file: str = ""  # in the study folder
    relative_error: float | None = None  # of those estimates, cross-validated (published/impute.py); None: not known


def read_card(path: Path) -> tuple[SourceCard | None, list[Issue]]:
    """A card of the study folder; a card with `niveau` describes a file as its producer published it."""
    return card_module.read_card(path, f"{FOLDER}/{path.name}")


def read_indicator_file(workbook: Workbook, card: SourceCard, communes: set[str]) -> tuple[pd.DataFrame, list[Issue]]:
    """Counts by commune (index) and indicator id (columns); an empty cell is NaN, never zero.

    Every count must be a number not below zero, every commune known and given once, and each column must add to its
    declared total where the file has one.
    """
    sheet = workbook.sheet(card.sheet)
    if sheet is None:
        return pd.DataFrame(), [Issue("missing_sheet", workbook.file, params={"sheet": card.sheet})]
    columns, issues = _columns(sheet, card)
    if issues:
        return pd.DataFrame(), issues
    values: dict[str, dict[str, float]] = {}
    totals: Row | None = None
    for number in range(row_numbers(card.heading_row)[-1] + 1, len(sheet.rows) + 1):
        raw = {field: sheet.value(number, column) for field, column in columns.items()}
        row = Row(workbook.file, sheet.name, number, raw, columns)
        key = raw["commune"]
        if card.total and normalise(key) == normalise(card.total):
            totals = row
        elif any(value is not None for value in raw.values()):
            commune, found = _read_row(row, communes, set(values))
            issues += found
            if commune:
                values[commune], wrong = _counts(row, card)
                issues += wrong
    table = pd.DataFrame.from_dict(values, orient="index", columns=list(card.columns), dtype="float64")
    table.index.name = "commune"
    if card.total and totals is None:
        params = {"total": card.total}
        issues.append(Issue("total_row_missing", workbook.file, sheet.name, severity=Severity.WARNING, params=params))
    if not issues and totals is not None:
        issues = _total_issues(table, totals, card)
    return table, issues


def _columns(sheet: Sheet, card: SourceCard) -> tuple[dict[str, int], list[Issue]]:
    line = row_numbers(card.heading_row)[-1]
    width = len(sheet.rows[line - 1]) if line <= len(sheet.rows) else 0
    headings = {normalise(sheet.value(line, c)): c for c in range(1, width + 1)}
    wanted = {"commune": card.key} | {id: column.title for id, column in card.columns.items()}
    missing = [
        Issue(
            "missing_heading",
            sheet.file,
            sheet.name,
            f"{line}:{line}",
            suggestion=did_you_mean(heading, [h for h in headings if h]),
            params={"heading": heading},
        )
        for heading in wanted.values()
        if normalise(heading) not in headings
    ]
    return {id: headings.get(normalise(heading), 0) for id, heading in wanted.items()}, missing


def _read_row(row: Row, communes: set[str], seen: set[str]) -> tuple[str | None, list[Issue]]:
    if row.values["commune"] is None:
        return None, [row.issue("empty_cell", "commune", heading="commune")]
    try:
        commune = parse_commune(row.values["commune"])
    except ValueError:
        return None, [row.issue("commune_format", "commune")]
    if commune not in communes:
        return None, [row.issue("unknown_commune", "commune")]
    if commune in seen:
        return None, [row.issue("duplicate_commune", "commune")]
    return commune, []


def _counts(row: Row, card: SourceCard) -> tuple[dict[str, float], list[Issue]]:
    counts, issues = {}, []
    for id, column in card.columns.items():
        raw = row.values[id]
        counts[id] = float("nan")
        if raw is None:
            continue
        try:
            counts[id] = parse_number(raw)
        except ValueError:
            issues.append(row.issue("number_expected", id, heading=column.title))
            continue
        if counts[id] < 0:
            issues.append(row.issue("negative_number", id, heading=column.title))
    return counts, issues


def _total_issues(table: pd.DataFrame, totals: Row, card: SourceCard) -> list[Issue]:
    issues = []
    for id in card.columns:
        raw = totals.values[id]
        if raw is None:
            continue
        try:
            declared = exact(parse_number(raw))
        except ValueError:
            issues.append(totals.issue("number_expected", id, heading=card.columns[id].title))
            continue
        found = sum((exact(value) for value in table[id].dropna()), exact(0))
        if declared != found:
            issues.append(totals.issue("total_mismatch", id, found=shown(float(found)).replace(".", ",")))
    return issues
