"""The tables of schema `core` for the people who use the pages: accounts, sessions, login attempts, API tokens.

None of them holds a secret: passwords as argon2id hashes, sessions and tokens as SHA-256 of 256 random bits, addresses
as keyed hashes. Whoever reads the database cannot enter with what is there.
"""

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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from workload.store.tables import CORE


def _id() -> Column[int]:
    return Column(BigInteger, Identity(), primary_key=True)


def _account() -> Column[int]:
    return Column(BigInteger, ForeignKey(f"{CORE}.account.id", ondelete="CASCADE"), nullable=False)


def _digest() -> Column[str]:
    return Column(String(64, collation="C"), primary_key=True)


def _now() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())


def _when(*, nullable: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=nullable)


def _flag(value: bool) -> Column[bool]:
    return Column(Boolean, nullable=False, server_default=text(str(value).lower()))


class AccountRow(SQLModel, table=True):
    """Somebody who may enter. `version` grows with every change of rights or password: older sessions end."""

    __tablename__ = "account"
    __table_args__: Any = (
        CheckConstraint(
            "role IN ('responsable', 'direction', 'representants', 'administration')", name="account_role"
        ),
        CheckConstraint("(role = 'responsable') = (territory <> '')", name="account_territory_of_manager"),
        CheckConstraint("login ~ '^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$'", name="account_login_plain"),
        CheckConstraint("language IN ('', 'fr', 'en')", name="account_language"),
        Index("account_login_once", text("lower(login)"), unique=True),
        Index("account_email_once", text("lower(email)"), unique=True, postgresql_where=text("email <> ''")),
        Index(
            "account_oidc_once", "oidc_issuer", "oidc_subject", unique=True,
            postgresql_where=text("oidc_subject IS NOT NULL"),
        ),
        {"schema": CORE},
    )  # fmt: skip
    id: int = Field(sa_column=_id())
    login: str
    name: str
    email: str = Field(sa_column=Column(String, nullable=False, server_default=text("''")))
    role: str
    territory: str = Field(sa_column=Column(String, nullable=False, server_default=text("''")))
    password_hash: str | None  # none: enters through the département's own directory only
    oidc_issuer: str | None
    oidc_subject: str | None
    active: bool = Field(sa_column=_flag(True))
    must_change: bool = Field(sa_column=_flag(False))
    version: int = Field(sa_column=Column(Integer, nullable=False, server_default=text("1")))
    language: str = Field(sa_column=Column(String, nullable=False, server_default=text("''")))
    created_at: datetime = Field(sa_column=_now())
    created_by: str
    last_login_at: datetime | None = Field(sa_column=_when(nullable=True))


class WebSession(SQLModel, table=True):
    """Somebody who entered. The cookie holds what `token_sha256` is the hash of."""

    __tablename__ = "web_session"
    __table_args__ = (Index("web_session_account", "account_id"), {"schema": CORE})
    token_sha256: str = Field(sa_column=_digest())
    account_id: int = Field(sa_column=_account())
    account_version: int
    csrf: str
    created_at: datetime = Field(sa_column=_now())
    last_seen_at: datetime = Field(sa_column=_now())
    expires_at: datetime = Field(sa_column=_when())


class LoginAttempt(SQLModel, table=True):
    """A password that was tried, written before it is checked, so that attempts made at once count one another.

    Login and address are keyed hashes: the table tells that somebody tried, never who or from where.
    """

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("login_attempt_login", "login_hash", "at"),
        Index("login_attempt_address", "address_hash", "at"),
        {"schema": CORE},
    )
    id: int = Field(sa_column=_id())
    at: datetime = Field(sa_column=_now())
    login_hash: str
    address_hash: str


class ApiToken(SQLModel, table=True):
    """A program's way in, in the name of an account and never with more than the account may do."""

    __tablename__ = "api_token"
    __table_args__ = (
        Index("api_token_sha256", "token_sha256", unique=True),
        Index("api_token_account", "account_id"),
        CheckConstraint("cardinality(scopes) > 0", name="api_token_has_scopes"),
        {"schema": CORE},
    )
    id: int = Field(sa_column=_id())
    token_sha256: str = Field(sa_column=Column(String(64, collation="C"), nullable=False))
    account_id: int = Field(sa_column=_account())
    name: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    created_at: datetime = Field(sa_column=_now())
    expires_at: datetime = Field(sa_column=_when())
    last_used_at: datetime | None = Field(sa_column=_when(nullable=True))
    revoked_at: datetime | None = Field(sa_column=_when(nullable=True))
