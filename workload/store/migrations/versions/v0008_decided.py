"""What disclosure control decided, kept by the fingerprint of what it stands on."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decided",
        sa.Column("fingerprint", sa.String(64, collation="C"), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint"),
        schema="core",
    )


def downgrade() -> None:
    op.drop_table("decided", schema="core")
