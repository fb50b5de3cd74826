"""The manager corrects the marked copy and sends it back: old marks go, whatever program saved it meanwhile."""

import shutil
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from tests.unit.marking_fixture import HIDDEN, SHEET, coloured, notes, read_parts, rich_workbook, wrong
from workload.errors import Issue, Severity
from workload.ingest.grid import read_workbook
from workload.ingest.marking import LIST_MARKER, LIST_SHEET, NOTE_AUTHOR, is_list_sheet, mark_workbook

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")  # openpyxl reading ours
ISSUES = [wrong("C5"), wrong("D6"), wrong("B2"), wrong("H40"), wrong("A2", sheet=HIDDEN), wrong("A6")]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return rich_workbook(tmp_path / "releve.xlsm")


def marked(source: Path, issues: list[Issue], name: str) -> Path:
    mark_workbook(source, source.with_name(name), issues)
    return source.with_name(name)


def fills(path: Path) -> dict[tuple[str, str], str]:
    book = openpyxl.load_workbook(path)
    return {
        (sheet.title, cell.coordinate): repr(cell.fill)
        for sheet in book.worksheets
        if sheet["A1"].value != LIST_MARKER
        for cell in sheet._cells.values()
        if cell.fill.patternType
    }


def test_marking_twice_is_marking_once(source: Path) -> None:
    once = marked(source, ISSUES, "1.xlsm")
    assert read_parts(marked(once, ISSUES, "2.xlsm")) == read_parts(once)


def test_without_issues_the_marks_go_and_nothing_else(source: Path) -> None:
    clean = marked(marked(source, ISSUES, "1.xlsm"), [], "2.xlsm")
    assert read_parts(clean).keys() == read_parts(source).keys()
    assert fills(clean) == fills(source)
    assert notes(clean) == notes(source)
    assert openpyxl.load_workbook(clean).sheetnames == [SHEET, HIDDEN, "Graphique", "Notes"]
    for part in ("xl/drawings/vmlDrawing1.vml", "xl/calcChain.xml", "xl/charts/chart1.xml"):
        assert read_parts(clean)[part] == read_parts(source)[part]


def test_new_issues_replace_the_old(source: Path) -> None:
    again = marked(marked(source, ISSUES, "1.xlsm"), [wrong("C5"), wrong("C6", severity=Severity.WARNING)], "2.xlsm")
    assert set(coloured(again)) == {"C5", "C6"}
    assert {cell for cell, (author, _) in notes(again).items() if author == NOTE_AUTHOR} == {"C5", "C6"}
    assert notes(again)["A6"] == notes(source)["A6"]
    assert openpyxl.load_workbook(again).sheetnames.count(LIST_SHEET) == 1


def test_another_program_saved_the_copy_meanwhile(source: Path) -> None:
    """openpyxl writes other style numbers, shared strings and absolute targets, as Excel would."""
    copy = marked(source, ISSUES, "1.xlsm")
    book = openpyxl.load_workbook(copy)
    book[SHEET]["C5"] = 0.25
    book[SHEET].insert_rows(3)  # everything below moves down, colours and all
    book.move_sheet(LIST_SHEET, 2)
    book[LIST_SHEET].title = "Liste à moi"
    book.save(copy)
    plain = openpyxl.load_workbook(source)
    plain[SHEET].insert_rows(3)
    plain.save(source.with_name("plain.xlsx"))
    clean = marked(copy, [], "2.xlsx")
    assert fills(clean) == fills(source.with_name("plain.xlsx"))
    assert {author for author, _ in notes(clean).values()} == {"Marie"}
    assert "Liste à moi" not in openpyxl.load_workbook(clean).sheetnames
    assert openpyxl.load_workbook(clean)[SHEET]["C6"].value == timedelta(hours=6)


def test_a_reader_knows_the_list(source: Path) -> None:
    copy = marked(source, ISSUES, "1.xlsm")
    sheets = read_workbook(copy, "1.xlsm").sheets
    assert [sheet.name for sheet in sheets if is_list_sheet(sheet)] == [LIST_SHEET]


def test_a_sheet_of_that_name_that_is_not_ours_stays(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = LIST_SHEET
    book.active["A1"] = "à moi"
    book.save(tmp_path / "own.xlsx")
    mark_workbook(tmp_path / "own.xlsx", tmp_path / "out.xlsx", [wrong("A1", sheet=LIST_SHEET)])
    result = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert result.sheetnames == [f"{LIST_SHEET} (2)", LIST_SHEET]
    assert set(coloured(tmp_path / "out.xlsx", LIST_SHEET)) == {"A1"}


def test_every_survey_of_the_sample_can_be_marked(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "sample" / "meurthe-et-moselle" / "enquete"
    for path in sorted(folder.glob("*.xlsx"))[::25]:
        copy = Path(shutil.copy(path, tmp_path))
        issues = [wrong("C14", sheet="Relevé"), wrong("C13", sheet="Relevé", severity=Severity.WARNING)]
        before = openpyxl.load_workbook(path)["Relevé"]
        mark_workbook(copy, copy, issues)
        after = openpyxl.load_workbook(copy)["Relevé"]
        assert set(coloured(copy, "Relevé")) == {"C13", "C14"}
        assert [[c.value for c in row] for row in after.iter_rows()] == [
            [c.value for c in row] for row in before.iter_rows()
        ]
