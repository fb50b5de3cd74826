"""Superset's dashboards, one click away, with the same account."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from workload.web.access import Account, Action, needs
from workload.web.rendering import page
from workload.web.state import web_of

router = APIRouter()
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


@router.get("/tableaux")
def dashboards(request: Request, account: Annotated[Account, needs(Action.SEE_DASHBOARDS)]) -> HTMLResponse:
    return page(request, "tableaux.html", dashboards=DASHBOARDS, address=web_of(request).options.superset_url)
