"""dossier.pdf: two pages a territory, sums that come out exactly, tags and alternative texts, the same bytes every time."""

import io
import json
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pypdf
import pytest

from tests.unit.dossier_fixture import Made, make_sheet
from workload.reporting.dossier import pdf as typesetting
from workload.reporting.dossier import write_dossier_pdf
from workload.reporting.dossier.pdf import TypesettingError, dated, pdf
from workload.reporting.dossier.view import dossier_view

GENERATED = "1er mars 2026 à 14 h 05"
LONG = "Communauté d’agglomération du Grand-Territoire-des-Vallées"
HOSTILE = '#panic("x") $x$ *y* <b> \\ " @preview'


def reader(of: Made) -> pypdf.PdfReader:
    sheet = make_sheet(of)
    return pypdf.PdfReader(io.BytesIO(pdf(dossier_view(sheet, GENERATED), dated(sheet))))


@pytest.fixture(scope="module")
def plain() -> pypdf.PdfReader:
    return reader(Made())


def starts(found: pypdf.PdfReader) -> list[tuple[str, int]]:
    """Heading of the second level and above → its page, in order."""
    pages = []
    for entry in found.outline:
        for each in entry if isinstance(entry, list) else [entry]:
            if not isinstance(each, list):
                pages.append((plain_text(str(each.title)), found.get_destination_page_number(each)))
    return pages


def text_of(found: pypdf.PdfReader) -> str:
    return plain_text("\n".join(page.extract_text() for page in found.pages))


def plain_text(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u200b", "")


def elements(found: pypdf.PdfReader) -> list[Any]:
    """Every element of the structure tree."""
    kept, left = [], [found.trailer["/Root"]["/StructTreeRoot"]]
    while left:
        node = left.pop()
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            left.extend(node)
        elif isinstance(node, dict):
            kept.append(node)
            left.extend([node["/K"]] if "/K" in node else [])
    return kept


@pytest.mark.parametrize(
    "of",
    [
        Made(),
        Made(territories=("Seul",), missions=("Seule",)),
        Made(territories=tuple(f"Territoire {k}" for k in range(40)), missions=("Une",), indicators=5, mapped=False),
        Made(
            territories=(LONG, "A" * 60),
            indicators=70,
            domains=25,
            rules=12,
            drawn=30,
            ways=tuple("abcdefghijklmnopqrs"),
        ),
        Made(
            territories=("Un", "Deux"), mapped=False, planned=False, ceilings=False, ways=(), drawn=0, lines=("expert",)
        ),
    ],
    ids=["plain", "one", "forty", "long and many", "nothing more"],
)
def test_each_territory_has_two_pages_and_the_assembly_one(of: Made) -> None:
    pages = starts(reader(of))
    assert pages[0][1] == 0
    assert pages[1][1] == 1
    own = [page for title, page in pages if any(title.startswith(f"{name} :") for name in of.territories)]
    assert len(own) == len(of.territories)
    after = next(page for _, page in pages if page > own[-1])
    assert [b - a for a, b in zip(own, [*own[1:], after], strict=True)] == [2] * len(own)


def test_every_ledger_adds_up_as_printed(plain: pypdf.PdfReader) -> None:
    text = text_of(plain)
    annex = text[text.rindex("Annexe : le compte exact") :]
    ledgers = re.findall(r"(\S[^\n]*) : ligne par ligne\n(.*?)Somme exacte [^\n]*? (\S+)\n", annex, re.S)
    of = Made()
    assert [name for name, _, _ in ledgers] == [f"{m}, {t}" for m in of.missions for t in of.territories]
    for _, lines, total in ledgers:
        rows = [line.rsplit(" ", 1)[-1] for line in lines.splitlines() if re.search(r" −?\d+(/\d+)?$", line)]
        assert len(rows) == 1 + of.indicators + 1 + of.rules
        assert sum(Fraction(row.replace("−", "-")) for row in rows) == Fraction(total)


def test_it_is_tagged_titled_and_in_french(plain: pypdf.PdfReader) -> None:
    root = plain.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("fr")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "Étude d’essai" in plain.metadata.title  # type: ignore[operator,union-attr]
    about = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in about
    assert "<pdfaid:part>2</pdfaid:part>" in about
    tags = Counter(element["/S"] for element in elements(plain) if "/S" in element)
    figures = [element for element in elements(plain) if element.get("/S") == "/Figure"]
    assert len(figures) >= 1 + 3 * 3
    assert all(str(figure.get("/Alt", "")).strip() for figure in figures)
    assert tags["/THead"] == tags["/Table"] > 10
    assert tags["/TH"] > tags["/Table"]
    assert {"/H1", "/H2", "/H3", "/H4", "/P", "/L"} <= set(tags)


def test_fonts_are_inside_and_nothing_points_outside(plain: pypdf.PdfReader) -> None:
    for page in plain.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            assert "IBMPlexSans" in inner["/BaseFont"]
            assert "/FontFile2" in inner["/FontDescriptor"].get_object()
        for note in page.get("/Annots", []):
            assert "/URI" not in note.get_object().get("/A", {})


def test_same_sheet_and_time_same_bytes(tmp_path: Path) -> None:
    sheet = make_sheet(Made(territories=("Un", "Deux"), missions=("Une",)))
    for name in ("a", "b"):
        write_dossier_pdf(sheet, tmp_path / name, GENERATED)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    write_dossier_pdf(sheet, tmp_path / "c", "2 mars 2026")
    assert "2 mars 2026" in text_of(pypdf.PdfReader(tmp_path / "c"))


@pytest.mark.filterwarnings("ignore:Glyph")
def test_names_are_only_text() -> None:
    found = text_of(reader(Made(territories=(HOSTILE, "日本 😀 \x07"), missions=("<script>",), title=HOSTILE)))
    assert HOSTILE in found
    assert "\N{REPLACEMENT CHARACTER}" in found  # letters that the font has not


def test_a_warning_is_a_defect(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sheet = make_sheet(Made(territories=("Un",), missions=("Une",)))
    view = dossier_view(sheet, GENERATED)
    monkeypatch.setattr(typesetting, "reports", lambda: tmp_path)
    monkeypatch.setattr(typesetting, "_letters", lambda: frozenset(range(0x250)))
    folder = tmp_path / "dossier"
    (folder / "fonts").mkdir(parents=True)
    asked = '#set document(title: "t", date: datetime(year: 2026, month: 1, day: 1))\n#set text(lang: "fr", font: "None such")\nx'
    (folder / "warns.typ").write_text(asked, "utf-8")
    with pytest.raises(TypesettingError, match="font family"):
        pdf(view, dated(sheet), "warns.typ")
    (folder / "fails.typ").write_text("#nothing", "utf-8")
    with pytest.raises(TypesettingError, match="unknown variable"):
        pdf(view, dated(sheet), "fails.typ")


def test_no_package_is_fetched() -> None:
    folder = Path("reports/dossier")
    for template in folder.glob("*.typ"):
        source = template.read_text("utf-8")
        assert "@preview" not in source
        assert not re.search(r"https?://", source)
    assert {path.suffix for path in (folder / "fonts").iterdir()} == {".ttf", ".txt"}
    assert json.dumps(sorted(path.name for path in (folder / "fonts").glob("*.txt"))) == '["LICENSE-IBM-Plex.txt"]'
