"""The chain in tables: studies, places, posts, taxonomies, indicators, scenarios, what they came to, who did what.

Entries become one row a day (see `tables.EntryDay`); those that are there are carried over.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    *("audit_event", "released_cell", "publication", "import_refusal", "ledger_row", "allocation", "run_input"),
    *("scenario", "indicator_value", "indicator", "post", "commune", "site", "territory", "study"),
    *("taxonomy_item",),
)

ENTRIES_BY_DAY = """
    INSERT INTO core.entry_day (answer_id, day, items, minutes)
    SELECT answer_id, day, array_agg(item ORDER BY item), array_agg(time_spent_min ORDER BY item)
    FROM (
        SELECT answer_id, day, item, sum(time_spent_min) AS time_spent_min
        FROM core.entry GROUP BY answer_id, day, item
    ) AS once
    GROUP BY answer_id, day
"""

ENTRY_VIEW = """
    CREATE VIEW core.entry AS
    SELECT answer_id, day, noted.item, noted.time_spent_min
    FROM core.entry_day, unnest(items, minutes) AS noted (item, time_spent_min)
"""

GUARDS = """
    CREATE FUNCTION core.entry_day_of_taxonomy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        -- A reference for every item of a list, checked a statement at a time.
        IF EXISTS (
            SELECT FROM (
                SELECT DISTINCT c.taxonomy_id, noted.item
                FROM added
                JOIN core.answer AS a ON a.id = added.answer_id
                JOIN core.campaign AS c ON c.id = a.campaign_id,
                unnest(added.items) AS noted (item)
                WHERE c.taxonomy_id IS NOT NULL
            ) AS used
            WHERE NOT EXISTS (
                SELECT FROM core.taxonomy_item AS t WHERE t.taxonomy_id = used.taxonomy_id AND t.code = used.item
            )
        ) THEN
            RAISE foreign_key_violation USING MESSAGE = 'an item is not in the taxonomy of its campaign';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER entry_day_of_taxonomy AFTER INSERT ON core.entry_day REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION core.entry_day_of_taxonomy();

    CREATE FUNCTION core.published_is_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE restrict_violation USING MESSAGE = 'a published scenario never changes';
    END $$;
    CREATE TRIGGER scenario_published_is_final BEFORE UPDATE OR DELETE ON core.scenario
        FOR EACH ROW WHEN (OLD.status = 'published') EXECUTE FUNCTION core.published_is_final();
    CREATE FUNCTION core.run_is_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        -- A run is what its hash says; it may only leave, and not while a published scenario stands on it.
        IF TG_OP = 'UPDATE' OR EXISTS (
            SELECT FROM core.scenario WHERE run_id = OLD.id AND status = 'published'
        ) THEN
            RAISE restrict_violation USING MESSAGE = 'a run never changes';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER run_is_final BEFORE UPDATE OR DELETE ON core.run
        FOR EACH ROW EXECUTE FUNCTION core.run_is_final();
    CREATE FUNCTION core.run_part_is_final() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'UPDATE' OR EXISTS (
            SELECT FROM core.scenario WHERE run_id = OLD.run_id AND status = 'published'
        ) THEN
            RAISE restrict_violation USING MESSAGE = 'a run never changes';
        END IF;
        RETURN OLD;
    END $$;
    CREATE TRIGGER allocation_is_final BEFORE UPDATE OR DELETE ON core.allocation
        FOR EACH ROW EXECUTE FUNCTION core.run_part_is_final();
    CREATE TRIGGER ledger_row_is_final BEFORE UPDATE OR DELETE ON core.ledger_row
        FOR EACH ROW EXECUTE FUNCTION core.run_part_is_final();
    CREATE TRIGGER run_input_is_final BEFORE UPDATE OR DELETE ON core.run_input
        FOR EACH ROW EXECUTE FUNCTION core.run_part_is_final();

    CREATE FUNCTION core.audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE restrict_violation USING MESSAGE = 'audit events are only added';
    END $$;
    CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON core.audit_event
        FOR EACH ROW EXECUTE FUNCTION core.audit_only_grows();
    CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON core.audit_event
        FOR EACH STATEMENT EXECUTE FUNCTION core.audit_only_grows();
"""

ENTRY_TRIGGERS = """
    CREATE TRIGGER entry_has_answer AFTER INSERT ON core.entry REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION core.entry_has_answer();
    CREATE TRIGGER entry_follows_answer AFTER DELETE ON core.answer REFERENCING OLD TABLE AS removed
        FOR EACH STATEMENT EXECUTE FUNCTION core.entry_follows_answer();
