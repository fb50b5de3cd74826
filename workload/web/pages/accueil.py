"""The first page after entering: what this account can do now, in the order it needs it."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from workload.store.objections import list_objections
from workload.store.tasks import list_tasks
from workload.web.access import Account, Action, may, needs
from workload.web.addresses import go
from workload.web.pages.objections import readable
from workload.web.reading import scenarios_for
from workload.web.rendering import page
from workload.web.state import web_of
from workload.web.studies import studies
from workload.web.task_words import words_of
from workload.web.words import language_of

router = APIRouter()
SHOWN = 5


@router.get("/")
def home(request: Request, account: Annotated[Account, needs(Action.OWN_ACCOUNT)]) -> Response:
    if account.must_change:  # one's own account is open before the password is one's own; the rest is not
        return go("/compte")
    engine, language = web_of(request).engine, language_of(request)
    tasks = list_tasks(engine, account.id, most=SHOWN) if may(account, Action.SEE_PROGRESS) else []
    waiting = [o for o in list_objections(engine) if o.status == "open" and readable(account, o)]
    return page(
        request,
        "accueil.html",
        studies=studies(request) if may(account, Action.SEE_PROGRESS) else [],
        scenarios=scenarios_for(request, account)[:SHOWN],
        waiting=waiting if may(account, Action.SEE_OBJECTIONS) else [],
        tasks=[(task, words_of(task, language)) for task in tasks],
    )
