"""The design of the fit: which components a mission has, and how many units of each there are in each place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workload.ingest.study_file import Mission
from workload.models.ratio import Floats

KM_PER_DEGREE = 111.195  # of latitude, mean radius of the Earth 6,371 km
MEAN_DISTANCE = (np.sqrt(2) + np.log(1 + np.sqrt(2))) / 6  # 0.3826: from a uniform point to the centre of a unit square
EXTERNAL, INTERNAL = "externe", "interne"


@dataclass(frozen=True, slots=True)
class Component:
    """What one indicator brings in one domain: the unit of the fit, of the need, and of the ledger."""

    indicator: str
    domain: str
    expert_min: float | None  # minutes a year per unit, as the experts see it
    expert_uncertainty: float  # coefficient of variation of that

    @property
    def id(self) -> str:
        return f"{self.indicator}@{self.domain}"


def components_of(mission: Mission, default_uncertainty: float) -> tuple[Component, ...]:
    """The components that etude.yaml declares for a mission, in its order."""
    return tuple(
        Component(
            indicator,
            domain,
            weight.minutes if weight else None,
            (weight.uncertainty if weight else None) or default_uncertainty,
        )
        for domain, of in mission.domains.items()
        for indicator, weight in of.indicators.items()
    )


@dataclass(frozen=True, slots=True)
class NatureLine:
    """A mission on external indicators alone, and what it took to get there."""

    mission: Mission
    dropped: tuple[tuple[str, str], ...]  # (domain, internal indicator) left out
    kept_internal: tuple[str, ...]  # domains without any external indicator: theirs stay, and it is said


def nature_filter(mission: Mission, natures: Mapping[str, str]) -> NatureLine:
    """The mission without the indicators that follow supply (files, measures), wherever a domain has another.

    natures: "externe" or "interne" by indicator; those made from the map are in no card, and external.
    """
    domains, dropped, kept = {}, list[tuple[str, str]](), list[str]()
    for name, domain in mission.domains.items():
        internal = [i for i in domain.indicators if natures.get(i, EXTERNAL) == INTERNAL]
        if len(internal) == len(domain.indicators):
            kept.append(name)
            internal = []
        dropped += [(name, i) for i in internal]
        left = {i: weight for i, weight in domain.indicators.items() if i not in internal}
        domains[name] = domain.model_copy(update={"indicators": left})
    return NatureLine(mission.model_copy(update={"domains": domains}), tuple(dropped), tuple(kept))


def place_counts(
    communes: pd.DataFrame,
    sites: pd.DataFrame,
    counts: pd.DataFrame,
    sector_inhabitants: float | None = None,
    substitutes: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, pd.DataFrame]:
    """Units of every indicator per commune, sector, site and territory: level → place × indicator.

    A commune cut into sectors gives each its declared part. Indicators made here from the map: `habitants`;
    `forfait_site`, one unit per site shared among its communes by inhabitants (a fixed cost per site, never per sector
    of today, which would hand the present back); `trajets`, inhabitants × km from the commune to the seat of its site;
    and, where the normative size of a sector is given, `forfait_secteur`, one unit per normative sector of inhabitants.

    substitutes: indicator → territory → the count that stands there instead, shared among its communes by inhabitants:
    in the proportions of the true counts, fractions of a third would tell that there were three.
    """
    part = communes["part"].to_numpy(dtype="float64")
    people = communes["population"].to_numpy(dtype="float64") * part
    by_site = pd.Series(people).groupby(communes["site"].to_numpy()).transform("sum").to_numpy()
    frame = pd.DataFrame(
        counts.loc[communes["commune"]].to_numpy(dtype="float64") * part[:, None], columns=counts.columns
    )
    for indicator, told in (substitutes or {}).items():
        for territory, count in told.items():
            here = np.flatnonzero(communes["territory"].to_numpy() == territory)
            frame.loc[here, indicator] = shared_out(count, people[here], SMALL_UNIT)
    frame["habitants"] = people
    frame["forfait_site"] = np.divide(people, by_site, out=np.zeros_like(people), where=by_site > 0)
    frame["trajets"] = people * _km_to_seat(communes, sites)
    if sector_inhabitants:
        frame["forfait_secteur"] = people / sector_inhabitants
    sector = "sector:" + communes["sector"].to_numpy(dtype=object)
    site = "site:" + communes["site"].to_numpy(dtype=object)
    return {
        "sector": frame.groupby(sector).sum(),
        "site": frame.groupby(site).sum(),
        "territory": frame.groupby(communes["territory"].to_numpy()).sum(),
        "commune": frame.groupby(communes["commune"].to_numpy()).sum(),
    }


SMALL_UNIT = 2.0**-20
"""Parts in multiples of a power of two add up to their total in any order, without rounding."""


def shared_out(count: float, by: Floats, unit: float = 1.0) -> Floats:
    """(n,) `count` in the proportions of `by`, in multiples of `unit` by largest remainder; what is less than a unit
    of it goes to the largest part. Alike where `by` is zero."""
    shares = by / by.sum() if by.sum() > 0 else np.full(len(by), 1 / len(by))
    whole = np.floor(count / unit)
    exact = whole * shares
    parts = np.floor(exact)
    first = np.argsort(parts - exact, kind="stable")
    parts[first[: int(whole - parts.sum())]] += 1
    parts *= unit
    parts[np.argmax(parts)] += count - whole * unit
    return np.asarray(parts, dtype="float64")


def _km_to_seat(communes: pd.DataFrame, sites: pd.DataFrame) -> Floats:
    """Straight-line km from each commune to the seat of its site.

    Without coordinates, the mean distance to the centre of a square of the site's area; zero without areas either.
    """
    if not distances_known(communes):
        return np.zeros(len(communes))
    if not _complete(communes, "longitude", "latitude"):
        area = communes["area_km2"].to_numpy(dtype="float64") * communes["part"].to_numpy(dtype="float64")
        of_site = pd.Series(area).groupby(communes["site"].to_numpy()).transform("sum").to_numpy(dtype="float64")
        return np.asarray(MEAN_DISTANCE * np.sqrt(of_site), dtype="float64")
    latitude = communes["latitude"].to_numpy(dtype="float64")
    longitude = communes["longitude"].to_numpy(dtype="float64") * np.cos(np.radians(latitude.mean()))
    xy = np.column_stack([longitude, latitude]) * KM_PER_DEGREE
    where = dict(zip(communes["commune"], xy, strict=True))
    seat: Mapping[str, str] = dict(zip(sites["site"], sites["seat"], strict=True))
    return np.array([np.hypot(*(here - where[seat[site]])) for here, site in zip(xy, communes["site"], strict=True)])


def distances_known(communes: pd.DataFrame) -> bool:
    """Whether `trajets` stands on coordinates or areas; otherwise it is zero everywhere, and the result must say so."""
    return _complete(communes, "longitude", "latitude") or _complete(communes, "area_km2")


def _complete(communes: pd.DataFrame, *columns: str) -> bool:
    return all(name in communes and not communes[name].isna().any() for name in columns)