"""


def upgrade() -> None:
    _make_tables()
    op.add_column("campaign", sa.Column("taxonomy_id", sa.String(), nullable=True), schema="core")
    op.create_foreign_key(
        "campaign_taxonomy_id_fkey",
        "campaign",
        "taxonomy",
        ["taxonomy_id"],
        ["id"],
        source_schema="core",
        referent_schema="core",
    )
    op.execute(ENTRIES_BY_DAY)
    op.drop_table("entry", schema="core")
    op.execute("DROP TRIGGER entry_follows_answer ON core.answer")
    op.execute(ENTRY_VIEW)
    op.execute(GUARDS)


def downgrade() -> None:
    op.execute("DROP VIEW core.entry")
    op.create_table(
        "entry",
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("time_spent_min", sa.Float(), nullable=False),
        schema="core",
    )
    op.execute(
        "INSERT INTO core.entry SELECT answer_id, day, noted.item, noted.time_spent_min "
        "FROM core.entry_day, unnest(items, minutes) AS noted (item, time_spent_min)"
    )
    op.create_index("entry_answer", "entry", ["answer_id"], schema="core")
    op.drop_table("entry_day", schema="core")
    op.execute(ENTRY_TRIGGERS)
    op.drop_column("campaign", "taxonomy_id", schema="core")
    op.execute("DROP TRIGGER run_is_final ON core.run")
    for table in (*TABLES, "taxonomy"):
        op.drop_table(table, schema="core")
    op.execute(
        "DROP FUNCTION core.entry_day_of_taxonomy(), core.published_is_final(), core.run_is_final(), "
        "core.run_part_is_final(), core.audit_only_grows()"
    )


def _make_tables() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("details", JSONB(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name="audit_event_is_sha256"),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_table(
        "taxonomy",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_table(
        "allocation",
        sa.Column("run_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("territory", sa.String(), nullable=False),
        sa.Column("posts_current", sa.Float(), nullable=False),
        sa.Column("need_fte", sa.Float(), nullable=False),
        sa.Column("fair_share", sa.Float(), nullable=False),
        sa.Column("posts_final", sa.Float(), nullable=False),
        sa.Column("kept_share", sa.Float(), nullable=False),
        sa.CheckConstraint("kept_share >= 0 AND kept_share <= 1", name="allocation_kept_is_share"),
        sa.CheckConstraint("posts_current >= 0 AND posts_final >= 0 AND need_fte >= 0", name="allocation_not_negative"),
        sa.ForeignKeyConstraint(["run_id"], ["core.run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "mission", "territory"),
        schema="core",
    )
    op.create_table(
        "run_input",
        sa.Column("run_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="run_input_is_sha256"),
        sa.ForeignKeyConstraint(["run_id"], ["core.run.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "name"),
        schema="core",
    )
    op.create_table(
        "study",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("notice", sa.String(), nullable=False),
        sa.Column("taxonomy_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("code ~ '^[a-z0-9_]+$'", name="study_code_is_slug"),
        sa.ForeignKeyConstraint(
            ["taxonomy_id"],
            ["core.taxonomy.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code"),
        schema="core",
    )
    op.create_table(
        "taxonomy_item",
        sa.Column("taxonomy_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["taxonomy_id"], ["core.taxonomy.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("taxonomy_id", "code"),
        schema="core",
    )
    op.create_table(
        "import_refusal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("mission", sa.String(), nullable=True),
        sa.Column("territory", sa.String(), nullable=True),
        sa.Column("issues_n", sa.Integer(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("refused_by", sa.String(), nullable=False),
        sa.CheckConstraint("issues_n > 0", name="import_refusal_has_issues"),
        sa.ForeignKeyConstraint(["campaign_id"], ["core.campaign.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_index("import_refusal_campaign", "import_refusal", ["campaign_id"], unique=False, schema="core")
    op.create_table(
        "indicator",
        sa.Column("study_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("nature", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("series", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("imputed_n", sa.Integer(), nullable=False),
        sa.CheckConstraint("nature IN ('externe', 'interne')", name="indicator_nature"),
        sa.ForeignKeyConstraint(["study_id"], ["core.study.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_id", "code"),
        schema="core",
    )
    op.create_table(
        "ledger_row",
        sa.Column("run_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("territory", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("posts", sa.Float(), nullable=False),
        sa.Column("posts_exact", sa.String(), nullable=False),
        sa.CheckConstraint("kind IN ('indicator', 'rounding', 'rule')", name="ledger_row_kind"),
        sa.CheckConstraint("posts_exact ~ '^-?\\d+(/\\d+)?$'", name="ledger_row_is_fraction"),
        sa.ForeignKeyConstraint(
            ["run_id", "mission", "territory"],
            ["core.allocation.run_id", "core.allocation.mission", "core.allocation.territory"],
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "mission", "territory", "position"),
        schema="core",
    )
    op.create_table(
        "scenario",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("study_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("choices", JSONB(), nullable=False),
        sa.Column("run_id", sa.String(length=64, collation="C"), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'published') = (published_at IS NOT NULL)", name="scenario_published_when"),
        sa.CheckConstraint("code ~ '^[a-z0-9_]+$'", name="scenario_code_is_slug"),
        sa.CheckConstraint("status = 'draft' OR run_id IS NOT NULL", name="scenario_shown_has_run"),
        sa.CheckConstraint("status IN ('draft', 'shared', 'published')", name="scenario_status"),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["core.run.id"],
        ),
        sa.ForeignKeyConstraint(["study_id"], ["core.study.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("study_id", "code", name="scenario_study_code"),
        schema="core",
    )
    op.create_table(
        "territory",
        sa.Column("study_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["core.study.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_id", "code"),
        schema="core",
    )
    op.create_table(
        "commune",
        sa.Column("study_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("territory", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("part", sa.Float(), nullable=False),
        sa.Column("inhabitants", sa.Float(), nullable=False),
        sa.Column("epci", sa.String(), nullable=True),
        sa.Column("canton", sa.String(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.CheckConstraint("code ~ '^(\\d{2}|2[AB])\\d{3}$'", name="commune_code_is_insee"),
        sa.CheckConstraint("inhabitants >= 0", name="commune_inhabitants_not_negative"),
        sa.CheckConstraint("part > 0 AND part <= 1", name="commune_part_is_share"),
        sa.ForeignKeyConstraint(
            ["study_id", "territory"], ["core.territory.study_id", "core.territory.code"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["study_id"], ["core.study.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_id", "code", "sector"),
        schema="core",
    )
    op.create_table(
        "indicator_value",
        sa.Column("study_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("indicator", sa.String(), nullable=False),
        sa.Column("commune", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count_n", sa.Float(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.CheckConstraint("(count_n IS NULL) = (status IN ('secret', 'missing'))", name="indicator_value_known"),
        sa.CheckConstraint(
            "status IN ('published', 'secret', 'missing', 'lower_bound', 'imputed')", name="indicator_value_status"
        ),
        sa.ForeignKeyConstraint(
            ["study_id", "indicator"], ["core.indicator.study_id", "core.indicator.code"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["study_id"], ["core.study.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_id", "indicator", "commune", "year"),
        schema="core",
    )
    op.create_table(
        "post",
        sa.Column("study_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("territory", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("sector", sa.String(), nullable=True),
        sa.Column("mission", sa.String(), nullable=False),
        sa.Column("profession", sa.String(), nullable=False),
        sa.Column("fte", sa.Float(), nullable=False),
        sa.Column("occupied", sa.Boolean(), nullable=False),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("departure_year", sa.Integer(), nullable=True),
        sa.CheckConstraint("fte >= 0", name="post_fte_not_negative"),
        sa.ForeignKeyConstraint(
            ["study_id", "territory"], ["core.territory.study_id", "core.territory.code"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["study_id"], ["core.study.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_id", "code"),
        schema="core",
    )
    op.create_table(
        "publication",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scenario_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("document", JSONB(), nullable=False),
        sa.CheckConstraint("status IN ('shared', 'published')", name="publication_status"),
        sa.ForeignKeyConstraint(["scenario_id"], ["core.scenario.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        schema="core",
    )
    op.create_table(
        "site",
        sa.Column("study_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("territory", sa.String(), nullable=False),
        sa.Column("seat", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["study_id", "territory"], ["core.territory.study_id", "core.territory.code"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["study_id"], ["core.study.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("study_id", "name"),
        schema="core",
    )
    op.create_table(
        "entry_day",
        sa.Column("answer_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("items", ARRAY(sa.String()), nullable=False),
        sa.Column("minutes", ARRAY(sa.Float()), nullable=False),
        sa.CheckConstraint("0 <= ALL (minutes)", name="entry_day_not_negative"),
        sa.CheckConstraint("array_position(items, NULL) IS NULL", name="entry_day_items_known"),
        sa.CheckConstraint("array_position(minutes, NULL) IS NULL", name="entry_day_minutes_known"),
        sa.CheckConstraint("cardinality(items) = cardinality(minutes)", name="entry_day_same_length"),
        sa.CheckConstraint("cardinality(items) > 0", name="entry_day_not_empty"),
        sa.ForeignKeyConstraint(["answer_id"], ["core.answer.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("answer_id", "day", name="entry_day_once", postgresql_nulls_not_distinct=True),
        schema="core",
    )
    op.create_table(
        "released_cell",
        sa.Column("publication_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cell", ARRAY(sa.String()), nullable=False),
        sa.Column("agents", ARRAY(sa.String()), nullable=False),
        sa.Column("shares", ARRAY(sa.Float()), nullable=False),
        sa.Column("factors", ARRAY(sa.Float()), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["core.publication.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("publication_id", "cell"),
        schema="core",
    )
