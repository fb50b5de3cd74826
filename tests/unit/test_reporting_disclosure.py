"""Nothing about fewer than five workers is shown, and nothing shown gives it away."""

from fractions import Fraction

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from workload.models.timeuse import ALL, TimeUse
from workload.pipeline import RunResult
from workload.reporting.disclosure import publishable, withheld

MINIMUM = 5
Table = dict[tuple[str, str], int]


def with_margins(cells: Table) -> Table:
    table = dict(cells)
    for (territory, profession), n in cells.items():
        for margin in ((territory, ALL), (ALL, profession), (ALL, ALL)):
            table[margin] = table.get(margin, 0) + n
    return table


def recomputed(table: Table, hidden: frozenset[tuple[str, str]]) -> set[tuple[str, str]]:
    """Hidden cells that the published ones fix: Gauss–Jordan in fractions on the additions of the table."""
    unknown = sorted(hidden)
    rows = []
    for margin in table:
        for axis in (0, 1):
            parts = [
                c
                for c in table
                if c != margin and c[axis] != ALL and c[1 - axis] == margin[1 - axis] and margin[axis] == ALL
            ]
            if margin[axis] == ALL and parts:
                rows.append([Fraction((c in parts) - (c == margin)) for c in unknown])
    pivots = []
    for column in range(len(unknown)):
        at = next((r for r in range(len(pivots), len(rows)) if rows[r][column]), None)
        if at is None:
            continue
        top = len(pivots)
        rows[top], rows[at] = rows[at], rows[top]
        rows[top] = [v / rows[top][column] for v in rows[top]]
        for r in range(len(rows)):
            if r != top and rows[r][column]:
                rows[r] = [a - rows[r][column] * b for a, b in zip(rows[r], rows[top], strict=True)]
        pivots.append(column)
    return {unknown[p] for r, p in enumerate(pivots) if sum(map(bool, rows[r])) == 1}


tables = st.dictionaries(
    st.tuples(st.sampled_from("ABCDE"), st.sampled_from("pqrs")), st.integers(1, 12), min_size=1, max_size=16
).map(with_margins)


@given(tables)
def test_no_withheld_count_follows_from_published_ones(table: Table) -> None:
    hidden = withheld(table, MINIMUM)
    assert all(cell in hidden for cell, n in table.items() if n < MINIMUM)
    assert recomputed(table, hidden) == set()


@given(tables)
def test_no_difference_along_a_line_stands_on_fewer_than_the_minimum(table: Table) -> None:
    hidden = withheld(table, MINIMUM)
    for margin, n in table.items():
        for axis in (0, 1):
            parts = [c for c in table if c[axis] != ALL and c[1 - axis] == margin[1 - axis]]
            if margin[axis] == ALL and margin not in hidden and parts:
                rest = n - sum(table[c] for c in parts if c not in hidden)
                assert rest == 0 or rest >= MINIMUM


def test_one_small_territory_takes_the_next_smallest_with_it() -> None:
    table = with_margins({("a", "p"): 3, ("b", "p"): 7, ("c", "p"): 20})
    hidden = withheld(table, MINIMUM)
    assert {cell[0] for cell in hidden if cell[1] == ALL} == {"a", "b"}


def test_a_large_table_is_shown_whole() -> None:
    assert not withheld(with_margins({(t, p): 9 for t in "abc" for p in "pq"}), MINIMUM)


def test_shares_and_answers_of_the_sample(sample_result: RunResult) -> None:
    shown = publishable(sample_result.time_use, MINIMUM)
    assert (shown.shares["respondents_n"] >= MINIMUM).all()
    enfance = shown.response[shown.response["mission"] == "enfance"].set_index("territory")
    assert enfance.loc["briey", "withheld"]
    assert pd.isna(enfance.loc["briey", "respondents_n"])
    assert pd.isna(enfance.loc["briey", "response_rate"])
    assert enfance.loc[ALL, "respondents_n"] == 28
    assert set(shown.shares.loc[shown.shares["mission"] == "enfance", "territory"]) == {ALL, "grand_nancy", "longwy"}


def test_a_territory_where_nobody_answered_is_withheld_too() -> None:
    response = pd.DataFrame(
        [("m", "a", 9, 0, 0.0), ("m", "b", 9, 8, 8 / 9), ("m", "c", 9, 7, 7 / 9)],
        columns=["mission", "territory", "occupied_n", "respondents_n", "response_rate"],
    )
    shares = pd.DataFrame(columns=["mission", "territory", "profession", "respondents_n"])
    shown = publishable(TimeUse(shares, response), MINIMUM).response.set_index("territory")
    assert shown["withheld"].to_dict() == {"a": True, "b": False, "c": True, ALL: False}
    assert shown["occupied_n"].tolist() == [9, 9, 9, 27]
