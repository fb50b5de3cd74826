"""The keys of etude.yaml on professions, allowances, transfers, seasons and norms: read, and refused by name."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from workload.errors import InputError
from workload.ingest.study_file import StudyFile, read_study_file

ALLOWANCE = {"territoire": "longwy", "mission": "p", "profession": "ASS", "etp": 0.5, "motif": "temps syndical"}
TRANSFER = {"mission": "p", "activite": "I2", "de": "ASS", "vers": "SMS", "part": 0.5, "minutes_par_minute": 0.9}
BASE: dict[str, Any] = {
    "etude": "Essai",
    "departement": "54",
    "date": "2003-06-30",
    "taxonomie": "niagara-2000",
    "graine": 1,
    "mission_principale": "p",
    "missions": {
        "p": {
            "nom": "Polyvalence",
            "professions": ["ASS", "CESF"],
            "domaines": {"insertion": {"indicateurs": {"rmi": {"minutes": 180}, "chomeurs": None}}},
        }
    },
}
GOOD: dict[str, Any] = {
    "temps_disponible": {"ASS": {"heures_deduites": 55, "source": "accord local"}},
    "temps_de_soutien": {"CESF": {"part": 0.25, "source": "accord local"}},
    "allocations_individuelles": [ALLOWANCE],
    "transferts_de_taches": [TRANSFER],
    "variance_saisonniere": {"insertion": 0.1},
    "erreur_de_releve": {"part": 0.05, "source": "double relevé"},
}


def read(folder: Path, **changed: Any) -> StudyFile:
    (folder / "etude.yaml").write_text(yaml.safe_dump(BASE | changed), "utf-8")
    return read_study_file(folder)


def test_every_key_is_read_and_none_is_needed(tmp_path: Path) -> None:
    study = read(tmp_path, **GOOD)
    assert study.available_time["ASS"].deducted_hours == 55
    assert study.support_time["CESF"].share == 0.25
    assert study.allowances[0].fte == 0.5
    assert study.transfers[0].minutes_per_minute == 0.9
    assert study.seasonal_variation == {"insertion": 0.1}
    assert study.noting_error is not None
    bare = read(tmp_path)
    assert (bare.available_time, bare.allowances, bare.transfers, bare.noting_error) == ({}, (), (), None)


@pytest.mark.parametrize(("given", "expected"), [(240, (240, 240)), ({"minimal": 200, "optimal": 300}, (200, 300))])
def test_a_norm_is_one_figure_or_two(tmp_path: Path, given: object, expected: tuple[float, float]) -> None:
    domains = {"insertion": {"indicateurs": {"rmi": {"minutes_normatives": given}}}}
    missions = {"p": BASE["missions"]["p"] | {"domaines": domains}}
    weight = read(tmp_path, missions=missions).missions["p"].domains["insertion"].indicators["rmi"]
    assert weight is not None
    assert weight.minutes is None
    assert weight.normative is not None
    assert (weight.normative.minimal, weight.normative.optimal) == expected


@pytest.mark.parametrize(
    ("key", "value", "code", "named"),
    [
        ("temps_disponible", {"Facteur": {"heures_deduites": 5, "source": "x"}}, "study_value_refused", "Facteur"),
        ("temps_disponible", {"ASS": {"heures_deduites": 5}}, "study_key_missing", ""),
        ("temps_disponible", {"ASS": {"heures_deduites": -5, "source": "x"}}, "study_value_wrong", ""),
        ("temps_de_soutien", {"ASS": {"part": 1.0, "source": "x"}}, "study_value_wrong", ""),
        ("allocations_individuelles", [ALLOWANCE | {"mission": "q"}], "study_value_refused", "q"),
        ("allocations_individuelles", [ALLOWANCE | {"profession": "SMS"}], "study_value_refused", "SMS"),
        ("transferts_de_taches", [TRANSFER | {"activite": "Z9"}], "study_value_refused", "Z9"),
        ("transferts_de_taches", [TRANSFER | {"activite": "L1"}], "study_value_refused", "L1"),
        ("transferts_de_taches", [TRANSFER | {"de": "Facteur"}], "study_value_refused", "Facteur"),
        ("transferts_de_taches", [TRANSFER | {"part": 1.2}], "study_value_wrong", ""),
        ("variance_saisonniere", {"housing": 0.1}, "study_value_refused", "housing"),
        ("variance_saisonniere", {"insertion": -0.1}, "study_value_wrong", ""),
        ("erreur_de_releve", {"part": 0.6, "source": "x"}, "study_value_wrong", ""),
    ],
)  # fmt: skip
def test_what_names_nothing_known_is_refused(tmp_path: Path, key: str, value: Any, code: str, named: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, **{key: value})
    issue = caught.value.issues[0]
    assert issue.code == code
    assert named in str(issue.params["detail"])


@pytest.mark.parametrize("weight", [{}, {"incertitude": 0.3}, {"minutes_normatives": {"minimal": 9, "optimal": 3}}])
def test_a_weight_that_says_nothing_or_contradicts_itself_is_refused(tmp_path: Path, weight: dict[str, Any]) -> None:
    missions = {"p": BASE["missions"]["p"] | {"domaines": {"insertion": {"indicateurs": {"rmi": weight}}}}}
    with pytest.raises(InputError) as caught:
        read(tmp_path, missions=missions)
    assert caught.value.issues[0].code == "study_value_refused"
