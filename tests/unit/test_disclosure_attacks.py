"""One small table per attack: the audit refuses it, and the protection answers it."""

import pytest

from workload.store.disclosure import CellFacts, LinkedTables, Rules, UnprotectableError, audit, protect

RULES = Rules(minimum_workers=5, dominance_share=0.85, protection_share=0.15, coarser_above=0.15)


def workers(first, n, minutes=100.0):
    return {f"w{k}": minutes for k in range(first, first + n)}


def summed(*several):
    total = {}
    for own in several:
        for worker, minutes in own.items():
            total[worker] = total.get(worker, 0) + minutes
    return total


def line(parts, **more):
    """One total, 'all', and its parts by name."""
    cells = {(name,): CellFacts.of(own) for name, own in parts.items()}
    cells["all",] = CellFacts.of(summed(*parts.values()))
    return LinkedTables(cells, ((("all",), tuple((name,) for name in parts)),), **more)


def grid(cells, **more):
    """Two axes with margins; cells: (row, column) → contributions."""
    rows, columns = (sorted({c[k] for c in cells}) for k in (0, 1))
    full = dict(cells)
    for row in rows:
        full[row, "*"] = summed(*(cells[row, c] for c in columns))
    for column in columns:
        full["*", column] = summed(*(cells[r, column] for r in rows))
    full["*", "*"] = summed(*cells.values())
    equations = [((r, "*"), tuple((r, c) for c in columns)) for r in [*rows, "*"]]
    equations += [(("*", c), tuple((r, c) for r in rows)) for c in [*columns, "*"]]
    return LinkedTables({c: CellFacts.of(own) for c, own in full.items()}, tuple(equations), **more)


def attackers(tables, withheld):
    return {(f.cell, f.attacker) for f in audit(tables, RULES, withheld).failures}


def test_subtraction_in_one_line():
    tables = line({"a": workers(0, 3), "b": workers(3, 8), "c": workers(11, 6)})
    assert (("a",), "outsider") in attackers(tables, {("a",)})
    found = protect(tables, RULES)
    assert (found.withheld, found.status) == ({("a",), ("c",)}, "optimal")  # the smaller of the two others


def test_a_sensitive_cell_that_is_published():
    tables = line({"a": workers(0, 3), "b": workers(3, 8)})
    assert attackers(tables, set()) == {(("a",), "published")}


def test_two_lines_together():
    """Two withheld cells in every line that holds any, and yet one of them follows from four lines at once."""
    cells = {(r, c): workers(10 * k + 3 * j, 8) for k, r in enumerate("pqrs") for j, c in enumerate("xyz")}
    cells["p", "x"] = workers(0, 3)
    tables = grid(cells)
    pattern = {("p", "x"), ("p", "y"), ("q", "x"), ("q", "y")}
    assert audit(tables, RULES, pattern).passed
    # The rows p and q together, less column y and what is published of column x: only (p, x) is left.
    chained = {("p", "x"), ("p", "y"), ("q", "y"), ("q", "z"), ("r", "y"), ("r", "z")}
    assert (("p", "x"), "outsider") in attackers(tables, chained)
    assert protect(tables, RULES).withheld.issuperset({("p", "x")})


def test_too_narrow_though_not_exact():
    """The only other withheld part is so small that the sensitive one is known within it."""
    tables = line({"a": workers(0, 3, 1000.0), "b": workers(3, 6, 5.0), "c": workers(9, 6, 500.0)})
    result = audit(tables, RULES, {("a",), ("b",)})
    assert result.intervals["a",] == pytest.approx((0, 3030))  # from above it is narrow: 3000 of 3030
    assert (("a",), "outsider") in attackers(tables, {("a",), ("b",)})
    assert ("c",) in protect(tables, RULES).withheld


def test_a_lone_contributor_recovers_the_other_lone_one():
    """To everybody else the two hide each other; each of the two subtracts herself."""
    tables = line({"a": {"v": 100}, "b": {"w": 100}, "c": workers(0, 6), "d": workers(6, 9)})
    assert {who for _, who in attackers(tables, {("a",), ("b",)})} == {"contributor"}
    found = protect(tables, RULES).withheld
    assert found > {("a",), ("b",)}
    assert audit(tables, RULES, found).passed


def test_a_contributor_knows_her_own_part_of_a_larger_cell():
    """v holds nearly all of b: for her b hides little of a, whose lone worker would be known within 1 per cent."""
    mostly = {"v": 1000.0, **workers(0, 5, 1.0)}
    tables = line({"a": {"u": 500.0}, "b": mostly, "c": workers(6, 8), "d": workers(14, 8)})
    assert (("a",), "contributor") in attackers(tables, {("a",), ("b",)})
    assert audit(tables, RULES, protect(tables, RULES).withheld).passed


def test_no_worker_is_ever_named():
    tables = line({"a": {"v_secret": 100}, "b": {"w_secret": 100}, "c": workers(0, 6)})
    assert "secret" not in repr(audit(tables, RULES, {("a",), ("b",)}))
    assert "secret" not in repr(protect(tables, RULES))


def test_the_sum_of_two_withheld_cells_is_about_too_few():
    tables = line({"a": workers(0, 2), "b": workers(2, 2), "c": workers(4, 6)})
    result = audit(tables, RULES, {("a",), ("b",)})
    assert [(s.cells, s.reason, s.workers_n) for s in result.sums] == [((("a",), ("b",)), "threshold", 4)]
    assert protect(tables, RULES).withheld == {("a",), ("b",), ("c",)}


