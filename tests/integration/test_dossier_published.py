"""The dossier of the published demonstration: what the published tables say, page by page."""

import io
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import Engine

from tests.integration.published_study import computed, published
from workload.catalogue import number
from workload.reporting.dossier import dossier_view, write_dossier_html
from workload.reporting.dossier.pdf import dated, pdf
from workload.store.scenario_sheets import read_sheet
from workload.store.scenarios import list_scenarios

pytestmark = pytest.mark.integration
GENERATED = "28 novembre 2026 à 11 h 05"


def test_the_demonstration_as_a_dossier(engine: Engine, tmp_path: Path) -> None:
    published(engine, "Scénario de l’étude", computed())
    sheet = read_sheet(engine, list_scenarios(engine)[0].key)
    view = dossier_view(sheet, GENERATED)
    made = pdf(view, dated(sheet))
    found = pypdf.PdfReader(io.BytesIO(made))
    pages = [page.extract_text().replace("\u00a0", " ").replace("\u202f", " ") for page in found.pages]
    main = sheet.study["main_mission"]
    territories = sheet.rows("allocation", main)
    first = next(k for k, page in enumerate(pages) if k > 1 and territories[0]["territory"] in page.split("\n")[1])
    for k, row in enumerate(territories):
        own, next_one = pages[first + 2 * k], pages[first + 2 * k + 1]
        assert row["territory"] in own.split("\n")[1]
        assert number(row["need_fte"], 2) in own
        assert row["territory"] in next_one.split("\n")[1]
        for line in sheet.rows("ledger", main, row["territory_id"])[1:3]:
            assert number(abs(line["posts"]), 3) in next_one
    text = "".join(pages)
    for line in sheet.tables["ledger"]:
        assert line["posts_exact"].replace("-", "−") in text
    assert sheet.run_id in text
    write_dossier_html(sheet, tmp_path / "dossier.html", GENERATED)
    source = (tmp_path / "dossier.html").read_text("utf-8")
    for document in (source, text):
        assert "releve-" not in document
        assert "SIMULÉES" in document
        assert "sureffectif" not in document.lower()
    assert pdf(dossier_view(sheet, GENERATED), dated(sheet)) == made
