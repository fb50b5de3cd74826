"""The sheet of a scenario: all that may be said of it, as one document. Pages, reports and the evidence file are made
of it and of nothing else, so that none of them can say what disclosure control withheld.

    sheet = read_sheet(engine, "meurthe_et_moselle_2003/scenario_de_l_etude")
    sheet.tables["allocation"]     # the rows of published.allocation of that scenario
    sheet.study["inputs"]          # name of each file → its SHA-256
    sheet.basis                    # what anybody needs to compute it again (workload.recount)
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import BigInteger, Column, Connection, DateTime, Engine, ForeignKey, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Field, SQLModel, col

from workload.errors import RequestError
from workload.pipeline import RunResult
from workload.recount import basis_of
from workload.store.publishing.places import place_rows
from workload.store.study_tables import Scenario, StudyRow
from workload.store.tables import CORE

Row: TypeAlias = dict[str, Any]
Closed: TypeAlias = Mapping[str, Mapping[str, frozenset[str]]]
"""Mission → territory → components that are told together only."""


class ScenarioSheet(SQLModel, table=True):
    """One per scenario that was computed; final once the scenario is published (migration 0005 has the trigger)."""

    __tablename__ = "scenario_sheet"
    __table_args__ = ({"schema": CORE},)
    scenario_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey(f"{CORE}.scenario.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        )
    )
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    made_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, server_default=func.now()))


@dataclass(frozen=True, slots=True)
class Sheet:
    """What may be said of a scenario.

    tables: name of a published table → its rows of this scenario (`published_tables` describes every column);
    study: title, day, notice, simulated, inputs, parameters, settings, versions, seed, draws, places (territories with
    their outline), and substitutes, where there are any: counts that are withheld, and what is counted instead;
    basis: mission → what it takes to compute need, posts and ledger again.
    """

    key: str
    status: str
    run_id: str
    tables: Mapping[str, list[Row]]
    study: Mapping[str, Any]
    basis: Mapping[str, Any]

    def rows(self, table: str, mission: str | None = None, territory: str | None = None) -> list[Row]:
        """The rows of one table, of one mission, of one territory."""
        return [
            row
            for row in self.tables[table]
            if mission in (None, row.get("mission_id")) and territory in (None, row.get("territory_id"))
        ]


PUBLISHED_STATUS = "published"
OF_THE_RUN = ("inputs", "parameters", "settings", "versions", "seed", "draws", "notice", "simulated", "coverage")


def keep_sheet(
    connection: Connection,
    scenario: int,
    tables: Mapping[str, list[Row]],
    result: RunResult,
    document: Mapping[str, Any],
    closed: Closed,
    withheld: Iterable[Row] = (),
) -> None:
    """Writes the sheet in the caller's transaction, over an earlier one; that of a published scenario stays as it was.

    closed: what the basis may tell only summed; withheld: what is not shown, release by release.
    """
    of_territories = [row for row in place_rows(result.study) if row["level"] != "commune"]
    whole = {
        "tables": tables,
        "study": {
            "title": result.study.settings.title,
            "department": result.study.settings.department,
            "day": result.study.settings.day,
            "main_mission": result.main.id,
            "places": of_territories,
            **{name: document[name] for name in OF_THE_RUN},
            **{name: document[name] for name in ("substitutes",) if name in document},
            "diagnostics": document.get("diagnostics", {}),
            "withheld": list(withheld),
            "indicator_files": {i.id: i.file.rpartition(".")[0] for i in result.study.indicators.values() if i.file},
        },
        "basis": basis_of(result, closed),
    }
    plain = json.loads(json.dumps(whole, default=_plain, allow_nan=False))
    values = {"scenario_id": scenario, "document": plain, "made_at": func.now()}
    written = upsert(ScenarioSheet).values(values)
    final = ScenarioSheet.__table__.c.document["tables"]["scenario"][0]["scenario_status"].astext  # type: ignore[attr-defined]
    connection.execute(
        written.on_conflict_do_update(index_elements=["scenario_id"], set_=values, where=final != PUBLISHED_STATUS)
    )


def read_sheet(engine: Engine, key: str) -> Sheet:
    """key: study/scenario, as people and addresses name it. Raises RequestError where there is none.

    Sheets are large and read by every page: those read last are kept, each for as long as it is the one written last.
    """
    study, _, code = key.partition("/")
    query = (
        select(col(Scenario.status), col(Scenario.run_id), col(ScenarioSheet.scenario_id), col(ScenarioSheet.made_at))
        .join(StudyRow, col(StudyRow.id) == col(Scenario.study_id))
        .join(ScenarioSheet, col(ScenarioSheet.scenario_id) == col(Scenario.id))
        .where(col(StudyRow.code) == study, col(Scenario.code) == code)
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
        if row is None:
            raise RequestError("scenario_unknown", id=key)
        written = (str(engine.url), row.scenario_id, row.made_at)
        document = (
            _KEPT.get(written)
            or connection.execute(
                select(col(ScenarioSheet.document)).where(col(ScenarioSheet.scenario_id) == row.scenario_id)
            ).scalar_one()
        )
    while len(_KEPT) >= MOST_KEPT:
        _KEPT.pop(next(iter(_KEPT)), None)
    _KEPT[written] = document
    return Sheet(key, row.status, row.run_id or "", document["tables"], document["study"], document["basis"])


MOST_KEPT = 16
_KEPT: dict[tuple[str, int, datetime], dict[str, Any]] = {}


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"no JSON for {type(value).__name__}")
