"""The question asked of the solver, in whole numbers: one mission, its units, a constant total of posts.

`to_instance` is the one door where need and posts become integers (scaled, never rounded); after it nothing is a float.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import lcm
from operator import index
from typing import NamedTuple, Protocol

from workload.errors import RequestError
from workload.units import exact, posts_to_steps

STEPS = (Fraction(1), Fraction(1, 2), Fraction(1, 10))  # posts per step: whole, half, tenth of a post
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


@dataclass(frozen=True, slots=True)
class Instance:
    """One pool: a mission whose total of posts is constant. Raises RequestError when the question makes no sense."""

    units: tuple[str, ...]  # (unit,) stable ids, all different
    need: tuple[int, ...]  # (unit,) workload in any one exact unit, ≥ 0; only proportions count
    current: tuple[Fraction, ...] | None  # (unit,) steps held today, fractional where someone works part of a step
    total_steps: int
    step: Fraction  # posts per step
    fairness: Fairness = Fairness.LEAST_SQUARES
    lot_seed: str = DEFAULT_LOT_SEED  # announced beforehand: it decides what nothing else does
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        # Python's integers only: numpy's overflow without a word, and index() lets no float pass.
        object.__setattr__(self, "need", tuple(map(index, self.need)))
        object.__setattr__(self, "total_steps", index(self.total_steps))
        n = len(self.units)
        if n == 0:
            raise RequestError("allocation_no_units")
        if len(self.need) != n or (self.current is not None and len(self.current) != n):
            raise RequestError("allocation_lengths_differ", units=n)
        if len(set(self.units)) != n:
            raise RequestError("allocation_duplicate_unit", unit=_first_repeated(self.units))
        if self.step <= 0:
            raise RequestError("allocation_step", step=decimal_text(self.step))
        if self.total_steps < 0:
            raise RequestError("allocation_negative_total", total=decimal_text(self.total_steps * self.step))
        for unit, need in zip(self.units, self.need, strict=True):
            if need < 0:
                raise RequestError("allocation_negative_need", unit=unit, need=need)
        for unit, steps in zip(self.units, self.current or (), strict=False):
            if steps < 0:
                raise RequestError("allocation_negative_current", unit=unit, current=decimal_text(steps * self.step))
        if sum(self.need) == 0:
            raise RequestError("allocation_no_need")

    @property
    def quotas(self) -> tuple[Fraction, ...]:
        """(unit,) fair share in steps, before rounding: total × need / sum of needs."""
        all_need = sum(self.need)
        return tuple(Fraction(self.total_steps * need, all_need) for need in self.need)

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

    Raises:
        RequestError: a figure that is no number or negative, no units, a unit twice, no need at all, a step that is
            none of the three, a total between two steps.
    """
    step_posts = require_step(_number(step, "step"))
    total_steps = whole_steps(_number(total, "total"), step_posts, "allocation_total_step")
    needs = [_number(value, "need") for value in need]
    scale = lcm(*(value.denominator for value in needs))
    return Instance(
        units=tuple(units),
        need=tuple(int(value * scale) for value in needs),
        current=None
        if current is None
        else tuple(posts_to_steps(_number(posts, "current"), step_posts) for posts in current),
        total_steps=total_steps,
        step=step_posts,
        fairness=fairness,
        lot_seed=lot_seed,
        rules=rules,
    )


def require_step(step: Fraction) -> Fraction:
    """The step itself when posts may be shared out in it, else RequestError."""
    if step not in STEPS:
        raise RequestError("allocation_step", step=decimal_text(step))
    return step


def whole_steps(posts: Fraction, step: Fraction, code: str) -> int:
    """Posts as a whole number of steps, or RequestError(code): half a post cannot be shared out in whole ones."""
    steps = posts_to_steps(posts, step)
    if steps.denominator != 1:
        raise RequestError(code, posts=decimal_text(posts), step=decimal_text(step))
    return int(steps)


def decimal_text(value: Fraction | int, places: int = 15) -> str:
    """A number for a message or a file: rounded to so many places, never a float, no idle zeros: 12, -0.5."""
    digits = round(Fraction(value) * 10**places)
    whole, rest = divmod(abs(digits), 10**places)
    figure = f"{whole}.{rest:0{places}d}".rstrip("0").rstrip(".")
    return f"-{figure}" if digits < 0 else figure


def _number(value: object, what: str) -> Fraction:
    try:
        # numpy's float64 is a float whose repr is no number; float() gives the plain one.
        return exact(float(value) if isinstance(value, float) else value)
    except (ValueError, ZeroDivisionError) as error:
        raise RequestError("allocation_not_a_number", what=what, value=value) from error


def _first_repeated(units: Sequence[str]) -> str:
    seen: set[str] = set()
    return next(unit for unit in units if unit in seen or seen.add(unit))  # type: ignore[func-returns-value]
