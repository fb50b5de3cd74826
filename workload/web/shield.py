"""Around every request: names we answer to, headers that browsers hold to, sizes, and failures in words.

Plain ASGI, so that a body is counted as it arrives and nothing is kept twice.
"""

import asyncio
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workload.web.identity import identify
from workload.web.refusals import failure, refusal
from workload.web.settings import WebOptions

LARGEST_HEADERS = 16 * 1024
SAFE = ("GET", "HEAD", "OPTIONS")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Shield:
    def __init__(self, app: ASGIApp, owner: FastAPI, options: WebOptions) -> None:
        self.app = app
        self.owner = owner
        self.options = options
        self.hosts = {_name(options.base_url.split("://", 1)[1]), *map(_name, options.trusted_hosts)}
        if self.hosts & LOOPBACK:  # on one's own machine the names are one's own
            self.hosts |= LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["app"] = self.owner  # a refusal from here needs what routes get from the application
        request = Request(scope)
        started = False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *self._headers(scope, message["headers"])]
            await send(message)

        counted = _Counted(request, receive, self.options)
        try:
            status = self._wrong(scope)
            if status:
                await (await refusal(request, status))(scope, receive, with_headers)
                return
            await self.app(scope, counted, with_headers)
        except _TooMuchError as stop:
            if not started:
                await (await refusal(request, stop.status_code))(scope, receive, with_headers)
        except Exception as error:
            answer = await failure(request, error)
            if not started:
                await answer(scope, receive, with_headers)

    def _wrong(self, scope: Scope) -> int:
        """Status of a request that is not looked at further; 0 where it may pass."""
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or _name(hosts[0]) not in self.hosts:
            return 400
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEADERS:
            return 431
        return 0

    def _headers(self, scope: Scope, present: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        headers = {
            "content-security-policy": content_policy(self.options),
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
        }
        if self.options.secure:
            headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
        if not scope["path"].startswith("/static/"):
            headers["cache-control"] = "no-store"
        known = {name.lower() for name, _ in present}
        return [(name.encode(), value.encode()) for name, value in headers.items() if name.encode() not in known]


def content_policy(options: WebOptions, frames: str = "") -> str:
    """What a page may load. frames: the one other site that it may show within itself."""
    issuer = options.oidc_issuer
    directory = " " + "/".join(issuer.split("/")[:3]) if options.oidc else ""  # leaving goes through it too
    policy = (
        f"default-src 'self'; form-action 'self'{directory}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )
    return f"{policy}; frame-src {frames}" if frames else policy


class _TooMuchError(HTTPException):
    """A body too large or too slow, met while somebody was reading it."""


class _Counted:
    """The body, counted as it comes: Content-Length may lie or be absent. Files count only for who has entered."""

    def __init__(self, request: Request, receive: Receive, options: WebOptions) -> None:
        self.request = request
        self.receive = receive
        self.small = options.largest_body_kb * 1024
        self.large = options.largest_upload_mb * 1024 * 1024
        self.seconds = options.body_seconds
        self.files = request.headers.get("content-type", "").lower().startswith("multipart/form-data")
        self.read = 0
        self.over = request.method in SAFE
        self.until: float | None = None

    async def __call__(self) -> Message:
        if self.over:
            return await self.receive()
        loop = asyncio.get_running_loop()
        if self.until is None:
            self.until = loop.time() + self.seconds
            await self._hold(_announced(self.request))
        try:
            message = await asyncio.wait_for(self.receive(), max(self.until - loop.time(), 0))
        except TimeoutError:
            raise _TooMuchError(408) from None
        if message["type"] == "http.request":
            self.read += len(message.get("body", b""))
            await self._hold(self.read)
            self.over = not message.get("more_body", False)
        return message

    async def _hold(self, size: int) -> None:
        if size <= self.small:
            return
        entered = self.files and size <= self.large and await identify(self.request) is not None
        if not entered:
            raise _TooMuchError(413)


def _announced(request: Request) -> int:
    given: Any = request.headers.get("content-length", "0")
    return int(given) if given.isascii() and given.isdigit() else 0


def _name(host: str) -> str:
    """A host without its port, in one case."""
    host = host.strip().lower().rstrip("/")
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
