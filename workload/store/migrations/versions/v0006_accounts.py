"""Accounts of the pages, their sessions, login attempts and API tokens."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _when(name: str, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _empty(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False)


def _account() -> sa.Column[int]:
    return sa.Column(
        "account_id", sa.BigInteger(), sa.ForeignKey("core.account.id", ondelete="CASCADE"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        _empty("email"),
        sa.Column("role", sa.String(), nullable=False),
        _empty("territory"),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("oidc_issuer", sa.String(), nullable=True),
        sa.Column("oidc_subject", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("must_change", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _empty("language"),
        _now("created_at"),
        sa.Column("created_by", sa.String(), nullable=False),
        _when("last_login_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint(
            "role IN ('responsable', 'direction', 'representants', 'administration')", name="account_role"
        ),
        sa.CheckConstraint("(role = 'responsable') = (territory <> '')", name="account_territory_of_manager"),
        sa.CheckConstraint("login ~ '^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$'", name="account_login_plain"),
        sa.CheckConstraint("language IN ('', 'fr', 'en')", name="account_language"),
        schema="core",
    )
    once: Any = {"unique": True, "schema": "core"}
    op.create_index("account_login_once", "account", [sa.text("lower(login)")], **once)
    op.create_index(
        "account_email_once", "account", [sa.text("lower(email)")], postgresql_where=sa.text("email <> ''"), **once
    )
    op.create_index(
        "account_oidc_once",
        "account",
        ["oidc_issuer", "oidc_subject"],
        postgresql_where=sa.text("oidc_subject IS NOT NULL"),
        **once,
    )
    op.create_table(
        "web_session",
        sa.Column("token_sha256", sa.String(64, collation="C"), nullable=False),
        _account(),
        sa.Column("account_version", sa.Integer(), nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        _now("created_at"),
        _now("last_seen_at"),
        _when("expires_at", nullable=False),
        sa.PrimaryKeyConstraint("token_sha256"),
        schema="core",
    )
    op.create_index("web_session_account", "web_session", ["account_id"], schema="core")
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        _now("at"),
        sa.Column("login_hash", sa.String(), nullable=False),
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_index("login_attempt_login", "login_attempt", ["login_hash", "at"], schema="core")
    op.create_index("login_attempt_address", "login_attempt", ["address_hash", "at"], schema="core")
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("token_sha256", sa.String(64, collation="C"), nullable=False),
        _account(),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", ARRAY(sa.String()), nullable=False),
        _now("created_at"),
        _when("expires_at", nullable=False),
        _when("last_used_at"),
        _when("revoked_at"),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("cardinality(scopes) > 0", name="api_token_has_scopes"),
        schema="core",
    )
    op.create_index("api_token_sha256", "api_token", ["token_sha256"], schema="core", unique=True)
    op.create_index("api_token_account", "api_token", ["account_id"], schema="core")


def downgrade() -> None:
    for table in ("api_token", "login_attempt", "web_session", "account"):
        op.drop_table(table, schema="core")
