"""What disclosure control decided of an indicator, kept: it takes half a second each, and the same counts are decided
on again for every scenario of a study.

A decision is found by a fingerprint of all that it stands on: the counts, the places, what was shown before, the rules,
and the very programs that decide. Anything else than exactly that is decided anew.
"""

import hashlib
import pickle
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, DateTime, LargeBinary, String, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel, col

from workload.store.tables import CORE

T = TypeVar("T")


class Decided(SQLModel, table=True):
    """A decision, by the fingerprint of what it stands on. May be emptied at any time: it is made anew."""

    __tablename__ = "decided"
    __table_args__ = ({"schema": CORE},)
    fingerprint: str = Field(sa_column=Column(String(64, collation="C"), primary_key=True))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: Any = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))


class Memory:
    """Decisions of this database; without a connection everything is decided anew."""

    def __init__(self, connection: Connection | None = None) -> None:
        self.connection = connection

    def recall(self, stands_on: object, decide: Callable[[], T]) -> T:
        """stands_on: with a repr that tells any two apart that may be decided differently."""
        if self.connection is None:
            return decide()
        fingerprint = hashlib.sha256(f"{_programs()}\n{stands_on!r}".encode()).hexdigest()
        known = select(col(Decided.content)).where(col(Decided.fingerprint) == fingerprint)
        content = self.connection.execute(known).scalar()
        if content is not None:
            found: T = pickle.loads(content)  # noqa: S301 (written below, in a table of ours alone)
            return found
        made = decide()
        row = {"fingerprint": fingerprint, "content": pickle.dumps(made)}
        self.connection.execute(insert(Decided).values(row).on_conflict_do_nothing())
        return made


@cache
def _programs() -> str:
    """The programs that decide, by their text: another version decides for itself."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*here.glob("*.py"), *(here.parent / "disclosure").glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()
