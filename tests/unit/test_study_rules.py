"""`regles` of etude.yaml: what is read, who is reached, what is refused and under which key."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from tests.unit.test_professions_study_file import ALLOWANCE, BASE, read
from workload.allocation.instance import Instance
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.solver import solve
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned
from workload.errors import InputError, RequestError
from workload.ingest.study_file import Caseload
from workload.ingest.study_rules import Rules, limit_for
from workload.pipeline.rules import fairness_named, mission_rules, share_overload, with_ids

HALF = Fraction(1, 2)
PLACES = {"longwy": "Longwy", "val_de_lorraine": "Val de Lorraine", "briey": "Briey"}
TWO = {"missions": {**BASE["missions"], "enfance": BASE["missions"]["p"]}}


def refused(folder: Path, rules: dict[str, Any]) -> list[tuple[str, str, str]]:
    with pytest.raises(InputError) as caught:
        read(folder, regles=rules, **TWO)
    return [(i.code, i.cell, i.suggestion) for i in caught.value.issues]


def resolved(folder: Path, rules: dict[str, Any], **more: Any) -> Any:
    """The study with ids, as far as rules need one."""
    communes = pd.DataFrame({"territory": list(PLACES), "territory_name": list(PLACES.values())})
    posts = pd.DataFrame({"mission": ["p", "enfance"], "territory": ["longwy", "briey"]})
    return with_ids(_Study(read(folder, regles=rules, **TWO, **more), communes, posts))


def _Study(settings: Any, communes: pd.DataFrame, posts: pd.DataFrame) -> Any:
    from workload.ingest.study import Study

    empty = pd.DataFrame()
    return Study(settings, {}, None, communes, empty, posts, empty, {}, empty, empty, empty, None, {}, ())  # type: ignore[arg-type]


def rules_of(settings: Any, mission: str, posts: list[tuple[str, float, bool]], current: list[Fraction]) -> tuple:
    table = pd.DataFrame(posts, columns=["territory", "fte", "locked"])
    of = SimpleNamespace(study=SimpleNamespace(settings=settings), id=mission, posts=table)
    return mission_rules(SimpleNamespace(of=of, need=SimpleNamespace(territories=tuple(PLACES))), HALF, current)  # type: ignore[arg-type]


CURRENT = [Fraction(10), Fraction(6), Fraction(4)]


def test_the_keys_as_they_were_still_read(tmp_path: Path) -> None:
    rules = {"deplacement_maximal": 2, "presence_minimale": 1.5, "plafond_par_territoire": {"longwy": 30}}
    study = resolved(tmp_path, rules)
    asked = study.settings.rules
    assert (asked.largest_change, asked.minimum_presence, asked.ceilings) == (2, 1.5, {"longwy": 30})
    for mission in ("p", "enfance"):
        assert rules_of(study.settings, mission, [], CURRENT) == (
            MinimumPresence(dict.fromkeys(PLACES, 3)),
            LargestChange(dict.fromkeys(PLACES, 4)),
            Ceiling({"longwy": 60}),
        )


def test_nothing_said_is_no_rule(tmp_path: Path) -> None:
    for rules in ({}, {"deplacement_maximal": None}, {"postes_verrouilles": "non"}):
        assert rules_of(read(tmp_path, regles=rules), "p", [("longwy", 1, False)], CURRENT) == ()


def test_a_territory_goes_by_its_name_or_its_id_in_every_rule(tmp_path: Path) -> None:
    rules = {
        "plafond_par_territoire": {"Val de Lorraine": 7, "briey": 8},
        "deplacement_maximal": [{"territoire": "VAL-DE-LORRAINE", "postes": 1}],
        "decisions": [{"territoire": "Longwy", "mission": "p", "changement": -1}],
    }
    study = resolved(tmp_path, rules, allocations_individuelles=[ALLOWANCE | {"territoire": "Val de Lorraine"}])
    assert study.settings.allowances[0].territory == "val_de_lorraine"
    assert rules_of(study.settings, "p", [], CURRENT) == (
        LargestChange({"val_de_lorraine": 2}),
        Ceiling({"val_de_lorraine": 14, "briey": 16}),
        Pinned({}, {"longwy": Fraction(-2)}),
    )


def test_the_more_precise_limit_holds() -> None:
    limits = Rules.model_validate(
        {
            "presence_minimale": [
                {"postes": 1},
                {"mission": "enfance", "postes": 2},
                {"territoire": "briey", "postes": 3},
                {"territoire": "briey", "mission": "enfance", "postes": 4},
            ]
        }
    ).minimum_presences
    found = [
        limit_for(limits, t, m)
        for t, m in (("longwy", "p"), ("longwy", "enfance"), ("briey", "p"), ("briey", "enfance"))
    ]
    assert [limit.posts for limit in found if limit] == [1, 2, 3, 4]


def test_percent_decisions_and_locked_posts_in_one_mission(tmp_path: Path) -> None:
    rules = {
        "changement_maximal_pourcent": [{"mission": "p", "pourcent": 10}],
        "decisions": [
            {"territoire": "briey", "mission": "p", "postes": 5},
            {"territoire": "longwy", "mission": "enfance", "changement": 0},
        ],
    }
    study = resolved(tmp_path, rules)
    posts = [("longwy", 0.8, True), ("longwy", 1.0, True), ("longwy", 9, False), ("briey", 4, False)]
    assert rules_of(study.settings, "p", posts, CURRENT) == (
        LargestChangePercent(dict.fromkeys(PLACES, 10)),
        LockedPosts({"longwy": 4}),  # 1.8 posts fill four halves
        Pinned({"briey": 10}, {}),
    )
    assert rules_of(study.settings, "enfance", [], CURRENT) == (Pinned({}, {"longwy": Fraction(0)}),)


def test_locked_posts_are_never_more_than_there_are(tmp_path: Path) -> None:
    study = read(tmp_path)
    (locked,) = rules_of(study, "p", [("longwy", 1.3, True)], [Fraction(13, 10), Fraction(6), Fraction(4)])
    assert locked == LockedPosts({"longwy": 2})


@pytest.mark.parametrize(
    ("rules", "issue"),
    [
        ({"deplacement_maximal": -1}, ("study_value_wrong", "regles.deplacement_maximal", "")),
        ({"deplacement_maximal": "deux"}, ("study_value_wrong", "regles.deplacement_maximal", "")),
        ({"presence_minimale": 0.3}, ("study_rule_between_steps", "regles.presence_minimale", "")),
        ({"plafond_par_territoire": {"briey": -2}}, ("study_value_wrong", "regles.plafond_par_territoire.briey", "")),
        ({"postes_verrouilles": "peut-être"}, ("study_value_wrong", "regles.postes_verrouilles", "")),
        ({"minimum_par_site": {"nord": 2}}, ("study_rule_needs_cells", "regles.minimum_par_site", "")),
        ({"rapports": []}, ("study_rule_needs_cells", "regles.rapports", "")),
        ({"inconnue": 1}, ("study_key_unknown", "regles.inconnue", "")),
        (
            {"presence_minimale": [{"mission": "enfence", "postes": 1}]},
            ("study_rule_unknown_mission", "regles.presence_minimale", "enfance"),
        ),
        (
            {"decisions": [{"territoire": "briey", "mission": "p"}]},
            ("study_decision_one_of", "regles.decisions.0", ""),
        ),
        (
            {"decisions": [{"territoire": "briey", "mission": "p", "postes": 1, "changement": 1}]},
            ("study_decision_one_of", "regles.decisions.0", ""),
        ),
        (
            {"decisions": [{"territoire": "briey", "mission": "p", "postes": 1.2}]},
            ("study_rule_between_steps", "regles.decisions.0", ""),
        ),
        (
            {"deplacement_maximal": [{"postes": 1}, {"postes": 2}]},
            ("study_rule_twice", "regles.deplacement_maximal", ""),
        ),
        (
            {"plafond_par_territoire": {"Val de Lorraine": 1, "val_de_lorraine": 2}},
            ("study_rule_twice", "regles.plafond_par_territoire", ""),
        ),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_named_by_its_key(tmp_path: Path, rules: dict[str, Any], issue: tuple[str, str, str]) -> None:
    assert refused(tmp_path, rules) == [issue]


@pytest.mark.parametrize(
    ("rules", "more", "issue"),
    [
        (
            {"plafond_par_territoire": {"Longvi": 30}},
            {},
            ("study_rule_unknown_territory", "regles.plafond_par_territoire", "Longwy"),
        ),
        (
            {"decisions": [{"territoire": "Brie", "mission": "p", "postes": 1}]},
            {},
            ("study_rule_unknown_territory", "regles.decisions.0", "Briey"),
        ),
        (
            {},
            {"allocations_individuelles": [ALLOWANCE | {"territoire": "Brieyx"}]},
            ("study_rule_unknown_territory", "allocations_individuelles.0", "Briey"),
        ),
        (
            {"presence_minimale": [{"postes": 1}, {"mission": "p", "postes": 2}, {"mission": "enfance", "postes": 2}]},
            {},
            ("study_rule_reaches_nothing", "regles.presence_minimale", ""),
        ),
    ],
)
def test_a_rule_that_reaches_nobody_is_refused(
    tmp_path: Path, rules: dict[str, Any], more: dict[str, Any], issue: tuple[str, str, str]
) -> None:
    with pytest.raises(InputError) as caught:
        resolved(tmp_path, rules, **more)
    assert [(i.code, i.cell, i.suggestion) for i in caught.value.issues] == [issue]


def shared(files: list[float], per_fte: float, instance: Instance) -> Instance:
    ceiling = Caseload(indicators=("dossiers",), mission="p", files_per_fte=per_fte, source="", share_overload=True)
    units = pd.DataFrame({"dossiers": files}, index=list(instance.units))
    settings = SimpleNamespace(caseloads=(ceiling,))
    of = SimpleNamespace(id="p", study=SimpleNamespace(settings=settings), places={"territory": units})
    return share_overload(SimpleNamespace(of=of), instance)  # type: ignore[arg-type]


def test_a_ceiling_that_can_hold_holds_and_one_that_cannot_is_shared() -> None:
    instance = Instance(("a", "b"), (1, 1), None, 8, HALF)
    files = [300.0, 100.0]
    assert solve(instance).steps == (4, 4)  # 150 and 50 files a post
    held = shared(files, 120, instance)
    assert held.rules == (LargestCaseload({"a": 300, "b": 100}, Fraction(120)),)
    assert solve(held).steps == (5, 3)  # 300 files at 120 a post are two and a half
    overloaded = shared(files, 50, instance)  # 400 files on four posts: 100 each at the least
    assert overloaded.rules == (LargestCaseload({"a": 300, "b": 100}, Fraction(100)),)
    assert solve(overloaded).steps == (6, 2)


def test_rules_that_cannot_hold_are_left_to_say_so_themselves() -> None:
    instance = Instance(("a", "b"), (1, 1), None, 8, HALF, rules=(MinimumPresence({"a": 9}),))
    assert shared([1.0, 1.0], 10, instance) == instance
    assert shared([1.0, 1.0], 10, replace(instance, rules=())).rules


def test_an_unknown_fairness_lists_what_there_is() -> None:
    with pytest.raises(RequestError) as caught:
        fairness_named("webster")
    assert "least-squares" in caught.value.params["known"]
