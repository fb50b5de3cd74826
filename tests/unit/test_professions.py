"""Who does the work: shares from a survey made by hand, thin professions, and tasks that change hands."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from tests.unit.fits_fixture import workload_fit
from workload.errors import RequestError
from workload.ingest.study_parts import IndividualAllowance, TaskTransfer
from workload.models.need import Need, estimate_need
from workload.models.professions import Assignment, ProfessionTime, assign, individual_allowances, profession_time
from workload.models.quasilikelihood import Design
from workload.models.task_shifting import shift_tasks
from workload.models.timeuse import Agents
from workload.parameters import Item, Taxonomy

YEAR = 96_000.0
ITEMS = Taxonomy(
    "t", "t", "t", date(2020, 1, 1), None, {"m": "m"}, {"d0": "a", "d1": "b", "support": "s"},
    tuple(Item(c, c, "m", d, "", False) for c, d in [("A", "d0"), ("B", "d0"), ("C", "d1"), ("S", "support")]),
)  # fmt: skip
PROFILES = {"ASS": [0.3, 0.2, 0.3, 0.2], "SMS": [0.1, 0.0, 0.5, 0.4]}
POSTS = pd.DataFrame({"profession": ["ASS"] * 6 + ["SMS"] * 4, "fte": [1.0] * 10})
TERRITORIES = ("t0", "t1")
UNITS = pd.DataFrame({"i0": [600.0, 400], "i1": [300.0, 700]}, index=list(TERRITORIES))


def survey(n: dict[str, int]) -> Agents:
    profession = [p for p, count in n.items() for _ in range(count)]
    minutes = np.array([PROFILES[p] for p in profession]).reshape(-1, 4) * YEAR
    size = len(profession)
    names = np.array(profession, dtype=object)
    stratum = np.zeros(size, dtype="int64")
    where = np.array(["t0"] * size, dtype=object)
    return Agents(
        tuple(str(k) for k in range(size)), where, names, where, minutes, ("A", "B", "C", "S"),
        np.ones(size), stratum, np.full(size, 10.0),
    )  # fmt: skip


def found_with(direct: float = 0.72):  # type: ignore[no-untyped-def]
    design = Design(np.random.default_rng(0).dirichlet(np.ones(8), 2).T, np.array([0, 1]))
    return workload_fit(design, np.ones((8, 2)), ["t0"] * 8, expert_min=np.array([40.0, 60.0]), deciding="expert")


def setting(n: dict[str, int] | None = None, **declared: float) -> tuple[ProfessionTime, Assignment, Need]:
    time = profession_time(
        survey({"ASS": 6, "SMS": 5} if n is None else n), POSTS, ITEMS, ["d0", "d1"],
        {"ASS": YEAR, "SMS": YEAR}, declared, 5,
    )  # fmt: skip
    return (time, *needed(time))


def needed(time: ProfessionTime, individual: np.ndarray | None = None) -> tuple[Assignment, Need]:
    found = found_with()
    individual = np.zeros((2, len(time.professions))) if individual is None else individual
    given = assign(found, time, ITEMS, individual, 10.0)
    return given, estimate_need(found, UNITS, YEAR, 0.95, given)


def shifted(given: Assignment, time: ProfessionTime, *transfers: TaskTransfer, **year: float) -> Need:
    found = found_with()
    after = shift_tasks(given, found, time, ITEMS, transfers, {"ASS": YEAR, "SMS": YEAR} | year)
    return estimate_need(found, UNITS, YEAR, 0.95, after)


def transfer(target: str, share: float = 1.0, rate: float = 1.0, taker: str = "SMS") -> TaskTransfer:
    return TaskTransfer(mission="m", target=target, giver="ASS", taker=taker, share=share, minutes_per_minute=rate)


def test_each_profession_has_its_own_share_of_every_domain() -> None:
    time, given, need = setting()
    assert time.support_share == pytest.approx([0.2, 0.4])
    assert time.basis == ("survey", "survey")
    by_minute = given.fte_per_min * np.array([0.8, 0.6])  # undo the allowances: minutes by profession
    # d0: 6 × 0.5 against 4 × 0.1; d1: 6 × 0.3 against 4 × 0.5
    assert by_minute[0, 1] / by_minute[0, 0] == pytest.approx(0.4 / 3.0)
    assert by_minute[1, 1] / by_minute[1, 0] == pytest.approx(2.0 / 1.8)
    assert need.need_fte.sum() == pytest.approx(10)


def test_a_profession_with_few_answers_takes_the_profile_of_all() -> None:
    time, _, _ = setting({"ASS": 6, "SMS": 4})
    pooled = (6 * np.array(PROFILES["ASS"]) + 4 * np.array(PROFILES["SMS"])) / 10
    assert time.basis == ("survey", "pooled")
    assert time.item_share[1] == pytest.approx(pooled)
    assert time.item_share[0] == pytest.approx(PROFILES["ASS"])


def test_without_survey_the_posts_decide() -> None:
    time, _, need = setting({})
    assert time.basis == ("register", "register")
    assert need.need_by_profession_fte[:, 0] / need.need_fte == pytest.approx([0.6, 0.6])
    assert need.need_fte.sum() == pytest.approx(10)


def test_a_shorter_year_and_a_declared_support_share_ask_for_more_posts_of_that_profession() -> None:
    base_time, _, base = setting()
    time, _, need = setting(SMS=0.6)
    assert time.support_basis == ("survey", "declared")
    share = base.need_by_profession_fte.sum(axis=0)
    now = need.need_by_profession_fte.sum(axis=0)
    assert now[1] / now[0] == pytest.approx(share[1] / share[0] * 0.6 / 0.4)
    assert now.sum() == pytest.approx(10)
    del base_time


def test_allowances_stay_inside_the_posts_of_today() -> None:
    time, _, _ = setting()
    individual = individual_allowances(
        [
            IndividualAllowance(territory="t1", mission="m", profession="ASS", fte=0.5, reason="syndicat"),
            IndividualAllowance(territory="t1", mission="other", profession="ASS", fte=9, reason="ailleurs"),
        ],
        "m",
        TERRITORIES,
        time.professions,
    )
    _, need = needed(time, individual)
    assert individual.tolist() == [[0, 0], [0.5, 0]]
    assert need.need_fte.sum() == pytest.approx(10)
    assert need.contributions_fte.sum() == pytest.approx(9.5)


@pytest.mark.parametrize(("field", "value"), [("territory", "t9"), ("profession", "CESF")])
def test_an_allowance_for_nobody_is_refused(field: str, value: str) -> None:
    given = {"territory": "t1", "mission": "m", "profession": "ASS", "fte": 1.0, "reason": "x"} | {field: value}
    with pytest.raises(RequestError) as caught:
        individual_allowances([IndividualAllowance(**given)], "m", TERRITORIES, ("ASS", "SMS"))  # type: ignore[arg-type]
    assert caught.value.code == f"allowance_unknown_{field}"


def test_a_whole_domain_moves_with_its_minutes() -> None:
    time, given, need = setting()
    after = shifted(given, time, transfer("d0"))
    before_min = (need.contributions_fte * np.array([0.8, 0.6]) * YEAR).sum(axis=2)
    after_min = (after.contributions_fte * np.array([0.8, 0.6]) * YEAR).sum(axis=2)
    assert after_min == pytest.approx(before_min)
    assert (after.contributions_fte[:, 0, 0] == 0).all()
    assert after.contributions_fte[:, 1] == pytest.approx(need.contributions_fte[:, 1])
    assert after.need_fte.sum() > need.need_fte.sum()  # who takes it has more support time


def test_an_item_moves_its_share_of_the_domain_and_the_rate_counts() -> None:
    time, given, need = setting()
    after = shifted(given, time, transfer("B", share=0.5, rate=0.8))
    ours = need.contributions_fte[:, 0, 0]
    assert after.contributions_fte[:, 0, 0] == pytest.approx(ours * (1 - 0.5 * 0.4))  # B is 0.2 of d0's 0.5
    taken = after.contributions_fte[:, 0, 1] - need.contributions_fte[:, 0, 1]
    assert taken == pytest.approx(ours * 0.2 * 0.8 * 0.8 / 0.6)


def test_support_time_moves_from_every_domain_alike() -> None:
    time, given, need = setting()
    after = shifted(given, time, transfer("S"))
    assert after.contributions_fte[:, :, 0] == pytest.approx(need.contributions_fte[:, :, 0] * 0.8)
    taken = after.need_by_profession_fte[:, 1] - need.need_by_profession_fte[:, 1]
    assert taken == pytest.approx(need.need_by_profession_fte[:, 0] * 0.2 / 0.6)


def test_a_profession_new_to_the_mission_is_added() -> None:
    time, given, need = setting()
    after = shifted(given, time, transfer("d1", taker="TISF"), TISF=YEAR / 2)
    assert after.professions == ("ASS", "SMS", "TISF")
    assert after.need_by_profession_fte[:, 2] == pytest.approx(2 * need.contributions_fte[:, 1, 0])


def test_no_transfer_and_one_from_nobody_change_nothing() -> None:
    time, given, need = setting()
    nobody = TaskTransfer(mission="m", target="d0", giver="CESF", taker="SMS", share=1.0)
    for transfers in ((), (nobody,), (transfer("d0", share=0.0),)):
        assert shifted(given, time, *transfers).need_by_profession_fte == pytest.approx(need.need_by_profession_fte)
