"""The report in a real browser, on screen and on paper; the workbook in LibreOffice."""

import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from pypdf import PdfReader

from tests.programs import require_program
from workload.pipeline import RunResult
from workload.reporting.html import write_html
from workload.reporting.workbook import write_workbook

GENERATED = "1er mars 2026 à 14 h 05"


@pytest.fixture(scope="module")
def folder(sample_result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_html(sample_result, folder / "rapport.html", GENERATED)
    write_workbook(sample_result, folder / "rapport.xlsx", GENERATED)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = require_program("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.mark.e2e
@pytest.mark.parametrize("width", [1200, 400])
def test_screen(browser: Browser, folder: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith("file:") else complaints.append(request.url))
    page.goto((folder / "rapport.html").as_uri())
    assert page.inner_text("h1") == "Répartition des postes à moyens constants"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("article.territory").count() == 6
    assert page.locator("svg").count() == 7
    drawn = page.evaluate("[...document.querySelectorAll('svg')].every(s => s.getBoundingClientRect().height > 100)")
    assert drawn
    inside = """[...document.querySelectorAll('svg')].every(svg => {
        const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].every(t => {
            const r = t.getBoundingClientRect();
            return r.left >= box.left - 1 && r.right <= box.right + 1;
        });
    })"""
    assert page.evaluate(inside)
    assert complaints == []
    page.close()


@pytest.mark.e2e
def test_paper_carries_the_mention_on_every_page(browser: Browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto((folder / "rapport.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")
    reader = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    page.close()
    assert len(reader.pages) > 5
    texts = [sheet.extract_text() for sheet in reader.pages]
    for number, (sheet, text) in enumerate(zip(reader.pages, texts, strict=True), start=1):
        assert "DONNÉES SIMULÉES" in text
        assert f"{number} / {len(reader.pages)}" in text
        assert float(sheet.mediabox.width) == pytest.approx(595, abs=1)
        assert float(sheet.mediabox.height) == pytest.approx(842, abs=1)
    assert sum(text.count("Éloignement du site") for text in texts) >= 6  # closed ledgers print all the same


@pytest.mark.system
def test_libreoffice_prints_the_workbook(folder: Path, tmp_path: Path) -> None:
    program = require_program("soffice")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(folder / "rapport.xlsx")], check=True, capture_output=True, timeout=180)
    reader = PdfReader(tmp_path / "rapport.pdf")
    for sheet in reader.pages:
        assert "DONNÉES SIMULÉES" in sheet.extract_text()
        assert float(sheet.mediabox.width) > float(sheet.mediabox.height)
    text = "".join(sheet.extract_text() for sheet in reader.pages)
    assert "Synthèse" in text
    assert "#" not in text.replace("N#", "")  # no cell too narrow, no error value
