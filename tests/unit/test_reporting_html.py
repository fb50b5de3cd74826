"""rapport.html says what the result says, in French, escaped, and the same bytes every time."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html

from workload.allocation.justify import RowKind
from workload.catalogue import number, signed
from workload.pipeline import RunResult
from workload.reporting.html import css_string, html, write_html
from workload.reporting.moves import moves_of, total_of
from workload.reporting.wording import change_figure, counted, percent

GENERATED = "1er mars 2026 à 14 h 05"
HOSTILE = '<b>x</b>=1+1 $y$ & "z"'


@pytest.fixture(scope="module")
def page(sample_result: RunResult) -> lxml_html.HtmlElement:
    return lxml_html.fromstring(html(sample_result, GENERATED))


def text_of(element: lxml_html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def tables(page: lxml_html.HtmlElement) -> list[lxml_html.HtmlElement]:
    return page.xpath("//table[@class='posts']")


def test_every_figure_of_the_tables_of_posts_is_the_result(
    page: lxml_html.HtmlElement, sample_result: RunResult
) -> None:
    main, *others = sample_result.missions.values()
    for mission, table in zip([main, *others], tables(page), strict=True):
        rows = table.xpath("./tbody/tr")
        for move, row in zip(moves_of(sample_result, mission), rows, strict=True):
            cells = [td.text_content() for td in row.xpath("./td")]
            assert row.get("data-territory") == move.territory
            assert cells[0] == number(move.current)
            assert cells[1].startswith(number(move.need_fte, 2))
            assert number(move.need_low, 2) in cells[1]
            assert number(move.need_high, 2) in cells[1]
            assert cells[2] == number(move.final)
            assert cells[3] == change_figure(move.change)
            assert cells[4] == f"{percent(move.need_fte / move.current)} → {percent(move.need_fte / move.final)}"
            assert cells[5] == percent(float(move.kept_share))
            assert ("non soutenu" in row.text_content()) is not move.supported


def test_totals_stay_constant(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    total = total_of(moves_of(sample_result, sample_result.main))
    assert total.current == total.final == 180
    foot = [td.text_content() for td in tables(page)[0].xpath("./tfoot/tr/td")]
    assert foot[:4] == ["180,0", "180,00", "180,0", "0"]


def test_every_ledger_row_is_there(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    ledgers = page.xpath("//table[@class='ledger']")
    for ledger, table in zip(sample_result.main.justification.ledgers, ledgers, strict=True):
        shown = [td.text_content() for td in table.xpath("./tbody/tr[not(@class)]/td[last()]")]
        assert shown == [signed(float(row.posts), 3) for row in ledger.rows]
        assert sum(row.kind is RowKind.INDICATOR for row in ledger.rows) == 16


def test_brief_names_who_gives_and_who_receives(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    brief = text_of(page.get_element_by_id("en-bref"))
    for move in moves_of(sample_result, sample_result.main):
        if move.change:
            assert f"{counted(abs(move.change), 'post').replace(chr(160), ' ')}" in brief.replace(chr(160), " ")
            assert move.name in brief


def test_simulated_data_are_said_so(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    assert "DONNÉES SIMULÉES" in text_of(page.xpath("//aside")[0])
    source = html(sample_result, GENERATED)
    assert css_string("DONNÉES SIMULÉES") in source
    settings = sample_result.study.settings.model_copy(update={"simulated": False, "notice": ""})
    real = html(replace(sample_result, study=replace(sample_result.study, settings=settings)), GENERATED)
    assert "<aside" not in real
    assert css_string("DONNÉES SIMULÉES") not in real


def test_hostile_names_are_only_text(sample_result: RunResult) -> None:
    names = dict(sample_result.territory_names) | {"longwy": HOSTILE}
    settings = sample_result.study.settings.model_copy(update={"title": "</style><script>alert(1)</script>"})
    study = replace(sample_result.study, settings=settings)
    source = html(replace(sample_result, territory_names=names, study=study), GENERATED)
    assert "<b>x" not in source
    assert "<script" not in source
    assert source.count("</style>") == 1
    assert HOSTILE in lxml_html.fromstring(source).text_content()


def test_same_result_same_bytes(sample_result: RunResult, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_html(sample_result, tmp_path / name, GENERATED)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    write_html(sample_result, tmp_path / "c", "2 mars 2026")
    assert (tmp_path / "c").read_text("utf-8").count("2 mars 2026") == 1


def test_nothing_is_fetched(sample_result: RunResult) -> None:
    source = html(sample_result, GENERATED)
    assert not re.search(r'(?:src|href)="(?!#)', source)
    assert "@import" not in source


def test_french_throughout(page: lxml_html.HtmlElement) -> None:
    assert page.get("lang") == "fr"
    english = r"\b(the|and|of|with|mission_|total posts|territory|posts before|weight|need|share|draws|rule|rounding)\b"
    for element in page.xpath("//h1|//h2|//h3|//th|//caption|//summary|//dt"):
        assert not re.search(english, element.text_content(), re.IGNORECASE), element.text_content()
    assert "sureffectif" not in page.text_content().lower()
    for cell in page.xpath("//td[contains(@class, 'n')]|//*[@id='en-bref']//li|//article//p|//*[local-name()='text']"):
        assert not re.search(r"\d\.\d", cell.text_content()), cell.text_content()  # decimals have a comma


def test_ids_are_unique(page: lxml_html.HtmlElement) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_every_parameter_has_a_french_name(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    shown = text_of(page.get_element_by_id("parametres"))
    assert not [name for name in sample_result.parameters if name in shown]


def test_without_contours_there_is_a_sentence(sample_result: RunResult) -> None:
    study = replace(sample_result.study, contours=None)
    section = lxml_html.fromstring(html(replace(sample_result, study=study), GENERATED)).get_element_by_id("carte")
    assert "Pas de carte" in section.text_content()
    assert not section.xpath(".//svg")


def test_no_survey_file_name_leaves(sample_result: RunResult) -> None:
    source = html(sample_result, GENERATED)
    assert "releve-" not in source
    assert any(file.startswith("enquete/") for file in sample_result.study.inputs)
