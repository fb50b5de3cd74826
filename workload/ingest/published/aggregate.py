"""Published figures carried to communes, and from communes to cantons, EPCI, territories."""

from collections.abc import Collection, Mapping
from math import nan

import pandas as pd

from workload.ingest.published.card import SourceCard
from workload.ingest.published.crosswalk import add_places
from workload.ingest.published.places import arrondissements, commune_of_iris
from workload.ingest.published.status import (
    COLUMNS,
    COUNT_N,
    ERROR_N,
    IMPUTED_N,
    INDICATOR,
    LEVEL,
    PLACE,
    STATUS,
    YEAR,
    Status,
)


def additive(card: SourceCard) -> dict[str, bool]:
    """Whether each indicator of a card adds up over places (counts do, medians and rates do not)."""
    return {id: column.additive for id, column in card.columns.items()}


def to_communes(table: pd.DataFrame, card: SourceCard) -> pd.DataFrame:
    """IRIS summed to communes, arrondissements of Paris, Lyon and Marseille to theirs unless the card keeps them.

    A commune with one IRIS secret or missing is a lower bound; with all of them secret, secret. Other levels than
    IRIS and commune are returned as they are.
    """
    keep = card.keep_arrondissements
    if card.level == "iris":
        places = table[PLACE].map(lambda code: commune_of_iris(code, keep))
    elif card.level == "commune" and not keep:
        places = table[PLACE].map(arrondissements)
    else:
        return table
    return add_places(_moved(table, places, "commune"), additive(card))


def _moved(table: pd.DataFrame, places: pd.Series, level: str) -> pd.DataFrame:
    moved = table.copy()
    moved[PLACE] = places
    moved[LEVEL] = level
    return moved


def complete(table: pd.DataFrame, card: SourceCard, communes: Collection[str]) -> pd.DataFrame:
    """A row for every commune, year and indicator: those absent from the file take the meaning that the card declares.

    An absence is missing unless the card says `absent: secret` (places under a threshold) or `absent: zero` (a
    directory that lists only what exists).
    """
    wanted = pd.MultiIndex.from_product(
        [sorted(communes), [(y, id) for id, c in card.columns.items() for y in c.places(card.year)]]
    )
    full = pd.DataFrame([(place, year, id) for place, (year, id) in wanted], columns=[PLACE, YEAR, INDICATOR])
    merged = full.merge(table.drop(columns=LEVEL), on=[PLACE, YEAR, INDICATOR], how="left")
    absent = merged[STATUS].isna()
    count, status = {
        "secret": (nan, Status.SECRET),
        "manquant": (nan, Status.MISSING),
        "zero": (0.0, Status.PUBLISHED),
    }[card.absent]
    merged[COUNT_N] = merged[COUNT_N].mask(absent, count)
    merged[STATUS] = merged[STATUS].mask(absent, status.value).astype("str")
    for column in (IMPUTED_N, ERROR_N):
        merged[column] = merged[column].mask(absent, 0.0)
    merged[LEVEL] = "commune"
    return merged[list(COLUMNS)]


def sum_places(
    table: pd.DataFrame, groups: Mapping[str, str] | pd.DataFrame, level: str, adds: Mapping[str, bool]
) -> pd.DataFrame:
    """Communes summed to larger places: `groups` says the place of each commune (canton, EPCI, territory).

    A commune cut between places comes as a frame `commune, place, part`: known counts are shared by the parts.
    Communes outside `groups` are left out. What does not add up is missing.
    """
    if not isinstance(groups, pd.DataFrame):
        groups = pd.DataFrame({"commune": list(groups), "place": list(groups.values()), "part": 1.0})
    joined = table.merge(groups.rename(columns={"commune": PLACE, "place": "_group"}), on=PLACE)
    for column in (COUNT_N, IMPUTED_N, ERROR_N):
        joined[column] = joined[column] * joined["part"]
    return add_places(_moved(joined, joined["_group"], level), adds)


def coverage(table: pd.DataFrame, population: Mapping[str, float], groups: Mapping[str, str]) -> pd.DataFrame:
    """How complete each indicator is in each territory: a row per indicator, year and territory.

    For each status the share of communes (`communes_published`, …) and of population (`population_published`, …),
    both of 1; `groups` says the territory of each commune. Communes of the territory that the table does not hold
    count as missing.
    """
    communes = pd.DataFrame({PLACE: list(groups), "territory": list(groups.values())})
    communes["population"] = communes[PLACE].map(population).fillna(0.0).astype("float64")
    pairs = table[[INDICATOR, YEAR]].drop_duplicates()
    full = pairs.merge(communes, how="cross").merge(
        table[[INDICATOR, YEAR, PLACE, STATUS]], on=[INDICATOR, YEAR, PLACE], how="left"
    )
    full[STATUS] = full[STATUS].fillna(Status.MISSING.value)
    keys = [INDICATOR, YEAR, "territory"]
    whole = full.groupby(keys).agg(communes=(PLACE, "size"), population=("population", "sum"))
    result = whole.copy()
    for status in Status:
        part = full[full[STATUS] == status.value].groupby(keys).agg(n=(PLACE, "size"), pop=("population", "sum"))
        part = part.reindex(whole.index, fill_value=0)
        result[f"communes_{status.value}"] = part["n"] / whole["communes"]
        result[f"population_{status.value}"] = part["pop"] / whole["population"].where(whole["population"] > 0)
    return result.reset_index()
