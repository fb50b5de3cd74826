"""Where the time goes: shares of working time by item, mode and domain, per territory and profession."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workload.models.ratio import Floats, estimate_ratio
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


@dataclass(frozen=True, slots=True)
class TimeUse:
    """shares: one row per mission × territory × profession × level × code, '*' standing for all.

    Columns: `share, standard_error, low, high` (of working time), `hours_per_week` (of a full-time week),
    `design_effect`, `respondents_n`.
    response: `mission, territory, occupied_n, respondents_n, response_rate`.
    Rows stand on any number of workers: they are not to be shown before `reporting.disclosure` has seen them.
    """

    shares: pd.DataFrame
    response: pd.DataFrame


def agents_of(
    mission: str, entries: pd.DataFrame, posts: pd.DataFrame, items: Taxonomy, available_min: float
) -> Agents:
    """Respondents of a mission with their annual minutes and post-stratified weights.

    Strata are territory × profession; those with fewer than two respondents are merged within the territory, then with
    one another. The weight brings the respondents' full-time equivalents to those of the stratum's posts.
    """
    chosen = entries[entries["mission"] == mission]
    table = chosen.pivot_table(index="agent", columns="item", values="time_spent_min", aggfunc="sum", fill_value=0.0)
    table = table.reindex(columns=[item.code for item in items.items], fill_value=0.0)
    table = table[table.sum(axis=1) > 0]
    order = list(dict.fromkeys(chosen.loc[chosen["agent"].isin(table.index), "agent"]))  # by the sheets' own codes
    who = chosen.drop_duplicates("agent").set_index("agent").loc[order]
    minutes = table.loc[order].to_numpy(dtype="float64")
    annual = (
        minutes
        / minutes.sum(axis=1, keepdims=True)
        * (who["quotite"].to_numpy(dtype="float64") * available_min)[:, None]
    )
    register = posts[posts["mission"] == mission]
    keys = _strata(list(zip(who["territory"], who["profession"], strict=True)), register)
    label = [keys[pair] for pair in zip(who["territory"], who["profession"], strict=True)]
    register_label = pd.Series(
        [keys[pair] for pair in zip(register["territory"], register["profession"], strict=True)], index=register.index
    )
    posts_fte = register.groupby(register_label)["fte"].sum()
    occupied_n = register[register["occupied"]].groupby(register_label)["post"].count()
    respondents_fte = who["quotite"].astype("float64").groupby(label).sum()
    return Agents(
        tuple(order),
        who["territory"].to_numpy(dtype=object),
        who["profession"].to_numpy(dtype=object),
        who["area"].to_numpy(dtype=object),
        annual,
        tuple(item.code for item in items.items),
        np.array([posts_fte[s] / respondents_fte[s] for s in label], dtype="float64"),
        np.unique(label, return_inverse=True)[1].astype("int64") if label else np.zeros(0, dtype="int64"),
        np.array([max(occupied_n.get(s, 0), label.count(s)) for s in label], dtype="float64"),
    )


def _strata(respondents: list[tuple[str, str]], register: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The stratum of each territory × profession, merged until every stratum has two respondents or is the only one."""
    pairs = {*respondents, *zip(register["territory"], register["profession"], strict=True)}
    keys = {(t, p): f"{t}|{p}" for t, p in pairs}

    def small(pair: tuple[str, str]) -> bool:
        return sum(keys[r] == keys[pair] for r in respondents) < 2

    for everywhere in (False, True):
        thin = {t for (t, p) in pairs if small((t, p))}
        keys |= {(t, p): ALL if everywhere else f"{t}|{ALL}" for (t, p) in pairs if t in thin}
    if any(small(pair) for pair in pairs):
        keys = dict.fromkeys(pairs, ALL)
    return keys


def estimate_time_use(
    agents: Mapping[str, Agents], posts: pd.DataFrame, items: Taxonomy, weekly_hours: float, confidence: float
) -> TimeUse:
    """Shares with linearised errors, agents as clusters in their strata, with finite-population correction."""
    rows: list[pd.DataFrame] = []
    for mission, of in agents.items():
        if not of.id:
            continue
        territories, professions = sorted(set(of.territory)), sorted(set(of.profession))
        for territory in [ALL, *territories]:
            for profession in [ALL, *professions]:
                inside = _inside(of, territory, profession)
                if inside.any():
                    rows.append(
                        _shares(of, inside, items, weekly_hours, confidence).assign(
                            mission=mission, territory=territory, profession=profession
                        )
                    )
    columns = [
        *["mission", "territory", "profession", "level", "code", "share", "standard_error", "low", "high"],
        *["hours_per_week", "design_effect", "respondents_n"],
    ]
    shares = pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)
    return TimeUse(shares, _response(agents, posts))


def _inside(of: Agents, territory: str, profession: str) -> NDArray[np.bool_]:
    where = np.ones(len(of.id), dtype=bool)
    if territory != ALL:
        where &= of.territory == territory
    if profession != ALL:
        where &= of.profession == profession
    return where


def _levels(of: Agents, items: Taxonomy) -> Iterable[tuple[str, list[str], Floats]]:
    """(level, codes, minutes by code): the items themselves, then summed by mode and by domain."""
    yield "item", list(of.items), of.annual_min
    for level, groups in (("mode", items.modes), ("domain", items.domains)):
        member = np.array(
            [[getattr(item, level) == group for group in groups] for item in items.items], dtype="float64"
        )
        yield level, list(groups), of.annual_min @ member


def _shares(
    of: Agents, inside: NDArray[np.bool_], items: Taxonomy, weekly_hours: float, confidence: float
) -> pd.DataFrame:
    x = (
        of.annual_min.sum(axis=1) * inside
    )  # outside the group both y and x are zero: domain estimation in the full design
    tables = []
    for level, codes, minutes in _levels(of, items):
        found = estimate_ratio(minutes * inside[:, None], x, of.weight, of.stratum, np.arange(len(x)), of.population_n)
        low, high = found.interval(confidence)
        tables.append(
            pd.DataFrame(
                {
                    "level": level,
                    "code": codes,
                    "share": found.ratio,
                    "standard_error": found.standard_error,
                    "low": np.clip(low, 0, 1),
                    "high": np.clip(high, 0, 1),
                    "hours_per_week": found.ratio * weekly_hours,
                    "design_effect": found.design_effect,
                    "respondents_n": int(inside.sum()),
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    return table[table["share"] > 0]


def _response(agents: Mapping[str, Agents], posts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for mission, of in agents.items():
        occupied = posts[(posts["mission"] == mission) & posts["occupied"]].groupby("territory")["post"].count()
        for territory, n in occupied.items():
            answered = int((of.territory == territory).sum())
            rows.append((mission, str(territory), int(n), answered, answered / n))
    return pd.DataFrame(rows, columns=["mission", "territory", "occupied_n", "respondents_n", "response_rate"])


def direct_share(of: Agents, items: Taxonomy, domains: Iterable[str], replicate: Floats | None = None) -> Floats:
    """Share of the mission's time in declared domains; the rest (meetings, training, administration) is an allowance.

    replicate: (B, n) multipliers of the weights for B bootstrap draws; the answer is (B,), or (1,) without it.
    """
    declared = set(domains) - {SUPPORT_DOMAIN}
    member = np.array([item.domain in declared for item in items.items], dtype="float64")
    weights = of.weight[None, :] if replicate is None else of.weight * replicate
    share: Floats = (weights @ (of.annual_min @ member)) / (weights @ of.annual_min.sum(axis=1))
    return share
