"""ρ: by how many percent staffing rises where the fitted need is one percent higher, between areas of one territory.

With ρ = 1 posts follow need inside a territory, and one supply level per territory (u_t) is allowed; with ρ = 0 (one
worker per sector, whatever its need) it would hand the present back. ρ comes from the fit with one level per area, in
which nothing says how many posts an area has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from workload.models.design import Component
from workload.models.ratio import Floats

Reason: TypeAlias = Literal["no_posts", "few_areas", "no_spread_of_need", "need_too_uncertain"]
LEAST_FREEDOM = 5
LEAST_RELIABILITY = 0.2


@dataclass(frozen=True, slots=True)
class Elasticity:
    """rho with its interval, or None and why."""

    rho: float | None
    low: float | None
    high: float | None
    reliability: float | None  # part of the spread of fitted need that is not its own error of estimation
    areas_n: int
    without_posts_n: int  # areas with need, without posts of the register: left out
    without_need_n: int  # areas with posts, without units of any indicator: left out
    elsewhere_fte: float  # posts that cover another level than the areas used
    u_t_allowed: bool  # 1 lies in the interval
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Staffing:
    """Posts of the register by area of one level (sector or site), beside the units of every component."""

    areas: tuple[str, ...]  # (S,)
    territory: NDArray[np.int64]  # (S,) codes
    posts_fte: Floats  # (S,)
    units: Floats  # (S, P)
    elsewhere_fte: float


def staffing_by_area(
    posts: pd.DataFrame, places: Mapping[str, pd.DataFrame], components: tuple[Component, ...]
) -> Staffing:
    """posts: register lines of one mission (`territory, site, sector, fte`); places: as `place_counts` gives them.

    Sectors where most posts cover one, else sites.
    """
    on_sector = posts["sector"].notna()
    level = "sector" if posts.loc[on_sector, "fte"].sum() > posts["fte"].sum() / 2 else "site"
    used = posts[on_sector] if level == "sector" else posts
    area = f"{level}:" + used[level].astype(str)
    fte = used["fte"].groupby(area).sum()
    territory = dict(zip(area, used["territory"], strict=True))
    table = places[level]
    order = sorted({*table.index, *fte.index})
    codes = {t: k for k, t in enumerate(sorted(set(territory.values())))}
    return Staffing(
        tuple(order),
        np.array([codes[territory[a]] if a in territory else -1 for a in order], dtype="int64"),
        fte.reindex(order, fill_value=0.0).to_numpy(dtype="float64"),
        table.reindex(order, fill_value=0.0)[[c.indicator for c in components]].to_numpy(dtype="float64"),
        float(posts["fte"].sum() - used["fte"].sum()),
    )


def staffing_elasticity(staffing: Staffing, minutes_per_unit: Floats, draws: Floats, confidence: float) -> Elasticity:
    """Log-linear regression of posts on need with an effect per territory, by Poisson quasi-likelihood.

    Posts come whole or in halves; least squares of their logarithms would take the lumps for low elasticity, whereas
    the mean of the posts is what u_t supposes proportional to need (Santos Silva & Tenreyro 2006).
    minutes_per_unit: (P,) of the fit with one level per area; draws: (B, P) of the same. Error of sampling robust, with
    residuals over their leverage (HC3, MacKinnon & White 1985), error of the weights by the draws; the attenuation that
    the latter brings is taken out by the reliability ratio (Fuller 1987, §1.1), and the interval widened by it.
    """
    need = staffing.units @ minutes_per_unit
    held, needed = staffing.posts_fte > 0, need > 0
    counts = (int((~held & needed).sum()), int((held & ~needed).sum()), staffing.elsewhere_fte)
    use = held & needed
    if not held.any():
        return _unknown("no_posts", 0, counts)
    areas_n, groups = int(use.sum()), staffing.territory[use]
    freedom = areas_n - len(np.unique(groups)) - 1
    if freedom < LEAST_FREEDOM:
        return _unknown("few_areas", areas_n, counts)
    member = (groups[:, None] == np.unique(groups)[None, :]).astype("float64")  # (S, G)
    x, y = np.log(need[use])[None], staffing.posts_fte[use]
    spread = float((within(x, member) ** 2).sum())
    if spread < 1e-8 * areas_n:
        return _unknown("no_spread_of_need", areas_n, counts)
    drawn = draws @ staffing.units[use].T  # (B, S)
    moved = np.log(np.maximum(drawn, need[use] * 1e-6))
    inside = within(moved, member)
    reliability = 1 - float(((inside - inside.mean(axis=0)) ** 2).sum()) / max(len(inside), 1) / spread
    if reliability < LEAST_RELIABILITY:
        return _unknown("need_too_uncertain", areas_n, counts)
    slope = float(slopes(x, y, member)[0])
    error = float(np.sqrt(_hc3(x, y, slope, member) + slopes(moved, y, member).var()))
    width = float(stdtrit(freedom, 0.5 + confidence / 2)) * error
    low, high = (slope - width) / reliability, (slope + width) / reliability
    return Elasticity(slope / reliability, low, high, reliability, areas_n, *counts, low <= 1 <= high, None)


def within(rows: Floats, member: Floats, weight: Floats | None = None) -> Floats:
    """(B, S) values less the (weighted) mean of their group. member: (S, G) zeros and ones; weight: (B, S)."""
    times = np.ones_like(rows) if weight is None else weight
    means = ((rows * times) @ member) / np.maximum(times @ member, 1e-300)
    return np.asarray(rows - means @ member.T, dtype="float64")


def slopes(x: Floats, posts: Floats, member: Floats) -> Floats:
    """(B,) b of E[posts] = exp(a_t + b x) for each row of x (B, S), the effects profiled out; Newton, damped."""
    b = np.zeros(len(x))
    for _ in range(100):
        fitted = _fitted(x, posts, member, b)
        away = within(x, member, fitted)
        step = ((posts - fitted) * away).sum(axis=1) / np.maximum((fitted * away**2).sum(axis=1), 1e-12)
        step = np.clip(step, -1.0, 1.0)
        b = b + step
        if np.abs(step).max() < 1e-10:
            break
    return b


def _fitted(x: Floats, posts: Floats, member: Floats, b: Floats) -> Floats:
    """(B, S) each territory's posts, divided as e^(b x)."""
    pull = np.exp(b[:, None] * (x - x.mean(axis=1, keepdims=True)))
    level = (posts @ member) / np.maximum(pull @ member, 1e-300)
    return np.asarray(pull * (level @ member.T), dtype="float64")


def _hc3(x: Floats, posts: Floats, slope: float, member: Floats) -> float:
    """Variance of the slope; leverage counts the territory's own effect; an area alone in its territory drops out."""
    fitted = _fitted(x, posts, member, np.array([slope]))
    away = within(x, member, fitted)[0]
    mean = fitted[0]
    information = float((mean * away**2).sum())
    leverage = mean * (away**2 / information + member @ (1 / (mean @ member)))
    clear = leverage < 1 - 1e-9
    residual = (posts - mean)[clear] / (1 - leverage[clear])
    return float(((away[clear] * residual) ** 2).sum() / information**2)


def _unknown(reason: Reason, areas_n: int, counts: tuple[int, int, float]) -> Elasticity:
    return Elasticity(None, None, None, None, areas_n, *counts, False, reason)
