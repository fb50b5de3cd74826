"""The indicators of a study: every file of indicateurs/ brought to one count per commune, with what is known of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from workload.errors import InputError, Issue, Severity
from workload.ingest import indicators as ind
from workload.ingest.grid import read_workbook
from workload.ingest.published.aggregate import coverage
from workload.ingest.published.fill import Declared, fill_counts, from_counts
from workload.ingest.published.study import column_year, read_for_study, used_years
from workload.ingest.study_file import FILE as STUDY_FILE
from workload.ingest.study_file import StudyFile
from workload.ingest.tables import did_you_mean

COMPUTED = {
    "habitants": ("Habitants", "habitants"),
    "forfait_site": ("Forfait par site", "sites"),
    "forfait_secteur": ("Forfait par secteur normatif", "secteurs de la norme"),
    "trajets": ("Éloignement du site", "habitants × km"),
}
"""Indicators that the software makes itself from territoires.xlsx (models/design.py)."""


@dataclass(frozen=True, slots=True)
class StudyCounts:
    """counts: commune × indicator, no NaN; coverage: shares published, secret, missing… per indicator and territory."""

    counts: pd.DataFrame
    described: Mapping[str, ind.Indicator]
    coverage: pd.DataFrame
    figures: pd.DataFrame  # as published, before holes are filled
    issues: tuple[Issue, ...]


class _Gathering:
    def __init__(self) -> None:
        self.tables: list[pd.DataFrame] = []  # long, one year an indicator
        self.totals: dict[str, float] = {}  # indicators published for the département alone
        self.described: dict[str, ind.Indicator] = {}
        self.issues: list[Issue] = []


def read_counts(
    folder: Path, cards: list[str], communes: pd.DataFrame, settings: StudyFile, hashed: Callable[[str], None]
) -> StudyCounts:
    """Counts of a study folder. `cards`: names of the source cards in it; `hashed` is told every file that was read."""
    found = _Gathering()
    order = list(dict.fromkeys(communes["commune"].dropna())) if not communes.empty else list[str]()
    for file in cards:
        card, issues = ind.read_card(folder / file)
        found.issues += issues
        hashed(file)
        if card:
            _read_file(folder, card, order, settings, found, hashed)
            _describe(card, file, found)
    if not found.described and not found.totals:
        found.issues.append(Issue("no_indicators", ind.FOLDER))
    found.issues += _undeclared(settings, found.described)
    empty = pd.DataFrame()
    if not order or any(issue.severity is Severity.ERROR for issue in found.issues):
        return StudyCounts(empty, found.described, empty, empty, tuple(found.issues))
    return _complete(pd.concat(found.tables, ignore_index=True), order, communes, settings, found)


def _read_file(
    folder: Path,
    card: ind.SourceCard,
    order: list[str],
    settings: StudyFile,
    found: _Gathering,
    hashed: Callable[[str], None],
) -> None:
    """A published file (its card says a level), or the study's own table of communes."""
    file = f"{ind.FOLDER}/{card.file}"
    if not (folder / file).is_file():
        found.issues.append(Issue("missing_file", file))
        return
    hashed(file)
    if not order:
        return  # without the list of communes every code would look unknown
    if card.level is not None:
        figures, issues = read_for_study(folder / file, card, set(order), settings.department, file)
        found.tables.append(used_years(figures.table, card))
        found.totals |= figures.totals
    else:
        try:
            table, issues = ind.read_indicator_file(read_workbook(folder / file, file), card, set(order))
        except InputError as error:
            table, issues = pd.DataFrame(), list(error.issues)
        found.tables.append(from_counts(table.reindex(order), card.year))
    found.issues += issues


def _describe(card: ind.SourceCard, file: str, found: _Gathering) -> None:
    for id, column in card.columns.items():
        if id in found.described or id in COMPUTED:
            found.issues.append(Issue("duplicate_indicator", file, cell=f"colonnes.{id}", value=id))
        if id not in found.totals:
            year = column_year(column, card) if card.level is not None else column.year or card.year
            found.described[id] = ind.Indicator(
                id,
                column.label,
                column.unit,
                column.nature,
                year,
                card.source,
                column.simulated,
                confidential=column.confidential or column.nature == "interne",
                theme=column.theme,
                series=column.series,
                file=f"{ind.FOLDER}/{card.file}",
            )


def _undeclared(settings: StudyFile, described: Mapping[str, ind.Indicator]) -> list[Issue]:
    """Indicators that etude.yaml uses and no source card describes."""
    used = {
        f"missions.{m}.domaines.{d}.indicateurs.{id}": id
        for m, mission in settings.missions.items()
        for d, domain in mission.domains.items()
        for id in domain.indicators
    } | {f"plafonds.{n}.indicateurs": id for n, caseload in enumerate(settings.caseloads) for id in caseload.indicators}
    known = [*described, *COMPUTED]
    return [
        Issue("unknown_indicator", STUDY_FILE, cell=key, value=id, suggestion=did_you_mean(id, known))
        for key, id in used.items()
        if id not in known
    ]


def _complete(
    table: pd.DataFrame, order: list[str], communes: pd.DataFrame, settings: StudyFile, found: _Gathering
) -> StudyCounts:
    """Holes filled where etude.yaml declares how, an error elsewhere; what was filled is written on the indicator."""
    people = communes.drop_duplicates("commune").set_index("commune")
    inhabitants = {str(commune): float(n) for commune, n in people["population"].items()}
    covered = coverage(table, inhabitants, {str(c): str(t) for c, t in people["territory"].items()})
    declared = {id: Declared(i.proxy, i.total) for id, i in settings.imputations.items()}
    filled, issues = fill_counts(table, declared, ind.FOLDER, found.totals, {"habitants": inhabitants})
    described = dict(found.described)
    for id, done in filled.imputations.items():
        error = done.relative_error if done.relative_error == done.relative_error else None
        described[id] = replace(described[id], imputed_n=done.imputed_n, relative_error=error)
    counts = filled.counts.reindex(index=order, columns=list(described))
    return StudyCounts(counts, described, covered, table, (*found.issues, *issues))
