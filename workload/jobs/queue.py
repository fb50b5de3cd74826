"""The queue: procrastinate, in a schema of its own. It holds ids of tasks and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.schema import SchemaManager
from sqlalchemy import URL, Engine, text

from workload.store.engine import CONNECT_TIMEOUT_S
from workload.store.tasks import open_tasks

SCHEMA = "jobs"
TASK = "workload.do"
LOCK = 0x776F726B6A6F6273  # "workjobs": one process makes the queue's tables
MOST_CONNECTIONS = 8


def ensure_queue(engine: Engine) -> None:
    """The queue's tables, made where they are missing: all of them or none."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.procrastinate_jobs"}) is not None:
            return
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        connection.execute(text(f"SET LOCAL search_path = {SCHEMA}"))
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        raw.execute(SchemaManager.get_schema())


def put(engine: Engine, tasks: list[str]) -> None:
    """On the queue, in order; one that is there already stays as it is."""
    if tasks:
        app = App(connector=SyncPsycopgConnector(**_connection(engine.url)))
        with app.open():
            for id in tasks:
                with suppress(AlreadyEnqueued):
                    app.configure_task(TASK, queue="work", queueing_lock=id).defer(id=id)


@contextmanager
def queue_app(url: URL) -> Iterator[App]:
    yield App(connector=PsycopgConnector(**_connection(url), min_size=1, max_size=MOST_CONNECTIONS))


def missing(engine: Engine) -> list[str]:
    """Tasks that are waited for and that the queue does not hold: written down by a process that then died, restored
    from a backup, or run by a worker that is gone for good."""
    with engine.connect() as connection:
        query = text(
            f"SELECT args ->> 'id' FROM {SCHEMA}.procrastinate_jobs"  # noqa: S608 (our own name)
            " WHERE task_name = :name AND status IN ('todo', 'doing')"
        )
        held = set(connection.execute(query, {"name": TASK}).scalars())
    return [id for id in open_tasks(engine) if id not in held]


def _connection(url: URL) -> dict[str, Any]:
    given: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT_S} | dict(url.query)
    named = {"host": url.host, "port": url.port, "user": url.username, "password": url.password, "dbname": url.database}
    given |= {name: value for name, value in named.items() if value is not None}
    options = " ".join([*str(given.pop("options", "")).split(), f"-csearch_path={SCHEMA}"])
    return {"conninfo": "", "kwargs": given | {"options": options, "application_name": "workload-jobs"}}
