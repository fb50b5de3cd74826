"""Whether the service answers: for whoever watches it from outside, and nothing that would help anybody else."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from workload.web.access import public
from workload.web.state import web_of

router = APIRouter()


@router.get("/sante", dependencies=[public])
def health(request: Request) -> PlainTextResponse:
    try:
        with web_of(request).engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return PlainTextResponse("ko\n", status_code=503)
    return PlainTextResponse("ok\n")
