"""The way into Superset: the cookie that lets in, given while a session lives and taken with it.

Cookies ignore ports: on one host name, those of Superset are ours to take away as well.
"""

from urllib.parse import quote, urlsplit

from fastapi import Request, Response

from workload.services.superset_entry import COOKIE, LIFE, SUPERSET_COOKIES, entry_key, entry_token
from workload.store.account_kinds import Account
from workload.store.sessions import session_end
from workload.web.addresses import HOME, own_page
from workload.web.identity import identity_of
from workload.web.settings import WebOptions
from workload.web.state import Web, web_of

WELCOME = "/superset/welcome/"
LOOPING = ("/login", "/logout")


def superset_path(asked: str | None) -> str:
    """A path of Superset that leads somewhere, else its first page; never another host."""
    path = own_page(asked)
    return WELCOME if path == HOME or path.startswith(LOOPING) else path


def entrance(options: WebOptions, path: str) -> str:
    """Superset's own door, which reads the cookie and goes on to the path."""
    return f"{options.superset_url.rstrip('/')}/login/?next={quote(path, safe='')}"


def superset_origin(options: WebOptions) -> str:
    parts = urlsplit(options.superset_url)
    return f"{parts.scheme}://{parts.netloc}"


def give_entry(request: Request, response: Response, account: Account) -> None:
    web, identity = web_of(request), identity_of(request)
    until = session_end(web.engine, identity.session) if identity is not None else None
    if until is None:  # it ended meanwhile
        return
    token = entry_token(entry_key(web.settings.data_dir), account, until)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        path="/",
        secure=web.options.secure,
    )


def take_entry(web: Web, response: Response) -> None:
    """Also whenever somebody enters: what the one before left must not open Superset in her name."""
    if web.options.superset_url:
        for name in (COOKIE, *SUPERSET_COOKIES):
            response.delete_cookie(name, httponly=True, samesite="lax", path="/", secure=web.options.secure)
