"""A whole campaign into the store by COPY, beside `DataFrame.to_sql` into a table with the same constraints.

`python -m benchmarks.entries FOLDER AGENTS` stores a campaign, adds it up, and prints the peak memory in MiB.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Engine, text

from benchmarks.survey_import import home, store
from benchmarks.timing import Row
from workload.ingest.checking import FileCheck
from workload.parameters import taxonomy
from workload.store.importing.history import list_campaigns, read_entries
from workload.store.importing.prepare import Prepared, PreparedAnswer, entry_lines
from workload.store.importing.writing import ImportRun, write_batch
from workload.store.migrate import downgrade, migrate

AGENTS, FEWER, DAYS, ITEMS = 5_000, 1_250, 20, 25
BATCH = 50
PEER_ENTRIES = 100_000
TURNS = 3
TAXONOMY = "niagara-2000"

PEER_TABLE = """
    CREATE SCHEMA peer;
    CREATE TABLE peer.answer (id bigint PRIMARY KEY);
    CREATE TABLE peer.item (code text PRIMARY KEY);
    CREATE TABLE peer.entry (
        answer_id bigint NOT NULL REFERENCES peer.answer ON DELETE CASCADE,
        day date NOT NULL,
        item text NOT NULL REFERENCES peer.item,
        time_spent_min double precision NOT NULL CHECK (time_spent_min >= 0),
        PRIMARY KEY (answer_id, day, item)
    );
"""


def rows() -> list[Row]:
    with home() as folder:
        with store(folder) as engine:
            ours, peer = [], []
            for _ in range(TURNS):
                ours.append(_stored_s(engine, AGENTS) / (AGENTS * DAYS * ITEMS))
                peer.append(min(_peer_s(engine, method) for method in (None, "multi")) / PEER_ENTRIES)
            migrate(engine)
            _store(engine, AGENTS)
            began = time.perf_counter()
            _added_up(engine)
            adding = time.perf_counter() - began
            downgrade(engine)
        peaks = ", ".join(f"peak {_peak_mib(folder, n)} MiB for {n:,} agents" for n in (FEWER, AGENTS))
    mine, theirs = statistics.median(ours), statistics.median(peer)
    entries = AGENTS * DAYS * ITEMS
    note = f"{1 / mine:,.0f} entries/s against {1 / theirs:,.0f}, wanted 5×; added up in {adding:.1f} s; {peaks}"
    name = f"{entries / 1e6:.1f} million entries ({AGENTS:,} agents × {DAYS} days × {ITEMS} items) stored"
    return [Row(name, mine * entries, "DataFrame.to_sql, same constraints", theirs * entries, theirs / mine, note)]


def _campaign(agents: int) -> Iterator[list[Prepared]]:
    """Batches of files as the reading processes hand them over: lines for COPY, each agent's own."""
    items = [item.code for item in taxonomy(TAXONOMY).items][:ITEMS]
    assert len(items) == ITEMS
    days = [date(2003, 3, 3) + timedelta(k) for k in range(DAYS)]
    rng = np.random.default_rng(1)
    batch: list[Prepared] = []
    for number in range(agents):
        minutes = rng.integers(1, 60, DAYS * ITEMS).tolist()
        noted = {(day, item): float(minutes.pop()) for day in days for item in items}
        answer = PreparedAnswer(f"agent-{number}", "polyvalence", "longwy", None, "ASS", 1.0, entry_lines(noted))
        check = FileCheck(f"{number}.xlsx", "survey", "agent", "", len(noted), ())
        batch.append(Prepared(check, check.file, f"{number:064d}", f"{number:064d}", (answer,)))
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _store(engine: Engine, agents: int) -> None:
    run = ImportRun("Mesure", "2003-03-03/2003-03-22", "benchmark", taxonomy(TAXONOMY))
    for batch in _campaign(agents):
        with engine.begin() as connection:
            write_batch(connection, run, batch)


def _stored_s(engine: Engine, agents: int) -> float:
    """Into empty tables; making the sheets up and turning them into lines counts against us."""
    migrate(engine)
    began = time.perf_counter()
    _store(engine, agents)
    spent = time.perf_counter() - began
    with engine.connect() as connection:
        stored = connection.scalar(text("SELECT sum(cardinality(items)) FROM core.entry_day"))
    assert stored == agents * DAYS * ITEMS, stored
    downgrade(engine)
    return spent


def _peer_s(engine: Engine, method: str | None) -> float:
    agents = PEER_ENTRIES // (DAYS * ITEMS)
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "answer_id": np.repeat(np.arange(agents), DAYS * ITEMS),
            "day": np.tile(np.repeat([date(2003, 3, 3) + timedelta(k) for k in range(DAYS)], ITEMS), agents),
            "item": np.tile([f"A{k}" for k in range(ITEMS)], agents * DAYS),
            "time_spent_min": rng.integers(1, 60, PEER_ENTRIES).astype(float),
        }
    )
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS peer CASCADE"))
        connection.execute(text(PEER_TABLE))
        connection.execute(text(f"INSERT INTO peer.answer SELECT generate_series(0, {agents - 1})"))
        connection.execute(text(f"INSERT INTO peer.item SELECT 'A' || generate_series(0, {ITEMS - 1})"))
    began = time.perf_counter()
    chunk = 10_000 if method == "multi" else None
    table.to_sql("entry", engine, schema="peer", if_exists="append", index=False, method=method, chunksize=chunk)  # type: ignore[arg-type]
    spent = time.perf_counter() - began
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA peer CASCADE"))
    return spent


def _added_up(engine: Engine) -> None:
    table = read_entries(engine, list_campaigns(engine)[0].id)
    assert len(table) == AGENTS * ITEMS


def _peak_mib(folder: Path, agents: int) -> int:
    command = [sys.executable, "-m", "benchmarks.entries", str(folder), str(agents)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _alone(folder: Path, agents: int) -> None:
    with store(folder) as engine:
        migrate(engine)
        _store(engine, agents)
        read_entries(engine, list_campaigns(engine)[0].id)
        downgrade(engine)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)


if __name__ == "__main__":
    _alone(Path(sys.argv[1]), int(sys.argv[2]))
