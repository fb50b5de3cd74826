"""Studies at the edge: a sound result in words, or a refusal that names the place; never an internal error."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import yaml

from tests.integration.test_whole_path import SAMPLE, workload
from tests.unit.test_study_folder import change


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "etude"
    shutil.copytree(SAMPLE, copy)
    return copy


def choices(folder: Path, edit: Callable[[dict], None]) -> None:
    path = folder / "etude.yaml"
    study = yaml.safe_load(path.read_text("utf-8"))
    edit(study)
    path.write_text(yaml.safe_dump(study, allow_unicode=True), "utf-8")


def no_survey(folder: Path) -> None:
    shutil.rmtree(folder / "enquete")


def few_pmi(folder: Path) -> None:
    kept = 0
    for path in sorted((folder / "enquete").iterdir()):
        if "maternelle" in openpyxl.load_workbook(path)["Relevé"]["B7"].value:
            kept += 1
            if kept > 3:
                path.unlink()


def foreign_domain(folder: Path) -> None:
    choices(
        folder, lambda s: s["missions"]["pmi"].update(domaines={"insertion": {"indicateurs": {"rmi": {"minutes": 10}}}})
    )


def one_step(folder: Path) -> None:
    choices(folder, lambda s: s.update(pas=1, equite="least-maximum", regles={}))


SOUND = {
    "no survey": no_survey,
    "three PMI sheets": few_pmi,
    "a domain nobody noted": foreign_domain,
    "whole posts, no rules": one_step,
}


@pytest.mark.parametrize("edit", SOUND.values(), ids=list(SOUND))
def test_odd_but_sound(folder: Path, tmp_path: Path, edit: Callable[[Path], None]) -> None:
    edit(folder)
    done = workload("run", str(folder), "--out", str(tmp_path / "r"), "--draws", "20")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    document = json.loads((tmp_path / "r" / "run.json").read_text("utf-8"))
    for mission in document["missions"]:
        assert sum(t["posts_final"] for t in mission["territories"]) == mission["total_posts_after"]
        assert all(t["need_fte"] is not None for t in mission["territories"])


def test_too_few_answers_decide_nothing_and_cannot_be_counted(folder: Path, tmp_path: Path) -> None:
    few_pmi(folder)
    assert workload("run", str(folder), "--out", str(tmp_path / "r"), "--draws", "20").returncode == 0
    document = json.loads((tmp_path / "r" / "run.json").read_text("utf-8"))
    pmi = next(m for m in document["missions"] if m["id"] == "pmi")
    assert (pmi["deciding_line"], pmi["allowance_factor"], pmi["condition_number"]) == ("expert", 1.0, None)
    assert all(w["data"] is None for w in document["weights"] if w["mission"] == "pmi")
    assert not any(row["mission"] == "pmi" for row in document["time_use"])
    assert [file for file in document["inputs"] if file.startswith("enquete")] == ["enquete/"]


def infinite(folder: Path) -> None:
    (folder / "etude.yaml").write_text(
        (folder / "etude.yaml").read_text("utf-8").replace("pas: 0.5", "pas: .inf"), "utf-8"
    )


def nothing_to_go_by(folder: Path) -> None:
    def edit(study: dict) -> None:
        study["missions"]["polyvalence"]["domaines"] = {"insertion": {"indicateurs": {"rmi": None}}}

    choices(folder, edit)


WRONG = {
    "unknown mission": (lambda f: change(f / "postes.xlsx", "Postes", "E5", "Voirie"), "E5"),
    "negative duration": (lambda f: change(f / "enquete" / "releve-001.xlsx", "Relevé", "D15", -1), "D15"),
    "infinite step": (infinite, "pas"),
    "one domain and no experts": (nothing_to_go_by, "Donnez un poids d’expert"),
    "no outline": (lambda f: (f / "contours.geojson").write_text("[]"), "contours.geojson"),
    "one longitude missing": (lambda f: change(f / "territoires.xlsx", "Communes", "H9", None), "H9"),
    "two names alike": (lambda f: change(f / "territoires.xlsx", "Communes", "D9", "Val-de-Lorraine"), "D"),
    "sites sheet gone": (lambda f: drop(f / "territoires.xlsx", "Sites"), "« Sites » introuvable"),
}


def drop(path: Path, sheet: str) -> None:
    book = openpyxl.load_workbook(path)
    del book[sheet]
    book.save(path)


@pytest.mark.parametrize("case", WRONG.values(), ids=list(WRONG))
def test_wrong_and_said_so(folder: Path, tmp_path: Path, case: tuple[Callable[[Path], object], str]) -> None:
    edit, said = case
    edit(folder)
    done = workload("run", str(folder), "--out", str(tmp_path / "r"), "--draws", "20")
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "nan" not in done.stderr.split()
    assert not (tmp_path / "r").exists()


def test_a_place_that_cannot_be_written(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "fichier").write_text("x")
    for out in (tmp_path / "fichier" / "r", tmp_path / ("x" * 300)):
        done = workload("run", str(folder), "--out", str(out), "--draws", "20")
        assert done.returncode == 2, done.stderr
        assert "Impossible d’écrire" in done.stderr


def test_what_is_not_read_is_said(folder: Path, tmp_path: Path) -> None:
    (folder / "enquete" / "scan.pdf").write_bytes(b"%PDF")
    (folder / "enquete" / "en plus").mkdir()
    done = workload("run", str(folder), "--out", str(tmp_path / "r"), "--draws", "20")
    assert done.returncode == 0
    assert "scan.pdf" in done.stderr
    assert "en plus" in done.stderr
