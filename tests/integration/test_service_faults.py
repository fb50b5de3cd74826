"""Processes killed in the middle of work, a full disk, two people at once: nothing lost, nothing half, and said in words.

The worker is the real program in processes of its own; the database is the embedded server of the module's own folder.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine, text

from tests.integration.published_study import DRAWS, FOLDER
from workload.jobs.depots import place
from workload.jobs.queue import ensure_queue, put
from workload.services.studies import StudyHome, adopt
from workload.store.audit import broken_at
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.migrate import migrate
from workload.store.scenarios import list_scenarios
from workload.store.settings import StoreSettings
from workload.store.tasks import add_task, cancel_task, find_task, new_task_id, task_files

pytestmark = pytest.mark.integration
RETRIED_WITHIN_S = 90
FILES = 24


@dataclass(frozen=True)
class Service:
    engine: Engine
    settings: StoreSettings
    study: StudyHome

    def ask(self, kind: str, asked: dict[str, object], files: list[Path] = []) -> str:  # noqa: B006 (never changed)
        id = new_task_id()
        for position, path in enumerate(files):
            target = place(self.settings, id, position, path.name)
            target.parent.mkdir(parents=True)
            shutil.copyfile(path, target)
        with self.engine.begin() as connection:
            add_task(connection, id, kind, self.study.code, None, "Mme Essai", asked, [path.name for path in files])
        put(self.engine, [id])
        return id

    def until(self, id: str, holds: Callable[[str], bool], patience_s: float = RETRIED_WITHIN_S) -> None:
        deadline = time.monotonic() + patience_s
        while not holds(id):
            assert time.monotonic() < deadline, find_task(self.engine, id)
            time.sleep(0.05)

    def ended(self, id: str) -> bool:
        return not find_task(self.engine, id).open

    def count(self, table: str) -> int:
        with self.engine.connect() as connection:
            return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    home = Path(tempfile.mkdtemp(prefix="workload-faults-", dir="/var/tmp"))
    home.chmod(0o755)
    try:
        with running(home) as url:
            engine = make_engine(url)
            migrate(engine)
            ensure_queue(engine)
            settings = StoreSettings(data_dir=home, database_url=None)
            yield Service(engine, settings, adopt(settings, FOLDER))
            engine.dispose()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def worker(service: Service) -> Iterator[subprocess.Popen[bytes]]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WORKLOAD_")}
    environment |= {"WORKLOAD_DATA_DIR": str(service.settings.data_dir), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "workload.cli", "worker"], env=environment, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def kill(process: subprocess.Popen[bytes]) -> None:
    """The worker alone, as the system would: what it started must notice by itself."""
    started = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    psutil.wait_procs(started, timeout=5)
    assert [p.cmdline() for p in started if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []


def scenario(title: str, wanted: str = "draft") -> dict[str, object]:
    return {"title": title, "choices": {}, "draws": DRAWS, "wanted": wanted}


def sheets() -> list[Path]:
    return sorted((FOLDER / "enquete").glob("*.xlsx"))


def test_a_killed_worker_loses_no_import_and_takes_no_sheet_twice(service: Service):
    every = service.ask("import", {}, sheets()[:FILES])
    with worker(service) as first:
        service.until(every, lambda id: find_task(service.engine, id).status == "running")
        kill(first)
    rows = service.count("core.answer")
    assert rows in (0, FILES) or rows % 50 == 0, "whole batches only"
    killed_at = time.monotonic()
    with worker(service):
        service.until(every, service.ended)
    assert time.monotonic() - killed_at < RETRIED_WITHIN_S
    found = find_task(service.engine, every)
    assert (found.status, found.error) == ("done", None)
    assert {file.outcome for file in task_files(service.engine, every)} <= {"imported", "unchanged"}
    assert service.count("core.answer WHERE superseded_at IS NULL") == FILES
    assert service.count("core.import_file") == FILES


@pytest.mark.slow
def test_scenario_process_or_its_worker_killed_and_it_comes_out_all_the_same(service: Service):
    rest = service.ask("import", {}, sheets()[FILES:])
    with worker(service) as first:
        service.until(rest, service.ended)
        alone = service.ask("scenario", scenario("Processus tué"))
        service.until(alone, lambda id: find_task(service.engine, id).stage == "mission")
        (child,) = [p for p in psutil.Process(first.pid).children(recursive=True) if p.num_threads() and _works(p)]
        child.kill()
        service.until(alone, service.ended)
        assert (find_task(service.engine, alone).status, find_task(service.engine, alone).attempts_n) == ("done", 2)
        together = service.ask("scenario", scenario("Travailleur tué", "published"))
        service.until(together, lambda id: find_task(service.engine, id).stage == "mission")
        kill(first)
    with worker(service):
        service.until(together, service.ended)
    found = find_task(service.engine, together)
    assert found.status == "done", found.error
    states = {s.title: s.status for s in list_scenarios(service.engine)}
    assert states == {"Processus tué": "draft", "Travailleur tué": "published"}
    with service.engine.connect() as connection:
        assert broken_at(connection) is None
        published = connection.scalar(text("SELECT count(*) FROM core.audit_event WHERE action = 'scenario_published'"))
    assert published == 1


def _works(process: psutil.Process) -> bool:
    """A task's own process leads its session; the server that forks them does not."""
    return os.getsid(process.pid) == process.pid


