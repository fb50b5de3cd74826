"""Posts held against posts fitted: what stands above or below what the declared indicators explain.

A territory's unmeasured need looks like supply, so nothing here says that a territory has too many posts: it says how
many the declared indicators do not explain, and how much need outside them would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from workload.models.need import Need
from workload.models.ratio import Floats

Standing: TypeAlias = Literal["above", "below", "as_declared", "unknown"]


@dataclass(frozen=True, slots=True)
class SupplyLevel:
    """One territory at the common level. Relative figures are None where the fit gives it no need."""

    territory: str
    posts_fte: float
    fair_fte: float
    gap_fte: float  # posts less fair share
    gap_low: float
    gap_high: float
    relative: float | None  # gap over fair share
    relative_low: float | None
    relative_high: float | None
    standing: Standing  # against what the declared indicators explain; as_declared where the interval holds zero
    cancelling_fte: float | None  # need outside the indicators that would make today's posts the fair share
    cancelling_share: float | None  # the same over the territory's need


@dataclass(frozen=True, slots=True)
class LineGap:
    """One territory's fair share on all indicators and on the external ones only."""

    territory: str
    all_fte: float
    external_fte: float

    @property
    def gap_fte(self) -> float:
        return self.external_fte - self.all_fte


def supply_levels(need: Need, posts_fte: Sequence[float], confidence: float) -> tuple[SupplyLevel, ...]:
    """posts_fte: (T,) posts held today, in the order of the need."""
    held = np.asarray(posts_fte, dtype="float64")
    total, needed = float(held.sum()), float(need.need_fte.sum())
    if total <= 0 or needed <= 0:
        return ()
    fair, draws = need.need_fte / needed * total, need.need_draws_fte / needed * total
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(draws, tails, axis=0)
    return tuple(
        _level(str(t), float(held[k]), float(fair[k]), float(low[k]), float(high[k]), total)
        for k, t in enumerate(need.territories)
    )


def _level(territory: str, held: float, fair: float, low: float, high: float, total: float) -> SupplyLevel:
    known, gap = fair > 0, held - fair
    standing: Standing = "above" if held > high else "below" if held < low else "as_declared"
    cancelling = cancelling_need_fte(held, fair, total)
    return SupplyLevel(
        territory,
        held,
        fair,
        gap,
        held - high,
        held - low,
        gap / fair if known else None,
        held / high - 1 if known and high > 0 else None,
        held / low - 1 if known and low > 0 else None,
        standing if known else "unknown",
        cancelling,
        cancelling / fair if known and cancelling is not None else None,
    )


def cancelling_need_fte(posts: float, fair_share: float, total: float) -> float | None:
    """Need outside the declared indicators that would make today's posts the fair share; negative for less need.

    With total P and all need equal to it, P (n + δ) / (P + δ) = r gives δ = P (r − n) / (P − r). None where the
    territory holds every post.
    """
    return None if total <= posts else total * (posts - fair_share) / (total - posts)


def compare_lines(every: Need, external: Need, total_fte: float) -> tuple[LineGap, ...]:
    """Fair shares of the same total on all indicators and on external ones: what indicators that follow supply move."""
    shares = [_shares(need) * total_fte for need in (every, external)]
    first, other = (dict(zip(n.territories, s, strict=True)) for n, s in zip((every, external), shares, strict=True))
    return tuple(LineGap(t, float(first[t]), float(other[t])) for t in every.territories)


def _shares(need: Need) -> Floats:
    total = need.need_fte.sum()
    return np.asarray(need.need_fte / total if total > 0 else need.need_fte, dtype="float64")
