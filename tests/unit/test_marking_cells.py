"""Which cells an issue colours: every address, folded ranges, merges, sheets whose cells give no address."""

from pathlib import Path

import lxml.etree as etree
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.marking_fixture import coloured, notes, read_parts, write_parts, wrong
from workload.errors import Issue, Severity
from workload.ingest.grid import address
from workload.ingest.marking import mark_workbook
from workload.ingest.marking.addresses import LAST_COLUMN, LAST_ROW, Area, read_area, read_cell
from workload.ingest.marking.colours import SHADES, shade, shade_index
from workload.ingest.marking.mark import MOST_CELLS
from workload.ingest.marking.sentences import problem_and_remedy
from workload.ingest.marking.vml import add_shapes, has_shapes, remove_shapes

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("F12", Area(12, 6, 12, 6)),
        ("$f$12", Area(12, 6, 12, 6)),
        ("F48:F12", Area(12, 6, 48, 6)),
        ("4:4", Area(4, 1, 4, LAST_COLUMN, whole_rows=True)),
        ("XFD1048576", Area(LAST_ROW, LAST_COLUMN, LAST_ROW, LAST_COLUMN)),
        *((wrong_text, None) for wrong_text in ("", "XFE1", "A1048577", "A0", "F", "A:A", "A1:", "12", "F12:G", "é1")),
    ],
)
def test_addresses(text: str, area: Area | None) -> None:
    assert read_area(text) == area


@given(st.integers(1, LAST_ROW), st.integers(1, LAST_COLUMN))
def test_an_address_reads_back(row: int, column: int) -> None:
    assert read_cell(address(row, column)) == (row, column)


@given(st.sampled_from(Severity), st.booleans(), st.integers(0, SHADES - 1))
def test_a_shade_tells_which_it_is(severity: Severity, light: bool, index: int) -> None:
    assert shade_index(shade(severity, light, index)) == index


def test_no_two_shades_are_the_same() -> None:
    shades = [shade(s, light, i) for s in Severity for light in (True, False) for i in range(SHADES)]
    assert len(set(shades)) == len(shades)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Values here and there, one merged area: B3:C4."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Relevé"
    for row, column in ((1, 1), (2, 5), (7, 3), (7, 900), (500, 2)):
        sheet.cell(row, column, row)
    sheet.merge_cells("B3:C4")
    path = tmp_path_factory.mktemp("plain") / "plain.xlsx"
    book.save(path)
    return path


places = st.tuples(st.integers(1, 12) | st.integers(1, LAST_ROW), st.integers(1, 8) | st.integers(1, LAST_COLUMN))


@settings(max_examples=60, deadline=None)
@given(marks=st.dictionaries(places, st.sampled_from(Severity), min_size=1, max_size=12))
def test_the_coloured_cells_are_those_of_the_issues(plain: Path, marks: dict[tuple[int, int], Severity]) -> None:
    target = plain.with_name("marked.xlsx")
    issues = [wrong(address(*place), sheet="Relevé", severity=severity) for place, severity in marks.items()]
    mark_workbook(plain, target, issues)

    def shown(place: tuple[int, int]) -> str:
        return "B3" if place[0] in (3, 4) and place[1] in (2, 3) else address(*place)

    found = coloured(target, "Relevé")
    assert set(found) == {shown(place) for place in marks} == set(notes(target, "Relevé"))
    errors = {shown(place) for place, severity in marks.items() if severity is Severity.ERROR}
    assert {cell for cell, rgb in found.items() if rgb.startswith("FFFD")} == errors
    for row in etree.fromstring(read_parts(target)["xl/worksheets/sheet1.xml"]).iter(f"{{{MAIN}}}row"):
        columns = [read_cell(cell.get("r")) for cell in row]
        assert columns == sorted(columns), "cells in order"


