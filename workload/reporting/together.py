"""All missions of a territory together: today, fair shares and proposed posts, and where a sum reverses its parts."""

from dataclasses import dataclass
from fractions import Fraction

from workload.allocation.pool_sum import TerritorySum, sum_of_pools
from workload.catalogue import number, posts_text
from workload.pipeline import RunResult
from workload.reporting.wording import about, change_figure, words


@dataclass(frozen=True, slots=True)
class SumRow:
    territory: str
    missions: tuple[str, ...]  # today → proposed, mission by mission
    current: str
    fair: str
    final: str
    change: str


@dataclass(frozen=True, slots=True)
class TogetherSection:
    missions: tuple[str, ...]
    rows: tuple[SumRow, ...]
    total: SumRow
    reverses: tuple[str, ...]


def together_section(result: RunResult) -> TogetherSection | None:
    """None where the study has one mission."""
    if len(result.missions) < 2:
        return None
    sums = sum_of_pools({m.id: (m.instance, m.justification) for m in result.missions.values()})
    current = sum((found.current for found in sums), Fraction(0))
    fair = sum((found.fair_share for found in sums), Fraction(0))
    final = sum((found.final for found in sums), Fraction(0))
    return TogetherSection(
        tuple(mission.name for mission in result.missions.values()),
        tuple(_row(result, found) for found in sums),
        SumRow(words("posts.total"), tuple("" for _ in result.missions), *_figures(current, fair, final)),
        tuple(_reverses(result, found) for found in sums if found.reverses),
    )


def _row(result: RunResult, found: TerritorySum) -> SumRow:
    return SumRow(
        result.territory_names[found.territory],
        tuple(
            words("path.arrow", before=posts_text(float(p.current)), after=posts_text(float(p.final)))
            for p in found.pools
        ),
        *_figures(found.current, found.fair_share, found.final),
    )


def _figures(current: Fraction, fair: Fraction, final: Fraction) -> tuple[str, str, str, str]:
    return (
        posts_text(float(current)),
        number(float(fair), 2),
        posts_text(float(final)),
        change_figure(float(final - current)),
    )


def _reverses(result: RunResult, found: TerritorySum) -> str:
    key = "reverses_above" if found.current < found.one_pool_fair_share else "reverses_below"
    share = about(float(found.one_pool_fair_share), 2)
    return words(f"together.{key}", territory=result.territory_names[found.territory], share=share)
