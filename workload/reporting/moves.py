"""Posts before and after, one line per territory: what every table, figure and sentence of the report starts from."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from workload.allocation.justify import LedgerRow, RowKind, UnitLedger
from workload.pipeline import MissionResult, RunResult


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
    supported: bool  # by the data; a territory without change is

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
    threshold = result.parameters["kept_in_draws_threshold"].value
    found = []
    for t, ledger in enumerate(mission.justification.ledgers):
        need, stable = mission.need, mission.stability.units[t]
        low, high = float(need.need_low[t]), float(need.need_high[t])
        doubtful = stable.kept_share < threshold or low <= ledger.current <= high
        found.append(
            Move(
                ledger.unit,
                result.territory_names[ledger.unit],
                ledger,
                float(need.need_fte[t]),
                low,
                high,
                stable.kept_share,
                stable.low,
                stable.high,
                ledger.change == 0 or not doubtful,
            )
        )
    return tuple(found)


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


def cancelling_need(move: Move, total: float) -> float | None:
    """Need outside the declared indicators that would make today's posts the fair share; negative for less need.

    With total P and all need equal to it, P (n + δ) / (P + δ) = r gives δ = P (r − n) / (P − r).
    """
    return None if total <= move.current else total * (move.current - move.fair_share) / (total - move.current)
