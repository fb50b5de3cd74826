"""Which moves survive the uncertainty of the need: the same rules, the same total, many draws of the need."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from workload.allocation.exchange import rebalance
from workload.allocation.instance import Instance
from workload.allocation.rules import feasible_box
from workload.allocation.solver import Allocation
from workload.errors import RequestError

CONFIDENCE = Fraction(9, 10)  # the interval shown unless another is asked for: 5 % to 95 % of the draws
MEDIAN = Fraction(1, 2)


class Support(StrEnum):
    """Whether the draws support a move."""

    NO_MOVE = "no_move"
    SUPPORTED = "supported"
    INTERVAL_HOLDS_ZERO = "interval_holds_zero"  # fair share − current may as well be nothing or the other way
    SELDOM_KEPT = "seldom_kept"  # too few draws move it as far
    AGAINST_NEED = "against_need"  # a rule or a decision moves it away from its fair share


@dataclass(frozen=True, slots=True)
class UnitStability:
    """How one unit fares over the draws. Quantiles are the smallest posts that at least that share of draws stays at
    or below: always a number of posts some draw really gave.
    """

    unit: str
    current: Fraction  # posts
    final: Fraction  # posts
    kept_share: Fraction  # draws that move it in the final direction by at least as much; for no move, not at all
    direction_share: Fraction  # draws that move it in the final direction, by however much; for no move, not at all
    minimum: Fraction  # posts, as the next four
    low: Fraction  # (1 − confidence) / 2
    median: Fraction
    high: Fraction  # (1 + confidence) / 2
    maximum: Fraction
    fair_share_low: Fraction  # posts before rounding and rules; (1 − confidence) / 2 of the draws lie on either side
    fair_share_high: Fraction
    distribution: tuple[tuple[Fraction, Fraction], ...]  # (posts, share of draws), posts rising, shares adding to 1

    def support(self, kept_threshold: Fraction) -> Support:
        """Whether the draws support the move: the interval of fair share − current leaves zero out, and at least
        `kept_threshold` of the draws move the unit the same way by at least as much.
        """
        if self.final == self.current:
            return Support.NO_MOVE
        if self.fair_share_low <= self.current <= self.fair_share_high:
            return Support.INTERVAL_HOLDS_ZERO
        if (self.fair_share_low > self.current) != (self.final > self.current):
            return Support.AGAINST_NEED
        return Support.SUPPORTED if self.kept_share >= kept_threshold else Support.SELDOM_KEPT


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


def stability(
    instance: Instance, need_draws: Sequence[Sequence[int]], final: Allocation, *, confidence: Fraction = CONFIDENCE
) -> Stability:
    """How often each move of the final allocation is found again.

    Args:
        instance: the question `final` answers, with a current state.
        need_draws: (draw, unit) integers ≥ 0, in any one unit of workload (see `whole_minutes`).
        final: its solution.
        confidence: share of the draws between `low` and `high`, and between the fair shares' bounds.

    Raises:
        RequestError: no current state, no draws, or a draw that fits no unit or holds no need at all.
    """
    if instance.current is None:
        raise RequestError("allocation_stability_needs_current")
    if not need_draws:
        raise RequestError("allocation_bad_draws")
    box = feasible_box(instance)  # rules do not depend on the need
    drawn = [replace(instance, need=tuple(draw)) for draw in need_draws]
    answers = [rebalance(one, box, final.steps) for one in drawn]
    units = (_unit(t, final.steps[t], drawn, [answer[t] for answer in answers], confidence) for t in range(len(box.lo)))
    return Stability(len(answers), tuple(units))


def _unit(t: int, final: int, drawn: Sequence[Instance], steps: Sequence[int], confidence: Fraction) -> UnitStability:
    """Unit t over the draws: `drawn` the question each asks, `steps` what it gives the unit."""
    step, current = drawn[0].step, (drawn[0].current or ())[t]
    low, high = (1 - confidence) / 2, (1 + confidence) / 2
    kept, direction = _shares_kept(current, final, steps)
    ordered = sorted(steps)
    # Ordered as floats, then the two draws that count are taken exactly; as many left out below as above.
    by_share = sorted(range(len(drawn)), key=lambda i: drawn[i].need[t] / sum(drawn[i].need))
    at_low, at_high = _quantile(by_share, low), _quantile(by_share[::-1], low)
    return UnitStability(
        unit=drawn[0].units[t],
        current=current * step,
        final=final * step,
        kept_share=kept,
        direction_share=direction,
        minimum=ordered[0] * step,
        low=_quantile(ordered, low) * step,
        median=_quantile(ordered, MEDIAN) * step,
        high=_quantile(ordered, high) * step,
        maximum=ordered[-1] * step,
        fair_share_low=drawn[at_low].fair_shares[t],
        fair_share_high=drawn[at_high].fair_shares[t],
        distribution=tuple((x * step, Fraction(n, len(steps))) for x, n in sorted(Counter(steps).items())),
    )


def _shares_kept(current: Fraction, final: int, steps: Sequence[int]) -> tuple[Fraction, Fraction]:
    """Shares of the draws that keep the move, and its direction; all in steps."""
    final_change = final - current
    changes = [x - current for x in steps]
    same_direction = [change for change in changes if _sign(change) == _sign(final_change)]
    kept = [change for change in same_direction if abs(change) >= abs(final_change)]
    return Fraction(len(kept), len(steps)), Fraction(len(same_direction), len(steps))


def _quantile(ordered: Sequence[int], share: Fraction) -> int:
    return ordered[max(ceil(share * len(ordered)), 1) - 1]


def _sign(change: Fraction) -> int:
    return (change > 0) - (change < 0)
