"""A recount from the basis alone is the run itself: posts and fractions exactly, need to the last bit."""

from fractions import Fraction

import pytest

from tests.unit.recount_fixture import VARIANTS, basis, quick
from workload.allocation.unit_rules import LargestCaseload
from workload.errors import NoSolutionError, RequestError
from workload.recount import SECRET, Changes, Remark, basis_of, changes_from, recount

LONGWY, BRIEY, NANCY = "longwy", "briey", "grand_nancy"


@pytest.mark.parametrize("variant", list(VARIANTS))
def test_a_recount_is_the_run(variant: str):
    result = quick(variant)
    for mission, of in basis(result).items():
        found, run = recount(of), result.missions[mission]
        assert found.whole_need == run.instance.need
        assert found.allocation == run.allocation
        assert found.ledgers == run.justification.ledgers
        assert found.instance == run.instance
        assert list(found.need_fte) == list(run.need.need_fte), "0 ulp"
        assert found.remarks == ()


def test_the_variants_are_what_they_say():
    assert quick("whole posts").main.instance.step == 1
    assert len(quick("every kind of limit").main.instance.rules) == 5
    ceilings = [
        next(r for r in quick(v).missions["enfance"].instance.rules if isinstance(r, LargestCaseload)).files_per_post
        for v in VARIANTS
        if v.startswith("overload")
    ]
    assert ceilings[0] == 65
    assert ceilings[1] > 20
    assert quick("allowances and transfers").main.need.individual_fte.any()
    assert quick("allowances and transfers").main.estimate.shifted is not None
    external = quick("Huntington–Hill, external counts alone").main.need.components
    assert len(external) < len(quick().main.need.components)


# --- Components that are told together only


def closed_of(*names: str, mission: str = "polyvalence") -> dict:
    return {mission: {territory: frozenset(names) for territory in quick().main.need.territories}}


def test_what_is_closed_is_told_as_one_sum_and_gives_the_same_posts():
    run = quick().main
    closed = {"polyvalence": {BRIEY: frozenset({"rmi@insertion", "chomeurs@insertion"})}}
    of = basis(quick(), closed)["polyvalence"]
    briey = of["units"][0]
    ids = [c["id"] for c in of["components"]]
    assert [ids[p] for p, n in enumerate(briey) if n is None] == ["rmi@insertion", "chomeurs@insertion"]
    found = recount(of)
    assert found.allocation == run.allocation
    assert found.whole_need == run.instance.need
    assert max(abs(a - b) for a, b in zip(found.need_fte, run.need.need_fte, strict=True)) < 1e-12
    assert found.ledgers[1:] == run.justification.ledgers[1:]
    whole = run.justification.ledgers[0].rows
    together = sum(row.posts for row in whole if row.cause in closed["polyvalence"][BRIEY])
    assert found.ledgers[0].rows[0].cause == SECRET
    assert found.ledgers[0].rows[0].posts == together
    assert found.ledgers[0].rows[1:] == tuple(r for r in whole if r.cause not in closed["polyvalence"][BRIEY])


def test_a_component_closed_everywhere_has_no_weight_and_no_total():
    of = basis(quick(), closed_of("rmi@insertion", "chomeurs@insertion"))["polyvalence"]
    for component in of["components"]:
        hidden = component["domain"] == "insertion"
        assert (component["minutes_per_unit"] is None) is hidden
        assert component["ledger_total"] is None
    assert recount(of).allocation == quick().main.allocation
    with pytest.raises(RequestError, match="sandbox_component_closed"):
        changes_from({"factors": {"rmi@insertion": 2}}, of)


def test_files_of_a_closed_count_are_told_neither_as_files_nor_by_the_ceiling_they_set():
    result = quick("overload shared at the least ceiling")
    heaviest = next(r for r in result.missions["enfance"].instance.rules if isinstance(r, LargestCaseload))
    closed = {"enfance": {LONGWY: frozenset({"aed@aed", "aemo@aemo"})}}
    of = basis(result, closed)["enfance"]
    rule = next(r for r in of["instance"]["rules"] if r["rule"] == "largest_caseload")
    assert set(rule) == {"rule", "floors"}
    assert str(heaviest.files_per_post) not in repr(of)
    assert of["caseloads"][0]["files"][2] is None
    found = recount(of)
    assert found.allocation.steps == result.missions["enfance"].allocation.steps
    assert Remark.CASELOAD_KEPT in recount(of, Changes(largest_change={"*": Fraction(3)})).remarks


def test_files_of_a_confidential_count_that_weighs_nowhere_are_not_told():
    """Nothing that a publication hands us says whether it is withheld."""
    found = quick("Huntington–Hill, external counts alone, ceiling on internal ones")
    mission = found.missions["polyvalence"]
    assert "enquetes" not in {c.indicator for c in mission.need.components}
    of = basis(found)["polyvalence"]
    assert of["caseloads"][0]["files"] == [None] * 6
    assert {"rule", "floors"} in [set(rule) for rule in of["instance"]["rules"]]
    assert recount(of).allocation.steps == mission.allocation.steps


