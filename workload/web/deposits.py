"""Files that arrive: put where the worker finds them, and the task that takes them in."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Request, UploadFile

from workload.errors import RequestError
from workload.ingest.grid import SUFFIXES
from workload.jobs.depots import clear, depot, place, safe_name
from workload.jobs.queue import put
from workload.jobs.work import CARDS
from workload.store.audit import record
from workload.store.tasks import FileView, TaskView, add_task, list_tasks, new_task_id, task_files
from workload.web.rights import Account, Action, may
from workload.web.state import Web, web_of
from workload.web.studies import StudyView, own_territories
from workload.web.words import language_of

MOST_FILES = 300
MOST_OPEN = 5
SPARE_MB = 200
"""What must stay free on the disk once the files are there: the database writes too."""


def deposit(request: Request, account: Account, study: StudyView, files: Sequence[UploadFile]) -> str:
    """The task that takes the files in. Raises RequestError, and keeps nothing, where there is nothing to take."""
    given = [file for file in files if file.filename]
    if not given:
        raise RequestError("deposit_empty")
    if len(given) > MOST_FILES:
        raise RequestError("deposit_too_many", n=len(given), most=MOST_FILES)
    names = [safe_name(file.filename or "") for file in given]
    allowed = (*SUFFIXES, *CARDS) if may(account, Action.UPLOAD_INDICATORS) else tuple(SUFFIXES)
    wrong = [name for name in names if Path(name).suffix.lower() not in allowed]
    if wrong:
        raise RequestError("deposit_kind", name=wrong[0], known=", ".join(sorted(SUFFIXES)))
    web = web_of(request)
    id = _put_down(web, account, names, [partial(_from_upload, file) for file in given])
    return _start(web, request, account, study, id, names)


def read_again(request: Request, account: Account, study: StudyView, task: TaskView) -> str:
    """The refused files of a task, and those it did not come to, read anew with the cards sent beside them: an item was
    mapped since, or a register corrected."""
    web = web_of(request)
    kept = [
        (file, place(web.settings, task.id, file.position, file.name))
        for file in task_files(web.engine, task.id)
        if file.outcome in ("refused", "card", None)
    ]
    there: list[tuple[FileView, Path]] = [(file, path) for file, path in kept if path.is_file()]
    if not any(file.outcome != "card" for file, _ in there):
        raise RequestError("deposit_gone")
    names = [file.name for file, _ in there]
    id = _put_down(web, account, names, [partial(shutil.copyfile, path) for _, path in there])
    return _start(web, request, account, study, id, names)


def _from_upload(file: UploadFile, target: Path) -> None:
    with target.open("wb") as out:
        shutil.copyfileobj(file.file, out)


def _put_down(web: Web, account: Account, names: Sequence[str], copies: Sequence[Callable[[Path], object]]) -> str:
    """Each file in its place, under the id of a new task; all of them, or RequestError and none."""
    _require_turn(web, account)
    id = new_task_id()
    try:
        for position, (name, copy) in enumerate(zip(names, copies, strict=True)):
            target = place(web.settings, id, position, name)
            target.parent.mkdir(parents=True, mode=0o700)
            copy(target)
        if shutil.disk_usage(depot(web.settings, id)).free < SPARE_MB << 20:
            raise OSError("disk nearly full")
    except OSError as error:
        clear(web.settings, id)
        raise RequestError("deposit_disk") from error
    return id


def _start(web: Web, request: Request, account: Account, study: StudyView, id: str, names: list[str]) -> str:
    asked: dict[str, Any] = {"language": language_of(request)}
    if not may(account, Action.UPLOAD_REGISTERS):
        asked["territories"] = list(own_territories(account, study, Action.IMPORT_SHEETS))
    with web.engine.begin() as connection:
        add_task(connection, id, "import", study.code, account.id, account.login, asked, names)
        record(connection, account.login, "files_sent", study.code, {"files": len(names)})
    put(web.engine, [id])
    return id


def _require_turn(web: Web, account: Account) -> None:
    """Few at a time for each: the queue is everybody's."""
    waiting = [task for task in list_tasks(web.engine, account.id) if task.open]
    if len(waiting) >= MOST_OPEN:
        raise RequestError("task_too_many", most=MOST_OPEN)


def start(web: Web, account: Account, kind: str, study: str, asked: dict[str, Any]) -> str:
    """Long work of another kind: a scenario to compute, to look at or to open."""
    _require_turn(web, account)
    id = new_task_id()
    with web.engine.begin() as connection:
        add_task(connection, id, kind, study, account.id, account.login, asked)
    put(web.engine, [id])
    return id
