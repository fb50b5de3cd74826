"""Files that were sent and wait to be taken in: in a folder of ours, each task its own, gone once they are not needed.

A file that came in is taken away at once. A refused one stays, so that it can be read again once an unknown item is
mapped, and beside it the copy that shows what is wrong; `WORKLOAD_DATA_DIR/depots` goes with retention.
"""

import re
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from workload.store.settings import StoreSettings

FOLDER = "depots"
MARKED = "annotes"
DOCUMENTS = "documents"
LONGEST_NAME = 150
"""Bytes; a marked copy adds a few words, and file systems end at 255."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")


def depot(settings: StoreSettings, task: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{32}", task):
        raise ValueError("not a task")
    return settings.data_dir / FOLDER / task


def safe_name(name: str) -> str:
    """What the person called it, fit for a file system: no path, no control character, its ending kept."""
    plain = _UNSAFE.sub("_", Path(name.replace("\\", "/")).name).strip(". ") or "fichier"
    stem, dot, suffix = plain.rpartition(".")
    if len(plain.encode()) <= LONGEST_NAME:
        return plain
    kept = (stem or plain).encode()[: LONGEST_NAME - 12].decode(errors="ignore")
    return f"{kept}{dot}{suffix[:8]}"


def place(settings: StoreSettings, task: str, position: int, name: str) -> Path:
    """Where one file of a task lies: a folder of its own, so that two of one name keep it."""
    return depot(settings, task) / f"{position:04d}" / safe_name(name)


def marked_copy(settings: StoreSettings, task: str, position: int) -> Path | None:
    """The copy of a refused file with its errors marked, where there is one."""
    return next((depot(settings, task) / f"{position:04d}" / MARKED).glob("*"), None)


def clear(settings: StoreSettings, task: str) -> None:
    shutil.rmtree(depot(settings, task), ignore_errors=True)


def sweep(settings: StoreSettings, kept: Collection[str], documents_days: int | None = None) -> int:
    """Takes away the files of tasks that are no longer kept, and documents made longer ago: they are made anew when
    asked for. How many folders went."""
    gone = [path for path in (settings.data_dir / FOLDER).glob("*") if path.name not in kept]
    if documents_days is not None:
        since = time.time() - documents_days * 86_400
        gone += [path for path in (settings.data_dir / DOCUMENTS).glob("*") if path.stat().st_mtime < since]
    for path in gone:
        shutil.rmtree(path, ignore_errors=True)
    return len(gone)
