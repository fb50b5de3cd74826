"""Is this file importable? Any file of any kind, on its own or against its study, with every reason at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from workload.errors import InputError, Issue, Severity
from workload.ingest import indicators, posts, territories
from workload.ingest.grid import Workbook, read_workbook
from workload.ingest.layouts import load
from workload.ingest.study import SURVEYS, Register, agent_twice, read_register, register_holders, survey_context
from workload.ingest.study_file import FILE as STUDY_FILE
from workload.ingest.survey import SurveyContext, SurveySheet, match_register, read_survey
from workload.ingest.tables import HEADING_SEARCH_ROWS, find_headings
from workload.ingest.values import clean_text, normalise, parse_date
from workload.parameters import Taxonomy, parameters_on, taxonomies, taxonomy

HIDDEN_SHEET = "_workload"
KINDS = ("survey", "posts", "territories", "indicators", "unknown")


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file's verdict, and what was read in it: `sheets` of a survey file, `tables` of another."""

    file: str
    kind: str
    layout: str
    why: str  # by what the layout was recognised
    rows: int  # entries, posts, communes or counts read
    issues: tuple[Issue, ...]
    sheets: tuple[SurveySheet, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)  # what was read in a file of another kind

    @property
    def importable(self) -> bool:
        return not any(issue.severity is Severity.ERROR for issue in self.issues)

    @property
    def status(self) -> str:
        return "importable" if self.importable else "rejected"


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What files are checked against: a study, or nothing but our own taxonomies."""

    register: Register | None
    survey: SurveyContext | None
    holders: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # register line of each agent, by code


def check_context(study: Path | None) -> CheckContext:
    """A study's register and survey context. Raises InputError where etude.yaml or the survey's own files are wrong."""
    if study is None:
        return CheckContext(None, None)
    register = read_register(study)
    return CheckContext(
        register,
        survey_context(study / SURVEYS, register.taxonomy, register.settings, register.parameters),
        register_holders(register.posts, register.communes),
    )


def study_of(path: Path) -> Path | None:
    """The study folder a file lies in, when it lies in one."""
    return next((p for p in list(path.resolve().parents)[:2] if (p / STUDY_FILE).is_file()), None)


def check_files(paths: Sequence[Path], study: Path | None = None) -> Iterator[FileCheck]:
    """Verdicts in the order given, one file in memory at a time; agents given twice are found across files."""
    contexts: dict[Path | None, CheckContext] = {}
    first: dict[str, SurveySheet] = {}
    for path in paths:
        folder = study or study_of(path)
        try:
            if folder not in contexts:
                contexts[folder] = check_context(folder)
        except InputError as error:
            yield FileCheck(path.name, "unknown", "", "", 0, error.issues)
            continue
        found = check_file(path, contexts[folder])
        twice = [issue for sheet in found.sheets for issue in agent_twice(sheet, first)]
        yield replace(found, issues=(*found.issues, *twice)) if twice else found


def check_file(path: Path, context: CheckContext) -> FileCheck:
    """One file's verdict; never raises for what is wrong with the file."""
    try:
        book = read_workbook(path, path.name)
    except InputError as error:
        return FileCheck(path.name, "unknown", "", "", 0, error.issues)
    kind = _kind(book, path)
    if kind == "posts":
        return _check_posts(book, context)
    if kind == "territories":
        department = context.register.settings.department if context.register else ""
        communes, sites, issues = territories.read_territories(book, department)
        tables = {"communes": communes, "sites": sites}
        return FileCheck(book.file, kind, "territories", "", len(communes), tuple(issues), tables=tables)
    if kind == "indicators":
        return _check_indicators(book, path, context)
    return _check_survey(book, context)


def _kind(book: Workbook, path: Path) -> str:
    if path.with_suffix(".yaml").is_file():
        return "indicators"
    visible = [sheet for sheet in book.sheets if not sheet.hidden]
    rows = (row for sheet in visible for row in sheet.rows[:HEADING_SEARCH_ROWS])
    words = {normalise(value) for row in rows for value in row if type(value) is str}
    for kind in ("posts", "territories"):
        layout = load("tables.csv")[kind]
        enough = sum(f.required for f in layout.fields) / 2 + 1
        if sum(not words.isdisjoint(f.names) for f in layout.fields) <= enough:
            continue  # no row can hold enough of its headings
        if any(len(find_headings(sheet, layout.fields)[1]) > enough for sheet in visible):
            return kind
    return "survey"


def _check_posts(book: Workbook, context: CheckContext) -> FileCheck:
    if context.register is None:
        issue = Issue("no_study", book.file, severity=Severity.ERROR)
        return FileCheck(book.file, "posts", "posts", "", 0, (issue,))
    table, issues = posts.read_posts(book, context.register.communes, context.register.settings)
    return FileCheck(book.file, "posts", "posts", "", len(table), tuple(issues), tables={"posts": table})


def _check_indicators(book: Workbook, path: Path, context: CheckContext) -> FileCheck:
    card, issues = indicators.read_card(path.with_suffix(".yaml"))
    if card is None or issues:
        return FileCheck(book.file, "indicators", "", "", 0, tuple(issues))
    if context.register is None or context.register.communes.empty:
        return FileCheck(book.file, "indicators", "", "", 0, (Issue("no_study", book.file),))
    known = set(context.register.communes["commune"].dropna())
    table, issues = indicators.read_indicator_file(book, card, known)
    tables = {"counts": table.reset_index()}
    return FileCheck(book.file, "indicators", card.file, "", int(table.size), tuple(issues), tables=tables)


def _check_survey(book: Workbook, context: CheckContext) -> FileCheck:
    survey = context.survey or _own_context(book)
    reading = read_survey(book, survey)
    issues = list(reading.issues)
    if context.register and not context.register.posts.empty:
        for sheet in reading.sheets:
            issues += match_register(sheet, context.holders.get(sheet.agent), context.register.settings)
    kind = "survey" if reading.layout or any(i.code == "layout_near_miss" for i in issues) else "unknown"
    rows = sum(len(sheet.minutes) for sheet in reading.sheets)
    return FileCheck(book.file, kind, reading.layout, reading.why, rows, tuple(issues), reading.sheets)


def _own_context(book: Workbook) -> SurveyContext:
    """Without a study: what the sheet's own hidden page says, else the taxonomy that knows most of its items."""
    hidden = book.sheet(HIDDEN_SHEET)
    said = {clean_text(row[0]): row[1] for row in hidden.rows if len(row) > 1} if hidden else {}
    name = clean_text(said.get("taxonomy"))
    chosen = taxonomy(name) if name in taxonomies() else _likeliest(book)
    try:
        campaign = (parse_date(said["campaign_start"]), parse_date(said["campaign_end"]))
    except (KeyError, ValueError):
        campaign = None
    parameters = parameters_on(campaign[0] if campaign else chosen.since if chosen.since.year > 2002 else _FIRST_DAY)
    context = survey_context(Path("-"), chosen, None, parameters)
    return replace(context, campaign=campaign)


_FIRST_DAY = parse_date("2002-01-01")


@cache
def _names(name: str) -> frozenset[str]:
    return frozenset(item.label for item in taxonomy(name).items)


def _likeliest(book: Workbook) -> Taxonomy:
    texts = {v for sheet in book.sheets for row in sheet.rows for v in row if isinstance(v, str)}
    return taxonomy(max(taxonomies(), key=lambda name: (len(_names(name) & texts), name)))
