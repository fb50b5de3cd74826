"""Who did what: events are only added, each chained to the last, so that none can be changed or taken out unseen."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select
from sqlmodel import col

from workload.store.study_tables import AuditEvent

START = "0" * 64


def record(
    connection: Connection, actor: str, action: str, subject: str, details: Mapping[str, Any] | None = None
) -> None:
    """Adds an event in the caller's transaction: what it tells of and the event are there together or not at all."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("workload audit", 0))))
    last = connection.execute(
        select(col(AuditEvent.id), col(AuditEvent.hash)).order_by(col(AuditEvent.id).desc()).limit(1)
    ).first()
    number, before = (last.id + 1, last.hash) if last else (1, START)
    event = {
        "id": number,
        "at": datetime.now(UTC).replace(microsecond=0),
        "actor": actor,
        "action": action,
        "object": subject,
        "details": dict(details or {}),
    }
    connection.execute(insert(AuditEvent).values(**event, hash=_hash(before, event)))


def recorded(engine: Engine, action: str, subject: str) -> bool:
    with engine.connect() as connection:
        query = select(col(AuditEvent.id)).where(col(AuditEvent.action) == action, col(AuditEvent.object) == subject)
        return connection.execute(query.limit(1)).first() is not None


def broken_at(connection: Connection) -> int | None:
    """The first event that is not what its hash and the one before say; None where the chain holds."""
    before = START
    columns = (AuditEvent.id, AuditEvent.at, AuditEvent.actor, AuditEvent.action, AuditEvent.object, AuditEvent.details)
    query = select(*(col(column) for column in (*columns, AuditEvent.hash))).order_by(col(AuditEvent.id))
    for number, row in enumerate(connection.execute(query).mappings(), start=1):
        if row["id"] != number or row["hash"] != _hash(before, dict(row)):
            return number
        before = row["hash"]
    return None


def _hash(before: str, event: Mapping[str, Any]) -> str:
    said = [before, event["id"], event["at"].astimezone(UTC).isoformat(), event["actor"], event["action"]]
    text = json.dumps([*said, event["object"], event["details"]], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
