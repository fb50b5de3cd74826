"""Imported files, answers and entries, with their history."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True)


def _to(name: str, target: str, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"core.{target}.id"), nullable=nullable)


def _text(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def _superseded() -> list[sa.Column[Any]]:
    when = sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True)
    return [when, _to("superseded_by", "import_file", nullable=True)]


def upgrade() -> None:
    op.create_table(
        "pseudonym_key",
        sa.Column("id", sa.SmallInteger(), primary_key=True, autoincrement=False),
        *_text("mark"),
        sa.CheckConstraint("id = 1", name="pseudonym_key_is_one"),
        schema="core",
    )
    op.create_table(
        "campaign",
        _id(),
        *_text("study", "period"),
        sa.UniqueConstraint("study", "period", name="campaign_study_period"),
        schema="core",
    )
    op.create_table(
        "import_file",
        _id(),
        *_text("study"),
        _to("campaign_id", "campaign", nullable=True),
        *_text("kind", "layout", "shown_name"),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("rows_n", sa.Integer(), nullable=False),
        sa.Column("document", JSONB(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        *_text("imported_by"),
        *_superseded(),
        schema="core",
    )
    op.create_index("import_file_sha256", "import_file", ["study", "sha256"], schema="core")
    op.create_index(
        "import_file_one_current",
        "import_file",
        ["study", "kind", "shown_name"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("superseded_at IS NULL AND campaign_id IS NULL"),
    )
    op.create_table(
        "answer",
        _id(),
        _to("file_id", "import_file"),
        _to("campaign_id", "campaign"),
        *_text("agent"),
        *_text("mission", "territory", "area", "profession", nullable=True),
        sa.Column("quotite", sa.Float(), nullable=True),
        *_superseded(),
        schema="core",
    )
    op.create_index(
        "answer_one_current",
        "answer",
        ["campaign_id", "agent"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index("answer_file", "answer", ["file_id"], schema="core")
    op.create_table(
        "entry",
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        *_text("item"),
        sa.Column("time_spent_min", sa.Float(), nullable=False),
        schema="core",
    )
    op.create_index("entry_answer", "entry", ["answer_id"], schema="core")
    # A foreign key on entries, checked a statement at a time: row by row it took twice as long as all the rest.
    op.execute(
        """
        CREATE FUNCTION core.entry_has_answer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF EXISTS (
                SELECT FROM (SELECT DISTINCT answer_id FROM added) AS a
                WHERE NOT EXISTS (SELECT FROM core.answer WHERE id = a.answer_id)
            ) THEN
                RAISE foreign_key_violation;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER entry_has_answer AFTER INSERT ON core.entry REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION core.entry_has_answer();
        CREATE FUNCTION core.entry_follows_answer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            DELETE FROM core.entry USING removed WHERE answer_id = removed.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER entry_follows_answer AFTER DELETE ON core.answer REFERENCING OLD TABLE AS removed
            FOR EACH STATEMENT EXECUTE FUNCTION core.entry_follows_answer();
        """
    )


def downgrade() -> None:
    for table in ("entry", "answer", "import_file", "campaign", "pseudonym_key"):
        op.drop_table(table, schema="core")
    op.execute("DROP FUNCTION core.entry_has_answer(), core.entry_follows_answer()")
