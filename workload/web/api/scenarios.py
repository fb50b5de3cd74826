"""Scenarios for programs: the list, every published table of one, other choices tried on it, new ones computed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from workload.errors import RequestError
from workload.ingest.scenario_file import ScenarioFile
from workload.ingest.study_file import read_study_file
from workload.ingest.values import slug
from workload.recount import changes_to
from workload.recount.changes import changes_from
from workload.store.scenario_sheets import read_sheet
from workload.store.scenarios import DRAFT, PUBLISHED, SHARED, list_scenarios
from workload.web.access import Account, Action, needs, require
from workload.web.deposits import start
from workload.web.reading import scenario_of, scenarios_for
from workload.web.sandbox import basis_of, result_rows, try_out
from workload.web.state import web_of
from workload.web.studies import study_of

router = APIRouter(prefix="/api/v1", tags=["scénarios"])
Reader = Annotated[Account, needs(Action.SEE_RESULTS)]


class ScenarioHead(BaseModel):
    study: str
    code: str
    title: str
    description: str
    status: str
    run_id: str | None


class Tables(BaseModel):
    study: str
    code: str
    status: str
    tables: dict[str, int]  # name → rows


class Rows(BaseModel):
    table: str
    total: int
    rows: list[dict[str, Any]]


class Tried(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mission: str = ""
    changes: dict[str, Any] = Field(default_factory=dict)


class TriedResult(BaseModel):
    mission: str
    changes: dict[str, Any]
    rows: list[dict[str, Any]]
    remarks: list[str]


class NewScenario(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=120)
    description: str = Field(default="", max_length=2000)
    choices: dict[str, Any] = Field(default_factory=dict)
    draws: int = Field(default=400, ge=20, le=2000)


class Started(BaseModel):
    task: str


@router.get("/scenarios")
def scenarios(request: Request, account: Reader) -> list[ScenarioHead]:
    """Les scénarios ouverts au compte, le dernier fait d’abord."""
    return [
        ScenarioHead(
            study=s.study, code=s.code, title=s.title, description=s.description, status=s.status, run_id=s.run_id
        )
        for s in scenarios_for(request, account)
    ]


@router.get("/scenarios/{study}/{code}")
def scenario(request: Request, account: Reader, study: str, code: str) -> Tables:
    """Les tables d’un scénario, telles que publiées, et leur nombre de lignes pour ce compte."""
    shown = scenario_of(request, account, study, code)
    counts = {name: len(rows) for name, rows in shown.sheet.tables.items()}
    return Tables(study=study, code=code, status=shown.sheet.status, tables=counts)


@router.get("/scenarios/{study}/{code}/tables/{table}")
def rows(
    request: Request,
    account: Reader,
    study: str,
    code: str,
    table: str,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Rows:
    """Les lignes d’une table du scénario."""
    shown = scenario_of(request, account, study, code)
    if table not in shown.sheet.tables:
        raise RequestError("table_unknown", id=table)
    found = shown.sheet.tables[table]
    return Rows(table=table, total=len(found), rows=found[offset : offset + limit])


@router.post("/scenarios/{study}/{code}/try")
def attempt(
    request: Request, account: Annotated[Account, needs(Action.SANDBOX)], study: str, code: str, asked: Tried
) -> TriedResult:
    """D’autres choix sur un scénario, sous le même moteur ; rien n’est gardé."""
    shown = scenario_of(request, account, study, code)
    mission = shown.mission(asked.mission)[0]
    basis = basis_of(shown, mission)
    before, after = try_out(basis, asked.changes)
    return TriedResult(
        mission=mission,
        changes=changes_to(changes_from(asked.changes, basis)),
        rows=result_rows(basis, before, after),
        remarks=[str(remark) for remark in after.remarks],
    )


@router.post("/studies/{study}/scenarios", status_code=202)
def compute(
    request: Request, account: Annotated[Account, needs(Action.COMPUTE_SCENARIO)], study: str, asked: NewScenario
) -> Started:
    """Un scénario à calculer et à garder en brouillon : le travail se suit à /api/v1/tasks."""
    of = study_of(request, study)
    try:
        checked = ScenarioFile.model_validate({"titre": asked.title.strip(), "choix": asked.choices})
    except ValueError as error:
        raise RequestError("build_choice") from error
    read_study_file(of.home.folder, checked.choices)
    key = f"{study}/{slug(checked.title)}"
    taken = next((s for s in list_scenarios(web_of(request).engine) if s.key == key), None)
    if taken and not (taken.status == DRAFT and taken.created_by == account.login):
        raise RequestError("scenario_title_taken", title=checked.title)
    task = {
        "title": checked.title,
        "description": asked.description,
        "choices": checked.choices,
        "draws": asked.draws,
        "wanted": "draft",
    }
    return Started(task=start(web_of(request), account, "scenario", study, task))


@router.post("/scenarios/{study}/{code}/share", status_code=202)
def share(
    request: Request, account: Annotated[Account, needs(Action.SHARE_SCENARIO)], study: str, code: str
) -> Started:
    """Montre un scénario à la direction."""
    return _open(request, account, study, code, Action.SHARE_SCENARIO, SHARED)


@router.post("/scenarios/{study}/{code}/publish", status_code=202)
def publish(
    request: Request, account: Annotated[Account, needs(Action.PUBLISH_SCENARIO)], study: str, code: str
) -> Started:
    """Publie un scénario : il ne change plus."""
    return _open(request, account, study, code, Action.PUBLISH_SCENARIO, PUBLISHED)


def _open(request: Request, account: Account, study: str, code: str, action: Action, wanted: str) -> Started:
    sheet = read_sheet(web_of(request).engine, f"{study}/{code}")
    require(account, action, scenario_status=sheet.status)
    title = str(sheet.tables["scenario"][0]["scenario"])
    asked = {
        "scenario": sheet.key,
        "wanted": wanted,
        "title": title,
        "draws": int(sheet.study["draws"]),
        "run": sheet.run_id,
    }
    return Started(task=start(web_of(request), account, "publication", study, asked))
