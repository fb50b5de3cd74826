"""The studies of the service as pages need them: their places, and where their campaign stands."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd
from fastapi import Request

from workload.errors import InputError
from workload.ingest.study import Register
from workload.services.studies import StudyHome, study_home, study_homes
from workload.store.publishing.progress import live_progress
from workload.web.rights import Account, Action, territories_of
from workload.web.state import web_of


@dataclass(frozen=True, slots=True)
class StudyView:
    code: str
    home: StudyHome
    register: Register

    @property
    def title(self) -> str:
        return self.register.settings.title

    @property
    def simulated(self) -> bool:
        return self.register.settings.simulated

    @property
    def notice(self) -> str:
        return self.register.settings.notice

    @property
    def period(self) -> str:
        campaign = self.register.settings.campaign
        return f"{campaign.start.isoformat()}/{campaign.end.isoformat()}" if campaign else ""

    @property
    def territories(self) -> dict[str, str]:
        """Code → name, in the order of the file."""
        communes = self.register.communes
        if communes.empty:
            return {}
        return dict(zip(communes["territory"], communes["territory_name"], strict=True))

    @property
    def missions(self) -> dict[str, str]:
        return {id: mission.name for id, mission in self.register.settings.missions.items()}

    @property
    def expected(self) -> dict[tuple[str, str], int]:
        """(mission, territory) → occupied posts."""
        posts: pd.DataFrame = self.register.posts
        if posts.empty:
            return {}
        held = posts[posts["occupied"]]
        return dict(Counter(zip(held["mission"], held["territory"], strict=True)))


def studies(request: Request) -> list[StudyView]:
    """Every study that can be read. One whose etude.yaml cannot must not close the others; its own pages say why."""
    found = []
    for home in study_homes(web_of(request).settings):
        with suppress(InputError):
            found.append(StudyView(home.code, home, home.register()))
    return found


def study_of(request: Request, code: str) -> StudyView:
    """Raises RequestError where there is none of that code."""
    home = study_home(web_of(request).settings, code)
    return StudyView(code, home, home.register())


def own_territories(account: Account, study: StudyView, action: Action) -> dict[str, str]:
    """Code → name of those for which the account may do this."""
    names = study.territories
    return {code: names[code] for code in territories_of(account, names, action)}


def progress_of(request: Request, account: Account, study: StudyView) -> list[dict[str, Any]]:
    """Where the campaign stands, mission by territory, in the coarse steps that name nobody."""
    own = own_territories(account, study, Action.SEE_PROGRESS)
    expected = {key: n for key, n in study.expected.items() if key[1] in own}
    minimum = int(study.register.parameters["minimum_workers"].value)
    with web_of(request).engine.connect() as connection:
        found = live_progress(connection, study.title, study.period, expected, minimum)
    rows = [
        {"mission": study.missions.get(mission, mission), "territory": own[place], "territory_id": place, **row}
        for (mission, place), row in found.items()
    ]
    order = list(study.missions.values())
    places = list(own)
    return sorted(rows, key=lambda row: (order.index(row["mission"]), places.index(row["territory_id"])))
