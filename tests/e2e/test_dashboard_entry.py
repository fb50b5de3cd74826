"""From the web app into the dashboards in a real browser: one account, one password, within our page and full size."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine

from tests.e2e.dashboards import CHART, DRAWN_MS, declared_charts
from tests.integration.published_study import computed, published
from tests.integration.superset_entry_site import PASSWORD, PROJECT_HAS_SUPERSET, Place, both
from tests.programs import require_program
from workload.store.migrate import migrate

pytestmark = [
    pytest.mark.slow,  # `make e2e` runs it; test_superset_entry holds the same rules without a browser
    pytest.mark.e2e,
    pytest.mark.integration,
    pytest.mark.skipif(not PROJECT_HAS_SUPERSET, reason="Superset's environment is missing: make superset-env"),
]
SHOTS = Path("var/captures")
SLUG = "affectation"
OTHERS = ("Briey", "Grand Nancy", "Lunévillois", "Terres de Lorraine", "Val de Lorraine")


def _study(engine: Engine) -> None:
    migrate(engine)
    published(engine, "Scénario de l’étude", computed())


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    require_program("chromium")
    with both(18488, Path("superset/assets"), _study) as found:
        yield found


@pytest.fixture(scope="module")
def browser(place: Place) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = require_program("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def entered(browser: Browser, place: Place, login: str, then: str = "/tableaux") -> tuple[BrowserContext, Page]:
    context = browser.new_context(locale="fr-FR", viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.goto(f"{place.address}/connexion?next={then}")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{place.address}{then}*")
    return context, page


def drawn(page: Page, n: int) -> str:
    """The text of the dashboard within the page's frame, once n charts are there and the first ones have drawn."""
    frame = page.frame_locator("iframe.embed")
    frame.locator(CHART).nth(n - 1).wait_for(state="attached", timeout=DRAWN_MS)
    frame.locator(f"{CHART} canvas, {CHART} table").first.wait_for(timeout=DRAWN_MS)
    return frame.locator("body").inner_text()


def test_a_manager_reads_a_dashboard_within_our_page_and_full_size(browser: Browser, place: Place):
    context, page = entered(browser, place, "responsable.longwy")
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    page.get_by_role("link", name="Affectation", exact=True).click()
    seen = drawn(page, declared_charts(SLUG))
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(2000)
    page.screenshot(path=SHOTS / f"{SLUG}-dans-la-page.png")
    assert page.locator("iframe.embed").get_attribute("title") == "Tableau de bord : Affectation"
    assert not [name for name in OTHERS if name in seen]
    assert not [said for said in refused if place.address in said or "frame" in said], refused

    page.get_by_role("link", name="Ouvrir en grand").click()
    page.wait_for_url(f"{place.superset.address}/superset/dashboard/{SLUG}/*")
    page.locator(f"{CHART} canvas, {CHART} table").first.wait_for(timeout=DRAWN_MS)
    page.screenshot(path=SHOTS / f"{SLUG}-en-grand.png")
    assert page.locator("input[type=password]").count() == 0
    context.close()


def test_working_in_superset_renews_the_cookie_and_leaving_ends_both(browser: Browser, place: Place):
    context, page = entered(browser, place, "drh")
    page.clock.install()
    page.goto(f"{place.superset.address}/superset/welcome/")
    page.wait_for_url(f"{place.superset.address}/superset/welcome/")
    token = next(one["value"] for one in context.cookies() if one["name"] == "workload_superset")
    page.clock.fast_forward("03:00")
    with page.expect_response(f"{place.address}/tableaux/renouveler") as answer:
        page.mouse.move(200, 200)
    assert answer.value.status == 204
    assert token != next(one["value"] for one in context.cookies() if one["name"] == "workload_superset")

    page.goto(f"{place.address}/tableaux")
    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url(f"{place.address}/connexion*")
    assert not {one["name"] for one in context.cookies()} & {"workload_superset", "workload_superset_session"}
    page.goto(f"{place.superset.address}/superset/dashboard/{SLUG}/")
    page.wait_for_url(f"{place.address}/connexion*")
    context.close()


def test_a_frame_whose_cookie_ended_leads_out_of_it(browser: Browser, place: Place):
    context, page = entered(browser, place, "syndicat", f"/tableaux/{SLUG}")
    drawn(page, declared_charts(SLUG))
    context.clear_cookies(name="workload_superset")
    frame = next(one for one in page.frames if one.url.startswith(place.superset.address))
    frame.evaluate("window.location.reload()")
    link = page.frame_locator("iframe.embed").get_by_role("link", name="Entrer de nouveau")
    link.wait_for(timeout=DRAWN_MS)
    page.screenshot(path=SHOTS / "cadre-sans-session.png")
    link.click()
    page.wait_for_url(f"{place.superset.address}/superset/dashboard/{SLUG}/*")
    context.close()
