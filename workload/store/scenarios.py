"""Scenarios of a study: draft → shared → published. A published one never changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import SQLModel, col

from workload.errors import RequestError
from workload.ingest.study import Study
from workload.ingest.values import slug
from workload.store.audit import record
from workload.store.copying import copy_rows
from workload.store.published_tables import published_tables
from workload.store.runs import save_run_row
from workload.store.studies import save_study
from workload.store.study_tables import Allocation, RunInput, Scenario, StudyRow
from workload.store.tables import CORE

DRAFT, SHARED, PUBLISHED = "draft", "shared", "published"


@dataclass(frozen=True, slots=True)
class SavedScenario:
    """One line of the list."""

    id: int
    study: str
    code: str
    title: str
    description: str
    status: str
    run_id: str | None
    created_by: str
    created_at: datetime
    published_at: datetime | None
    choices: Mapping[str, Any]

    @property
    def key(self) -> str:
        """How schema published and people name it: the same after a restore."""
        return f"{self.study}/{self.code}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a scenario tries: its title and what it changes of etude.yaml."""

    title: str
    description: str = ""
    choices: Mapping[str, Any] | None = None

    @property
    def code(self) -> str:
        return slug(self.title)


def save_scenario(engine: Engine, draft: Draft, study: Study, document: dict[str, Any], by: str) -> SavedScenario:
    """The scenario with its run, as a draft. Saved again, the draft takes the new run; a shared one becomes a draft
    again and is no longer shown; a published one stays, and RequestError says so where the result is another.
    """
    if not draft.code:
        raise RequestError("scenario_title_empty", title=draft.title)
    with engine.begin() as connection:
        study_id = save_study(connection, study)
        run = save_run_row(connection, document)
        _keep_result(connection, run.id, document)
        known = _find(connection, study_id, draft.code)
        if known and known.status == PUBLISHED:
            if known.run_id != run.id:
                raise RequestError("scenario_published", title=known.title)
            return known
        values = {
            "study_id": study_id,
            "code": draft.code,
            "title": draft.title,
            "description": draft.description,
            "choices": dict(draft.choices or {}),
            "run_id": run.id,
        }
        if known and known.title != draft.title:
            raise RequestError("scenario_name_taken", title=draft.title, other=known.title)
        if known and known.run_id == run.id:
            connection.execute(update(Scenario).where(col(Scenario.id) == known.id).values(values))
            return replace(known, description=draft.description)
        if known:
            changing = update(Scenario).where(col(Scenario.id) == known.id)
            connection.execute(changing.values(values | {"status": DRAFT, "shared_at": None}))
            withdraw(connection, known.key)
        else:
            connection.execute(insert(Scenario).values(values | {"status": DRAFT, "created_by": by}))
        record(connection, by, "scenario_saved", f"{draft.code}", {"run": run.id})
        saved = _find(connection, study_id, draft.code)
        assert saved is not None
        return saved


def list_scenarios(engine: Engine) -> tuple[SavedScenario, ...]:
    """Every scenario, by study, in the order they were made."""
    with engine.begin() as connection:
        rows = connection.execute(_query().order_by(col(StudyRow.code), col(Scenario.id)))
        return tuple(SavedScenario(*row) for row in rows)


def find_scenario(connection: Connection, id: int) -> SavedScenario:
    row = connection.execute(_query().where(col(Scenario.id) == id)).first()
    if row is None:
        raise RequestError("scenario_unknown", id=str(id))
    return SavedScenario(*row)


def withdraw(connection: Connection, key: str) -> None:
    """Takes a scenario out of schema published; its rows in every table go with it."""
    table = published_tables()["scenario"]
    connection.execute(delete(table).where(table.c.scenario_id == key))


def _find(connection: Connection, study_id: int, code: str) -> SavedScenario | None:
    wanted = _query().where(col(Scenario.study_id) == study_id, col(Scenario.code) == code)
    row = connection.execute(wanted).first()
    return SavedScenario(*row) if row else None


def _query() -> Any:
    shown = (
        *(Scenario.id, StudyRow.code, Scenario.code, Scenario.title, Scenario.description, Scenario.status),
        *(Scenario.run_id, Scenario.created_by, Scenario.created_at, Scenario.published_at, Scenario.choices),
    )
    return select(*(col(column) for column in shown)).join(StudyRow, col(StudyRow.id) == col(Scenario.study_id))


def _keep_result(connection: Connection, run_id: str, document: Mapping[str, Any]) -> None:
    """What the run stands on and what it came to, as rows: the document says the same, for programs."""
    kept = select(col(Allocation.mission)).where(col(Allocation.run_id) == run_id).limit(1)
    if connection.execute(kept).first():
        return
    inputs = [{"run_id": run_id, "name": name, "sha256": sha} for name, sha in document["inputs"].items()]
    if inputs:
        connection.execute(upsert(RunInput).values(inputs))
    allocations, ledgers = [], []
    for mission in document["missions"]:
        for row in mission["territories"]:
            where = {"run_id": run_id, "mission": mission["id"], "territory": row["id"]}
            figures = ("posts_current", "need_fte", "fair_share", "posts_final")
            allocations.append(where | {n: row[n] for n in figures} | {"kept_share": row["kept_in_draws"]})
            ledgers += [where | {"position": k} | line for k, line in enumerate(row["ledger"])]
    for name, rows in (("allocation", allocations), ("ledger_row", ledgers)):
        copy_rows(connection, CORE, name, list(SQLModel.metadata.tables[f"{CORE}.{name}"].columns.keys()), rows)
