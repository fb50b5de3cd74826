"""What is contested, by whom, and what was answered: open to everybody who reads the scenario."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from workload.catalogue import number, posts_text, signed
from workload.errors import RequestError
from workload.store.objections import ANSWERS, ObjectionView, Said, answer, find_objection, list_objections, object_to
from workload.store.scenarios import list_scenarios
from workload.web.access import Account, Action, may, needs, require
from workload.web.addresses import go
from workload.web.reading import Scenario, scenario_of
from workload.web.rendering import page
from workload.web.rights import WHOLE, RefusedError, Role
from workload.web.state import web_of
from workload.web.words import language_of

router = APIRouter()
Reader = Annotated[Account, needs(Action.SEE_OBJECTIONS)]


def readable(account: Account, objection: ObjectionView) -> bool:
    """A manager reads those on her own territory; one on the whole names the posts of all."""
    whole = objection.territory == WHOLE and account.role is Role.MANAGER
    return not whole and may(account, Action.SEE_OBJECTIONS, objection.territory, objection.scenario_status)


@router.get("/objections")
def objections(request: Request, account: Reader, scenario: Annotated[str, Query(max_length=300)] = "") -> HTMLResponse:
    found = [o for o in list_objections(web_of(request).engine, scenario) if readable(account, o)]
    return page(request, "objections.html", objections=found, scenario=scenario)


@router.get("/objections/{id}")
def objection(request: Request, account: Reader, id: int) -> HTMLResponse:
    found = find_objection(web_of(request).engine, id)
    if not readable(account, found):
        raise RefusedError
    study, _, code = found.scenario.partition("/")
    shown = scenario_of(request, account, study, code)
    return page(
        request,
        "objection.html",
        objection=found,
        scenario=shown,
        mission_name=dict(shown.missions).get(found.mission, found.mission),
        place=_place(shown, found),
        answers=ANSWERS,
    )


@router.post("/objections")
def object_(
    request: Request,
    account: Annotated[Account, needs(Action.OBJECT)],
    scenario: Annotated[str, Form(max_length=300)],
    mission: Annotated[str, Form(max_length=100)],
    place: Annotated[str, Form(max_length=100)],
    figure: Annotated[str, Form(max_length=40)],
    body: Annotated[str, Form(max_length=8000)],
) -> RedirectResponse:
    """To one figure, kept as it was said on that day."""
    study, _, code = scenario.partition("/")
    shown = scenario_of(request, account, study, code)
    require(account, Action.OBJECT, scenario_status=shown.sheet.status)
    said = Said(
        shown.mission(mission)[0], place, figure, _value(shown, mission, place, figure, language_of(request)), body
    )
    id = next(s.id for s in list_scenarios(web_of(request).engine) if s.key == shown.sheet.key)
    return go(f"/objections/{object_to(web_of(request).engine, id, account.id, account.name, account.login, said)}")


@router.post("/objections/{id}/reponse")
def reply(
    request: Request,
    account: Annotated[Account, needs(Action.ANSWER_OBJECTION)],
    id: int,
    status: Annotated[str, Form(max_length=20)],
    body: Annotated[str, Form(max_length=8000)],
) -> RedirectResponse:
    answer(web_of(request).engine, id, account.name, account.login, status, body)
    return go(f"/objections/{id}")


def _value(shown: Scenario, mission: str, place: str, figure: str, language: str) -> str:
    row = shown.one("allocation", mission, place)
    named = {"postes": "posts_final", "besoin": "need_fte", "part": "fair_share"}
    if figure in named:
        value = float(row[named[figure]])
        return posts_text(value, language) if figure == "postes" else number(value, 4, language)
    for line in shown.ledger(mission, place):
        if str(line["row_order"]) == figure:
            return f"{line['label']} : {signed(float(line['posts']), 4, language)}"
    raise RequestError("figure_unknown", id=figure)


def _place(shown: Scenario, objection: ObjectionView) -> str:
    rows = shown.sheet.rows("allocation", objection.mission, objection.territory)
    return "" if objection.territory == WHOLE or not rows else str(rows[0]["territory"])
