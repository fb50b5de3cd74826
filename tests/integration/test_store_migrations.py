"""Migrations: from nothing, down and up again, by a superuser or by a département's own role, never half-way."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from workload.store import list_runs, migrate, published_tables, study_tables  # noqa: F401 (the latter two: metadata)
from workload.store.engine import StoreError, make_engine, spoken
from workload.store.migrate import downgrade

pytestmark = pytest.mark.integration
TABLES = {
    *("run", "schema_version", "pseudonym_key", "campaign", "import_file", "answer", "entry_day", "import_refusal"),
    *("taxonomy", "taxonomy_item", "study", "territory", "site", "commune", "post", "indicator", "indicator_value"),
    *("scenario", "run_input", "allocation", "ledger_row", "publication", "released_cell", "audit_event"),
    *("scenario_sheet", "account", "web_session", "login_attempt", "api_token"),
    *("task", "task_file", "objection", "objection_reply", "trial", "decided"),
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


OLD_RUN = "INSERT INTO core.run VALUES (repeat('a', 64), 'Ancien', true, now(), now(), '{\"study\": 1}')"
OLD_ENTRIES = """
    INSERT INTO core.campaign (study, period) VALUES ('Étude', '2003-03-10/2003-03-21');
    INSERT INTO core.import_file (study, campaign_id, kind, layout, shown_name, sha256, content_sha256, rows_n, imported_by)
        VALUES ('Étude', 1, 'survey', 'agent', 'releve.xlsx', repeat('a', 64), repeat('b', 64), 4, 'moi');
    INSERT INTO core.answer (file_id, campaign_id, agent) VALUES (1, 1, 'p1'), (1, 1, 'p2');
    INSERT INTO core.entry VALUES
        (1, '2003-03-10', 'A1', 60), (1, '2003-03-10', 'A2', 90), (1, '2003-03-11', 'A1', 30), (2, NULL, 'A1', 12.5);
"""
ENTRIES = "SELECT answer_id, day::text, item, time_spent_min FROM core.entry ORDER BY 1, 2, 3"


def at(engine: Engine, revision: str, *statements: str) -> None:
    """A database as an earlier version left it, with data."""
    migrate(engine)
    downgrade(engine, revision)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("revision", "statements"),
    [
        ("base", ()),
        ("0001", (OLD_RUN,)),
        ("0002", (OLD_RUN, OLD_ENTRIES)),
        ("0003", (OLD_RUN,)),
        ("0004", (OLD_RUN,)),
        ("0005", (OLD_RUN,)),
        ("0006", (OLD_RUN,)),
        ("0007", (OLD_RUN,)),
    ],
)
def test_every_earlier_version_comes_up_with_its_data(empty: Engine, revision: str, statements: tuple[str, ...]):
    at(empty, revision, *statements)
    migrate(empty)
    assert tables(empty) == TABLES
    with empty.connect() as connection:
        runs = connection.execute(text("SELECT title, document->>'study' FROM core.run")).all()
        assert [tuple(run) for run in runs] == ([("Ancien", "1")] if OLD_RUN in statements else [])
        entries = [tuple(row) for row in connection.execute(text(ENTRIES))]
    wanted = [
        (1, "2003-03-10", "A1", 60),
        (1, "2003-03-10", "A2", 90),
        (1, "2003-03-11", "A1", 30),
        (2, None, "A1", 12.5),
    ]
    assert entries == (wanted if OLD_ENTRIES in statements else [])


def test_entries_survive_the_way_down_too(empty: Engine):
    at(empty, "0002", OLD_ENTRIES)
    migrate(empty)
    downgrade(empty, "0002")
    with empty.begin() as connection:
        assert connection.scalar(text("SELECT sum(time_spent_min) FROM core.entry")) == 192.5
        connection.execute(text("DELETE FROM core.answer WHERE id = 1"))  # the old triggers are back
        assert connection.scalar(text("SELECT count(*) FROM core.entry")) == 1


def test_an_item_that_the_taxonomy_of_the_campaign_lacks_is_refused(engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO core.taxonomy VALUES ('t', 'T')"))
        connection.execute(text("INSERT INTO core.taxonomy_item VALUES ('t', 'A1', 'x', 'm', 'd')"))
        connection.execute(text(OLD_ENTRIES.split("INSERT INTO core.entry")[0]))
        connection.execute(text("UPDATE core.campaign SET taxonomy_id = 't'"))
        connection.execute(text("INSERT INTO core.entry_day VALUES (1, NULL, '{A1}', '{5}')"))
    for row in (
        "(2, NULL, '{A1,A9}', '{5,5}')",
        "(2, NULL, '{A1}', '{-5}')",
        "(2, NULL, '{A1}', '{5,5}')",
        "(1, NULL, '{A1}', '{5}')",
    ):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(f"INSERT INTO core.entry_day VALUES {row}"))


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
