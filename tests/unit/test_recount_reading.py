"""What is read back: rules of every kind, changes as people type them, a basis that is none."""

import json
from fractions import Fraction
from typing import Any

import pytest
import yaml

from tests.unit.recount_fixture import basis, quick
from workload.allocation.group_rules import AtLeastOneOf, GroupTotal, Ratio, SiteMinimum, SubstitutionLimits
from workload.allocation.instance import Fairness, Instance, Rule
from workload.allocation.pools import Cell, Pool, Where
from workload.allocation.rules import Ceiling, LargestChange, MinimumPresence
from workload.allocation.steps import rescaled
from workload.allocation.unit_rules import LargestCaseload, LargestChangePercent, LockedPosts, Pinned
from workload.catalogue import error_text
from workload.errors import RequestError
from workload.recount import Changes, Remark, changes_from, changes_to, recount
from workload.recount.rule_json import CaseloadFloor, instance_from, instance_to, rule_from, rule_to
from workload.recount.together import stand_ins
from workload.resources import MESSAGES

RULES: list[Rule] = [
    MinimumPresence({"a": 2}),
    Ceiling({"a": 9, "b": 0}),
    LargestChange(3),
    LargestChange({"b": 1}),
    LargestChangePercent(10),
    LargestChangePercent({"a": 10}),
    LockedPosts({"a": 1}),
    Pinned({"a": 4}, {"b": Fraction(-1, 2)}),
    LargestCaseload({"a": 40}, Fraction(61, 2)),
    CaseloadFloor({"a": 3}),
    GroupTotal(Where(mission="m", profession="p"), 1, None),
    GroupTotal(Where(), 0, 4),
    SiteMinimum({"s": 2}),
    AtLeastOneOf("p", 2),
    Ratio("p", "q", 1, 5),
    Ratio("p", "q", 1, 5, overall=True),
    SubstitutionLimits({("p", "q"): 2, ("q", "p"): 0}),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_every_rule_comes_back_as_it_went(rule: Rule):
    assert rule_from(json.loads(json.dumps(rule_to(rule)))) == rule


def test_cells_and_pools_come_back():
    units = ("a", "b")
    instance = Instance(
        units=units,
        need=(3, 5),
        current=(Fraction(5, 2), Fraction(3, 2)),
        total_steps=4,
        step=Fraction(1, 2),
        fairness=Fairness.GEOMETRIC,
        lot_seed="7",
        rules=(LargestChange(1),),
        cells=(Cell("t", "m"), Cell("u", "m", "p", "s")),
        pools=(Pool("one", ("a",), 3), Pool("two", ("b",), 1)),
    )
    plain = json.loads(json.dumps(instance_to(instance, instance.rules)))
    assert instance_from(plain, units, instance.need) == instance


def test_posts_that_a_ceiling_asks_for_are_rounded_up_in_other_steps():
    assert rescaled(CaseloadFloor({"a": 3}), Fraction(1, 2)) == CaseloadFloor({"a": 2})


# --- Changes


@pytest.fixture(scope="module")
def of() -> dict[str, Any]:
    return basis(quick())["polyvalence"]


def test_changes_come_back_from_plain_json(of: dict[str, Any]):
    changes = Changes(
        factors={"rmi@insertion": 0.5},
        minutes={"habitants@travel": 1.25},
        fairness=Fairness.GEOMETRIC,
        step=Fraction(1, 10),
        largest_change={"*": Fraction(3, 2), "longwy": None},
        floors={"briey": Fraction(2)},
        ceilings={"*": Fraction(90)},
    )
    assert changes_from(json.loads(json.dumps(changes_to(changes))), of) == changes
    assert changes
    assert not changes_from({}, of)
    assert changes_to(Changes()) == {}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"poids": {}}, "sandbox_unknown_name"),
    ({"factors": {"lune@insertion": 2}}, "sandbox_unknown"),
    ({"factors": {"rmi@insertion": 10.01}}, "sandbox_out_of_range"),
    ({"factors": {"rmi@insertion": -1}}, "sandbox_out_of_range"),
    ({"factors": {"rmi@insertion": "beaucoup"}}, "sandbox_not_a_number"),
    ({"factors": {"rmi@insertion": float("nan")}}, "sandbox_not_a_number"),
    ({"factors": {"rmi@insertion": True}}, "sandbox_not_a_number"),
    ({"factors": {"rmi@insertion": [2]}}, "sandbox_not_a_number"),
    ({"factors": {"rmi@insertion": None}}, "sandbox_not_a_number"),
    ({"factors": {"rmi@insertion": "1/0"}}, "sandbox_not_a_number"),
    ({"factors": [2]}, "sandbox_no_table"),
    ({"factors": {"rmi@insertion": 2}, "minutes": {"rmi@insertion": 2}}, "sandbox_weight_twice"),
    ({"minutes": {"rmi@insertion": 1e8}}, "sandbox_out_of_range"),
    ({"fairness": "juste"}, "unknown_fairness"),
    ({"step": 0.3}, "allocation_step"),
    ({"step": "un"}, "sandbox_not_a_number"),
    ({"largest_change": {"longvy": 2}}, "sandbox_unknown"),
    ({"largest_change": {"longwy": -2}}, "sandbox_out_of_range"),
    ({"caseloads": {"aed": 20}}, "sandbox_unknown"),
]


@pytest.mark.parametrize(("plain", "code"), WRONG, ids=[f"{n}" for n in range(len(WRONG))])
def test_what_makes_no_sense_is_said_in_both_languages(plain: dict[str, Any], code: str, of: dict[str, Any]):
    with pytest.raises(RequestError) as raised:
        changes_from(plain, of)
    assert raised.value.code == code
    for language in ("fr", "en"):
        assert error_text(raised.value, language)


# --- A basis that is none


def broken(of: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return of | parts


def test_a_basis_that_is_none_is_refused_in_words(of: dict[str, Any]):
    cases: list[Any] = [
        {},
        {"format": 2},
        broken(of, units=[[1]]),
        broken(of, units=[[-n for n in row] for row in of["units"]]),
        broken(of, units=[["1e400" for _ in row] for row in of["units"]]),
        broken(of, units=[[1e300 for _ in row] for row in of["units"]]),
        broken(of, territories=[]),
        broken(of, instance=of["instance"] | {"total_steps": 10**9}),
        broken(of, instance=of["instance"] | {"total_steps": "9"}),
        broken(of, instance=of["instance"] | {"rules": [{"rule": "because"}]}),
        broken(of, instance=of["instance"] | {"current": ["1/0"] * 6}),
        broken(of, components=None),
        broken(of, closed=[{"components": ["rmi@insertion"], "ledger": 5, "fte": 1.0}] + [None] * 5),
    ]
    for case in cases:
        with pytest.raises(RequestError) as raised:
            recount(case)
        assert error_text(raised.value)


def test_sums_that_contradict_each_other_have_no_stand_ins():
    assert stand_ins({0: 5}, {"a": 2, "b": 3}, [(0, "a"), (0, "b")]) == {(0, "a"): 2, (0, "b"): 3}
    with pytest.raises(ValueError, match="contradict"):
        stand_ins({0: 5}, {"a": 2}, [(0, "a")])


def test_messages_have_the_same_keys_in_both_languages():
    fr, en = (yaml.safe_load((MESSAGES / f"verify.{language}.yaml").read_text("utf-8")) for language in ("fr", "en"))
    assert list(fr) == list(en)
    assert {f"recount_{remark}" for remark in Remark} <= set(fr)
