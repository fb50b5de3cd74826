"""One file read, checked and made ready to store, in a process that knows no database."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from workload.errors import Issue, Severity
from workload.ingest.checking import CheckContext, FileCheck, check_file
from workload.ingest.study import pseudonym
from workload.ingest.survey import SurveySheet
from workload.ingest.values import normalise, slug
from workload.store.importing.pseudonyms import Codes

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": None})


@dataclass(frozen=True, slots=True)
class ImportContext:
    check: CheckContext
    period: str  # of the campaign, as core.campaign has it
    key: bytes
    codes: Codes  # every agent that the register knows


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """A row of core.answer, and its days as lines for COPY, each begun by a line break and lacking its id."""

    agent: str
    mission: str | None
    territory: str | None
    area: str | None
    profession: str | None
    quotite: float | None
    entries: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sheet that will not come in: whose it is, by pseudonym, where the register says; how much is wrong, counted."""

    sha256: str
    agent: str | None
    mission: str | None
    territory: str | None
    issues_n: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file's verdict, its sheets without their minutes; and what will be stored of it, when it is importable."""

    check: FileCheck
    shown_name: str = ""
    sha256: str = ""
    content_sha256: str = ""
    answers: tuple[PreparedAnswer, ...] = ()
    document: Mapping[str, Any] | None = None
    refusals: tuple[Refusal, ...] = ()


def prepare_file(path: Path, context: ImportContext) -> Prepared:
    check = check_file(path, context.check)
    light = replace(check, sheets=tuple(replace(sheet, minutes={}) for sheet in check.sheets), tables={})
    if check.importable and not (check.sheets or check.tables):
        issue = Issue("import_nothing", check.file)
        return Prepared(replace(light, issues=(*check.issues, issue)))
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if not check.importable:
        return Prepared(light, refusals=_refusals(check, context, sha256) if check.kind == "survey" else ())
    answers = tuple(_answer(sheet, context) for sheet in check.sheets)
    document = None if answers else _document(check, context)
    content = hashlib.sha256(json.dumps([context.period, document], sort_keys=True).encode())
    for answer in answers:
        content.update(repr(replace(answer, entries="")).encode() + answer.entries.encode())
    own = Codes.of(sheet.agent for sheet in check.sheets)
    name = context.codes.hide(own.hide(path.name, context.key), context.key)
    return Prepared(light, name, sha256, content.hexdigest(), answers, document)


def refused(path: Path, code: str) -> Prepared:
    return Prepared(FileCheck(path.name, "unknown", "", "", 0, (Issue(code, path.name),)))


def _refusals(check: FileCheck, context: ImportContext, sha256: str) -> tuple[Refusal, ...]:
    """One for each agent that the register knows, or one for the file where none can be told."""
    wrong = sum(issue.severity is Severity.ERROR for issue in check.issues)
    known = {
        sheet.agent: context.check.holders[sheet.agent]
        for sheet in check.sheets
        if sheet.agent in context.check.holders
    }
    found = tuple(
        Refusal(sha256, pseudonym(code, context.key), _text(holder["mission"]), _text(holder["territory"]), wrong)
        for code, holder in known.items()
    )
    return found or (Refusal(sha256, None, None, None, wrong),)


def _answer(sheet: SurveySheet, context: ImportContext) -> PreparedAnswer:
    """Where the register puts the agent; where there is no register, what the sheet says itself."""
    agent = pseudonym(sheet.agent, context.key)
    entries = entry_lines(sheet.minutes)
    holder = context.check.holders.get(sheet.agent)
    quotite = sheet.header.get("quotite")
    if holder:
        place = ("mission", "territory", "area", "profession")
        mission, territory, area, profession = (_text(holder[name]) for name in place)
        quotite = _number(quotite or holder["quotite"])
        return PreparedAnswer(agent, mission, territory, area, profession, quotite, entries)
    header = {name: _text(sheet.header.get(name)) for name in ("mission", "territory_name", "profession")}
    territory = slug(header["territory_name"]) if header["territory_name"] else None
    mission = _mission(header["mission"], context.check)
    return PreparedAnswer(agent, mission, territory, None, header["profession"], _number(quotite), entries)


def _mission(written: str | None, context: CheckContext) -> str | None:
    missions = context.register.settings.missions if context.register else {}
    codes = {normalise(name): code for code, mission in missions.items() for name in (code, mission.name)}
    return codes.get(normalise(written), written) if written else None


def _text(value: object) -> str | None:
    return None if value is None or value != value else str(value).replace("\0", "")


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def entry_lines(minutes: Mapping[tuple[date | None, str], float]) -> str:
    """A line a day: the day, its items and their minutes, as COPY reads them."""
    by_day: dict[date | None, list[tuple[str, str]]] = {}
    items = {item: _quoted(item) for item in {item for _, item in minutes}}
    for (day, item), spent in minutes.items():
        by_day.setdefault(day, []).append((items[item], str(spent)))
    lines = []
    for day, noted in by_day.items():
        names, figures = zip(*noted, strict=True)
        when = day.isoformat() if day else "\\N"
        lines.append(f"\n\t{when}\t{{{','.join(names)}}}\t{{{','.join(figures)}}}")
    return "".join(lines)


def _quoted(item: str) -> str:
    """An element of an array, inside a line of COPY."""
    escaped = item.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.translate(_ESCAPED)


def _document(check: FileCheck, context: ImportContext) -> dict[str, Any]:
    """The rows of every table. A cell that is an agent's code, in whichever column, becomes the pseudonym."""
    posts = check.tables.get("posts")
    held = set() if posts is None else set(posts["agent"].dropna())
    codes = {code: pseudonym(code, context.key) for code in {*held, *context.check.holders}}
    return {name: [_row(row, codes) for row in table.to_dict("records")] for name, table in check.tables.items()}


def _row(row: Mapping[Any, Any], codes: Mapping[str, str]) -> dict[str, Any]:
    return {str(name): _plain(value, codes) for name, value in row.items()}


def _plain(value: Any, codes: Mapping[str, str]) -> Any:
    if value is None or value != value:
        return None
    if isinstance(value, str):
        return codes.get(value, value.replace("\0", ""))
    return value if isinstance(value, bool | int | float) else str(value)
