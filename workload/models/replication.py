"""Errors by replication: the rescaling bootstrap of clusters within strata, and the delete-one jackknife."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from workload.models.ratio import Codes, Floats


def rao_wu(
    stratum: NDArray[np.int64],
    draws_n: int,
    rng: np.random.Generator,
    cluster: Codes | None = None,
    population_clusters: Floats | None = None,
) -> Floats:
    """(draws, n) multipliers of the weights: n_h − 1 clusters of n_h in each stratum (Rao & Wu 1988).

    Every row is its own cluster unless `cluster` says otherwise. With population_clusters, (n,) clusters in the
    population of the row's stratum, the resampled part shrinks by √(1 − f). A stratum with one cluster stays as it is.
    """
    multiplier = np.ones((draws_n, len(stratum)))
    for code in np.unique(stratum):
        inside = np.flatnonzero(stratum == code)
        which = np.arange(len(inside)) if cluster is None else np.unique(cluster[inside], return_inverse=True)[1]
        n = int(which.max()) + 1
        if n > 1:
            fraction = 0.0 if population_clusters is None else min(1.0, n / float(population_clusters[inside[0]]))
            drawn = rng.multinomial(n - 1, np.full(n, 1 / n), size=draws_n) * (n / (n - 1))
            multiplier[:, inside] = (1 + np.sqrt(1 - fraction) * (drawn - 1))[:, which]
    return multiplier


def bootstrap_ratio_error(y: Floats, x: Floats, weight: Floats, multiplier: Floats) -> Floats:
    """(C,) standard deviation of Σwy / Σwx over the draws that kept any x; NaN where fewer than two did.

    y: (n, C); x, weight: (n,); multiplier: (draws, n) as `rao_wu` gives them.
    """
    weights = weight * multiplier
    total = weights @ x
    kept = total > 0
    if kept.sum() < 2:
        return np.full(y.shape[1], np.nan)
    error: Floats = ((weights[kept] @ y) / total[kept, None]).std(axis=0, ddof=1)
    return error


def jackknife_error(
    statistic: Callable[[Floats], Floats],
    weight: Floats,
    stratum: Codes,
    cluster: Codes,
    population_clusters: Floats | None = None,
) -> Floats:
    """(C,) error of any statistic of the weights by leaving out one cluster at a time, about the full-sample estimate.

    JK1 with one stratum, JKn with several (Shao & Tu 1995, §6.2). Strata with one cluster add nothing.
    """
    whole = np.atleast_1d(statistic(weight))
    variance = np.zeros_like(whole)
    for code in np.unique(stratum):
        inside = stratum == code
        clusters = np.unique(cluster[inside])
        n = len(clusters)
        if n < 2:
            continue
        fraction = 0.0 if population_clusters is None else min(1.0, n / float(population_clusters[inside][0]))
        for left_out in clusters:
            factor = np.where(inside, np.where(cluster == left_out, 0.0, n / (n - 1)), 1.0)
            variance += (1 - fraction) * (n - 1) / n * (statistic(weight * factor) - whole) ** 2
    error: Floats = np.sqrt(variance)
    return error
