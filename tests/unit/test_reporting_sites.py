"""Sites are linked to the table of territories and professions: nothing small follows from the two together."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from workload.models.timeuse import ALL, TimeUse
from workload.pipeline import RunResult
from workload.pipeline.readings import Reading
from workload.reporting.disclosure import NO_SITE, open_territories, publishable, readable, shown_count, withheld

MINIMUM = 5
COLUMNS = ["mission", "territory", "profession", "level", "code", "share", "respondents_n"]

agents = st.dictionaries(
    st.tuples(st.sampled_from("ABC"), st.sampled_from("pq"), st.sampled_from(["1", "2", "3", ""])),
    st.integers(1, 11),
    min_size=2,
    max_size=14,
).map(lambda counts: [who for who, n in counts.items() for _ in range(n)])


def survey(people: list[tuple[str, str, str]]) -> TimeUse:
    """One row of shares for every group that one of the agents belongs to."""
    who = pd.DataFrame(people, columns=["territory", "profession", "site"])
    rows, sites = [], []
    for t in [ALL, *sorted(set(who["territory"]))]:
        for p in [ALL, *sorted(set(who["profession"]))]:
            inside = ((who["territory"] == t) | (t == ALL)) & ((who["profession"] == p) | (p == ALL))
            n = int(inside.sum())
            rows += [("m", t, p, "mode", "x", 1.0, n)] if n else []
    for (t, s), group in who[who["site"] != ""].groupby(["territory", "site"]):
        sites.append(("m", t, ALL, "mode", "x", 1.0, len(group), f"{t}{s}"))
    counts = who.groupby("territory").size()
    response = [("m", t, int(n) + 3, int(n), 0.5) for t, n in counts.items()]
    design = pd.DataFrame([("m", 3, 2, 1)], columns=["mission", "strata_n", "merged_strata_n", "trimmed_n"])
    shares = pd.DataFrame(rows, columns=COLUMNS)
    cells = shares[shares["profession"] == ALL].assign(level="mode_domain", code="x|y")
    answers = ["mission", "territory", "occupied_n", "respondents_n", "response_rate"]
    return TimeUse(
        shares, pd.DataFrame(response, columns=answers), pd.DataFrame(sites, columns=[*COLUMNS, "site"]), cells, design
    )


def groups_told(people: list[tuple[str, str, str]]) -> tuple[TimeUse, set[tuple[str, ...]]]:
    shown = publishable(survey(people), MINIMUM)
    told: set[tuple[str, ...]] = set(zip(shown.shares["territory"], shown.shares["profession"], strict=True))
    told |= set(zip(shown.cells["territory"], shown.cells["profession"], strict=True))
    return shown, told | set(zip(shown.sites["territory"], shown.sites["profession"], shown.sites["site"], strict=True))


def member(people: list[tuple[str, str, str]], group: tuple[str, ...]) -> np.ndarray:
    """Who belongs to a group: which agents its published figure is the sum of."""
    territory, profession, *site = group
    return np.array(
        [territory in (t, ALL) and profession in (p, ALL) and (not site or site[0] == f"{t}{s}") for t, p, s in people],
        dtype=float,
    )


@given(agents)
def test_no_figure_and_no_territory_less_its_published_sites_stands_on_few(people: list[tuple[str, str, str]]) -> None:
    _, told = groups_told(people)
    for group in told:
        assert member(people, group).sum() >= MINIMUM
        parts = [other for other in told if len(other) == 3 and other[0] == group[0] and len(group) == 2]
        if group[1] == ALL and parts:
            rest = member(people, group).sum() - sum(member(people, other).sum() for other in parts)
            assert rest == 0 or rest >= MINIMUM


@given(agents)
def test_no_small_site_follows_from_published_groups(people: list[tuple[str, str, str]]) -> None:
    """Not by any sum and difference of published figures: its agents are in no span of theirs, in the real tables."""
    _, told = groups_told(people)
    span = np.array([member(people, group) for group in told]).reshape(len(told), len(people))
    for t, _, s in set(people):
        row = member(people, (t, ALL, f"{t}{s}"))
        by_profession = len({p for u, p, v in people if (u, v) == (t, s)})
        if 0 < row.sum() < MINIMUM and s and by_profession > 1:
            weights = np.linalg.lstsq(span.T, row, rcond=None)[0] if len(told) else np.zeros(0)
            assert not len(told) or np.abs(span.T @ weights - row).max() > 1e-6


def test_a_small_site_takes_another_with_it_but_not_its_territory() -> None:
    sites = {("a", ALL, "x"): 2, ("a", ALL, "y"): 9, ("a", ALL, "z"): 8, ("b", ALL, "w"): 10}
    table = {("a", ALL): 19, ("b", ALL): 10, (ALL, ALL): 29}
    assert withheld(table, MINIMUM, sites) == {("a", ALL, "x"), ("a", ALL, "z")}


def test_those_of_no_site_count_as_one_more() -> None:
    people = [("A", "p", "1")] * 6 + [("A", "p", "2")] * 7 + [("A", "p", "")] * 2 + [("B", "p", "1")] * 9
    shown, _ = groups_told(people)
    assert set(shown.sites["site"]) == {"A2", "B1"}
    assert NO_SITE not in set(shown.sites["site"])


def test_counts_of_the_weighting_do_not_narrow_what_is_withheld() -> None:
    few = publishable(survey([("A", "p", "1")] * 9 + [("B", "p", "1")] * 2 + [("C", "p", "1")] * 7), MINIMUM).design
    whole = publishable(survey([("A", "p", "1")] * 9 + [("B", "p", "1")] * 8), MINIMUM).design
    assert few[["strata_n", "merged_strata_n", "trimmed_n"]].isna().all(axis=None)
    assert whole["merged_strata_n"].tolist() == [2]
    assert whole["trimmed_n"].isna().all()  # one agent
    assert publishable(survey([("A", "p", "1")] * 3), MINIMUM).design.empty


def test_pooled_shares_only_where_every_territory_is_told(sample_result: RunResult) -> None:
    shown = publishable(sample_result.time_use, MINIMUM)
    pooled = shown.shares.dropna(subset="pooled_share")
    assert set(pooled["mission"]) == {"polyvalence"}
    assert not sample_result.time_use.shares.query("mission == 'enfance'")["pooled_share"].isna().all()
    assert open_territories(shown, "enfance") == {"grand_nancy", "longwy"}
    assert (shown.sites["respondents_n"] >= MINIMUM).all()
    assert (shown.cells["respondents_n"] >= MINIMUM).all()


def test_readers_and_unusual_weeks_are_never_counted_under_the_minimum() -> None:
    rows = [("m", "a", 40, 0.1), ("m", "b", 40, 0.2), ("n", "a", 4, 0.5), ("m", "c", 40, 0.95)]
    items = pd.DataFrame(rows, columns=["mission", "item", "respondents_n", "readers_share"])
    told = readable(Reading(items.astype({"readers_share": "Float64"}), {}), MINIMUM)
    assert told["item"].tolist() == ["a", "b", "c"]
    assert told["readers_share"].isna().tolist() == [True, False, True]
    assert [shown_count(n, MINIMUM) for n in (None, 0, 1, 4, 5)] == [None, 0, None, None, 5]
