"""Who sends a request: a person by the cookie of a session, or a program by an API token. Asked once per request."""

from dataclasses import dataclass, field

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from workload.store.account_kinds import Account
from workload.store.api_tokens import find_token
from workload.store.sessions import find_session
from workload.web.state import web_of

COOKIE = "workload_session"
LONGEST = 200  # characters of a cookie or token worth looking up
API = "/api/"


@dataclass(frozen=True, slots=True)
class Identity:
    account: Account
    csrf: str = field(default="", repr=False)
    session: str = field(default="", repr=False)  # hash of the session's token; "" for a program


def is_api(request: Request) -> bool:
    return request.url.path.startswith(API)


async def identify(request: Request) -> Identity | None:
    known: tuple[Identity | None] | None = getattr(request.state, "identity", None)
    if known is None:
        known = (await run_in_threadpool(_look_up, request),)
        request.state.identity = known
    return known[0]


def identity_of(request: Request) -> Identity | None:
    """The same, for what is not asynchronous; looks up where nobody asked before."""
    known: tuple[Identity | None] | None = getattr(request.state, "identity", None)
    if known is None:
        known = (_look_up(request),)
        request.state.identity = known
    return known[0]


def _look_up(request: Request) -> Identity | None:
    web = web_of(request)
    given = request.headers.get("authorization")
    if is_api(request) and given is not None:  # never both: a wrong token is not made good by a cookie
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST:
            return None
        account = find_token(web.engine, token)
        return Identity(account) if account else None
    cookie = request.cookies.get(COOKIE, "")
    if not 0 < len(cookie) <= LONGEST:
        return None
    found = find_session(web.engine, cookie, web.options.idle)
    return Identity(found.account, found.csrf, found.token_sha256) if found else None
