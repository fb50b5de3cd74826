"""A small campaign to write templates for, and what reads them back."""

from datetime import date
from pathlib import Path

import pandas as pd

from workload.errors import Severity
from workload.ingest.grid import read_workbook
from workload.ingest.study import survey_context
from workload.ingest.study_file import StudyFile
from workload.ingest.survey import SurveyReading, read_survey
from workload.ingest.values import slug
from workload.parameters import parameters_on, taxonomy

ITEMS = taxonomy("departement-2024")
CODES = [item.code for item in ITEMS.items]
HOSTILE = ("=1+1", "+33 6", "-2+3", "@SUM(A1)", '=HYPERLINK("http://x";"y")', "=cmd|' /C calc'!A0", "A&B", "a/b:c?*[d]")


def settings(start: date = date(2025, 3, 10), end: date = date(2025, 3, 21), **changes: object) -> StudyFile:
    missions = {
        "polyvalence": {
            "nom": "Polyvalence de secteur",
            "professions": ["ASS", "CESF"],
            "domaines": {d: {"indicateurs": {"habitants": None}} for d in ("access", "insertion", "housing", "budget")},
        },
        "enfance": {
            "nom": "Protection de l’enfance",
            "professions": ["Éducateur"],
            "domaines": {
                "placement": {"indicateurs": {"confies": None}},
                "aemo": {"indicateurs": {"confies": None}},
            },
        },
    }
    raw = {
        "etude": "Étude d’essai",
        "departement": "54",
        "date": date(2025, 6, 30),
        "taxonomie": ITEMS.id,
        "campagne": {"debut": start, "fin": end},
        "graine": 1,
        "mission_principale": "polyvalence",
        "missions": missions,
    }
    return StudyFile.model_validate(raw | changes)


def communes(territory: str = "Nord", site: str = "Site A") -> pd.DataFrame:
    rows = [("54001", "Une", 1200, territory, site, "S1"), ("54002", "Deux", 800, "Sud", "Site B", "S2")]
    names = ["commune", "commune_name", "population", "territory_name", "site", "sector"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(territory=table["territory_name"].map(slug), part=1.0, longitude=None, latitude=None)


def posts(agents: list[str], territory: str = "Nord", site: str = "Site A", quotite: float = 1.0) -> pd.DataFrame:
    rows = [
        (f"P{n}", slug(territory), site, "S1", "polyvalence", "ASS", 1.0, True, agent, quotite)
        for n, agent in enumerate(agents)
    ]
    names = ["post", "territory", "site", "sector", "mission", "profession", "fte", "occupied", "agent", "quotite"]
    return pd.DataFrame(rows, columns=names)


def read(path: Path, study: StudyFile) -> SurveyReading:
    """The workbook read against the study's campaign, our own layouts only."""
    context = survey_context(path.parent, ITEMS, study, parameters_on(study.day))
    return read_survey(read_workbook(path, path.name), context)


def errors(reading: SurveyReading) -> list[tuple[str, str, str]]:
    return [(i.code, i.sheet, i.cell) for i in reading.issues if i.severity is Severity.ERROR]
