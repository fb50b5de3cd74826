"""Were the instructions read alike? For each item, where its spread lies and whether it was read in two ways."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workload.models.agents import Agents
from workload.models.composition import replace_zeros, structural_zeros, unusual_profiles_n
from workload.models.misreading import uneven_items
from workload.models.mixed import variance_components
from workload.models.ratio import Floats

READING = [
    *["mission", "item", "respondents_n", "territory_share", "agent_share", "day_share"],
    *["flagged", "partner", "readers_share", "code"],
]


def reading_table(agents: Mapping[str, Agents], days: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row per mission × item that anybody noted: where its spread lies, and whether it was read unevenly.

    Columns: `mission, item, respondents_n`; `territory_share, agent_share, day_share`: parts of the variance of the
    item's share of time between territories, between agents of one territory, and between days of one agent
    (`day_share` is missing without days, and then lies within `agent_share`); `flagged`; `partner`: the item that
    changes places with it, or ''; `readers_share`: part of the respondents in the smaller group, missing where not
    flagged; `code`: even, uneven, or too_few_respondents.
    days: optional, `agent, item, day, time_spent_min`, the sheets' days before they are added up.
    """
    rows: list[tuple[object, ...]] = []
    for mission, of in agents.items():
        shares = _shares(of)
        found = uneven_items(shares, of.items, of.territory) if len(shares) else None
        uneven = {u.item: u for u in found or ()}
        code = "too_few_respondents" if found is None else "even"
        for k in np.flatnonzero((shares > 0).any(axis=0)):
            item = of.items[k]
            parts = _variance_shares(of, shares[:, k], item, days)
            flag = uneven.get(item)
            verdict = (True, flag.partner, flag.readers_share, "uneven") if flag else (False, "", None, code)
            rows.append((mission, item, len(shares), *parts, *verdict))
    table = pd.DataFrame(rows, columns=READING)
    missing = ["territory_share", "agent_share", "day_share", "readers_share"]
    return table.astype(dict.fromkeys(missing, "Float64"))


def _shares(of: Agents) -> Floats:
    total = of.annual_min.sum(axis=1, keepdims=True)
    shares: Floats = of.annual_min / np.where(total > 0, total, 1.0)
    return shares


def _variance_shares(
    of: Agents, share: Floats, item: str, days: pd.DataFrame | None
) -> tuple[float | None, float | None, float | None]:
    """Parts of the variance between territories, agents and days; all missing where nothing varies."""
    if days is None or days.empty:
        found = variance_components(share, np.ones(len(share)), {"territory": list(of.territory)}).shares()
        return found.get("territory"), found.get("residual"), None
    place = {agent: k for k, agent in enumerate(of.id)}  # not the pseudonym, whose order is another one each time
    own = days[days["agent"].isin(place)].assign(agent=lambda table: table["agent"].map(place))
    total = own.groupby(["agent", "day"])["time_spent_min"].sum()
    total = total[total > 0]
    of_item = own[own["item"] == item].groupby(["agent", "day"])["time_spent_min"].sum()
    noted = of_item.reindex(total.index, fill_value=0.0)
    who = list(total.index.get_level_values("agent"))
    groups = {"territory": [of.territory[k] for k in who], "agent": who}
    found = variance_components((noted / total).to_numpy(dtype="float64"), np.ones(len(who)), groups).shares()
    return found.get("territory"), found.get("agent"), found.get("residual")


def unusual_profiles(
    agents: Mapping[str, Agents], least_share: float, rng: np.random.Generator
) -> dict[str, int | None]:
    """Per mission, how many respondents divide their week unlike all others: never whom, nor where.

    least_share: the sheet's grain over its minutes. Only items that every profession notes are compared. None where
    there are too few respondents to tell. A count under the number of workers that may be shown is not to be shown.
    """
    found: dict[str, int | None] = {}
    for mission, of in agents.items():
        shares = _shares(of)
        common = ~structural_zeros(shares, of.profession).any(axis=0) if len(shares) else np.zeros(0, dtype=bool)
        kept = shares[:, common]
        kept = kept[kept.sum(axis=1) > 0]
        enough = kept.shape[1] > 1 and len(kept) > 0
        found[mission] = unusual_profiles_n(replace_zeros(kept, least_share), rng) if enough else None
    return found
