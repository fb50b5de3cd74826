"""Long work that people asked for, as they see it: what it is, how far it is, what came of it."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlmodel import col

from workload.errors import InputError, RequestError, WorkloadError
from workload.store.account_tables import AccountRow
from workload.store.work_tables import Task, TaskFile

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
OPEN = (QUEUED, RUNNING)
MOST_ATTEMPTS = 3
"""A task that brought its process down so often is left: it would do it again."""


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as its page shows it."""

    id: str
    kind: str
    status: str
    study: str
    account_id: int | None
    asked_by: str
    asked: Mapping[str, Any]
    stage: str
    done_n: int
    total_n: int
    attempts_n: int
    cancel_asked: bool
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def open(self) -> bool:
        return self.status in OPEN


@dataclass(frozen=True, slots=True)
class FileView:
    position: int
    name: str
    outcome: str | None
    kind: str | None
    rows_n: int
    issues: Sequence[Mapping[str, Any]]
    marked: bool


_SHOWN = tuple(col(getattr(Task, name)) for name in TaskView.__dataclass_fields__)
_FILE = tuple(col(getattr(TaskFile, name)) for name in FileView.__dataclass_fields__)


def new_task_id() -> str:
    return secrets.token_hex(16)


def add_task(
    connection: Connection,
    id: str,
    kind: str,
    study: str,
    account: int | None,
    by: str,
    asked: Mapping[str, Any],
    files: Iterable[str] = (),
) -> None:
    """Writes the task down; whoever runs it finds it there. files: names as they were given, in order."""
    row = {"id": id, "kind": kind, "status": QUEUED, "study": study, "account_id": account, "asked_by": by}
    connection.execute(insert(Task).values(row | {"asked": dict(asked)}))
    names = [{"task_id": id, "position": k, "name": name} for k, name in enumerate(files)]
    if names:
        connection.execute(insert(TaskFile).values(names))


def find_task(engine: Engine, id: str) -> TaskView:
    """Raises RequestError where there is none."""
    with engine.connect() as connection:
        row = connection.execute(select(*_SHOWN).where(col(Task.id) == id)).first()
    if row is None:
        raise RequestError("task_unknown", id=id)
    return TaskView(*row)


def list_tasks(engine: Engine, account: int | None = None, kind: str | None = None, most: int = 50) -> list[TaskView]:
    """The last first; of one account, of one kind."""
    query = select(*_SHOWN).order_by(col(Task.created_at).desc(), col(Task.id)).limit(most)
    if account is not None:
        query = query.where(col(Task.account_id) == account)
    if kind is not None:
        query = query.where(col(Task.kind) == kind)
    with engine.connect() as connection:
        return [TaskView(*row) for row in connection.execute(query)]


def task_files(engine: Engine, id: str) -> list[FileView]:
    with engine.connect() as connection:
        rows = connection.execute(select(*_FILE).where(col(TaskFile.task_id) == id).order_by(col(TaskFile.position)))
        return [FileView(*row) for row in rows]


def start_task(engine: Engine, id: str) -> TaskView | None:
    """The task, running from now; None where there is nothing left to do for it."""
    with engine.begin() as connection:
        row = connection.execute(select(*_SHOWN).where(col(Task.id) == id).with_for_update()).first()
        task = TaskView(*row) if row else None
        if task is None or not task.open:
            return None
        if task.cancel_asked:
            _end(connection, id, CANCELLED)
            return None
        if task.attempts_n >= MOST_ATTEMPTS:
            _end(connection, id, FAILED, error={"code": "task_gave_up", "params": {"n": str(task.attempts_n)}})
            return None
        values = {"status": RUNNING, "started_at": func.now(), "attempts_n": task.attempts_n + 1}
        connection.execute(update(Task).where(col(Task.id) == id).values(values))
        return task


def report_progress(engine: Engine, id: str, stage: str, done: int, total: int) -> bool:
    """Writes how far it is; whether it may go on: nobody asked to cancel it."""
    values = {"stage": stage, "done_n": done, "total_n": total}
    changing = update(Task).where(col(Task.id) == id, col(Task.status) == RUNNING).values(values)
    with engine.begin() as connection:
        cancelled = connection.execute(changing.returning(col(Task.cancel_asked))).scalar()
    return cancelled is False


def file_done(
    engine: Engine,
    id: str,
    position: int,
    outcome: str,
    kind: str,
    rows: int,
    issues: list[dict[str, Any]],
    marked: bool,
) -> None:
    row = {"outcome": outcome, "kind": kind, "rows_n": rows, "issues": issues, "marked": marked}
    where = (col(TaskFile.task_id) == id, col(TaskFile.position) == position)
    with engine.begin() as connection:
        connection.execute(update(TaskFile).where(*where).values(row))


def end_task(engine: Engine, id: str, result: Mapping[str, Any]) -> None:
    with engine.begin() as connection:
        _end(connection, id, DONE, result=dict(result))


def fail_task(engine: Engine, id: str, error: Exception) -> None:
    """The sentence of what stopped it: its code and what fills it; nothing of an unexpected error but its kind."""
    with engine.begin() as connection:
        _end(connection, id, FAILED, error=error_document(error))


def cancel_task(engine: Engine, id: str) -> None:
    """Asks a running one to stop, ends a waiting one."""
    with engine.begin() as connection:
        connection.execute(update(Task).where(col(Task.id) == id).values({"cancel_asked": True}))
        if connection.scalar(select(col(Task.status)).where(col(Task.id) == id).with_for_update()) == QUEUED:
            _end(connection, id, CANCELLED)


def cancelled_task(engine: Engine, id: str) -> None:
    with engine.begin() as connection:
        _end(connection, id, CANCELLED)


def open_tasks(engine: Engine) -> list[str]:
    """Those that somebody still waits for."""
    with engine.connect() as connection:
        query = select(col(Task.id)).where(col(Task.status).in_(OPEN)).order_by(col(Task.created_at))
        return list(connection.execute(query).scalars())


def may_still(engine: Engine, task: TaskView) -> bool:
    """Whether the account that asked is still open; a task of no account was asked on the machine itself."""
    if task.account_id is None:
        return True
    with engine.connect() as connection:
        return bool(connection.scalar(select(col(AccountRow.active)).where(col(AccountRow.id) == task.account_id)))


def kept_tasks(engine: Engine) -> set[str]:
    """Every task that is still told of."""
    with engine.connect() as connection:
        return set(connection.execute(select(col(Task.id))).scalars())


def error_document(error: Exception) -> dict[str, Any]:
    if not isinstance(error, WorkloadError):
        return {"code": "task_internal_error", "params": {"kind": type(error).__name__}}
    found: dict[str, Any] = {"code": error.code, "params": error.params}
    if isinstance(error, InputError):
        names = ("code", "file", "sheet", "cell", "value", "suggestion", "params")
        found["issues"] = [
            {name: getattr(i, name) for name in names} | {"severity": i.severity.value} for i in error.issues
        ]
    if sentences := getattr(error, "sentences", ()):
        found["sentences"] = [[code, dict(params)] for code, params in sentences]
    return found


def _end(
    connection: Connection,
    id: str,
    status: str,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    values = {"status": status, "ended_at": func.now(), "result": result, "error": error}
    connection.execute(update(Task).where(col(Task.id) == id, col(Task.status).in_(OPEN)).values(values))
