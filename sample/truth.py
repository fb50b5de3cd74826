"""The known truth behind a demonstration study: true minutes per unit, true need, true fair shares."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sample.geography import kilometres
from sample.scenario import MissionSpec, Scenario

ANNUAL_MIN = 1600 * 60
SUPPORT_SHARE = 0.22  # meetings, training, internal administration: the same everywhere in truth


@dataclass(frozen=True)
class MissionTruth:
    """need_min: sector × component, minutes a year; minutes_per_unit and fair_share by component and territory."""

    components: list[tuple[str, str]]  # domain, indicator
    minutes_per_unit: np.ndarray
    need_min: np.ndarray
    fair_share: dict[str, float]


def place_counts(parts: pd.DataFrame, sites: pd.DataFrame, counts: pd.DataFrame, level: str) -> pd.DataFrame:
    """Counts per sector or site, the computed indicators included (inhabitants, fixed cost per site, distance)."""
    xy = dict(zip(parts["commune"], kilometres(parts), strict=True))
    seat = dict(zip(sites["site"], sites["seat"], strict=True))
    people = parts["population"] * parts["part"]
    km = [np.hypot(*(xy[c] - xy[seat[s]])) for c, s in zip(parts["commune"], parts["site"], strict=True)]
    frame = counts.loc[parts["commune"]].mul(parts["part"].to_numpy(), axis=0)
    frame = frame.assign(
        habitants=people.to_numpy(),
        forfait_site=(people / people.groupby(parts["site"]).transform("sum")).to_numpy(),
        trajets=(people * km).to_numpy(),
    )
    return frame.groupby(parts[level].to_numpy()).sum()


def mission_truth(spec: MissionSpec, places: pd.DataFrame, territory_of: dict[str, str]) -> MissionTruth:
    """True weights: each component brings its declared share of what the mission's posts can do in a year."""
    components = [(d, i) for d, of in spec.need_share.items() for i in of]
    share = np.array([spec.need_share[d][i] for d, i in components])
    X = places[[i for _, i in components]].to_numpy(dtype="float64")
    direct_min = spec.posts * ANNUAL_MIN * (1 - SUPPORT_SHARE)
    weights = share / share.sum() * direct_min / X.sum(axis=0)
    need = X * weights
    by_territory = pd.Series(need.sum(axis=1), index=[territory_of[p] for p in places.index]).groupby(level=0).sum()
    fair = (by_territory / by_territory.sum() * spec.posts).to_dict()
    return MissionTruth(components, weights, need, {str(t): float(v) for t, v in fair.items()})


def current_posts(spec: MissionSpec, truth: MissionTruth, pinned: dict[str, float]) -> dict[str, float]:
    """Posts of today, in halves: the fair share plus the declared deviation; the largest territory takes the rest."""
    wanted = {
        t: pinned.get(t, round(2 * (fair + spec.deviations.get(t, 0.0))) / 2) for t, fair in truth.fair_share.items()
    }
    largest = max(truth.fair_share, key=lambda t: truth.fair_share[t])
    wanted[largest] += spec.posts - sum(wanted.values())
    return wanted


def drawn_posts(spec: MissionSpec, truth: MissionTruth, spread: float, rng: np.random.Generator) -> dict[str, float]:
    """Posts of today, in halves, off the fair share by a normal factor of that spread; the largest takes the rest."""
    off = {t: fair * spread * float(rng.normal()) for t, fair in truth.fair_share.items()}
    return current_posts(replace(spec, deviations=off), truth, {})


def unmeasured(
    truth: MissionTruth, spec: MissionSpec, territories: list[str], spread: float, rng: np.random.Generator
) -> MissionTruth:
    """The same with need that no indicator counts: a factor per territory on all its domains, the total kept.

    territories: the territory of each row of need_min.
    """
    factor = {t: float(rng.lognormal(0, spread)) for t in sorted(set(territories))}
    need = truth.need_min * np.array([factor[t] for t in territories])[:, None]
    need *= truth.need_min.sum() / need.sum()
    by_territory = pd.Series(need.sum(axis=1), index=territories).groupby(level=0).sum()
    fair = (by_territory / by_territory.sum() * spec.posts).to_dict()
    return replace(truth, need_min=need, fair_share={str(t): float(v) for t, v in fair.items()})


def truth_table(
    scenario: Scenario, truths: dict[str, MissionTruth], current: dict[str, dict[str, float]]
) -> dict[str, object]:
    """What tests compare with, as plain data."""
    return {
        "note": "La vérité de la simulation, pour les essais. Rien ici ne vient d’une mesure.",
        "seed": scenario.seed,
        "support_share": SUPPORT_SHARE,
        "missions": {
            code: {
                "weights": [
                    {"domain": d, "indicator": i, "minutes_per_unit": float(w)}
                    for (d, i), w in zip(t.components, t.minutes_per_unit, strict=True)
                ],
                "fair_share": t.fair_share,
                "posts_current": current[code],
            }
            for code, t in truths.items()
        },
    }
