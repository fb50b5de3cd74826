"""The worker: takes tasks off the queue, watches a process for each, and puts back what another worker left.

    with open_store(settings) as engine:
        asyncio.run(work(engine, settings))

A worker that is killed stops sending its heartbeat; within `STALLED_S + RESCUE_S` any living worker takes its tasks up
again, and its processes die with it.
"""

import asyncio
import multiprocessing
import os
import signal
from contextlib import suppress
from multiprocessing.context import ForkServerContext
from typing import Any

from procrastinate import App, JobContext
from sqlalchemy import Engine

from workload.jobs.child import main
from workload.jobs.queue import TASK, ensure_queue, missing, put, queue_app
from workload.store.settings import StoreSettings
from workload.store.tasks import cancelled_task, find_task

PROCESSES = 2
HEARTBEAT_S = 5.0
STALLED_S = 20.0
RESCUE_S = 10
LOOK_S = 0.25
PATIENCE_S = 5.0


class UnfinishedError(Exception):
    """The task's process ended without a word; the queue keeps the job as failed, and the task is put on it again."""


async def work(engine: Engine, settings: StoreSettings, stopped: asyncio.Event | None = None) -> None:
    """Until told to stop: SIGTERM, SIGINT or the event. Tasks that run then are ended, and taken up by the next."""
    ensure_queue(engine)
    stop = stopped or asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError, RuntimeError, NotImplementedError):  # not in the main thread
            loop.add_signal_handler(sign, stop.set)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["workload.jobs.preload"])
    with queue_app(engine.url) as app:
        _declare(app, engine, settings, processes, stop)
        async with app.open_async():
            options: dict[str, Any] = {
                "install_signal_handlers": False,
                "update_heartbeat_interval": HEARTBEAT_S,
                "stalled_worker_timeout": STALLED_S,
                "fetch_job_polling_interval": 2.0,
                "abort_job_polling_interval": 2.0,
                "shutdown_graceful_timeout": PATIENCE_S,
                "delete_jobs": "successful",
            }
            workers = [
                asyncio.create_task(app.run_worker_async(queues=["work"], concurrency=PROCESSES, **options)),
                asyncio.create_task(app.run_worker_async(queues=["rescue"], concurrency=1, **options)),
            ]
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait([waiting, *workers], return_when=asyncio.FIRST_COMPLETED)
            for one in workers:
                one.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


def _declare(
    app: App, engine: Engine, settings: StoreSettings, processes: ForkServerContext, stop: asyncio.Event
) -> None:
    url = engine.url.render_as_string(hide_password=False)

    @app.task(name=TASK, queue="work", pass_context=True)
    async def do(context: JobContext, id: str) -> None:
        process = processes.Process(target=main, args=(id, url, settings), name=f"workload-{id[:8]}")
        process.start()
        try:
            while process.is_alive():
                await asyncio.sleep(LOOK_S)
                if stop.is_set() or await asyncio.to_thread(_cancelled, engine, id):
                    break
        finally:
            await asyncio.shield(asyncio.to_thread(_end, process))
        if process.exitcode != 0 and not stop.is_set():
            if await asyncio.to_thread(_cancelled, engine, id):
                await asyncio.to_thread(cancelled_task, engine, id)
                return
            raise UnfinishedError

    @app.periodic(cron=f"* * * * * */{RESCUE_S}")
    @app.task(name="workload.rescue", queue="rescue", queueing_lock="rescue", pass_context=True)
    async def rescue(context: JobContext, timestamp: int) -> None:
        """Jobs whose worker fell silent, back on the queue; and tasks that the queue does not know of."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
            await app.job_manager.retry_job(job)
        await app.job_manager.prune_stalled_workers(seconds_since_heartbeat=STALLED_S)
        lost = await asyncio.to_thread(missing, engine)
        await asyncio.to_thread(put, engine, lost)


def _cancelled(engine: Engine, id: str) -> bool:
    return find_task(engine, id).cancel_asked


def _end(process: Any) -> None:
    """The task's process and all it started."""
    if process.is_alive():
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, sign)
            process.join(PATIENCE_S)
            if not process.is_alive():
                break
    process.join()
