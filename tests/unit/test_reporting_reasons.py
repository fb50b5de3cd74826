"""What the report says of the reasons: thresholds that do it, ways as they are, nothing that few workers stand behind."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from lxml import html as lxml_html
from openpyxl import load_workbook

from workload.allocation.gain import Gain, UnitCost
from workload.allocation.margin import NEED
from workload.allocation.methods import Agreement
from workload.allocation.robustness import Basis, Verdict
from workload.allocation.solver import greedy
from workload.catalogue import posts_text
from workload.pipeline import MissionResult, RunResult
from workload.reporting.html import html
from workload.reporting.moves import moves_of
from workload.reporting.path import brief_path, path_section
from workload.reporting.reasons import territory_reasons
from workload.reporting.run_json import run_json
from workload.reporting.thresholds import count_explaining, count_text, nearest
from workload.reporting.workbook import write_workbook

GENERATED = "1er mars 2026 à 14 h 05"
SHEETS = ["Seuils", "Autres manières", "Chemin", "Profils de poste"]


@pytest.fixture(scope="module")
def page(sample_result: RunResult) -> lxml_html.HtmlElement:
    return lxml_html.fromstring(html(sample_result, GENERATED))


def text_of(element: lxml_html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def with_main(result: RunResult, **changes: object) -> RunResult:
    main = replace(result.main, **changes)
    return replace(result, missions={**result.missions, main.id: main})


def with_gain(result: RunResult, gain: Gain) -> RunResult:
    return with_main(result, reasons=replace(result.main.reasons, gain=gain))


def few_workers(result: RunResult) -> RunResult:
    """The same result where too few workers stand behind what each unit gives."""
    gain = result.main.reasons.gain
    units = tuple(UnitCost(cost.unit, cost.posts_given, None, None, None) for cost in gain.units)
    return with_gain(result, replace(gain, units=units, posts_held_by_people=None, people_at_least=None))


def need_with(mission: MissionResult, t: int, component: str, factor: Fraction) -> tuple[int, ...]:
    """The need when one count of territory t is so many times what it is, everything else as it is."""
    need = list(mission.instance.need)
    need[t] += round(mission.estimate.ledger[component][t] * (factor - 1))
    return tuple(need)


def test_the_counts_shown_change_the_answer(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    mission = sample_result.main
    for t, article in enumerate(page.xpath("//article[@class='territory']")):
        near = nearest(mission.reasons.counterfactuals[mission.instance.units[t]])[:4]
        shown = [row.xpath("./td")[1].text_content() for row in article.xpath(".//table[@class='thresholds']/tbody/tr")]
        assert shown == [count_text(row.to_count) for row in near]
        for row in near:
            instance = replace(
                mission.instance, need=need_with(mission, t, row.component, row.to_count / row.from_count)
            )
            assert greedy(instance)[t] == row.steps != mission.allocation.steps[t]


def test_the_count_that_explains_todays_posts_does(sample_result: RunResult) -> None:
    mission = sample_result.main
    instance = mission.instance
    t = instance.units.index("longwy")
    for row in nearest(mission.reasons.counterfactuals["longwy"])[:4]:
        count = count_explaining(mission, t, row)
        for units, enough in ((0, True), (-1, False)):
            need = need_with(mission, t, row.component, (count + units) / row.from_count)
            fair = Fraction(need[t], sum(need)) * instance.total_steps
            assert (fair >= instance.current[t] - Fraction(1, 10**6)) is enough


def test_what_nothing_would_change_is_said_so(sample_result: RunResult) -> None:
    reasons = sample_result.main.reasons
    never = {
        unit: tuple(replace(row, to_count=None, change_relative=None) for row in rows)
        for unit, rows in reasons.counterfactuals.items()
    }
    result = with_main(sample_result, reasons=replace(reasons, counterfactuals=never))
    move = moves_of(result, result.main)[2]
    said = territory_reasons(result, result.main, move, 2)
    assert said.thresholds == ()
    assert "aucun nombre n’y suffirait" in said.question
    assert "Aucun besoin n’y suffirait" in said.need


def test_ways_are_the_result_and_marked_where_they_part(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    found = sample_result.main.reasons.ways
    rows = page.xpath("//table[@class='ways']/tbody/tr[not(@class)]")[1:]
    ways = [way for way in found.ways if way.name != "present"]
    for way, row in zip(ways, rows, strict=True):
        cells = [td.text_content() for td in row.xpath("./td")]
        assert [cell.removeprefix("≠ ") for cell in cells] == [posts_text(float(posts)) for posts in way.posts]
        marked = [cell.startswith("≠") for cell in cells]
        assert marked == [way.name in dict(unit.parted) for unit in found.units]
    section = text_of(page.get_element_by_id("manieres"))
    names = sample_result.territory_names
    assert all(
        names[u.unit] in section.split("Toutes les manières")[1] for u in found.units if u.agreement is Agreement.SAFE
    )


def test_a_way_without_an_answer_is_a_dash(sample_result: RunResult) -> None:
    reasons = sample_result.main.reasons
    ways = tuple(replace(way, posts=None) if way.name == "population" else way for way in reasons.ways.ways)
    result = with_main(sample_result, reasons=replace(reasons, ways=replace(reasons.ways, ways=ways)))
    section = lxml_html.fromstring(html(result, GENERATED)).get_element_by_id("manieres")
    assert section.xpath(".//tr[th='population seule']/td[1]")[0].text_content() == "—"
    assert "n’a pas de solution" in text_of(section)


def test_draws_add_to_all_of_them(page: lxml_html.HtmlElement) -> None:
    lists = page.xpath("//ul[@class='drawn']")
    assert lists
    for drawn in lists:
        widths = [float(bar.get("style")[6:-1]) for bar in drawn.xpath(".//span[@style]")]
        assert sum(widths) == pytest.approx(100, abs=0.5)


def test_what_is_not_proven_is_not_said_to_be(sample_result: RunResult) -> None:
    reasons = sample_result.main.reasons
    t = sample_result.main.instance.units.index("longwy")
    for samples_n, basis in ((0, Basis.EXACT), (200, Basis.SAMPLES)):
        open_one = replace(
            reasons.robustness[t],
            basis=basis,
            bounded=False,
            direction=Verdict.UNKNOWN,
            size=Verdict.UNKNOWN,
            samples_n=samples_n,
        )
        robustness = (*reasons.robustness[:t], open_one, *reasons.robustness[t + 1 :])
        result = with_main(sample_result, reasons=replace(reasons, robustness=robustness))
        said = territory_reasons(result, result.main, moves_of(result, result.main)[t], t).remarks[0].text
        assert "(prouvé)" not in said
        assert "pas une preuve" in said
        assert ("200 essais" in said) is bool(samples_n)


def test_one_draw_says_nothing_of_luck(sample_result: RunResult) -> None:
    result = replace(sample_result, draws_n=1)
    said = territory_reasons(result, result.main, moves_of(result, result.main)[0], 0)
    assert said.drawn == ()
    assert "ne dit rien du hasard" in said.draws
    assert "tirages" not in text_of(lxml_html.fromstring(html(result, GENERATED)).get_element_by_id("en-bref"))


def test_the_plan_keeps_the_total_and_ends_where_it_says(sample_result: RunResult) -> None:
    document = json.loads(run_json(sample_result, GENERATED))
    for mission in document["missions"]:
        finals = {t["id"]: t["posts_final"] for t in mission["territories"]}
        rows = mission["plan"]["territories"]
        for year in zip(*(row["posts"] for row in rows), strict=True):
            assert sum(year) == mission["total_posts_before"]
        assert all(row["posts"][-1] + row["remaining"] == finals[row["id"]] for row in rows)
        assert len(rows[0]["posts"]) == len(mission["plan"]["years"]) + 1


def test_years_and_sources_are_withheld_together(sample_result: RunResult, tmp_path: Path) -> None:
    result = few_workers(sample_result)
    section = path_section(result)
    assert section.gains[0].people == "n. p."
    assert result.main.name not in [plan.mission for plan in section.plans]
    assert all("non publiés" in line for line in section.sources)
    assert brief_path(result) == ""
    document = json.loads(run_json(result, GENERATED))
    assert document["missions"][0]["plan"] is None
    assert all(unit["on_vacancies"] is None for unit in document["missions"][0]["reasons"]["gain"]["territories"])
    write_workbook(result, tmp_path / "r.xlsx", GENERATED)
    rows = load_workbook(tmp_path / "r.xlsx", data_only=True)["Chemin"].iter_rows(values_only=True)
    mine = [row for row in rows if row[0] == result.main.name]
    assert mine
    assert {row[3] for row in mine} == {row[5] for row in mine} == {"n. p."}


def test_one_withheld_unit_withholds_the_plan(sample_result: RunResult) -> None:
    """Where only one giver is small, its posts by year would follow from the others' and the total."""
    gain = sample_result.main.reasons.gain
    small = UnitCost(gain.units[0].unit, gain.units[0].posts_given, None, None, None)
    result = with_gain(sample_result, replace(gain, units=(small, *gain.units[1:])))
    assert sample_result.main.name in [plan.mission for plan in path_section(sample_result).plans]
    assert sample_result.main.name not in [plan.mission for plan in path_section(result).plans]


