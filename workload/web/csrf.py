"""A form counts only when it was sent from our own pages: by the browser's word and by a token that only they hold.

A program with an API token is exempt: no browser adds such a token by itself. Before anybody entered, the token is the
keyed hash of a random cookie, so that nobody can be entered as somebody else without noticing.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request

from workload.web.identity import Identity, identity_of
from workload.web.state import web_of

SAFE = ("GET", "HEAD", "OPTIONS")
FIELD = "csrf"
HEADER = "x-csrf-token"
VISIT_COOKIE = "workload_visit"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class NotFromHereError(Exception):
    """A form that our pages did not send: 403, with the advice to load the page again."""


async def check_sent_from_here(request: Request, identity: Identity | None) -> None:
    if request.method in SAFE or (identity is not None and not identity.session):
        return
    if not _same_site(request):
        raise NotFromHereError
    wanted = csrf_of(request)
    given = request.headers.get(HEADER)
    if given is None and request.headers.get("content-type", "").split(";")[0].strip().lower() in FORMS:
        field = (await request.form()).get(FIELD)
        given = field if isinstance(field, str) else None
    if not wanted or given is None or not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        raise NotFromHereError


def csrf_of(request: Request) -> str:
    """What a form on a page for this request must send back; "" where the visitor has no cookie yet."""
    identity = identity_of(request)
    if identity is not None:
        return identity.csrf
    visit = request.cookies.get(VISIT_COOKIE, "") or getattr(request.state, "visit", "")
    return web_of(request).sign("visit", visit) if visit else ""


def new_visit(request: Request) -> str:
    """A cookie for a visitor who has none, and whose form needs one."""
    visit = secrets.token_urlsafe(32)
    request.state.visit = visit
    return visit


def _same_site(request: Request) -> bool:
    """What browsers say themselves of where a request comes from; programs say nothing and need the token."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return (
        origin is None
        or _site(origin) == (request.url.scheme, request.headers.get("host", "").lower())
        or (_site(origin) == _site(web_of(request).options.base_url))
    )


def _site(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()
