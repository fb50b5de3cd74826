"""Pages from templates: escaped by default, nothing undefined passes, the account and the words always at hand."""

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from workload import catalogue
from workload.web.csrf import VISIT_COOKIE, csrf_of, new_visit
from workload.web.identity import identity_of
from workload.web.rights import Action, may
from workload.web.state import web_of
from workload.web.words import language_of, translated

TEMPLATES = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "number": _number,
        "posts_text": _posts_text,
        "signed": _signed,
        "moment": _moment,
        "figure": _figure,
    }
    return made


def page(request: Request, name: str, /, status: int = 200, **context: Any) -> HTMLResponse:
    """A page in the language of whoever asks. In the template: account (or None), csrf, language, `_`, may, path."""
    identity = identity_of(request)
    fresh = new_visit(request) if identity is None and not request.cookies.get(VISIT_COOKIE) else None
    account = identity.account if identity else None
    language = language_of(request)

    def translate(french: str, **params: object) -> str:
        return translated(language, french, **params)

    def allowed(action: str, territory: str | None = None, scenario_status: str | None = None) -> bool:
        return account is not None and may(account, Action(action), territory, scenario_status)

    given = {
        "request": request,
        "account": account,
        "csrf": csrf_of(request),
        "language": language,
        "_": translate,
        "may": allowed,
        "path": request.url.path,
    }
    content = environment().get_template(name).render(given | context)
    response = HTMLResponse(content, status_code=status)
    if fresh is not None:
        response.set_cookie(
            VISIT_COOKIE, fresh, httponly=True, samesite="lax", path="/", secure=web_of(request).options.secure
        )
    return response


def _language(context: Context) -> str:
    return str(context.get("language", "fr"))


@pass_context
def _number(context: Context, value: float, decimals: int = 1) -> str:
    return catalogue.number(value, decimals, _language(context))


@pass_context
def _signed(context: Context, value: float, decimals: int = 1) -> str:
    return catalogue.signed(value, decimals, _language(context))


@pass_context
def _posts_text(context: Context, value: float) -> str:
    return catalogue.posts_text(value, _language(context))


@pass_context
def _figure(context: Context, value: float) -> str:
    """A weight or a parameter as people write it: no idle decimals, four digits that tell."""
    size = abs(value)
    decimals = 0 if size >= 1000 or value == int(value) else 1 if size >= 100 else 2 if size >= 1 else 3
    return catalogue.number(value, decimals, _language(context))


@pass_context
def _moment(context: Context, value: Any) -> str:
    """A date and time as people write it."""
    if value is None:
        return ""
    return str(value.astimezone().strftime("%d/%m/%Y %H:%M" if _language(context) == "fr" else "%Y-%m-%d %H:%M"))
