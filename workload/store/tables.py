"""The tables of schema `core`: everything, ours alone.

What other people's accounts read lies in schema `published`; it is empty for now. There will go the tables and views
that passed disclosure control, and nothing else: Superset's and the readers' roles get rights there and nowhere else.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

CORE = "core"
PUBLISHED = "published"


class Run(SQLModel, table=True):
    """A result as it was published: the document of run.json, under the hash of all it stands on."""

    __tablename__ = "run"
    __table_args__ = (CheckConstraint("id ~ '^[0-9a-f]{64}$'", name="run_id_is_sha256"), {"schema": CORE})

    # Collation "C", so that looking up a prefix can use the key's index.
    id: str = Field(sa_column=Column(String(64, collation="C"), primary_key=True))
    title: str
    simulated: bool
    generated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    saved_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
