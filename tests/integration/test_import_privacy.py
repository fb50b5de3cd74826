"""Codes stay outside: pseudonyms in every table, in file names and in the server's own files; the key and its loss."""

import stat
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, text

from benchmarks.survey_workbooks import agent_code, make_study
from tests.integration.import_checks import all_text, files_whole, outcomes, take_in
from workload.errors import RequestError
from workload.store.importing import Outcome, import_history
from workload.store.importing.pseudonyms import FILE, Codes

pytestmark = pytest.mark.integration
FILES = 4
KEY = "une clé assez longue pour servir, tirée au hasard"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("import") / "etude"
    make_study(folder, FILES)
    return folder


def sheets(study: Path) -> list[Path]:
    return sorted((study / "enquete").glob("*.xlsx"))


def test_no_code_reaches_the_database_or_its_files(engine: Engine, study: Path, tmp_path: Path):
    posts = openpyxl.load_workbook(study / "postes.xlsx")
    for row in range(2, 2 + FILES):  # an office that numbers posts by their holders
        posts["Postes"].cell(row, 1, posts["Postes"].cell(row, 8).value)
    posts.save(tmp_path / "postes.xlsx")
    spoilt = openpyxl.load_workbook(sheets(study)[3])
    spoilt["Relevé"]["E20"] = "?"
    spoilt.save(tmp_path / f"Refusé {agent_code(3)}.xlsx")
    mine = sheets(study)[0].rename(study / f"enquete/{agent_code(0).lower()}_v2.xlsx")
    given = [*sheets(study)[:3], tmp_path / "postes.xlsx", tmp_path / f"Refusé {agent_code(3)}.xlsx", mine]
    _, heard = take_in(engine, given, study, tmp_path)
    assert outcomes(heard).count(Outcome.IMPORTED) == 4

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
        data = Path(connection.scalar(text("SHOW data_directory")) or "")
    rows = [row for table in all_text(engine).values() for row in table]
    assert len(rows) > 3 * 20  # a row a day and more
    stored = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert any(b"_v2.xlsx" in content for content in stored)  # so we would have found one
    for number in range(FILES):
        code = agent_code(number)
        assert not [row for row in rows if code.casefold() in row.casefold()]
        assert not [1 for content in stored if code.encode() in content or code.lower().encode() in content]


def test_the_same_agent_keeps_the_pseudonym_and_another_key_is_noticed(
    engine: Engine, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    take_in(engine, sheets(study)[:1], study, tmp_path)
    before = all_text(engine)
    take_in(engine, sheets(study)[:1], study, tmp_path)
    assert all_text(engine) == before
    monkeypatch.setenv("WORKLOAD_PSEUDONYM_KEY", KEY)
    with pytest.raises(RequestError) as caught:
        take_in(engine, sheets(study)[1:], study, tmp_path)
    assert caught.value.code == "import_key_other"
    assert KEY not in repr(caught.value)
    assert all_text(engine) == before


def test_a_lost_key_is_not_made_anew(engine: Engine, study: Path, tmp_path: Path):
    take_in(engine, sheets(study)[:1], study, tmp_path)
    key = tmp_path / FILE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(RequestError) as caught:
        take_in(engine, sheets(study)[1:], study, tmp_path)
    assert caught.value.code == "import_key_lost"
    assert not key.exists()
    key.write_bytes(kept)
    key.chmod(0o644)
    with pytest.raises(RequestError) as caught:
        take_in(engine, sheets(study)[1:], study, tmp_path)
    assert caught.value.code == "import_key_open"
    key.chmod(0o600)
    _, heard = take_in(engine, sheets(study), study, tmp_path)
    assert outcomes(heard)[0] is Outcome.UNCHANGED
    assert files_whole(engine) == FILES


def test_a_key_from_the_environment_leaves_no_file(
    engine: Engine, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WORKLOAD_PSEUDONYM_KEY", "trop courte")
    with pytest.raises(RequestError) as caught:
        take_in(engine, sheets(study), study, tmp_path)
    assert caught.value.code == "import_key_short"
    monkeypatch.setenv("WORKLOAD_PSEUDONYM_KEY", KEY)
    take_in(engine, sheets(study), study, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert len(import_history(engine)) == FILES
    assert KEY not in str(all_text(engine))


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("releve_A12.xlsx", "releve_*.xlsx"),
        ("a12-A12 A123.xlsx", "*-* *.xlsx"),
        ("équipe.xlsx", "équipe.xlsx"),
        ("Straße A12.xlsx", "strasse *.xlsx"),
    ],
)
def test_codes_leave_a_name_whatever_the_case(name: str, left: str):
    hidden = Codes.of(["A12", "A123", ""]).hide(name, KEY.encode())
    assert [part for part in left.split("*") if part not in hidden] == []
    assert "a12" not in hidden.casefold()
