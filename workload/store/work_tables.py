"""The tables of schema `core` for what people ask of the service: long work, files sent, objections, trials."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from workload.store.tables import CORE


def _id() -> Column[int]:
    return Column(BigInteger, Identity(), primary_key=True)


def _to(target: str, ondelete: str = "CASCADE", *, nullable: bool = False, key: bool = False) -> Column[Any]:
    kind = String(32) if target == "task" else BigInteger
    link = ForeignKey(f"{CORE}.{target}.id", ondelete=ondelete)
    return Column(kind, link, nullable=nullable, primary_key=key, autoincrement=False)


def _now() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())


def _when() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=True)


def _document(*, nullable: bool = False) -> Column[Any]:
    return Column(JSONB(none_as_null=True), nullable=nullable)


def _count() -> Column[int]:
    return Column(Integer, nullable=False, server_default=text("0"))


class Task(SQLModel, table=True):
    """Long work that somebody asked for: what, how far it is, what came of it. The queue knows only its id."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("kind IN ('import', 'scenario', 'publication')", name="task_kind"),
        CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="task_status"),
        CheckConstraint("(status IN ('queued', 'running')) = (ended_at IS NULL)", name="task_ended_when"),
        Index("task_account", "account_id"),
        Index("task_open", "status", postgresql_where=text("ended_at IS NULL")),
        {"schema": CORE},
    )
    id: str = Field(sa_column=Column(String(32), primary_key=True))
    kind: str
    status: str
    study: str  # code
    account_id: int | None = Field(sa_column=_to("account", "SET NULL", nullable=True))
    asked_by: str
    asked: dict[str, Any] = Field(sa_column=_document())
    stage: str = Field(sa_column=Column(String, nullable=False, server_default=text("''")))
    done_n: int = Field(sa_column=_count())
    total_n: int = Field(sa_column=_count())
    attempts_n: int = Field(sa_column=_count())
    cancel_asked: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=text("false")))
    result: dict[str, Any] | None = Field(sa_column=_document(nullable=True))
    error: dict[str, Any] | None = Field(sa_column=_document(nullable=True))
    created_at: datetime = Field(sa_column=_now())
    started_at: datetime | None = Field(sa_column=_when())
    ended_at: datetime | None = Field(sa_column=_when())


class TaskFile(SQLModel, table=True):
    """A file that was sent, and its verdict. `issues` quote what was typed: they are for who sent it, and go with
    retention."""

    __tablename__ = "task_file"
    __table_args__ = ({"schema": CORE},)
    task_id: str = Field(sa_column=_to("task", key=True))
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    name: str
    outcome: str | None  # none while it waits
    kind: str | None
    rows_n: int = Field(sa_column=_count())
    issues: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False, server_default=text("'[]'")))
    marked: bool = Field(sa_column=Column(Boolean, nullable=False, server_default=text("false")))


class Objection(SQLModel, table=True):
    """A figure of a scenario that somebody contests, or another proposal in place of it."""

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("kind IN ('objection', 'counter_proposal')", name="objection_kind"),
        CheckConstraint("status IN ('open', 'answered', 'accepted', 'declined')", name="objection_status"),
        CheckConstraint("(kind = 'counter_proposal') = (changes IS NOT NULL)", name="objection_changes"),
        Index("objection_scenario", "scenario_id"),
        {"schema": CORE},
    )
    id: int = Field(sa_column=_id())
    scenario_id: int = Field(sa_column=_to("scenario"))
    kind: str
    status: str
    mission: str
    territory: str  # "*" for the département
    figure: str  # what is contested, as the page names it
    figure_value: str  # what it said on that day
    body: str
    changes: dict[str, Any] | None = Field(sa_column=_document(nullable=True))
    account_id: int | None = Field(sa_column=_to("account", "SET NULL", nullable=True))
    author: str
    created_at: datetime = Field(sa_column=_now())


class ObjectionReply(SQLModel, table=True):
    """What was answered: replies are only added."""

    __tablename__ = "objection_reply"
    __table_args__ = (Index("objection_reply_objection", "objection_id"), {"schema": CORE})
    id: int = Field(sa_column=_id())
    objection_id: int = Field(sa_column=_to("objection"))
    status: str  # the objection's from then on
    body: str
    author: str
    created_at: datetime = Field(sa_column=_now())


class Trial(SQLModel, table=True):
    """What somebody tried on a scenario in the sandbox: theirs alone until it becomes a counter-proposal."""

    __tablename__ = "trial"
    __table_args__ = (Index("trial_account", "account_id"), {"schema": CORE})
    id: int = Field(sa_column=_id())
    scenario_id: int = Field(sa_column=_to("scenario"))
    account_id: int = Field(sa_column=_to("account"))
    mission: str
    title: str
    changes: dict[str, Any] = Field(sa_column=_document())
    result: dict[str, Any] = Field(sa_column=_document())
    created_at: datetime = Field(sa_column=_now())
