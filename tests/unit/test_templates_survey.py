"""Sheets handed out for a campaign: what is locked, checked, prefilled, hidden, and never a formula."""

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from tests.unit.templates_fixture import CODES, HOSTILE, ITEMS, communes, errors, posts, read, settings
from workload.catalogue import error_text
from workload.errors import RequestError
from workload.ingest.study import read_study
from workload.ingest.templates import FORMS, write_survey_templates, write_templates
from workload.ingest.templates.instructions import describe
from workload.ingest.templates.plan import campaign_weeks, own_weeks

EVERY_FORM = tuple(FORMS)


def made(tmp_path: Path, form: str, agents: list[str] | None = None, weeks_n: int | None = None) -> list[Path]:
    register = posts(agents or ["A1", "A2", "A3"], quotite=0.8)
    return write_survey_templates(register, communes(), settings(), ITEMS, form, tmp_path, weeks_n)


def sheets(book: Workbook) -> list[str]:
    return [ws.title for ws in book.worksheets if ws.sheet_state == "visible"]


def row_of(ws: object, text: str, column: int = 2) -> int:
    return next(r for r in range(1, 80) if ws.cell(r, column).value == text)  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", EVERY_FORM)
def test_every_form_has_instructions_protection_checks_and_a_hidden_signature(form: str, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(made(tmp_path, form)[0])
    names = sheets(book)
    assert names[0] == "Mode d’emploi"
    assert len(names) == {"team": 4, "week": 3}.get(form, 2)
    assert book["_workload"].sheet_state == "hidden"
    assert {r[0].value: r[1].value for r in book["_workload"].iter_rows()} | {"campaign_start": 0, "campaign_end": 0} == {
        "layout": FORMS[form], "version": "1", "taxonomy": ITEMS.id, "campaign_start": 0, "campaign_end": 0, "study": "Étude d’essai",
    }  # fmt: skip
    assert all(ws.protection.sheet and ws.protection.password is None for ws in book.worksheets)
    for name in names[1:]:
        ws = book[name]
        checks = ws.data_validations.dataValidation
        assert {c.type for c in checks} >= {"list", "decimal"}
        assert all(c.showErrorMessage and c.error and len(c.error) <= 225 for c in checks)
        assert ws.freeze_panes
        assert (ws.page_setup.orientation, ws.page_setup.paperSize, ws.page_setup.fitToWidth) == ("landscape", 9, 1)
        assert ws.print_title_rows
        assert "&P/&N" in ws.oddFooter.right.text


def test_one_file_per_agent_prefilled_from_the_register(tmp_path: Path) -> None:
    paths = made(tmp_path, "agent")
    assert [p.name for p in paths] == ["releve_A1.xlsx", "releve_A2.xlsx", "releve_A3.xlsx"]
    ws = openpyxl.load_workbook(paths[1])["Relevé"]
    assert [(ws.cell(r, 1).value, ws.cell(r, 2).value) for r in range(4, 10)] == [
        ("Code agent", "A2"), ("Territoire", "Nord"), ("Site", "Site A"), ("Mission", "Polyvalence de secteur"), ("Profession", "ASS"), ("Quotité", 0.8),
    ]  # fmt: skip
    assert [ws.cell(13, c).value.date() for c in (3, 12)] == [date(2025, 3, 10), date(2025, 3, 21)]
    assert ws.cell(13, 13).value == "Total"


def test_one_file_per_team_has_a_sheet_per_agent(tmp_path: Path) -> None:
    (path,) = made(tmp_path, "team")
    assert path.name == "equipe_Nord_Site_A.xlsx"
    assert sheets(openpyxl.load_workbook(path)) == ["Mode d’emploi", "A1", "A2", "A3"]


def test_only_input_cells_are_unlocked(tmp_path: Path) -> None:
    ws = openpyxl.load_workbook(made(tmp_path, "agent")[0])["Relevé"]
    a1 = row_of(ws, "A1", 1)
    assert ws.cell(a1, 3).protection.locked is False
    assert ws["B9"].protection.locked is False
    locked = [
        ws["A4"],
        ws.cell(13, 3),
        ws.cell(a1, 1),
        ws.cell(a1, 2),
        ws.cell(a1, 13),
        ws.cell(row_of(ws, "Total du jour"), 3),
    ]
    assert all(cell.protection.locked for cell in locked)
    assert ws.cell(a1, 3).number_format == "[h]:mm"


def test_the_day_total_turns_red_against_the_time_to_work(tmp_path: Path) -> None:
    ws = openpyxl.load_workbook(made(tmp_path, "agent")[0])["Relevé"]
    total, plan = row_of(ws, "Total du jour"), row_of(ws, "Temps à travailler ce jour")
    assert plan == total + 1
    assert ws.cell(plan, 3).value == '=IF(ISNUMBER($B$9),ROUND($B$9*420,0)/1440,"")'
    assert ws.cell(plan, 3).protection.locked is False
    (rules,) = (r for r in ws.conditional_formatting if f"C{total}" in r.cells)
    red = rules.rules[0]
    assert red.formula == [f"AND(C{total}>0,ROUND((C{total}-C{plan})*1440,0)<>0)"]
    assert red.dxf.fill.bgColor.rgb.endswith("F8C9C4")


def test_lines_of_the_mission_come_first_and_none_is_lost(tmp_path: Path) -> None:
    ws = openpyxl.load_workbook(made(tmp_path, "agent")[0])["Relevé"]
    other = row_of(ws, "Autres activités, si vous en avez eu")
    codes = {ws.cell(r, 1).value: r for r in range(14, 60) if ws.cell(r, 1).value}
    assert sorted(codes) == sorted(CODES)
    assert codes["A1"] < codes["B2"] < codes["T1"] < codes["S3"] < other < codes["P1"]


@pytest.mark.parametrize("form", EVERY_FORM)
def test_an_agent_code_that_looks_like_a_formula_stays_text(form: str, tmp_path: Path) -> None:
    register = posts(list(HOSTILE), territory="=Nord", site="@Site")
    study = settings(etude="=1+1")
    for path in write_survey_templates(register, communes("=Nord", "@Site"), study, ITEMS, form, tmp_path):
        assert path.parent == tmp_path
        for ws in openpyxl.load_workbook(path).worksheets:
            for row in ws.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        assert cell.value.startswith(("=SUM(", "=IF(", "=SUMIF(", "=ROUND(")), cell
                    assert not (
                        isinstance(cell.value, str)
                        and cell.value in HOSTILE
                        and not cell.quotePrefix
                        and cell.value[0] in "=+-@"
                    )


def test_hostile_codes_make_valid_distinct_names(tmp_path: Path) -> None:
    agents = [*HOSTILE, "A?B", "a*b", "Listes", "Mode d’emploi", "_workload", "x" * 60, "x" * 61]
    (path,) = made(tmp_path, "team", agents)
    names = sheets(openpyxl.load_workbook(path))
    assert len({n.casefold() for n in names}) == len(agents) + 1
    assert all(len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in names)
    study = settings()
    book = openpyxl.load_workbook(path)
    for n, name in enumerate(names[1:]):
        book[name].cell(row_of(book[name], "A1", 1), 3).value = timedelta(minutes=15 + n)
    book.save(path)
    found = read(path, study)
    assert errors(found) == []
    assert {s.agent for s in found.sheets} == set(agents)


def test_staggered_weeks_cover_the_campaign_in_every_team(tmp_path: Path) -> None:
    paths = made(tmp_path, "agent", weeks_n=1)
    starts = [openpyxl.load_workbook(p)["Relevé"]["B10"].value.date() for p in paths]
    assert starts == [date(2025, 3, 10), date(2025, 3, 17), date(2025, 3, 10)]
    weeks = campaign_weeks((date(2025, 3, 3), date(2025, 3, 28)))
    windows = [own_weeks(weeks, n, 2) for n in range(3)]
    assert {d for w in windows for week in w for d in week} == {d for week in weeks for d in week}
    with pytest.raises(RequestError, match="template_bad_weeks"):
        made(tmp_path / "x", "agent", weeks_n=0)


def test_a_campaign_that_cuts_weeks_reads_back_clean(tmp_path: Path) -> None:
    study = settings(date(2025, 3, 12), date(2025, 3, 18))
    (path,) = write_survey_templates(posts(["A1"]), communes(), study, ITEMS, "week", tmp_path)
    book = openpyxl.load_workbook(path)
    assert sheets(book)[1:] == ["Semaine du 12-03-2025", "Semaine du 17-03-2025"]
    ws = book["Semaine du 12-03-2025"]
    ws.cell(row_of(ws, "A1", 1), 3).value = "1:30"
    book.save(path)
    found = read(path, study)
    assert errors(found) == []  # the other week is one of leave
    assert found.sheets[0].minutes == {(date(2025, 3, 12), "A1"): 90.0}


def test_what_makes_no_sense_is_refused_in_words(tmp_path: Path, sample_folder: Path) -> None:
    cases = [
        (("survey", "horaire", None), "template_unknown_form"),
        (("enquete", "", None), "template_unknown_kind"),
        (("survey", "team", None), "template_no_agents"),
    ]
    for (kind, form, folder), code in cases:
        with pytest.raises(RequestError) as caught:
            write_templates(kind, form, folder, tmp_path / "out")
        assert caught.value.code == code
        assert error_text(caught.value) != error_text(caught.value, "en")
    with pytest.raises(RequestError, match="template_no_working_day"):
        write_survey_templates(
            posts(["A1"]), communes(), settings(date(2025, 3, 8), date(2025, 3, 9)), ITEMS, "agent", tmp_path / "y"
        )
    assert not (tmp_path / "out").exists()


def test_a_filled_file_is_never_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (path,) = write_templates("survey", "agent", None, out)
    before = path.read_bytes()
    with pytest.raises(RequestError, match="template_exists"):
        write_templates("survey", "agent", None, out)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_the_same_register_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (made(tmp_path / name, "agent")[0].read_bytes() for name in ("a", "b"))
    assert first == second


def test_the_sample_study_gives_a_sheet_to_every_agent(tmp_path: Path, sample_folder: Path) -> None:
    study = read_study(sample_folder)
    paths = write_templates("survey", "team", sample_folder, tmp_path / "out")
    agents = [n for p in paths for n in sheets(openpyxl.load_workbook(p, read_only=True))[1:]]
    assert sorted(agents) == sorted(study.posts["agent"].dropna().unique())


def test_every_line_has_what_goes_there_an_example_and_a_neighbour_when_it_has_one() -> None:
    for item in ITEMS.items:
        what, example, elsewhere = describe(item, ITEMS.items, ITEMS.modes)
        assert what, item
        assert example, item
        alone = item.domain in ("maternal", "early_childhood", "childminding", "support", "travel")
        assert elsewhere or alone, item
    i2 = next(i for i in ITEMS.items if i.code == "I2")
    assert describe(i2, ITEMS.items, ITEMS.modes)[2] == "Pas l’entretien : ligne I1."
