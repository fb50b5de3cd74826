"""The design of the fit: which components a mission has, and how many units of each there are in each place."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workload.ingest.study_file import Mission
from workload.models.ratio import Floats

KM_PER_DEGREE = 111.195  # of latitude, mean radius of the Earth 6,371 km


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


def place_counts(communes: pd.DataFrame, sites: pd.DataFrame, counts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Units of every indicator per sector, site and territory: level → place × indicator.

    A commune cut into sectors gives each its declared part. Three indicators are made here from the map: `habitants`;
    `forfait_site`, one unit per site shared among its communes by inhabitants (a fixed cost per site, never per sector
    of today, which would hand the present back); `trajets`, inhabitants × km from the commune to the seat of its site.
    """
    part = communes["part"].to_numpy(dtype="float64")
    people = communes["population"].to_numpy(dtype="float64") * part
    by_site = pd.Series(people).groupby(communes["site"].to_numpy()).transform("sum").to_numpy()
    frame = pd.DataFrame(
        counts.loc[communes["commune"]].to_numpy(dtype="float64") * part[:, None], columns=counts.columns
    )
    frame["habitants"] = people
    frame["forfait_site"] = np.divide(people, by_site, out=np.zeros_like(people), where=by_site > 0)
    frame["trajets"] = people * _km_to_seat(communes, sites)
    sector = "sector:" + communes["sector"].to_numpy(dtype=object)
    site = "site:" + communes["site"].to_numpy(dtype=object)
    return {
        "sector": frame.groupby(sector).sum(),
        "site": frame.groupby(site).sum(),
        "territory": frame.groupby(communes["territory"].to_numpy()).sum(),
    }


def _km_to_seat(communes: pd.DataFrame, sites: pd.DataFrame) -> Floats:
    """Straight-line km from each commune to the seat of its site; zero where coordinates are not given."""
    if "longitude" not in communes or communes["longitude"].isna().any() or communes["latitude"].isna().any():
        return np.zeros(len(communes))
    latitude = communes["latitude"].to_numpy(dtype="float64")
    longitude = communes["longitude"].to_numpy(dtype="float64") * np.cos(np.radians(latitude.mean()))
    xy = np.column_stack([longitude, latitude]) * KM_PER_DEGREE
    where = dict(zip(communes["commune"], xy, strict=True))
    seat: Mapping[str, str] = dict(zip(sites["site"], sites["seat"], strict=True))
    return np.array([np.hypot(*(here - where[seat[site]])) for here, site in zip(xy, communes["site"], strict=True)])
