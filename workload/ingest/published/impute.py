"""Declared estimation of what is secret or missing: in proportion to a proxy, with the error that it makes.

With x the figure, p the proxy, K the communes published and H the others:

- *ratio*: x̂_j = p_j·(Σ_K x / Σ_K p), the department's practice where it is published;
- *shared total*: a published total T, less what is known, shared over H by p; a lower bound is never undercut:
  x̂_j = b_j + (T − Σ_K x − Σ_H b)·p_j / Σ_H p, b = 0 where nothing is known.

The error comes from the published communes, each left out in turn: x̂_(−i) = p_i·Σ_{K∖i} x / Σ_{K∖i} p, residual
r_i = x_i − x̂_(−i), relative error Σ|r_i| / Σ x_i, and, the variance growing with size, σ² = mean(r_i² / p_i). The
standard error of a commune is σ·√(p_j·(1 + p_j/Σ_K p)) for the ratio, σ·√(p_j·(1 − p_j/Σ_H p)) for a shared total
(whose sum over H is exact). With fewer than five published communes no error can be given: NaN, and said so.
It supposes that the communes held back resemble, for their size, those published; small ones may not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from workload.errors import Issue, Severity
from workload.ingest.published.status import (
    COUNT_N,
    ERROR_N,
    IMPUTED_N,
    INDICATOR,
    PLACE,
    STATUS,
    UNKNOWN,
    YEAR,
    Status,
)

Vector: TypeAlias = npt.NDArray[np.float64]
FEWEST_PUBLISHED = 5


@dataclass(frozen=True, slots=True)
class Imputation:
    """What was estimated for one indicator and year."""

    indicator: str
    year: int
    method: str  # "ratio" or "total"
    proxy: str
    imputed_n: int  # communes estimated
    imputed_share: float  # of the sum, what is estimated
    relative_error: float  # leave-one-out, Σ|r| / Σx over published communes; NaN when fewer than five
    sigma: float  # σ above, in √(figure²/proxy)


def impute(
    table: pd.DataFrame,
    indicator: str,
    year: int,
    proxy: Mapping[str, float],
    proxy_name: str,
    file: str,
    total_n: float | None = None,
) -> tuple[pd.DataFrame, Imputation | None, list[Issue]]:
    """The table with every secret, missing or lower-bound figure of one indicator and year estimated as declared.

    `total_n`: the published total to share out; without it, the ratio. The estimates have status imputed, count in
    imputed_n, error in error_n. A proxy unknown for a commune, a total under what is known, or no published figure to
    take a ratio from is an issue and the table comes back unchanged.
    """
    rows = (table[INDICATOR] == indicator) & (table[YEAR] == year)
    mine = table[rows].set_index(PLACE)
    holes = mine[STATUS].isin([*UNKNOWN, Status.LOWER_BOUND])
    if not holes.any():
        return table, None, []
    p = pd.Series({place: float(proxy.get(place, nan)) for place in mine.index}, dtype="float64")
    issues = _checks(mine, p, indicator, proxy_name, file, total_n)
    if issues:
        return table, None, issues
    base = mine[STATUS] == Status.PUBLISHED
    x_known, p_known = mine.loc[base, COUNT_N], p[base]
    bound = mine.loc[holes, COUNT_N].fillna(0.0)
    relative_error, sigma = cross_validate(x_known.to_numpy(), p_known.to_numpy())
    p_holes = p[holes]
    if total_n is None:
        estimate = (p_holes * (x_known.sum() / p_known.sum())).clip(lower=bound)
        error = sigma * (p_holes * (1 + p_holes / p_known.sum())).pow(0.5)
    else:
        rest = total_n - mine[COUNT_N].sum()  # what is known, bounds included, sums without NaN
        weight = p_holes / p_holes.sum()
        estimate = bound + rest * weight
        error = sigma * (p_holes * (1 - weight)).pow(0.5)
    filled = _filled(table, rows, estimate, bound, error)
    whole = float(filled.loc[rows, COUNT_N].sum())
    done = Imputation(
        indicator,
        year,
        "ratio" if total_n is None else "total",
        proxy_name,
        int(holes.sum()),
        float((estimate - bound).sum()) / whole if whole else 0.0,
        relative_error,
        sigma,
    )
    return filled, done, [_notice(done, file)]


def cross_validate(x: Vector, p: Vector) -> tuple[float, float]:
    """Leave-one-out relative error Σ|r|/Σx and σ of the ratio estimate; NaN with fewer than five usable places."""
    usable = p > 0
    x, p = x[usable], p[usable]
    if len(x) < FEWEST_PUBLISHED or x.sum() <= 0:
        return nan, nan
    residual = x - p * (x.sum() - x) / (p.sum() - p)
    return float(np.abs(residual).sum() / x.sum()), float(np.sqrt(np.mean(residual**2 / p)))


def _filled(
    table: pd.DataFrame, rows: pd.Series, estimate: pd.Series, bound: pd.Series, error: pd.Series
) -> pd.DataFrame:
    filled = table.copy()
    places = table[PLACE]
    here = rows & places.isin(estimate.index)
    filled.loc[here, COUNT_N] = places[here].map(estimate)
    filled.loc[here, IMPUTED_N] = places[here].map(estimate - bound)
    filled.loc[here, ERROR_N] = places[here].map(error)
    filled.loc[here, STATUS] = Status.IMPUTED.value
    return filled


def _checks(
    mine: pd.DataFrame,
    p: pd.Series,
    indicator: str,
    proxy_name: str,
    file: str,
    total_n: float | None,
) -> list[Issue]:
    holes = mine[STATUS].isin([*UNKNOWN, Status.LOWER_BOUND])
    base = mine[STATUS] == Status.PUBLISHED
    unknown = list(p.index[p.isna() | (p < 0)])
    if unknown:
        params = {"proxy": proxy_name, "n": str(len(unknown)), "communes": ", ".join(unknown[:5])}
        return [Issue("imputation_proxy_unknown", file, value=indicator, params=params)]
    if total_n is None and p[base].sum() <= 0:
        return [Issue("imputation_no_base", file, value=indicator, params={"proxy": proxy_name})]
    if total_n is not None:
        known = float(mine[COUNT_N].sum())
        if total_n < known:
            params = {"total": f"{total_n:g}", "known": f"{known:g}"}
            return [Issue("imputation_total_too_small", file, value=indicator, params=params)]
        if p[holes].sum() <= 0:
            return [Issue("imputation_no_base", file, value=indicator, params={"proxy": proxy_name})]
    return []


def _notice(done: Imputation, file: str) -> Issue:
    unknown = done.relative_error != done.relative_error
    params = {
        "n": str(done.imputed_n),
        "proxy": done.proxy,
        "share": f"{100 * done.imputed_share:.0f}",
        "error": "?" if unknown else f"{100 * done.relative_error:.0f}",
    }
    code = "indicator_imputed_total" if done.method == "total" else "counts_imputed"
    return Issue(code, file, value=done.indicator, severity=Severity.WARNING, params=params)
