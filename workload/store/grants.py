"""What an account may read in our database, and what everybody could do there and no longer can."""

import psycopg
from psycopg import sql

from workload.store.tables import CORE, PUBLISHED

RUNS_SQL_OR_KEEPS = (
    *("query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema"),
    *("table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema"),
    *("schema_to_xml", "schema_to_xmlschema", "schema_to_xml_and_xmlschema"),
    *("database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema", "ts_stat", "ts_rewrite"),
    *("lo_create", "lo_creat", "lo_from_bytea", "lo_open", "lo_put", "lowrite", "lo_truncate", "lo_truncate64"),
)
"""Functions that everybody may call by default. The first run SQL given as text, past any row rule that a program
writes around its own query; the others leave something behind."""


class Text(str):
    """A value that goes into a statement quoted as text, where other strings are names."""

    __slots__ = ()


def execute(connection: psycopg.Connection, statement: str, *parts: str) -> None:
    quoted = [sql.Literal(str(part)) if isinstance(part, Text) else sql.Identifier(part) for part in parts]
    connection.execute(sql.SQL(statement).format(*quoted))


def one(connection: psycopg.Connection, query: str, *values: str) -> bool:
    row = connection.execute(query, values).fetchone()
    return bool(row and row[0])


def let_read_published(connection: psycopg.Connection, role: str) -> None:
    """Schema `published`: what is there and what we shall make there."""
    if not one(connection, "SELECT has_database_privilege(%s, current_database(), 'CONNECT')", role):
        execute(connection, "GRANT CONNECT ON DATABASE {} TO {}", connection.info.dbname, role)
    if not one(connection, "SELECT has_schema_privilege(%s, %s, 'USAGE')", role, PUBLISHED):
        execute(connection, "GRANT USAGE ON SCHEMA {} TO {}", PUBLISHED, role)
    if one(
        connection,
        "SELECT bool_or(NOT has_table_privilege(%s, oid, 'SELECT')) FROM pg_class"
        " WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'v', 'm', 'p')",
        *(role, PUBLISHED),
    ):
        execute(connection, "GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}", PUBLISHED, role)
    if not one(
        connection,
        "SELECT bool_or(held.grantee = %s::regrole) FROM pg_default_acl, aclexplode(defaclacl) held"
        " WHERE defaclnamespace = %s::regnamespace AND defaclrole = current_user::regrole"
        " AND held.privilege_type = 'SELECT'",
        *(role, PUBLISHED),
    ):
        execute(connection, "ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT SELECT ON TABLES TO {}", PUBLISHED, role)


def take_back_the_rest(connection: psycopg.Connection, role: str) -> None:
    """What somebody gave besides: another role's rights, our own schema."""
    memberships = connection.execute(
        "SELECT rolname FROM pg_auth_members JOIN pg_roles ON pg_roles.oid = roleid WHERE member = %s::regrole", [role]
    ).fetchall()
    for (name,) in memberships:
        execute(connection, "REVOKE {} FROM {}", name, role)
    if one(connection, "SELECT has_schema_privilege(%s, %s, 'USAGE')", role, CORE):
        execute(connection, "REVOKE ALL ON SCHEMA {} FROM {}", CORE, role)


def close_side_doors(connection: psycopg.Connection) -> None:
    """What everybody may do in any new database, taken back in this one as far as we may."""
    if one(
        connection,
        "SELECT bool_or(held.grantee = 0) AND bool_and(pg_has_role(nspowner, 'USAGE')) FROM pg_namespace,"
        " aclexplode(coalesce(nspacl, acldefault('n', nspowner))) held WHERE nspname = 'public'",
    ):
        execute(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    if one(
        connection,
        "SELECT bool_or(held.grantee = 0 AND held.privilege_type <> 'CONNECT')"
        " AND bool_and(pg_has_role(datdba, 'USAGE')) FROM pg_database,"
        " aclexplode(coalesce(datacl, acldefault('d', datdba))) held WHERE datname = current_database()",
    ):
        execute(connection, "REVOKE CREATE, TEMPORARY ON DATABASE {} FROM PUBLIC", connection.info.dbname)
    if not one(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        return  # only a superuser may; the row rules' guard in Superset stands alone there
    open_to_all = connection.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace"
        " AND proname = ANY (%s) AND has_function_privilege('public', oid, 'EXECUTE')",
        [list(RUNS_SQL_OR_KEEPS)],
    ).fetchall()
    for (function,) in open_to_all:
        connection.execute(f"REVOKE EXECUTE ON FUNCTION pg_catalog.{function} FROM PUBLIC")
