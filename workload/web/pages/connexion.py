"""Entering, leaving, and the language of the pages."""

# ruff: noqa: A002 (`next` is its name in addresses)

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from workload.store.accounts import set_language
from workload.store.audit import record
from workload.store.sessions import end_session, end_sessions_of
from workload.web.access import Account, Action, needs, public
from workload.web.addresses import go, own_page
from workload.web.entering import Wait, enter, take_cookie, try_password
from workload.web.identity import identity_of
from workload.web.oidc import leaving_address
from workload.web.rendering import page
from workload.web.state import web_of
from workload.web.words import LANGUAGE_COOKIE, LANGUAGES, say

router = APIRouter()
Typed = Annotated[str, Form(max_length=1000)]

WRONG = "Identifiant ou mot de passe incorrect."
LATER = "Trop d’essais à la suite. Recommencez dans {minutes} min."


@router.get("/connexion", dependencies=[public])
def entrance(request: Request, next: str = "/") -> Response:
    if identity_of(request) is not None:
        return go(next)
    return _form(request, next)


@router.post("/connexion", dependencies=[public])
def knock(request: Request, login: Typed = "", password: Typed = "", next: Annotated[str, Form()] = "/") -> Response:
    found = try_password(request, login, password)
    if isinstance(found, Wait):
        minutes = -(-found.seconds // 60)
        refused = _form(request, next, say(request, LATER, minutes=minutes), status=429)
        refused.headers["Retry-After"] = str(found.seconds)
        return refused
    if found is None:
        return _form(request, next, say(request, WRONG), status=401)
    response = go(next)
    enter(request, response, found, by="password")
    return response


@router.post("/deconnexion")
def leave(request: Request, account: Annotated[Account, needs(Action.OWN_ACCOUNT)], everywhere: Typed = "") -> Response:
    web, identity = web_of(request), identity_of(request)
    with web.engine.begin() as connection:
        if everywhere:
            end_sessions_of(connection, account.id)
        elif identity is not None:
            end_session(connection, identity.session)
        record(connection, account.login, "logout", "session", {"everywhere": bool(everywhere)})
    response = RedirectResponse(leaving_address(web, account) or "/connexion", status_code=303)
    take_cookie(web, response)
    return response


@router.post("/langue", dependencies=[public])
def language(request: Request, language: Typed = "fr", next: Annotated[str, Form()] = "/") -> Response:
    response = go(next)
    if language in LANGUAGES:
        web, identity = web_of(request), identity_of(request)
        response.set_cookie(
            LANGUAGE_COOKIE, language, max_age=365 * 86400, httponly=True, samesite="lax", secure=web.options.secure
        )
        if identity is not None:
            set_language(web.engine, identity.account, language)
    return response


def _form(request: Request, next: str, wrong: str = "", status: int = 200) -> Response:
    options = web_of(request).options
    label = options.oidc_label if options.oidc else ""
    return page(request, "connexion.html", status=status, next=own_page(next), wrong=wrong, directory=label)
