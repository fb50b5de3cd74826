"""What the survey says of each area: its units of every component, and its minutes by domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workload.models.design import Component
from workload.models.quasilikelihood import Design
from workload.models.ratio import Floats
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
        times = np.ones((1, len(self.area))) if multiplier is None else multiplier
        if not len(self.area):
            return np.zeros((len(times), 0, len(self.domains)))
        order = np.argsort(self.area, kind="stable")  # every area has a respondent, so that no slice is empty
        first = np.searchsorted(self.area[order], np.arange(len(self.areas)))
        drawn = times[:, order]
        return np.stack(
            [np.add.reduceat(drawn * self.minutes[order, d], first, axis=1) for d in range(len(self.domains))], axis=2
        )


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
    X = _parts(X, np.broadcast_to(units, X.shape))
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


def standing_for_territories(
    observed: Observations, in_territories: pd.DataFrame, agents: Agents, area_fte: Mapping[str, float]
) -> tuple[Design, Floats, NDArray[np.int64]]:
    """What a fit that shares supply levels needs: the responding areas of a territory stand for the whole of it.

    Minutes add to the territory's posts, in proportion to area_fte, the posts of each area in the register (where it is
    not known: those that the respondents stand for); units are brought to the territory's. Otherwise silence would look
    like short supply. in_territories: (T, P) units. Returns the design, (1, S, D) minutes, and (S,) territory codes.
    """
    names, code = np.unique(np.array(observed.territories, dtype=object).astype(str), return_inverse=True)
    code = code.astype("int64")
    X, y = observed.design.X, observed.area_minutes(agents.weight[None, :])[0]
    whole = in_territories.reindex(names).to_numpy(dtype="float64")
    factor = _parts(_parts(whole, np.broadcast_to(observed.units, whole.shape)), _by(code, X))
    if all(area_fte.get(area, 0.0) > 0 for area in observed.areas):
        stated = _by(code, y.sum(axis=1))
        y = _parts(y, y.sum(axis=1, keepdims=True)) * np.array([area_fte[a] for a in observed.areas])[:, None]
        y = y * _parts(stated, _by(code, y.sum(axis=1)))[code, None]
    return Design(X * factor[code], observed.design.domain), y[None], code


def _parts(a: Floats, b: Floats) -> Floats:
    """a/b, zero where b is."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def _by(code: NDArray[np.int64], rows: Floats) -> Floats:
    """Sums of rows by code 0..G−1."""
    found = np.zeros((int(code.max(initial=-1)) + 1, *rows.shape[1:]))
    np.add.at(found, code, rows)
    return found
