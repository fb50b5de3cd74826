"""Does the fit hold? Spread against size, size of residuals, and where they lie; each with what it means in posts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from workload.models.fitted import divided, fair_shares, fitted_minutes, fitted_need, need_shares, refit
from workload.models.influence import misplaced_share
from workload.models.ratio import Floats
from workload.models.verdicts import Verdict, verdict
from workload.models.weights import WorkloadFit
from workload.parameters import Parameter

Reason: TypeAlias = Literal["no_survey", "few_residuals", "exact_fit"]
LEAST_RESIDUALS = 20


@dataclass(frozen=True, slots=True)
class Heteroscedasticity:
    """How the squared Pearson residual grows with the fitted minutes, elasticity; the quasi-likelihood assumes 0.

    A test of that assumption: a steep growth is understated, since the fitted minutes carry their area's own noise.

    effect_fte: largest change of a territory's fair share when the areas are weighted as the slope found would have it.
    """

    slope: float | None
    low: float | None
    high: float | None
    effect_fte: float | None
    verdict: Verdict
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Residual:
    """A place's week beside the fitted one."""

    place: str
    territory: str
    respondents_n: int  # fewer than the minimum: not to be shown
    misplaced_share: float  # of its week, 0 to 1
    domain: str  # with the largest gap
    gap_share: float  # noted less fitted, of its week, in that domain
    z: float | None  # that gap over its standard error by the dispersion found


@dataclass(frozen=True, slots=True)
class Goodness:
    """relative_error: typical gap between the minutes noted and fitted of an area and domain, over the fitted ones."""

    dispersion_min: float | None  # φ, minutes: variance over mean
    relative_error: float | None
    explained_share: float | None  # of the distance to one same week everywhere (deviance)
    verdict: Verdict
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Residuals:
    by_area: tuple[Residual, ...]  # for the analyst's map; most stand on one worker or two
    by_territory: tuple[Residual, ...]
    verdict: Verdict  # on the largest misplaced share of a territory


def heteroscedasticity(
    found: WorkloadFit, places: pd.DataFrame, total_fte: float, confidence: float, parameters: Mapping[str, Parameter]
) -> Heteroscedasticity:
    """Poisson quasi-likelihood of squared residuals on log fitted minutes, areas as clusters (Santos Silva & Tenreyro
    2006 on why not the logarithm of squares).
    """
    if not len(found.observed.areas):
        return Heteroscedasticity(None, None, None, None, "watch", "no_survey")
    y = found.observed.area_minutes()[0]
    fitted = fitted_minutes(fitted_need(found.observed.design, need_shares(found)), y)
    left = 1 - divided(fitted, y.sum(axis=1, keepdims=True))  # an area's own level takes up its residuals' sum
    used = (fitted > 0) & (left > 1e-6)
    squares = (y - fitted)[used] ** 2 / (fitted * left)[used]
    if used.sum() < LEAST_RESIDUALS:
        return Heteroscedasticity(None, None, None, None, "watch", "few_residuals")
    if squares.mean() <= 1e-9 * fitted[used].mean():
        return Heteroscedasticity(0.0, 0.0, 0.0, 0.0, "ok", "exact_fit")
    slope, error = _log_slope(np.log(fitted[used]), squares, np.nonzero(used)[0])
    width = float(ndtri(0.5 + confidence / 2)) * error
    low, high = slope - width, slope + width
    effect = _reweighted(found, places, y, slope, total_fte)
    said = verdict(effect, "effect_posts", parameters) if low > 0 or high < 0 else "ok"
    return Heteroscedasticity(slope, low, high, effect, said, None)


def _log_slope(x: Floats, y: Floats, cluster: NDArray[np.int64]) -> tuple[float, float]:
    """b of E[y] = exp(a + b x) and its cluster-robust error. x, y: (n,), y not negative; Newton, damped."""
    X = np.column_stack([np.ones_like(x), x - x.mean()])
    beta = np.array([np.log(y.mean()), 0.0])
    for _ in range(100):
        mean = np.exp(X @ beta)
        step = np.linalg.solve(X.T @ (mean[:, None] * X), X.T @ (y - mean))
        beta = beta + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-10:
            break
    mean = np.exp(X @ beta)
    bread = np.linalg.inv(X.T @ (mean[:, None] * X))
    groups = np.unique(cluster, return_inverse=True)[1]
    by_cluster = np.zeros((int(groups.max()) + 1, 2))
    np.add.at(by_cluster, groups, X * (y - mean)[:, None])
    n = len(by_cluster)
    return float(beta[1]), float(np.sqrt((bread @ by_cluster.T @ by_cluster @ bread)[1, 1] * n / max(n - 1, 1)))


