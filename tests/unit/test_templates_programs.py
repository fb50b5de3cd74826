"""Every template opens in LibreOffice, prints on A4, and computes its totals there."""

import subprocess
from datetime import timedelta
from pathlib import Path

import openpyxl
import pypdf
import pytest

from tests.programs import require_program
from tests.unit.templates_fixture import ITEMS, communes, errors, posts, read, settings
from workload.ingest.templates import FORMS, write_survey_templates, write_templates

pytestmark = pytest.mark.system


def convert(folder: Path, target: str, files: list[Path]) -> None:
    program = require_program("soffice")
    command = [program, f"-env:UserInstallation=file://{folder / 'profile'}", "--headless", "--convert-to", target]
    subprocess.run([*command, "--outdir", folder, *files], check=True, capture_output=True, timeout=240)


def test_every_template_prints(tmp_path: Path, sample_folder: Path) -> None:
    files = []
    for form in FORMS:
        (made,) = write_survey_templates(posts(["A1"]), communes(), settings(), ITEMS, form, tmp_path / form)
        files.append(made.rename(tmp_path / f"{form}.xlsx"))
    for kind in ("posts", "territories", "indicators"):
        made = write_templates(kind, "", sample_folder, tmp_path / kind)[0]
        files.append(made.rename(tmp_path / f"{kind}.xlsx"))
    convert(tmp_path, "pdf", files)
    for path in files:
        pages = pypdf.PdfReader(path.with_suffix(".pdf")).pages
        width, height = float(pages[0].mediabox.width), float(pages[0].mediabox.height)
        assert (round(width), round(height)) == (842, 595), path.name
        text = "".join(page.extract_text() for page in pages)
        assert "Err:" not in text
        assert "#N" not in text, path.name
        assert f"Page 1/{len(pages)}" in text, path.name


def test_a_sheet_saved_by_libreoffice_computes_and_reads_back(tmp_path: Path) -> None:
    study = settings()
    (path,) = write_survey_templates(posts(["A1"], quotite=0.8), communes(), study, ITEMS, "agent", tmp_path)
    book = openpyxl.load_workbook(path)
    ws = book["Relevé"]
    row = next(r for r in range(14, 60) if ws.cell(r, 1).value == "A2")
    ws.cell(row, 3).value, ws.cell(row, 4).value = timedelta(minutes=336), timedelta(minutes=300)
    total = next(r for r in range(14, 60) if ws.cell(r, 2).value == "Total du jour")
    book.save(path)
    (tmp_path / "out").mkdir()
    convert(tmp_path / "out", "xlsx", [path])
    saved = tmp_path / "out" / path.name
    values = openpyxl.load_workbook(saved, data_only=True)["Relevé"]
    assert values.cell(total + 1, 3).value == timedelta(minutes=336)
    assert [values.cell(total + 2, c).value for c in (3, 4)] == ["juste", "manque 0:36"]
    found = read(saved, study)
    assert errors(found) == []
    assert sorted(found.sheets[0].minutes.values()) == [300, 336]
