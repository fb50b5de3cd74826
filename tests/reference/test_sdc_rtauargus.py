"""The activity × size table of the rtauargus documentation (INSEE): its primaries, and secondaries as cheap as any.

Which two cells τ-Argus withholds besides is one choice among several; that the value withheld cannot be less is not.
"""

import csv
from itertools import chain, combinations

import pytest

from tests.reference.shared import reference
from workload.store.disclosure import CellFacts, LinkedTables, Rules, audit, protect, sensitive

RULES = Rules(minimum_workers=3, dominance_share=0.85, protection_share=0.15, coarser_above=0.15)
TOTAL = "Total"


@pytest.fixture(scope="module")
def rows():
    with reference("sdc_rtauargus_act_size.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def tables(rows):
    cells = {
        (r["ACTIVITY"], r["SIZE"]): CellFacts.summary(float(r["VAL"]), int(r["N_OBS"]), float(r["MAX"])) for r in rows
    }
    activities, sizes = (sorted({c[k] for c in cells} - {TOTAL}) for k in (0, 1))
    equations = [((a, TOTAL), tuple((a, s) for s in sizes)) for a in [*activities, TOTAL]]
    equations += [((TOTAL, s), tuple((a, s) for a in activities)) for s in [*sizes, TOTAL]]
    return LinkedTables(cells, tuple(equations))


def value(tables, cells):
    return sum(tables.cells[c].value for c in cells)


def status(rows, codes):
    return {(r["ACTIVITY"], r["SIZE"]) for r in rows if r["expected_status"] in codes}


def test_primaries_are_theirs(rows, tables):
    found = sensitive(tables, RULES)
    assert {c for c, reason in found.items() if reason == "threshold"} == status(rows, "A")
    assert {c for c, reason in found.items() if reason == "dominance"} == status(rows, "B")


def test_their_pattern_passes_our_audit(rows, tables):
    assert audit(tables, RULES, status(rows, "ABD")).passed
    assert not audit(tables, RULES, status(rows, "AB")).passed


def test_secondaries_cost_as_little(rows, tables):
    found = protect(tables, RULES)
    assert found.status == "optimal"
    assert value(tables, found.withheld) == value(tables, status(rows, "ABD")) == 150
    assert audit(tables, RULES, found.withheld).passed


def test_no_pattern_withholds_less(rows, tables):
    """Every set of cells that holds the primaries and is worth less than 150 gives something away."""
    primary = status(rows, "AB")
    free = sorted(set(tables.cells) - primary)
    subsets = chain.from_iterable(combinations(free, n) for n in range(len(free) + 1))
    cheaper = [primary | set(more) for more in subsets if value(tables, primary | set(more)) < 150]
    assert len(cheaper) >= 3
    assert not any(audit(tables, RULES, pattern).passed for pattern in cheaper)
