"""Migrations: from nothing, down and up again, by a superuser or by a département's own role, never half-way."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, inspect, text
from sqlmodel import SQLModel

from workload.store import list_runs, migrate, published_tables, study_tables  # noqa: F401 (the latter two: metadata)
from workload.store.engine import StoreError, make_engine, spoken
from workload.store.migrate import downgrade

pytestmark = pytest.mark.integration
TABLES = {
    *("run", "schema_version", "pseudonym_key", "campaign", "import_file", "answer", "entry_day", "import_refusal"),
    *("taxonomy", "taxonomy_item", "study", "territory", "site", "commune", "post", "indicator", "indicator_value"),
    *("scenario", "run_input", "allocation", "ledger_row", "publication", "released_cell", "audit_event"),
}


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names("core"))


def test_up_down_up(empty: Engine):
    migrate(empty)
    assert tables(empty) == TABLES
    assert "published" in inspect(empty).get_schema_names()
    downgrade(empty)
    assert tables(empty) == {"schema_version"}
    assert "published" not in inspect(empty).get_schema_names()
    migrate(empty)
    migrate(empty)
    assert list_runs(empty) == ()


def test_migrations_make_the_tables_that_the_code_declares(engine: Engine):
    options = {"include_schemas": True, "version_table": "schema_version", "version_table_schema": "core"}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_four_processes_may_migrate_at_once(empty: Engine):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(empty), range(4)))
    assert tables(empty) == TABLES


def test_a_database_from_a_newer_version_is_left_alone(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE core.schema_version SET version_num = '9999'"))
    with pytest.raises(StoreError) as caught:
        migrate(engine)
    assert caught.value.code == "store_newer"


def test_a_departement_may_own_its_database_without_being_superuser(database: URL, role: URL):
    with psycopg.connect(host=database.query["host"], port=5432, user="postgres", dbname="postgres") as connection:
        connection.autocommit = True
        connection.execute(f"ALTER DATABASE {database.database} OWNER TO {role.username}")
    engine = make_engine(role)
    migrate(engine)
    assert list_runs(engine) == ()
    engine.dispose()


def test_without_the_right_to_make_a_schema_nothing_is_made(empty: Engine, role: URL):
    engine = make_engine(role)
    with pytest.raises(StoreError) as caught, spoken(role):
        migrate(engine)
    assert caught.value.code == "store_no_rights"
    assert "core" not in inspect(empty).get_schema_names()
    engine.dispose()


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM core.run", "CREATE TABLE public.t (x int)", "CREATE TABLE core.t (x int)"]
)
def test_a_role_without_rights_reads_nothing_in_core_and_makes_nothing(engine: Engine, role: URL, statement: str):
    other = make_engine(role)
    with pytest.raises(StoreError) as caught, spoken(role), other.begin() as connection:
        connection.execute(text(statement))
    assert caught.value.code == "store_no_rights"
    other.dispose()
