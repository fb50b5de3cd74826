"""Ratios, means and totals from a stratified sample of one or more stages, with linearised (Taylor) errors.

Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, §5.6 and §4.3; as R's `survey`: `svyratio`,
`svymean` (a mean is the ratio to x = 1) and `svytotal`. Clusters are the primary units: agents here, each with all of
its minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Against: TypeAlias = Literal["replace", "srswor"]
"""What a design effect compares with: simple random sampling with replacement, or without (needs weights that add up
to the population)."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A further stage of sampling: units drawn inside each unit of the stage before."""

    cluster: Codes  # (n,) codes, unique within the unit above
    population: Floats  # (n,) units in the population of the row's unit above (of its stratum there)
    stratum: Codes | None = None  # (n,)


@dataclass(frozen=True, slots=True)
class RatioEstimate:
    """Estimates of C ratios Σwy / Σwx from one sample."""

    ratio: Floats  # (C,)
    standard_error: Floats  # (C,)
    design_effect: Floats  # (C,) against simple random sampling of the same size; NaN where undefined
    degrees_of_freedom: int  # clusters less strata
    clusters_n: int

    def interval(self, level: float) -> tuple[Floats, Floats]:
        """Two-sided t interval; the whole unit range when there is no degree of freedom left."""
        width = self.half_width(level)
        if width is None:
            return np.zeros_like(self.ratio), np.ones_like(self.ratio)
        return self.ratio - width, self.ratio + width

    def half_width(self, level: float) -> Floats | None:
        """(C,) half the length of the t interval; None without a degree of freedom."""
        if self.degrees_of_freedom < 1:
            return None
        width: Floats = stdtrit(self.degrees_of_freedom, 0.5 + level / 2) * self.standard_error
        return width


@dataclass(frozen=True, slots=True)
class TotalEstimate:
    """Estimates of C totals Σwy."""

    total: Floats  # (C,)
    standard_error: Floats  # (C,)
    design_effect: Floats  # (C,) NaN where undefined
    degrees_of_freedom: int
    clusters_n: int


def estimate_ratio(
    y: Floats,
    x: Floats,
    weight: Floats,
    stratum: Codes,
    cluster: Codes,
    population_clusters: Floats | None = None,
    further: Sequence[Stage] = (),
    post_stratum: Codes | None = None,
    against: Against = "replace",
) -> RatioEstimate:
    """Ratio of totals for each column of `y`. Σwx must not be 0.

    y: (n, C) study variables; x: (n,) denominator; weight: (n,); stratum, cluster: (n,) codes, clusters within strata;
    population_clusters: (n,) number of clusters in the population of the row's stratum, for the finite-population
    correction, or None; further: later stages (they count only beside a finite first stage); post_stratum: (n,) groups
    that `weight` was post-stratified to. A stratum with a single cluster is centred on the mean of all clusters
    (conservative). Rows with x = 0 lie outside the domain and do not count in the size of the compared sample.
    """
    y = y.reshape(len(x), -1)
    total_x = float(weight @ x)
    ratio = (weight @ y) / total_x
    residual = y - x[:, None] * ratio
    z = weight[:, None] * _within_groups(residual, weight, post_stratum) / total_x
    variance = _variance(z, stratum, cluster, population_clusters, tuple(further), 1.0)
    inside = x != 0
    simple = _simple_variance(residual[inside], weight[inside], against) / total_x**2
    strata_n, clusters_n = _sizes(stratum, cluster)
    return RatioEstimate(ratio, np.sqrt(variance), _over(variance, simple), clusters_n - strata_n, clusters_n)


def estimate_mean(
    y: Floats,
    weight: Floats,
    stratum: Codes,
    cluster: Codes,
    population_clusters: Floats | None = None,
    further: Sequence[Stage] = (),
    post_stratum: Codes | None = None,
    against: Against = "replace",
) -> RatioEstimate:
    """Weighted means of the columns of `y`: the ratio to x = 1 (arguments as in `estimate_ratio`)."""
    ones = np.ones(len(weight))
    return estimate_ratio(y, ones, weight, stratum, cluster, population_clusters, further, post_stratum, against)


