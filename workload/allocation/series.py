"""Many small objectives one after the other: leximin, and who comes first among equals."""

from collections.abc import Callable, Iterable

from workload.allocation.objective import Load
from workload.allocation.search import LARGEST_SUM, Literal, Search

FIRST_LOOK = 4  # questions after which to see whether one allocation is left; then doubled


def minimise_in_order(search: Search, levels: Iterable[dict[Literal, int]]) -> None:
    """Minimise sums one after the other; as many as fit 64 bits are asked in one question."""
    block: list[tuple[dict[Literal, int], int]] = []
    size, asked, look_at = 1, 0, FIRST_LOOK
    for coefficients in levels:
        span = 1 + sum(abs(a) for a in coefficients.values())
        if block and size * span >= LARGEST_SUM:
            _minimise_block(search, block)
            block, size, asked = [], 1, asked + 1
            if asked == look_at:
                look_at *= 2
                if not search.others(set()):
                    return  # one allocation is left: nothing more to ask
        block.append((coefficients, span))
        size *= span
    _minimise_block(search, block)


def _minimise_block(search: Search, block: list[tuple[dict[Literal, int], int]]) -> None:
    weight, merged = 1, dict[Literal, int]()
    for coefficients, span in reversed(block):
        for literal, a in coefficients.items():
            merged[literal] = merged.get(literal, 0) + weight * a
        weight *= span
    search.minimise_whole(merged)


def minimise_largest_first(search: Search, load: Callable[[int, int], Load]) -> None:
    """Leximin: the fewest units at the largest load, then at the next, and so on to the smallest."""
    at: dict[Load, dict[Literal, int]] = {}
    for i, (lo, hi) in enumerate(zip(search.lo, search.hi, strict=True)):
        for x in range(lo, hi + 1):
            level = at.setdefault(load(i, x), {})
            if x > lo:  # x = k exactly when "≥ k" holds and "≥ k+1" does not
                level[i, x] = level.get((i, x), 0) + 1
            if x < hi:
                level[i, x + 1] = level.get((i, x + 1), 0) - 1
    minimise_in_order(search, (at[level] for level in sorted(at, reverse=True)))
