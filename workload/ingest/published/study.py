"""A published file carried to one study: its communes, its day, one year an indicator."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from workload.errors import InputError, Issue, Severity
from workload.ingest.published.aggregate import additive, complete, to_communes
from workload.ingest.published.card import CardColumn, SourceCard
from workload.ingest.published.crosswalk import Parts, communes_day, follow_changes, route
from workload.ingest.published.files import open_file
from workload.ingest.published.places import department_of
from workload.ingest.published.read import read_published
from workload.ingest.published.status import COUNT_N, INDICATOR, LEVEL, PLACE, STATUS, YEAR, Status, empty_table


@dataclass(frozen=True, slots=True)
class StudyFigures:
    """What one published file gives a study."""

    table: pd.DataFrame
    """Long table of the study's communes, every commune there for every year and indicator."""
    totals: Mapping[str, float]
    """Indicators published for the département alone: its figure in the year used. They can be shared out."""


def read_for_study(
    path: Path,
    card: SourceCard,
    communes: Collection[str],
    department: str,
    file: str,
    communes_on: date | None = None,
    parts: Parts | None = None,
) -> tuple[StudyFigures, list[Issue]]:
    """Reads a published file for the communes of a study.

    `communes_on`: day of the study's list of communes, found from the codes themselves when not given. Files by IRIS
    or commune give the table; files by département give totals; cantons and EPCI cannot be taken down to communes.
    Issues of cells far from the study are kept: a spoilt file is a spoilt file.
    """
    try:
        workbook = open_file(path, file, card)
    except InputError as error:
        return StudyFigures(empty_table(), {}), list(error.issues)
    table, issues = read_published(workbook, card)
    if any(issue.severity is Severity.ERROR for issue in issues):
        return StudyFigures(empty_table(), {}), issues
    if card.level == "departement":
        here = table[(table[PLACE] == department) & (table[STATUS] == Status.PUBLISHED)]
        used = {id: column_year(column, card) for id, column in card.columns.items()}
        chosen = here[here[YEAR] == here[INDICATOR].map(used)]
        return StudyFigures(
            empty_table(), dict(zip(chosen[INDICATOR], chosen[COUNT_N].astype(float), strict=True))
        ), issues
    if card.level in ("canton", "epci"):
        return StudyFigures(empty_table(), {}), [
            *issues,
            Issue("published_level_too_high", file, params={"level": card.level}),
        ]
    table = to_communes(table, card)
    departments = {department_of(commune) for commune in communes}
    near = table[table[PLACE].map(department_of).isin(departments)] if departments else table
    day = communes_on or communes_day(communes)
    followed, found = follow_changes(near, card.places_day, day, additive(card), file, parts, set(communes))
    if followed.empty:
        found.append(Issue("published_no_commune", file, params={"department": department}))
    strangers = strange_communes(near, card.places_day, day, communes)
    if strangers:
        params = {"n": str(len(strangers)), "communes": ", ".join(strangers[:5])}
        found.append(Issue("published_communes_unknown", file, severity=Severity.WARNING, params=params))
    return StudyFigures(complete(followed, card, communes), {}), issues + found


def strange_communes(table: pd.DataFrame, start: date, end: date, communes: Collection[str]) -> list[str]:
    """Codes of the file that lead to no commune of the study, though they lie in its département."""
    codes = sorted(set(table[PLACE]))
    targets = route(codes, start, end).targets
    return [code for code in codes if not targets[code] & set(communes)]


def column_year(column: CardColumn, card: SourceCard) -> int:
    """The year a study uses: the card's, or the last one published up to it."""
    years = list(column.places(card.year))
    return max((year for year in years if year <= card.year), default=min(years))


def used_years(table: pd.DataFrame, card: SourceCard) -> pd.DataFrame:
    """The rows of the one year that the study uses for each indicator: what `fill.fill_counts` takes."""
    used = {id: column_year(column, card) for id, column in card.columns.items()}
    return table[(table[YEAR] == table[INDICATOR].map(used)) & (table[LEVEL] == "commune")]
