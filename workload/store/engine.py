"""SQLAlchemy engine for psycopg 3, and the sentence for each way a database can refuse.

No password reaches a sentence: only server, port and base do. Nor does a row: parameters are hidden, and the original
exception, which holds both, is dropped (`from None`).

Large tables go through COPY on the driver's own connection, inside the same transaction as everything else:
`connection.connection.driver_connection.cursor().copy(...)`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from workload.errors import WorkloadError

DRIVER = "postgresql+psycopg"
CONNECT_TIMEOUT_S = 10
INSUFFICIENT_PRIVILEGE = "42501"


class StoreError(WorkloadError):
    """The database cannot be reached, refuses, or cannot be started."""


def parse_url(address: str) -> URL:
    """The address of a PostgreSQL database, whatever driver it names; anything else is refused."""
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise StoreError("store_url_invalid") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError("store_not_postgresql", kind=url.get_backend_name())
    return url.set(drivername=DRIVER)


def make_engine(url: URL) -> Engine:
    timeout = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
    return create_engine(
        url, pool_pre_ping=True, hide_parameters=True, connect_args={"application_name": "workload", **timeout}
    )


def shown(url: URL) -> str:
    """An address as a sentence may show it: without user or password."""
    host = url.host or url.query.get("host") or "localhost"
    host = host if isinstance(host, str) else ", ".join(host)
    return f"{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


@contextmanager
def spoken(url: URL) -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except DBAPIError as error:
        raise _in_words(error, url) from None


def _in_words(error: DBAPIError, url: URL) -> StoreError:
    where = shown(url)
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate == INSUFFICIENT_PRIVILEGE:
        return StoreError("store_no_rights", where=where)
    if sqlstate is None and _while_connecting(error):
        password = not getattr(getattr(error.orig, "pgconn", None), "needs_password", False)
        return StoreError(_refusal(str(error.orig), password, url), where=where, user=url.username or "")
    if error.connection_invalidated:
        return StoreError("store_lost", where=where)
    return StoreError("store_failed", where=where, reason=sqlstate or type(error.orig).__name__)


def _while_connecting(error: DBAPIError) -> bool:
    return error.statement is None


def _refusal(said: str, password_given: bool, url: URL) -> str:
    """Why a connection was not made. libpq gives no code for it, and the server may speak any language.

    What survives translation: the word FATAL where a server answered, and the quoted name of what it refused.
    """
    if not password_given:
        return "store_password_needed"
    if "FATAL" not in said:
        return "store_unreachable"
    if _quotes(said, url.username):
        return "store_refused"
    return "store_no_such_base" if _quotes(said, url.database) else "store_unavailable"


def _quotes(said: str, name: str | None) -> bool:
    """Whether a message names something in quotes: "x", « x », »x«, „x“."""
    pattern = rf"""["'«»„“”‘’]\s*{re.escape(name or "")}\s*["'«»“”‘’]"""
    return bool(name) and re.search(pattern, said.split("FATAL", 1)[1]) is not None
