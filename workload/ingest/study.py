"""A study folder read whole: every table clean, or every issue of every file, never something between."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from workload.errors import InputError, Issue, Severity
from workload.ingest import indicators as ind
from workload.ingest import posts as register
from workload.ingest import territories
from workload.ingest.grid import SUFFIXES, Workbook, read_workbook
from workload.ingest.study_counts import StudyCounts, read_counts
from workload.ingest.study_file import FILE as STUDY_FILE
from workload.ingest.study_file import StudyFile, read_study_file
from workload.ingest.survey import (
    ItemMap,
    SurveyContext,
    SurveySheet,
    load_layouts,
    match_register,
    read_mappings,
    read_survey,
)
from workload.ingest.survey import layouts as survey_layouts
from workload.ingest.survey.items import MAPPING_FILE
from workload.parameters import Parameter, Taxonomy, parameters_on, taxonomy

CONTOURS = "contours.geojson"
SURVEYS = "enquete"
_NEUTRAL_NAME = re.compile(r"(?:relev[ée]|[ée]quipe|semaine|enqu[êe]te|feuille|fichier)?[-_ ]?\d{1,4}", re.IGNORECASE)
"""Names of survey files that can be published: a usual word and a running number."""
Progress: TypeAlias = Callable[[str, int, int], None]


def input_name(file: str, sha256: str) -> str:
    """What a sheet is called among the inputs, which are published: it may be named after its agent, then its hash."""
    path = Path(file)
    return f"{SURVEYS}/{path.name if _NEUTRAL_NAME.fullmatch(path.stem) else sha256[:16] + path.suffix}"


@dataclass(frozen=True, slots=True)
class Study:
    """Everything one study starts from, clean.

    communes: one row per commune part; sites; posts; counts: commune × indicator (float, no NaN);
    entries: a row per respondent × item, `agent, mission, territory, area, profession, quotite, item, time_spent_min`.
    """

    settings: StudyFile
    parameters: Mapping[str, Parameter]
    taxonomy: Taxonomy
    communes: pd.DataFrame
    sites: pd.DataFrame
    posts: pd.DataFrame
    counts: pd.DataFrame
    indicators: Mapping[str, ind.Indicator]
    coverage: pd.DataFrame  # indicator × territory: shares of communes published, secret, missing…
    entries: pd.DataFrame
    days: pd.DataFrame  # the same day by day, of the sheets that give days
    contours: Mapping[str, Any] | None
    inputs: Mapping[str, str]  # file → sha256
    warnings: tuple[Issue, ...]
    figures: pd.DataFrame = field(default_factory=pd.DataFrame)
    """As published, before holes are filled: `place, level, year, indicator, count_n, status`."""
    substitutes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Indicator → territory → what is counted there instead of `counts`, which disclosure control withholds. `figures`
    keep what was counted."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Sheets that were read before, and are kept elsewhere than in the folder; agents by pseudonym under `key`."""

    entries: pd.DataFrame  # as `Study.entries`
    days: pd.DataFrame  # as `Study.days`
    inputs: Mapping[str, str]  # file → sha256


@dataclass(frozen=True, slots=True)
class Register:
    """What every sheet of a study is read against: its choices, places and posts, and what is wrong with them."""

    settings: StudyFile
    parameters: Mapping[str, Parameter]
    taxonomy: Taxonomy
    communes: pd.DataFrame
    sites: pd.DataFrame
    posts: pd.DataFrame
    issues: tuple[Issue, ...]


