"""The first page after entering."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from workload.web.access import Account, Action, needs
from workload.web.rendering import page

router = APIRouter()


@router.get("/")
def home(request: Request, account: Annotated[Account, needs(Action.OWN_ACCOUNT)]) -> HTMLResponse:
    return page(request, "accueil.html")
