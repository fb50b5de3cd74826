"""The administration's accounts: made, changed, closed; passwords drawn and shown once."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Engine, select
from sqlmodel import col

from workload.catalogue import error_text
from workload.errors import RequestError
from workload.store.accounts import (
    NewAccount,
    change_account,
    find_account,
    list_accounts,
    make_account,
    reset_password,
    set_active,
)
from workload.store.study_tables import Territory
from workload.web.access import Account, Action, Role, needs
from workload.web.addresses import go
from workload.web.rendering import page
from workload.web.state import web_of
from workload.web.words import language_of

router = APIRouter(prefix="/administration/comptes")
Administrator = Annotated[Account, needs(Action.ADMINISTER_ACCOUNTS)]
Typed = Annotated[str, Form(max_length=300)]


@router.get("")
def everybody(request: Request, account: Administrator) -> Response:
    return _list(request)


@router.post("")
def create(
    request: Request,
    account: Administrator,
    login: Typed = "",
    name: Typed = "",
    role: Typed = "",
    territory: Typed = "",
    email: Typed = "",
    directory: Typed = "",
) -> Response:
    given = {"login": login, "name": name, "role": role, "territory": territory, "email": email}
    try:
        new = _new(**given)
        made = make_account(web_of(request).engine, new, account.login, with_password=not directory)
    except RequestError as error:
        return _list(request, given=given, wrong=error_text(error, language_of(request)), status=400)
    return _one(request, made.id, password=made.password)


@router.get("/{number}")
def one(request: Request, number: int, account: Administrator) -> Response:
    return _one(request, number)


@router.post("/{number}")
def change(
    request: Request,
    number: int,
    account: Administrator,
    name: Typed = "",
    role: Typed = "",
    territory: Typed = "",
    email: Typed = "",
) -> Response:
    engine = web_of(request).engine
    login = find_account(engine, number).login
    try:
        change_account(engine, number, _new(login, name, role, territory, email), account.login)
    except RequestError as error:
        return _one(request, number, wrong=error_text(error, language_of(request)), status=400)
    return go("/administration/comptes")


@router.post("/{number}/mot-de-passe")
def password(request: Request, number: int, account: Administrator) -> Response:
    """Shown on the answer itself and nowhere else, ever."""
    return _one(request, number, password=reset_password(web_of(request).engine, number, account.login))


@router.post("/{number}/fermer")
def close(request: Request, number: int, account: Administrator) -> Response:
    set_active(web_of(request).engine, number, active=False, by=account.login)
    return go("/administration/comptes")


@router.post("/{number}/ouvrir")
def reopen(request: Request, number: int, account: Administrator) -> Response:
    set_active(web_of(request).engine, number, active=True, by=account.login)
    return go("/administration/comptes")


def _new(login: str, name: str, role: str, territory: str, email: str) -> NewAccount:
    if role not in set(Role):
        raise RequestError("account_role_unfit", roles=", ".join(Role))
    return NewAccount(login.strip(), name, Role(role), territory.strip(), email.strip())


def _list(request: Request, given: dict[str, str] | None = None, wrong: str = "", status: int = 200) -> Response:
    engine = web_of(request).engine
    empty = dict.fromkeys(("login", "name", "role", "territory", "email"), "")
    return page(
        request,
        "administration/comptes.html",
        status=status,
        accounts=list_accounts(engine),
        roles=list(Role),
        territories=territories(engine),
        given=given or empty,
        wrong=wrong,
    )


def _one(request: Request, number: int, password: str = "", wrong: str = "", status: int = 200) -> Response:
    engine = web_of(request).engine
    return page(
        request,
        "administration/compte.html",
        status=status,
        one=find_account(engine, number),
        roles=list(Role),
        territories=territories(engine),
        password=password,
        wrong=wrong,
    )


def territories(engine: Engine) -> list[tuple[str, str]]:
    """Code and name of the territories of all studies."""
    query = select(col(Territory.code), col(Territory.name)).distinct().order_by(col(Territory.name))
    with engine.connect() as connection:
        return [(row.code, row.name) for row in connection.execute(query)]
