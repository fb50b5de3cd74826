"""Rules of a study that cannot hold, and two studies compared, as a person runs them."""

import json
import shutil
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from tests.integration.test_odd_studies import choices
from tests.integration.test_whole_path import SAMPLE, workload


@pytest.fixture(scope="module")
def next_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration a year later: other weights and rules, one mission fewer."""
    folder = tmp_path_factory.mktemp("annee") / "etude"
    shutil.copytree(SAMPLE, folder)

    def edit(study: dict) -> None:
        study["missions"]["polyvalence"]["domaines"]["insertion"]["indicateurs"]["rmi"]["minutes"] = 600
        study["indicateurs_internes"] = "inclus"
        study["regles"] = {
            "deplacement_maximal": [{"postes": 2}, {"mission": "pmi", "postes": 0}],
            "changement_maximal_pourcent": 40,
            "presence_minimale": 2,
            "decisions": [{"territoire": "LONGWY", "mission": "polyvalence", "changement": -1}],
        }

    choices(folder, edit)
    return folder


@pytest.fixture(scope="module")
def compared(next_year: Path) -> dict:
    done = workload("compare", str(SAMPLE), str(next_year), "--json", "--draws", "20")
    assert done.returncode == 0, done.stderr
    return {mission["mission"]: mission for mission in json.loads(done.stdout)}


def test_rows_add_exactly_for_each_territory(compared: dict) -> None:
    assert set(compared) == {"polyvalence", "enfance", "pmi"}
    for mission in compared.values():
        for territory in mission["territories"]:
            rows = {name: Fraction(posts) for name, posts in territory["rows"].items()}
            assert Fraction(territory["before"]) + sum(rows.values()) == Fraction(territory["after"])
        for name in rows:
            assert sum(Fraction(t["rows"][name]) for t in mission["territories"]) == 0  # the total did not change


def test_what_changed_is_what_has_a_row(compared: dict) -> None:
    rows = {
        t["name"]: {name: Fraction(posts) for name, posts in t["rows"].items()}
        for t in compared["polyvalence"]["territories"]
    }
    assert all(not (row["counts_here"] or row["counts_elsewhere"] or row["total"]) for row in rows.values())
    assert any(row["weights"] for row in rows.values())


def test_decisions_and_limits_of_one_mission_hold(compared: dict) -> None:
    after = {(m, t["name"]): Fraction(t["after"]) for m, of in compared.items() for t in of["territories"]}
    assert after["polyvalence", "Longwy"] == 29
    register = {"Briey": 5.5, "Grand Nancy": 19.5, "Longwy": 7, "Lunévillois": 6.5, "Terres de Lorraine": 7.5, "Val de Lorraine": 8}  # fmt: skip
    assert {name: float(posts) for (m, name), posts in after.items() if m == "pmi"} == register


def test_rules_of_one_mission_that_cannot_hold_say_what_would(tmp_path: Path) -> None:
    folder = tmp_path / "etude"
    shutil.copytree(SAMPLE, folder)
    floor = {"territoire": "Val de Lorraine", "mission": "pmi", "postes": 12}
    choices(folder, lambda s: s["regles"].update(presence_minimale=[{"postes": 2}, floor]))
    done = workload("run", str(folder), "--out", str(tmp_path / "r"), "--draws", "20")
    assert done.returncode == 3
    assert not (tmp_path / "r").exists()
    assert "Val de Lorraine : la présence minimale demande 12" in done.stderr
    assert "Mission « Protection maternelle et infantile »." in done.stderr
    assert "céder au moins 2 poste(s) en tout" in done.stderr  # eight today and two more
    assert "  Présence minimale : 2 poste(s)" in done.stderr
    assert "val_de_lorraine" not in done.stderr
    result = done.stderr.split("assouplissement :")[1].strip().splitlines()
    assert sum(float(line.split("→")[1].replace(",", ".")) for line in result) == 54


def test_names_nobody_knows_stop_before_anything_is_worked_out(tmp_path: Path) -> None:
    folder = tmp_path / "etude"
    shutil.copytree(SAMPLE, folder)
    shutil.rmtree(folder / "enquete")
    path = folder / "etude.yaml"
    study = yaml.safe_load(path.read_text("utf-8"))
    study["regles"]["plafond_par_territoire"] = {"Longvy": 30}
    path.write_text(yaml.safe_dump(study, allow_unicode=True), "utf-8")
    done = workload("run", str(folder), "--out", str(tmp_path / "r"))
    assert done.returncode == 2
    assert "regles.plafond_par_territoire : Territoire « Longvy » inconnu" in done.stderr
    assert "→ Longwy" in done.stderr
