"""A thousand survey workbooks read, checked and stored, beside pandas and openpyxl merely reading their sheets.

`python -m benchmarks.survey_import FOLDER N` imports the first N and prints the peak memory of the processes, in MiB.
"""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from sqlalchemy import Engine

from benchmarks.survey_workbooks import DAYS, ITEMS, make_study
from benchmarks.timing import Row
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.importing import Outcome, import_files
from workload.store.importing.files import import_context, read_files
from workload.store.importing.prepare import ImportContext
from workload.store.migrate import downgrade, migrate
from workload.store.settings import StoreSettings

WORKBOOKS, FEWER = 1_000, 250
TURNS = 3


def rows() -> list[Row]:
    with home() as folder:
        study = folder / "etude"
        paths = make_study(study, WORKBOOKS)
        context, _ = import_context(study, b"benchmark" * 4)
        peer, reading, storing = 0.0, [], []
        with store(folder) as engine:
            for turn in range(TURNS):  # the peer's single reading is spread over the turns: a machine's mood changes
                peer += _time(lambda turn=turn: [_peer(path) for path in paths[turn::TURNS]])  # type: ignore[misc]
                reading.append(_time(lambda: _all_importable(paths, _importable(paths, context))))
                storing.append(_stored_s(engine, paths, study))
        memory = {n: _peak_mib(folder, n) for n in (FEWER, WORKBOOKS)}
    peaks = ", ".join(f"peak {mib} MiB for {n} files" for n, mib in memory.items())
    name = f"{WORKBOOKS:,} survey workbooks ({DAYS} days × {ITEMS} items): "
    return [
        _row(name + "read, check", statistics.median(reading), peer, "wanted 8×"),
        _row(name + "and store", statistics.median(storing), peer, f"wanted 4×; {peaks}"),
    ]


def _row(name: str, ours_s: float, peer_s: float, note: str) -> Row:
    rate = f"{WORKBOOKS * DAYS * ITEMS / ours_s:,.0f} cells/s; "
    return Row(name, ours_s, "pandas.read_excel(openpyxl), reading only", peer_s, peer_s / ours_s, rate + note)


def _peer(path: Path) -> None:
    pd.read_excel(path, sheet_name=None, engine="openpyxl")


def _importable(paths: list[Path], context: ImportContext) -> int:
    return sum(file.check.importable for file in read_files(paths, context))


def _time(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _all_importable(paths: list[Path], importable: int) -> None:
    assert importable == len(paths), f"{importable} of {len(paths)}"


@contextmanager
def home() -> Iterator[Path]:
    """Open to the user that runs the server when we are root, and short enough for a socket."""
    path = Path(tempfile.mkdtemp(prefix="workload-bench-", dir="/var/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def store(home: Path) -> Iterator[Engine]:
    with running(home) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def _stored_s(engine: Engine, paths: list[Path], study: Path) -> float:
    """Into an empty database, every time."""
    migrate(engine)
    with tempfile.TemporaryDirectory() as key:
        settings = StoreSettings(data_dir=Path(key))
        start = time.perf_counter()
        summary = import_files(engine, paths, study, "benchmark", settings=settings)
        spent = time.perf_counter() - start
    _all_importable(paths, summary.files[Outcome.IMPORTED])
    downgrade(engine)
    return spent


def _peak_mib(home: Path, workbooks: int) -> int:
    """Of an import in a process of its own, whose memory no other measure has touched."""
    command = [sys.executable, "-m", "benchmarks.survey_import", str(home), str(workbooks)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _import_alone(home: Path, workbooks: int) -> None:
    study = home / "etude"
    paths = sorted((study / "enquete").glob("*.xlsx"))[:workbooks]
    with store(home) as engine:
        _stored_s(engine, paths, study)
        print(sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) >> 10)


if __name__ == "__main__":
    _import_alone(Path(sys.argv[1]), int(sys.argv[2]))
