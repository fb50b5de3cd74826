"""Two runs side by side, mission by mission: last year's study and this year's."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from workload.allocation.compare import Run, UnitComparison, compare
from workload.pipeline.estimation import INDIVIDUAL
from workload.pipeline.results import MissionResult, RunResult
from workload.units import exact

COUNT_DECIMALS = 6  # of counts and distances, more than any is known to


@dataclass(frozen=True, slots=True)
class MissionComparison:
    """One mission of two runs."""

    id: str
    name: str
    territory_names: Mapping[str, str]
    units: tuple[UnitComparison, ...]  # (T,) none where only one run has the mission
    only_in: str | None  # "first" or "second"; None when both have it


def compare_runs(first: RunResult, second: RunResult) -> tuple[MissionComparison, ...]:
    """(mission,) in the order of the second run, then those that only the first has.

    Raises RequestError when a mission's territories or steps are not the same.
    """
    names = {**first.territory_names, **second.territory_names}
    found = []
    for id, of in {**second.missions, **first.missions}.items():
        earlier, later = first.missions.get(id), second.missions.get(id)
        if earlier is None or later is None:
            found.append(MissionComparison(id, of.name, names, (), "second" if earlier is None else "first"))
        else:
            units = compare(_run_of(earlier), _run_of(later))
            found.append(MissionComparison(id, later.name, names, units, None))
    return tuple(found)


def _run_of(mission: MissionResult) -> Run:
    """Counts and their weights, in the unit of the need: what a component brings is its count times one figure."""
    estimate, ledger = mission.estimate, mission.estimate.ledger
    counts: dict[str, tuple[Fraction, ...]] = {}
    weights: dict[str, Fraction] = {}
    for k, component in enumerate(estimate.components):
        column = tuple(exact(round(float(n), COUNT_DECIMALS)) for n in estimate.units[:, k])
        counts[component.id] = column
        counted = sum(column, Fraction(0))
        weights[component.id] = sum(ledger[component.id]) / counted if counted else Fraction(0)
    own = ledger.get(INDIVIDUAL, [0] * len(mission.instance.units))  # minutes already; none is a count of zero
    counts[INDIVIDUAL], weights[INDIVIDUAL] = tuple(map(Fraction, own)), Fraction(1)
    return Run(mission.instance, counts, weights)
