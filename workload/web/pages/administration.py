"""The administration's other pages: open sessions, the journal, the service's health, what is kept."""

import logging
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from workload.store.audit import broken_at, record
from workload.store.audit_reading import PAGE, actions, events
from workload.store.health import health
from workload.store.retention import held
from workload.store.sessions import end_by_mark, list_sessions
from workload.web.access import Account, Action, needs
from workload.web.addresses import go
from workload.web.rendering import page
from workload.web.state import web_of

router = APIRouter(prefix="/administration")
log = logging.getLogger("workload.web")


@router.get("/sessions")
def sessions(request: Request, account: Annotated[Account, needs(Action.ADMINISTER_ACCOUNTS)]) -> Response:
    web = web_of(request)
    return page(request, "administration/sessions.html", sessions=list_sessions(web.engine, web.options.idle))


@router.post("/sessions/{mark}/couper")
def cut(request: Request, mark: str, account: Annotated[Account, needs(Action.ADMINISTER_ACCOUNTS)]) -> Response:
    with web_of(request).engine.begin() as connection:
        login = end_by_mark(connection, mark)
        if login is not None:
            record(connection, account.login, "session_ended", login)
    return go("/administration/sessions")


@router.get("/journal")
def journal(
    request: Request,
    account: Annotated[Account, needs(Action.READ_AUDIT)],
    actor: Annotated[str, Query(max_length=120)] = "",
    action: Annotated[str, Query(max_length=80)] = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    return _journal(request, actor, action, before)


@router.post("/journal/verifier")
def verify(request: Request, account: Annotated[Account, needs(Action.READ_AUDIT)]) -> Response:
    with web_of(request).engine.connect() as connection:
        broken = broken_at(connection)
    if broken is not None:
        log.error("audit chain broken")
    return _journal(request, "", "", None, verified=True, broken=broken)


@router.get("/sante")
def state(request: Request, account: Annotated[Account, needs(Action.SEE_HEALTH)]) -> Response:
    web = web_of(request)
    return page(request, "administration/sante.html", health=health(web.engine, web.settings))


@router.get("/conservation")
def retention(request: Request, account: Annotated[Account, needs(Action.ADMINISTER_RETENTION)]) -> Response:
    return page(request, "administration/conservation.html", held=held(web_of(request).engine))


def _journal(
    request: Request, actor: str, action: str, before: int | None, verified: bool = False, broken: int | None = None
) -> Response:
    engine = web_of(request).engine
    rows = events(engine, actor, action, before)
    return page(
        request,
        "administration/journal.html",
        rows=rows,
        actions=actions(engine),
        actor=actor,
        action=action,
        older=rows[-1].id if len(rows) == PAGE else None,
        verified=verified,
        broken=broken,
    )
