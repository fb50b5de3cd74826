"""Random linked tables of social workers' minutes, and the slow ways to judge a pattern."""

from fractions import Fraction
from itertools import chain, combinations

from hypothesis import strategies as st

from workload.store.disclosure import CellFacts, LinkedTables, Rules, audit, sensitive

ALL = "*"
RULES = Rules(minimum_workers=3, dominance_share=0.85, protection_share=0.15, coarser_above=0.15)


def crossed(records, axes, nested=None):
    """records: (worker, one code per axis, minutes). nested: axis → {code: group}, groups as cells of their own."""
    nested = nested or {}
    amounts = {}
    for worker, codes, minutes in records:
        levels = [{code, ALL, *([nested[axis][code]] if axis in nested else [])} for axis, code in enumerate(codes)]
        for cell in _product(levels):
            own = amounts.setdefault(cell, {})
            own[worker] = own.get(worker, 0) + minutes
    full = [[*codes, ALL, *sorted(set(nested.get(axis, {}).values()))] for axis, codes in enumerate(axes)]
    cells = {cell: CellFacts.of(amounts.get(cell, {})) for cell in _product(full)}
    equations = []
    for axis, codes in enumerate(axes):
        others = [[None] if k == axis else levels for k, levels in enumerate(full)]
        for rest in _product(others):
            at = lambda code, rest=rest, axis=axis: tuple(code if k == axis else c for k, c in enumerate(rest))  # noqa: E731
            groups = nested.get(axis, {})
            tops = sorted(set(groups.values())) or codes
            equations.append((at(ALL), tuple(at(code) for code in tops)))
            for group in sorted(set(groups.values())):
                equations.append((at(group), tuple(at(code) for code in codes if groups[code] == group)))
    return LinkedTables(cells, tuple(e for e in equations if e[1] != (e[0],)))


def _product(levels):
    cells = [()]
    for level in levels:
        cells = [(*cell, code) for cell in cells for code in sorted(level, key=str)]
    return cells


def records(shape, most, workers=9, least=1):
    """(worker, one code per axis, minutes), some."""
    return st.lists(
        st.tuples(
            st.integers(0, workers - 1).map(lambda k: f"w{k}"),
            st.tuples(*(st.sampled_from(codes) for codes in _axes(shape))),
            st.sampled_from([1, 5, 10, 20, 40, 100]),
        ),
        min_size=least,
        max_size=most,
    )


@st.composite
def tables(draw, shapes, workers=9, most=14):
    shape = draw(st.sampled_from(shapes))
    axes = _axes(shape)
    nested = {1: {code: f"g{i % 2}" for i, code in enumerate(axes[1])}} if len(axes[1]) > 3 else {}
    return crossed(draw(records(shape, most, workers, least=4)), axes, nested)


def _axes(shape):
    return [[f"{'abc'[k]}{i}" for i in range(n)] for k, n in enumerate(shape)]


def cost(tables, withheld):
    costs = tables.costs()
    return sum(costs[cell] for cell in withheld)


def cheapest_by_trial(tables, rules, below):
    """The least cost of a pattern the audit lets pass, every subset of the cells tried; `below` where none is cheaper."""
    primary = frozenset(sensitive(tables, rules))
    free = sorted(tables.withholdable - primary)
    subsets = chain.from_iterable(combinations(free, n) for n in range(len(free) + 1))
    patterns = sorted((cost(tables, primary | set(more)), sorted(more)) for more in subsets)
    for price, more in patterns:
        if price >= below - 1e-9:
            return below
        if audit(tables, rules, primary | set(more)).passed:
            return price
    return None


def determined(tables, withheld):
    """Withheld cells that the equations alone fix, by exact elimination: no tolerance, no solver."""
    unknown = sorted(set(withheld) & tables.withholdable)
    at = {cell: k for k, cell in enumerate(unknown)}
    rows = []
    for total, parts in tables.equations:
        row = [Fraction(0)] * len(unknown)
        for cell, sign in [(total, 1), *((part, -1) for part in parts)]:
            if cell in at:
                row[at[cell]] += sign
        rows.append(row)
    rows = _reduced(rows)
    return {unknown[next(k for k, x in enumerate(row) if x)] for row in rows if sum(1 for x in row if x) == 1}


def _reduced(rows):
    done, column = [], 0
    rows = [row for row in rows if any(row)]
    width = len(rows[0]) if rows else 0
    while column < width:
        pivot = next((row for row in rows if row[column]), None)
        if pivot is not None:
            rows.remove(pivot)
            pivot = [x / pivot[column] for x in pivot]
            clear = lambda row, pivot=pivot, c=column: [x - row[c] * p for x, p in zip(row, pivot, strict=True)]  # noqa: E731
            rows, done = [clear(row) for row in rows], [*map(clear, done), pivot]
        column += 1
    return done
