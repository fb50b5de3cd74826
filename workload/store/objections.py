"""Objections to a figure and counter-proposals: what was said, and what was answered. Both are only added to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlmodel import col

from workload.errors import RequestError
from workload.store.audit import record
from workload.store.study_tables import Scenario, StudyRow
from workload.store.work_tables import Objection, ObjectionReply, Trial

OPEN, ANSWERS = "open", ("answered", "accepted", "declined")
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Reply:
    status: str
    body: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ObjectionView:
    id: int
    scenario: str  # study/code
    scenario_title: str
    scenario_status: str
    kind: str
    status: str
    mission: str
    territory: str
    figure: str
    figure_value: str
    body: str
    changes: Mapping[str, Any] | None
    author: str
    created_at: datetime
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody contests, and in which words."""

    mission: str
    territory: str
    figure: str
    figure_value: str
    body: str
    changes: Mapping[str, Any] | None = None


def object_to(engine: Engine, scenario: int, account: int, author: str, login: str, said: Said) -> int:
    """Files it. Raises RequestError for an empty or endless text."""
    body = _text(said.body)
    kind = "counter_proposal" if said.changes is not None else "objection"
    row = {
        "scenario_id": scenario,
        "kind": kind,
        "status": OPEN,
        "mission": said.mission,
        "territory": said.territory,
        "figure": said.figure,
        "figure_value": said.figure_value,
        "body": body,
        "changes": said.changes,
        "account_id": account,
        "author": author,
    }
    with engine.begin() as connection:
        id: int = connection.execute(insert(Objection).values(row).returning(col(Objection.id))).scalar_one()
        record(connection, login, f"{kind}_filed", str(id))
    return id


def answer(engine: Engine, id: int, author: str, login: str, status: str, body: str) -> None:
    if status not in ANSWERS:
        raise RequestError("objection_answer", known=", ".join(ANSWERS))
    with engine.begin() as connection:
        changed = connection.execute(update(Objection).where(col(Objection.id) == id).values({"status": status}))
        if not changed.rowcount:
            raise RequestError("objection_unknown", id=id)
        row = {"objection_id": id, "status": status, "body": _text(body), "author": author}
        connection.execute(insert(ObjectionReply).values(row))
        record(connection, login, f"objection_{status}", str(id))


def list_objections(engine: Engine, scenario: str | None = None) -> list[ObjectionView]:
    """The last first; of one scenario (study/code)."""
    with engine.connect() as connection:
        found = [_view(row) for row in connection.execute(_query().order_by(col(Objection.id).desc()))]
    return [one for one in found if scenario in (None, "", one.scenario)]


def find_objection(engine: Engine, id: int) -> ObjectionView:
    with engine.connect() as connection:
        row = connection.execute(_query().where(col(Objection.id) == id)).first()
        if row is None:
            raise RequestError("objection_unknown", id=id)
        return _view(row, _replies(connection, id))


def _query() -> Any:
    return (
        select(
            col(Objection.id),
            (col(StudyRow.code) + "/" + col(Scenario.code)),
            col(Scenario.title),
            col(Scenario.status),
            *(
                col(getattr(Objection, name))
                for name in ("kind", "status", "mission", "territory", "figure", "figure_value", "body", "changes")
            ),
            col(Objection.author),
            col(Objection.created_at),
        )
        .join(Scenario, col(Scenario.id) == col(Objection.scenario_id))
        .join(StudyRow, col(StudyRow.id) == col(Scenario.study_id))
    )


def _view(row: Any, replies: tuple[Reply, ...] = ()) -> ObjectionView:
    return replace(ObjectionView(*row), replies=replies)


def _replies(connection: Connection, id: int) -> tuple[Reply, ...]:
    columns: Any = (ObjectionReply.status, ObjectionReply.body, ObjectionReply.author, ObjectionReply.created_at)
    query = select(*map(col, columns)).where(col(ObjectionReply.objection_id) == id)
    return tuple(Reply(*row) for row in connection.execute(query.order_by(col(ObjectionReply.id))))


def _text(body: str) -> str:
    said = body.replace("\0", "").strip()
    if not said or len(said) > LONGEST:
        raise RequestError("objection_text", most=LONGEST)
    return said


@dataclass(frozen=True, slots=True)
class TrialView:
    id: int
    mission: str
    title: str
    changes: Mapping[str, Any]
    result: Mapping[str, Any]
    created_at: datetime


_TRIAL = tuple(col(getattr(Trial, name)) for name in TrialView.__dataclass_fields__)


def keep_trial(
    engine: Engine,
    scenario: int,
    account: int,
    mission: str,
    title: str,
    changes: Mapping[str, Any],
    result: Mapping[str, Any],
) -> int:
    row = {"scenario_id": scenario, "account_id": account, "mission": mission, "title": title[:120]}
    with engine.begin() as connection:
        made = insert(Trial).values(row | {"changes": dict(changes), "result": dict(result)})
        return int(connection.execute(made.returning(col(Trial.id))).scalar_one())


def list_trials(engine: Engine, scenario: int, account: int) -> list[TrialView]:
    """Of one account: what is tried is nobody else's to see."""
    query = select(*_TRIAL).where(col(Trial.scenario_id) == scenario, col(Trial.account_id) == account)
    with engine.connect() as connection:
        return [TrialView(*row) for row in connection.execute(query.order_by(col(Trial.id).desc()))]


def find_trial(engine: Engine, id: int, account: int, scenario: int) -> TrialView:
    own = (col(Trial.id) == id, col(Trial.account_id) == account, col(Trial.scenario_id) == scenario)
    with engine.connect() as connection:
        row = connection.execute(select(*_TRIAL).where(*own)).first()
    if row is None:
        raise RequestError("trial_unknown", id=id)
    return TrialView(*row)
