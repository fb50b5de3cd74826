"""The week of a post that the allocation implies, from the need, the survey and the final posts."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from workload.allocation.post_profile import PostProfiles, post_profiles
from workload.ingest.study import Study
from workload.models.timeuse import ALL, TimeUse
from workload.parameters import SUPPORT_DOMAIN, Taxonomy
from workload.units import hours_to_minutes

if TYPE_CHECKING:
    from workload.pipeline.results import MissionResult

TRAVEL_MODE = "travel"
EVERYBODY = "*"
"""Posts are described by mission: all of its professions together, since posts are allocated so."""


def week_of_posts(study: Study, time_use: TimeUse, missions: "Mapping[str, MissionResult]") -> PostProfiles:
    """Missions without a survey have no division over modes, and no profile."""
    surveyed = {m: r for m, r in missions.items() if r.fit.respondents_n and r.fit.direct_share < 1}
    empty = pd.DataFrame()
    if not surveyed:
        return PostProfiles(empty, empty, empty)
    minimum = int(study.parameters["minimum_workers"].value)
    return post_profiles(
        pd.concat([_workload(result) for result in surveyed.values()], ignore_index=True),
        _modes(study.taxonomy, time_use, minimum),
        pd.DataFrame(
            [(m, EVERYBODY, 1 - r.fit.direct_share) for m, r in surveyed.items()],
            columns=["mission", "profession", "share"],
        ),
        pd.concat([_posts(study, result) for result in surveyed.values()], ignore_index=True),
        week_min=hours_to_minutes(study.parameters["weekly_hours"].value),
        support_domain=SUPPORT_DOMAIN,
        travel_mode=TRAVEL_MODE,
        minimum_workers=minimum,
    )


def _workload(result: "MissionResult") -> pd.DataFrame:
    rows = [
        (territory, result.id, EVERYBODY, component.domain, float(result.need.workload_min[t, p]))
        for t, territory in enumerate(result.need.territories)
        for p, component in enumerate(result.need.components)
    ]
    table = pd.DataFrame(rows, columns=["territory", "mission", "profession", "domain", "workload_min"])
    return table.groupby(["territory", "mission", "profession", "domain"], as_index=False).sum()


def _modes(items: Taxonomy, time_use: TimeUse, minimum: int) -> pd.DataFrame:
    """Shares of modes within each domain, département-wide; even over the domain's items where nobody noted any."""
    cells = time_use.cells[time_use.cells["territory"] == ALL]
    table = pd.concat(
        [cells[["mission", "share"]], cells["code"].str.split("|", expand=True).set_axis(["mode", "domain"], axis=1)],
        axis=1,
    )
    rows = []
    for mission, own in table.groupby("mission"):
        noted = set(own["domain"])
        rows += list(own[["mission", "domain", "mode", "share"]].itertuples(index=False, name=None))
        rows += [(mission, item.domain, item.mode, 1.0) for item in items.items if item.domain not in noted]
    found = pd.DataFrame(rows, columns=["mission", "domain", "mode", "share"])
    found = found.groupby(["mission", "domain", "mode"]).sum().reset_index()
    found["share"] /= found.groupby(["mission", "domain"])["share"].transform("sum")
    return found.assign(territory=ALL, profession=EVERYBODY)


def _posts(study: Study, result: "MissionResult") -> pd.DataFrame:
    occupied = study.posts[(study.posts["mission"] == result.id) & study.posts["occupied"]]
    workers = occupied.groupby("territory")["agent"].nunique()
    caseload = next((c for c in study.settings.caseloads if c.mission == result.id), None)
    units = result.estimate.of.places["territory"]
    rows = []
    for territory, posts in zip(result.need.territories, result.allocation.posts(result.instance.step), strict=True):
        files = float(units.loc[[territory], list(caseload.indicators)].to_numpy().sum()) if caseload else None
        per_fte = caseload.files_per_fte if caseload else None
        rows.append((territory, result.id, EVERYBODY, float(posts), int(workers.get(territory, 0)), files, per_fte))
    columns = ["territory", "mission", "profession", "posts", "workers_n", "active_files_n", "files_per_fte"]
    return pd.DataFrame(rows, columns=columns)
