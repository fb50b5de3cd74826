"""What people and programs see when something is refused or fails: a sentence and what to do, never a traceback.

A failure of ours carries a reference, which the log has too, with where it happened and never with what was in it.
"""

import logging
import secrets
import traceback

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from workload.catalogue import error_text, issue_line
from workload.errors import InputError, WorkloadError
from workload.store.engine import StoreError
from workload.web.access import ChangePasswordFirstError, EnterFirstError
from workload.web.addresses import login_page
from workload.web.csrf import NotFromHereError
from workload.web.identity import identify, is_api
from workload.web.rendering import page
from workload.web.rights import RefusedError
from workload.web.words import language_of, say

log = logging.getLogger("workload.web")

# ruff: noqa: E501 (sentences read better whole)
WORDS = {
    400: ("Demande incomprise", "Quelque chose manque ou n’est pas de la forme attendue. Revenez en arrière et vérifiez la saisie."),
    401: ("Connexion nécessaire", "Entrez d’abord avec votre compte."),
    403: ("Accès refusé", "Votre compte ne donne pas accès à cette page. Si vous en avez besoin, parlez-en à l’administration."),
    404: ("Page introuvable", "Cette page n’existe pas, ou plus. Vérifiez l’adresse ou repartez de l’accueil."),
    405: ("Demande incomprise", "Cette adresse existe, mais pas pour cette action."),
    408: ("Envoi trop lent", "L’envoi a pris trop de temps. Vérifiez le réseau et recommencez."),
    413: ("Envoi trop volumineux", "Ce que vous envoyez dépasse la taille permise. Envoyez moins de fichiers à la fois."),
    429: ("Trop d’essais", "Trop d’essais à la suite. Attendez quelques minutes avant de recommencer."),
    500: ("Une erreur s’est produite", "C’est notre faute, et rien n’a été enregistré. Recommencez ; sinon donnez la référence à l’administration."),
    503: ("Service momentanément indisponible", "La base de données ne répond pas. Recommencez dans quelques minutes."),
}  # fmt: skip
NOT_FROM_HERE = (
    "Ce formulaire a expiré ou ne vient pas de ce site. Rechargez la page et recommencez : rien n’a été fait."
)
CHANGE_FIRST = "Changez d’abord le mot de passe que l’administration vous a donné."


async def refusal(request: Request, status: int, detail: str = "", **more: object) -> Response:
    """A page, or application/problem+json for the API."""
    try:
        await identify(request)
    except Exception:  # the database is down: then as nobody
        request.state.identity = (None,)
    title, advice = WORDS.get(status, WORDS[400] if status < 500 else WORDS[500])
    said = detail or say(request, advice)
    if is_api(request):
        content = {"type": "about:blank", "title": say(request, title), "status": status, "detail": said, **more}
        return JSONResponse(content, status_code=status, media_type="application/problem+json")
    shown = {"lines": more.get("lines", ()), "reference": more.get("reference", "")}
    return page(request, "refusal.html", status=status, title=say(request, title), detail=said, **shown)


async def failure(request: Request, error: BaseException) -> Response:
    if isinstance(error, DataError | UnicodeEncodeError):  # a NUL, half a letter, a number out of all bounds
        return await refusal(request, 400)
    reference = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    route = request.scope.get("route")
    log.error(
        "failure %s: %s %s: %s at %s",
        reference,
        request.method,
        getattr(route, "path", "?"),
        type(error).__name__,
        where,
    )
    lost = isinstance(error, OperationalError | InterfaceError)  # the database, away or restarting
    return await refusal(request, 503 if lost else 500, reference=reference)


def install(app: FastAPI) -> None:
    @app.exception_handler(EnterFirstError)
    async def _enter(request: Request, _: Exception) -> Response:
        if is_api(request):
            refused = await refusal(request, 401)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(login_page(asked if request.method == "GET" else ""), status_code=303)

    @app.exception_handler(ChangePasswordFirstError)
    async def _change(request: Request, _: Exception) -> Response:
        if is_api(request):
            return await refusal(request, 403, say(request, CHANGE_FIRST))
        return RedirectResponse("/compte", status_code=303)

    @app.exception_handler(RefusedError)
    async def _refused(request: Request, _: Exception) -> Response:
        return await refusal(request, 403)

    @app.exception_handler(NotFromHereError)
    async def _foreign(request: Request, _: Exception) -> Response:
        return await refusal(request, 403, say(request, NOT_FROM_HERE))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        refused = await refusal(request, error.status_code)
        for name, value in (error.headers or {}).items():
            refused.headers[name] = value
        return refused

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = [{"where": [str(part) for part in one["loc"]], "what": one["type"]} for one in error.errors()]
        if is_api(request):
            return await refusal(request, 422, errors=wrong)
        return await refusal(request, 400)

    @app.exception_handler(WorkloadError)
    async def _ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, WorkloadError)
        await identify(request)
        return await _spoken(request, error)


async def _spoken(request: Request, error: WorkloadError) -> Response:
    """An error that has its sentence. What the database says of itself is for the log, not for visitors."""
    language = language_of(request)
    if isinstance(error, StoreError):
        log.error("store: %s", error.code)
        return await refusal(request, 503)
    more: dict[str, object] = {"code": error.code}
    if isinstance(error, InputError):
        more["lines"] = [issue_line(issue, language) for issue in error.issues]
    status = 404 if error.code.endswith("_unknown") else 422 if isinstance(error, InputError) else 400
    return await refusal(request, status, error_text(error, language), **more)
