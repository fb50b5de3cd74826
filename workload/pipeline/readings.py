"""Were the sheets read alike, and do all weeks look like weeks of the same job? By item and mission, never by agent."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workload.ingest.study import Study
from workload.models.reading import reading_table, unusual_profiles
from workload.models.timeuse import Agents

GRAIN_MIN = 5.0  # what people write
SHEET_MIN = 10 * 7 * 60.0


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
        unusual_profiles(agents, GRAIN_MIN / SHEET_MIN, rng),
    )
