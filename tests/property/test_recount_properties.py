"""Whatever is closed, a recount gives the same posts and the same exact sums; stand-ins keep every sum there is."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.recount_fixture import basis, quick
from workload.recount import SECRET, recount
from workload.recount.together import stand_ins

TERRITORIES = ("briey", "grand_nancy", "longwy", "lunevillois", "terres_de_lorraine", "val_de_lorraine")
COMPONENTS = ("naissances@maternal", "grossesses@maternal", "naissances@early_childhood", "pop_0_5@early_childhood", "assistantes@childminding", "habitants@travel", "trajets@travel")  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    everywhere=st.sets(st.sampled_from(COMPONENTS), max_size=3),
    here=st.dictionaries(st.sampled_from(TERRITORIES), st.sets(st.sampled_from(COMPONENTS)), max_size=6),
)
def test_whatever_is_closed_the_posts_and_sums_are_the_same(everywhere: set[str], here: dict[str, set[str]]):
    closed = {t: frozenset(everywhere | here.get(t, set())) for t in TERRITORIES}
    run = quick().missions["pmi"]
    of = basis(quick(), {"pmi": closed})["pmi"]
    found = recount(of)
    assert found.whole_need == run.instance.need
    assert found.allocation == run.allocation
    assert max(abs(a - b) for a, b in zip(found.need_fte, run.need.need_fte, strict=True)) < 1e-12
    for t, (mine, theirs) in enumerate(zip(found.ledgers, run.justification.ledgers, strict=True)):
        shut = closed[mine.unit]
        assert [r for r in mine.rows if r.cause != SECRET] == [r for r in theirs.rows if r.cause not in shut]
        assert [r.posts for r in mine.rows if r.cause == SECRET] == (
            [sum(r.posts for r in theirs.rows if r.cause in shut)] if shut else []
        )
        assert sum(found.contributions_fte[t].values()) - found.need_fte[t] < 1e-12
        for p, component in enumerate(COMPONENTS):
            assert (of["units"][t][p] is None) == (component in shut)


@st.composite
def patterns(draw: st.DrawFn) -> dict[tuple[int, str], int]:
    cells = draw(st.sets(st.tuples(st.integers(0, 5), st.sampled_from("abcde")), max_size=20))
    return {cell: draw(st.integers(0, 10**12)) for cell in sorted(cells)}


@given(patterns())
def test_stand_ins_keep_every_sum(values: dict[tuple[int, str], int]):
    rows = {t: sum(n for (u, _), n in values.items() if u == t) for t, _ in values}
    columns = {c: sum(n for (_, d), n in values.items() if d == c) for _, c in values}
    found: dict[Any, int] = stand_ins(rows, columns, list(values))
    assert set(found) == set(values)
    assert rows == {t: sum(n for (u, _), n in found.items() if u == t) for t in rows}
    assert columns == {c: sum(n for (_, d), n in found.items() if d == c) for c in columns}
