"""The tables and views of schema `published`, as v0004_published.yaml declares them."""

from pathlib import Path

from alembic import op
from sqlalchemy import MetaData

from workload.store.published_tables import declare

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DECLARED = Path(__file__).with_name("v0004_published.yaml")

# Colours of the maps stand in the features themselves. Giving back is blue, receiving orange (Okabe and Ito, told
# apart by colour-blind readers too); need goes from pale to dark.
VIEWS = """
    CREATE VIEW published.territory_map WITH (security_invoker = true) AS
    SELECT a.*,
        jsonb_build_object(
            'type', 'Feature',
            'geometry', p.geometry::jsonb,
            'properties', jsonb_build_object(
                'name', a.territory || ' : ' || a.change_label,
                'strokeColor', '#40464f',
                'fillColor', CASE
                    WHEN a.change <= -1 THEN '#0072b2' WHEN a.change < 0 THEN '#7fb8d8'
                    WHEN a.change >= 1 THEN '#d55e00' WHEN a.change > 0 THEN '#f0b27f'
                    ELSE '#ececec' END
            )
        )::text AS feature
    FROM published.allocation AS a
    JOIN published.place AS p ON p.study_id = a.study_id AND p.level = 'territoire' AND p.place_id = a.territory_id
    WHERE p.geometry IS NOT NULL;
    COMMENT ON VIEW published.territory_map IS
        'Les postes par territoire, avec leur contour coloré selon le changement.';
    COMMENT ON COLUMN published.territory_map.feature IS
        'Contour en GeoJSON : bleu, rend des postes ; orange, en reçoit ; gris, inchangé';

    CREATE VIEW published.commune_map WITH (security_invoker = true) AS
    SELECT n.*,
        jsonb_build_object(
            'type', 'Feature',
            'geometry', p.geometry::jsonb,
            'properties', jsonb_build_object(
                'name', n.place || ' : ' || n.need_class_label,
                'strokeColor', '#ffffff',
                'fillColor',
                    (ARRAY['#f7fbff', '#d0e1f2', '#94c4df', '#4a98c9', '#1764ab', '#08306b'])[n.need_class]
            )
        )::text AS feature
    FROM published.need_commune AS n
    JOIN published.place AS p ON p.study_id = n.study_id AND p.level = 'commune' AND p.place_id = n.place_id
    WHERE p.geometry IS NOT NULL;
    COMMENT ON VIEW published.commune_map IS 'Le besoin par commune, avec son contour coloré selon la classe.';
    COMMENT ON COLUMN published.commune_map.feature IS 'Contour en GeoJSON : plus foncé, plus de besoin par habitant';
"""

# The columns that a view takes from its table keep their comments.
VIEW_COMMENTS = """
    DO $$ DECLARE one record; BEGIN
        FOR one IN
            SELECT v.attname, col_description(t.attrelid, t.attnum) AS said, pair.view
            FROM (VALUES ('territory_map', 'allocation'), ('commune_map', 'need_commune')) AS pair (view, source)
            JOIN pg_attribute AS v ON v.attrelid = ('published.' || pair.view)::regclass AND v.attnum > 0
            JOIN pg_attribute AS t ON t.attrelid = ('published.' || pair.source)::regclass AND t.attname = v.attname
        LOOP
            EXECUTE format('COMMENT ON COLUMN published.%I.%I IS %L', one.view, one.attname, one.said);
        END LOOP;
    END $$;
"""

# What is only shared is for the HR direction, whom Superset tells from others; any other role reads what is published.
ROWS = """
    ALTER TABLE published.{table} ENABLE ROW LEVEL SECURITY;
    CREATE POLICY published_to_all ON published.{table} FOR SELECT
        USING (scenario_status = 'published' OR current_user = 'workload_superset');
"""


def upgrade() -> None:
    metadata = MetaData()
    tables = declare(DECLARED, metadata)
    metadata.create_all(op.get_bind(), checkfirst=False)
    for table in tables:
        op.execute(ROWS.format(table=table))
    op.execute(VIEWS)
    op.execute(VIEW_COMMENTS)


def downgrade() -> None:
    op.execute("DROP VIEW published.territory_map, published.commune_map")
    metadata = MetaData()
    declare(DECLARED, metadata)
    metadata.drop_all(op.get_bind(), checkfirst=False)
