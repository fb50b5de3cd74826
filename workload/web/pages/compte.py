"""One's own account: password, API tokens, sessions."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from workload.catalogue import error_text
from workload.errors import RequestError
from workload.store.accounts import change_own_password
from workload.store.api_tokens import LONGEST_DAYS, list_tokens, make_token, revoke_token
from workload.web.access import Account, Action, needs, scopes_of
from workload.web.addresses import go
from workload.web.entering import renew
from workload.web.rendering import page
from workload.web.state import web_of
from workload.web.words import language_of, say

router = APIRouter(prefix="/compte")
Own = Annotated[Account, needs(Action.OWN_ACCOUNT)]
Typed = Annotated[str, Form(max_length=1000)]

TWICE = "Les deux saisies du nouveau mot de passe diffèrent."


@router.get("")
def own(request: Request, account: Own) -> Response:
    return _page(request, account)


@router.post("/mot-de-passe")
def password(request: Request, account: Own, now: Typed = "", new: Typed = "", again: Typed = "") -> Response:
    if new != again:
        return _page(request, account, wrong=say(request, TWICE), status=400)
    try:
        version = change_own_password(web_of(request).engine, account, now, new)
    except RequestError as error:
        return _page(request, account, wrong=error_text(error, language_of(request)), status=400)
    response = go("/" if account.must_change else "/compte")
    renew(request, response, account.id, version)
    return response


@router.post("/jetons")
def token(
    request: Request,
    account: Own,
    name: Typed = "",
    scopes: Annotated[list[str] | None, Form()] = None,
    days: Annotated[int, Form()] = 90,
) -> Response:
    """Shown on the answer itself and nowhere else, ever."""
    allowed = [scope for scope in scopes or () if scope in scopes_of(account)]
    try:
        if len(allowed) != len(scopes or ()):
            raise RequestError("token_unfit", most=LONGEST_DAYS)
        made = make_token(web_of(request).engine, account, name, allowed, days)
    except RequestError as error:
        return _page(request, account, wrong=error_text(error, language_of(request)), status=400)
    return _page(request, account, token=made)


@router.post("/jetons/{number}/retirer")
def withdraw(request: Request, account: Own, number: int) -> Response:
    revoke_token(web_of(request).engine, account, number)
    return go("/compte")


def _page(request: Request, account: Account, wrong: str = "", token: str = "", status: int = 200) -> Response:
    web = web_of(request)
    tokens = list_tokens(web.engine, account.id)
    return page(
        request,
        "compte.html",
        status=status,
        wrong=wrong,
        token=token,
        tokens=tokens,
        scopes=scopes_of(account),
        longest=LONGEST_DAYS,
    )
