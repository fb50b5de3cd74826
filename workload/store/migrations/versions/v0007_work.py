"""What people ask of the service: tasks and their files, objections and replies, trials."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("trial", "objection_reply", "objection", "task_file", "task")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _at(name: str = "created_at", *, nullable: bool = False) -> sa.Column[object]:
    default = None if nullable else sa.text("now()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False)


def _to(column: str, target: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"core.{target}.id"], ondelete=ondelete)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.String(32), nullable=False),
        *_text("kind", "status", "study"),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=True),
        *_text("asked_by"),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("stage", sa.String(), server_default=sa.text("''"), nullable=False),
        *map(_count, ("done_n", "total_n", "attempts_n")),
        _flag("cancel_asked"),
        sa.Column("result", JSONB(), nullable=True),
        sa.Column("error", JSONB(), nullable=True),
        _at(),
        _at("started_at", nullable=True),
        _at("ended_at", nullable=True),
        sa.CheckConstraint("kind IN ('import', 'scenario', 'publication')", name="task_kind"),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="task_status"),
        sa.CheckConstraint("(status IN ('queued', 'running')) = (ended_at IS NULL)", name="task_ended_when"),
        _to("account_id", "account", "SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_index("task_account", "task", ["account_id"], schema="core")
    op.create_index("task_open", "task", ["status"], schema="core", postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "task_file",
        sa.Column("task_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        *_text("name"),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        _count("rows_n"),
        sa.Column("issues", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        _flag("marked"),
        _to("task_id", "task"),
        sa.PrimaryKeyConstraint("task_id", "position"),
        schema="core",
    )
    op.create_table(
        "objection",
        _id(),
        sa.Column("scenario_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_text("kind", "status", "mission", "territory", "figure", "figure_value", "body"),
        sa.Column("changes", JSONB(), nullable=True),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=True),
        *_text("author"),
        _at(),
        sa.CheckConstraint("kind IN ('objection', 'counter_proposal')", name="objection_kind"),
        sa.CheckConstraint("status IN ('open', 'answered', 'accepted', 'declined')", name="objection_status"),
        sa.CheckConstraint("(kind = 'counter_proposal') = (changes IS NOT NULL)", name="objection_changes"),
        _to("scenario_id", "scenario"),
        _to("account_id", "account", "SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_index("objection_scenario", "objection", ["scenario_id"], schema="core")
    op.create_table(
        "objection_reply",
        _id(),
        sa.Column("objection_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_text("status", "body", "author"),
        _at(),
        _to("objection_id", "objection"),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_index("objection_reply_objection", "objection_reply", ["objection_id"], schema="core")
    op.create_table(
        "trial",
        _id(),
        sa.Column("scenario_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *_text("mission", "title"),
        sa.Column("changes", JSONB(), nullable=False),
        sa.Column("result", JSONB(), nullable=False),
        _at(),
        _to("scenario_id", "scenario"),
        _to("account_id", "account"),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_index("trial_account", "trial", ["account_id"], schema="core")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table, schema="core")
