"""A study folder is in whole or not at all: each spoilt cell comes back with its file, sheet, cell and what to do."""

import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import yaml

from workload.catalogue import issue_line
from workload.cli import _guarded, app
from workload.errors import ExitCode, InputError, Severity
from workload.ingest.study import read_study

SAMPLE = Path(__file__).parents[2] / "sample" / "meurthe-et-moselle"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "etude"
    shutil.copytree(SAMPLE, copy)
    for sheet in sorted((copy / "enquete").iterdir())[3:]:
        sheet.unlink()
    return copy


def change(path: Path, sheet: str, cell: str, value: object) -> None:
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)


def issues_of(folder: Path) -> list[tuple[str, str, str, str]]:
    with pytest.raises(InputError) as caught:
        read_study(folder)
    return [(i.code, i.file, i.sheet, i.cell) for i in caught.value.issues if i.severity is Severity.ERROR]


def survey_file(folder: Path) -> Path:
    return min((folder / "enquete").iterdir())


def last_row(path: Path, sheet: str) -> int:
    return openpyxl.load_workbook(path)[sheet].max_row


def test_the_sample_is_clean() -> None:
    study = read_study(SAMPLE)
    assert study.warnings == ()
    assert study.entries["agent"].nunique() == 150
    assert study.communes["commune"].nunique() == 591
    assert study.posts.loc[study.posts["mission"] == "polyvalence", "fte"].sum() == 180
    assert not study.counts.isna().any().any()


def test_a_file_named_after_its_agent_is_known_by_its_hash(folder: Path) -> None:
    sheet = survey_file(folder)
    code = openpyxl.load_workbook(sheet)["Relevé"]["B4"].value
    sheet.rename(sheet.with_name(f"releve_{code}.xlsx"))
    inputs = read_study(folder).inputs
    assert len([file for file in inputs if file.startswith("enquete/")]) == 3
    assert not any(code in file for file in inputs)


def test_agents_leave_as_pseudonyms_that_change_with_every_run() -> None:
    once, again = read_study(SAMPLE).entries, read_study(SAMPLE).entries
    codes = set(read_study(SAMPLE).posts["agent"].dropna())
    assert not codes & set(once["agent"])
    assert not set(once["agent"]) & set(again["agent"])
    assert once.drop(columns="agent").equals(again.drop(columns="agent"))


CELLS: list[tuple[str, str, str, object, str, str]] = [
    # file, sheet, cell, value typed, code, cell reported
    ("territoires.xlsx", "Communes", "A7", "54X07", "commune_format", "A7"),
    ("territoires.xlsx", "Communes", "A7", "88001", "commune_elsewhere", "A7"),
    ("territoires.xlsx", "Communes", "C9", "beaucoup", "count_expected", "C9"),
    ("territoires.xlsx", "Communes", "C9", -4, "negative_number", "C9"),
    ("territoires.xlsx", "Communes", "D9", None, "empty_cell", "D9"),
    ("territoires.xlsx", "Communes", "D9", "Ailleurs", "site_in_two_territories", "E9"),
    ("territoires.xlsx", "Communes", "A9", "54001", "duplicate_commune", "A9"),
    ("territoires.xlsx", "Sites", "C5", "54999", "unknown_commune", "C5"),
    ("territoires.xlsx", "Sites", "A5", "Jarnis", "unknown_site", "A5"),
    ("postes.xlsx", "Postes", "G12", -1, "negative_number", "G12"),
    ("postes.xlsx", "Postes", "G12", "un", "fte_expected", "G12"),
    ("postes.xlsx", "Postes", "B12", "Longwi", "unknown_territory", "B12"),
    ("postes.xlsx", "Postes", "C12", "Paris", "unknown_site", "C12"),
    ("postes.xlsx", "Postes", "E12", "Voirie", "unknown_mission", "E12"),
    ("postes.xlsx", "Postes", "F12", "Facteur", "unknown_profession", "F12"),
    ("postes.xlsx", "Postes", "H12", "peut-être", "yes_no_expected", "H12"),
    ("postes.xlsx", "Postes", "A12", "PO-001", "duplicate_post", "A12"),
    ("postes.xlsx", "Totaux", "C6", 99, "total_mismatch", "C6"),
    ("indicateurs/indicateurs-externes.xlsx", "Indicateurs", "A8", "54999", "unknown_commune", "A8"),
    ("indicateurs/indicateurs-externes.xlsx", "Indicateurs", "D8", "n.d.", "number_expected", "D8"),
    ("indicateurs/indicateurs-externes.xlsx", "Indicateurs", "D8", -3, "negative_number", "D8"),
    ("indicateurs/indicateurs-externes.xlsx", "Indicateurs", "C596", 1, "total_mismatch", "C596"),
    ("indicateurs/indicateurs-externes.xlsx", "Indicateurs", "C4", "Enfants", "missing_heading", "4:4"),
    ("enquete", "Relevé", "C14", "37,5 heures et plus", "duration_format", "C14"),
    ("enquete", "Relevé", "C14", "26:00", "duration_too_long", "C14"),
    ("enquete", "Relevé", "A14", "Z9", "unknown_item", "A14"),
    ("enquete", "Relevé", "B4", "INCONNU", "unknown_agent", "B4"),
    ("enquete", "Relevé", "B5", "Nulle part", "register_differs", "B5"),
    ("enquete", "Relevé", "B8", None, "empty_cell", "B8"),
    ("enquete", "Relevé", "C13", "03/04/2003", "day_outside_campaign", "C13"),
    ("enquete", "Relevé", "C14", "#REF!", "error_cell", "C14"),
    ("enquete", "Relevé", "C14", "=1/24", "formula_without_value", "C14"),
    ("enquete", "Relevé", "B13", "Truc", "layout_near_miss", "13:13"),
]