def estimate_total(
    y: Floats,
    weight: Floats,
    stratum: Codes,
    cluster: Codes,
    population_clusters: Floats | None = None,
    further: Sequence[Stage] = (),
    post_stratum: Codes | None = None,
    against: Against = "replace",
) -> TotalEstimate:
    """Totals Σwy of the columns of `y` (arguments as in `estimate_ratio`)."""
    y = y.reshape(len(weight), -1)
    z = weight[:, None] * _within_groups(y, weight, post_stratum)
    variance = _variance(z, stratum, cluster, population_clusters, tuple(further), 1.0)
    simple = _simple_variance(y - (weight @ y) / weight.sum(), weight, against)
    strata_n, clusters_n = _sizes(stratum, cluster)
    return TotalEstimate(
        weight @ y, np.sqrt(variance), _over(variance, simple), max(clusters_n - strata_n, 0), clusters_n
    )


def _within_groups(values: Floats, weight: Floats, group: Codes | None) -> Floats:
    """Deviations from the weighted mean of the post-stratum: what post-stratification leaves uncertain."""
    if group is None:
        return values
    which = np.unique(group, return_inverse=True)[1]
    sums = np.zeros((which.max(initial=-1) + 1, values.shape[1]))
    np.add.at(sums, which, weight[:, None] * values)
    deviation: Floats = values - (sums / np.bincount(which, weight)[:, None])[which]
    return deviation


def _variance(
    z: Floats,
    stratum: Codes,
    cluster: Codes,
    population: Floats | None,
    further: tuple[Stage, ...],
    chance: float,
) -> Floats:
    """Variance of Σz over the stages (Särndal et al. eq. 4.3.21): what lies between clusters, and f times within each.

    chance: product of the sampling fractions of the stages above. Below the first stage a cluster that stands alone
    adds nothing: nothing can be said of its spread.
    """
    keys, first, which = np.unique(np.stack([stratum, cluster]), axis=1, return_index=True, return_inverse=True)
    which = which.ravel()
    sums = np.zeros((keys.shape[1], z.shape[1]))
    np.add.at(sums, which, z)
    of = np.unique(keys[0], return_inverse=True)[1]
    n = np.bincount(of).astype("float64")  # (H,) clusters drawn in each stratum
    fraction = np.zeros(len(n))
    if population is not None:
        fraction[of] = np.minimum(1.0, n[of] / population[first])
    centre = np.zeros((len(n), z.shape[1]))
    np.add.at(centre, of, sums / n[of, None])
    top = chance == 1.0
    if top:
        centre[n == 1] = sums.mean(axis=0) if len(sums) else 0.0
    scale = (1 - fraction) * n / np.maximum(n - 1, 1)
    spread = scale[of, None] * (sums - centre[of]) ** 2
    variance: Floats = chance * spread.sum(axis=0)
    if further and population is not None:
        variance = variance + _inner(z, which, chance * fraction[of], further)
    return variance


def _inner(z: Floats, which: NDArray[np.intp], chance: Floats, further: tuple[Stage, ...]) -> Floats:
    """Variance within the clusters of a stage, each weighted by its chance of having been drawn."""
    stage, variance = further[0], np.zeros(z.shape[1])
    for unit in range(len(chance)):
        rows = np.flatnonzero(which == unit)
        stratum = np.zeros(len(rows), dtype="int64") if stage.stratum is None else stage.stratum[rows]
        rest = tuple(
            Stage(s.cluster[rows], s.population[rows], None if s.stratum is None else s.stratum[rows])
            for s in further[1:]
        )
        below = min(chance[unit], np.nextafter(1.0, 0.0))  # a complete first stage is still not the top
        variance += _variance(z[rows], stratum, stage.cluster[rows], stage.population[rows], rest, float(below))
    return variance


def _simple_variance(residual: Floats, weight: Floats, against: Against) -> Floats:
    """(C,) variance of the total of the residuals under simple random sampling of as many elements; NaN where none."""
    n, population = len(weight), float(weight.sum())
    if n == 0 or population <= 0:
        return np.full(residual.shape[1], np.nan)
    spread = (weight @ residual**2) / population * n / max(n - 1, 1)
    remaining = 1.0 if against == "replace" else (population - n) / population
    simple: Floats = spread * population**2 / n * (remaining if remaining > 0 else np.nan)
    return simple


def _over(variance: Floats, simple: Floats) -> Floats:
    found: Floats = np.full(len(variance), np.nan)
    np.divide(variance, simple, out=found, where=simple > 0)
    return found


def _sizes(stratum: Codes, cluster: Codes) -> tuple[int, int]:
    """Numbers of strata and of clusters."""
    return len(np.unique(stratum)), np.unique(np.stack([stratum, cluster]), axis=1).shape[1]
