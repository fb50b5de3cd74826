"""Were the sheets read alike, and do all weeks look like weeks of the same job? By item and mission, never by agent."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workload.ingest.study import Study
from workload.models.reading import reading_table, unusual_profiles
from workload.models.timeuse import Agents


@dataclass(frozen=True, slots=True)
class Reading:
    """items: see `models.reading.reading_table`. unusual_n: per mission, profiles that fit no other; None unknown.

    Both stand on any number of workers: not to be shown before `reporting.disclosure` has seen them.
    """

    items: pd.DataFrame
    unusual_n: Mapping[str, int | None]


def read_alike(agents: Mapping[str, Agents], study: Study, rng: np.random.Generator) -> Reading:
    """By mission and item, from whole sheets and, where they give days, from days."""
    return Reading(
        reading_table(agents, study.days if len(study.days) else None),
        unusual_profiles(agents, _least_share(study.entries), rng),
    )


def _least_share(entries: pd.DataFrame) -> float:
    """The smallest part of a sheet that anybody noted: what a zero of the week lies below; 1 where nothing is noted."""
    noted = entries[entries["time_spent_min"] > 0]
    if noted.empty:
        return 1.0
    return float((noted["time_spent_min"] / noted.groupby("agent")["time_spent_min"].transform("sum")).min())
