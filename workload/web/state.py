"""What every request works with: in `request.app.state.web`."""

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cached_property

from fastapi import Request
from sqlalchemy import Engine

from workload.store.settings import StoreSettings
from workload.store.web_secret import web_secret
from workload.web.settings import WebOptions


@dataclass(frozen=True)
class Web:
    engine: Engine
    settings: StoreSettings = field(default_factory=StoreSettings)
    options: WebOptions = field(default_factory=WebOptions)

    @cached_property
    def _secret(self) -> bytes:
        return web_secret(self.options.secret, self.settings.data_dir)

    def sign(self, purpose: str, value: str) -> str:
        """A keyed hash: the same for the same purpose and value, of no use for another purpose."""
        return hmac.new(self._secret, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()


def web_of(request: Request) -> Web:
    web: Web = request.app.state.web
    return web
