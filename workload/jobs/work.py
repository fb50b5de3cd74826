"""What each kind of task does. Every one can be done again from its start, wherever an earlier try stopped."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from workload.errors import Issue, RequestError
from workload.ingest.folding import fold
from workload.ingest.indicators import FOLDER as INDICATORS
from workload.ingest.marked_copy import mark_file
from workload.jobs.depots import MARKED, place
from workload.services.scenario_runs import PREVIEW, Progress, keep
from workload.services.studies import StudyHome, read_stored, study_home
from workload.store.audit import record
from workload.store.importing import FileOutcome, Outcome, import_files
from workload.store.importing.files import Scope
from workload.store.publish import Releases
from workload.store.scenarios import PUBLISHED, list_scenarios
from workload.store.settings import StoreSettings
from workload.store.tasks import FileView, TaskView, file_done, task_files

LOST = "lost"
REGISTERS = {"posts": "postes.xlsx", "territories": "territoires.xlsx"}
"""Where an accepted register goes in the study's folder."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A scenario as a task was asked for it."""

    title: str
    description: str = ""
    choices: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    engine: Engine
    settings: StoreSettings
    task: TaskView
    progress: Progress

    @property
    def home(self) -> StudyHome:
        return study_home(self.settings, self.task.study)


def take_in(work: Work) -> dict[str, Any]:
    """Files that were sent: each whole or refused, its errors kept for whoever sent it, a marked copy beside."""
    task, home = work.task, work.home
    waiting = [file for file in task_files(work.engine, task.id) if file.outcome is None]
    paths = [place(work.settings, task.id, file.position, file.name) for file in waiting]
    _bring_cards(home, paths)
    sheets = [(file, path) for file, path in zip(waiting, paths, strict=True) if path.suffix not in (".yaml", ".yml")]
    for file in waiting:
        if (file, paths[waiting.index(file)]) not in sheets:
            file_done(work.engine, task.id, file.position, "card", "indicators", 0, [], False)
    todo = iter(sheets)
    total, done = len(task_files(work.engine, task.id)), len(task_files(work.engine, task.id)) - len(sheets)

    def on_file(found: FileOutcome) -> None:
        nonlocal done
        file, path = next(todo)
        _settle(work, home, file, path, found)
        done += 1
        work.progress("import", done, total)

    work.progress("import", done, total)
    territories = task.asked.get("territories")
    scope = Scope(frozenset(territories)) if territories is not None else None
    for file, path in sheets:
        if not path.is_file():  # a backup restored, a disk cleared: we take away only what came in
            file_done(work.engine, task.id, file.position, LOST, "", 0, [], False)
    there = [(file, path) for file, path in sheets if path.is_file()]
    todo = iter(there)
    import_files(work.engine, [path for _, path in there], home.folder, task.asked_by, on_file, work.settings, scope)
    counts: dict[str, int] = {}
    for seen in task_files(work.engine, task.id):
        counts[seen.outcome or ""] = counts.get(seen.outcome or "", 0) + 1
    with work.engine.begin() as connection:
        record(connection, task.asked_by, "files_imported", task.study, {"files": counts})
    return {"files": counts}


def _bring_cards(home: StudyHome, paths: list[Path]) -> None:
    """Beside a workbook of counts that the study knows, its card; what was sent with a card lies with it."""
    cards = {path.stem: path for path in paths if path.suffix in (".yaml", ".yml")}
    known = {path.stem: path for path in (home.folder / INDICATORS).glob("*.yaml")}
    for path in paths:
        card = cards.get(path.stem) or known.get(path.stem)
        if card and path.suffix not in (".yaml", ".yml") and path.is_file() and not path.with_suffix(".yaml").exists():
            shutil.copyfile(card, path.with_suffix(".yaml"))


def _settle(work: Work, home: StudyHome, file: FileView, path: Path, found: FileOutcome) -> None:
    """What becomes of one file: kept to be corrected, put into the study's folder, or taken away."""
    issues = fold(found.issues)
    marked = False
    if found.outcome is Outcome.REFUSED:
        marked = mark_file(path, path.parent / MARKED, issues, work.task.asked.get("language", "fr")) is not None
    elif found.kind in REGISTERS:
        _put(path, home.folder / REGISTERS[found.kind])
    elif found.kind == "indicators":
        _put(path.with_suffix(".yaml"), home.folder / INDICATORS / f"{path.stem}.yaml")
        _put(path, home.folder / INDICATORS / path.name)
    file_done(
        work.engine,
        work.task.id,
        file.position,
        found.outcome.value,
        found.kind,
        found.rows,
        [issue_document(issue) for issue in issues],
        marked,
    )
    if found.outcome is not Outcome.REFUSED:
        shutil.rmtree(path.parent, ignore_errors=True)


def _put(path: Path, target: Path) -> None:
    """Over what is there, whole or not at all."""
    beside = target.with_name(f".{target.name}.nouveau")
    shutil.copyfile(path, beside)
    beside.replace(target)


def issue_document(issue: Issue) -> dict[str, Any]:
    return asdict(issue) | {"severity": issue.severity.value}


def compute_scenario(work: Work) -> dict[str, Any]:
    """A scenario built on a page: computed and kept, or only looked at."""
    asked = work.task.asked
    choice = Choice(asked["title"], asked.get("description", ""), asked.get("choices", {}))
    return _kept(work, choice, asked["wanted"])


def open_scenario(work: Work) -> dict[str, Any]:
    """A kept scenario shown to more people. It is computed again: what is published is what the data say now, and
    where they say something else than what was kept, nothing is published and the sentence says so."""
    asked = work.task.asked
    known = next((s for s in list_scenarios(work.engine) if s.key == asked["scenario"]), None)
    if known is None:
        raise RequestError("scenario_unknown", id=asked["scenario"])
    if known.status == PUBLISHED:
        return {"scenario": known.key, "status": known.status, "withheld": []}
    return _kept(work, Choice(known.title, known.description, known.choices), asked["wanted"], known.run_id)


def _kept(work: Work, choice: Choice, wanted: str, run: str | None = None) -> dict[str, Any]:
    task = work.task
    study = read_stored(work.engine, work.settings, work.home, work.progress, choice.choices)
    kept = keep(
        work.engine, work.settings, study, choice, int(task.asked.get("draws", 400)), task.asked_by, wanted,
        work.progress, run,
    )  # fmt: skip
    found = {"withheld": withheld_rows(kept.releases), "warnings": [issue_document(i) for i in kept.warnings]}
    if kept.saved is None or wanted == PREVIEW:
        return found
    return found | {"scenario": kept.saved.key, "status": wanted}


def withheld_rows(releases: Releases) -> list[dict[str, Any]]:
    return [asdict(release) for release in releases.withheld]


DOING: Mapping[str, Callable[[Work], dict[str, Any]]] = {
    "import": take_in,
    "scenario": compute_scenario,
    "publication": open_scenario,
}
