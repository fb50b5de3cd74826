"""Saved runs: the same result saved twice is one run."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from workload.errors import RequestError
from workload.store.tables import Run

NOT_OF_THE_RESULT = ("generated_at", "diagnostics")
PREFIX = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True, slots=True)
class SavedRun:
    """What a list shows of a run; its document is loaded apart."""

    id: str
    title: str
    simulated: bool
    generated_at: datetime
    saved_at: datetime
    new: bool = False  # this call saved it


def run_id(document: dict[str, Any]) -> str:
    """SHA-256 of all that a result says and stands on (inputs, settings, seed, draws, versions), not of when, nor of
    the words that are made of it."""
    content = {key: value for key, value in document.items() if key not in NOT_OF_THE_RESULT}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def save_run(engine: Engine, document: dict[str, Any]) -> SavedRun:
    """Saves the document of run.json. Where the same result is there already, that one stays as it is."""
    with engine.begin() as connection:
        return save_run_row(connection, document)


def save_run_row(connection: Connection, document: dict[str, Any]) -> SavedRun:
    """As `save_run`, in the caller's transaction."""
    row = {
        "id": run_id(document),
        "title": document["study"],
        "simulated": document["simulated"],
        "generated_at": datetime.fromisoformat(document["generated_at"]),
        "document": document,
    }
    saving = insert(Run).values(row).on_conflict_do_nothing(index_elements=["id"]).returning(col(Run.id))
    new = connection.execute(saving).first() is not None
    return _header(connection.execute(_headers().where(col(Run.id) == row["id"])).one(), new)


def list_runs(engine: Engine) -> tuple[SavedRun, ...]:
    """Every run, the last saved first."""
    with engine.begin() as connection:
        rows = connection.execute(_headers().order_by(col(Run.saved_at).desc(), col(Run.id)))
        return tuple(_header(row) for row in rows)


def find_run(engine: Engine, prefix: str) -> SavedRun:
    """The one run whose id begins so (four characters or more)."""
    wanted = prefix.strip().lower()
    if not PREFIX.fullmatch(wanted):
        raise RequestError("store_run_prefix", value=prefix)
    with engine.begin() as connection:
        found = connection.execute(_headers().where(col(Run.id).startswith(wanted)).order_by(col(Run.id))).all()
    if not found:
        raise RequestError("store_run_unknown", value=wanted)
    if len(found) > 1:
        raise RequestError("store_run_ambiguous", value=wanted, n=len(found), known=", ".join(r.id[:12] for r in found))
    return _header(found[0])


def load_run(engine: Engine, prefix: str) -> dict[str, Any]:
    """The document of a run, by its id or the beginning of it. Keys come in PostgreSQL's order, values as saved."""
    run = find_run(engine, prefix)
    with engine.begin() as connection:
        document: dict[str, Any] = connection.execute(
            select(col(Run.document)).where(col(Run.id) == run.id)
        ).scalar_one()
    return document


def _headers() -> Select[str, str, bool, datetime, datetime]:
    return select(col(Run.id), col(Run.title), col(Run.simulated), col(Run.generated_at), col(Run.saved_at))


def _header(row: Row[str, str, bool, datetime, datetime], new: bool = False) -> SavedRun:
    return SavedRun(row.id, row.title, row.simulated, row.generated_at, row.saved_at, new)
