"""Where the time goes: shares of working time by item, mode and domain, per territory, site and profession."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workload.models.agents import ALL, Agents, agents_of, direct_share
from workload.models.groups import FIGURES, POOLED, Groups, pool_territories
from workload.models.ratio import Floats
from workload.models.replication import rao_wu
from workload.models.weighting import effective_n, weighting_design_effect
from workload.parameters import Taxonomy

__all__ = ["ALL", "Agents", "TimeUse", "agents_of", "direct_share", "estimate_time_use"]

KEYS = ["mission", "territory", "profession", "level", "code"]
DESIGN = [
    *["mission", "respondents_n", "strata_n", "merged_strata_n", "raked", "trimmed_n", "trim_medians"],
    *["effective_n", "weighting_design_effect"],
]
BOOTSTRAP_DRAWS = 400


@dataclass(frozen=True, slots=True)
class TimeUse:
    """shares: one row per mission × territory × profession × level × code, '*' standing for all.

    Columns: `share, standard_error, low, high` (of working time), `hours_per_week` (of a full-time week),
    `design_effect`, `respondents_n`; `minutes_per_year` of all the group's posts; `half_width_min_per_week` and
    `half_width_posts`: half the interval, in minutes of a full-time week and in the group's posts; `effective_n`
    (Kish); `bootstrap_error` beside the linearised one; and for whole territories `pooled_share, pooled_low,
    pooled_high, pooling_weight`: partly pooled towards the département, and how much comes from it. What cannot be told
    is missing (NA).
    response: `mission, territory, occupied_n, respondents_n, response_rate`.
    sites: as shares, by mode and domain, with a column `site`. cells: as shares, level `mode_domain`, code
    "mode|domain", for the whole département and by territory.
    design: per mission the weighting, as counts: strata merged, weights trimmed, effective size.
    Rows stand on any number of workers: they are not to be shown before `reporting.disclosure` has seen them.
    """

    shares: pd.DataFrame
    response: pd.DataFrame
    sites: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*KEYS, "site", *FIGURES]))
    cells: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*KEYS, *FIGURES]))
    design: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=DESIGN))


def estimate_time_use(
    agents: Mapping[str, Agents],
    posts: pd.DataFrame,
    items: Taxonomy,
    weekly_hours: float,
    confidence: float,
    rng: np.random.Generator | None = None,
) -> TimeUse:
    """Shares with linearised errors, agents as clusters in their strata, with finite-population correction.

    rng: for the bootstrap beside them; without it `bootstrap_error` is missing.
    """
    shares, sites, cells = [], [], []
    for mission, of in agents.items():
        if not of.id:
            continue
        group = Groups(of, posts[posts["mission"] == mission], items, weekly_hours, confidence, _multiplier(of, rng))
        found = [group.shares(t, p) for t, p in group.territories_professions()]
        shares.append(pool_territories(pd.concat(found, ignore_index=True), confidence).assign(mission=mission))
        sites += [table.assign(mission=mission) for table in group.sites()]
        cells += [group.cells(t).assign(mission=mission) for t in [ALL, *sorted(set(of.territory))]]
    return TimeUse(
        _table(shares, [*KEYS, *FIGURES, *POOLED]),
        _response(agents, posts),
        _table(sites, [*KEYS, "site", *FIGURES]),
        _table(cells, [*KEYS, *FIGURES]),
        _design(agents),
    )


def _table(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """The parts under one another, without categories in which nobody noted anything."""
    if not parts:
        return pd.DataFrame(columns=columns)
    table = pd.concat(parts, ignore_index=True)
    return table.loc[table["share"] > 0, columns].reset_index(drop=True)


def _multiplier(of: Agents, rng: np.random.Generator | None) -> Floats | None:
    return None if rng is None else rao_wu(of.stratum, BOOTSTRAP_DRAWS, rng, population_clusters=of.population_n)


def _design(agents: Mapping[str, Agents]) -> pd.DataFrame:
    rows = [
        (
            *(mission, len(of.id), d.strata_n, d.merged_strata_n, d.raked, d.trimmed_n, d.trim_medians),
            *(effective_n(of.weight), weighting_design_effect(of.weight)),
        )
        for mission, of in agents.items()
        if of.id and (d := of.design) is not None
    ]
    return pd.DataFrame(rows, columns=DESIGN)


def _response(agents: Mapping[str, Agents], posts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for mission, of in agents.items():
        occupied = posts[(posts["mission"] == mission) & posts["occupied"]].groupby("territory")["post"].count()
        for territory, n in occupied.items():
            answered = int((of.territory == territory).sum())
            rows.append((mission, str(territory), int(n), answered, answered / n))
    return pd.DataFrame(rows, columns=["mission", "territory", "occupied_n", "respondents_n", "response_rate"])
