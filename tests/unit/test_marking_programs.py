"""LibreOffice opens the marked copy, draws it, saves it; its own copy loses the marks as cleanly."""

import subprocess
from pathlib import Path

import openpyxl
import pytest

from tests.programs import require_program
from tests.unit.marking_fixture import HIDDEN, SHEET, coloured, notes, rich_workbook, wrong
from workload.errors import Severity
from workload.ingest.marking import LIST_SHEET, NOTE_AUTHOR, mark_workbook

pytestmark = [
    pytest.mark.system,
    pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning"),  # openpyxl reading ours
]
ISSUES = [wrong("C5"), wrong("A9", severity=Severity.WARNING), wrong("B2"), wrong("H40"), wrong("A2", sheet=HIDDEN)]


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    mark_workbook(rich_workbook(tmp_path / "releve.xlsm"), tmp_path / "copie.xlsm", ISSUES)
    return tmp_path / "copie.xlsm"


def convert(path: Path, kind: str) -> Path:
    out = path.parent / "out"
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    soffice = require_program("soffice")
    command = [soffice, profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return out / f"{path.stem}.{kind}"


def test_libreoffice_prints_the_list_first(marked: Path) -> None:
    pdf = convert(marked, "pdf")
    text = subprocess.run(
        [require_program("pdftotext"), "-l", "1", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True
    ).stdout
    assert text.split()[:2] == ["À", "corriger"]
    assert "37,5h" in text


def test_what_libreoffice_saved_is_marked_anew(marked: Path) -> None:
    saved = convert(marked, "xlsx")
    assert set(coloured(saved)) == {"C5", "A9", "A1", "H40"}, "it reads our colours"
    assert notes(saved)["C5"][1].startswith("ERREUR")
    assert openpyxl.load_workbook(saved).sheetnames[0] == LIST_SHEET
    again = saved.with_name("again.xlsx")
    mark_workbook(saved, again, [wrong("C6")])
    assert set(coloured(again)) == {"C6"}
    assert {cell for cell, (author, _) in notes(again).items() if author == NOTE_AUTHOR} == {"C6"}
    assert openpyxl.load_workbook(again).sheetnames == [LIST_SHEET, SHEET, HIDDEN, "Graphique", "Notes"]
    ground = openpyxl.load_workbook(again)[SHEET]["A1"].fill.fgColor.rgb
    assert ground == "FF1F3864", "the fill that our red had covered"
    convert(again, "pdf")
