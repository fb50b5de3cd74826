"""No figure about fewer than a set number of workers leaves, nor what would give one away by subtraction."""

from collections.abc import Collection, Mapping

import pandas as pd

from workload.models.groups import POOLED
from workload.models.timeuse import ALL, TimeUse
from workload.pipeline.readings import Reading
from workload.reporting.suppression import Cell, withheld

__all__ = ["open_territories", "publishable", "readable", "shown_count", "withheld"]

NO_SITE = ""
"""Respondents of a territory whose area lies in no site: never shown, but left over when the sites are taken away."""


def publishable(time_use: TimeUse, minimum: int) -> TimeUse:
    """The part of a TimeUse that may be shown.

    shares, cells, sites: rows of withheld groups are gone. response: one more row per mission for the département
    (territory '*'); counts are nullable, empty where withheld; columns `occupied_withheld` and `withheld` (respondents
    and rate) say so. Pooled figures are missing in a mission with a withheld territory: the common mean holds it, and
    beside the département's own mean would give it away. design: see `_design`.
    """
    missions = list(dict.fromkeys([*time_use.response["mission"], *time_use.shares["mission"]]))
    hidden = {m: withheld(_respondents(time_use, m), minimum, _sites(time_use, m)) for m in missions}
    response = [_response(time_use.response, mission, hidden[mission], minimum) for mission in missions]
    whole = {m for m in missions if not any(cell[1:] == (ALL,) for cell in hidden[m])}
    return TimeUse(
        _pooled(_kept(time_use.shares, hidden), whole),
        pd.concat(response, ignore_index=True) if response else time_use.response,
        _kept(time_use.sites, hidden),
        _kept(time_use.cells, hidden),
        _design(time_use.design, hidden, minimum),
    )


def readable(reading: Reading, minimum: int) -> pd.DataFrame:
    """The rows of `Reading.items` that may be shown: the size of a group of readers is missing under the minimum."""
    items = reading.items[reading.items["respondents_n"] >= minimum].reset_index(drop=True)
    readers = items["readers_share"] * items["respondents_n"]
    small = (readers.fillna(minimum) < minimum) | ((items["respondents_n"] - readers).fillna(minimum) < minimum)
    return items.assign(readers_share=items["readers_share"].mask(small, pd.NA))


def shown_count(n: int | None, minimum: int) -> int | None:
    """A number of workers, or None: unknown, or one that tells too much."""
    return None if n is None or 0 < n < minimum else n


def open_territories(shown: TimeUse, mission: str) -> frozenset[str]:
    """Territories about whose own answers a figure may be shown; shown: as `publishable` gives it."""
    own = shown.response[(shown.response["mission"] == mission) & ~shown.response["withheld"].astype(bool)]
    return frozenset(str(t) for t in own["territory"] if t != ALL)


def _kept(table: pd.DataFrame, hidden: Mapping[str, Collection[Cell]]) -> pd.DataFrame:
    keys = zip(*(table[name] for name in _KEYS if name in table), strict=True)
    shown = [tuple(cell) not in hidden[mission] for mission, *cell in keys]
    return table.loc[shown].reset_index(drop=True)


_KEYS = ("mission", "territory", "profession", "site")


def _pooled(shares: pd.DataFrame, whole: Collection[str]) -> pd.DataFrame:
    blank = {name: shares[name].where(shares["mission"].isin(whole), pd.NA) for name in POOLED if name in shares}
    return shares.assign(**blank)


def _design(design: pd.DataFrame, hidden: Mapping[str, Collection[Cell]], minimum: int) -> pd.DataFrame:
    """Missions that may be shown; how many weights were trimmed is missing where few, how many strata stood on one
    worker where any cell is withheld, since either would narrow it."""
    shown = design.loc[[(ALL, ALL) not in hidden[m] for m in design["mission"]]].reset_index(drop=True)
    complete = shown["mission"].map(lambda m: not hidden[m]).astype(bool)
    few = shown["trimmed_n"].between(1, minimum - 1)
    strata = {name: shown[name].astype("Int64").where(complete, pd.NA) for name in ("strata_n", "merged_strata_n")}
    return shown.assign(trimmed_n=shown["trimmed_n"].astype("Int64").mask(few, pd.NA), **strata)


def _sites(time_use: TimeUse, mission: str) -> dict[Cell, int]:
    """Respondents by territory and site; those of no site are what is left of the territory's."""
    own = time_use.sites[time_use.sites["mission"] == mission].drop_duplicates(["territory", "site"])
    found: dict[Cell, int] = {}
    left = {t: n for (t, p), n in _respondents(time_use, mission).items() if p == ALL and t != ALL}
    for territory, site, n in zip(own["territory"], own["site"], own["respondents_n"], strict=True):
        found[str(territory), ALL, str(site)] = int(n)
        left[str(territory)] -= int(n)
    with_sites = {territory for territory, _, _ in found}
    return found | {(t, ALL, NO_SITE): n for t, n in left.items() if n > 0 and t in with_sites}


def _respondents(time_use: TimeUse, mission: str) -> dict[Cell, int]:
    """Respondents by territory and profession, margins included; a territory where nobody answered counts zero."""
    response = time_use.response[time_use.response["mission"] == mission]
    shares = time_use.shares[time_use.shares["mission"] == mission]
    counts: dict[Cell, int] = {
        (str(t), ALL): int(n) for t, n in zip(response["territory"], response["respondents_n"], strict=True)
    }
    counts[ALL, ALL] = sum(counts.values())
    groups = shares.drop_duplicates(["territory", "profession"])
    for territory, profession, n in zip(
        groups["territory"], groups["profession"], groups["respondents_n"], strict=True
    ):
        counts[str(territory), str(profession)] = int(n)
    return counts


def _response(response: pd.DataFrame, mission: str, hidden: frozenset[Cell], minimum: int) -> pd.DataFrame:
    own = response[response["mission"] == mission]
    territories = [*own["territory"], ALL]
    occupied = [*own["occupied_n"], own["occupied_n"].sum()]
    answered = [*own["respondents_n"], own["respondents_n"].sum()]
    hidden_posts = withheld({(t, ALL): int(n) for t, n in zip(territories, occupied, strict=True)}, minimum)
    rows = []
    for territory, posts, agents in zip(territories, occupied, answered, strict=True):
        no_posts = (territory, ALL) in hidden_posts
        no_agents = no_posts or (territory, ALL) in hidden
        rows.append(
            {
                "mission": mission,
                "territory": territory,
                "occupied_n": None if no_posts else int(posts),
                "respondents_n": None if (territory, ALL) in hidden else int(agents),
                "response_rate": None if no_agents or not posts else agents / posts,
                "occupied_withheld": no_posts,
                "withheld": (territory, ALL) in hidden,
            }
        )
    return pd.DataFrame(rows).astype({"occupied_n": "Int64", "respondents_n": "Int64", "response_rate": "Float64"})
