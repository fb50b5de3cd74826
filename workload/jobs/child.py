"""One task in a process of its own. Whatever happens here is written with the task; the worker only watches."""

import os
from fractions import Fraction

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError

from workload.errors import RequestError
from workload.jobs.work import DOING, Work
from workload.services.lineage import die_with_parent
from workload.store.engine import StoreError, make_engine, parse_url, spoken
from workload.store.settings import StoreSettings
from workload.store.tasks import (
    TaskView,
    cancelled_task,
    end_task,
    fail_task,
    may_still,
    report_progress,
    start_task,
)

UNFINISHED = 70
"""Exit code where the database could not be told: the task is tried again."""
LEAST_STEP = Fraction(1, 50)


class CancelledError(Exception):
    """Somebody asked to stop, and the place is one where nothing is half done."""


def main(id: str, url: str, settings: StoreSettings) -> None:
    """Runs the task to its end, good or bad."""
    os.setsid()  # the worker ends the whole group, readers of files among it
    die_with_parent()  # a worker that is killed takes it along; the next one starts the task anew
    engine = make_engine(parse_url(url))
    code = 0
    try:
        with spoken(engine.url):
            task = start_task(engine, id)
            if task is not None:
                _run(engine, settings, task)
    except (StoreError, DBAPIError):
        code = UNFINISHED
    finally:
        engine.dispose()
    if code:
        raise SystemExit(code)


def _run(engine: Engine, settings: StoreSettings, task: TaskView) -> None:
    told: dict[str, Fraction] = {}

    def progress(stage: str, done: int, total: int) -> None:
        at = Fraction(done, total or 1)
        if stage in told and at < 1 and at - told[stage] < LEAST_STEP:
            return
        told[stage] = at
        if not report_progress(engine, task.id, stage, done, total):
            raise CancelledError

    try:
        if not may_still(engine, task):
            raise RequestError("task_account_closed")
        result = DOING[task.kind](Work(engine, settings, task, progress))
    except CancelledError:
        cancelled_task(engine, task.id)
    except (StoreError, DBAPIError) as error:
        if not isinstance(error, DataError):  # refused for what it is, it would be refused again
            raise
        fail_task(engine, task.id, error)
    except Exception as error:
        if os.environ.get("WORKLOAD_DEBUG"):
            import traceback

            traceback.print_exc()
        fail_task(engine, task.id, error)
    else:
        end_task(engine, task.id, result)
