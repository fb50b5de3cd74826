"""Weights known only within bounds: the exact range of a fair share, without any distribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from workload.allocation.instance import Instance
from workload.errors import RequestError

Deviation = Fraction | Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class WeightBox:
    """Factors by which each component's weight may be off, each on its own: 4/5 to 6/5 for ±20 %."""

    components: tuple[str, ...]
    low: tuple[Fraction, ...]  # (component,) > 0
    high: tuple[Fraction, ...]  # (component,) ≥ low


@dataclass(frozen=True, slots=True)
class ShareBounds:
    """The least and the largest fair share of a unit, in posts, and the factors on the weights that bring them."""

    unit: str
    low: Fraction
    high: Fraction
    factors_low: tuple[Fraction, ...]  # (component,)
    factors_high: tuple[Fraction, ...]  # (component,)


def weight_box(components: Sequence[str], deviation: Deviation) -> WeightBox:
    """Every weight off by at most ±deviation, one for all or one by component (none where it is not said).

    Raises RequestError unless 0 ≤ deviation < 1.
    """
    each = [deviation.get(c, Fraction(0)) if isinstance(deviation, Mapping) else deviation for c in components]
    for component, off in zip(components, each, strict=True):
        if not 0 <= off < 1:
            raise RequestError("plan_deviation", component=component, deviation=off)
    return WeightBox(tuple(components), tuple(1 - Fraction(d) for d in each), tuple(1 + Fraction(d) for d in each))


def share_bounds(
    instance: Instance, components: Mapping[str, Sequence[int]], deviation: Deviation
) -> tuple[ShareBounds, ...]:
    """(unit,) exact bounds of each fair share when the weights are off independently.

    Args:
        instance: the question.
        components: id → (unit,) integers ≥ 0 in the unit of `instance.need`; they add to it.
        deviation: see `weight_box`.

    Raises:
        RequestError: a deviation out of range, components that are not the need, or one that takes away.
    """
    box = weight_box(tuple(components), deviation)
    table = component_table(instance, components)
    all_need = [sum(column) for column in zip(*table, strict=True)]
    posts = instance.total_steps * instance.step
    found = []
    for unit, row in zip(instance.units, table, strict=True):
        factors_low, low = least_ratio(row, all_need, box)
        factors_high, high = least_ratio([-n for n in row], all_need, box)
        found.append(ShareBounds(unit, low * posts, -high * posts, factors_low, factors_high))
    return tuple(found)


def component_table(instance: Instance, components: Mapping[str, Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """(unit, component) needs; RequestError unless they are ≥ 0 and add to the need."""
    table = tuple(tuple(int(column[t]) for column in components.values()) for t in range(len(instance.units)))
    for unit, row, need in zip(instance.units, table, instance.need, strict=True):
        if sum(row) != need:
            raise RequestError("allocation_components_differ", unit=unit)
        if min(row) < 0:
            raise RequestError("plan_component_takes_away", unit=unit)
    return table


def least_ratio(
    numerator: Sequence[int], denominator: Sequence[int], box: WeightBox
) -> tuple[tuple[Fraction, ...], Fraction]:
    """The factors w in the box for which Σ w·numerator / Σ w·denominator is least, and that ratio, exact.

    The optimum is at a vertex where components are low or high by which side of the ratio theirs is on; Dinkelbach,
    "On nonlinear fractional programming", 1967, finds it by Newton steps. The denominator must stay positive.
    """
    factors = box.low
    while True:
        ratio = _dot(factors, numerator) / _dot(factors, denominator)
        better = tuple(
            low if n - ratio * d > 0 else high
            for n, d, low, high in zip(numerator, denominator, box.low, box.high, strict=True)
        )
        if _dot(better, numerator) / _dot(better, denominator) == ratio:
            return factors, ratio
        factors = better


def order_bounds(
    instance: Instance, counts: Mapping[str, Sequence[int]], order: Sequence[str]
) -> tuple[tuple[str, Fraction, Fraction], ...]:
    """(unit, least, largest) fair share in posts when of the weights only their order is known; for information.

    Weights w₁ ≥ w₂ ≥ … ≥ 0 are sums of (1, …, 1, 0, …, 0); a ratio of two linear forms is extreme at one of these.

    Args:
        instance: for its units and total.
        counts: id → (unit,) counts ≥ 0, not weighted.
        order: ids from the heaviest weight to the lightest.
    """
    if sorted(order) != sorted(counts):
        raise RequestError("plan_order_differs")
    posts = instance.total_steps * instance.step
    prefixes = [list(accumulate(counts[c][t] for c in order)) for t in range(len(instance.units))]
    totals = [sum(column) for column in zip(*prefixes, strict=True)]
    found = []
    for unit, row in zip(instance.units, prefixes, strict=True):
        ratios = [Fraction(n, total) for n, total in zip(row, totals, strict=True) if total]
        if not ratios:
            raise RequestError("allocation_no_need")
        found.append((unit, min(ratios) * posts, max(ratios) * posts))
    return tuple(found)


def _dot(factors: Sequence[Fraction], values: Sequence[int]) -> Fraction:
    return sum((w * v for w, v in zip(factors, values, strict=True)), Fraction(0))
