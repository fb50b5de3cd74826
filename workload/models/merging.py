"""Two indicators made one, so that the chain can be run again and the weights, needs and moves compared."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from workload.ingest.study_file import Domain, Mission

MAKES_ONE = " + "
"""Between the names of merged indicators."""


@dataclass(frozen=True, slots=True)
class MergeProposal:
    """Two indicators of one domain that the survey cannot tell apart."""

    domain: str
    kept: str
    absorbed: str
    nested: bool  # the kept one already counts the other's units
    correlation: float  # of the counts across areas
    rate: float  # units of the kept one that a unit of the other adds to the merged count; 0 when nested

    @property
    def indicator(self) -> str:
        return f"{self.kept}{MAKES_ONE}{self.absorbed}"


def merged(
    mission: Mission, counts: Mapping[str, pd.DataFrame], proposal: MergeProposal
) -> tuple[Mission, dict[str, pd.DataFrame]]:
    """The mission with one indicator in place of two, and every table of counts (place × indicator) with its column.

    Units of the merged indicator are units of the kept one: the experts' workload stays where it was, except that a
    nested pair goes by the wide count alone, at the minutes that keep the département's total.
    """
    kept, absorbed = proposal.kept, proposal.absorbed
    tables = {
        level: table.assign(**{proposal.indicator: table[kept] + proposal.rate * table[absorbed]})
        for level, table in counts.items()
    }
    domain = mission.domains[proposal.domain]
    weight, other = domain.indicators[kept], domain.indicators[absorbed]
    if proposal.nested and weight and other and weight.minutes and other.minutes:
        table = next(iter(counts.values()))
        units, narrow = float(table[kept].sum()), float(table[absorbed].sum())
        minutes = weight.minutes + other.minutes * narrow / units
        weight = weight.model_copy(update={"minutes": minutes})
    left = {i: w for i, w in domain.indicators.items() if i not in (kept, absorbed)}
    joined = Domain.model_construct(indicators={proposal.indicator: weight, **left})
    domains = {**mission.domains, proposal.domain: joined}
    return mission.model_copy(update={"domains": domains}), tables
