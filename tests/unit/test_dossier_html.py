"""dossier.html and the view behind it: what the sheet says, in French, escaped, and nothing else."""

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html as lxml_html

from tests.unit.dossier_fixture import Made, make_sheet, shares
from workload.catalogue import posts_text
from workload.reporting.dossier import dossier_view, write_dossier_html
from workload.reporting.dossier.html import html
from workload.reporting.dossier.ledger import Line, folded
from workload.reporting.dossier.words import entry
from workload.store.scenario_sheets import Sheet

GENERATED = "1er mars 2026 à 14 h 05"
HOSTILE = '<b>x</b>=1+1 $y$ & "z"'


def page_of(sheet: Sheet) -> lxml_html.HtmlElement:
    return lxml_html.fromstring(html(dossier_view(sheet, GENERATED)))


@pytest.fixture(scope="module")
def page() -> lxml_html.HtmlElement:
    return page_of(make_sheet())


def text_of(element: lxml_html.HtmlElement) -> str:
    return " ".join(element.text_content().replace("\u00a0", " ").replace("\u202f", " ").split())


def test_the_assembly_reads_who_gives_who_receives_and_that_the_total_stays(page: lxml_html.HtmlElement) -> None:
    of = Made()
    said = text_of(page.get_element_by_id("essentiel"))
    current, _, _, final = shares(of, 0)
    assert sum(current) == sum(final)
    assert f"{posts_text(float(sum(current)))} postes avant, {posts_text(float(sum(final)))} postes après" in said
    for name, before, after in zip(of.territories, current, final, strict=True):
        change = float(after - before)
        assert f"{name} ({'+' if change > 0 else '−'}{posts_text(abs(change))} poste" in said
    assert "Aucun poste créé, aucun supprimé" in said
    assert "Non soutenu par les données" in said


@pytest.mark.parametrize(("status", "said"), [("draft", "rien n’est soumis au vote"), ("shared", "n’est pas publié")])
def test_what_is_not_published_says_so(status: str, said: str) -> None:
    assert said in text_of(page_of(make_sheet(Made(status=status))))


def test_simulated_data_are_said_so(page: lxml_html.HtmlElement) -> None:
    assert "DONNÉES SIMULÉES" in text_of(page.xpath("//aside")[0])
    real = page_of(make_sheet(Made(simulated=False)))
    assert not real.xpath("//aside")
    assert "simulé" not in text_of(real).lower()


def test_ledger_lines_lead_from_today_to_the_posts_proposed(page: lxml_html.HtmlElement) -> None:
    of = Made()
    current, lines, _, final = shares(of, 0)
    for t in range(len(of.territories)):
        table = page.xpath(f"//article[@id='t{t}']//table")[0]
        rows = [[text_of(cell) for cell in row.xpath("./th|./td")] for row in table.xpath("./tbody/tr")]
        assert rows[0][2] == f"{float(current[t]):.3f}".replace(".", ",")
        assert rows[-1][2] == f"{float(final[t]):.3f}".replace(".", ",")
        assert len(rows) == 3 + len(lines[t]) + 1 + of.rules


def test_a_ledger_that_does_not_add_up_justifies_nothing() -> None:
    sheet = make_sheet()
    broken = [row | ({"posts_exact": "1/7"} if row["row_order"] == 1 else {}) for row in sheet.tables["ledger"]]
    with pytest.raises(ValueError, match="does not add up"):
        dossier_view(replace(sheet, tables={**sheet.tables, "ledger": broken}), GENERATED)


def test_folded_lines_keep_their_sum_and_the_largest() -> None:
    lines = [Line(str(k), str(k), "", Fraction((-1) ** k * k, 7), "") for k in range(1, 12)]
    short = folded(lines, 5)
    assert len(short) == 5
    assert [line.label for line in short[:-1]] == ["8", "9", "10", "11"]
    assert sum(line.posts for line in short) == sum(line.posts for line in lines)
    assert short[-1].label == "et 7 autres lignes"
    assert folded(lines, 11) == tuple(lines)


@pytest.mark.parametrize(
    ("of", "present", "absent"),
    [
        (Made(moves=False), "aucun ne change de territoire", "Rend :"),
        (Made(planned=False), "L’échéancier n’est pas publié", "tout est fait à la fin"),
        (Made(ceilings=False), "Aucun poste créé", "il manquerait"),
        (Made(secret=True), "sous secret", "90 dossiers suivis"),
        (Made(mapped=False), "Pas de carte", "Carte des territoires"),
        (Made(missions=("Seule",)), "Le chemin, année par année", "Les autres missions"),
        (Made(lines=("expert",)), "Cette étude n’a pas d’enquête de temps", "3,25 (2,00 à 4,00)"),
        (Made(ways=()), "Le calcul sans l’enquête n’est pas publié ici", "Ici, 5 autres façons"),
    ],
    ids=["no move", "no plan", "no ceilings", "secret", "no map", "one mission", "experts alone", "no other way"],
)
def test_odd_studies(of: Made, present: str, absent: str) -> None:
    found = page_of(make_sheet(of))
    said = text_of(found) + " ".join(found.xpath("//@aria-label"))
    assert present in said
    assert absent not in said


def test_hostile_names_are_only_text() -> None:
    source = html(
        dossier_view(make_sheet(Made(territories=(HOSTILE, "B"), title="</style><script>alert(1)</script>")), GENERATED)
    )
    assert "<b>x" not in source
    assert "<script" not in source
    assert source.count("</style>") == 1
    assert HOSTILE in lxml_html.fromstring(source).text_content()


def test_nothing_is_fetched_and_no_survey_file_is_named(page: lxml_html.HtmlElement) -> None:
    source = html(dossier_view(make_sheet(), GENERATED))
    assert not re.search(r'(?:src|href)="(?!#)', source)
    assert "@import" not in source
    assert "url(http" not in source
    assert "dupont" not in source
    assert "indicateurs/caf.xlsx" in source
    assert "d" * 64 in source


def test_same_sheet_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_dossier_html(make_sheet(), tmp_path / name, GENERATED)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_screen_reader_finds_its_way(page: lxml_html.HtmlElement) -> None:
    assert page.get("lang") == "fr"
    levels = [int(element.tag[1]) for element in page.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    for table in page.xpath("//table"):
        assert table.xpath("./caption")[0].text_content().strip()
        assert all(head.get("scope") for head in table.xpath(".//th"))
    assert all(element.get("aria-label") for element in page.xpath("//*[@role='img']"))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert all(page.get_element_by_id(link[1:]) is not None for link in page.xpath("//a/@href"))


def test_french_throughout(page: lxml_html.HtmlElement) -> None:
    english = r"\b(the|and|of|with|total posts|territory|weight|need|share|draws|rule|rounding|none)\b"
    for element in page.xpath("//h1|//h2|//h3|//h4|//th|//caption|//summary|//dt|//p|//li"):
        assert not re.search(english, element.text_content(), re.IGNORECASE), element.text_content()
        assert not re.search(r"\d\.\d", element.text_content().replace("0.1.0", "")), element.text_content()
    assert "sureffectif" not in page.text_content().lower()


def test_each_objection_has_an_answer_of_its_own() -> None:
    view = dossier_view(make_sheet(), GENERATED)
    items = entry("objections.items")
    assert len(view.objections) == len(items) >= 8
    assert all(objection.answer[0] for objection in view.objections)
    assert sum(len(objection.answer) > 1 for objection in view.objections) >= 7  # with this study's own figures
