"""The sheet of a scenario: what may be said of it, as one document; final with the scenario."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GUARD = """
    CREATE FUNCTION core.sheet_is_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        -- Written once with the publication itself; written again unchanged after a restore or an upgrade.
        IF OLD.document IS DISTINCT FROM NEW.document AND OLD.document -> 'tables' -> 'scenario' -> 0
            ->> 'scenario_status' = 'published' THEN
            RAISE restrict_violation USING MESSAGE = 'the sheet of a published scenario never changes';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER sheet_is_final BEFORE UPDATE ON core.scenario_sheet
        FOR EACH ROW EXECUTE FUNCTION core.sheet_is_final();
"""


def upgrade() -> None:
    op.create_table(
        "scenario_sheet",
        sa.Column("scenario_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["scenario_id"], ["core.scenario.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("scenario_id"),
        schema="core",
    )
    op.execute(GUARD)


def downgrade() -> None:
    op.drop_table("scenario_sheet", schema="core")
    op.execute("DROP FUNCTION core.sheet_is_final()")
