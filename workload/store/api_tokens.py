"""API tokens: a program's way in, in the name of an account; made once, shown once, kept as a hash."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlmodel import col

from workload.errors import RequestError
from workload.store.account_kinds import Account
from workload.store.account_tables import AccountRow, ApiToken
from workload.store.audit import record
from workload.store.sessions import account_of, digest

PREFIX = "wlt_"  # so that a token left in a file is recognised for what it is
LONGEST_DAYS = 366
MOST_TOKENS = 20
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenLine:
    id: int
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


def make_token(engine: Engine, account: Account, name: str, scopes: Iterable[str], days: int) -> str:
    """The token in clear, for this once. The caller has checked that the scopes are the account's to give."""
    asked = sorted(set(scopes))
    if not asked or not name.strip() or len(name) > 80 or not 1 <= days <= LONGEST_DAYS:
        raise RequestError("token_unfit", most=LONGEST_DAYS)
    if len(list_tokens(engine, account.id)) >= MOST_TOKENS:
        raise RequestError("token_too_many", most=MOST_TOKENS)
    token = PREFIX + secrets.token_urlsafe(32)
    with engine.begin() as connection:
        number = connection.execute(
            insert(ApiToken)
            .values(
                token_sha256=digest(token),
                account_id=account.id,
                name=name.strip(),
                scopes=asked,
                expires_at=func.now() + timedelta(days=days),
            )
            .returning(col(ApiToken.id))
        ).scalar_one()
        record(connection, account.login, "token_made", f"token/{number}", {"scopes": asked, "days": days})
    return token


def find_token(engine: Engine, token: str) -> Account | None:
    """The account that a program acts for, confined to the token's scopes."""
    query = (
        select(*AccountRow.__table__.c, col(ApiToken.id).label("token_id"), col(ApiToken.scopes),  # type: ignore[attr-defined]
               col(ApiToken.last_used_at), func.now().label("read_at"))
        .join(ApiToken, col(ApiToken.account_id) == col(AccountRow.id))
        .where(
            col(ApiToken.token_sha256) == digest(token),
            col(ApiToken.revoked_at).is_(None),
            col(ApiToken.expires_at) > func.now(),
            col(AccountRow.active),
        )
    )  # fmt: skip
    with engine.begin() as connection:
        row = connection.execute(query).first()
        if row is None:
            return None
        if row.last_used_at is None or row.read_at - row.last_used_at > SEEN_EVERY:
            connection.execute(update(ApiToken).where(col(ApiToken.id) == row.token_id).values(last_used_at=func.now()))
    return account_of(row, frozenset(row.scopes))


def list_tokens(engine: Engine, account_id: int) -> tuple[TokenLine, ...]:
    query = (
        select(
            col(ApiToken.id),
            col(ApiToken.name),
            col(ApiToken.scopes),
            col(ApiToken.created_at),
            col(ApiToken.expires_at),
            col(ApiToken.last_used_at),
        )
        .where(
            col(ApiToken.account_id) == account_id,
            col(ApiToken.revoked_at).is_(None),
            col(ApiToken.expires_at) > func.now(),
        )
        .order_by(col(ApiToken.id))
    )
    with engine.connect() as connection:
        return tuple(
            TokenLine(row.id, row.name, tuple(row.scopes), row.created_at, row.expires_at, row.last_used_at)
            for row in connection.execute(query)
        )


def revoke_token(engine: Engine, account: Account, number: int) -> None:
    """One of the account's own; another's is as unknown as one that never was."""
    with engine.begin() as connection:
        done = connection.execute(
            update(ApiToken)
            .where(
                col(ApiToken.id) == number, col(ApiToken.account_id) == account.id, col(ApiToken.revoked_at).is_(None)
            )
            .values(revoked_at=func.now())
        )
        if not done.rowcount:
            raise RequestError("token_unknown")
        record(connection, account.login, "token_revoked", f"token/{number}")


def revoke_all(connection: Connection, account_id: int) -> int:
    return connection.execute(
        update(ApiToken)
        .where(col(ApiToken.account_id) == account_id, col(ApiToken.revoked_at).is_(None))
        .values(revoked_at=func.now())
    ).rowcount
