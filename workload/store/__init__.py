"""Saved runs in PostgreSQL: a département's own server, or one that pip installed and we start and stop.

with open_store(StoreSettings()) as engine:
    saved = save_run(engine, document)
"""

from workload.store.engine import StoreError
from workload.store.migrate import migrate
from workload.store.opening import open_store
from workload.store.runs import SavedRun, find_run, list_runs, load_run, save_run
from workload.store.settings import StoreSettings

__all__ = [
    "SavedRun",
    "StoreError",
    "StoreSettings",
    "find_run",
    "list_runs",
    "load_run",
    "migrate",
    "open_store",
    "save_run",
]
