"""How much one area, or one territory, decides: Cook's distances, and the fit without each territory.

Leave-one-territory-out is a check, never the tuner. Its score is taken after the territory's own level is profiled
out: only the division of its week is predicted, from what the other territories do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workload.models.fitted import (
    area_information,
    constrained_inverse,
    divided,
    fair_shares,
    fitted_need,
    need_shares,
    prior_of,
    refit,
    scores,
)
from workload.models.ratio import Floats
from workload.models.verdicts import Verdict, verdict
from workload.models.weights import WorkloadFit
from workload.parameters import Parameter

Reason: TypeAlias = Literal["expert_line", "one_territory", "not_identified"]


@dataclass(frozen=True, slots=True)
class CooksDistances:
    """One-step distances of the deciding line; over 1 a place alone moves the weights by their own uncertainty.

    By area they stand on very few workers: for the analyst and for counts of them, never a list of places.
    """

    areas: tuple[str, ...]  # (S,)
    by_area: Floats  # (S,)
    territories: tuple[str, ...]  # (G,) those with respondents
    by_territory: Floats  # (G,)
    verdict: Verdict  # on the largest of a territory
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The fit without one territory. Errors are the share of its week put in the wrong domain, 0 to 1."""

    territory: str
    respondents_n: int
    change_fte: Floats  # (T,) fair share of every territory without it less with it, same total
    fitted_error: float  # by the weights of the others
    population_error: float  # each domain per inhabitant as in the others
    expert_error: float | None


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """left_out: one per territory with respondents; changes lie in the order of `territories`."""

    territories: tuple[str, ...]  # (T,)
    left_out: tuple[LeftOut, ...]
    fitted_error: float | None  # means over territories
    population_error: float | None
    expert_error: float | None
    largest_change_fte: float | None  # of any territory's fair share, whichever territory is left out
    verdict: Verdict  # on that; bad too where the weights predict a week no better than population does
    reason: Reason | None


def cooks_distances(found: WorkloadFit, parameters: Mapping[str, Parameter]) -> CooksDistances:
    """D = Δ'HΔ / φ(p − 1) with Δ the Newton step that leaving the place out takes (Pregibon 1981)."""
    seen = found.observed
    if found.deciding == "expert":
        return CooksDistances((), np.zeros(0), (), np.zeros(0), "watch", "expert_line")
    theta = need_shares(found)
    y, eta = seen.area_minutes()[0], fitted_need(seen.design, theta)
    score, information = scores(seen.design, y, eta), area_information(seen.design, y, eta)
    penalty = np.diag(prior_of(found)[1])
    free = theta > 1e-9
    places = list(dict.fromkeys(seen.territories))
    inside = np.array([[t == place for t in seen.territories] for place in places], dtype="float64")  # (G, S)
    by_area = _distances(score, information, penalty, free, found.dispersion)
    grouped = np.einsum("gs,spq->gpq", inside, information)
    total = information.sum(axis=0)
    by_territory = _distances(inside @ score, grouped, penalty, free, found.dispersion, total)
    if by_area is None or by_territory is None:
        return CooksDistances((), np.zeros(0), (), np.zeros(0), "watch", "not_identified")
    said = verdict(float(by_territory.max()), "cooks_distance", parameters)
    return CooksDistances(seen.areas, by_area, tuple(places), by_territory, said, None)


def _distances(
    score: Floats,
    information: Floats,
    penalty: Floats,
    free: NDArray[np.bool_],
    dispersion: float,
    total: Floats | None = None,
) -> Floats | None:
    whole = (information.sum(axis=0) if total is None else total) + penalty
    if not np.isfinite(dispersion) or dispersion <= 0 or free.sum() < 2 or constrained_inverse(whole, free) is None:
        return None
    distances = np.zeros(len(score))
    for k in range(len(score)):
        inverse = constrained_inverse(whole - information[k], free)
        if inverse is None:
            return None
        step = inverse @ score[k]
        distances[k] = step @ whole @ step / dispersion / (free.sum() - 1)
    return distances


def leave_one_territory_out(
    found: WorkloadFit,
    places: pd.DataFrame,
    areas: pd.DataFrame,
    total_fte: float,
    parameters: Mapping[str, Parameter],
) -> LeaveOneOut:
    """places: territory × indicator units; areas: area × indicator units, `habitants` among them."""
    seen, names = found.observed, tuple(str(t) for t in places.index)
    y = seen.area_minutes()[0]
    answering = {t for t, minutes in zip(seen.territories, y.sum(axis=1), strict=True) if minutes > 0}
    groups = [t for t in names if t in answering]
    if found.deciding == "expert" or len(groups) < 2:
        reason: Reason = "expert_line" if found.deciding == "expert" else "one_territory"
        return LeaveOneOut(names, (), None, None, None, None, "watch", reason)
    outside = np.array([[s != t for s in seen.territories] for t in groups], dtype="float64")  # (G, S)
    left = refit(found, outside[:, :, None] * y)  # (G, P)
    X = places[[c.indicator for c in found.components]].to_numpy(dtype="float64")
    shares = divided(X, seen.units)
    base = fair_shares(need_shares(found)[None], shares, total_fte)[0]
    change = fair_shares(left, shares, total_fte) - base
    people = areas["habitants"].reindex(list(seen.areas)).fillna(0.0).to_numpy(dtype="float64")
    answered = np.bincount(seen.area, minlength=len(seen.areas))
    rows = []
    for k, t in enumerate(groups):
        inside = outside[k] == 0
        constant = y[~inside].sum(axis=0) * people[inside].sum()
        noted, of = y[inside].sum(axis=0), int(answered[inside].sum())
        ours, theirs = (_error(found, noted, inside, theta) for theta in (left[k], found.expert * seen.units))
        by_expert = theirs if np.isfinite(found.expert).all() else None
        rows.append(LeftOut(t, of, change[k], ours, misplaced_share(noted, constant), by_expert))
    return _summary(names, rows, parameters)


def _error(found: WorkloadFit, noted: Floats, inside: NDArray[np.bool_], theta: Floats) -> float:
    return misplaced_share(noted, fitted_need(found.observed.design, np.nan_to_num(theta))[inside].sum(axis=0))


def _summary(names: tuple[str, ...], rows: list[LeftOut], parameters: Mapping[str, Parameter]) -> LeaveOneOut:
    by_expert = [row.expert_error for row in rows if row.expert_error is not None]
    fitted = float(np.mean([row.fitted_error for row in rows]))
    population = float(np.mean([row.population_error for row in rows]))
    largest = max(float(np.abs(row.change_fte).max()) for row in rows)
    said: Verdict = "bad" if fitted > population else verdict(largest, "left_out_posts", parameters)
    expert = float(np.mean(by_expert)) if by_expert else None
    return LeaveOneOut(names, tuple(rows), fitted, population, expert, largest, said, None)


def misplaced_share(noted: Floats, predicted: Floats) -> float:
    """Half the distance between two divisions of a week: the part of it that would have to change domain. (D,) both."""
    if noted.sum() <= 0:
        return 0.0
    if predicted.sum() <= 0:
        return 1.0
    return float(np.abs(noted / noted.sum() - predicted / predicted.sum()).sum() / 2)
