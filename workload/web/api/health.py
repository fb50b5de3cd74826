"""How the service is, for a program of the administration."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel

from workload.store.health import health
from workload.web.access import Account, Action, needs
from workload.web.state import web_of

router = APIRouter(prefix="/api/v1", tags=["administration"])


class State(BaseModel):
    well: bool
    revision: str
    expected: str
    database_bytes: int
    free_bytes: int
    open_tasks_n: int
    failed_tasks_n: int


@router.get("/health")
def state(request: Request, account: Annotated[Account, needs(Action.SEE_HEALTH)]) -> State:
    """L’état du service : version des tables, place libre, travaux."""
    web = web_of(request)
    found = health(web.engine, web.settings)
    return State(well=found.well, **{name: getattr(found, name) for name in State.model_fields if name != "well"})
