"""The week of a post of the main mission in each territory, beside the département and a published week."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd

from workload.allocation.post_profile import EVERYWHERE
from workload.catalogue import number
from workload.parameters.benchmarks import BenchmarkWeek, benchmark_weeks
from workload.pipeline import RunResult
from workload.reporting.evidence import minimum_workers
from workload.reporting.ways import chunks
from workload.reporting.wording import words

BENCHMARK = "longwy-2003"
HOUR_MIN = 60
Pair: TypeAlias = tuple[str, str]  # mode, domain
Weeks: TypeAlias = Mapping[str, pd.DataFrame]
"""Territory → domain, mode, minutes_per_week; territories that are withheld have none."""


@dataclass(frozen=True, slots=True)
class WeekRow:
    label: str
    benchmark: str
    cells: tuple[str, ...]  # the département, then the table's territories


@dataclass(frozen=True, slots=True)
class WeekGroup:
    label: str
    rows: tuple[WeekRow, ...]


@dataclass(frozen=True, slots=True)
class WeekTable:
    territories: tuple[str, ...]
    groups: tuple[WeekGroup, ...]


@dataclass(frozen=True, slots=True)
class ProfilesSection:
    intro: str
    caption: str
    tables: tuple[WeekTable, ...]  # none where no survey says how a week divides
    note: str


def profiles_section(result: RunResult) -> ProfilesSection:
    mission = result.main
    weeks = weeks_of(result, mission.id)
    hours = number(result.parameters["weekly_hours"].value, 0)
    week = _benchmark()
    shown = chunks(mission.need.territories) if weeks else iter(())
    return ProfilesSection(
        words("profiles.intro", hours=hours, mission=mission.name),
        words("profiles.caption", mission=mission.name),
        tuple(_table(result, weeks, week, territories) for territories in shown),
        words("profiles.note", scope=week.scope, source=week.source, minimum=minimum_workers(result)),
    )


def weeks_of(result: RunResult, mission: str) -> Weeks:
    """Published weeks of one mission by territory, '*' for the département."""
    if result.profiles.week.empty:
        return {}
    own = result.profiles.week[result.profiles.week["mission"] == mission]
    return {str(territory): week for territory, week in own.groupby("territory")}


def _benchmark() -> BenchmarkWeek:
    return next(week for week in benchmark_weeks() if week.id == BENCHMARK)


def _table(result: RunResult, weeks: Weeks, benchmark: BenchmarkWeek, territories: Sequence[str]) -> WeekTable:
    columns = [EVERYWHERE, *territories]
    items = result.study.taxonomy
    noted = {pair for week in weeks.values() for pair in zip(week["mode"], week["domain"], strict=True)}
    domains = {label: {pair for pair in noted if pair[1] == code} for code, label in items.domains.items()}
    modes = {label: {pair for pair in noted if pair[0] == code} for code, label in items.modes.items()}
    groups = [
        WeekGroup(words("profiles.domains"), _rows(weeks, columns, domains)),
        WeekGroup(words("profiles.modes"), _rows(weeks, columns, modes)),
        WeekGroup(words("profiles.beside", label=benchmark.label), tuple(_beside(result, weeks, benchmark, columns))),
        WeekGroup(words("profiles.files"), tuple(_files(result, columns))),
    ]
    names = tuple(result.territory_names[t] for t in territories)
    return WeekTable(names, tuple(group for group in groups if group.rows))


def _rows(weeks: Weeks, columns: Sequence[str], lines: Mapping[str, set[Pair]]) -> tuple[WeekRow, ...]:
    return tuple(WeekRow(label, "", _hours(weeks, columns, pairs)) for label, pairs in lines.items() if pairs)


def _hours(weeks: Weeks, columns: Sequence[str], pairs: set[Pair]) -> tuple[str, ...]:
    """Hours a week of those modes × domains in each column."""
    found = []
    for territory in columns:
        week = weeks.get(territory)
        if week is None:
            found.append(words("units.withheld"))
            continue
        inside = [pair in pairs for pair in zip(week["mode"], week["domain"], strict=True)]
        found.append(number(float(week.loc[inside, "minutes_per_week"].sum()) / HOUR_MIN))
    return tuple(found)


def _beside(result: RunResult, weeks: Weeks, benchmark: BenchmarkWeek, columns: Sequence[str]) -> Iterator[WeekRow]:
    """The benchmark's own categories, where the taxonomy has items for them."""
    weekly = result.parameters["weekly_hours"].value
    for category in benchmark.categories:
        pairs = {(i.mode, i.domain) for i in result.study.taxonomy.items if category.holds(i.mode, i.domain)}
        if pairs:
            yield WeekRow(category.label, number(category.share * weekly), _hours(weeks, columns, pairs))


def _files(result: RunResult, columns: Sequence[str]) -> Iterator[WeekRow]:
    """Active files under the declared ceiling, where the mission has one."""
    posts = result.profiles.posts
    own = posts[posts["mission"] == result.main.id].set_index("territory")
    for column, decimals in (("active_files_per_post", 1), ("files_beyond_ceiling_n", 0)):
        if own[column].notna().any():
            key = "files_per_post" if decimals else "files_beyond"
            yield WeekRow(words(f"profiles.{key}"), "", tuple(_figure(own[column], t, decimals) for t in columns))


def _figure(column: "pd.Series[float]", territory: str, decimals: int) -> str:
    if territory not in column.index:
        return words("units.withheld")
    return words("units.missing") if pd.isna(column[territory]) else number(float(column[territory]), decimals)
