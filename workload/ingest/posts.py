"""postes.xlsx: the register of posts. No names; a holder is a code, and a pseudonym once past `ingest`."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

import pandas as pd

from workload.errors import Issue, Severity
from workload.ingest.grid import Workbook
from workload.ingest.layouts import load
from workload.ingest.study_file import StudyFile
from workload.ingest.tables import Row, did_you_mean, read_table
from workload.ingest.values import normalise, slug
from workload.units import exact

FILE = "postes.xlsx"
DEPARTURE_HORIZON_YEARS = 50
RETIREMENT, MOBILITY = "retraite", "mobilité"
_REASONS = {
    normalise(name): reason
    for reason, names in {
        RETIREMENT: (RETIREMENT, "départ en retraite", "départ à la retraite"),
        MOBILITY: (MOBILITY, "mutation", "mobilité interne", "mobilité externe"),
    }.items()
    for name in names
}
_COLUMNS = [
    *("post", "territory", "site", "sector", "mission", "profession", "fte", "occupied", "agent", "quotite"),
    *("locked", "departure_year", "departure_reason"),
]


def read_posts(workbook: Workbook, communes: pd.DataFrame, study: StudyFile) -> tuple[pd.DataFrame, list[Issue]]:
    """One row per budgeted post: `post, territory, site, sector, mission, profession, fte, occupied, agent, quotite`.

    And `locked` (bool), `departure_year` (Int64), `departure_reason` (retraite, mobilité or None).
    Sums per territory and mission are checked against the declared totals, exactly.
    """
    rows, issues = read_table(workbook, load("tables.csv")["posts"])
    totals, total_issues = read_table(workbook, load("tables.csv")["post_totals"])
    issues += total_issues
    if not rows:
        return pd.DataFrame(), issues
    places = _places(communes)
    missions = {normalise(name): code for code, m in study.missions.items() for name in (code, m.name)}
    issues += _duplicates(rows, "post", "duplicate_post", Severity.ERROR)
    issues += _duplicates(rows, "agent", "agent_on_two_posts", Severity.WARNING)
    for row in rows:
        issues += _place_issues(row, places) + _mission_issues(row, missions, study) + _departure_issues(row, study)
    issues += _total_issues(rows, totals, missions)
    table = pd.DataFrame([dict(row.values) for row in rows])
    for column in ("sector", "agent", "quotite"):
        if column not in table:
            table[column] = None
    table["territory"] = table["territory_name"].map(slug, na_action="ignore")
    table["mission"] = [missions.get(normalise(name)) for name in table["mission"]]
    table["quotite"] = table["quotite"].astype("float64")
    table["locked"] = [bool(row.values.get("locked")) for row in rows]
    years = [row.values.get("departure_year") for row in rows]
    table["departure_year"] = pd.array([int(y) if y is not None and y % 1 == 0 else None for y in years], dtype="Int64")
    reasons = [_REASONS.get(normalise(row.values.get("departure_reason"))) for row in rows]
    table["departure_reason"] = pd.Series(reasons, dtype=object)
    return table[_COLUMNS], issues


Places: TypeAlias = dict[str, dict[str, str]]  # site or sector → what it lies in


def _places(communes: pd.DataFrame) -> Places:
    if communes.empty:
        return {"territory": {}, "site": {}, "sector": {}}
    names = communes["territory_name"].dropna().unique()
    return {
        "territory": {name: name for name in names},
        "site": dict(zip(communes["site"], communes["territory_name"], strict=True)),
        "sector": dict(zip(communes["sector"], communes["site"], strict=True)),
    }


def _duplicates(rows: Iterable[Row], field: str, code: str, severity: Severity) -> list[Issue]:
    issues, first = [], dict[str, Row]()
    for row in rows:
        key = row.values.get(field)
        if not key:
            continue
        if key in first:
            found = row.issue(code, field, cell=first[key].cell(field))
            issues.append(
                Issue(found.code, found.file, found.sheet, found.cell, found.value, severity, "", found.params)
            )
        first.setdefault(key, row)
    return issues


def _place_issues(row: Row, places: Places) -> list[Issue]:
    if not places["territory"]:
        return []  # territoires.xlsx itself could not be read; its own issues say so
    territory, site, sector = (row.values.get(f) for f in ("territory_name", "site", "sector"))
    issues = []
    if territory and territory not in places["territory"]:
        issues.append(
            row.issue("unknown_territory", "territory_name", did_you_mean(territory, list(places["territory"])))
        )
    elif site and site not in places["site"]:
        issues.append(row.issue("unknown_site", "site", did_you_mean(site, list(places["site"]))))
    elif site and territory and places["site"][site] != territory:
        issues.append(row.issue("site_elsewhere", "site", here=territory, other=places["site"][site]))
    if sector and sector not in places["sector"]:
        issues.append(row.issue("unknown_sector", "sector", did_you_mean(sector, list(places["sector"]))))
    elif sector and site in places["site"] and places["sector"][sector] != site:
        issues.append(row.issue("sector_elsewhere", "sector", here=site, other=places["sector"][sector]))
    return issues


def _mission_issues(row: Row, missions: dict[str, str], study: StudyFile) -> list[Issue]:
    mission, profession = row.values["mission"], row.values["profession"]
    if not mission:
        return []
    code = missions.get(normalise(mission))
    if code is None:
        known = [m.name for m in study.missions.values()]
        return [row.issue("unknown_mission", "mission", did_you_mean(mission, known), known=", ".join(known))]
    known = list(study.missions[code].professions)
    if profession and profession not in known:
        return [
            row.issue("unknown_profession", "profession", did_you_mean(profession, known, 50), known=", ".join(known))
        ]
    return []


def _departure_issues(row: Row, study: StudyFile) -> list[Issue]:
    """A foreseen departure: a year from the study's on, and one of two reasons."""
    year, reason = row.values.get("departure_year"), row.values.get("departure_reason")
    first, last = study.day.year, study.day.year + DEPARTURE_HORIZON_YEARS
    issues = []
    if year is not None and not (year % 1 == 0 and first <= year <= last):
        issues.append(row.issue("departure_year_wrong", "departure_year", first=first, last=last))
    if reason and normalise(reason) not in _REASONS:
        issues.append(
            row.issue("departure_reason_wrong", "departure_reason", did_you_mean(reason, [RETIREMENT, MOBILITY], 50))
        )
    elif reason and year is None:
        found = row.issue("departure_without_year", "departure_reason")
        issues.append(replace(found, severity=Severity.WARNING))
    return issues


def _total_issues(rows: list[Row], totals: list[Row], missions: dict[str, str]) -> list[Issue]:
    """Declared totals against the sums of the rows, as exact decimals: 0,1 + 0,2 is 0,3."""
    sums: dict[tuple[str | None, str | None], object] = {}
    for row in rows:
        key = (row.values["territory_name"], missions.get(normalise(row.values["mission"])))
        sums[key] = sums.get(key, exact(0)) + exact(row.values["fte"] or 0)  # type: ignore[operator]
    issues, declared = [], set()
    for total in totals:
        key = (total.values["territory_name"], missions.get(normalise(total.values["mission"])))
        declared.add(key)
        found = sums.get(key, exact(0))
        if total.values["fte"] is not None and exact(total.values["fte"]) != found:
            issues.append(total.issue("total_mismatch", "fte", found=f"{float(found):g}".replace(".", ",")))  # type: ignore[arg-type]
    if totals:
        for territory, mission in sums:
            if (territory, mission) not in declared and territory and mission:
                first = totals[0]
                issues.append(
                    Issue("total_missing", first.file, first.sheet, params={"territory": territory, "mission": mission})
                )
    return issues
