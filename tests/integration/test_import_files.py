"""Twice changes nothing, a corrected file replaces, a refused one leaves nothing, history says who and when."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import IntegrityError

from tests.integration.import_checks import all_text, files_whole, minutes_stored, outcomes, take_in
from workload.errors import InputError, RequestError
from workload.ingest.checking import check_files
from workload.ingest.study import read_study
from workload.store import StoreError
from workload.store.engine import make_engine, spoken
from workload.store.importing import Outcome, import_history, list_campaigns, read_entries

pytestmark = pytest.mark.integration
FILES = 6
SAMPLE = Path(__file__).parents[2] / "sample" / "meurthe-et-moselle"


def sheets(study: Path, folder: str = "enquete") -> list[Path]:
    return sorted((study / folder).glob("*.xlsx"))


def spoil(path: Path, into: Path, cell: str, value: object) -> Path:
    book = openpyxl.load_workbook(path)
    book["Relevé"][cell] = value
    book.save(into)
    return into


def minutes_in(paths: list[Path], study: Path) -> float:
    return sum(sum(sheet.minutes.values()) for found in check_files(paths, study) for sheet in found.sheets)


def test_files_are_taken_in_once(engine: Engine, study: Path, tmp_path: Path):
    summary, heard = take_in(engine, sheets(study), study, tmp_path)
    assert outcomes(heard) == [Outcome.IMPORTED] * FILES
    assert [one.file for one in heard] == [path.name for path in sheets(study)]
    assert (summary.rows_n, files_whole(engine)) == (FILES * 500, FILES)
    assert minutes_stored(engine) == minutes_in(sheets(study), study)
    before = all_text(engine)
    _, again = take_in(engine, sheets(study), study, tmp_path, by="quelqu’un d’autre")
    assert outcomes(again) == [Outcome.UNCHANGED] * FILES
    assert all_text(engine) == before


def test_the_same_bytes_under_another_name_change_nothing(engine: Engine, study: Path, tmp_path: Path):
    original = sheets(study)[0]
    copy = shutil.copyfile(original, tmp_path / "copie.xlsx")
    _, heard = take_in(engine, [original, original, copy], study, tmp_path)
    assert outcomes(heard) == [Outcome.IMPORTED, Outcome.UNCHANGED]
    assert files_whole(engine) == 1


def test_a_corrected_file_replaces_the_earlier_one_which_stays_in_history(engine: Engine, study: Path, tmp_path: Path):
    take_in(engine, sheets(study), study, tmp_path, by="Mme Martin")
    _, heard = take_in(engine, sheets(study, "corrige")[:2], study, tmp_path, by="  M. Petit ")
    assert outcomes(heard) == [Outcome.REPLACED] * 2
    assert files_whole(engine) == FILES + 2
    assert minutes_stored(engine) == minutes_in(sheets(study, "corrige")[:2] + sheets(study)[2:], study)

    history = import_history(engine)
    old = [one for one in history if one.superseded_at]
    assert {one.name for one in old} == {one.name for one in history if one.imported_by == "M. Petit"}
    assert len(old) == 2
    for one in old:
        assert (one.imported_by, one.superseded_by_whom, one.superseded_by) == ("Mme Martin", "M. Petit", one.name)
        assert one.imported_at <= one.superseded_at
        assert abs(one.superseded_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_an_old_version_does_not_come_back_by_itself(engine: Engine, study: Path, tmp_path: Path):
    """The whole folder, given again with the uncorrected file still in it."""
    take_in(engine, sheets(study)[:1], study, tmp_path)
    take_in(engine, sheets(study, "corrige")[:1], study, tmp_path)
    before = all_text(engine)
    _, heard = take_in(engine, sheets(study)[:1], study, tmp_path)
    assert [(one.outcome, one.superseded) for one in heard] == [(Outcome.UNCHANGED, True)]
    assert all_text(engine) == before


def test_a_file_with_one_wrong_cell_leaves_nothing(engine: Engine, study: Path, tmp_path: Path):
    wrong = spoil(sheets(study)[0], tmp_path / "faux.xlsx", "E20", "beaucoup")
    _, heard = take_in(engine, [wrong, *sheets(study)[1:3]], study, tmp_path)
    assert outcomes(heard) == [Outcome.REFUSED, Outcome.IMPORTED, Outcome.IMPORTED]
    assert [(issue.code, issue.cell) for issue in heard[0].issues] == [("duration_format", "E20")]
    assert files_whole(engine) == 2


def test_a_refused_correction_leaves_the_earlier_answer_in_force(engine: Engine, study: Path, tmp_path: Path):
    take_in(engine, sheets(study)[:1], study, tmp_path)
    before = all_text(engine)
    wrong = spoil(sheets(study)[0], tmp_path / "faux.xlsx", "E20", "beaucoup")
    _, heard = take_in(engine, [wrong], study, tmp_path)
    assert outcomes(heard) == [Outcome.REFUSED]
    after = all_text(engine)
    assert len(after.pop("core.import_refusal")) == 1  # that a sheet was refused is known, nothing of what it said
    assert before.pop("core.import_refusal") == []
    assert after == before


def test_an_agent_given_twice_in_one_go_is_refused_the_second_time(engine: Engine, study: Path, tmp_path: Path):
    _, heard = take_in(engine, [sheets(study)[0], sheets(study, "corrige")[0]], study, tmp_path)
    assert outcomes(heard) == [Outcome.IMPORTED, Outcome.REFUSED]
    assert "agent_twice" in [issue.code for issue in heard[1].issues]
    assert files_whole(engine) == 1


def test_a_register_and_counts_are_kept_as_rows_and_versioned(engine: Engine, tmp_path: Path):
    folder = shutil.copytree(SAMPLE, tmp_path / "etude")
    given = [folder / "postes.xlsx", folder / "territoires.xlsx", *sorted((folder / "indicateurs").glob("*.xlsx"))]
    _, heard = take_in(engine, given, folder, tmp_path)
    assert set(outcomes(heard)) == {Outcome.IMPORTED}
    book = openpyxl.load_workbook(given[0])
    book["Postes"]["H12"] = "vacant" if book["Postes"]["H12"].value == "oui" else "oui"
    book.save(given[0])
    _, heard = take_in(engine, given, folder, tmp_path)
    assert outcomes(heard) == [Outcome.REPLACED] + [Outcome.UNCHANGED] * (len(given) - 1)
    register = import_history(engine, kind="posts")
    assert [one.superseded_at is None for one in register] == [True, False]
    with engine.connect() as connection:
        documents = connection.scalars(
            text("SELECT document FROM core.import_file WHERE kind = 'posts' ORDER BY id")
        ).all()
    old, new = (document["posts"] for document in documents)
    assert sum(before != after for before, after in zip(old, new, strict=True)) == 1
    assert sum(post["fte"] for post in new if post["mission"] == "polyvalence") == 180


def test_entries_come_back_as_the_study_folder_has_them(engine: Engine, tmp_path: Path):
    """Against the reader that knows no database, agent by agent, whatever the pseudonyms."""
    folder = shutil.copytree(SAMPLE, tmp_path / "etude")
    for path in sorted((folder / "enquete").iterdir())[40:]:
        path.unlink()
    take_in(engine, sorted((folder / "enquete").iterdir()), folder, tmp_path)
    (campaign,) = list_campaigns(engine)
    stored, direct = read_entries(engine, campaign.id), read_study(folder).entries
    assert list(stored.columns) == list(direct.columns)
    assert not set(stored["agent"]) & set(direct["agent"])
    profiles = [
        sorted(
            (
                tuple(of[["mission", "territory", "area", "profession", "quotite"]].iloc[0]),
                *zip(of["item"], of["time_spent_min"], strict=True),
            )
            for _, of in entries.groupby("agent")
        )
        for entries in (stored, direct)
    ]
    assert profiles[0] == profiles[1]


def test_another_campaign_of_the_same_study_stands_beside(engine: Engine, study: Path, tmp_path: Path):
    take_in(engine, sheets(study)[:2], study, tmp_path)
    later = shutil.copytree(study, tmp_path / "etude")
    settings = (later / "etude.yaml").read_text("utf-8")
    (later / "etude.yaml").write_text(settings.replace("2003-03-03", "2003-03-02"), "utf-8")
    _, heard = take_in(engine, sheets(study)[:2], later, tmp_path)
    assert outcomes(heard) == [Outcome.IMPORTED] * 2
    assert [campaign.answers_n for campaign in list_campaigns(engine)] == [2, 2]


def test_a_study_that_is_wrong_itself_takes_nothing_in(engine: Engine, study: Path, tmp_path: Path):
    wrong = shutil.copytree(study, tmp_path / "etude")
    (wrong / "etude.yaml").write_text("etude: 1", "utf-8")
    with pytest.raises(InputError):
        take_in(engine, sheets(study), wrong, tmp_path)
    with pytest.raises(RequestError) as caught:
        take_in(engine, sheets(study), study, tmp_path, by=" \t")
    assert caught.value.code == "import_by"
    assert files_whole(engine) == 0


def test_a_role_without_rights_is_told_so_and_quotes_nobody(engine: Engine, role: URL, study: Path, tmp_path: Path):
    other = make_engine(role)
    with pytest.raises(StoreError) as caught, spoken(role):
        take_in(other, sheets(study), study, tmp_path)
    other.dispose()
    assert caught.value.code == "store_no_rights"
    assert "A10000" not in repr(caught.value)
    assert files_whole(engine) == 0


def test_entries_belong_to_an_answer(engine: Engine, study: Path, tmp_path: Path):
    take_in(engine, sheets(study)[:1], study, tmp_path)
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text("INSERT INTO core.entry_day VALUES (999999, NULL, '{A1}', '{5}')"))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM core.answer"))
        assert connection.scalar(text("SELECT count(*) FROM core.entry")) == 0
