"""Respondents of a mission: what each noted, where, and how many posts each stands for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workload.models.ratio import Floats
from workload.models.strata import TRIM_MEDIANS, WeightDesign, weigh
from workload.parameters import SUPPORT_DOMAIN, Taxonomy

ALL = "*"
"""Stands for every territory, or every profession."""


@dataclass(frozen=True, slots=True)
class Agents:
    """Respondents of one mission, aligned arrays of length n, in the order of `id`."""

    id: tuple[str, ...]
    territory: NDArray[np.object_]
    profession: NDArray[np.object_]
    area: NDArray[np.object_]
    annual_min: Floats  # (n, I) minutes a year by item: the sheet's division of time × the agent's available year
    items: tuple[str, ...]
    weight: Floats  # (n,) full-time posts that one full-time respondent stands for
    stratum: NDArray[np.int64]
    population_n: Floats  # (n,) occupied posts in the respondent's stratum
    available_min: float = 0.0  # minutes a year of a full-time post
    site: Mapping[str, str] = field(default_factory=dict)  # area → the site it belongs to
    design: WeightDesign | None = None


def agents_of(
    mission: str,
    entries: pd.DataFrame,
    posts: pd.DataFrame,
    items: Taxonomy,
    available_min: float,
    trim_medians: float = TRIM_MEDIANS,
) -> Agents:
    """Respondents of a mission with their annual minutes and weights that bring them to its posts (`strata.weigh`)."""
    chosen = entries[entries["mission"] == mission]
    table = chosen.pivot_table(index="agent", columns="item", values="time_spent_min", aggfunc="sum", fill_value=0.0)
    table = table.reindex(columns=[item.code for item in items.items], fill_value=0.0)
    table = table[table.sum(axis=1) > 0]
    order = list(dict.fromkeys(chosen.loc[chosen["agent"].isin(table.index), "agent"]))  # by the sheets' own codes
    who = chosen.drop_duplicates("agent").set_index("agent").loc[order]
    minutes = table.loc[order].to_numpy(dtype="float64")
    quotite = who["quotite"].to_numpy(dtype="float64")
    register = posts[posts["mission"] == mission]
    weighed = weigh(list(zip(who["territory"], who["profession"], strict=True)), quotite, register, trim_medians)
    return Agents(
        tuple(order),
        who["territory"].to_numpy(dtype=object),
        who["profession"].to_numpy(dtype=object),
        who["area"].to_numpy(dtype=object),
        minutes / minutes.sum(axis=1, keepdims=True) * (quotite * available_min)[:, None],
        tuple(item.code for item in items.items),
        weighed.weight,
        weighed.stratum,
        weighed.population_n,
        available_min,
        _sites(register),
        weighed.design,
    )


def _sites(register: pd.DataFrame) -> dict[str, str]:
    """Site of each area of the register, a sector or the site itself."""
    if not {"site", "sector"} <= set(register.columns):
        return {}
    found = {f"site:{site}": str(site) for site in register["site"].dropna()}
    both = register.dropna(subset=["site", "sector"])
    return found | {f"sector:{a}": str(b) for a, b in zip(both["sector"], both["site"], strict=True)}


def direct_share(of: Agents, items: Taxonomy, domains: Iterable[str], replicate: Floats | None = None) -> Floats:
    """Share of the mission's time in declared domains; the rest (meetings, training, administration) is an allowance.

    replicate: (B, n) multipliers of the weights for B bootstrap draws; the answer is (B,), or (1,) without it.
    """
    declared = set(domains) - {SUPPORT_DOMAIN}
    member = np.array([item.domain in declared for item in items.items], dtype="float64")
    weights = of.weight[None, :] if replicate is None else of.weight * replicate
    share: Floats = (weights @ (of.annual_min @ member)) / (weights @ of.annual_min.sum(axis=1))
    return share
