"""The application as uvicorn loads it: opens the store for as long as its process lives."""

import atexit
import logging
import multiprocessing
from contextlib import ExitStack

from fastapi import FastAPI

from workload.jobs.queue import ensure_queue
from workload.services.lineage import die_with_parent
from workload.store import StoreSettings, open_store
from workload.web.app import create_app
from workload.web.settings import WebOptions
from workload.web.state import Web


def application() -> FastAPI:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    if multiprocessing.parent_process() is not None:  # one of several: it ends with the one that holds the port
        die_with_parent()
    settings = StoreSettings()
    open_for_life = ExitStack()
    atexit.register(open_for_life.close)
    engine = open_for_life.enter_context(open_store(settings))
    ensure_queue(engine)
    return create_app(Web(engine, settings, WebOptions()))
