"""What each kind of task does. Every one can be done again from its start, wherever an earlier try stopped."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from workload.errors import InputError, Issue, RequestError
from workload.ingest.folding import fold
from workload.ingest.indicators import FOLDER as INDICATORS
from workload.ingest.marked_copy import mark_file
from workload.ingest.study import Answers, read_study
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
CARDS = (".yaml", ".yml")
"""What describes a workbook of counts, sent with it."""
NO_ANSWERS = Answers(
    pd.DataFrame(columns=["agent", "mission", "territory", "area", "profession", "quotite", "item", "time_spent_min"]),
    pd.DataFrame(columns=["agent", "item", "day", "time_spent_min"]),
    {},
)
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
    there = []
    for file, path in zip(waiting, paths, strict=True):
        if path.suffix.lower() in CARDS:
            file_done(work.engine, task.id, file.position, "card", "indicators", 0, [], False)
        elif path.is_file():
            there.append((file, path))
        else:  # a backup restored, a disk cleared: we take away only what came in
            file_done(work.engine, task.id, file.position, LOST, "", 0, [], False)
    todo = iter(there)
    total = len(task_files(work.engine, task.id))
    done = total - len(there)

    def on_file(found: FileOutcome) -> None:
        nonlocal done
        file, path = next(todo)
        _settle(work, home, file, path, found)
        done += 1
        work.progress("import", done, total)

    work.progress("import", done, total)
    territories = task.asked.get("territories")
    scope = Scope(frozenset(territories)) if territories is not None else None
    import_files(work.engine, [path for _, path in there], home.folder, task.asked_by, on_file, work.settings, scope)
    counts: dict[str, int] = {}
    for seen in task_files(work.engine, task.id):
        counts[seen.outcome or ""] = counts.get(seen.outcome or "", 0) + 1
    with work.engine.begin() as connection:
        record(connection, task.asked_by, "files_imported", task.study, {"files": counts})
    return {"files": counts}


def _bring_cards(home: StudyHome, paths: list[Path]) -> None:
    """Beside a workbook of counts that the study knows, its card; what was sent with a card lies with it."""
    cards = {path.stem: path for path in paths if path.suffix.lower() in CARDS}
    known = {path.stem: path for path in (home.folder / INDICATORS).glob("*.yaml")}
    for path in paths:
        card = cards.get(path.stem) or known.get(path.stem)
        if card and path.suffix.lower() not in CARDS and path.is_file() and not path.with_suffix(".yaml").exists():
            shutil.copyfile(card, path.with_suffix(".yaml"))


def _settle(work: Work, home: StudyHome, file: FileView, path: Path, found: FileOutcome) -> None:
    """What becomes of one file: kept to be corrected, put into the study's folder, or taken away."""
    issues, outcome = fold(found.issues), found.outcome
    marked = False
    if found.outcome is Outcome.REFUSED:
        marked = mark_file(path, path.parent / MARKED, issues, work.task.asked.get("language", "fr")) is not None
    elif found.kind in (*REGISTERS, "indicators") and not found.superseded:
        said = _put_in_study(home, _targets(found.kind, path))
        if said:
            outcome, issues = Outcome.REFUSED, fold(said)
    file_done(
        work.engine,
        work.task.id,
        file.position,
        outcome.value,
        found.kind,
        found.rows,
        [issue_document(issue) for issue in issues],
        marked,
    )
    if outcome is not Outcome.REFUSED:
        shutil.rmtree(path.parent, ignore_errors=True)


def _targets(kind: str, path: Path) -> dict[str, Path]:
    """Where files go in the study's folder."""
    if kind in REGISTERS:
        return {REGISTERS[kind]: path}
    return {f"{INDICATORS}/{path.stem}.yaml": path.with_suffix(".yaml"), f"{INDICATORS}/{path.name}": path}


def _put_in_study(home: StudyHome, files: Mapping[str, Path]) -> tuple[Issue, ...]:
    """Over what is there, once the whole study is seen to stand with them; else what is wrong, and nothing changes."""
    with tempfile.TemporaryDirectory(dir=home.folder.parent, prefix=".essai-") as temporary:
        trial = Path(temporary) / "etude"
        shutil.copytree(home.folder, trial)
        for name, path in files.items():
            shutil.copyfile(path, trial / name)
        try:
            read_study(trial, answers=NO_ANSWERS)
        except InputError as error:
            return error.issues
        for name in files:
            (trial / name).replace(home.folder / name)
    return ()


def issue_document(issue: Issue) -> dict[str, Any]:
    """Plain, and without the one character that a database's JSON refuses."""
    plain = asdict(issue) | {"severity": issue.severity.value}
    clean = {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in plain.items()}
    return clean | {"params": {name: str(value).replace("\0", "") for name, value in issue.params.items()}}


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
    if asked.get("run") not in (None, known.run_id):
        raise RequestError("scenario_changed_since", title=known.title)
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
