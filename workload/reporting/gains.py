"""What an allocation costs and brings, mission by mission; nothing that few workers stand behind.

Posts by year are withheld with the sources: where no occupied post may move, what a unit has given by a year is what
its vacancies and departures allowed, and what remains is held by somebody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from workload.allocation.gain import Gain, UnitCost
from workload.allocation.phasing import Plan
from workload.catalogue import number, posts_text
from workload.pipeline import MissionResult, RunResult
from workload.reporting.evidence import minimum_workers
from workload.reporting.wording import counted, listed, percent, words


@dataclass(frozen=True, slots=True)
class GainRow:
    mission: str
    moved: str
    people: str
    kilometres: str
    highest: str
    spread: str


def plan_shown(gain: Gain) -> bool:
    """Whether posts by year can leave: nothing of what a giving unit gives up is withheld."""
    return gain.people_at_least is not None and all(cost.on_vacancies is not None for cost in gain.units)


def years_of(result: RunResult, plan: Plan) -> tuple[int, ...]:
    """The years at whose end the plan says the posts; the first is the one after the study's."""
    first = result.study.settings.day.year + 1
    return tuple(range(first, first + len(plan.posts) - 1))


def gain_row(mission: MissionResult) -> GainRow:
    gain = mission.reasons.gain
    people = gain.people_at_least
    return GainRow(
        mission.name,
        posts_text(float(gain.posts_moved)),
        words("units.withheld") if people is None else number(people, 0),
        _kilometres(gain),
        _arrow("arrow", gain.before.highest, gain.after.highest, percent),
        _arrow("points", gain.before.spread, gain.after.spread, lambda share: number(100 * share, 0)),
    )


def _kilometres(gain: Gain) -> str:
    if gain.post_kilometres is None or not gain.posts_moved:
        return words("units.missing")
    return words("path.kilometres_figure", n=number(gain.post_kilometres / float(gain.posts_moved), 0))


def _arrow(key: str, before: Fraction | None, after: Fraction | None, figure: Callable[[float], str]) -> str:
    if before is None or after is None:
        return words("units.missing")
    return words(f"path.{key}", before=figure(float(before)), after=figure(float(after)))


def source_line(result: RunResult, cost: UnitCost) -> str:
    """What a unit's posts ride on, over all years of the plan."""
    name, given = result.territory_names[cost.unit], counted(float(cost.posts_given), "post")
    if cost.on_vacancies is None or cost.on_departures is None or cost.posts_held_by_people is None:
        return words("path.source_withheld", territory=name, given=given, minimum=minimum_workers(result))
    held = "held_many" if cost.posts_held_by_people >= 2 else "held"
    parts = (
        ("on_vacancies", cost.on_vacancies),
        ("on_departures", cost.on_departures),
        (held, cost.posts_held_by_people),
    )
    year = years_of(result, result.main.reasons.plan)[-1]
    items = [words(f"path.{key}", posts=counted(float(posts), "post"), year=year) for key, posts in parts if posts]
    return words("path.source", territory=name, given=given, list=listed(items))
