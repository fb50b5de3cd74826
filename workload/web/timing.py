"""How long each answer took, and how much of it was the database's, told in a header (Server-Timing) that browsers show
and the load test adds up."""

import time
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_spent: ContextVar[list[float] | None] = ContextVar("workload_database_s", default=None)
STARTED = "workload_started"


class Timing:
    def __init__(self, app: ASGIApp, engine: Engine) -> None:
        self.app = app
        event.listen(engine, "before_cursor_execute", _before)
        event.listen(engine, "after_cursor_execute", _after)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        spent: list[float] = []
        token = _spent.set(spent)
        since = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                whole = 1000 * (time.perf_counter() - since)
                said = f"total;dur={whole:.1f}, db;dur={1000 * sum(spent):.1f}"
                message["headers"] = [*message["headers"], (b"server-timing", said.encode())]
            await send(message)

        try:
            await self.app(scope, receive, timed)
        finally:
            _spent.reset(token)


def _before(connection: Any, *_: Any) -> None:
    connection.info[STARTED] = time.perf_counter()


def _after(connection: Any, *_: Any) -> None:
    spent = _spent.get()  # the same list in the thread that a route runs in
    since = connection.info.pop(STARTED, None)
    if spent is not None and since is not None:
        spent.append(time.perf_counter() - since)
