"""The question asked of the solver, in whole numbers: units or cells, and the resources that stay constant.

`to_instance` is the one door where need and posts become integers (scaled, never rounded); after it nothing is a float.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import lcm
from operator import index
from typing import NamedTuple, Protocol, runtime_checkable

from workload.allocation.figures import STEPS, decimal_text, exact_number, require_step, whole_steps
from workload.allocation.pools import Cell, Pool
from workload.allocation.sense import require_sense
from workload.units import posts_to_steps

__all__ = [
    "DEFAULT_LOT_SEED",
    "STEPS",
    "Bound",
    "Fairness",
    "Instance",
    "LinearRule",
    "Row",
    "Rule",
    "decimal_text",
    "require_step",
    "to_instance",
    "whole_steps",
]

DEFAULT_LOT_SEED = "workload"


class Fairness(StrEnum):
    """What rounding to whole steps minimises; x steps given, n need, q fair share in steps.

    Equivalences: Balinski & Young, "Fair Representation", 2nd ed. 2001, chap. 3 and appendix A.
    """

    LEAST_SQUARES = "least-squares"  # Σ (x−q)²/q             Webster, Sainte-Laguë
    LEAST_MAXIMUM = "least-maximum"  # leximin of n/x         Adams
    LEAST_ABSOLUTE = "least-absolute"  # Σ |x−q|, Σ (x−q)²    Hamilton, largest remainders
    GEOMETRIC = "geometric"  # Σ n²/x                         Huntington–Hill


class Bound(NamedTuple):
    """What one rule allows one unit, in steps; `hi` is None when the rule sets no ceiling."""

    lo: int = 0
    hi: int | None = None


class Rule(Protocol):
    """A rule that bounds each unit on its own; `name` is the code its sentence in the catalogue goes by."""

    @property
    def name(self) -> str: ...

    def bounds(self, instance: "Instance") -> tuple[Bound, ...]:
        """One bound per unit, in the order of `instance.units`."""
        ...


class Row(NamedTuple):
    """One linear condition over whole steps: lo ≤ Σ a·x ≤ hi, either side None when free."""

    label: str  # what it is about: a territory, a group of cells
    terms: tuple[tuple[int, int], ...]  # (unit index, a ≠ 0)
    lo: int | None
    hi: int | None
    per_step: int = 1  # what one step of shortfall is worth on this row


@runtime_checkable
class LinearRule(Rule, Protocol):
    """A rule about several units together."""

    def rows(self, instance: "Instance") -> tuple[Row, ...]: ...


@dataclass(frozen=True, slots=True)
class Instance:
    """Units that share constant resources: one total of posts, or several pools.

    Raises RequestError when the question makes no sense.
    """

    units: tuple[str, ...]  # (unit,) stable ids, all different
    need: tuple[int, ...]  # (unit,) workload in any one exact unit, ≥ 0; only proportions count
    current: tuple[Fraction, ...] | None  # (unit,) steps held today, fractional where someone works part of a step
    total_steps: int
    step: Fraction  # posts per step
    fairness: Fairness = Fairness.LEAST_SQUARES
    lot_seed: str = DEFAULT_LOT_SEED  # announced beforehand: it decides what nothing else does
    rules: tuple[Rule, ...] = ()
    cells: tuple[Cell, ...] = ()  # (unit,) coordinates, for rules about territories, missions, professions, sites
    pools: tuple[Pool, ...] = ()  # a partition of the units; empty: one pool of `total_steps`

    def __post_init__(self) -> None:
        # Python's integers only: numpy's overflow without a word, and index() lets no float pass.
        object.__setattr__(self, "need", tuple(map(index, self.need)))
        object.__setattr__(self, "total_steps", index(self.total_steps))
        require_sense(self)

    @property
    def all_pools(self) -> tuple[Pool, ...]:
        """The pools; without any declared, the one that holds every unit."""
        return self.pools or (Pool("", self.units, self.total_steps),)

    @property
    def quotas(self) -> tuple[Fraction, ...]:
        """(unit,) fair share in steps, before rounding, inside its pool: total × need / sum of needs.

        Under a payroll B with costs c: need × B / Σ c·need, the same posts for the same need whatever they cost.
        """
        need_of = dict(zip(self.units, self.need, strict=True))
        share: dict[str, Fraction] = {}
        for pool in self.all_pools:
            cost, total = pool.cost_per_post_euros, pool.total_steps
            if pool.payroll_euros is None:
                weighed = sum(need_of[unit] for unit in pool.units)
            else:
                weighed, total = sum(cost[unit] * need_of[unit] for unit in pool.units), pool.budget(self.step)
            share |= {unit: Fraction(total * need_of[unit], weighed or 1) for unit in pool.units}
        return tuple(share[unit] for unit in self.units)

    @property
    def comparable_need(self) -> tuple[Fraction, ...]:
        """(unit,) need rescaled so that every pool has the same need per step: q × Σ need / Σ q.

        With one pool this is the need itself. It makes loads of different pools comparable. A pool without posts
        keeps its need: nothing is decided there.
        """
        quotas = self.quotas
        scale = Fraction(sum(self.need)) / (sum(quotas) or 1)
        return tuple(q * scale if q else Fraction(n) for q, n in zip(quotas, self.need, strict=True))

    @property
    def fair_shares(self) -> tuple[Fraction, ...]:
        """(unit,) fair share in posts."""
        return tuple(quota * self.step for quota in self.quotas)


def to_instance(
    units: Sequence[str],
    need: Sequence[object],
    total: object,
    *,
    step: object = Fraction(1, 2),
    current: Sequence[object] | None = None,
    fairness: Fairness = Fairness.LEAST_SQUARES,
    lot_seed: str = DEFAULT_LOT_SEED,
    rules: tuple[Rule, ...] = (),
    cells: Sequence[Cell] = (),
    pools: Sequence[Pool] = (),
) -> Instance:
    """Whole numbers from need and posts as people write them; nothing is rounded.

    Args:
        units: stable ids, all different.
        need: (unit,) in one common unit, ints, Fractions, Decimals, text or floats (read as the decimals they show).
        total: posts to share out, a multiple of `step`.
        step: posts per step: 1, 1/2 or 1/10.
        current: (unit,) posts today, not necessarily multiples of `step`.
        fairness: see `Fairness`.
        lot_seed: see `Instance.lot_seed`.
        rules: see `workload.allocation.rules`; their parameters are in steps.
        cells: (unit,) coordinates, where rules need them.
        pools: see `workload.allocation.pools`; their totals add to `total`.

    Raises:
        RequestError: a figure that is no number or negative, no units, a unit twice, no need at all, a step that is
            none of the three, a total between two steps.
    """
    step_posts = require_step(exact_number(step, "step"))
    total_steps = whole_steps(exact_number(total, "total"), step_posts, "allocation_total_step")
    needs = [exact_number(value, "need") for value in need]
    scale = lcm(*(value.denominator for value in needs))
    return Instance(
        units=tuple(units),
        need=tuple(int(value * scale) for value in needs),
        current=None
        if current is None
        else tuple(posts_to_steps(exact_number(posts, "current"), step_posts) for posts in current),
        total_steps=total_steps,
        step=step_posts,
        fairness=fairness,
        lot_seed=lot_seed,
        rules=rules,
        cells=tuple(cells),
        pools=tuple(pools),
    )