class _Reader:
    """Gathers issues and hashes while the files of one folder are read."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.progress = progress
        self.issues: list[Issue] = []
        self.inputs: dict[str, str] = {}

    def hash(self, file: str) -> None:
        self.inputs[file] = hashlib.sha256((self.folder / file).read_bytes()).hexdigest()

    def workbook(self, file: str) -> Workbook | None:
        try:
            workbook = read_workbook(self.folder / file, file)
        except InputError as error:
            self.issues += error.issues
            return None
        self.hash(file)
        return workbook

    def unname(self, file: str) -> None:
        """A sheet is known from here on by a name that can be published."""
        digest = self.inputs.pop(file, "")
        if digest:
            self.inputs[input_name(Path(file).name, digest)] = digest

    def files(self, subfolder: str, *suffixes: str) -> list[str]:
        """Files of a subfolder in name order; lock and hidden files left out."""
        found = (self.folder / subfolder).glob("*")
        return sorted(
            f"{subfolder}/{p.name}" for p in found if p.suffix.lower() in suffixes and not p.name.startswith(("~", "."))
        )


def read_study(
    folder: Path,
    progress: Progress = lambda label, done, total: None,
    key: bytes | None = None,
    choices: Mapping[str, Any] | None = None,
    answers: Answers | None = None,
) -> Study:
    """Reads a study folder. Raises InputError with all issues of all files when any of them is an error.

    key: makes the agents' pseudonyms; one of its own for each reading where not given, so that nobody can go back from
    a pseudonym to a code. choices: what a scenario changes of etude.yaml. answers: instead of the folder's sheets; the
    register as it is now says where their agents work.
    """
    reader = _Reader(folder, progress)
    register = _read_register(reader, choices)
    settings, parameters, items = register.settings, register.parameters, register.taxonomy
    communes, sites, posts = register.communes, register.sites, register.posts
    counted = _read_indicators(reader, communes, settings)
    key = key or secrets.token_bytes(32)
    if answers is None:
        entries, days = _read_surveys(reader, items, settings, parameters, communes, posts, key)
    else:
        entries, days = _placed(answers.entries, register_holders(posts, communes), key), answers.days
        reader.inputs |= answers.inputs
    entries, days = _in_order(entries, days)
    contours = _read_contours(reader)

    errors = [issue for issue in reader.issues if issue.severity is Severity.ERROR]
    if errors:
        raise InputError(reader.issues)
    return Study(
        settings,
        parameters,
        items,
        communes,
        sites,
        posts,
        counted.counts,
        counted.described,
        counted.coverage,
        entries,
        days,
        contours,
        reader.inputs,
        tuple(reader.issues),
        counted.figures,
    )


def read_register(folder: Path) -> Register:
    """The choices, places and posts of a study folder. Raises InputError only where etude.yaml cannot be read."""
    return _read_register(_Reader(folder, lambda label, done, total: None))


def _read_register(reader: _Reader, choices: Mapping[str, Any] | None = None) -> Register:
    if not reader.folder.is_dir():
        raise InputError([Issue("missing_folder", str(reader.folder))])
    settings = read_study_file(reader.folder, choices)
    reader.hash(STUDY_FILE)
    parameters = parameters_on(settings.day)
    reader.progress("territories", 0, 1)
    communes, sites = pd.DataFrame(), pd.DataFrame()
    if book := reader.workbook(territories.FILE):
        communes, sites, issues = territories.read_territories(book, settings.department)
        reader.issues += issues
    posts = pd.DataFrame()
    if book := reader.workbook(register.FILE):
        posts, issues = register.read_posts(book, communes, settings)
        reader.issues += issues
    items = taxonomy(settings.taxonomy)
    return Register(settings, parameters, items, communes, sites, posts, tuple(reader.issues))


def _read_indicators(reader: _Reader, communes: pd.DataFrame, settings: StudyFile) -> StudyCounts:
    if not (reader.folder / ind.FOLDER).is_dir():
        reader.issues.append(Issue("missing_folder", ind.FOLDER))
        return StudyCounts(pd.DataFrame(), {}, pd.DataFrame(), pd.DataFrame(), ())
    cards = reader.files(ind.FOLDER, ".yaml", ".yml")
    counted = read_counts(reader.folder, cards, communes, settings, reader.hash)
    reader.issues += counted.issues
    return counted


def survey_context(
    folder: Path, items: Taxonomy, settings: StudyFile | None, parameters: Mapping[str, Parameter]
) -> SurveyContext:
    """What sheets of a campaign are read against: the folder's own layouts and mappings come before ours.

    Raises InputError where those two files are wrong.
    """
    campaign = settings.campaign if settings else None
    return SurveyContext(
        ItemMap.of(items, read_mappings(folder, items, f"{SURVEYS}/{MAPPING_FILE}")),
        load_layouts(folder),
        (campaign.start, campaign.end) if campaign else None,
        int(parameters["day_maximum_hours"].value * 60),
        parameters["weekly_hours"].value * 60,
        parameters["week_tolerance"].value,
    )


def _read_surveys(
    reader: _Reader,
    items: Taxonomy,
    settings: StudyFile,
    parameters: Mapping[str, Parameter],
    communes: pd.DataFrame,
    posts: pd.DataFrame,
    key: bytes,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Entries of every sheet, and its days; agents leave as keyed pseudonyms, in the order of their codes."""
    configured = (MAPPING_FILE, survey_layouts.FILE)
    files = [f for f in reader.files(SURVEYS, *SUFFIXES) if Path(f).name not in configured]
    for name in configured:
        if (reader.folder / SURVEYS / name).is_file():
            reader.hash(f"{SURVEYS}/{name}")
    try:
        context = survey_context(reader.folder / SURVEYS, items, settings, parameters)
    except InputError as error:
        reader.issues += error.issues
        return pd.DataFrame(), pd.DataFrame()
    reader.issues += _unread(reader.folder / SURVEYS, {*files, *(f"{SURVEYS}/{name}" for name in configured)})
    holders = register_holders(posts, communes)
    first: dict[str, SurveySheet] = {}
    rows, by_day = [], list[tuple[Any, ...]]()
    for done, file in enumerate(files):
        reader.progress("survey", done, len(files))
        book = reader.workbook(file)
        if book is None:
            continue
        reading = read_survey(book, context)
        reader.issues += reading.issues
        reader.unname(file)
        for sheet in reading.sheets:
            holder = holders.get(sheet.agent)
            if holders:
                reader.issues += match_register(sheet, holder, settings)
            reader.issues += agent_twice(sheet, first)
            if holder and not (sheet.header.get("quotite") or holder["quotite"] > 0):
                cell = sheet.header_cells.get("agent", "")
                reader.issues.append(Issue("quotite_missing", file, sheet.sheet, cell, sheet.agent))
            elif holder:
                rows += _entry_rows(sheet, holder)
                by_day += _day_rows(sheet)
    columns = ["agent", "mission", "territory", "area", "profession", "quotite", "item", "time_spent_min"]
    entries = pd.DataFrame(rows, columns=columns).sort_values(["agent", "item"], ignore_index=True)
    days = pd.DataFrame(by_day, columns=["agent", "item", "day", "time_spent_min"])
    days = days.sort_values(["agent", "day", "item"], ignore_index=True)
    for table in (entries, days):
        table["agent"] = [pseudonym(code, key) for code in table["agent"]]
    return entries, days.astype({"day": "int64"})


