"""Entering with the département's directory: there and back."""

import logging

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from workload.store.directory import account_for
from workload.web.access import public
from workload.web.addresses import go, own_page
from workload.web.entering import Entered, enter
from workload.web.oidc import CALLBACK, LIFE_S, DirectoryError, finish, start
from workload.web.rendering import page
from workload.web.state import web_of
from workload.web.words import say

router = APIRouter()
log = logging.getLogger("workload.web")
COOKIE = "workload_oidc"
NOT_LET_IN = "L’annuaire n’a pas confirmé votre identité. Recommencez ; sinon entrez avec un mot de passe."
NO_ACCOUNT = "Aucun compte ouvert ici ne correspond à votre identité. Demandez à l’administration d’en préparer un."


@router.get("/connexion/oidc", dependencies=[public])
def there(request: Request, next: str = "/") -> Response:  # noqa: A002 (its name in addresses)
    web = web_of(request)
    if not web.options.oidc:
        raise HTTPException(404)
    try:
        begun = start(web, own_page(next))
    except DirectoryError as error:
        return _refused(request, error.why)
    response = RedirectResponse(begun.address, status_code=303)
    response.set_cookie(
        COOKIE, begun.cookie, max_age=LIFE_S, httponly=True, samesite="lax", path=CALLBACK, secure=web.options.secure
    )
    return response


@router.get(CALLBACK, dependencies=[public])
def back(request: Request) -> Response:
    web = web_of(request)
    if not web.options.oidc:
        raise HTTPException(404)
    try:
        claims, wanted = finish(web, request.cookies.get(COOKIE, ""), request.query_params)
    except DirectoryError as error:
        return _refused(request, error.why)
    row = account_for(web.engine, claims, web.options.oidc_group_claim, web.options.oidc_group_roles)
    if row is None:
        return _refused(request, "no account", NO_ACCOUNT, 403)
    response = go(wanted)
    enter(request, response, Entered(row.id, row.login, row.version), by="directory")
    response.delete_cookie(COOKIE, path=CALLBACK)
    return response


def _refused(request: Request, why: str, said: str = NOT_LET_IN, status: int = 401) -> Response:
    log.warning("directory: %s", why)
    label = web_of(request).options.oidc_label
    shown = page(request, "connexion.html", status=status, next="/", wrong=say(request, said), directory=label)
    shown.delete_cookie(COOKIE, path=CALLBACK)
    return shown
