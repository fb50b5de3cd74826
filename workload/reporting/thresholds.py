"""How far a number would have to change for a territory to have other posts: "il suffirait que…"."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from workload.allocation.justify import LedgerRow, RowKind
from workload.allocation.margin import NEED, Counterfactual
from workload.catalogue import number, signed
from workload.pipeline import MissionResult, RunResult
from workload.reporting.moves import Move
from workload.reporting.wording import NO_BREAK, about, cause_label, counted, domain_label, words

SMALL = 0.001  # a relative change shown with one more decimal


@dataclass(frozen=True, slots=True)
class ThresholdLine:
    label: str
    domain: str
    today: str
    target: str
    relative: str
    whole: str  # what would explain all of today's posts; empty where none leave


def nearest(rows: Sequence[Counterfactual]) -> list[Counterfactual]:
    """Counted indicators that can change the answer, the smallest relative change first."""
    found = [(abs(row.change_relative), row) for row in rows if row.component != NEED and row.change_relative]
    return [row for _, row in sorted(found, key=lambda pair: pair[0])]


def threshold_label(result: RunResult, mission: MissionResult, component: str) -> str:
    return cause_label(result, mission, LedgerRow(component, RowKind.INDICATOR, Fraction(0)))


def count_text(n: Fraction) -> str:
    return number(float(n), 0 if n.denominator == 1 or n >= 100 else 1)


def signed_percent(relative: float) -> str:
    return f"{signed(100 * relative, 1 if abs(relative) >= SMALL else 2)}{NO_BREAK}%"


def count_explaining(mission: MissionResult, t: int, row: Counterfactual) -> Fraction | None:
    """The count at which today's posts would be the fair share, every other need as it is (`SupplyLevel`); None where
    none would.
    """
    brought = mission.estimate.ledger[row.component][t]
    share = mission.checks.supply[t].cancelling_share if mission.checks.supply else None
    if share is None or not brought:
        return None
    count = ceil(row.from_count * (1 + Fraction(share) * mission.instance.need[t] / brought))
    return Fraction(count) if count >= 0 else None


def threshold_line(result: RunResult, mission: MissionResult, move: Move, t: int, row: Counterfactual) -> ThresholdLine:
    assert row.to_count is not None
    assert row.change_relative is not None
    whole = count_explaining(mission, t, row) if move.change < 0 else None
    return ThresholdLine(
        threshold_label(result, mission, row.component),
        domain_label(result, row.component),
        count_text(row.from_count),
        count_text(row.to_count),
        signed_percent(float(row.change_relative)),
        "" if whole is None else count_text(whole),
    )


def question(mission: MissionResult, move: Move, rows: Sequence[Counterfactual], *, found: bool) -> str:
    target = float(rows[0].steps * mission.instance.step) if rows else move.final
    key = ("keep" if move.change < 0 else "more" if target > move.final else "fewer") if found else "none"
    posts = {"target": counted(target, "post"), "final": counted(move.final, "post")}
    return words(f"reasons.{key}", territory=move.name, **posts)


def need_line(move: Move, rows: Sequence[Counterfactual]) -> str:
    row = next((row for row in rows if row.component == NEED), None)
    if row is None or row.change_relative is None:
        return words("reasons.need_none")
    relative = float(row.change_relative)
    before, after = about(move.need_fte, 2), about(move.need_fte * (1 + relative), 2)
    return words("reasons.need", before=before, after=after, relative=signed_percent(relative))
