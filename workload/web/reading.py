"""What a page may say: a scenario's sheet and the published tables of its study, cut to what the account may see."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fastapi import Request
from sqlalchemy import Engine, select

from workload.errors import RequestError
from workload.store.published_tables import published_tables
from workload.store.scenario_sheets import Row, Sheet, read_sheet
from workload.store.scenarios import PUBLISHED, SHARED, SavedScenario, list_scenarios
from workload.web.rights import WHOLE, Account, Action, Role, may, require
from workload.web.state import web_of

STATES = {"draft": "brouillon", "shared": "partagé avec la direction", "published": "publié"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as pages name it, with the sheet cut to the account's territories."""

    study: str
    code: str
    sheet: Sheet

    @property
    def address(self) -> str:
        return f"/resultats/{self.study}/{self.code}"

    @property
    def title(self) -> str:
        return str(self.sheet.tables["scenario"][0]["scenario"])

    @property
    def state(self) -> str:
        return STATES[self.sheet.status]

    @property
    def missions(self) -> list[tuple[str, str]]:
        """(id, name), the main one first."""
        main = self.sheet.study["main_mission"]
        found = {row["mission_id"]: row["mission"] for row in self.sheet.tables["scenario_mission"]}
        return sorted(found.items(), key=lambda pair: pair[0] != main)

    def mission(self, asked: str | None) -> tuple[str, str]:
        """The one asked for, else the main one. RequestError where there is none of that id."""
        for id, name in self.missions:
            if asked in (None, "", id):
                return id, name
        raise RequestError("mission_unknown", id=asked)

    def allocation(self, mission: str) -> list[Row]:
        return sorted(self.sheet.rows("allocation", mission), key=lambda row: row["territory_order"])

    def one(self, table: str, mission: str, territory: str) -> Row:
        rows = self.sheet.rows(table, mission, territory)
        if not rows:
            raise RequestError("territory_unknown", id=territory)
        return rows[0]

    def ledger(self, mission: str, territory: str) -> list[Row]:
        return sorted(self.sheet.rows("ledger", mission, territory), key=lambda row: row["row_order"])


def scenario_of(
    request: Request, account: Account, study: str, code: str, action: Action = Action.SEE_RESULTS
) -> Scenario:
    """Raises RequestError where there is none, RefusedError where it is not open to this account."""
    sheet = read_sheet(web_of(request).engine, f"{study}/{code}")
    require(account, action, scenario_status=sheet.status)
    return Scenario(study, code, cut(sheet, account))


def cut(sheet: Sheet, account: Account) -> Sheet:
    """A manager reads the rows of her own territory and those of the département."""
    if account.role is not Role.MANAGER:
        return sheet
    tables = {
        name: [row for row in rows if may(account, Action.SEE_RESULTS, row.get("territory_id", WHOLE))]
        for name, rows in sheet.tables.items()
    }
    study = {name: said for name, said in sheet.study.items() if name not in ("diagnostics", "withheld")}
    return replace(sheet, tables=tables, study=study, basis={})


def scenarios_for(request: Request, account: Account) -> list[SavedScenario]:
    """Those the account may read, the last made first."""
    found = list_scenarios(web_of(request).engine)
    return [s for s in reversed(found) if may(account, Action.SEE_RESULTS, scenario_status=s.status)]


def study_rows(engine: Engine, account: Account, table: str, study: str, **equal: Any) -> list[Row]:
    """Rows of a published table of the study itself, by its key; for a manager her own territory and the whole."""
    found = published_tables()[table]
    states = [state for state in (PUBLISHED, SHARED) if may(account, Action.SEE_TIME_USE, scenario_status=state)]
    query = select(found).where(found.c.study_id == study, found.c.scenario_status.in_(states))
    for name, value in equal.items():
        query = query.where(found.c[name].in_(value) if isinstance(value, list | tuple) else found.c[name] == value)
    query = query.order_by(*found.primary_key.columns)
    with engine.connect() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    if account.role is not Role.MANAGER or "territory_id" not in found.c:
        return rows
    return [
        row for row in rows if row["territory_id"] is None or may(account, Action.SEE_TIME_USE, row["territory_id"])
    ]


def by_key(rows: Iterable[Row], *names: str) -> dict[Any, list[Row]]:
    """Rows in groups that share these columns."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        found.setdefault(key if len(names) > 1 else key[0], []).append(row)
    return found
