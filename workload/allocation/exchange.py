"""The same optimum reached from a neighbouring allocation: what makes thousands of nearly equal questions cheap."""

from collections.abc import Sequence

from workload.allocation.instance import Instance
from workload.allocation.objective import increment_key
from workload.allocation.problem import is_one_box
from workload.allocation.rules import Box
from workload.allocation.solver import greedy


def rebalance(instance: Instance, box: Box, start: Sequence[int]) -> tuple[int, ...]:
    """(unit,) steps: the allocation `solver.greedy` finds, by exchanges from `start`; O(units) per exchange.

    The optimum is the set of smallest increments (see `solver`). While the largest one taken exceeds the smallest one
    refused, the first is not in that set and the second is: exchanging them can only come closer, and ends there.

    Args:
        instance: the question.
        box: its `feasible_box`.
        start: (unit,) steps inside the box that add to the total.

    With pools or rules about groups there is no such short way: `greedy` then answers.
    """
    if not is_one_box(instance):
        return greedy(instance)
    lo, hi = box
    key = increment_key(instance)
    steps = list(start)
    taken = {t: key(t, x - 1) for t, x in enumerate(steps) if x > lo[t]}
    refused = {t: key(t, x) for t, x in enumerate(steps) if x < hi[t]}
    while taken and refused:
        giver, taker = max(taken, key=taken.__getitem__), min(refused, key=refused.__getitem__)
        if taken[giver] <= refused[taker]:
            break
        refused[giver], taken[taker] = taken.pop(giver), refused.pop(taker)
        steps[giver] -= 1
        steps[taker] += 1
        if steps[giver] > lo[giver]:
            taken[giver] = key(giver, steps[giver] - 1)
        if steps[taker] < hi[taker]:
            refused[taker] = key(taker, steps[taker])
    return tuple(steps)