def test_cells_without_an_address_lie_after_the_one_before(plain: Path, tmp_path: Path) -> None:
    parts = read_parts(plain)
    data = (
        '<row><c t="str"><v>A1</v></c><c t="str"><v>B1</v></c></row><row r="3"><c t="str" r="B3"><v>B3</v></c>'
        '<c t="str"><v>C3</v></c></row><row><c t="str"><v>A4</v></c></row>'
    )
    parts["xl/worksheets/sheet1.xml"] = f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>'.encode()
    cells = ["B1", "A3", "C3", "A4", "A2", "C4"]
    mark_workbook(
        write_parts(tmp_path / "bare.xlsx", parts), tmp_path / "out.xlsx", [wrong(c, sheet="Relevé") for c in cells]
    )
    assert set(coloured(tmp_path / "out.xlsx", "Relevé")) == set(cells)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["Relevé"]
    assert [sheet[c].value for c in cells] == ["B1", None, "C3", "A4", None, None]


def test_a_huge_range_is_coloured_up_to_a_cap_and_noted_once(plain: Path, tmp_path: Path) -> None:
    mark_workbook(plain, tmp_path / "out.xlsx", [wrong("A1:C1000000", sheet="Relevé")])
    # the area B3:C4 shows one cell for its four
    assert len(coloured(tmp_path / "out.xlsx", "Relevé")) == MOST_CELLS - 3
    assert list(notes(tmp_path / "out.xlsx", "Relevé")) == ["A1"]


def test_an_error_wins_over_a_warning_at_the_same_cell(plain: Path, tmp_path: Path) -> None:
    issues = [wrong("A1", sheet="Relevé"), wrong("A1", "autre", "Relevé", Severity.WARNING)]
    mark_workbook(plain, tmp_path / "out.xlsx", issues)
    assert coloured(tmp_path / "out.xlsx", "Relevé")["A1"].startswith("FFFD")
    text = notes(tmp_path / "out.xlsx", "Relevé")["A1"][1]
    assert "« 37,5h »" in text
    assert "« autre »" in text


def test_a_workbook_without_styles_gets_them(plain: Path, tmp_path: Path) -> None:
    parts = read_parts(plain)
    del parts["xl/styles.xml"]
    for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        root = etree.fromstring(parts[name])
        for element in [e for e in root if "styles.xml" in (e.get("PartName") or e.get("Target") or "")]:
            root.remove(element)
        parts[name] = etree.tostring(root)
    mark_workbook(write_parts(tmp_path / "bare.xlsx", parts), tmp_path / "out.xlsx", [wrong("A1", sheet="Relevé")])
    assert set(coloured(tmp_path / "out.xlsx", "Relevé")) == {"A1"}


def test_control_characters_and_escapes_stay_text(plain: Path, tmp_path: Path) -> None:
    mark_workbook(plain, tmp_path / "out.xlsx", [wrong("A1", "a\x00\x0bb\ud800 _x0041_ <&>", "Relevé")])
    listing = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]
    assert listing["E5"].value in ("ab _x0041_ <&>", "ab _x005F_x0041_ <&>")  # openpyxl leaves the escape as it is


def test_a_full_stop_in_what_was_typed_ends_no_sentence() -> None:
    issue = Issue("number_expected", "f", value="M. Dupont. Et fils", params={"heading": "Nb. Dossiers"})
    assert problem_and_remedy(issue) == (
        "« M. Dupont. Et fils » n’est pas un nombre (Nb. Dossiers).",
        "Écrivez un nombre, par exemple 1 250 ou 12,5.",
    )


def test_vml_that_is_no_xml_is_kept_as_it_is() -> None:
    """Excel leaves `<br>` open in the captions of buttons."""
    button = b'<v:shape id="_x0000_s2049" type="#_x0000_t201"><v:textbox>Valider<br>ici</v:textbox></v:shape>'
    data = b'<xml xmlns:v="urn:schemas-microsoft-com:vml">' + button + b"</xml>"
    note = '<v:shape id="{id}"><x:ClientData ObjectType="Note"><x:Row>4</x:Row><x:Column>2</x:Column></x:ClientData></v:shape>'
    more = add_shapes(data, [note])
    assert button in more
    assert b'id="_x0000_s2050"' in more
    less = remove_shapes(more, {(5, 3)})
    assert b"Note" not in less
    assert button in less
    assert has_shapes(less)
