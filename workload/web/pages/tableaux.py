"""Superset's dashboards with the same account: within a page of ours, or in Superset itself, one click away."""

# ruff: noqa: A002 (`next` is its name in addresses)

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from workload.web.access import Account, Action, needs
from workload.web.dashboards import entrance, give_entry, superset_origin, superset_path
from workload.web.rendering import page
from workload.web.shield import content_policy
from workload.web.state import web_of

router = APIRouter(prefix="/tableaux")
Reader = Annotated[Account, needs(Action.SEE_DASHBOARDS)]
DASHBOARDS = (
    ("temps", "Où passe le temps", "Comment la semaine se divise, par mode et par domaine."),
    ("besoin", "Charge et besoin", "Où est le besoin, commune par commune, et ce que pèse chaque indicateur."),
    ("affectation", "Affectation", "Qui rend, qui reçoit, ce qui tient et ce qui hésite."),
    (
        "justification",
        "Justification d’un territoire",
        "Des postes d’aujourd’hui aux postes proposés, ligne par ligne.",
    ),
    ("profil", "Profil d’un territoire", "Tous les indicateurs d’un lieu, au fil des ans."),
    ("campagne", "Campagne d’enquête", "Les relevés attendus, reçus, refusés."),
)


@router.get("")
def dashboards(request: Request, account: Reader, sorti: str = "") -> HTMLResponse:
    """sorti: she comes back from leaving Superset, and is told that she is still here."""
    address = web_of(request).options.superset_url
    return page(request, "tableaux.html", dashboards=DASHBOARDS, address=address, left=bool(sorti))


@router.get("/entrer")
def enter(request: Request, account: Reader, next: str = "") -> Response:
    """Superset sends whoever it does not know here; `retour` tells it that we have done what we can."""
    options = web_of(request).options
    if not options.superset_url:
        return RedirectResponse("/tableaux", status_code=303)
    response = RedirectResponse(entrance(options, superset_path(next)) + "&retour=1", status_code=303)
    give_entry(request, response, account)
    return response


@router.get("/renouveler")
def renew(request: Request, account: Reader) -> Response:
    """Asked by Superset’s pages while somebody uses them. The answer is empty: any site may have it, and only the same
    site (browsers do not hold two ports of an IP address for one, in that header alone) sends the session along."""
    response = Response(status_code=204, headers={"Cross-Origin-Resource-Policy": "cross-origin"})
    if web_of(request).options.superset_url:
        give_entry(request, response, account)
    return response


@router.get("/{slug}")
def dashboard(request: Request, account: Reader, slug: str) -> HTMLResponse:
    options = web_of(request).options
    found = next((one for one in DASHBOARDS if one[0] == slug), None)
    if found is None or not options.superset_url:
        raise HTTPException(404)
    _, name, said = found
    path = f"/superset/dashboard/{slug}/"
    frame = entrance(options, f"{path}?standalone=2")
    response = page(request, "tableau.html", name=name, said=said, frame=frame, whole=path)
    response.headers["Content-Security-Policy"] = content_policy(options, superset_origin(options))
    give_entry(request, response, account)
    return response
