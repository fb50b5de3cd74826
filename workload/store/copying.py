"""Many rows at once: COPY on the driver's own connection, in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import sql
from sqlalchemy import Connection


def copy_rows(
    connection: Connection, schema: str, table: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> int:
    """The number of rows written. A row lacks no column: a hole is said as None."""
    statement = sql.SQL("COPY {}.{} ({}) FROM STDIN").format(
        sql.Identifier(schema), sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver = connection.connection.driver_connection
    assert driver is not None
    n = 0
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_plain(row[name]) for name in columns])
            n += 1
    return n


def _plain(value: Any) -> Any:
    """Numbers of numpy and missing values of pandas as Python's own."""
    if value is None or (value != value and not isinstance(value, list | str)):
        return None
    if hasattr(value, "item"):
        value = value.item()
    return value.replace("\0", "") if isinstance(value, str) else value
