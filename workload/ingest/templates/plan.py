"""Who fills in what, on which days, and which lines come first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from workload.errors import RequestError
from workload.ingest.study import register_holders
from workload.ingest.study_file import StudyFile
from workload.parameters import SUPPORT_DOMAIN, Item, Taxonomy, parameters_on

WORKING_DAYS = 5
TRAVEL = "travel"


@dataclass(frozen=True, slots=True)
class Respondent:
    """One agent as the register knows them; all blank on a sheet for nobody in particular."""

    agent: str = ""
    territory_name: str = ""
    site: str = ""
    mission: str = ""  # its code
    profession: str = ""
    quotite: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What all sheets of one campaign share."""

    title: str
    taxonomy: Taxonomy
    full_day_min: int  # of a full-time worker
    minimum_workers: int
    campaign: tuple[date, date] | None = None
    missions: Mapping[str, str] = field(default_factory=dict)  # code → name
    domains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # mission code → its domains
    professions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # mission code → its professions
    territories: tuple[str, ...] = ()
    sites: Mapping[str, str] = field(default_factory=dict)  # site → territory

    def first_items(self, mission: str) -> list[Item]:
        """Lines of the mission's own domains, travel and support; all of them when the mission is not known."""
        if mission not in self.domains:
            return list(self.taxonomy.items)
        own = {*self.domains[mission], TRAVEL, SUPPORT_DOMAIN}
        return [item for item in self.taxonomy.items if item.domain in own or item.mode == TRAVEL]

    def other_items(self, mission: str) -> list[Item]:
        first = {item.code for item in self.first_items(mission)}
        return [item for item in self.taxonomy.items if item.code not in first]


def make_plan(settings: StudyFile | None, items: Taxonomy, communes: pd.DataFrame | None) -> Plan:
    """Without a study: a plain form, in the words of today's rules."""
    parameters = parameters_on(settings.day if settings else date.today())
    full_day = round(parameters["weekly_hours"].value * 60 / WORKING_DAYS)
    minimum = int(parameters["minimum_workers"].value)
    places = (
        communes if communes is not None and not communes.empty else pd.DataFrame(columns=["territory_name", "site"])
    )
    sites = dict(zip(places["site"].astype(str), places["territory_name"].astype(str), strict=True))
    territories = tuple(dict.fromkeys(sites.values()))
    if settings is None:
        return Plan("", items, full_day, minimum, None, {}, {}, {}, territories, sites)
    return Plan(
        settings.title,
        items,
        full_day,
        minimum,
        (settings.campaign.start, settings.campaign.end) if settings.campaign else None,
        {code: mission.name for code, mission in settings.missions.items()},
        {code: tuple(mission.domains) for code, mission in settings.missions.items()},
        {code: mission.professions for code, mission in settings.missions.items()},
        territories,
        sites,
    )


def respondents(posts: pd.DataFrame, communes: pd.DataFrame) -> list[Respondent]:
    """Every agent of the register, once, by territory and site."""
    found = [
        Respondent(
            agent,
            _text(row["territory_name"]),
            _text(row["site"]),
            _text(row["mission"]),
            _text(row["profession"]),
            None if pd.isna(row["quotite"]) else float(row["quotite"]),
        )
        for agent, row in register_holders(posts, communes).items()
    ]
    return sorted(found, key=lambda r: (r.territory_name, r.site, r.agent))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def campaign_weeks(campaign: tuple[date, date]) -> list[list[date]]:
    """Working days of the campaign, Monday to Friday, by week."""
    start, end = campaign
    weeks: dict[date, list[date]] = {}
    for n in range((end - start).days + 1):
        day = start + timedelta(days=n)
        if day.weekday() < WORKING_DAYS:
            weeks.setdefault(day - timedelta(days=day.weekday()), []).append(day)
    if not weeks:
        raise RequestError("template_no_working_day", start=f"{start:%d/%m/%Y}", end=f"{end:%d/%m/%Y}")
    return list(weeks.values())


def own_weeks(weeks: Sequence[list[date]], place: int, weeks_n: int | None) -> list[list[date]]:
    """The weeks of the agent at a place in their team: all, or some in a row, staggered so that a team covers all."""
    if weeks_n is None or weeks_n >= len(weeks):
        return list(weeks)
    if weeks_n < 1:
        raise RequestError("template_bad_weeks", value=weeks_n)
    first = place % (len(weeks) - weeks_n + 1)
    return list(weeks[first : first + weeks_n])
