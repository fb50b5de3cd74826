"""kill -9 in the middle, twenty-four times: whole files only, and the next import completes what is missing."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from benchmarks.survey_workbooks import make_study, make_surveys
from tests.integration.import_checks import all_text, files_whole, minutes_stored, outcomes, take_in
from workload.ingest.checking import check_files
from workload.store.importing import Outcome

pytestmark = pytest.mark.integration
FILES = 40
KILLS = 12  # of first imports, and again of corrections

IMPORT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event, make_url
from workload.store import StoreSettings
from workload.store.engine import make_engine
from workload.store.importing import files, import_files, writing

url, study, folder, data, where, when = sys.argv[1:]
files.BATCH_FILES = 3
engine = make_engine(make_url(url))
left = int(when)

def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

if where == "statement":
    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
if where == "copy":
    whole = writing._copy
    def half(connection, lines):
        global left
        left -= 1
        whole(connection, lines if left else lines[: lines.rfind("\\n", 0, len(lines) // 2) + 1])
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
    writing._copy = half
paths = sorted((Path(study) / folder).glob("*.xlsx"))
print("began", flush=True)
import_files(engine, paths, Path(study), "Mme Martin", settings=StoreSettings(data_dir=Path(data)))
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("import") / "etude"
    make_study(folder, FILES)
    make_surveys(folder, folder / "corrige", range(FILES), seed=1)
    return folder


def start(engine: Engine, study: Path, folder: str, data: Path, where: str, when: int) -> subprocess.Popen[bytes]:
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", IMPORT, url, str(study), folder, str(data), where, str(when)]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)


def killed(process: subprocess.Popen[bytes], after_s: float | None = None) -> bool:
    """Whether it was killed, rather than done before. Its readers die with it."""
    assert process.stdout is not None
    process.stdout.readline()
    if after_s is not None:
        time.sleep(after_s)
        process.kill()
    process.wait(60)
    process.stdout.close()
    deadline = time.monotonic() + 15
    while _alive(process.pid):
        assert time.monotonic() < deadline, "readers outlive the import"
        time.sleep(0.02)
    return process.returncode == -signal.SIGKILL


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def minutes_in(study: Path, folder: str) -> float:
    checks = check_files(sorted((study / folder).glob("*.xlsx")), study)
    return sum(sum(sheet.minutes.values()) for check in checks for sheet in check.sheets)


@pytest.mark.timeout(240)
def test_killed_anywhere_only_whole_files_are_there_and_a_rerun_completes(engine: Engine, study: Path, tmp_path: Path):
    draw = random.Random(20030310)
    kills, seen = 0, set()
    for folder, already in (("enquete", 0), ("corrige", FILES)):
        for attempt in range(KILLS):
            where = ("statement", "copy", "time")[attempt % 3]
            after_s = draw.uniform(0.05, 0.5) if where == "time" else None
            process = start(engine, study, folder, tmp_path, where, draw.randint(1, 24 if where == "statement" else 3))
            kills += killed(process, after_s)
            found = files_whole(engine)
            assert already <= found <= already + FILES
            seen.add(found)
        _, heard = take_in(engine, sorted((study / folder).glob("*.xlsx")), study, tmp_path)
        assert Outcome.REFUSED not in outcomes(heard)
        assert files_whole(engine) == already + FILES
        assert minutes_stored(engine) == minutes_in(study, folder)
    assert kills >= 20
    assert len(seen) > 8  # it was interrupted at many places, not always before the first file


def test_two_imports_at_once_make_one(engine: Engine, study: Path, tmp_path: Path):
    both = [start(engine, study, "enquete", tmp_path, "nowhere", 0) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert files_whole(engine) == FILES
    before = all_text(engine)
    _, heard = take_in(engine, sorted((study / "enquete").glob("*.xlsx")), study, tmp_path)
    assert outcomes(heard) == [Outcome.UNCHANGED] * FILES
    assert all_text(engine) == before
    for process in both:
        assert process.stdout is not None
        process.stdout.close()
