"""Roles, row rules and people, from roles.yaml and the launcher's list of people. Run inside Superset's application.

Deny by default: a role holds exactly what roles.yaml writes; one Base rule per dataset hides every row from whoever no
line of roles.yaml lets in; rules and grants added by hand go. Run again, it changes nothing.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from setup_errors import SetupError
from superset.connectors.sqla.models import RowLevelSecurityFilter, SqlaTable
from superset.models.core import Database
from superset.models.dashboard import Dashboard
from superset_entry import SLUG, UNUSABLE

from superset import db, security_manager

SCHEMA = "published"
NOTHING = "1 = 0"
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
    readers = _readers(document)
    roles = {key: _role(role["name"]) for key, role in readers.items()}
    owned = {key: role for key, role in readers.items() if "own" in role}
    territories = {key: _own_roles(role, _values(people, key) | _known_values(role)) for key, role in owned.items()}
    for key, role in readers.items():
        given = [dataset for dataset in datasets if _matches(dataset.table_name, role["datasets"])]
        _hold(roles[key], [*_permissions(document["reading"]), *_data(given)])
        for own in territories.get(key, {}).values():
            _hold(own, [])
    _hold(security_manager.find_role("Public"), _permissions(document["public"]))
    _give_dashboards(readers, roles)
    _write_rules(database, readers, roles, territories)
    for person in people:
        _ensure_person(person, document["roles"], roles, territories)
    db.session.commit()


def open_territory(document: Mapping[str, Any], database: Database, key: str, value: str) -> None:
    """A territory that nobody had before: its own role and its row rules. Whoever calls commits: both or neither."""
    readers = _readers(document)
    role = readers[key]
    if _own_name(role, value) in {known.name for known in security_manager.get_all_roles()} and value in _ruled(role):
        return
    roles = {one: _role(readers[one]["name"]) for one in readers}
    territories = {
        one: _own_roles(own, _known_values(own) | ({_checked(value)} if one == key else set()))
        for one, own in readers.items()
        if "own" in own
    }
    _write_rules(database, readers, roles, territories)


def _readers(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: role for key, role in document["roles"].items() if "superset" not in role}


def _write_rules(
    database: Database, readers: dict[str, Any], roles: dict[str, Any], territories: dict[str, dict[str, Any]]
) -> None:
    datasets = readable(database)
    columns = {dataset.id: real_columns(database, dataset) for dataset in datasets}
    _write(list(_rules(readers, roles, territories, datasets, columns)))


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


def _values(people: list[dict[str, str]], role: str) -> set[str]:
    return {_checked(person.get("territory", "")) for person in people if person["role"] == role}


def _checked(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise SetupError(f"« {value} » n’est pas un code de territoire.")
    return value


def _known_values(role: dict[str, Any]) -> set[str]:
    """Territories that have their role already: of people who entered with their account of the web app, too."""
    before, after = role["own"]["role"].split("{value}")
    names = [known.name for known in security_manager.get_all_roles()]
    found = {name[len(before) : len(name) - len(after)] for name in names if name.startswith(before)}
    return {value for value in found if SLUG.fullmatch(value) and _own_name(role, value) in names}


def _own_roles(role: dict[str, Any], values: Iterable[str]) -> dict[str, Any]:
    return {value: _role(_own_name(role, value)) for value in sorted(values)}


def _own_name(role: dict[str, Any], value: str) -> str:
    return str(role["own"]["role"].format(value=value))


def _own_rule(own: str, column: str) -> str:
    return f"{own} : {column}"


def _ruled(role: dict[str, Any]) -> set[str]:
    """Territories whose rows a rule shows to their role."""
    names = {name for (name,) in db.session.query(RowLevelSecurityFilter.name)}
    return {v for v in _known_values(role) if _own_rule(_own_name(role, v), role["own"]["column"]) in names}


def _role(name: str) -> Any:
    """Made if need be, within whatever transaction is open."""
    role = security_manager.find_role(name)
    if role is None:
        role = security_manager.role_model(name=name)
        db.session.add(role)
        db.session.flush()
    return role


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
            yield Rule(_own_rule(own.name, column), "Regular", _among(column, [value]), column, tables, [own])


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
    if user.password == UNUSABLE:  # made while people entered with their account of the web app
        security_manager.reset_password(user.id, person["password"])
    user.first_name, user.last_name, user.active = person["first_name"], person["last_name"], True
    if {role.id for role in user.roles} != {role.id for role in wanted}:
        user.roles = wanted
