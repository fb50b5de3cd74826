"""The sandbox: other weights, ceilings and rules on a scenario, under the same engine; and what to do with it."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse

from workload.allocation.instance import Fairness
from workload.catalogue import error_text, posts_text
from workload.errors import WorkloadError
from workload.store.objections import Said, find_trial, keep_trial, list_trials, object_to
from workload.store.scenarios import list_scenarios
from workload.web.access import Account, Action, needs, require
from workload.web.addresses import go
from workload.web.reading import Scenario, scenario_of
from workload.web.rendering import page
from workload.web.sandbox import basis_of, plain_changes, result_rows, try_out
from workload.web.state import web_of
from workload.web.words import language_of, say

router = APIRouter()
Trier = Annotated[Account, needs(Action.SANDBOX)]
STEPS = ("1", "1/2", "1/10")
WHOLE = "*"


@router.get("/resultats/{study}/{code}/essayer")
def sandbox(
    request: Request,
    account: Trier,
    study: str,
    code: str,
    mission: Annotated[str, Query(max_length=100)] = "",
    essai: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    shown = scenario_of(request, account, study, code)
    if essai:
        kept = find_trial(web_of(request).engine, essai, account.id, _scenario_id(request, shown))
        return _page(request, account, shown, kept.mission, dict(kept.changes), trial=essai, title=kept.title)
    return _page(request, account, shown, shown.mission(mission)[0], {})


@router.post("/resultats/{study}/{code}/essayer")
async def attempt(request: Request, account: Trier, study: str, code: str) -> HTMLResponse:
    """Computes at once; keeps it among the account's own trials."""
    shown = scenario_of(request, account, study, code)
    given = {name: str(value) for name, value in (await request.form()).multi_items()}
    mission = shown.mission(given.get("mission"))[0]
    trying = partial(_page, request, account, shown, mission, plain_changes(given), keep=True)
    return await run_in_threadpool(trying, title=given.get("titre", ""))  # a hard instance stops nobody else


@router.post("/resultats/{study}/{code}/contre-proposition")
def counter_propose(
    request: Request,
    account: Annotated[Account, needs(Action.COUNTER_PROPOSE)],
    study: str,
    code: str,
    essai: Annotated[int, Form()],
    body: Annotated[str, Form(max_length=8000)],
) -> RedirectResponse:
    """A trial becomes a proposal that the direction answers."""
    shown = scenario_of(request, account, study, code)
    require(account, Action.COUNTER_PROPOSE, scenario_status=shown.sheet.status)
    engine = web_of(request).engine
    trial = find_trial(engine, essai, account.id, _scenario_id(request, shown))
    before, after = try_out(basis_of(shown, trial.mission), trial.changes)
    rows, language = result_rows(basis_of(shown, trial.mission), before, after), language_of(request)
    moved = ", ".join(
        f"{r['territory']} {posts_text(r['posts'], language)} → {posts_text(r['posts_tried'], language)}"
        for r in rows
        if r["posts"] != r["posts_tried"]
    )
    said = Said(trial.mission, WHOLE, "postes", moved or "=", body, trial.changes)
    return go(
        f"/objections/{object_to(engine, _scenario_id(request, shown), account.id, account.name, account.login, said)}"
    )


def _scenario_id(request: Request, shown: Scenario) -> int:
    return next(s.id for s in list_scenarios(web_of(request).engine) if s.key == shown.sheet.key)


def _names(basis: Mapping[str, Any]) -> dict[str, str]:
    """What people call what an error names by its code."""
    labels = {one["id"]: one["label"] for key in ("components", "caseloads") for one in basis[key]}
    return labels | {one["id"]: one["name"] for one in basis["territories"]}


def _page(
    request: Request,
    account: Account,
    shown: Scenario,
    mission: str,
    changes: dict[str, Any],
    keep: bool = False,
    trial: int = 0,
    title: str = "",
) -> HTMLResponse:
    engine, language = web_of(request).engine, language_of(request)
    basis = basis_of(shown, mission)
    error, status = "", 200
    rows: list[dict[str, Any]] = []
    remarks: list[str] = []
    if keep and not changes:
        error, status = say(request, "Rien n’est changé : donnez un poids, une règle ou un plafond à essayer."), 422
    if changes:
        try:
            before, after = try_out(basis, changes)
            rows, remarks = result_rows(basis, before, after), [str(remark) for remark in after.remarks]
        except WorkloadError as refused:
            names = _names(basis) | {WHOLE: say(request, "Déplacement maximal (postes)")}
            named = names.get(str(refused.params.get("name")))
            if named:
                refused.params["name"] = named
            error, status = error_text(refused, language), 422
        else:
            if keep:
                name = title.strip() or say(request, "Essai")
                result = {"rows": rows}
                trial = keep_trial(engine, _scenario_id(request, shown), account.id, mission, name, changes, result)
    return page(
        request,
        "essayer.html",
        status=status,
        scenario=shown,
        mission=mission,
        mission_name=dict(shown.missions)[mission],
        basis=basis,
        changes=changes,
        rows=rows,
        error=error,
        remarks=remarks,
        trial=trial,
        title=title,
        trials=list_trials(engine, _scenario_id(request, shown), account.id),
        fairness=[kind.value for kind in Fairness],
        steps=STEPS,
        domains={row["domain"]: row["domain_label"] for row in shown.sheet.rows("weight", mission)},
    )
