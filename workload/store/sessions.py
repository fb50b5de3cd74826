"""Sessions of people who entered: opened, found again at each request, ended.

A session dies when it was idle too long, when it is too old, when its account is closed, and when the account's version
is no longer the one it was opened with: a changed role or password ends every session at once.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlmodel import col

from workload.store.account_kinds import Account, Role
from workload.store.account_tables import AccountRow, WebSession

SEEN_EVERY = timedelta(minutes=1)  # writing at every request would be a write for every picture on a page


def digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Session:
    account: Account
    csrf: str = field(repr=False)
    token_sha256: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session as the administration sees it; `mark` names it without opening it."""

    mark: str
    login: str
    name: str
    created_at: datetime
    last_seen_at: datetime


def account_of(row: Any, scopes: frozenset[str] | None = None) -> Account:
    return Account(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        territory=row.territory,
        language=row.language,
        version=row.version,
        must_change=row.must_change,
        scopes=scopes,
    )


def open_session(connection: Connection, account_id: int, version: int, longest: timedelta) -> str:
    """A new token, never one that the browser brought along; the only time it is seen in clear."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(WebSession).values(
            token_sha256=digest(token),
            account_id=account_id,
            account_version=version,
            csrf=secrets.token_urlsafe(32),
            expires_at=func.now() + longest,
        )
    )
    return token


def find_session(engine: Engine, token: str, idle: timedelta) -> Session | None:
    key = digest(token)
    query = (
        select(*AccountRow.__table__.c, col(WebSession.csrf), col(WebSession.last_seen_at), func.now().label("read_at"))  # type: ignore[attr-defined]
        .join(WebSession, col(WebSession.account_id) == col(AccountRow.id))
        .where(
            col(WebSession.token_sha256) == key,
            col(WebSession.expires_at) > func.now(),
            col(WebSession.last_seen_at) > func.now() - idle,
            col(WebSession.account_version) == col(AccountRow.version),
            col(AccountRow.active),
        )
    )
    with engine.begin() as connection:
        row = connection.execute(query).first()
        if row is None:
            return None
        if row.read_at - row.last_seen_at > min(SEEN_EVERY, idle / 2):
            connection.execute(
                update(WebSession).where(col(WebSession.token_sha256) == key).values(last_seen_at=func.now())
            )
    return Session(account_of(row), row.csrf, key)


def session_end(engine: Engine, token_sha256: str) -> datetime | None:
    """When a session ends at the latest, however much it is used."""
    query = select(col(WebSession.expires_at)).where(col(WebSession.token_sha256) == token_sha256)
    with engine.connect() as connection:
        return connection.scalar(query)


def forget_ended(connection: Connection, idle: timedelta) -> None:
    """Sessions that are over leave the table; whoever enters sweeps."""
    over = (col(WebSession.expires_at) < func.now()) | (col(WebSession.last_seen_at) < func.now() - idle)
    connection.execute(delete(WebSession).where(over))


def end_session(connection: Connection, token_sha256: str) -> None:
    connection.execute(delete(WebSession).where(col(WebSession.token_sha256) == token_sha256))


def end_sessions_of(connection: Connection, account_id: int) -> int:
    return connection.execute(delete(WebSession).where(col(WebSession.account_id) == account_id)).rowcount


def end_by_mark(connection: Connection, mark: str) -> str | None:
    """Ends the session that a mark names; the login it was of."""
    query = (
        select(col(WebSession.token_sha256), col(AccountRow.login))
        .join(AccountRow, col(AccountRow.id) == col(WebSession.account_id))
        .where(func.left(col(WebSession.token_sha256), len(MARK)) == mark[: len(MARK)])
    )
    row = connection.execute(query).first() if len(mark) == len(MARK) else None
    if row is None:
        return None
    end_session(connection, row.token_sha256)
    return str(row.login)


MARK = "0123456789abcdef"  # as many letters of the hash: of no use to enter


def list_sessions(engine: Engine, idle: timedelta) -> tuple[SessionLine, ...]:
    query = (
        select(
            func.left(col(WebSession.token_sha256), len(MARK)),
            col(AccountRow.login),
            col(AccountRow.name),
            col(WebSession.created_at),
            col(WebSession.last_seen_at),
        )
        .join(AccountRow, col(AccountRow.id) == col(WebSession.account_id))
        .where(
            col(WebSession.expires_at) > func.now(),
            col(WebSession.last_seen_at) > func.now() - idle,
            col(WebSession.account_version) == col(AccountRow.version),
            col(AccountRow.active),
        )
        .order_by(col(WebSession.last_seen_at).desc())
    )
    with engine.connect() as connection:
        return tuple(SessionLine(*row) for row in connection.execute(query))
