"""The audit chain as the administration reads it: a page at a time, the last events first."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlmodel import col

from workload.store.study_tables import AuditEvent

PAGE = 50


def events(engine: Engine, actor: str = "", action: str = "", before: int | None = None) -> Sequence[Any]:
    """Up to PAGE events older than `before`, of one actor, of one action."""
    query = select(
        col(AuditEvent.id),
        col(AuditEvent.at),
        col(AuditEvent.actor),
        col(AuditEvent.action),
        col(AuditEvent.object),
        col(AuditEvent.details),
    )
    if actor:
        query = query.where(col(AuditEvent.actor) == actor)
    if action:
        query = query.where(col(AuditEvent.action) == action)
    if before is not None:
        query = query.where(col(AuditEvent.id) < before)
    with engine.connect() as connection:
        return connection.execute(query.order_by(col(AuditEvent.id).desc()).limit(PAGE)).all()


def actions(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(col(AuditEvent.action)).distinct().order_by(col(AuditEvent.action))))
