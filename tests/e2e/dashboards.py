"""A visitor of the dashboards in a real browser: enters, opens one, waits until every chart has really drawn."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine

from tests.integration.published_study import computed, published, shared
from workload.services.people import load_people
from workload.services.superset import superset_running
from workload.services.superset_home import forget_figures
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.migrate import migrate

SHARED_SCENARIO = "Variante à discuter"
SLUGS = ("temps", "besoin", "affectation", "justification", "profil", "campagne")
DRAWN_MS = 60_000
CHART = "[data-test=chart-grid-component]"
ENGLISH = re.compile(
    r"\b(loading|no data|no results|error|filters?\b|apply|search|download|settings|chart|dashboard|row[s]? of|"
    r"undefined|null|nan|true|false|total records|select|unexpected)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Site:
    address: str
    engine: Engine
    data: Path
    passwords: dict[str, str] = field(repr=False)


@contextmanager
def site() -> Iterator[Site]:
    """The demonstration published (two scenarios; a third one shared with the direction alone), and Superset beside it."""
    folder = Path(tempfile.mkdtemp(prefix="workload-e2e-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        with running(folder) as url:
            engine = make_engine(url)
            migrate(engine)
            published(engine, "Scénario de l’étude", computed())
            published(engine, "Postes entiers", computed(pas=1))
            shared(engine, SHARED_SCENARIO, computed(indicateurs_internes="comparaison"))
            with superset_running(engine, folder, port=18388) as superset:
                people = load_people(Path("superset/demo_accounts.yaml"), folder).persons
                passwords = {p.login: p.password.get_secret_value() for p in people if p.password}
                forget_figures(folder)
                yield Site(superset.address, engine, folder, passwords)
            engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def declared_charts(slug: str) -> int:
    """Charts that the dashboard's file places on it."""
    raw: dict[str, Any] = yaml.safe_load(Path(f"superset/assets/dashboards/{slug}.yaml").read_text("utf-8"))
    return sum(1 for part in raw["position"].values() if isinstance(part, dict) and part.get("type") == "CHART")


def entered(browser: Browser, site: Site, login: str, width: int = 1600) -> BrowserContext:
    context = browser.new_context(locale="fr-FR", viewport={"width": width, "height": 5200})
    page = context.new_page()
    page.goto(f"{site.address}/login/")
    page.fill("input[name=username], #username", login)
    page.fill("input[name=password], #password", site.passwords[login])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(superset/)?welcome"), timeout=DRAWN_MS)
    page.close()
    return context


def opened(context: BrowserContext, site: Site, slug: str, page: Page | None = None) -> Page:
    """The dashboard, every chart of it drawn. The window is tall, since charts out of sight are not drawn."""
    page = page or context.new_page()
    page.goto(f"{site.address}/superset/dashboard/{slug}/")
    wanted = declared_charts(slug)
    page.wait_for_function(
        """([wanted, selector]) => {
            const charts = [...document.querySelectorAll(selector)];
            const busy = c => c.querySelector('.loading, [data-test="loading-indicator"]');
            const drawn = c => [...c.querySelectorAll('canvas, table, svg')].some(d => d.getBoundingClientRect().height > 40)
                || c.querySelector('.slice_container, .chart-container')?.innerText.trim().length > 20;
            return charts.length === wanted && charts.every(c => !busy(c) && drawn(c));
        }""",
        arg=[wanted, CHART],
        timeout=DRAWN_MS,
    )
    page.wait_for_timeout(1500)  # animations
    return page


def said(page: Page) -> str:
    """All text of the dashboard."""
    return page.inner_text("body")
