"""Ratio estimators for a stratified cluster sample, with linearised (Taylor) errors.

Särndal, Swensson & Wretman (1992), *Model Assisted Survey Sampling*, §5.6 and §4.3; as R's `survey::svyratio` and
`svymean` (a mean is the ratio to x = 1). Clusters are the primary units: agents here, each with all of its minutes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]


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
        if self.degrees_of_freedom < 1:
            return np.zeros_like(self.ratio), np.ones_like(self.ratio)
        width = stdtrit(self.degrees_of_freedom, 0.5 + level / 2) * self.standard_error
        return self.ratio - width, self.ratio + width


def estimate_ratio(
    y: Floats,
    x: Floats,
    weight: Floats,
    stratum: NDArray[np.int64],
    cluster: NDArray[np.int64],
    population_clusters: Floats | None = None,
) -> RatioEstimate:
    """Ratio of totals for each column of `y`.

    y: (n, C) study variables; x: (n,) denominator; weight: (n,); stratum, cluster: (n,) codes, clusters within strata;
    population_clusters: (n,) number of clusters in the population of the row's stratum, for the finite-population
    correction, or None. A stratum with a single cluster is centred on the mean of all clusters (conservative).
    """
    y = y.reshape(len(x), -1)
    total_x = float(weight @ x)
    ratio = (weight @ y) / total_x
    z = weight[:, None] * (y - x[:, None] * ratio) / total_x  # linearised contributions, they add to zero
    keys, which = np.unique(np.stack([stratum, cluster]), axis=1, return_inverse=True)
    per_cluster = np.zeros((keys.shape[1], y.shape[1]))
    np.add.at(per_cluster, which.ravel(), z)
    variance = np.zeros(y.shape[1])
    strata = np.unique(keys[0])
    for code in strata:
        inside = per_cluster[keys[0] == code]
        n = len(inside)
        centre = inside.mean(axis=0) if n > 1 else per_cluster.mean(axis=0)
        fraction = 0.0
        if population_clusters is not None:
            fraction = min(1.0, n / float(population_clusters[stratum == code][0]))
        variance += (1 - fraction) * n / max(n - 1, 1) * ((inside - centre) ** 2).sum(axis=0)
    clusters_n = keys.shape[1]
    return RatioEstimate(
        ratio, np.sqrt(variance), _design_effect(y, x, weight, ratio, variance), clusters_n - len(strata), clusters_n
    )


def _design_effect(y: Floats, x: Floats, weight: Floats, ratio: Floats, variance: Floats) -> Floats:
    """Variance over that of a simple random sample of n elements with replacement (weighted spread of residuals)."""
    n = len(x)
    residual = y - x[:, None] * ratio
    spread = (weight @ residual**2) / weight.sum() * n / max(n - 1, 1)
    mean_x = float(weight @ x) / float(weight.sum())
    simple = spread / n / mean_x**2
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(simple > 0, variance / simple, np.nan)
    return found