def test_a_task_that_is_cancelled_stops_at_once_and_leaves_nothing(service: Service):
    with worker(service):
        asked = service.ask("scenario", scenario("Annulé", "published") | {"draws": 2000})
        service.until(asked, lambda id: find_task(service.engine, id).stage == "mission")
        cancelled_at = time.monotonic()
        cancel_task(service.engine, asked)
        service.until(asked, service.ended)
    assert time.monotonic() - cancelled_at < 10
    assert find_task(service.engine, asked).status == "cancelled"
    assert "Annulé" not in {s.title for s in list_scenarios(service.engine)}


@pytest.mark.slow
def test_the_database_killed_in_the_middle_is_started_again_and_the_work_goes_on(service: Service):
    asked = service.ask("scenario", scenario("Base tuée", "published"))
    with worker(service) as first:
        service.until(asked, lambda id: find_task(service.engine, id).stage == "mission")
        (service.settings.data_dir / "postgresql" / "postmaster.pid").read_text()
        server = int((service.settings.data_dir / "postgresql" / "postmaster.pid").read_text().split()[0])
        os.kill(server, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(p) for p in (server,) if psutil.pid_exists(p)], timeout=10)
        first.wait(60)  # without its database it gives up, and whoever looks after it starts it again
    service.engine.dispose()
    with worker(service):
        deadline = time.monotonic() + 30
        while True:
            try:
                service.count("core.task")
                break
            except Exception:
                assert time.monotonic() < deadline
                time.sleep(0.3)
        service.until(asked, service.ended)
    assert find_task(service.engine, asked).status == "done", find_task(service.engine, asked).error
    assert {s.title: s.status for s in list_scenarios(service.engine)}["Base tuée"] == "published"
    with service.engine.connect() as connection:
        assert broken_at(connection) is None


def test_two_people_send_the_same_files_and_publish_at_once(service: Service):
    before = service.count("core.import_file")
    with worker(service), ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda _: service.ask("import", {}, sheets()[:6]), range(2)))
        asked = list(pool.map(lambda _: service.ask("scenario", scenario("À deux", "published")), range(2)))
        for id in (*sent, *asked):
            service.until(id, service.ended)
    assert [find_task(service.engine, id).status for id in (*sent, *asked)] == ["done"] * 4
    outcomes = {file.outcome for id in sent for file in task_files(service.engine, id)}
    assert outcomes <= {"imported", "unchanged"}
    assert service.count("core.import_file") == max(before, 6)
    assert [s.status for s in list_scenarios(service.engine) if s.title == "À deux"] == ["published"]
    assert service.count("published.scenario WHERE scenario = 'À deux'") == 1


def test_a_task_that_brings_its_process_down_each_time_is_left_with_a_sentence(service: Service):
    asked = service.ask("scenario", scenario("Condamné"))
    with service.engine.begin() as connection:
        connection.execute(
            text("UPDATE core.task SET attempts_n = 3, status = 'running' WHERE id = :id"), {"id": asked}
        )
    with worker(service):
        service.until(asked, service.ended)
    found = find_task(service.engine, asked)
    assert (found.status, json.loads(json.dumps(found.error))["code"]) == ("failed", "task_gave_up")
