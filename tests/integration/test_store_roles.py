"""The database's other accounts: they read `published` and nothing else, however they ask."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, Engine, text

from workload.catalogue import error_text
from workload.store.engine import StoreError, make_engine
from workload.store.roles import PASSWORDS, READER, SUPERSET, Accounts, ensure_roles

pytestmark = pytest.mark.integration

CATALOGUE = """
SELECT 'role', rolname, rolpassword, rolsuper::text, '', xmin::text FROM pg_authid
UNION ALL SELECT 'database', datname, datacl::text, datdba::text, '', xmin::text FROM pg_database
UNION ALL SELECT 'schema', nspname, nspacl::text, '', '', xmin::text FROM pg_namespace WHERE nspname !~ '^pg_temp'
UNION ALL SELECT 'table', relname, relacl::text, '', '', xmin::text FROM pg_class WHERE relnamespace = 'published'::regnamespace
UNION ALL SELECT 'function', oid::regprocedure::text, proacl::text, '', '', xmin::text FROM pg_proc
UNION ALL SELECT 'default', oid::text, defaclacl::text, '', '', xmin::text FROM pg_default_acl
UNION ALL SELECT 'setting', setrole::text, setdatabase::text, setconfig::text, '', xmin::text FROM pg_db_role_setting
UNION ALL SELECT 'member', roleid::text, member::text, '', '', xmin::text FROM pg_auth_members
ORDER BY 1, 2, 3
"""


@pytest.fixture
def prepared(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE published.already AS SELECT 1 AS n"))
        connection.execute(text("CREATE TABLE core.agents AS SELECT 'un nom' AS name"))
        connection.execute(text("CREATE TABLE public.scratch AS SELECT 1 AS n"))
    return engine


@pytest.fixture
def accounts(prepared: Engine, tmp_path: Path) -> Accounts:
    return ensure_roles(prepared, tmp_path)


@pytest.fixture(params=["published", "reader"])
def account(request: pytest.FixtureRequest, accounts: Accounts) -> Iterator[psycopg.Connection]:
    with psycopg.connect(getattr(accounts, request.param).get_secret_value(), autocommit=True) as connection:
        yield connection


def test_published_is_read_with_what_comes_later(prepared: Engine, account: psycopg.Connection):
    with prepared.begin() as connection:
        connection.execute(text("CREATE TABLE published.later AS SELECT 2 AS n"))
        connection.execute(text("CREATE VIEW published.seen AS SELECT name FROM core.agents"))
    for name, value in (("already", 1), ("later", 2), ("seen", "un nom")):
        assert account.execute(f"SELECT * FROM published.{name}").fetchone() == (value,)
    assert account.execute("SELECT n FROM later").fetchone() == (2,)  # by its bare name too


REFUSED = (
    "SELECT * FROM core.agents",
    "SELECT * FROM core.run",
    "SELECT * FROM public.scratch",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT * FROM pg_authid",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT query_to_xml('SELECT 1', true, true, '')",
    "SELECT ts_stat('SELECT to_tsvector(''x'')')",
    "COPY published.already TO PROGRAM 'cat'",
    "COPY published.already TO '/tmp/x'",
    "COPY published.already FROM PROGRAM 'echo 1'",
    "CREATE TABLE published.mine (n int)",
    "CREATE TABLE public.mine (n int)",
    "CREATE TEMPORARY TABLE mine (n int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION published.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION vector",
    "CREATE ROLE other",
    "CREATE DATABASE other",
    "INSERT INTO published.already VALUES (2)",
    "DELETE FROM published.already",
    "DROP TABLE published.already",
    "TRUNCATE published.already",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "SET ROLE postgres",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "DO 'BEGIN EXECUTE ''SELECT * FROM core.agents''; END'",
)


@pytest.mark.parametrize("writes", [False, True])
def test_everything_else_is_refused(account: psycopg.Connection, writes: bool):
    """Even to whoever first allows itself to write: only a right held counts, not a setting."""
    refusals: tuple[type[psycopg.Error], ...] = (psycopg.errors.InsufficientPrivilege,)
    if writes:
        account.execute("SET default_transaction_read_only = off")
    else:
        refusals += (psycopg.errors.ReadOnlySqlTransaction,)
    for statement in REFUSED:
        with pytest.raises(refusals):
            account.execute(statement)


def test_it_reads_only_and_not_for_ever(account: psycopg.Connection):
    assert account.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
    assert account.execute("SHOW statement_timeout").fetchone() == ("1min",)


def test_supersets_own_database_is_its_own(accounts: Accounts, database: URL):
    with psycopg.connect(accounts.metadata.get_secret_value()) as connection:
        connection.execute("CREATE TABLE mine (n int)")
        connection.execute("DROP TABLE mine")
    reader = psycopg.conninfo.make_conninfo(accounts.reader.get_secret_value(), dbname="superset")
    with pytest.raises(psycopg.OperationalError, match="superset"):
        psycopg.connect(reader)


def test_tables_of_other_databases_stay_closed(accounts: Accounts, server: URL):
    administrator = make_engine(server.set(database="postgres"))
    with administrator.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS others"))
        connection.execute(text("CREATE TABLE others AS SELECT 1 AS n"))
    administrator.dispose()
    for address in (accounts.published, accounts.reader):
        with (
            psycopg.connect(
                psycopg.conninfo.make_conninfo(address.get_secret_value(), dbname="postgres")
            ) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT * FROM others")


def test_a_second_run_changes_nothing(prepared: Engine, accounts: Accounts, tmp_path: Path):
    def catalogue() -> list[tuple[str, ...]]:
        with prepared.connect() as connection:
            return [tuple(row) for row in connection.execute(text(CATALOGUE))]

    before, file = catalogue(), (tmp_path / PASSWORDS).read_bytes()
    again = ensure_roles(prepared, tmp_path)
    assert catalogue() == before
    assert (tmp_path / PASSWORDS).read_bytes() == file
    assert again == accounts


def test_what_somebody_gave_besides_is_taken_back(prepared: Engine, accounts: Accounts, tmp_path: Path):
    with prepared.begin() as connection:
        connection.execute(text(f"ALTER ROLE {READER} SUPERUSER PASSWORD 'autre'"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA core TO {READER}"))
        connection.execute(text(f"GRANT SELECT ON core.agents TO {READER}"))
        connection.execute(text(f"GRANT pg_read_all_data TO {READER}"))
        connection.execute(text(f"REVOKE SELECT ON published.already FROM {READER}"))
    ensure_roles(prepared, tmp_path)
    with psycopg.connect(accounts.reader.get_secret_value(), autocommit=True) as connection:
        assert connection.execute("SELECT n FROM published.already").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM core.agents")


def test_passwords_lie_in_one_file_and_nowhere_else(server: URL, accounts: Accounts, tmp_path: Path):
    path = tmp_path / PASSWORDS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    passwords = json.loads(path.read_text("utf-8"))
    assert set(passwords) == {SUPERSET, READER}
    assert not any(password in f"{accounts} {accounts!r}" for password in passwords.values())
    log = Path(str(server.query["host"])) / "log"
    assert not any(password in log.read_text("utf-8") for password in passwords.values())


def test_a_lost_file_means_new_passwords(prepared: Engine, accounts: Accounts, tmp_path: Path):
    (tmp_path / PASSWORDS).unlink()
    new = ensure_roles(prepared, tmp_path)
    assert new.reader != accounts.reader
    psycopg.connect(new.reader.get_secret_value()).close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(accounts.reader.get_secret_value())


def test_a_broken_file_is_named(prepared: Engine, tmp_path: Path):
    (tmp_path / PASSWORDS).parent.mkdir()
    (tmp_path / PASSWORDS).write_text("[")
    with pytest.raises(StoreError) as error:
        ensure_roles(prepared, tmp_path)
    assert error.value.code == "store_passwords_unreadable"


def owner_of(engine: Engine, role: URL) -> Engine:
    """A département's own account: it owns the database's schemas and nothing of the server."""
    with engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {engine.url.database} OWNER TO {role.username}"))
        for schema in ("core", "published"):
            connection.execute(text(f"ALTER SCHEMA {schema} OWNER TO {role.username}"))
        tables = "SELECT relname FROM pg_class WHERE relnamespace = 'published'::regnamespace AND relkind IN ('r', 'v')"
        for table in connection.scalars(text(tables)).all():
            connection.execute(text(f"ALTER TABLE published.{table} OWNER TO {role.username}"))
    return make_engine(role)


def without_accounts(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS superset WITH (FORCE)"))
        for name in (SUPERSET, READER):
            if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}):
                bases = connection.scalars(text("SELECT datname FROM pg_database WHERE datallowconn")).all()
                for base in bases:
                    other = make_engine(engine.url.set(database=base)).execution_options(isolation_level="AUTOCOMMIT")
                    with other.connect() as there:
                        there.execute(text(f"DROP OWNED BY {name}"))
                    other.dispose()
                connection.execute(text(f"DROP ROLE {name}"))


def test_an_account_that_may_not_create_others_is_told_so(prepared: Engine, role: URL, tmp_path: Path):
    without_accounts(prepared)
    owner = owner_of(prepared, role)
    with pytest.raises(StoreError) as error:
        ensure_roles(owner, tmp_path)
    assert error.value.code == "store_roles_refused"
    assert READER in error_text(error.value)
    assert "CREATEROLE" in error_text(error.value, "en")
    with prepared.begin() as connection:
        connection.execute(text(f"ALTER ROLE {role.username} CREATEROLE"))
    with pytest.raises(StoreError) as error:
        ensure_roles(owner, tmp_path)
    assert error.value.code == "store_no_createdb"
    with prepared.begin() as connection:
        connection.execute(text(f"ALTER ROLE {role.username} CREATEDB"))
    accounts = ensure_roles(owner, tmp_path)
    assert ensure_roles(owner, tmp_path) == accounts
    with psycopg.connect(accounts.reader.get_secret_value(), autocommit=True) as connection:
        assert connection.execute("SELECT n FROM already").fetchone() == (1,)
        for statement in (
            "SELECT * FROM core.agents",
            "CREATE TEMPORARY TABLE x (n int)",
            "SELECT * FROM public.scratch",
        ):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                connection.execute(statement)
    owner.dispose()
    without_accounts(prepared)


def test_accounts_that_the_servers_administrator_made_are_used(prepared: Engine, role: URL, tmp_path: Path):
    without_accounts(prepared)
    first = ensure_roles(prepared, tmp_path)
    owner = owner_of(prepared, role)
    assert ensure_roles(owner, tmp_path) == first  # nothing to create, nothing to change
    (tmp_path / PASSWORDS).write_text(json.dumps({SUPERSET: "faux", READER: "faux"}))
    with pytest.raises(StoreError) as error:
        ensure_roles(owner, tmp_path)
    assert error.value.code == "store_role_password"
    assert "faux" not in error_text(error.value)
    owner.dispose()
    without_accounts(prepared)
