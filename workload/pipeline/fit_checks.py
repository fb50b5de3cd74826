"""How far the fit of one mission holds: every diagnostic, and the allocation under each other reading of the data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workload.errors import RequestError
from workload.ingest.study import Study
from workload.ingest.study_counts import COMPUTED
from workload.models.collinearity import Collinearity, collinearity
from workload.models.design import NatureLine, nature_filter
from workload.models.diagnostics import (
    Goodness,
    Heteroscedasticity,
    Residuals,
    goodness,
    heteroscedasticity,
    residuals,
)
from workload.models.elasticity import Elasticity, staffing_by_area, staffing_elasticity
from workload.models.influence import CooksDistances, LeaveOneOut, cooks_distances, leave_one_territory_out
from workload.models.merging import MergeProposal, merged
from workload.models.normative import NormativeNeed, normative_need
from workload.models.ratio import Floats
from workload.models.simex import NotingSensitivity, noting_sensitivity
from workload.models.supply import LineGap, SupplyLevel, compare_lines, supply_levels
from workload.pipeline.estimation import Estimate, again

MERGES_TRIED = 3

Allocate = Callable[[Sequence[int]], tuple[float, ...]]
"""(T,) whole need → (T,) posts under the mission's rules."""


@dataclass(frozen=True, slots=True)
class Merge:
    """A proposal to make two indicators one, with the posts before and after."""

    proposal: MergeProposal
    fair_before: Floats  # (T,) posts
    fair_after: Floats
    posts_before: tuple[float, ...]
    posts_after: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ExternalOnly:
    """The mission on indicators that do not follow its own supply, and on all of them: one decides, one compares."""

    line: NatureLine
    decides: bool  # whether external indicators alone decide
    gaps: tuple[LineGap, ...]  # (T,)
    whole_need: tuple[int, ...]  # (T,) of the line that does not decide


@dataclass(frozen=True, slots=True)
class FitChecks:
    """What a statistician would ask of one mission's fit. Figures about areas stand on one worker or two."""

    elasticity: Elasticity | None  # None without a survey that decides
    supply: tuple[SupplyLevel, ...]
    collinearity: Collinearity | None
    merges: tuple[Merge, ...]
    cooks: CooksDistances | None
    left_out: LeaveOneOut | None
    heteroscedasticity: Heteroscedasticity | None
    goodness: Goodness | None
    residuals: Residuals | None
    noting: NotingSensitivity | None
    external: ExternalOnly | None  # None where every indicator is external, or only the internal ones carry weights
    normative: NormativeNeed | None
    plain_fte: Floats | None  # (T,) fair shares of the plain fit: a warning, not an estimate
    territory_fte: Floats | None  # (T,) with one supply level per territory


def check_fit(found: Estimate, current: Sequence[float], allocate: Allocate) -> FitChecks:
    """current: (T,) posts today."""
    of, fit, parameters = found.of, found.fit, found.of.study.parameters
    places, total = of.places["territory"], float(sum(current))
    surveyed = bool(of.agents.id) and fit.deciding != "expert"
    areas = pd.concat([of.places["sector"], of.places["site"]])
    declared = of.study.settings.noting_error
    misnoted = declared.share if declared else 0.0
    units_of = {id: unit for id, (_, unit) in COMPUTED.items()}
    units_of |= {id: indicator.unit for id, indicator in of.study.indicators.items()}
    crossed = collinearity(fit, units_of, parameters) if surveyed else None
    return FitChecks(
        _elasticity(found) if surveyed else None,
        supply_levels(found.need, list(current), of.confidence),
        crossed,
        _merges(found, crossed, total, allocate),
        cooks_distances(fit, parameters) if surveyed else None,
        leave_one_territory_out(fit, places, areas, total, parameters) if surveyed else None,
        heteroscedasticity(fit, places, total, of.confidence, parameters) if surveyed else None,
        goodness(fit, parameters) if surveyed else None,
        residuals(fit, parameters) if surveyed else None,
        noting_sensitivity(fit, places, misnoted, total, parameters) if surveyed and misnoted else None,
        _external(found, total),
        normative_need(of.mission, found.need, found.units, total),
        _fair(found, fit.plain, total),
        _fair(found, fit.territory, total),
    )


def _elasticity(found: Estimate) -> Elasticity:
    line = found.fit.lines.get("data") or found.fit.lines[found.fit.deciding]
    staffing = staffing_by_area(found.of.posts, found.of.places, found.components)
    return staffing_elasticity(staffing, line.minutes_per_unit, line.draws, found.of.confidence)


def _merges(found: Estimate, crossed: Collinearity | None, total: float, allocate: Allocate) -> tuple[Merge, ...]:
    """The first proposals, each tried alone."""
    merges = []
    for proposal in (crossed.proposals if crossed else ())[:MERGES_TRIED]:
        mission, tables = merged(found.of.mission, found.of.places, proposal)
        after = again(found, mission, tables)
        merges.append(
            Merge(
                proposal,
                _shares(found.need.need_fte) * total,
                _shares(after.need.need_fte) * total,
                allocate(found.whole_need),
                allocate(after.whole_need),
            )
        )
    return tuple(merges)


def external_line(study: Study, mission: str) -> NatureLine:
    """The mission as declared, on external indicators wherever a domain has one."""
    return nature_filter(study.settings.missions[mission], {id: i.nature for id, i in study.indicators.items()})


def _external(found: Estimate, total: float) -> ExternalOnly | None:
    study, id = found.of.study, found.of.id
    line = external_line(study, id)
    if not line.dropped:
        return None
    decides = found.of.mission == line.mission
    try:
        other = again(found, study.settings.missions[id] if decides else line.mission)
    except RequestError:  # what is left weighs nothing, or nobody weighed it
        return None
    every, external = (other, found) if decides else (found, other)
    return ExternalOnly(line, decides, compare_lines(every.need, external.need, total), tuple(other.whole_need))


def _fair(found: Estimate, minutes_per_unit: Floats | None, total: float) -> Floats | None:
    if minutes_per_unit is None:
        return None
    return _shares((found.units * minutes_per_unit).sum(axis=1)) * total


def _shares(need: Floats) -> Floats:
    return np.asarray(need / need.sum() if need.sum() > 0 else need, dtype="float64")