@pytest.mark.parametrize(("file", "sheet", "cell", "value", "code", "reported"), CELLS)
def test_each_spoilt_cell_is_named(
    folder: Path, file: str, sheet: str, cell: str, value: object, code: str, reported: str
) -> None:
    path = survey_file(folder) if file == "enquete" else folder / file
    change(path, sheet, cell, value)
    expected = (code, path.relative_to(folder).as_posix(), sheet, reported)
    assert expected in issues_of(folder)


def test_a_commune_cut_in_parts_must_be_whole(folder: Path) -> None:
    path = folder / "territoires.xlsx"
    ws = openpyxl.load_workbook(path)["Communes"]
    row = next(r for r in range(5, ws.max_row) if 0 < ws.cell(r, 7).value < 1)
    change(path, "Communes", f"G{row}", 0.9)
    assert "parts_total" in {code for code, *_ in issues_of(folder)}


@pytest.mark.parametrize(
    "file", ["territoires.xlsx", "postes.xlsx", "etude.yaml", "indicateurs/indicateurs-externes.xlsx"]
)
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    assert ("missing_file", file, "", "") in issues_of(folder)


def test_a_file_that_is_no_workbook(folder: Path) -> None:
    (folder / "postes.xlsx").write_bytes(b"ceci n'est pas un classeur")
    assert ("unreadable_file", "postes.xlsx", "", "") in issues_of(folder)


def test_all_files_speak_in_one_pass(folder: Path) -> None:
    change(folder / "postes.xlsx", "Postes", "G12", -1)
    change(folder / "territoires.xlsx", "Sites", "C5", "54999")
    change(survey_file(folder), "Relevé", "C14", "midi")
    (folder / "indicateurs" / "comptages-du-service.xlsx").unlink()
    found = {(code, file.split("/")[0]) for code, file, *_ in issues_of(folder)}
    assert {
        ("negative_number", "postes.xlsx"),
        ("unknown_commune", "territoires.xlsx"),
        ("duration_format", "enquete"),
        ("missing_file", "indicateurs"),
    } <= found


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("mission_principale", "voirie", "study_value_refused"),
        ("graine", -1, "study_value_wrong"),
        ("pas", "demi", "study_value_wrong"),
        ("inconnue", 1, "study_key_unknown"),
        ("taxonomie", "niagara-1900", "study_value_refused"),
        ("etude", None, "study_value_wrong"),
    ],
)
def test_a_wrong_choice_in_the_study_file(folder: Path, key: str, value: object, code: str) -> None:
    path = folder / "etude.yaml"
    study = yaml.safe_load(path.read_text("utf-8"))
    study[key] = value
    path.write_text(yaml.safe_dump(study), "utf-8")
    assert code in {c for c, *_ in issues_of(folder)}


def test_an_indicator_that_no_card_describes(folder: Path) -> None:
    path = folder / "etude.yaml"
    path.write_text(path.read_text("utf-8").replace("chomeurs:", "chomeur:"), "utf-8")
    assert "unknown_indicator" in {code for code, *_ in issues_of(folder)}


def test_a_missing_count_is_never_a_zero(folder: Path) -> None:
    path = folder / "indicateurs" / "indicateurs-externes.xlsx"
    change(path, "Indicateurs", "C8", None)
    change(path, "Indicateurs", "C596", None)
    assert [code for code, *_ in issues_of(folder)] == ["missing_counts"]
    study = folder / "etude.yaml"
    study.write_text(
        study.read_text("utf-8") + "donnees_manquantes:\n  pop_0_5: {proportionnel_a: naissances}\n", "utf-8"
    )
    read = read_study(folder)
    assert read.indicators["pop_0_5"].imputed_n == 1
    assert [issue.code for issue in read.warnings] == ["counts_imputed"]
    assert read.counts["pop_0_5"].gt(0).mean() > 0.9


def run_cli(*arguments: str) -> int:
    try:
        return _guarded(lambda: app([*arguments], standalone_mode=False))
    except SystemExit as stop:
        return int(stop.code or 0)


SPOIL: dict[str, Callable[[Path], None]] = {
    "missing file": lambda f: (f / "postes.xlsx").unlink(),
    "unknown commune": lambda f: change(f / "indicateurs" / "indicateurs-externes.xlsx", "Indicateurs", "A8", "54999"),
    "text for a number": lambda f: change(
        f / "indicateurs" / "indicateurs-externes.xlsx", "Indicateurs", "D8", "douze"
    ),
    "negative post": lambda f: change(f / "postes.xlsx", "Postes", "G12", -1),
    "totals": lambda f: change(f / "postes.xlsx", "Totaux", "C6", 99),
}


@pytest.mark.parametrize("spoil", SPOIL.values(), ids=list(SPOIL))
def test_the_command_refuses_in_french_and_writes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    out = tmp_path / "rapport"
    assert run_cli("run", str(folder), "--out", str(out)) == ExitCode.INPUT
    said = capsys.readouterr().err
    assert "ERREUR" in said
    assert "rien n’a été écrit" in said
    assert "Traceback" not in said
    assert not out.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["etude"]


def test_issue_lines_name_file_sheet_cell_and_value(folder: Path) -> None:
    change(folder / "postes.xlsx", "Postes", "B12", "Longwi")
    with pytest.raises(InputError) as caught:
        read_study(folder)
    line = next(issue_line(i) for i in caught.value.issues if i.code == "unknown_territory")
    assert line == "ERREUR postes.xlsx · Postes · B12 : Territoire « Longwi » inconnu dans territoires.xlsx. → Longwy"
