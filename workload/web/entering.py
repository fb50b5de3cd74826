"""Entering and leaving: the password checked at its pace, a new session each time, the old one gone."""

import logging
from dataclasses import dataclass

from fastapi import Request, Response
from sqlalchemy import func, update
from sqlmodel import col

from workload.store.account_tables import AccountRow
from workload.store.accounts import find_login
from workload.store.audit import record
from workload.store.passwords import is_password
from workload.store.sessions import digest, end_session, forget_ended, open_session
from workload.store.throttling import admit, failures, forget_old, forgive
from workload.web.csrf import VISIT_COOKIE
from workload.web.dashboards import take_entry
from workload.web.identity import COOKIE
from workload.web.state import Web, web_of

log = logging.getLogger("workload.web")
NOBODY = "inconnu"  # a login that does not exist may be a password typed in the wrong field: it is written nowhere


@dataclass(frozen=True, slots=True)
class Entered:
    account_id: int
    login: str
    version: int


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: int


def try_password(request: Request, login: str, password: str) -> Entered | Wait | None:
    """None where it is wrong, without saying of what: an unknown login, a closed account, a wrong password."""
    web = web_of(request)
    login_hash, address_hash = web.sign("login", login.strip().lower()), web.sign("address", address_of(request))
    wait = admit(web.engine, login_hash, address_hash)
    if wait > 0:
        log.info("login throttled")
        return Wait(int(wait) + 1)
    row = find_login(web.engine, login.strip())
    right = is_password(password, row.password_hash if row else None)
    if row is None or not right or not row.active:
        with web.engine.begin() as connection:
            tried = failures(connection, login_hash)
            record(connection, row.login if row else NOBODY, "login_failed", "session", {"recent": tried})
        log.info("login failed")
        return None
    with web.engine.begin() as connection:
        forgive(connection, login_hash, address_hash)
    return Entered(row.id, row.login, row.version)


def enter(request: Request, response: Response, who: Entered, by: str) -> None:
    """by: password or directory. Whatever session the browser brought along is over: none can be planted beforehand."""
    web = web_of(request)
    brought = request.cookies.get(COOKIE, "")
    with web.engine.begin() as connection:
        if brought:
            end_session(connection, digest(brought))
        forget_ended(connection, web.options.idle)
        forget_old(connection)
        token = open_session(connection, who.account_id, who.version, web.options.longest)
        connection.execute(
            update(AccountRow).where(col(AccountRow.id) == who.account_id).values(last_login_at=func.now())
        )
        record(connection, who.login, "login", "session", {"by": by})
    give_cookie(web, response, token)


def renew(request: Request, response: Response, account_id: int, version: int) -> None:
    """After a changed password: every session is over, and this browser gets a new one."""
    web = web_of(request)
    with web.engine.begin() as connection:
        token = open_session(connection, account_id, version, web.options.longest)
    give_cookie(web, response, token)


def give_cookie(web: Web, response: Response, token: str) -> None:
    secure = web.options.secure
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", path="/", secure=secure)
    response.delete_cookie(VISIT_COOKIE, httponly=True, samesite="lax", path="/", secure=secure)
    take_entry(web, response)


def take_cookie(web: Web, response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", path="/", secure=web.options.secure)
    take_entry(web, response)
    # The browser forgets pages too, so that "back" on a shared machine shows nothing.
    response.headers["Clear-Site-Data"] = '"cache"'


def address_of(request: Request) -> str:
    """Where the request comes from, as the server says; headers anybody may write are not asked."""
    return request.client.host if request.client else ""
