"""Schemas core and published, table core.run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("REVOKE ALL ON SCHEMA core FROM PUBLIC")
    # An administrator may have made the schema for us, or done without `public`.
    op.execute(
        """
        DO $$ BEGIN
            IF to_regnamespace('published') IS NULL THEN CREATE SCHEMA published; END IF;
            IF to_regnamespace('public') IS NOT NULL THEN REVOKE CREATE ON SCHEMA public FROM PUBLIC; END IF;
        END $$
        """
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(64, collation="C"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("generated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="run_pkey"),
        sa.CheckConstraint("id ~ '^[0-9a-f]{64}$'", name="run_id_is_sha256"),
        schema="core",
    )


def downgrade() -> None:
    """Schema core stays: Alembic's own table lies there. Rights taken from PUBLIC are not given back."""
    op.drop_table("run", schema="core")
    op.execute("DROP SCHEMA published")
