"""Items that part of the agents read otherwise are found, and not much else is."""

import numpy as np
import pandas as pd
import pytest

import sample.people
from sample.frames import TAMS_BY_EPCI, from_package
from sample.scenario import RECONSTRUCTION
from sample.simulate import simulate_mission
from workload.models.misreading import two_groups, uneven_items
from workload.models.reading import reading_table, unusual_profiles
from workload.models.timeuse import Agents, agents_of
from workload.parameters import taxonomy

SEEDS = 12
PAIRS = [("I1", "A2"), ("P2", "P1"), ("B2", "A3"), ("S1", "I2")]


@pytest.fixture(scope="module")
def surveys() -> list[Agents]:
    """Simulated surveys that everybody read alike."""
    frame, items = from_package("54", TAMS_BY_EPCI), taxonomy("niagara-2000")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample.people, "MISREADERS", 0.0)
        drawn = [simulate_mission(RECONSTRUCTION, frame, "polyvalence", items, 500 + k) for k in range(SEEDS)]
    return [agents_of("polyvalence", d[4], d[3], items, 96000.0) for d in drawn]


def shares_of(agents: Agents) -> np.ndarray:
    return agents.annual_min / agents.annual_min.sum(axis=1, keepdims=True)


def misread(agents: Agents, pair: tuple[str, str], seed: int, kind: str) -> np.ndarray:
    """Shares in which a fifth of the agents note the first item under the second, or both three times too long."""
    shares = shares_of(agents)
    who = np.random.default_rng(seed).permutation(len(shares))[: round(0.2 * len(shares))]
    a, b = (agents.items.index(item) for item in pair)
    if kind == "moved":
        shares[who, b] += shares[who, a]
        shares[who, a] = 0
    else:
        shares[np.ix_(who, [a, b])] *= 3
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("kind", ["moved", "tripled"])
def test_two_items_misread_by_a_fifth_of_the_agents_are_both_flagged_and_at_most_one_other(
    surveys: list[Agents], kind: str
) -> None:
    good = 0
    for k, agents in enumerate(surveys):
        pair = PAIRS[k % len(PAIRS)]
        found = uneven_items(misread(agents, pair, k, kind), agents.items, agents.territory)
        assert found is not None
        flagged = {u.item for u in found}
        good += set(pair) <= flagged and len(flagged) <= 3
    assert good >= SEEDS - 1


def test_surveys_read_alike_are_rarely_flagged(surveys: list[Agents]) -> None:
    flagged = [bool(uneven_items(shares_of(agents), agents.items, agents.territory)) for agents in surveys]
    assert sum(flagged) <= 2


def test_the_table_says_where_the_spread_lies_and_names_nobody(surveys: list[Agents]) -> None:
    agents = surveys[0]
    table = reading_table({"polyvalence": agents}).set_index("item")
    assert table["territory_share"].between(0, 1).all()
    assert (table["territory_share"] + table["agent_share"]).to_numpy() == pytest.approx(1)
    assert table["day_share"].isna().all()
    assert not {"agent", "id"} & set(table.columns)
    assert not set(agents.id) & set(table.astype(str).to_numpy().ravel())


def test_days_come_apart_from_agents() -> None:
    """Two items whose division differs between agents by 0.1 and between days by 0.05: four fifths lie between agents."""
    rng = np.random.default_rng(3)
    share = 0.5 + rng.normal(0, 0.1, 60)[:, None] + rng.normal(0, 0.05, (60, 10))
    ids = tuple(f"x{k}" for k in range(60))
    days = pd.DataFrame(
        [
            (ids[k], item, day, minutes)
            for k in range(60)
            for day in range(10)
            for item, minutes in (("a", 420 * share[k, day]), ("b", 420 * (1 - share[k, day])))
        ],
        columns=["agent", "item", "day", "time_spent_min"],
    )
    where = np.array(["t", "u", "v"] * 20, dtype=object)
    total = np.c_[share.sum(axis=1), (1 - share).sum(axis=1)]
    blank = np.zeros(60)
    agents = Agents(ids, where, where, where, total, ("a", "b"), blank + 1, blank.astype("int64"), blank + 60)
    row = reading_table({"m": agents}, days).set_index("item").loc["a"]
    assert row["agent_share"] == pytest.approx(0.8, abs=0.06)
    assert row["day_share"] == pytest.approx(0.2, abs=0.06)


def test_profiles_are_counted_by_mission_only(surveys: list[Agents]) -> None:
    nobody = Agents((), *[np.zeros(0, dtype=object)] * 3, np.zeros((0, 2)), ("a", "b"), *[np.zeros(0)] * 3)
    counts = [
        unusual_profiles({"polyvalence": agents, "none": nobody}, 5 / 4200, np.random.default_rng(1))
        for agents in surveys
    ]
    assert all(set(c) == {"polyvalence", "none"} and c["none"] is None for c in counts)
    assert np.mean([c["polyvalence"] for c in counts]) < 4  # of 98, all drawn from one law


def test_two_groups_are_told_from_one() -> None:
    rng = np.random.default_rng(5)
    one, two = rng.normal(size=200), rng.normal(size=200)
    two[:50] += 4
    ratio, part, distance = two_groups(np.array([one, two]), 60)
    assert ratio[0] < 12 < 40 < ratio[1]
    assert part[1] == pytest.approx(0.25, abs=0.04)
    assert distance[1] == pytest.approx(4, abs=0.5)


def test_degenerate_surveys() -> None:
    same = np.full((40, 3), 1 / 3)
    assert uneven_items(same, ("a", "b", "c"), ["t"] * 40) == ()
    assert uneven_items(same[:5], ("a", "b", "c"), ["t"] * 5) is None
    assert uneven_items(np.ones((40, 1)), ("a",), ["t"] * 40) == ()
    nobody = Agents((), *[np.zeros(0, dtype=object)] * 3, np.zeros((0, 2)), ("a", "b"), *[np.zeros(0)] * 3)
    assert reading_table({"m": nobody}).empty