def _placed(entries: pd.DataFrame, holders: Mapping[str, Mapping[str, Any]], key: bytes) -> pd.DataFrame:
    """Entries of the agents that the register knows, where it puts them now."""
    if not holders:
        return entries
    now = {pseudonym(code, key): holder for code, holder in holders.items()}
    known = entries[entries["agent"].isin(now.keys())]
    places = ("mission", "territory", "area", "profession")
    return known.assign(**{name: [now[agent][name] for agent in known["agent"]] for name in places})


def _in_order(entries: pd.DataFrame, days: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Agents in the order of what they noted: pseudonyms change with their key and codes are not kept, yet the same
    answers must give the same draws, wherever they are read from."""
    if entries.empty:
        return entries, days
    by_item = entries.pivot_table(index="agent", columns="item", values="time_spent_min", aggfunc="sum", fill_value=0.0)
    places = ["mission", "territory", "area", "profession", "quotite"]
    who = entries.drop_duplicates("agent").set_index("agent").loc[by_item.index, places]
    ordered = pd.concat([who, by_item], axis=1).sort_values([*places, *by_item.columns], kind="stable").index
    rank = {agent: place for place, agent in enumerate(ordered)}

    def sort(table: pd.DataFrame, *then: str) -> pd.DataFrame:
        ranked = table.assign(_rank=table["agent"].map(rank)).sort_values(["_rank", *then], ignore_index=True)
        return ranked.drop(columns="_rank")

    return sort(entries, "item"), sort(days, "day", "item") if len(days) else days


def _unread(folder: Path, known: set[str]) -> list[Issue]:
    """A remark for everything in the folder of sheets that is not read: no answer is lost without a word."""
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    return [
        Issue("not_read", f"{SURVEYS}/{path.name}", severity=Severity.WARNING)
        for path in inside
        if f"{SURVEYS}/{path.name}" not in known and path.name[0] not in "~."
    ]


def agent_twice(sheet: SurveySheet, first: dict[str, SurveySheet]) -> list[Issue]:
    """One answer per agent and campaign; a second one, or one from another territory, is an error. Fills `first`."""
    if not sheet.agent:
        return []
    other = first.setdefault(sheet.agent, sheet)
    if other is sheet:
        return []
    places = (sheet.header.get("territory_name"), other.header.get("territory_name"))
    code = "agent_in_two_territories" if all(places) and places[0] != places[1] else "agent_twice"
    params = {"other": f"{other.file} · {other.sheet}", "here": str(places[0]), "there": str(places[1])}
    return [Issue(code, sheet.file, sheet.sheet, sheet.header_cells.get("agent", ""), sheet.agent, params=params)]


def pseudonym(code: str, key: bytes) -> str:
    return hmac.new(key, code.encode(), "sha256").hexdigest()[:16]


def _entry_rows(sheet: SurveySheet, holder: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    quotite = sheet.header.get("quotite") or holder["quotite"]
    place = (sheet.agent, holder["mission"], holder["territory"], holder["area"], holder["profession"], quotite)
    return [(*place, item, minutes) for item, minutes in sheet.minutes_by_item().items()]


def _day_rows(sheet: SurveySheet) -> list[tuple[Any, ...]]:
    return [(sheet.agent, item, day.toordinal(), spent) for (day, item), spent in sheet.minutes.items() if day]


def register_holders(posts: pd.DataFrame, communes: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Register line of each agent by code; the first post when an agent holds two."""
    if posts.empty:
        return {}
    names = dict(zip(communes["territory"], communes["territory_name"], strict=True)) if not communes.empty else {}
    held = posts[posts["agent"].notna()]
    table = held.assign(
        territory_name=held["territory"].map(names), area=("sector:" + held["sector"]).fillna("site:" + held["site"])
    )
    return {str(row["agent"]): dict(row) for row in reversed(table.to_dict("records"))}


def _read_contours(reader: _Reader) -> Mapping[str, Any] | None:
    path = reader.folder / CONTOURS
    if not path.is_file():
        return None
    reader.hash(CONTOURS)
    try:
        found: Mapping[str, Any] = json.loads(path.read_text("utf-8-sig"))
        for feature in found["features"]:
            if not feature["geometry"]["coordinates"] or not isinstance(feature["properties"]["commune"], str):
                raise ValueError("no outline, or no commune")
    except (ValueError, KeyError, TypeError):
        reader.issues.append(Issue("contours_format", CONTOURS))
        return None
    return found