def test_the_same_worker_in_two_cells_is_counted_once():
    """Three and three make six records, of four workers."""
    tables = line({"a": workers(0, 3), "b": workers(1, 3), "c": workers(4, 6)})
    (found,) = audit(tables, RULES, {("a",), ("b",)}).sums
    assert found.workers_n == 4
    other = line({"a": workers(0, 3), "b": workers(3, 3), "c": workers(6, 6)})
    assert audit(other, RULES, {("a",), ("b",)}).passed


def test_the_sum_of_two_withheld_cells_is_dominated():
    tables = line({"a": {"v": 900.0, **workers(0, 2, 10.0)}, "b": workers(2, 5, 10.0), "c": workers(7, 6)})
    (found,) = audit(tables, RULES, {("a",), ("b",)}).sums
    assert found.reason == "dominance"
    assert audit(tables, RULES, protect(tables, RULES).withheld).passed


def nested():
    """total = mode m + mode n, m = items i + j: withholding m and i leaves i + n known, which is about four."""
    own = {"i": workers(0, 2), "j": workers(4, 6), "n": workers(2, 2)}
    cells = {(name,): CellFacts.of(c) for name, c in own.items()}
    cells["m",] = CellFacts.of(summed(own["i"], own["j"]))
    cells["all",] = CellFacts.of(summed(*own.values()))
    return LinkedTables(cells, ((("all",), (("m",), ("n",))), (("m",), (("i",), ("j",)))))


def test_a_sum_that_follows_from_two_equations():
    result = audit(nested(), RULES, {("m",), ("i",), ("n",)})
    assert not result.failures
    assert [s.cells for s in result.sums] == [(("i",), ("n",))]
    assert audit(nested(), RULES, protect(nested(), RULES).withheld).passed


def test_a_published_margin_that_cannot_be_withheld():
    """Two lone workers beside a group and a total that everybody knows: nothing more can be hidden."""
    parts = {"a": {"v": 100}, "b": {"w": 100}, "c": workers(0, 5)}
    with pytest.raises(UnprotectableError, match="2 cells follow from public ones") as refused:
        protect(line(parts, public=frozenset({("c",), ("all",)})), RULES)
    assert {f.cell for f in refused.value.audit.failures} == {("a",), ("b",)}
    assert [s.cells for s in refused.value.audit.sums] == [(("a",), ("b",))]
    assert protect(line(parts, public=frozenset({("all",)})), RULES).withheld == {("a",), ("b",), ("c",)}


def test_a_sensitive_cell_that_is_public_is_refused():
    with pytest.raises(UnprotectableError):
        protect(line({"a": workers(0, 3), "b": workers(3, 8)}, public=frozenset({("a",)})), RULES)


def test_zero_cells_hide_nothing():
    tables = line({"a": workers(0, 3), "none": {}, "c": workers(3, 8)})
    assert (("a",), "outsider") in attackers(tables, {("a",), ("none",)})
    assert protect(tables, RULES).withheld == {("a",), ("c",)}


def test_nothing_sensitive_withholds_nothing():
    found = protect(line({"a": workers(0, 6), "b": workers(6, 6)}), RULES)
    assert (found.withheld, found.status, found.cost, found.gap) == (frozenset(), "optimal", 0, 0)


def test_a_dear_margin_is_spared():
    parts = {"a": workers(0, 3), "b": workers(3, 8)}
    assert protect(line(parts, cost={("b",): 1e6}), RULES).withheld == {("a",), ("all",)}
    assert protect(line(parts, cost={("all",): 1e6}), RULES).withheld == {("a",), ("b",)}


def test_counts_must_differ_by_one_at_least():
    cells = {("a",): 3, ("b",): 4, ("c",): 40, ("all",): 47}
    tables = LinkedTables(
        {c: CellFacts.summary(n, n, 0) for c, n in cells.items()},
        ((("all",), (("a",), ("b",), ("c",))),),
        step=1.0,
    )
    assert protect(tables, RULES).withheld == {("a",), ("b",)}
    low, high = audit(tables, RULES, {("a",), ("b",)}).intervals["a",]
    assert (low, high) == pytest.approx((0, 7))


def test_separate_groups_are_solved_apart():
    one, other = line({"a": workers(0, 3), "b": workers(3, 8)}), nested()
    cells = {("1", *c): f for c, f in one.cells.items()} | {("2", *c): f for c, f in other.cells.items()}
    equations = [(("1", *t), tuple(("1", *p) for p in parts)) for t, parts in one.equations]
    equations += [(("2", *t), tuple(("2", *p) for p in parts)) for t, parts in other.equations]
    both = protect(LinkedTables(cells, tuple(equations)), RULES)
    assert both.status == "optimal"
    assert {c[1:] for c in both.withheld if c[0] == "2"} == protect(other, RULES).withheld


def test_losses_are_shares_of_what_is_shown():
    tables = line({"a": workers(0, 4), "none": {}, "b": workers(4, 6), "c": workers(10, 10)})
    found = protect(tables, RULES)
    assert found.secondary == {("b",)}
    assert found.lost_cells_share == pytest.approx(2 / 4)
    assert found.lost_value_share == pytest.approx((400 + 600) / 4000)
