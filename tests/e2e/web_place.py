"""The pages as people have them: a server, its worker and a real browser, on the demonstration study and few draws.

Whoever walks is watched: no request to another host, nothing in the console, no page wider than a telephone, and axe.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine, update
from sqlmodel import col

from tests.integration.published_study import DRAWS, FOLDER
from workload.ingest.scenario_file import read_scenario, scenario_files
from workload.ingest.study import read_study
from workload.jobs.queue import ensure_queue
from workload.jobs.worker import work
from workload.services.process import free_port, healthy
from workload.services.scenario_runs import keep
from workload.services.studies import adopt
from workload.store.account_kinds import Role
from workload.store.account_tables import AccountRow
from workload.store.accounts import NewAccount, make_account
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.importing import import_files
from workload.store.importing.pseudonyms import pseudonym_key
from workload.store.migrate import migrate
from workload.store.passwords import hash_password
from workload.store.scenarios import PUBLISHED
from workload.store.settings import StoreSettings
from workload.web.app import create_app
from workload.web.settings import WebOptions
from workload.web.state import Web

PASSWORD = "mot de passe de démonstration"
SHOTS = Path("var/captures")
PICTURES = Path("docs/images")
WRITE_PICTURES = os.environ.get("WORKLOAD_WRITE_PICTURES") == "1"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 400, "height": 800}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PEOPLE = (
    NewAccount("responsable.longwy", "Responsable Longwy", Role.MANAGER, "longwy"),
    NewAccount("drh", "Direction RH", Role.DIRECTION),
    NewAccount("syndicat", "Représentants du personnel", Role.UNION),
    NewAccount("admin", "Administration", Role.ADMINISTRATION),
)
PATIENCE_MS = 60_000  # others may be at work on the machine
_numbers = itertools.count(1)


@dataclass
class Place:
    address: str
    engine: Engine
    home: Path
    browser: Browser
    wrong: list[str] = field(default_factory=list)
    """What no page may do, as it was noticed."""

    def context(self, **options: Any) -> BrowserContext:
        """A browser of somebody's own, watched."""
        context = self.browser.new_context(locale="fr-FR", viewport=WIDE, **options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", self._heard)
        context.on("console", lambda said: self._noted(said.type, said.text))
        context.on("weberror", lambda error: self._noted("error", str(error.error)))
        return context

    def _heard(self, request: Any) -> None:
        asked = urlsplit(request.url)
        if asked.scheme in ("http", "https") and f"{asked.scheme}://{asked.netloc}" != self.address:
            self.wrong.append(f"asks another host: {request.url}")

    def _noted(self, kind: str, text: str) -> None:
        refused_page = text.startswith("Failed to load resource") and any(
            f" {n} (" in text for n in (400, 401, 403, 404, 422)
        )
        if kind in ("error", "warning") and not refused_page:
            self.wrong.append(f"console: {text}")

    def enter(self, login: str, password: str = PASSWORD, **options: Any) -> Page:
        page = self.context(**options).new_page()
        page.goto(self.address)
        page.get_by_label("Identifiant").fill(login)
        page.get_by_label("Mot de passe", exact=True).fill(password)
        page.get_by_role("button", name="Entrer").click()
        page.wait_for_url(lambda url: "/connexion" not in url)
        return page


@contextmanager
def place(browser: Browser, left_out: frozenset[str] = frozenset()) -> Iterator[Place]:
    """left_out: names of sheets that somebody will still send; what is published stands on all of them."""
    home = Path(tempfile.mkdtemp(prefix="workload-journeys-", dir="/var/tmp"))
    home.chmod(0o755)
    try:
        with running(home) as url:
            engine = make_engine(url)
            migrate(engine)
            ensure_queue(engine)
            settings = StoreSettings(data_dir=home, database_url=None)
            _fill(engine, settings, left_out)
            port = free_port(8300)
            address = f"http://127.0.0.1:{port}"
            with _working(engine, settings), _serving(Web(engine, settings, WebOptions(base_url=address)), port):
                yield Place(address, engine, home, browser)
            engine.dispose()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _fill(engine: Engine, settings: StoreSettings, left_out: frozenset[str]) -> None:
    adopt(settings, FOLDER)
    sheets = [path for path in sorted((FOLDER / "enquete").glob("*.xlsx")) if path.name not in left_out]
    registers = [FOLDER / "territoires.xlsx", FOLDER / "postes.xlsx"]
    import_files(engine, [*registers, *sheets], FOLDER, "mise en place", settings=settings)
    asked = read_scenario(scenario_files(FOLDER)[0])
    study = read_study(FOLDER, key=pseudonym_key(engine, settings))
    keep(engine, settings, study, asked, DRAWS, "mise en place", PUBLISHED, lambda *_: None)
    hashed = hash_password(PASSWORD)
    for person in PEOPLE:
        made = make_account(engine, person, "mise en place", with_password=False)
        with engine.begin() as connection:
            connection.execute(update(AccountRow).where(col(AccountRow.id) == made.id).values(password_hash=hashed))


@contextmanager
def _working(engine: Engine, settings: StoreSettings) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(work(engine, settings, stopped)), daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(30)


@contextmanager
def _serving(web: Web, port: int) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(create_app(web), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not healthy(port, "/sante"):
        assert thread.is_alive()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def faults(page: Page, *, wide: bool = True) -> list[str]:
    """What axe finds, wide and on a telephone, and whether the page is wider than that (tables move in themselves)."""
    page.evaluate(_axe())
    said = _axe_faults(page) if wide else []
    before = page.viewport_size
    page.set_viewport_size(NARROW)
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > NARROW["width"]:
        said.append(f"{page.url}: {width} px wide at {NARROW['width']}")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))")
    said += _axe_faults(page)
    page.set_viewport_size(before or WIDE)
    return said


def _axe_faults(page: Page) -> list[str]:
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", RULES
    )
    return [
        f"{page.url}: {one['id']}: {one['help']}: {node['target']} {node['html'][:160]}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


def seen(page: Page, name: str, *, picture: str = "", whole: bool = False) -> None:
    """The page as it is now, looked over and kept as a picture; some go into the guides.

    whole: the guide shows all of it; else the window.
    """
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{next(_numbers):02}-{name}.png", full_page=True)
    assert faults(page) == []
    if picture and WRITE_PICTURES:
        target = PICTURES / f"{picture}.png"
        page.screenshot(path=target, full_page=whole)
        assert target.stat().st_size < 250_000, target
