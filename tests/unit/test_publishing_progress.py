"""Campaign progress: whatever the numbers, nobody who has not answered can be counted."""

from hypothesis import given
from hypothesis import strategies as st

from workload.store.publishing.progress import _together, progress

MINIMUM = 5


def test_what_is_said_of_a_group():
    said = progress(expected=30, received=28, wrong=1, minimum=MINIMUM)
    assert said["received"] == "au moins 25 sur 30"
    assert (said["received_at_least_n"], said["missing_at_most_n"]) == (25, 5)
    assert said["response"] == "83 % au moins"
    assert (said["with_errors"], said["with_errors_at_least_n"]) == ("moins de 5", 0)
    assert progress(30, 30, 0, MINIMUM)["received"] == "30 sur 30 : tous reçus"
    assert progress(30, 12, 7, MINIMUM)["with_errors"] == "au moins 5"
    small = progress(4, 3, 0, MINIMUM)
    assert (small["expected_n"], small["received_at_least_n"]) == (None, None)
    assert small["received"] == "moins de 5 agents : non publié"


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_what_is_said_holds_for_at_least_five_numbers_of_missing_sheets_or_for_none_missing(case: tuple[int, int]):
    """All received counts that would be said in the same words: an attacker cannot tell them apart."""
    expected, received = case
    said = progress(expected, received, 0, MINIMUM)
    alike = [n for n in range(expected + 1) if progress(expected, n, 0, MINIMUM) == said]
    if said["complete"]:
        assert received == expected
    else:
        assert len(alike) >= min(MINIMUM, expected)
        assert expected < MINIMUM or max(expected - n for n in alike) >= MINIMUM


@given(st.lists(st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), min_size=1, max_size=8))
def test_the_departement_says_only_what_its_territories_say(groups: list[tuple[int, int]]):
    rows = [progress(expected, received, 0, MINIMUM) for expected, received in groups]
    whole = _together(rows, MINIMUM)
    told = [row for row in rows if row["expected_n"] is not None]
    assert (whole["received_at_least_n"] or 0) == sum(row["received_at_least_n"] for row in told)
    assert whole["complete"] == all(row["complete"] for row in rows)
    assert (whole["received_at_least_n"] or 0) <= sum(received for _, received in groups)
