"""Shares of working time of any group of a mission's agents, in the mission's whole design."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from workload.models.agents import ALL, Agents
from workload.models.pooling import fay_herriot
from workload.models.ratio import Floats, RatioEstimate, estimate_ratio
from workload.models.replication import bootstrap_ratio_error
from workload.models.weighting import effective_n
from workload.parameters import Taxonomy
from workload.units import hours_to_minutes

FIGURES = [
    *["share", "standard_error", "low", "high", "hours_per_week", "design_effect", "respondents_n"],
    *["minutes_per_year", "half_width_min_per_week", "half_width_posts", "effective_n", "bootstrap_error"],
]
POOLED = ["pooled_share", "pooled_low", "pooled_high", "pooling_weight"]


@dataclass(frozen=True, slots=True)
class Groups:
    """Estimates for any group of one mission's agents, in the mission's whole design."""

    of: Agents
    posts: pd.DataFrame
    items: Taxonomy
    weekly_hours: float
    confidence: float
    multiplier: Floats | None  # (draws, n)

    def territories_professions(self) -> list[tuple[str, str]]:
        pairs = set(zip(self.of.territory, self.of.profession, strict=True))
        territories, professions = ({pair[axis] for pair in pairs} for axis in (0, 1))
        return [
            (t, p)
            for t in [ALL, *sorted(territories)]
            for p in [ALL, *sorted(professions)]
            if t == ALL or p == ALL or (t, p) in pairs
        ]

    def shares(self, territory: str, profession: str) -> pd.DataFrame:
        inside = np.ones(len(self.of.id), dtype=bool)
        posts = np.ones(len(self.posts), dtype=bool)
        for column, own, wanted in (
            ("territory", self.of.territory, territory),
            ("profession", self.of.profession, profession),
        ):
            if wanted != ALL:
                inside &= own == wanted
                posts &= self.posts[column].to_numpy(dtype=object) == wanted
        fte = float(self.posts.loc[posts, "fte"].sum())
        tables = [self._estimate(inside, fte, *level) for level in _levels(self.of, self.items)]
        return pd.concat(tables, ignore_index=True).assign(territory=territory, profession=profession)

    def sites(self) -> list[pd.DataFrame]:
        where = np.array([self.of.site.get(area, "") for area in self.of.area], dtype=object)
        found = []
        for territory, site in sorted({(t, s) for t, s in zip(self.of.territory, where, strict=True) if s}):
            inside = (where == site) & (self.of.territory == territory)
            own = (self.posts["site"] == site) & (self.posts["territory"] == territory)
            fte = float(self.posts.loc[own, "fte"].sum())
            found += [
                self._estimate(inside, fte, *level).assign(territory=territory, profession=ALL, site=site)
                for level in _levels(self.of, self.items)
                if level[0] != "item"
            ]
        return found

    def cells(self, territory: str) -> pd.DataFrame:
        """Mode × domain."""
        pairs = sorted({(item.mode, item.domain) for item in self.items.items})
        member = [[(item.mode, item.domain) == pair for pair in pairs] for item in self.items.items]
        minutes = self.of.annual_min @ np.array(member, dtype="float64")
        inside = np.ones(len(self.of.id), dtype=bool) if territory == ALL else self.of.territory == territory
        own = self.posts if territory == ALL else self.posts[self.posts["territory"] == territory]
        table = self._estimate(inside, float(own["fte"].sum()), "mode_domain", ["|".join(p) for p in pairs], minutes)
        return table.assign(territory=territory, profession=ALL)

    def _estimate(
        self, inside: NDArray[np.bool_], fte: float, level: str, codes: list[str], minutes: Floats
    ) -> pd.DataFrame:
        """Outside the group both y and x are zero: domain estimation in the full design."""
        of = self.of
        y, x = minutes * inside[:, None], of.annual_min.sum(axis=1) * inside
        found = estimate_ratio(y, x, of.weight, of.stratum, np.arange(len(x)), of.population_n)
        boot = np.nan if self.multiplier is None else bootstrap_ratio_error(y, x, of.weight, self.multiplier)
        low, high = found.interval(self.confidence)
        half = _half_width(found, self.confidence)
        week_min = hours_to_minutes(self.weekly_hours)
        return pd.DataFrame(
            {
                "level": level,
                "code": codes,
                "share": found.ratio,
                "standard_error": found.standard_error,
                "low": np.clip(low, 0, 1),
                "high": np.clip(high, 0, 1),
                "hours_per_week": found.ratio * self.weekly_hours,
                "design_effect": _known(found.design_effect),
                "respondents_n": int(inside.sum()),
                "minutes_per_year": found.ratio * fte * of.available_min,
                "half_width_min_per_week": _known(half * week_min),
                "half_width_posts": _known(half * fte),
                "effective_n": effective_n(of.weight[inside]),
                "bootstrap_error": _known(np.broadcast_to(boot, len(codes))),
            }
        )


def _half_width(found: RatioEstimate, confidence: float) -> Floats:
    width = found.half_width(confidence)
    return np.full(len(found.ratio), np.nan) if width is None else width


def _known(values: Floats) -> "pd.Series[float]":
    """Figures that may be missing: NA, never NaN."""
    return pd.Series([float(v) if np.isfinite(v) else None for v in values], dtype="Float64")


def _levels(of: Agents, items: Taxonomy) -> Iterable[tuple[str, list[str], Floats]]:
    """(level, codes, minutes by code): the items themselves, then summed by mode and by domain."""
    yield "item", list(of.items), of.annual_min
    for level, groups in (("mode", items.modes), ("domain", items.domains)):
        member = np.array(
            [[getattr(item, level) == group for group in groups] for item in items.items], dtype="float64"
        )
        yield level, list(groups), of.annual_min @ member


def pool_territories(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Adds the pooled columns to the rows of whole territories, code by code."""
    pooled = {name: pd.Series(pd.NA, index=table.index, dtype="Float64") for name in POOLED}
    whole = table[(table["profession"] == ALL) & (table["territory"] != ALL)]
    z = float(ndtri(0.5 + confidence / 2))
    for _, rows in whole.groupby(["level", "code"], sort=False):
        found = fay_herriot(rows["share"].to_numpy(), _smoothed(rows))
        if found is None or not (rows["share"] > 0).any():
            continue
        error = z * np.sqrt(found.mean_squared_error)
        columns = (found.estimate, found.estimate - error, found.estimate + error, found.pooling_weight)
        for name, values in zip(POOLED, columns, strict=True):
            pooled[name].loc[rows.index] = np.clip(values, 0, 1)
    return table.assign(**pooled)


def _smoothed(rows: pd.DataFrame) -> Floats:
    """(T,) sampling variances of one code's shares. Their own are too noisy with a handful of agents, and zero where
    nobody noted the code: one variance per agent is taken for all territories (a generalised variance function,
    Wolter 2007, ch. 7)."""
    n = rows["respondents_n"].to_numpy(dtype="float64")
    per_agent = rows["standard_error"].to_numpy() ** 2 * n
    several = n > 1
    common = float(np.average(per_agent[several], weights=n[several] - 1)) if several.any() else 0.0
    variances: Floats = common / n
    return variances
