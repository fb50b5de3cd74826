"""A scenario's sheet as the dossier reads it: missions, territories, and small questions asked more than once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from workload.reporting.wording import spaced
from workload.store.publishing.words import said
from workload.store.scenario_sheets import Row, Sheet

READ = (
    "allocation",
    "allocation_profession",
    "caseload_gap",
    "counterfactual",
    "indicator",
    "ledger",
    "need_commune",
    "need_component",
    "other_way",
    "plan",
    "scenario",
    "scenario_mission",
    "stability",
    "weight",
)
SPACED = ("title", "notice", "settings", "parameters")


@dataclass(frozen=True, slots=True)
class Mission:
    """allocation: one row per territory, in French alphabetical order."""

    id: str
    name: str
    whole: Row
    allocation: tuple[Row, ...]

    @property
    def moves(self) -> tuple[Row, ...]:
        return tuple(row for row in self.allocation if row["change"])


def as_read(sheet: Sheet) -> Sheet:
    """The tables that the dossier reads, empty where the sheet has none, with French no-break spaces in every text."""
    tables = {name: spaced(sheet.tables.get(name, [])) for name in READ}
    study = {name: spaced(value) if name in SPACED else value for name, value in sheet.study.items()}
    return replace(sheet, tables=tables, study=study)


def missions_of(sheet: Sheet) -> tuple[Mission, ...]:
    """The main one first, the others as the sheet has them."""
    found = [
        Mission(row["mission_id"], row["mission"], row, _in_order(sheet.rows("allocation", row["mission_id"])))
        for row in sheet.rows("scenario_mission")
    ]
    return tuple(sorted(found, key=lambda mission: mission.id != sheet.study["main_mission"]))


def _in_order(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: int(row["territory_order"])))


def supported(row: Row) -> bool:
    return row["supported"] in _texts("supported.supported", "supported.no_move")


def imposed(row: Row) -> bool:
    return row["supported"] in _texts("supported.against_need")


def safe(row: Row) -> bool:
    return row["other_ways"] in _texts("agreement.safe")


def _texts(*keys: str) -> tuple[str, ...]:
    return tuple(spaced(said(key)) for key in keys)


def parameter(sheet: Sheet, name: str, otherwise: float) -> float:
    """A number of the study's policy; `otherwise` where an old sheet has none."""
    return float(sheet.study["parameters"].get(name, {}).get("value", otherwise))


def settings(sheet: Sheet) -> Mapping[str, Any]:
    found: Mapping[str, Any] = sheet.study["settings"]
    return found


def occupied_allowed(sheet: Sheet) -> bool:
    return bool((settings(sheet).get("plan") or {}).get("occupied_allowed"))


def day(text: str) -> date:
    return date.fromisoformat(text[:10])


def surveyed(sheet: Sheet) -> bool:
    """Whether the study has a survey of time: its dates, or weights that come from one."""
    lines = {row["line"] for row in sheet.rows("weight")}
    return bool(settings(sheet).get("campaign")) or bool(lines & set(_texts("lines.data", "lines.blended")))


def extremes(rows: Sequence[Row], key: str) -> tuple[Row, Row] | None:
    """The rows with the lowest and the highest figure; None where there is none."""
    known = [row for row in rows if row[key] is not None]
    if not known:
        return None
    return min(known, key=lambda row: float(row[key])), max(known, key=lambda row: float(row[key]))


def ways_of(sheet: Sheet, mission: str, territory: str | None = None) -> list[Row]:
    """Other ways of counting, without today's posts, which are no way of counting."""
    return [row for row in sheet.rows("other_way", mission, territory) if row["way"] != "present"]


def nearest(sheet: Sheet, mission: str, territory: str) -> list[Row]:
    """Counterfactuals of single counts, the smallest change first; those that no number reaches last."""
    rows = [row for row in sheet.rows("counterfactual", mission, territory) if row["component"] != "need"]
    return sorted(rows, key=lambda row: (row["needed"] is None, row["relative"] is None, abs(row["relative"] or 0.0)))


def need_threshold(sheet: Sheet, mission: str, territory: str) -> Row | None:
    rows = [row for row in sheet.rows("counterfactual", mission, territory) if row["component"] == "need"]
    return rows[0] if rows else None
