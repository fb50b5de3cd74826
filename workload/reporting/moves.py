"""Posts before and after, one line per territory: what every table, figure and sentence of the report starts from."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from workload.allocation.justify import LedgerRow, RowKind, UnitLedger
from workload.allocation.stability import Support, UnitStability
from workload.pipeline import MissionResult, RunResult
from workload.units import exact


@dataclass(frozen=True, slots=True)
class Move:
    """One territory of one mission."""

    territory: str
    name: str
    ledger: UnitLedger
    need_fte: float
    need_low: float
    need_high: float
    kept_share: Fraction  # draws that find the move again
    low: Fraction  # posts, 5 % of draws at or below
    high: Fraction
    support: Support

    @property
    def supported(self) -> bool:
        """By the data; a territory without change is."""
        return self.support in (Support.SUPPORTED, Support.NO_MOVE)

    @property
    def current(self) -> float:
        return float(self.ledger.current)

    @property
    def final(self) -> float:
        return float(self.ledger.final)

    @property
    def fair_share(self) -> float:
        return float(self.ledger.fair_share)

    @property
    def change(self) -> float:
        return float(self.ledger.change)

    @property
    def pressure_before(self) -> float | None:
        return self.need_fte / self.current if self.current else None

    @property
    def pressure_after(self) -> float | None:
        return self.need_fte / self.final if self.final else None


@dataclass(frozen=True, slots=True)
class Total:
    current: float
    final: float
    need_fte: float
    moved: float  # posts that go from one territory to another


def moves_of(result: RunResult, mission: MissionResult) -> tuple[Move, ...]:
    """Every territory in the order of the result."""
    threshold = exact(result.parameters["kept_in_draws_threshold"].value)
    found = []
    for t, ledger in enumerate(mission.justification.ledgers):
        need, stable = mission.need, mission.stability.units[t]
        found.append(
            Move(
                ledger.unit,
                result.territory_names[ledger.unit],
                ledger,
                float(need.need_fte[t]),
                float(need.need_low[t]),
                float(need.need_high[t]),
                stable.kept_share,
                stable.low,
                stable.high,
                _support(stable, float(need.need_low[t]), float(need.need_high[t]), threshold),
            )
        )
    return tuple(found)


def _support(stable: UnitStability, low: float, high: float, kept_threshold: Fraction) -> Support:
    """As `UnitStability.support`, by the interval that the report shows beside the fair share."""
    if stable.final == stable.current:
        return Support.NO_MOVE
    if low <= stable.current <= high:
        return Support.INTERVAL_HOLDS_ZERO
    if (low > stable.current) != (stable.final > stable.current):
        return Support.AGAINST_NEED
    return Support.SUPPORTED if stable.kept_share >= kept_threshold else Support.SELDOM_KEPT


def total_of(moves: Sequence[Move]) -> Total:
    return Total(
        float(sum((m.ledger.current for m in moves), Fraction(0))),
        float(sum((m.ledger.final for m in moves), Fraction(0))),
        sum(m.need_fte for m in moves),
        float(sum((abs(m.ledger.change) for m in moves), Fraction(0)) / 2),
    )


def by_domain(ledger: UnitLedger) -> dict[str, Fraction]:
    """Posts by domain, indicator rows added up; the domains in the order of the ledger."""
    found: dict[str, Fraction] = {}
    for row in ledger.rows:
        if row.kind is RowKind.INDICATOR:
            domain = row.cause.split("@", 1)[1]
            found[domain] = found.get(domain, Fraction(0)) + row.posts
    return found


def rows_of(ledger: UnitLedger, kind: RowKind) -> tuple[LedgerRow, ...]:
    return tuple(row for row in ledger.rows if row.kind is kind)
