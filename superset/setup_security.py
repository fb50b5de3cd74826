"""Roles, row rules and people, from roles.yaml and the launcher's list of people. Run inside Superset's application.

Deny by default: a role holds exactly what roles.yaml writes; one Base rule per dataset hides every row from whoever no
line of roles.yaml lets in; rules and grants added by hand go. Run again, it changes nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from setup_errors import SetupError
from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
from superset.models.core import Database
from superset.models.dashboard import Dashboard

from superset import db, security_manager

SCHEMA = "published"
NOTHING = "1 = 0"
SLUG = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
VALUE = re.compile(r"[\w*-]+")


@dataclass(frozen=True)
class Rule:
    """Rows of `tables` that `roles` see; a Base rule holds for everybody but its roles."""

    name: str
    kind: str
    clause: str
    group: str | None
    tables: list[SqlaTable] = field(default_factory=list)
    roles: list[Any] = field(default_factory=list)


def apply(document: dict[str, Any], people: list[dict[str, str]], database: Database) -> None:
    datasets = readable(database)
    columns = {dataset.id: real_columns(database, dataset) for dataset in datasets}
    readers = {key: role for key, role in document["roles"].items() if "superset" not in role}
    roles = {key: security_manager.add_role(role["name"]) for key, role in readers.items()}
    territories = {key: _own_roles(role, _values(people, key)) for key, role in readers.items() if "own" in role}
    for key, role in readers.items():
        given = [dataset for dataset in datasets if _matches(dataset.table_name, role["datasets"])]
        _hold(roles[key], [*_permissions(document["reading"]), *_data(given)])
        for own in territories.get(key, {}).values():
            _hold(own, [])
    _hold(security_manager.find_role("Public"), _permissions(document["public"]))
    _give_dashboards(readers, roles)
    _write(list(_rules(readers, roles, territories, datasets, columns)))
    for person in people:
        _ensure_person(person, document["roles"], roles, territories)
    db.session.commit()


def readable(database: Database) -> list[SqlaTable]:
    """Tables and views of `published`. No other dataset is ever given to a reader: a query of its own would hide from
    the row rules which table it reads."""
    datasets = db.session.query(SqlaTable).filter_by(database_id=database.id).order_by(SqlaTable.table_name).all()
    return [dataset for dataset in datasets if dataset.schema == SCHEMA and not dataset.sql]


def real_columns(database: Database, dataset: SqlaTable) -> set[str]:
    """As PostgreSQL has them: a column that an asset file forgets would take its row rule along."""
    with database.get_inspector(schema=SCHEMA) as inspector:
        found = {column["name"] for column in inspector.get_columns(dataset.table_name, schema=SCHEMA)}
    if not found:
        raise SetupError(f"published.{dataset.table_name} : cette table n’existe pas dans la base.")
    return found


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _values(people: list[dict[str, str]], role: str) -> list[str]:
    values = sorted({person.get("territory", "") for person in people if person["role"] == role})
    for value in values:
        if not SLUG.fullmatch(value):
            raise SetupError(f"« {value} » n’est pas un code de territoire.")
    return values


def _own_roles(role: dict[str, Any], values: list[str]) -> dict[str, Any]:
    return {value: security_manager.add_role(role["own"]["role"].format(value=value)) for value in values}


def _permissions(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    found = {(name, view): security_manager.find_permission_view_menu(name, view) for name, view in pairs}
    unknown = [f"{name} on {view}" for (name, view), permission in found.items() if permission is None]
    if unknown:
        raise SetupError("Permissions inconnues de cette version de Superset : " + ", ".join(unknown))
    return list(found.values())


def _data(datasets: list[SqlaTable]) -> list[Any]:
    return [security_manager.add_permission_view_menu("datasource_access", dataset.perm) for dataset in datasets]


def _hold(role: Any, permissions: list[Any]) -> None:
    """Exactly these."""
    if {permission.id for permission in role.permissions} != {permission.id for permission in permissions}:
        role.permissions = permissions


def _give_dashboards(readers: dict[str, Any], roles: dict[str, Any]) -> None:
    """A dashboard that no role lists goes to administrators: one without any role would be open to all."""
    for dashboard in db.session.query(Dashboard):
        wanted = [roles[key] for key, role in readers.items() if _matches(dashboard.slug or "", role["dashboards"])]
        wanted = wanted or [security_manager.find_role("Admin")]
        if {role.id for role in dashboard.roles} != {role.id for role in wanted}:
            dashboard.roles = wanted


def _rules(
    readers: dict[str, Any],
    roles: dict[str, Any],
    territories: dict[str, dict[str, Any]],
    datasets: list[SqlaTable],
    columns: dict[int, set[str]],
) -> Iterable[Rule]:
    """Base: nothing, save for who has the dataset, and where rows belong to somebody, for whose own role says so.

    So a person in charge of a territory whose territory's role is missing sees none, not all.
    """
    admin = security_manager.find_role("Admin")
    owned = {
        key: {d.id for d in datasets if role["own"]["column"] in columns[d.id]}
        for key, role in readers.items()
        if "own" in role
    }
    for dataset in datasets:
        let_in = [admin]
        for key, role in readers.items():
            if _matches(dataset.table_name, role["datasets"]):
                let_in += territories[key].values() if dataset.id in owned.get(key, ()) else [roles[key]]
        yield Rule(f"{dataset.table_name} : rien sinon", "Base", NOTHING, None, [dataset], let_in)
    for key, role in readers.items():
        for column, values in role.get("rows", {}).items():
            tables = [dataset for dataset in datasets if column in columns[dataset.id]]
            yield Rule(f"{role['name']} : {column}", "Regular", _among(column, values), None, tables, [roles[key]])
        for value, own in territories.get(key, {}).items():
            column = role["own"]["column"]
            tables = [dataset for dataset in datasets if dataset.id in owned[key]]
            yield Rule(f"{own.name} : {column}", "Regular", _among(column, [value]), column, tables, [own])


def _among(column: str, values: list[str]) -> str:
    for value in (column, *values):
        if not VALUE.fullmatch(value):
            raise SetupError(f"« {value} » ne peut pas servir dans une règle de lignes.")
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _write(rules: list[Rule]) -> None:
    known = {rule.name: rule for rule in db.session.query(RowLevelSecurityFilter)}
    for name in known.keys() - {rule.name for rule in rules}:
        db.session.delete(known[name])
    for rule in rules:
        row = known.get(rule.name) or RowLevelSecurityFilter(name=rule.name)
        row.filter_type, row.clause, row.group_key = rule.kind, rule.clause, rule.group
        for name, wanted in (("tables", rule.tables), ("roles", rule.roles)):
            if {one.id for one in getattr(row, name)} != {one.id for one in wanted}:
                setattr(row, name, wanted)
        db.session.add(row)


def _ensure_person(
    person: dict[str, str], document: dict[str, Any], roles: dict[str, Any], territories: dict[str, dict[str, Any]]
) -> None:
    """Made once with the password given; afterwards only name and roles are put right."""
    key = person["role"]
    if key not in document:
        raise SetupError(f"{person['login']} : rôle « {key} » inconnu.")
    wanted = [roles[key]] if key in roles else [security_manager.find_role(document[key]["superset"])]
    if key in territories:
        wanted.append(territories[key][person.get("territory", "")])
    user = security_manager.find_user(person["login"])
    if user is None:
        made = security_manager.add_user(
            person["login"],
            person["first_name"],
            person["last_name"],
            f"{person['login']}@invalid",
            wanted,
            password=person["password"],
        )
        if not made:
            raise SetupError(f"{person['login']} : ce compte n’a pas pu être créé.")
        return
    user.first_name, user.last_name, user.active = person["first_name"], person["last_name"], True
    if {role.id for role in user.roles} != {role.id for role in wanted}:
        user.roles = wanted