def _reweighted(found: WorkloadFit, places: pd.DataFrame, y: Floats, slope: float, total_fte: float) -> float:
    """An area's level is profiled out, so multiplying its minutes only changes its weight: by size to the −slope."""
    total = y.sum(axis=1)
    weight = np.where(total > 0, divided(total, total.mean(keepdims=True)), 1.0) ** -slope
    other = y * weight[:, None]
    other = other * y.sum() / other.sum()
    part = divided(places[[c.indicator for c in found.components]].to_numpy(dtype="float64"), found.observed.units)
    both = fair_shares(np.vstack([need_shares(found), refit(found, other[None])[0]]), part, total_fte)
    return float(np.abs(both[1] - both[0]).max())


def goodness(found: WorkloadFit, parameters: Mapping[str, Parameter]) -> Goodness:
    """Of the deciding line, whatever decided."""
    y, design = found.observed.area_minutes()[0], found.observed.design
    seen = y.sum(axis=1) > 0
    fitted = fitted_minutes(fitted_need(design, need_shares(found)), y)
    if not seen.any():
        return Goodness(None, None, None, "watch", "no_survey")
    free = int((need_shares(found) > 0).sum()) - 1
    freedom = int(seen.sum()) * (design.domains_n - 1) - free
    if freedom < LEAST_RESIDUALS:
        return Goodness(None, None, None, "watch", "few_residuals")
    phi = float(divided((y - fitted) ** 2, fitted).sum()) / freedom
    same = fitted_minutes(np.repeat(y.sum(axis=0)[None], len(y), axis=0), y)
    to_same = _deviance(y, same)
    relative = float(np.sqrt(phi / fitted[fitted > 0].mean()))
    explained = 1 - _deviance(y, fitted) / to_same if to_same > 0 else None
    return Goodness(phi, relative, explained, verdict(relative, "relative_error", parameters), None)


def _deviance(y: Floats, fitted: Floats) -> float:
    noted = (y > 0) & (fitted > 0)
    return float(2 * (y[noted] * np.log(y[noted] / fitted[noted])).sum())


def residuals(found: WorkloadFit, parameters: Mapping[str, Parameter]) -> Residuals:
    """By area and by territory, each at its own level."""
    seen = found.observed
    if not len(seen.areas):
        return Residuals((), (), "watch")
    y = seen.area_minutes()[0]
    fitted = fitted_minutes(fitted_need(seen.design, need_shares(found)), y)
    answered = np.bincount(seen.area, minlength=len(seen.areas))
    territories = sorted(set(seen.territories))
    member = np.array([[t == s for s in seen.territories] for t in territories], dtype="float64")
    areas = [
        _residual(found, seen.areas[s], seen.territories[s], int(answered[s]), y[s], fitted[s])
        for s in range(len(seen.areas))
        if y[s].sum() > 0
    ]
    wide = [
        _residual(found, t, t, int(member[k] @ answered), member[k] @ y, member[k] @ fitted)
        for k, t in enumerate(territories)
    ]
    largest = max((r.misplaced_share for r in wide), default=None)
    return Residuals(tuple(areas), tuple(wide), verdict(largest, "misplaced_share", parameters))


def _residual(
    found: WorkloadFit, place: str, territory: str, respondents_n: int, y: Floats, fitted: Floats
) -> Residual:
    total = max(float(y.sum()), 1e-300)
    gap = (y - fitted) / total
    d = int(np.abs(gap).argmax())
    share = float(divided(fitted, np.array([total]))[d])
    error = np.sqrt(found.dispersion * share * max(1 - share, 0.0) / total) if found.dispersion > 0 else 0.0
    z = float(gap[d] / error) if error > 0 else None
    domain = found.observed.domains[d]
    return Residual(place, territory, respondents_n, misplaced_share(y, fitted), domain, float(gap[d]), z)
