"""Which moves survive the uncertainty of the need: the same rules, the same total, many draws of the need."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from workload.allocation.instance import Instance
from workload.allocation.rules import feasible_box
from workload.allocation.solver import Allocation, greedy
from workload.errors import RequestError

LOW, MEDIAN, HIGH = Fraction(1, 20), Fraction(1, 2), Fraction(19, 20)


@dataclass(frozen=True, slots=True)
class UnitStability:
    """How one unit fares over the draws. Quantiles are the smallest posts that at least that share of draws stays at
    or below: always a number of posts some draw really gave.
    """

    unit: str
    kept_share: Fraction  # draws that move it in the final direction by at least as much; for no move, not at all
    direction_share: Fraction  # draws that move it in the final direction, by however much; for no move, not at all
    minimum: Fraction  # posts, as the next four
    low: Fraction  # 5 %
    median: Fraction
    high: Fraction  # 95 %
    maximum: Fraction


@dataclass(frozen=True, slots=True)
class Stability:
    draws_n: int
    units: tuple[UnitStability, ...]  # (unit,)


def whole_minutes(need_draws_min: NDArray[np.float64]) -> list[tuple[int, ...]]:
    """(draw, unit) minutes a year from floats: the one place where draws of the need become integers.

    Raises RequestError where a draw is negative or no number.
    """
    minutes = np.rint(np.asarray(need_draws_min, dtype=np.float64))
    if minutes.ndim != 2 or not np.isfinite(minutes).all() or (minutes < 0).any():
        raise RequestError("allocation_bad_draws")
    return [tuple(int(n) for n in draw) for draw in minutes]


def stability(instance: Instance, need_draws: Sequence[Sequence[int]], final: Allocation) -> Stability:
    """How often each move of the final allocation is found again.

    Args:
        instance: the question `final` answers, with a current state.
        need_draws: (draw, unit) integers ≥ 0, in any one unit of workload (see `whole_minutes`).
        final: its solution.

    Raises:
        RequestError: no current state, no draws, or a draw that fits no unit or holds no need at all.
    """
    if instance.current is None:
        raise RequestError("allocation_stability_needs_current")
    if not need_draws:
        raise RequestError("allocation_bad_draws")
    box = feasible_box(instance)  # rules do not depend on the need
    answers = [greedy(replace(instance, need=tuple(draw)), box) for draw in need_draws]
    return Stability(
        draws_n=len(answers),
        units=tuple(
            _unit(unit, instance.step, current, final.steps[t], [steps[t] for steps in answers])
            for t, (unit, current) in enumerate(zip(instance.units, instance.current, strict=True))
        ),
    )


def _unit(unit: str, step: Fraction, current: Fraction, final: int, steps: list[int]) -> UnitStability:
    """One unit's line; `current` and `final` in steps, `steps` one number per draw."""
    final_change = final - current
    changes = [x - current for x in steps]
    same_direction = [change for change in changes if _sign(change) == _sign(final_change)]
    kept = [change for change in same_direction if abs(change) >= abs(final_change)]
    ordered = [x * step for x in sorted(steps)]
    return UnitStability(
        unit=unit,
        kept_share=Fraction(len(kept), len(steps)),
        direction_share=Fraction(len(same_direction), len(steps)),
        minimum=ordered[0],
        low=_quantile(ordered, LOW),
        median=_quantile(ordered, MEDIAN),
        high=_quantile(ordered, HIGH),
        maximum=ordered[-1],
    )


def _quantile(ordered: Sequence[Fraction], share: Fraction) -> Fraction:
    return ordered[max(ceil(share * len(ordered)), 1) - 1]


def _sign(change: Fraction) -> int:
    return (change > 0) - (change < 0)
