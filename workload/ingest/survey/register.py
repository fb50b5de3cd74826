"""A sheet against the register's line of its agent."""

from collections.abc import Mapping
from typing import Any

from workload.errors import Issue, Severity
from workload.ingest.study_file import StudyFile
from workload.ingest.survey.reading import SurveySheet
from workload.ingest.values import normalise, shown

QUOTITE_TOLERANCE = 0.005


def match_register(sheet: SurveySheet, holder: Mapping[str, Any] | None, study: StudyFile) -> list[Issue]:
    """What the sheet says differently from `territory_name, mission, profession, quotite` of the register.

    A field that the layout does not have says nothing; an agent that the register does not know is an error.
    """

    def issue(code: str, field: str, severity: Severity = Severity.ERROR, **params: object) -> Issue:
        texts = {name: str(value) for name, value in params.items()}
        cell = sheet.header_cells.get(field, "")
        return Issue(code, sheet.file, sheet.sheet, cell, shown(sheet.header.get(field)), severity, "", texts)

    if not sheet.agent:
        return []
    if holder is None:
        return [issue("unknown_agent", "agent")]
    found = []
    missions = {normalise(name): code for code, m in study.missions.items() for name in (code, m.name)}
    mission = sheet.header.get("mission")
    if mission and holder["mission"] in study.missions and missions.get(normalise(mission)) != holder["mission"]:
        found.append(
            issue("register_differs", "mission", heading="Mission", register=study.missions[holder["mission"]].name)
        )
    for field, heading in (("territory_name", "Territoire"), ("profession", "Profession")):
        written = sheet.header.get(field)
        if written and isinstance(holder[field], str) and normalise(written) != normalise(holder[field]):
            found.append(issue("register_differs", field, heading=heading, register=holder[field]))
    quotite = sheet.header.get("quotite")
    if (
        quotite is not None
        and holder["quotite"] == holder["quotite"]
        and abs(quotite - holder["quotite"]) > QUOTITE_TOLERANCE
    ):
        register = f"{holder['quotite']:g}".replace(".", ",")
        found.append(issue("quotite_differs", "quotite", Severity.WARNING, register=register))
    return found
