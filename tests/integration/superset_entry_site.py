"""Superset and the web app beside one another, as people's browsers meet them; and visitors with one jar of cookies."""

import shutil
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import Cookie, CookieJar
from pathlib import Path

import uvicorn
from sqlalchemy import Engine, text

from tests.integration.superset_client import Answer, Visitor
from tests.integration.test_superset_service import ASSETS, PROJECT, TABLES
from workload.services.process import free_port
from workload.services.superset import Superset, superset_running
from workload.services.superset_entry import COOKIE, entry_key, entry_token
from workload.store.account_kinds import Account, Role
from workload.store.accounts import NewAccount, find_login, make_account
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.migrate import migrate
from workload.store.passwords import hash_password
from workload.store.sessions import account_of, open_session
from workload.store.settings import StoreSettings
from workload.web.app import create_app
from workload.web.identity import COOKIE as SESSION
from workload.web.settings import WebOptions
from workload.web.state import Web

PROJECT_HAS_SUPERSET = (PROJECT / ".venv-superset" / "bin" / "gunicorn").is_file()
PASSWORD = "une phrase assez longue"
PEOPLE = {
    "drh": (Role.DIRECTION, ""),
    "syndicat": (Role.UNION, ""),
    "responsable.longwy": (Role.MANAGER, "longwy"),
    "responsable.grand-nancy": (Role.MANAGER, "grand_nancy"),
    "admin": (Role.ADMINISTRATION, ""),
}


class Person(Visitor):
    """A browser: one jar for both sites, since cookies ignore ports."""

    def __init__(self, address: str, web: str) -> None:
        super().__init__(address)
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.web = web

    def ask_web(self, path: str, body: object = None) -> Answer:
        here, self.address = self.address, self.web
        try:
            return self.ask(path, body, form=body is not None)
        finally:
            self.address = here

    def open(self, path: str) -> Answer:
        """A page of Superset, by way of the web app where Superset asks for it."""
        answer = self.ask(path)
        self.csrf = self.ask("/api/v1/security/csrf_token/").json.get("result", "")
        return answer

    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self.jar}

    def put(self, name: str, value: str) -> "Person":
        given = {"expires": None, "discard": True, "comment": None, "comment_url": None, "rest": {}, "rfc2109": False}
        place = {"domain": "127.0.0.1", "domain_specified": False, "domain_initial_dot": False}
        path = {"path": "/", "path_specified": True, "port": None, "port_specified": False, "secure": False}
        self.jar.set_cookie(Cookie(0, name, value, **given, **place, **path))  # type: ignore[arg-type]
        return self


@dataclass(frozen=True)
class Place:
    engine: Engine  # of the accounts
    published: Engine
    home: Path
    assets: Path
    superset: Superset
    web: Web
    address: str
    started_s: float

    @property
    def key(self) -> str:
        return entry_key(self.home)

    def account(self, login: str) -> Account:
        return account_of(find_login(self.engine, login))

    def make(self, login: str, role: Role, territory: str = "") -> Account:
        make_account(self.engine, NewAccount(login, f"Personne {login}", role, territory), "test", with_password=False)
        with self.engine.begin() as connection:
            kept = {"kept": hash_password(PASSWORD), "login": login}
            connection.execute(text("UPDATE core.account SET password_hash = :kept WHERE login = :login"), kept)
        return self.account(login)

    def visitor(self) -> Person:
        return Person(self.superset.address, self.address)

    def person(self, login: str) -> Person:
        """Somebody who entered the web app and has not been to Superset yet."""
        account = self.account(login)
        with self.engine.begin() as connection:
            token = open_session(connection, account.id, account.version, self.web.options.longest)
        return self.visitor().put(SESSION, token)

    def token(self, login: str, until: float = 0) -> str:
        return entry_token(self.key, self.account(login), datetime.fromtimestamp(until or time.time() + 600, UTC))

    def bearing(self, token: str) -> Person:
        return self.visitor().put(COOKIE, token)


def small_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(TABLES.replace(":", "\\:")))


@contextmanager
def both(port: int, assets: Path = ASSETS, fill: Callable[[Engine], None] = small_tables) -> Iterator[Place]:
    """fill: makes what Superset reads. Accounts lie in a database beside it, on the same server."""
    home = Path(tempfile.mkdtemp(prefix="workload-test-", dir="/var/tmp"))
    home.chmod(0o755)
    shutil.copytree(assets, home / "assets")
    try:
        with running(home) as url:
            published = make_engine(url)
            fill(published)
            with published.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("CREATE DATABASE pages"))
            engine = make_engine(url.set(database="pages"))
            migrate(engine)
            web_port = free_port(port + 100)
            address = f"http://127.0.0.1:{web_port}"
            began = time.monotonic()
            with superset_running(published, home, port=port, assets=home / "assets", entry=address) as superset:
                options = WebOptions(base_url=address, superset_url=superset.address)
                web = Web(engine, StoreSettings(data_dir=home), options)
                with _served(web, web_port):
                    place = Place(
                        engine, published, home, home / "assets", superset, web, address, time.monotonic() - began
                    )
                    for login, (role, territory) in PEOPLE.items():
                        place.make(login, role, territory)
                    yield place
            engine.dispose()
            published.dispose()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _served(web: Web, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(create_app(web), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield
    server.should_exit = True
    thread.join(10)