def test_what_remains_is_said_with_what_would_unlock_it(sample_result: RunResult) -> None:
    plan = sample_result.main.reasons.plan
    final = sample_result.main.allocation.posts(sample_result.main.instance.step)
    remaining = tuple(f - p for f, p in zip(final, plan.posts[0], strict=True))
    still = replace(
        plan, posts=(plan.posts[0],) * len(plan.posts), remaining=remaining, distance=(Fraction(4),) * 3, moves=()
    )
    section = path_section(with_main(sample_result, reasons=replace(sample_result.main.reasons, plan=still)))
    assert sample_result.main.name in section.said[0]
    assert "volontaires" in section.unlock
    assert "postes occupés" in section.unlock


def test_weeks_are_full(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    hours = sample_result.parameters["weekly_hours"].value
    groups: dict[str, list[list[float]]] = {}
    for row in page.xpath("//table[@class='week']/tbody/tr"):
        if row.get("class") == "group":
            label = text_of(row)
            groups[label] = []
        else:
            groups[label].append([float(td.text_content().replace(",", ".")) for td in row.xpath("./td")[1:]])
    for label in (
        "Par domaine",
        "Par mode d’intervention",
        "À côté d’un repère publié : Longwy, 2003 : la semaine de cinq jours",
    ):
        for column in zip(*groups[label], strict=True):
            assert sum(column) == pytest.approx(hours, abs=0.06 * len(column))


def test_without_a_survey_there_is_no_week(sample_result: RunResult) -> None:
    profiles = sample_result.profiles
    empty = replace(profiles, week=profiles.week.iloc[:0], posts=profiles.posts.iloc[:0])
    section = lxml_html.fromstring(html(replace(sample_result, profiles=empty), GENERATED)).get_element_by_id("profils")
    assert not section.xpath(".//table")
    assert "Pas de semaine type" in text_of(section)


def test_all_missions_add_up(page: lxml_html.HtmlElement, sample_result: RunResult) -> None:
    table = page.xpath("//table[@class='sums']")[0]
    for row, territory in zip(table.xpath("./tbody/tr"), sample_result.main.instance.units, strict=False):
        ledgers = [
            ledger
            for m in sample_result.missions.values()
            for ledger in m.justification.ledgers
            if ledger.unit == territory
        ]
        cells = [td.text_content() for td in row.xpath("./td")]
        assert cells[-4] == posts_text(float(sum(x.current for x in ledgers)))
        assert cells[-2] == posts_text(float(sum(x.final for x in ledgers)))


def test_every_threshold_is_in_the_workbook(sample_result: RunResult, tmp_path: Path) -> None:
    write_workbook(sample_result, tmp_path / "r.xlsx", GENERATED)
    book = load_workbook(tmp_path / "r.xlsx", data_only=True)
    assert set(SHEETS) <= set(book.sheetnames)
    rows = [row for row in book["Seuils"].iter_rows(values_only=True) if isinstance(row[5], int | float)]
    expected = [
        row for m in sample_result.missions.values() for rows in m.reasons.counterfactuals.values() for row in rows
    ]
    for row, one in zip(rows, expected, strict=True):
        if one.component != NEED:
            assert row[7] == ("aucun nombre n’y suffirait" if one.to_count is None else float(one.to_count))


def test_never_the_forbidden_word(page: lxml_html.HtmlElement) -> None:
    for section in ("manieres", "chemin", "profils", "territoires"):
        said = text_of(page.get_element_by_id(section)).lower()
        assert "sureffectif" not in said
        assert "nan" not in said.split()
