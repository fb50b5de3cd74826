"""What stands in place of a withheld count leaves it as uncertain as the rules ask, even to somebody who knows how it is
made: she tries every table that gives the same published figures and keeps those that give the same substitutes."""

from collections.abc import Iterator
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workload.models.design import SMALL_UNIT, shared_out
from workload.store.disclosure import Rules
from workload.store.disclosure.rules import whole_steps
from workload.store.publishing.substitutes import Known, deduced, in_steps

RULES = Rules(5, 0.85, 0.15, 0.15)


def alternatives(together: int, n: int) -> Iterator[tuple[int, ...]]:
    """Every table of n counts above zero with this sum: a zero is shown."""
    for first in product(range(1, together), repeat=n - 1):
        if sum(first) < together:
            yield (*first, together - sum(first))


def told(counts: tuple[int, ...], rules: Rules) -> tuple[float, ...]:
    people = {str(t): 1000.0 * t for t in range(len(counts))}
    found = in_steps({str(t): float(n) for t, n in enumerate(counts)}, people, float(sum(counts)), rules)
    return tuple(found[str(t)] for t in range(len(counts)))


@settings(deadline=None, max_examples=250)
@given(st.integers(2, 4), st.integers(4, 30), st.integers(2, 7), st.sampled_from([0.15, 0.5, 1.0]))
def test_no_small_count_is_pinned_below_what_the_rules_owe(n: int, together: int, least: int, share: float) -> None:
    rules = Rules(least, 0.85, share, 0.15)
    classes: dict[tuple[float, ...], list[tuple[int, ...]]] = {}
    for counts in alternatives(together, n):
        classes.setdefault(told(counts, rules), []).append(counts)
    for alike in classes.values():
        for k in range(n):
            possible = {counts[k] for counts in alike}
            for count in possible:
                if count < least:
                    owed = int(whole_steps(share * count, 1.0))
                    known = range(1, together - n + 2)  # from the published figures alone
                    assert {c for c in range(count - owed, count + owed + 1) if c in known} <= possible


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(1, 400), min_size=2, max_size=6))
def test_substitutes_keep_the_published_sum_and_stay_near(counts: list[int]) -> None:
    found = told(tuple(counts), RULES)
    assert sum(found) == sum(counts)
    assert min(found) >= 0
    step = sum(counts) / max(1, sum(counts) // (5 + len(counts)))
    assert abs(found[-1] - counts[-1]) <= step / 2 + 0.5  # the one with most inhabitants; the others share the rest


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(st.sampled_from("abcde"), st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=1),
    st.none() | st.floats(0, 1),
    st.booleans(),
)
def test_what_is_deduced_lies_within_what_follows_and_adds_up(
    ends: dict[str, tuple[float, float]], place: float | None, dated: bool
) -> None:
    between = {t: (low, low + room) for t, (low, room) in ends.items()}
    whole = None if place is None else float(round(sum(low + place * room for low, room in ends.values())))
    before = dict.fromkeys(between, 7.0) if dated else {}
    found = deduced(Known(whole, between, before, dict.fromkeys(between, 12.0)))
    assert found.keys() == between.keys()
    if whole is not None:
        assert abs(sum(found.values()) - whole) < 1e-9
        assert dated or all(low - 1.5 <= found[t] <= high + 1.5 for t, (low, high) in between.items())
    elif dated:
        assert found == before


@settings(deadline=None, max_examples=200)
@given(st.floats(0, 1e6), st.lists(st.floats(0, 1e5), min_size=1, max_size=30), st.sampled_from([1.0, SMALL_UNIT]))
def test_parts_add_up_exactly_in_any_order(count: float, by: list[float], unit: float) -> None:
    count = round(count / unit) * unit
    parts = shared_out(count, np.array(by), unit)
    assert sum(parts) == sum(reversed(parts)) == count
    assert (parts >= 0).all()