def test_only_what_is_closed_is_left_out():
    open_one, shut = basis(quick()), basis(quick(), closed_of("rmi@insertion", "chomeurs@insertion"))
    assert open_one["pmi"] == shut["pmi"]
    assert open_one["polyvalence"]["instance"] == shut["polyvalence"]["instance"]


# --- What a reader tries


def test_nothing_changed_changes_nothing():
    of = basis(quick())["polyvalence"]
    same = changes_from({"factors": {"rmi@insertion": 1}, "step": "1/2", "fairness": "least-squares"}, of)
    assert recount(of, same).ledgers == recount(of).ledgers


def test_a_heavier_weight_moves_posts_to_where_it_counts_and_keeps_the_total():
    of = basis(quick())["polyvalence"]
    found, plain = recount(of, changes_from({"factors": {"rmi@insertion": "3,5"}}, of)), recount(of)
    assert sum(found.posts) == sum(plain.posts) == 180
    shares = dict(zip(found.territories, zip(found.fair_share, plain.fair_share, strict=True), strict=True))
    assert shares[NANCY][0] > shares[NANCY][1], "most of them live there"
    for ledger in found.ledgers:
        assert sum((row.posts for row in ledger.rows), ledger.current) == ledger.final


def test_minutes_say_the_same_as_a_factor():
    of = basis(quick())["polyvalence"]
    weight = next(c["minutes_per_unit"] for c in of["components"] if c["id"] == "rmi@insertion")
    one = recount(of, changes_from({"factors": {"rmi@insertion": 2}}, of))
    other = recount(of, changes_from({"minutes": {"rmi@insertion": weight * 2}}, of))
    assert one.ledgers == other.ledgers


def test_changes_are_those_of_a_study_that_says_so():
    """The sandbox and a study with these choices agree to the last fraction."""
    of = basis(quick())
    tried = {"fairness": "least-maximum", "step": 1}
    whole = quick("whole posts")
    for mission in of:
        found = recount(of[mission], changes_from(tried, of[mission]))
        assert found.posts == whole.missions[mission].allocation.posts(Fraction(1))
        assert found.ledgers == whole.missions[mission].justification.ledgers


def test_a_ceiling_of_files_is_that_of_a_study_that_says_so():
    one, other = (basis(quick(v))["enfance"] for v in VARIANTS if v.startswith("overload"))
    found = recount(one, changes_from({"caseloads": {"aed+aemo+confies": 20}}, one))
    assert found.posts == recount(other).posts
    assert all(gap.files_per_fte == 20 for gap in found.unserved)
    assert any(gap.missing_posts > 0 for gap in found.unserved)


def test_limits_of_one_territory_go_before_those_of_all():
    of = basis(quick())["polyvalence"]
    tried = {"largest_change": {"*": 0, LONGWY: 4, NANCY: "4"}, "ceilings": {NANCY: 73}, "floors": {LONGWY: 27.5}}
    found = recount(of, changes_from(tried, of))
    posts = dict(zip(found.territories, found.posts, strict=True))
    assert posts[LONGWY] == Fraction(55, 2)
    assert posts[NANCY] == 73
    assert posts[BRIEY] == Fraction(37, 2)


def test_rules_that_cannot_hold_say_what_would():
    of = basis(quick())["polyvalence"]
    with pytest.raises(NoSolutionError) as raised:
        recount(of, changes_from({"floors": {"*": 40}}, of))
    assert raised.value.exit_code == 3


def test_a_weight_inside_a_closed_sum_is_said_to_stay():
    closed = {"polyvalence": {BRIEY: frozenset({"rmi@insertion", "chomeurs@insertion"})}}
    of = basis(quick(), closed)["polyvalence"]
    found = recount(of, changes_from({"factors": {"rmi@insertion": 2}}, of))
    assert found.remarks == (Remark.CLOSED_KEPT,)
    assert found.ledger_need[0][SECRET] == recount(of).ledger_need[0][SECRET]
    assert recount(of, changes_from({"factors": {"habitants@travel": 2}}, of)).remarks == ()


def test_a_whole_weightless_basis_is_refused_in_words():
    of = basis(quick())["polyvalence"]
    with pytest.raises(RequestError):
        recount(of, Changes(factors={c["id"]: 0.0 for c in of["components"]}))


def test_basis_names_every_mission_and_territory():
    result = quick()
    of = basis_of(result, {})
    assert set(of) == set(result.missions)
    assert [t["name"] for t in of["pmi"]["territories"]] == [
        result.territory_names[t] for t in result.main.need.territories
    ]
