"""The way to the allocation, year by year, what remains at its end, and what would let the rest move."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from workload.allocation.phasing import YEARS_AT_MOST, Plan
from workload.catalogue import posts_text
from workload.pipeline import MissionResult, RunResult
from workload.reporting.evidence import minimum_workers
from workload.reporting.gains import GainRow, gain_row, plan_shown, source_line, years_of
from workload.reporting.wording import change_figure, counted, listed, percent, words


@dataclass(frozen=True, slots=True)
class PlanRow:
    territory: str
    posts: tuple[str, ...]  # today, then the end of each year
    final: str
    left: str


@dataclass(frozen=True, slots=True)
class PlanView:
    mission: str
    years: tuple[str, ...]
    rows: tuple[PlanRow, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathSection:
    gains: tuple[GainRow, ...]
    note: str
    sources: tuple[str, ...]
    intro: str
    plans: tuple[PlanView, ...]
    said: tuple[str, ...]  # of missions that have no table
    unlock: str  # empty where nothing is left to move


def path_section(result: RunResult) -> PathSection:
    missions = list(result.missions.values())
    occupied = result.study.settings.plan.occupied_allowed
    shown = [m for m in missions if plan_shown(m.reasons.gain)]
    tabled = [m for m in shown if _moves_within(m)]
    return PathSection(
        tuple(gain_row(m) for m in missions),
        words("path.gain_note", minimum=minimum_workers(result), year=years_of(result, result.main.reasons.plan)[-1]),
        tuple(source_line(result, cost) for cost in result.main.reasons.gain.units),
        words("path.plan_intro_occupied" if occupied else "path.plan_intro"),
        tuple(_plan(result, m) for m in tabled),
        tuple(_said(result, m) for m in missions if m not in tabled),
        unlock(result) if any(_still_to_move(m.reasons.plan) for m in shown) else "",
    )


def brief_path(result: RunResult) -> str:
    """One line for the head of the report; empty where nothing moves or nothing can be said."""
    plan, gain = result.main.reasons.plan, result.main.reasons.gain
    if not gain.posts_moved or not plan_shown(gain):
        return ""
    left = _still_to_move(plan)
    if left:
        key = "none" if left == gain.posts_moved else "part"
    else:
        occupied = result.study.settings.plan.occupied_allowed
        key = "occupied" if occupied else "likely" if _least_probability(plan) < 1 else "all"
    return words(
        f"path.brief_{key}",
        year=_arrival(result, plan),
        moved=counted(float(gain.posts_moved - left), "post"),
        all=posts_text(float(gain.posts_moved)),
    )


def _still_to_move(plan: Plan) -> Fraction:
    return sum((posts for posts in plan.remaining if posts > 0), Fraction(0))


def _arrival(result: RunResult, plan: Plan) -> int:
    """The year at whose end nothing more changes where the plan arrives, else its last."""
    reached = [year for year, left in zip(years_of(result, plan), plan.distance, strict=True) if not left]
    return reached[0] if reached else years_of(result, plan)[-1]


def _least_probability(plan: Plan) -> Fraction:
    return min((move.probability for move in plan.moves), default=Fraction(1))


def _moves_within(mission: MissionResult) -> bool:
    plan = mission.reasons.plan
    return any(row != plan.posts[0] for row in plan.posts[1:])


def _plan(result: RunResult, mission: MissionResult) -> PlanView:
    plan, final = mission.reasons.plan, mission.allocation.posts(mission.instance.step)
    moving = [t for t, posts in enumerate(final) if posts != plan.posts[0][t]]
    return PlanView(
        mission.name,
        tuple(str(year) for year in years_of(result, plan)),
        tuple(
            PlanRow(
                result.territory_names[plan.units[t]],
                tuple(posts_text(float(row[t])) for row in plan.posts),
                posts_text(float(final[t])),
                change_figure(float(plan.remaining[t])),
            )
            for t in moving
        ),
        tuple(_lines(result, plan)),
    )


def _lines(result: RunResult, plan: Plan) -> Iterator[str]:
    """Whether the plan arrives; if not, what is left and where; what it counts on."""
    left, year = _still_to_move(plan), _arrival(result, plan)
    if not left:
        yield words("path.arrives", year=year)
    else:
        places = [(result.territory_names[u], r) for u, r in zip(plan.units, plan.remaining, strict=True)]
        yield words(
            "path.remains",
            year=year,
            posts=counted(float(left), "post"),
            gives=listed(_still("gives", name, r) for name, r in places if r < 0),
            gets=listed(_still("gets", name, r) for name, r in places if r > 0),
        )
    rate, likely = result.study.settings.plan.departure_rate, _least_probability(plan)
    if likely < 1 and rate:
        yield words("path.likely", rate=percent(rate), probability=percent(floor(likely * 100) / 100))


def _still(key: str, territory: str, posts: Fraction) -> str:
    return words(f"path.still_{key}", territory=territory, posts=counted(abs(float(posts)), "post"))


def unlock(result: RunResult) -> str:
    """What would let the rest move, from what the study's own terms forbid."""
    asked = result.study.settings.plan
    limits = [most for most in (asked.yearly_total, asked.yearly_by_territory) if most is not None]
    if any(most < float(result.main.instance.step) for most in limits):  # nothing else can help
        return words("path.unlock", list=words("path.unlock_limits"))
    found = [words("path.unlock_volunteers")]
    if asked.years_n < YEARS_AT_MOST:
        found.append(words("path.unlock_years", years=asked.years_n))
    if asked.yearly_total is not None or asked.yearly_by_territory is not None:
        found.append(words("path.unlock_limits"))
    if not asked.occupied_allowed:
        found.append(words("path.unlock_occupied"))
    return words("path.unlock", list=listed(found))


def _said(result: RunResult, mission: MissionResult) -> str:
    gain, plan = mission.reasons.gain, mission.reasons.plan
    if not gain.posts_moved:
        return words("path.nothing", mission=mission.name)
    if not plan_shown(gain):
        return words("path.withheld", mission=mission.name, minimum=minimum_workers(result))
    posts, year = counted(float(gain.posts_moved), "post"), years_of(result, plan)[-1]
    key = "stuck" if gain.posts_moved >= 2 else "stuck_one"
    return words(f"path.{key}", mission=mission.name, posts=posts, year=year)
