"""What the survey says of each area: its units of every component, and its minutes by domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workload.models.design import Component
from workload.models.ratio import Floats
from workload.models.regression import Design
from workload.models.timeuse import Agents
from workload.parameters import Taxonomy


@dataclass(frozen=True, slots=True)
class Observations:
    """S areas where somebody answered, their n respondents, D declared domains, P components."""

    areas: tuple[str, ...]  # (S,) "sector:…" or "site:…"
    territories: tuple[str, ...]  # (S,) territory of the area's respondents
    domains: tuple[str, ...]  # (D,)
    units: Floats  # (P,) units of each component in the whole département
    design: Design  # X: (S, P) each area's part of those units
    minutes: Floats  # (n, D) minutes a year noted by each respondent
    area: NDArray[np.int64]  # (n,) index of the respondent's area

    def area_minutes(self, multiplier: Floats | None = None) -> Floats:
        """(B, S, D) minutes by area under (B, n) multipliers of the respondents; (1, S, D) as noted without them."""
        member = np.zeros((len(self.areas), len(self.area)))
        member[self.area, np.arange(len(self.area))] = 1.0
        times = np.ones((1, len(self.area))) if multiplier is None else multiplier
        return np.stack([(times * self.minutes[:, d]) @ member.T for d in range(len(self.domains))], axis=2)


def observe(
    domains: Sequence[str],
    components: Sequence[Component],
    places: Mapping[str, pd.DataFrame],
    agents: Agents,
    items: Taxonomy,
    units: Floats,
) -> Observations:
    """Respondents gathered into areas. units: (P,) units of each component in the whole département."""
    territory_of = dict(zip(agents.area, agents.territory, strict=True))
    areas = sorted(territory_of)
    where = pd.concat([places["sector"], places["site"]])
    X = where.reindex(areas)[[c.indicator for c in components]].to_numpy(dtype="float64")
    X = np.divide(X, units, out=np.zeros_like(X), where=units > 0)
    member = np.array([[item.domain == d for d in domains] for item in items.items], dtype="float64")
    return Observations(
        tuple(areas),
        tuple(str(territory_of[a]) for a in areas),
        tuple(domains),
        units,
        Design(X, np.array([list(domains).index(c.domain) for c in components], dtype="int64")),
        agents.annual_min @ member,
        np.array([areas.index(a) for a in agents.area], dtype="int64"),
    )
