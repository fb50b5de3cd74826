"""Tokens: made by people in their session, never by a token."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from workload.errors import RequestError
from workload.store.api_tokens import LONGEST_DAYS, TokenLine, list_tokens, make_token, revoke_token
from workload.web.access import Account, Action, needs, scopes_of
from workload.web.state import web_of

router = APIRouter(prefix="/api/v1", tags=["compte"])
Own = Annotated[Account, needs(Action.OWN_ACCOUNT)]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=80)
    scopes: list[str] = Field(min_length=1, max_length=10)
    days: int = Field(default=90, ge=1, le=LONGEST_DAYS)


class Made(BaseModel):
    token: str  # shown this once


class Token(BaseModel):
    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


@router.get("/tokens")
def tokens(request: Request, account: Own) -> list[Token]:
    """Vos jetons, sans leur valeur."""
    return [_shown(line) for line in list_tokens(web_of(request).engine, account.id)]


@router.post("/tokens", status_code=201)
def create(request: Request, asked: Asked, account: Own) -> Made:
    """Un nouveau jeton, montré cette seule fois ; jamais plus que ce que permet le compte."""
    if not set(asked.scopes) <= set(scopes_of(account)):
        raise RequestError("token_unfit", most=LONGEST_DAYS)
    return Made(token=make_token(web_of(request).engine, account, asked.name, asked.scopes, asked.days))


@router.delete("/tokens/{number}", status_code=204)
def withdraw(request: Request, number: int, account: Own) -> Response:
    """Retire un jeton."""
    revoke_token(web_of(request).engine, account, number)
    return Response(status_code=204)


def _shown(line: TokenLine) -> Token:
    return Token(
        id=line.id,
        name=line.name,
        scopes=list(line.scopes),
        created_at=line.created_at,
        expires_at=line.expires_at,
        last_used_at=line.last_used_at,
    )
