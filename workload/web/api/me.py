"""Who the caller is and what it may do."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from workload.web.access import Account, Action, may, needs

router = APIRouter(prefix="/api/v1", tags=["compte"])


class Me(BaseModel):
    login: str
    name: str
    role: str
    territory: str
    scopes: list[str] | None  # of the token; none for a person
    actions: list[str]


@router.get("/me")
def me(account: Annotated[Account, needs(Action.SEE_RESULTS)]) -> Me:
    """Le compte qui demande, et ce qu’il peut faire."""
    return Me(
        login=account.login,
        name=account.name,
        role=account.role,
        territory=account.territory,
        scopes=None if account.scopes is None else sorted(account.scopes),
        actions=[action.value for action in Action if may(account, action)],
    )
