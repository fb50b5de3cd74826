"""The pages on a real database, for tests: accounts of each kind, browsers that entered, programs with a token."""

import itertools
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import URL, Engine, text

from workload.store.account_kinds import Account, Role
from workload.store.accounts import NewAccount, find_account, make_account
from workload.store.api_tokens import make_token
from workload.store.engine import make_engine
from workload.store.migrate import migrate
from workload.store.passwords import hash_password
from workload.store.sessions import account_of, find_session, open_session
from workload.store.settings import StoreSettings
from workload.web.app import create_app
from workload.web.identity import COOKIE
from workload.web.settings import WebOptions
from workload.web.state import Web

BASE = "http://127.0.0.1:8000"
PASSWORD = "une phrase assez longue"
HASHED = hash_password(PASSWORD)
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_numbers = itertools.count(1)


class Browser(TestClient):
    """A client that keeps cookies, sends what browsers send, and fills in the token of forms."""

    csrf: str = ""

    def form(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        if not self.csrf:
            found = CSRF.search(self.get("/connexion").text)
            self.csrf = found[1] if found else ""
        return self.post(path, data={"csrf": self.csrf} | (data or {}), **more)


@dataclass
class Site:
    engine: Engine
    settings: StoreSettings
    app: FastAPI
    web: Web
    passwords: dict[str, str] = field(default_factory=dict)

    def browser(self, *, raising: bool = True) -> Browser:
        return Browser(self.app, base_url=BASE, follow_redirects=False, raise_server_exceptions=raising)

    def account(self, role: Role = Role.DIRECTION, territory: str = "", login: str = "") -> Account:
        """An account whose password is PASSWORD, already its own."""
        territory = territory or ("longwy" if role is Role.MANAGER else "")
        new = NewAccount(login or f"{role}.{next(_numbers)}", f"Personne {role}", role, territory)
        made = make_account(self.engine, new, "test", with_password=False)
        self.sql("UPDATE core.account SET password_hash = :kept WHERE id = :id", kept=HASHED, id=made.id)
        return account_of(find_account(self.engine, made.id))

    def entered(self, account: Account) -> Browser:
        """A browser in which this account entered."""
        with self.engine.begin() as connection:
            token = open_session(connection, account.id, account.version, self.web.options.longest)
        browser = self.browser()
        browser.cookies.set(COOKIE, token, domain="127.0.0.1", path="/")
        found = find_session(self.engine, token, self.web.options.idle)
        browser.csrf = found.csrf if found else ""
        return browser

    def program(self, account: Account, *scopes: str) -> Browser:
        browser = self.browser()
        token = make_token(self.engine, account, "test", scopes, 1)
        browser.headers["authorization"] = f"Bearer {token}"
        return browser

    def sql(self, statement: str, **given: Any) -> list[Any]:
        with self.engine.begin() as connection:
            done = connection.execute(text(statement), given)
            return list(done) if done.returns_rows else []

    def audit(self, action: str) -> list[Any]:
        return self.sql("SELECT * FROM core.audit_event WHERE action = :action ORDER BY id", action=action)

    def calm(self) -> None:
        """Forgets failed attempts, so that one test does not slow the next."""
        self.sql("DELETE FROM core.login_attempt")


@contextmanager
def new_site(server: URL, **options: Any) -> Iterator[Site]:
    name = f"test_{uuid.uuid4().hex[:12]}"
    administrator = make_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = make_engine(server.set(database=name))
    try:
        migrate(engine)
        with tempfile.TemporaryDirectory() as folder:
            settings = StoreSettings(data_dir=Path(folder))
            web = Web(engine, settings, WebOptions(**({"base_url": BASE} | options)))
            yield Site(engine, settings, create_app(web), web)
    finally:
        engine.dispose()
        with administrator.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        administrator.dispose()
