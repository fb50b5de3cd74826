"""The section on whether the calculation holds: every figure is the result's, and none tells of a small territory."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lxml import html as lxml_html
from openpyxl import load_workbook

from workload.catalogue import number
from workload.ingest.study import read_study
from workload.ingest.study_parts import NormativeMinutes, NotingError, TaskTransfer
from workload.models.influence import LeftOut
from workload.pipeline import RunResult, run
from workload.reporting import annexes
from workload.reporting.checks import checks_of, section
from workload.reporting.html import html
from workload.reporting.run_json import run_document
from workload.reporting.time_detail import reading_lines, unusual_text
from workload.reporting.workbook import write_workbook

HIDDEN = "briey"  # two respondents in child protection
TELLTALE = 0.7654321


def with_checks(result: RunResult, mission: str, **changes: object) -> RunResult:
    found = result.missions[mission]
    checks = replace(found.checks, **changes)  # type: ignore[arg-type]
    return replace(result, missions={**result.missions, mission: replace(found, checks=checks)})


def texts(result: RunResult, mission: str) -> dict[str, str]:
    return {c.test: f"{c.verdict}: {c.result} {c.meaning}" for c in checks_of(result, result.missions[mission])}


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [n for part in value.values() for n in numbers(part)]
    if isinstance(value, list):
        return [n for part in value for n in numbers(part)]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def extreme(result: RunResult) -> RunResult:
    """Child protection, with figures of the territory of two respondents that nobody could overlook."""
    checks = result.missions["enfance"].checks
    assert checks.cooks is not None
    assert checks.left_out is not None
    assert checks.residuals is not None
    at = checks.cooks.territories.index(HIDDEN)
    cooks = replace(checks.cooks, by_territory=np.where(np.arange(6) == at, TELLTALE, checks.cooks.by_territory))
    loud = LeftOut(HIDDEN, 2, np.full(6, TELLTALE), TELLTALE, TELLTALE, TELLTALE)
    rows = tuple(loud if row.territory == HIDDEN else row for row in checks.left_out.left_out)
    wide = tuple(
        replace(r, misplaced_share=TELLTALE) if r.territory == HIDDEN else r for r in checks.residuals.by_territory
    )
    return with_checks(
        result,
        "enfance",
        cooks=cooks,
        left_out=replace(checks.left_out, left_out=rows, largest_change_fte=TELLTALE),
        residuals=replace(checks.residuals, by_territory=wide),
    )


def test_a_territory_of_few_answers_moves_no_word_and_no_number(sample_result: RunResult, tmp_path: Path) -> None:
    loud = extreme(sample_result)
    assert section(loud) == section(sample_result)
    assert run_document(loud, "x") == run_document(sample_result, "x")
    write_workbook(loud, tmp_path / "loud.xlsx", "x")
    cells = [c for sheet in load_workbook(tmp_path / "loud.xlsx") for row in sheet.values for c in row]
    assert not any(isinstance(c, float) and abs(c - TELLTALE) < 1e-6 for c in cells)


def test_a_territory_of_enough_answers_does(sample_result: RunResult) -> None:
    cooks = sample_result.main.checks.cooks
    assert cooks is not None
    loud = replace(cooks, by_territory=np.full(len(cooks.territories), TELLTALE))
    said = texts(with_checks(sample_result, "polyvalence", cooks=loud), "polyvalence")["cooks"]
    assert said.startswith("watch")
    assert number(TELLTALE, 2) in said


def test_nothing_about_single_areas(sample_result: RunResult) -> None:
    document = run_document(sample_result, "x")
    text = json.dumps([mission["checks"] for mission in document["missions"]], ensure_ascii=False)
    assert "sector:" not in text
    assert "site:" not in text
    main = sample_result.main.checks
    assert main.cooks is not None
    told = {round(n, 9) for mission in document["missions"] for n in numbers(mission["checks"])}
    alone = {round(float(f"{d:.10g}"), 9) for d in main.cooks.by_area} - {0.0}
    assert not alone & told


def test_one_level_per_territory_only_where_staffing_lets_it_be_asked(sample_result: RunResult) -> None:
    found = sample_result.main.checks.elasticity
    assert found is not None
    for rho, low, high, verdict, word in (
        (0.1, -0.2, 0.4, "ok", "n’est pas employé"),
        (0.9, 0.6, 1.2, "ok", "serait permis"),
        (0.5, -0.4, 1.6, "watch", "trop large pour trancher"),
    ):
        allowed = low <= 1 <= high
        other = replace(found, rho=rho, low=low, high=high, u_t_allowed=allowed)
        changed = with_checks(sample_result, "polyvalence", elasticity=other)
        said = texts(changed, "polyvalence")["elasticity"]
        assert said.startswith(f"{verdict}:")
        assert word in said
        mission = run_document(changed, "x")["missions"][0]
        assert (mission["checks"]["territory_fte"] is not None) is allowed
        naive = annexes.weights(changed)["missions"][0]["naive"]
        assert ("Un niveau par territoire" in naive["columns"]) is allowed
        assert len(naive["notes"]) == (said.startswith("watch") or not allowed)


def test_never_overstaffed_and_no_word_of_the_program(sample_result: RunResult) -> None:
    page = lxml_html.fromstring(html(sample_result, "x"))
    for part in ("epreuves", "temps", "poids"):
        text = page.get_element_by_id(part).text_content()
        assert "sureffectif" not in text.lower()
        assert not re.search(r"\b(nan|None|ok|watch|bad|True|False)\b", text)


def test_unusual_weeks_are_counted_from_the_minimum_on(sample_result: RunResult) -> None:
    for n, said in ((None, ""), (0, "aucune"), (1, "moins de 5"), (4, "moins de 5"), (5, "5\u00a0agents")):
        reading = replace(sample_result.reading, unusual_n={"polyvalence": n})
        assert unusual_text(replace(sample_result, reading=reading), "polyvalence") == said


def test_items_read_in_two_ways_are_said_with_their_partner(sample_result: RunResult) -> None:
    items = sample_result.reading.items.copy()
    first = (items["mission"] == "polyvalence") & (items["item"] == "A1")
    items.loc[first, ["flagged", "partner", "readers_share", "code"]] = [True, "A2", 0.25, "uneven"]
    changed = replace(sample_result, reading=replace(sample_result.reading, items=items))
    labels = {item.code: item.label for item in sample_result.study.taxonomy.items}
    line = reading_lines(changed, "polyvalence")[0].replace("\u00a0", " ")
    assert f"« {labels['A1']} »" in line
    assert f"« {labels['A2']} »" in line
    assert "25 %" in line
    assert "Trop peu de réponses" in reading_lines(sample_result, "enfance")[0]


@pytest.fixture(scope="module")
def declared(sample_folder: Path) -> RunResult:
    """Child protection with a norm, a noting error and a transfer; the other missions without a survey."""
    study = read_study(sample_folder)
    mission = study.settings.missions["enfance"]
    measures = mission.domains["aed"].indicators["aed"]
    assert measures is not None
    normed = measures.model_copy(update={"normative": NormativeMinutes(minimal=1000, optimal=4000)})
    aed = mission.domains["aed"].model_copy(update={"indicators": {"aed": normed}})
    missions = dict(study.settings.missions)
    missions["enfance"] = mission.model_copy(update={"domains": {**mission.domains, "aed": aed}})
    shift = TaskTransfer(mission="enfance", target="aed", giver="Éducateur", taker="Secrétaire", share=0.2)
    changes = {"missions": missions, "noting_error": NotingError(share=0.1, source="essai"), "transfers": (shift,)}
    settings = study.settings.model_copy(update=changes)
    kept = study.entries[study.entries["mission"] == "enfance"]
    days = study.days[study.days["agent"].isin(kept["agent"])]
    return run(replace(study, settings=settings, entries=kept, days=days), draws_n=20)


def test_what_a_study_declares_is_shown_apart_from_the_allocation(declared: RunResult, tmp_path: Path) -> None:
    mission = declared.missions["enfance"]
    page = lxml_html.fromstring(html(declared, "x"))
    text = page.get_element_by_id("epreuves").text_content()
    assert mission.checks.normative is not None
    assert "n’entre pas dans le partage" in text
    assert number(float(mission.checks.normative.optimal_fte.sum())) in text
    assert number(abs(mission.checks.normative.optimal_gap_fte)) in text
    assert "10\u00a0% de minutes mal notées" in text
    assert "Secrétaire" in text
    write_workbook(declared, tmp_path / "r.xlsx", "x")
    sheet = load_workbook(tmp_path / "r.xlsx")["Besoin par profession"]
    rows = [row for row in sheet.values if row[0] == mission.name and row[2] in mission.estimate.shifted.professions]  # type: ignore[union-attr]
    assert sum(row[3] for row in rows) == pytest.approx(66)
    assert sum(row[4] for row in rows) == pytest.approx(mission.estimate.shifted.need_fte.sum())  # type: ignore[union-attr]


def test_without_a_survey_there_is_a_sentence_and_no_test(declared: RunResult) -> None:
    block = section(declared)[0]
    assert block["rows"] == []
    assert declared.main.name in block["unsurveyed"]
    checks = run_document(declared, "x")["missions"][0]["checks"]
    assert checks["surveyed"] is False
    assert checks["verdicts"] == {}
    assert checks["own_answers"] == []
