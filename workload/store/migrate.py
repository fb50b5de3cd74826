"""Brings a database to the tables this version knows. All of it happens in one transaction, or none."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from workload.store.engine import StoreError
from workload.store.tables import CORE

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x776F726B6C6F6164  # "workload": one process migrates a database at a time


def migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        _prepare(connection)
        try:
            command.upgrade(config(connection), "head")
        except CommandError as error:
            raise StoreError("store_newer") from error


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Takes tables away again, with what they hold."""
    with engine.begin() as connection:
        _prepare(connection)
        command.downgrade(config(connection), revision)


def revision(engine: Engine) -> str:
    """The version of the tables that are there."""
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM core.schema_version")))


def config(connection: Connection) -> Config:
    """Alembic's configuration without an alembic.ini: an installed wheel has none."""
    made = Config()
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _prepare(connection: Connection) -> None:
    """Alembic's own table lies in core, so the schema comes first.

    Looked up before it is made: CREATE SCHEMA IF NOT EXISTS asks for a right on the whole database even where an
    administrator has made the schema for us.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": CORE}) is None:
        connection.execute(text(f"CREATE SCHEMA {CORE}"))
