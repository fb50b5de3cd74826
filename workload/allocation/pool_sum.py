"""Ledgers of several pools side by side, and their sum by territory."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from workload.allocation.instance import Instance
from workload.allocation.justify import Justification, LedgerRow, RowKind


@dataclass(frozen=True, slots=True)
class PoolChange:
    """One territory in one pool, in posts."""

    pool: str
    current: Fraction
    fair_share: Fraction
    final: Fraction


@dataclass(frozen=True, slots=True)
class TerritorySum:
    """One territory over all pools; every sum is exact, and each pool keeps its own ledger.

    A territory can be above its fair share in each pool and below it in all together (Simpson's paradox), because
    pools differ in how many posts they hold for the same need.
    """

    territory: str
    pools: tuple[PoolChange, ...]
    rows: tuple[LedgerRow, ...]  # summed by kind and cause over the pools; they add to final − current
    one_pool_fair_share: Fraction  # posts, were all posts one pool

    @property
    def current(self) -> Fraction:
        return sum((pool.current for pool in self.pools), Fraction(0))

    @property
    def fair_share(self) -> Fraction:
        return sum((pool.fair_share for pool in self.pools), Fraction(0))

    @property
    def final(self) -> Fraction:
        return sum((pool.final for pool in self.pools), Fraction(0))

    @property
    def reverses(self) -> bool:
        """Above its fair share in every pool but below the one it would have in one pool, or the other way round."""
        gaps = [pool.current - pool.fair_share for pool in self.pools]
        together = self.current - self.one_pool_fair_share
        return bool(gaps) and ((min(gaps) > 0 > together) or (max(gaps) < 0 < together))


def sum_of_pools(pools: Mapping[str, tuple[Instance, Justification]]) -> tuple[TerritorySum, ...]:
    """(territory,) the ledgers of several pools side by side and their sum.

    Args:
        pools: id → the instance and its ledger; units are territories, needs of all pools are in one common unit.
    """
    all_posts = sum((i.total_steps * i.step for i, _ in pools.values()), Fraction(0))
    all_need = sum(sum(i.need) for i, _ in pools.values())
    need: dict[str, int] = {}
    changes: dict[str, list[PoolChange]] = {}
    rows: dict[str, dict[tuple[RowKind, str], Fraction]] = {}
    for name, (instance, justification) in pools.items():
        for n, ledger in zip(instance.need, justification.ledgers, strict=True):
            need[ledger.unit] = need.get(ledger.unit, 0) + n
            change = PoolChange(name, ledger.current, ledger.fair_share, ledger.final)
            changes.setdefault(ledger.unit, []).append(change)
            summed = rows.setdefault(ledger.unit, {})
            for row in ledger.rows:
                summed[row.kind, row.cause] = summed.get((row.kind, row.cause), Fraction(0)) + row.posts
    order = list(RowKind)
    return tuple(
        TerritorySum(
            territory,
            tuple(changes[territory]),
            tuple(
                LedgerRow(cause, kind, posts)
                for (kind, cause), posts in sorted(rows[territory].items(), key=lambda item: order.index(item[0][0]))
            ),
            all_posts * n / all_need,
        )
        for territory, n in need.items()
    )
