"""kill -9 in the middle, twenty-four times: whole files only, and the next import completes what is missing."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from tests.integration.import_checks import all_text, files_whole, minutes_stored, outcomes, take_in
from workload.ingest.checking import check_files
from workload.store.importing import Outcome

pytestmark = pytest.mark.integration
FILES = 40
KILLS = 12  # of first imports, and again of corrections

SERVE = """
import json, os, signal, sys, time
from pathlib import Path
from sqlalchemy import event, make_url
from workload.store import StoreSettings
from workload.store.engine import make_engine
from workload.store.importing import files, import_files, writing

url, study, data = sys.argv[1:]
files.BATCH_FILES = 3

def run(folder, where, left):
    engine = make_engine(make_url(url))

    def count(*_):
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    whole = writing._copy
    def half(connection, lines):
        nonlocal left
        left -= 1
        whole(connection, lines if left else lines[: lines.rfind("\\n", 0, len(lines) // 2) + 1])
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    if where == "statement":
        event.listen(engine, "before_cursor_execute", count)
        event.listen(engine, "commit", count)
    if where == "copy":
        writing._copy = half
    paths = sorted((Path(study) / folder).glob("*.xlsx"))
    import_files(engine, paths, Path(study), "Mme Martin", settings=StoreSettings(data_dir=Path(data)))

for line in sys.stdin:
    folder, where, when = json.loads(line)
    child = os.fork()
    if child == 0:
        os.setsid()
        code = 1
        try:
            run(folder, where, when)
            code = 0
        finally:
            os._exit(code)
    if where == "time":
        time.sleep(when)
        os.kill(child, signal.SIGKILL)
    print(json.dumps([child, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]), flush=True)
"""


class Importer:
    """A process that starts imports and tells how they ended; each is a process group of its own."""

    def __init__(self, engine: Engine, study: Path, data: Path) -> None:
        url = engine.url.render_as_string(hide_password=False)
        command = [sys.executable, "-c", SERVE, url, str(study), str(data)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, folder: str, where: str = "nowhere", when: float = 0) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([folder, where, when]) + "\n")
        self.process.stdin.flush()

    def code(self) -> int:
        """How the import ended, once its readers have ended too."""
        assert self.process.stdout is not None
        group, code = json.loads(self.process.stdout.readline())
        deadline = time.monotonic() + 15
        while any(_in_group(process, group) for process in psutil.process_iter()):
            assert time.monotonic() < deadline, "readers outlive the import"
            time.sleep(0.02)
        return int(code)

    def close(self) -> None:
        self.process.communicate(timeout=60)


def _in_group(process: psutil.Process, group: int) -> bool:
    try:
        return os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, psutil.Error):
        return False


def minutes_in(study: Path, folder: str) -> float:
    checks = check_files(sorted((study / folder).glob("*.xlsx")), study)
    return sum(sum(sheet.minutes.values()) for check in checks for sheet in check.sheets)


@pytest.mark.timeout(240)
def test_killed_anywhere_only_whole_files_are_there_and_a_rerun_completes(engine: Engine, study: Path, tmp_path: Path):
    draw = random.Random(20030310)
    kills, seen = 0, set()
    importer = Importer(engine, study, tmp_path)
    for folder, already in (("enquete", 0), ("corrige", FILES)):
        for attempt in range(KILLS):
            where = ("statement", "copy", "time")[attempt % 3]
            when = {"statement": draw.randint(3, 32), "copy": draw.randint(1, 3), "time": draw.uniform(0.05, 0.35)}
            importer.start(folder, where, when[where])
            kills += importer.code() == -signal.SIGKILL
            found = files_whole(engine)
            assert already <= found <= already + FILES
            seen.add(found)
        _, heard = take_in(engine, sorted((study / folder).glob("*.xlsx")), study, tmp_path)
        assert Outcome.REFUSED not in outcomes(heard)
        assert files_whole(engine) == already + FILES
        assert minutes_stored(engine) == minutes_in(study, folder)
    importer.close()
    assert kills >= 20
    assert len(seen) > 5  # it was interrupted at many places, not always before the first file


def test_two_imports_at_once_make_one(engine: Engine, study: Path, tmp_path: Path):
    both = [Importer(engine, study, tmp_path) for _ in range(2)]
    for importer in both:
        importer.start("enquete")
    assert [importer.code() for importer in both] == [0, 0]
    for importer in both:
        importer.close()
    assert files_whole(engine) == FILES
    before = all_text(engine)
    _, heard = take_in(engine, sorted((study / "enquete").glob("*.xlsx")), study, tmp_path)
    assert outcomes(heard) == [Outcome.UNCHANGED] * FILES
    assert all_text(engine) == before
