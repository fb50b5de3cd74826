"""A survey drawn in memory, without workbooks: for calibration, where hundreds of them are needed."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sample.counts import simulate_counts
from sample.frames import Frame
from sample.geography import draw_map
from sample.people import draw_posts, draw_sheets
from sample.scenario import MissionSpec, Scenario
from sample.truth import ANNUAL_MIN, MissionTruth, current_posts, drawn_posts, mission_truth, place_counts, unmeasured
from workload.ingest.values import slug
from workload.models.design import Component
from workload.parameters import Taxonomy

DOUBTED_SHARE = 0.01  # of need: what experts believe of a component that brings nothing in truth
DOUBTED_UNCERTAINTY = 1.0  # and they say that they hardly know


@dataclass(frozen=True)
class Process:
    """How a département came to be as it is, beyond the scenario."""

    rho: float | None = None  # elasticity of a sector's posts to its need within the territory; None: by inhabitants
    misallocation: float | None = None  # a territory's surplus of posts, sd relative to its share; None: the scenario's
    rationing: float = 0.0  # share of its need that the least urgent domain loses where staffing is shortest
    expert_error: float = 0.4  # log-scale sd of the experts' weights, and what they declare of them
    unmeasured: float = 0.0  # log-scale sd of a territory's need that no indicator counts


AS_SCENARIO = Process()


def simulate_mission(
    scenario: Scenario, frame: Frame, mission: str, items: Taxonomy, seed: int, process: Process = AS_SCENARIO
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, tuple[Component, ...], MissionTruth]:
    """One draw: communes, sites, counts, posts, entries, components with erring experts, and the truth."""
    rng = np.random.default_rng(seed)
    spec = scenario.missions[mission]
    parts, sites = draw_map(frame.communes, rng)
    counts = simulate_counts(frame.communes, scenario, rng)
    level = "sector" if spec.by_sector else "site"
    territory_of = dict(zip(parts[level], parts["territory_name"], strict=True))
    places = place_counts(parts, sites, counts, level)
    truth = mission_truth(spec, places, territory_of)
    if process.unmeasured:
        truth = unmeasured(truth, spec, [territory_of[p] for p in places.index], process.unmeasured, rng)
    if process.misallocation is None:
        held = current_posts(spec, truth, scenario.pinned)
    else:
        held = drawn_posts(spec, truth, process.misallocation, rng)
    posts = draw_posts(mission, spec, held, parts, rng, 1)
    if process.rho is not None:
        _follow_need(posts, parts, level, _need_by_place(truth, places), process.rho)
    practice = _rationed(truth, places, posts, level, process.rationing)
    entries = _entries(mission, spec, level, posts, practice, places, items, rng)
    register = pd.DataFrame(posts).assign(mission=mission)
    register["territory"] = register["territory_name"].map(slug)
    communes = parts.assign(territory=parts["territory_name"].map(slug))
    return communes, sites, counts, register, entries, _experts(spec, truth, places, process.expert_error, rng), truth


def _need_by_place(truth: MissionTruth, places: pd.DataFrame) -> "pd.Series[float]":
    return pd.Series(truth.need_min.sum(axis=1), index=places.index)


def _follow_need(
    posts: list[dict[str, object]], parts: pd.DataFrame, level: str, need: "pd.Series[float]", rho: float
) -> None:
    """Moves the posts of each territory among its places until they are as near to need^ρ as their sizes allow."""
    site_of = dict(zip(parts[level], parts["site"], strict=True))
    for territory, group in parts.groupby("territory_name"):
        names = list(dict.fromkeys(group[level]))
        here = [p for p in posts if p["territory_name"] == territory]
        pull = need[names].to_numpy() ** rho
        left = pull / pull.sum() * sum(float(str(p["fte"])) for p in here)
        for post in here:
            k = int(np.argmax(left))
            left[k] -= float(str(post["fte"]))
            post["site"] = site_of[names[k]]
            if level == "sector":
                post["sector"] = names[k]


def _rationed(
    truth: MissionTruth, places: pd.DataFrame, posts: list[dict[str, object]], level: str, rationing: float
) -> MissionTruth:
    """What is done, as against what is needed: where staffing is short the less urgent domains are cut more.

    Urgency runs from the first declared domain (cut most) to the last (kept whole), for want of a truth about it.
    """
    held = pd.DataFrame(posts).groupby(level)["fte"].sum().reindex(places.index, fill_value=0.0).to_numpy()
    supply = held / _need_by_place(truth, places).to_numpy()
    short = np.clip(1 - supply / np.median(supply), 0, 0.5) / 0.5
    domains = list(dict.fromkeys(d for d, _ in truth.components))
    cut = dict(zip(domains, np.linspace(rationing, 0, len(domains)), strict=True))
    kept = 1 - short[:, None] * np.array([cut[d] for d, _ in truth.components])
    return replace(truth, need_min=truth.need_min * kept)


def _entries(
    mission: str,
    spec: MissionSpec,
    level: str,
    posts: list[dict[str, object]],
    practice: MissionTruth,
    places: pd.DataFrame,
    items: Taxonomy,
    rng: np.random.Generator,
) -> pd.DataFrame:
    rows = [
        (
            sheet.agent,
            mission,
            slug(str(sheet.post["territory_name"])),
            f"{level}:{sheet.post['sector'] or sheet.post['site']}",
            sheet.post["profession"],
            sheet.post["quotite"],
            item,
            float(sum(minutes)),
        )
        for sheet in draw_sheets(spec, posts, practice, places.index, items, rng)
        for item, minutes in sheet.minutes.items()
    ]
    columns = ["agent", "mission", "territory", "area", "profession", "quotite", "item", "time_spent_min"]
    return pd.DataFrame(rows, columns=columns)


def _experts(
    spec: MissionSpec, truth: MissionTruth, places: pd.DataFrame, error: float, rng: np.random.Generator
) -> tuple[Component, ...]:
    """Experts err on the log scale and say by how much; of what brings nothing they believe a little."""
    cv = float(np.sqrt(np.expm1(error**2)))  # what the experts declare is true of them
    found = []
    for (domain, indicator), weight in zip(truth.components, truth.minutes_per_unit, strict=True):
        little = DOUBTED_SHARE * spec.posts * ANNUAL_MIN / float(places[indicator].sum())
        believed = (float(weight) or little) * rng.lognormal(0, error)
        found.append(Component(indicator, domain, float(believed), cv if weight else DOUBTED_UNCERTAINTY))
    return tuple(found)
