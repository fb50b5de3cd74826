"""The database's other accounts, as code: what Superset and a reader's own program may do, and nothing else.

Both read schema `published` and nothing else of ours; Superset's also owns a database of its own for what it keeps.
Running it again changes nothing. Passwords are made once, lie in one file that only our user reads, and go to the
server as SCRAM verifiers, so that no log of it can hold one.
"""

import json
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr
from sqlalchemy import URL, Engine

from workload.store.engine import CONNECT_TIMEOUT_S, StoreError, shown, spoken
from workload.store.grants import Text, close_side_doors, execute, let_read_published, one, take_back_the_rest
from workload.store.tables import PUBLISHED

SUPERSET = "workload_superset"
READER = "workload_reader"
SUPERSET_DATABASE = "superset"
PASSWORDS = Path("accounts") / "database.json"
LOCK = 0x776F726B726F6C65  # "workrole": one process at a time

PLAIN = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "60s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    "search_path": PUBLISHED,
}


@dataclass(frozen=True, slots=True)
class Accounts:
    """Addresses with their passwords, which never print. The driver is left to whoever connects."""

    metadata: SecretStr  # Superset's own database
    published: SecretStr  # our database, as Superset reads it
    reader: SecretStr  # our database, for a reader's own program


def ensure_roles(engine: Engine, data_dir: Path) -> Accounts:
    """The accounts, made or put right where they are missing or differ. The database must be migrated."""
    passwords = _passwords(data_dir)
    with spoken(engine.url), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        with _in_words(engine.url), _locked(raw):
            for role in (SUPERSET, READER):
                _ensure_role(raw, engine.url, role, passwords[role])
                take_back_the_rest(raw, role)
                let_read_published(raw, role)
                if not _enters(engine.url, role, passwords[role]):
                    _change_password(raw, engine.url, role, passwords[role], data_dir / PASSWORDS)
            close_side_doors(raw)
            _ensure_database(raw, engine.url)
    return Accounts(
        metadata=_address(engine.url, SUPERSET, passwords, SUPERSET_DATABASE),
        published=_address(engine.url, SUPERSET, passwords, engine.url.database),
        reader=_address(engine.url, READER, passwords, engine.url.database),
    )


@contextmanager
def _locked(connection: psycopg.Connection) -> Iterator[None]:
    """One process at a time; the statements inside commit one by one, each of them idempotent."""
    connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


@contextmanager
def _in_words(url: URL) -> Iterator[None]:
    """The driver's refusals as ours, without what the server said."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege:
        raise StoreError("store_roles_refused", where=shown(url), roles=f"{SUPERSET}, {READER}") from None
    except psycopg.Error as error:
        raise StoreError("store_failed", where=shown(url), reason=error.sqlstate or type(error).__name__) from None


def _passwords(data_dir: Path) -> dict[str, str]:
    """Read from their file, made where one is missing."""
    path = data_dir / PASSWORDS
    try:
        known: dict[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        complete = {role: known.get(role) or secrets.token_urlsafe(24) for role in (SUPERSET, READER)}
        if complete != known:
            write_secret(path, json.dumps(complete, indent=1))
    except OSError as error:
        raise StoreError("store_data_unusable", path=path, reason=error.strerror or type(error).__name__) from error
    except (ValueError, AttributeError):
        raise StoreError("store_passwords_unreadable", path=path) from None
    return complete


def write_secret(path: Path, content: str) -> None:
    """A file that only our user reads, complete or absent."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    Path(temporary).replace(path)


def _ensure_role(connection: psycopg.Connection, url: URL, role: str, password: str) -> None:
    if not one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        execute(connection, f"CREATE ROLE {{}} {PLAIN} PASSWORD {{}}", role, _verifier(connection, role, password))
    too_much = one(
        connection,
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls OR NOT rolcanlogin"
        " FROM pg_roles WHERE rolname = %s",
        role,
    )
    if too_much:
        execute(connection, f"ALTER ROLE {{}} {PLAIN}", role)
    for name, value in SETTINGS.items():
        if not _is_set(connection, role, name, value):
            execute(
                connection, f"ALTER ROLE {{}} IN DATABASE {{}} SET {name} = {{}}", role, url.database or "", Text(value)
            )


def _change_password(connection: psycopg.Connection, url: URL, role: str, password: str, file: Path) -> None:
    try:
        execute(connection, "ALTER ROLE {} PASSWORD {}", role, _verifier(connection, role, password))
    except psycopg.errors.InsufficientPrivilege:
        raise StoreError("store_role_password", where=shown(url), role=role, path=file) from None
    if not _enters(url, role, password):
        raise StoreError("store_role_refused", where=shown(url), role=role)


def _verifier(connection: psycopg.Connection, role: str, password: str) -> Text:
    return Text(connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode())


def _is_set(connection: psycopg.Connection, role: str, name: str, value: str) -> bool:
    return one(
        connection,
        "SELECT %s = ANY (setconfig) FROM pg_db_role_setting WHERE setrole = %s::regrole"
        " AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())",
        f"{name}={value}",
        role,
    )


def _enters(url: URL, role: str, password: str) -> bool:
    try:
        psycopg.connect(conninfo(url, role, password)).close()
    except psycopg.OperationalError:
        return False
    return True


def conninfo(url: URL, role: str, password: str) -> str:
    given: dict[str, Any] = {"host": url.host, "port": url.port, "connect_timeout": CONNECT_TIMEOUT_S} | url.query
    return psycopg.conninfo.make_conninfo(dbname=url.database, user=role, password=password, **given)


def _ensure_database(connection: psycopg.Connection, url: URL) -> None:
    """Superset's own database: its account owns it, nobody else enters."""
    if not one(connection, "SELECT 1 FROM pg_database WHERE datname = %s", SUPERSET_DATABASE):
        if not one(connection, "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"):
            raise StoreError("store_no_createdb", where=shown(url), base=SUPERSET_DATABASE, role=SUPERSET)
        _lend_membership(connection)
        execute(connection, "CREATE DATABASE {} OWNER {}", SUPERSET_DATABASE, SUPERSET)
    if one(
        connection,
        "SELECT bool_or(held.grantee = 0) FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) held"
        " WHERE datname = %s",
        SUPERSET_DATABASE,
    ):
        execute(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", SUPERSET_DATABASE)


def _lend_membership(connection: psycopg.Connection) -> None:
    """Who gives a database away must be able to become its owner; a superuser is, others grant it to themselves."""
    if not one(connection, "SELECT pg_has_role(%s, 'SET')", SUPERSET):
        execute(connection, "GRANT {} TO CURRENT_USER", SUPERSET)


def _address(url: URL, role: str, passwords: dict[str, str], database: str | None) -> SecretStr:
    address = url.set(drivername="postgresql", username=role, password=passwords[role], database=database)
    return SecretStr(address.render_as_string(hide_password=False))
