"""The six dashboards as each role sees them: drawn, in French, with the store's own figures, and nothing beyond rights."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from sqlalchemy import text

from tests.e2e.dashboards import (
    CHART,
    DRAWN_MS,
    ENGLISH,
    SHARED_SCENARIO,
    SLUGS,
    Site,
    declared_charts,
    entered,
    opened,
    said,
    site,
)
from tests.integration.superset_client import Visitor
from tests.programs import require_program
from workload.store.published_tables import published_tables

pytestmark = [pytest.mark.e2e, pytest.mark.integration]
ROLES = ("drh", "syndicat", "responsable.longwy")
OTHERS = ("Briey", "Grand Nancy", "Lunévillois", "Terres de Lorraine", "Val de Lorraine")
VIEWS = ("territory_map", "commune_map")
SHOTS = Path("var/captures")
_seen: dict[tuple[str, str], str] = {}
"""(dashboard, login) → all its text, once it has drawn."""


@pytest.fixture(scope="module")
def place() -> Iterator[Site]:
    if not Path(".venv-superset/bin/gunicorn").exists():
        pytest.skip("Superset’s environment is missing: make superset-env")
    require_program("chromium")
    with site() as found:
        yield found


@pytest.fixture(scope="module")
def browser(place: Site) -> Iterator[Browser]:
    program = require_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def contexts(browser: Browser, place: Site) -> dict[str, BrowserContext]:
    return {login: entered(browser, place, login) for login in ROLES}


@pytest.fixture(scope="module")
def visitors(place: Site) -> dict[str, Visitor]:
    return {
        login: Visitor(place.address).enter(login, place.passwords[login])
        for login in (*ROLES, "responsable.grand-nancy", "admin")
    }


@pytest.fixture(scope="module")
def datasets(visitors: dict[str, Visitor]) -> dict[str, int]:
    answer = visitors["admin"].ask("/api/v1/dataset/?q=(page_size:100)").json
    return {row["table_name"]: row["id"] for row in answer["result"]}


@pytest.mark.parametrize("login", ROLES)
@pytest.mark.parametrize("slug", SLUGS)
def test_every_chart_draws_in_french_and_from_here(
    contexts: dict[str, BrowserContext], place: Site, slug: str, login: str
):
    page = contexts[login].new_page()
    outside: list[str] = []
    page.on(
        "request", lambda r: outside.append(r.url) if not r.url.startswith((place.address, "data:", "blob:")) else None
    )
    failed: list[str] = []
    page.on("response", lambda r: failed.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    opened(contexts[login], place, slug, page)
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{slug}-{login}.png", full_page=True)

    assert page.locator(CHART).count() == declared_charts(slug)
    assert page.locator(".ant-alert-error, [data-test='error-alert'], .alert-danger").count() == 0
    seen = _seen[slug, login] = said(page)
    assert not ENGLISH.findall(seen), ENGLISH.findall(seen)
    assert "SIMULÉ" in seen
    assert not failed
    # The front end always tries one pixel of its makers'; the content policy stops it before the network.
    assert not [url for url in outside if "scarf" not in url]
    page.close()


def test_figures_on_screen_are_those_of_the_store(contexts: dict[str, BrowserContext], place: Site):
    page = opened(contexts["drh"], place, "affectation")
    seen = re.sub(r"\s+", " ", said(page))
    with place.engine.connect() as connection:
        moves = connection.execute(
            text(
                """
                SELECT territory, change_label, supported FROM published.allocation
                WHERE scenario = 'Scénario de l’étude' AND mission_id = 'polyvalence'
                """
            )
        ).all()
        unserved = connection.execute(
            text(
                "SELECT territory, unserved_files_n FROM published.caseload_gap "
                "WHERE scenario = 'Scénario de l’étude' AND unserved_files_n > 0"
            )
        ).all()
    assert len(moves) == 6
    for territory, change, supported in moves:
        assert re.search(rf"{territory} {change}.{{0,40}}{re.escape(supported)}", seen), (territory, change)
    for territory, n in unserved:
        assert re.search(rf"{territory}.{{0,40}}\b{n:.0f}\b", seen), (territory, n)

    page = opened(contexts["drh"], place, "justification", page)
    ledger = re.sub(r"\s+", " ", said(page))
    with place.engine.connect() as connection:
        exact = connection.execute(
            text(
                """
                SELECT posts_exact FROM published.ledger AS l WHERE scenario = 'Scénario de l’étude'
                AND mission_id = 'polyvalence' AND kind = 'indicateur' AND territory = 'Briey'
                """
            )
        ).scalars()
        found = [fraction for fraction in exact if fraction in ledger]
    assert len(found) >= 10
    page.close()


def text_of(contexts: dict[str, BrowserContext], place: Site, slug: str, login: str) -> str:
    if (slug, login) not in _seen:
        page = opened(contexts[login], place, slug)
        _seen[slug, login] = said(page)
        page.close()
    return _seen[slug, login]


def test_a_manager_sees_one_territory(contexts: dict[str, BrowserContext], place: Site):
    for slug in SLUGS:
        seen = text_of(contexts, place, slug, "responsable.longwy")
        assert not [name for name in OTHERS if name in seen], slug
        assert "Longwy" in seen or slug == "besoin"  # there the name stands in a drawing


def test_a_union_representative_sees_no_scenario_that_is_only_shared(contexts: dict[str, BrowserContext], place: Site):
    assert SHARED_SCENARIO in text_of(contexts, place, "affectation", "drh")
    for slug in SLUGS:
        assert SHARED_SCENARIO not in text_of(contexts, place, slug, "syndicat"), slug


# --- Attacks


ALLOWED = {
    "drh": "true",
    "syndicat": "scenario_status = 'published'",
    "responsable.longwy": "scenario_status = 'published' AND territory_id = 'longwy'",
    "responsable.grand-nancy": "scenario_status = 'published' AND territory_id = 'grand_nancy'",
}


@pytest.mark.parametrize("name", [*published_tables(), *VIEWS])
def test_each_role_gets_its_rows_and_no_other(
    visitors: dict[str, Visitor], datasets: dict[str, int], place: Site, name: str
):
    """Through the chart API, counted and listed, whatever filter is added."""
    columns = {
        c.name
        for c in published_tables()[
            {"territory_map": "allocation", "commune_map": "need_commune"}.get(name, name)
        ].columns
    }
    for login, allowed in ALLOWED.items():
        rule = allowed if "territory_id" in columns else allowed.split(" AND territory_id")[0]
        with place.engine.connect() as connection:
            wanted = connection.scalar(text(f"SELECT count(*) FROM published.{name} WHERE {rule}"))
        shown = [c for c in ("scenario_status", "territory_id") if c in columns]
        for extra in (
            {},
            {"filters": [{"col": "scenario_status", "op": "IN", "val": ["shared", "published", "draft"]}]},
            {"extras": {"where": "(1 = 1) OR (1 = 1)"}},
            {"extras": {"having": "1 = 1"}},
        ):
            answer = visitors[login].figures(datasets[name], shown, ["nombre"], row_limit=1000, **extra)
            if answer.status >= 400:
                assert extra, (login, name, answer.body[:300])  # refused as such: an SQL of one's own
                continue
            rows = answer.json["result"][0]["data"]
            assert sum(row["Nombre de lignes" if "Nombre de lignes" in row else "nombre"] for row in rows) == wanted, (
                login,
                name,
                extra,
            )


def test_exports_obey_too(visitors: dict[str, Visitor], datasets: dict[str, int]):
    for login, others in (("responsable.longwy", ("briey", "Briey")), ("syndicat", ("shared", SHARED_SCENARIO))):
        for kind in ("csv", "xlsx", "json"):
            asked = {
                "datasource": {"id": datasets["allocation"], "type": "table"},
                "queries": [
                    {"columns": ["scenario", "scenario_status", "territory_id", "territory"], "metrics": ["nombre"]}
                ],
                "form_data": {"slice_id": 0},
                "result_format": kind,
                "result_type": "full",
            }
            answer = visitors[login].ask("/api/v1/chart/data", asked)
            assert answer.status in (200, 403), (login, kind, answer.body[:200])
            if kind == "csv":
                assert answer.status == 200
            body = answer.body.decode("utf-8", "replace")
            if kind == "xlsx" and answer.status == 200:
                book = openpyxl.load_workbook(io.BytesIO(answer.body))
                body = " ".join(str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row)
            assert not any(word in body for word in others), (login, kind)


def test_other_doors_stay_shut(visitors: dict[str, Visitor], datasets: dict[str, int]):
    sql = {"database_id": 1, "sql": "SELECT * FROM core.answer", "schema": "core", "client_id": "x1", "runAsync": False}
    for login in (*ROLES, "responsable.grand-nancy"):
        visitor = visitors[login]
        for path, body in (
            ("/api/v1/sqllab/execute/", sql),
            ("/api/v1/dataset/", {"database": 1, "schema": "core", "table_name": "answer"}),
            (
                "/api/v1/chart/",
                {"slice_name": "x", "datasource_id": datasets["allocation"], "datasource_type": "table"},
            ),
            ("/api/v1/dashboard/", {"dashboard_title": "x"}),
        ):
            assert visitor.ask(path, body).status in (400, 401, 403, 404), (login, path)
        for path in ("/api/v1/database/", "/api/v1/database/1/tables/?q=(schema_name:core)", "/api/v1/security/users/"):
            answer = visitor.ask(path)
            assert answer.status in (401, 403, 404) or not answer.json.get("result"), (login, path)


def test_what_disclosure_control_withholds_is_in_no_answer(
    visitors: dict[str, Visitor], datasets: dict[str, int], place: Site
):
    """Everything an administrator of Superset can ask of the time tables is what the store shows: nothing withheld."""
    for name in ("time_use", "time_use_cell"):
        with place.engine.connect() as connection:
            n = connection.scalar(text(f"SELECT count(*) FROM published.{name}"))
        rows = visitors["admin"].figures(datasets[name], ["mission_id"], ["nombre"]).json["result"][0]["data"]
        assert sum(row[key] for row in rows for key in row if key != "mission_id") == n


def test_the_second_visit_draws_too(contexts: dict[str, BrowserContext], place: Site):
    """From the cache, and with a scenario chosen by hand."""
    page = opened(contexts["syndicat"], place, "affectation")
    page.reload()
    page.wait_for_selector(f"{CHART} canvas", timeout=DRAWN_MS)
    page.close()
