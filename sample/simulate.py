"""A survey drawn in memory, without workbooks: for calibration, where hundreds of them are needed."""

import numpy as np
import pandas as pd

from sample.build import EXPERT_ERROR
from sample.counts import simulate_counts
from sample.frames import Frame
from sample.geography import draw_map
from sample.people import draw_posts, draw_sheets
from sample.scenario import Scenario
from sample.truth import MissionTruth, current_posts, mission_truth, place_counts
from workload.ingest.values import slug
from workload.models.design import Component
from workload.parameters import Taxonomy


def simulate_mission(
    scenario: Scenario, frame: Frame, mission: str, items: Taxonomy, seed: int
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
    posts = draw_posts(mission, spec, current_posts(spec, truth, scenario.pinned), parts, rng, 1)
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
        for sheet in draw_sheets(spec, posts, truth, places.index, items, rng)
        for item, minutes in sheet.minutes.items()
    ]
    columns = ["agent", "mission", "territory", "area", "profession", "quotite", "item", "time_spent_min"]
    register = pd.DataFrame(posts).assign(mission=mission)
    register["territory"] = register["territory_name"].map(slug)
    cv = float(np.sqrt(np.expm1(EXPERT_ERROR**2)))  # what the experts declare is true of them
    components = tuple(
        Component(i, d, float(w * rng.lognormal(0, EXPERT_ERROR)), cv)
        for (d, i), w in zip(truth.components, truth.minutes_per_unit, strict=True)
    )
    communes = parts.assign(territory=parts["territory_name"].map(slug))
    return communes, sites, counts, register, pd.DataFrame(rows, columns=columns), components, truth
