"""A marked copy loses nothing: parts, cached results, other people's notes; and shows what is wrong, where."""

import re
from datetime import timedelta
from pathlib import Path

import lxml.etree as etree
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from tests.unit.marking_fixture import (
    CACHED,
    HIDDEN,
    SHEET,
    VBA,
    coloured,
    notes,
    prefixed,
    read_parts,
    rich_workbook,
    write_parts,
    wrong,
)
from workload.errors import InputError, Issue, RequestError, Severity
from workload.ingest.marking import LIST_MARKER, LIST_SHEET, NOTE_AUTHOR, mark_workbook

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")  # openpyxl reading ours
M = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ISSUES = [
    wrong("C5"),
    wrong("D6", severity=Severity.WARNING),
    wrong("A6", "Réunion. Suite"),  # Marie has left a note there
    wrong("B2"),  # inside A1:D2
    wrong("C10:C14"),
    wrong("4:4", ""),
    wrong("H40", "=1+1"),  # neither the cell nor its row exists
    wrong("B30"),  # the row exists, with a style, and no cell
    wrong("A2", "x", HIDDEN),
    wrong(""),
    Issue("missing_sheet", "releve.xlsm", params={"sheet": "Truc"}),
]
TOUCHED = {
    *("[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"),
    *("xl/worksheets/sheet1.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"),
    *("xl/worksheets/sheet2.xml",),  # the hidden sheet has an issue too
    *("xl/worksheets/sheet3.xml",),  # was the one selected
}
ADDED = {
    *("xl/worksheets/sheet4.xml", "xl/comments2.xml", "xl/drawings/vmlDrawing3.vml"),
    *("xl/worksheets/_rels/sheet2.xml.rels",),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rich_workbook(tmp_path_factory.mktemp("source") / "releve.xlsm")


@pytest.fixture(scope="module")
def marked(source: Path) -> Path:
    target = source.with_name("copie.xlsm")
    mark_workbook(source, target, ISSUES)
    return target


def test_every_other_part_is_kept_byte_for_byte(source: Path, marked: Path) -> None:
    before, after = read_parts(source), read_parts(marked)
    assert set(after) - set(before) == ADDED
    assert {name for name in before if before[name] != after.get(name)} == TOUCHED
    assert after["xl/vbaProject.bin"] == VBA
    assert b"sheet.macroEnabled.main+xml" in after["[Content_Types].xml"]


def test_a_touched_sheet_differs_in_its_marked_cells_alone(source: Path, marked: Path) -> None:
    before, after = (etree.fromstring(read_parts(p)["xl/worksheets/sheet1.xml"]) for p in (source, marked))
    old = {cell.get("r"): cell for cell in before.iter(M + "c")}
    changed = set()
    for cell in list(after.iter(M + "c")):
        was = old.get(cell.get("r"))
        if was is None or was.get("s") != cell.get("s"):
            changed.add(cell.get("r"))
        if was is None:
            cell.getparent().remove(cell)
        elif was.get("s") is None:
            cell.attrib.pop("s", None)
        else:
            cell.set("s", was.get("s"))
    rows = {row.get("r") for row in before.iter(M + "row")}
    for row in [r for r in after.iter(M + "row") if r.get("r") not in rows]:
        row.getparent().remove(row)
    assert changed == {"C5", "D6", "A6", "A1", "C10", "C11", "C12", "C13", "C14", "A4", "H40", "B30"}
    assert etree.tostring(after, method="c14n") == etree.tostring(before, method="c14n")
    assert b"x14:sparkline" in etree.tostring(after)
    assert b"x14:dataBar" in etree.tostring(after)


def test_cached_results_stay(marked: Path) -> None:
    with CalamineWorkbook.from_path(marked) as book:
        rows = book.get_sheet_by_name(SHEET).to_python(skip_empty_area=False)
    assert rows[20][1:3] == [timedelta(days=CACHED), "trop"]


def test_a_marked_style_differs_in_its_fill_alone(source: Path, marked: Path) -> None:
    before, after = openpyxl.load_workbook(source)[SHEET], openpyxl.load_workbook(marked)[SHEET]
    for cell in ("C5", "D6", "A1", "A4"):
        old, new = before[cell], after[cell]
        for part in ("font", "border", "alignment", "protection", "number_format"):
            assert repr(getattr(new, part)) == repr(getattr(old, part)), (cell, part)
        assert repr(new.fill) != repr(old.fill)
    assert (after["H40"].number_format, after["H40"].protection.locked) == ("[h]:mm", False), "as its column"
    assert after["B30"].font.b, "as its row"


def test_errors_are_red_warnings_amber_and_light_letters_keep_a_dark_ground(marked: Path) -> None:
    colours = coloured(marked)
    assert colours["C5"].startswith("FFFDC8")
    assert colours["D6"].startswith("FFFEE8")
    assert colours["A4"].startswith("FFB320")
    assert set(coloured(marked, HIDDEN)) == {"A2"}


def test_notes_say_what_is_wrong_and_leave_others_alone(source: Path, marked: Path) -> None:
    found = notes(marked)
    assert found["A6"] == notes(source)["A6"]
    assert set(found) == {"A1", "A4", "A6", "B30", "C5", "C10", "D6", "H40"}
    author, text = found["C10"]
    assert author == NOTE_AUTHOR
    assert text.splitlines() == [
        "ERREUR",
        "« 37,5h » n’est pas une durée. Écrivez en heures et minutes, par exemple 7:30.",
        "Valeur lue\u00a0: 37,5h",
        "Proposition\u00a0: 37:30",
        "Étendue\u00a0: C10:C14",
    ]
    assert found["D6"][1].startswith("Attention\n")
    drawing = read_parts(marked)["xl/drawings/vmlDrawing1.vml"]
    assert drawing.startswith(read_parts(source)["xl/drawings/vmlDrawing1.vml"].removesuffix(b"</xml>"))
    assert drawing.count(b'ObjectType="Note"') == len(found)
    ids = re.findall(rb'<v:shape id="([^"]+)"', drawing)
    assert len(set(ids)) == len(ids)


def test_the_list_comes_first_with_a_link_to_each_cell(marked: Path) -> None:
    book = openpyxl.load_workbook(marked)
    assert book.sheetnames == [LIST_SHEET, SHEET, HIDDEN, "Graphique", "Notes"]
    listing = book[LIST_SHEET]
    assert listing["A1"].value == LIST_MARKER
    assert listing["A1"].number_format == ";;;"
    rows = [[cell.value for cell in row] for row in listing.iter_rows(5, listing.max_row, 1, 7)]
    assert [row[0] for row in rows] == list(range(1, len(ISSUES) + 1))
    in_reading_order = [None, "→", "B2", "Ligne 4", "C5", "A6", "D6", "C10:C14", "B30", "H40", "A2"]
    assert [row[3] for row in rows] == in_reading_order
    assert rows[5][4:] == [
        "Réunion. Suite",
        "« Réunion. Suite » n’est pas une durée.",
        "Écrivez en heures et minutes, par exemple 7:30.\nProposition\u00a0: 37:30",
    ]
    assert (listing["E14"].value, listing["E14"].data_type) == ("=1+1", "s"), "never a formula"
    assert rows[10][2] == "Codes (feuille masquée)"
    quoted = SHEET.replace("'", "''")
    assert listing["D9"].hyperlink.location == f"'{quoted}'!C5"
    assert listing["D8"].hyperlink.location == f"'{quoted}'!4:4"
    assert listing["D6"].hyperlink.location == f"'{quoted}'!A1"
    assert listing["D15"].hyperlink is None, "a link to a hidden sheet leads nowhere"
    assert listing.freeze_panes == "A5"
    assert (listing.page_setup.orientation, listing.print_title_rows) == ("landscape", "$4:$4")


def test_names_follow_their_sheets_and_one_sheet_alone_is_selected(marked: Path) -> None:
    root = etree.fromstring(read_parts(marked)["xl/workbook.xml"])
    names = [(n.get("name"), n.get("localSheetId"), n.text) for n in root.iter(M + "definedName")]
    quoted = SHEET.replace("'", "''")
    assert ("Liste", "2", "Codes!$A$1:$A$3") in names
    assert ("_xlnm.Print_Area", "1", f"'{quoted}'!$A$1:$D$21") in names
    assert ("Total", None, f"'{quoted}'!$B$21") in names
    assert [view.get("activeTab") for view in root.iter(M + "workbookView")] == ["0"]
    parts = read_parts(marked)
    assert [name for name, data in parts.items() if b"tabSelected" in data] == ["xl/worksheets/sheet4.xml"]


def test_prefixed_sheets_keep_their_prefix(source: Path, tmp_path: Path) -> None:
    odd = prefixed(source, tmp_path / "odd.xlsm")
    mark_workbook(odd, tmp_path / "marked.xlsm", ISSUES)
    sheet = read_parts(tmp_path / "marked.xlsm")["xl/worksheets/sheet1.xml"]
    assert b"<x:worksheet" in sheet
    assert b'<x:c r="H40"' in sheet
    assert set(coloured(tmp_path / "marked.xlsm")) == set(coloured_by(source, tmp_path))


def coloured_by(source: Path, folder: Path) -> dict[str, str]:
    mark_workbook(source, folder / "plain.xlsm", ISSUES)
    return coloured(folder / "plain.xlsm")


def test_a_source_can_be_its_own_target(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "same.xlsm"
    copy.write_bytes(source.read_bytes())
    mark_workbook(copy, copy, ISSUES)
    assert "C5" in coloured(copy)
    assert list(tmp_path.iterdir()) == [copy], "no temporary file left"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data.replace(b"http://schemas.openxmlformats.org/spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"), "marking_strict"),
        (lambda data: b'<!DOCTYPE w [<!ENTITY e "x">]><w>&e;</w>', "input_errors"),
        (lambda data: data[: len(data) // 2], "input_errors"),
    ],
    ids=["strict", "entities", "damaged"],
)  # fmt: skip
def test_what_cannot_be_marked_says_so(source: Path, tmp_path: Path, change, code: str) -> None:
    parts = read_parts(source)
    parts["xl/workbook.xml"] = change(parts["xl/workbook.xml"])
    with pytest.raises((RequestError, InputError)) as caught:
        mark_workbook(write_parts(tmp_path / "bad.xlsx", parts), tmp_path / "out.xlsx", ISSUES)
    assert caught.value.code == code
    assert not (tmp_path / "out.xlsx").exists()


def test_no_zip_is_no_workbook(tmp_path: Path) -> None:
    (tmp_path / "releve.csv").write_text("a;b")
    with pytest.raises(RequestError, match="marking_not_xlsx"):
        mark_workbook(tmp_path / "releve.csv", tmp_path / "out.xlsx", ISSUES)
