"""The allocation beside other ways to count: a table, where they agree, and what each fairness implies."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import TypeVar

from workload.allocation.instance import Fairness
from workload.allocation.methods import Agreement, Comparison, Reason, UnitWays, Way
from workload.allocation.steps import IMPLICATIONS
from workload.catalogue import posts_text, text
from workload.pipeline import MissionResult, RunResult
from workload.reporting.wording import change, counted, entry, listed, words

COLUMNS = 7
"""Territories side by side; more make a second table, so that a printed page holds each."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    parted: bool = False


@dataclass(frozen=True, slots=True)
class WayRow:
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class WayGroup:
    label: str
    rows: tuple[WayRow, ...]


@dataclass(frozen=True, slots=True)
class WaysTable:
    territories: tuple[str, ...]
    present: tuple[str, ...]
    final: tuple[str, ...]
    groups: tuple[WayGroup, ...]
    agreement: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WaysSection:
    intro: str
    tables: tuple[WaysTable, ...]
    impossible: str  # empty where every way has its posts
    agreement: tuple[str, ...]
    implies_title: str
    implies: tuple[str, ...]
    book: str


def ways_section(result: RunResult) -> WaysSection:
    """Of the main mission; the workbook holds the others."""
    mission = result.main
    found = mission.reasons.ways
    lacking = any(way.posts is None for way in found.ways)
    return WaysSection(
        words("ways.intro", mission=mission.name),
        tuple(_table(result, found, chunk) for chunk in chunks(range(len(found.units)))),
        words("ways.impossible") if lacking else "",
        tuple(said_agreement(result, mission)),
        words("ways.implies_title", step=counted(float(mission.instance.step), "post")),
        tuple(_implied(mission, fairness) for fairness in Fairness),
        words("ways.book") if len(result.missions) > 1 else "",
    )


def way_label(name: str) -> str:
    """A way by its code; a step by its size in posts."""
    known = entry("ways.names")
    return str(known[name]) if name in known else words("ways.step", step=counted(float(Fraction(name)), "post"))


def deciding_ways(found: Comparison) -> list[Way]:
    """Ways that have posts, the present apart."""
    return [way for way in found.ways if way.reason is not Reason.PRESENT and way.posts is not None]


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[at : at + COLUMNS] for at in range(0, len(items), COLUMNS))


def said_agreement(result: RunResult, mission: MissionResult) -> Iterable[str]:
    """Which moves every way makes, then each that depends, and on what."""
    units = mission.reasons.ways.units
    safe = [u for u in units if u.agreement is Agreement.SAFE]
    if all(u.agreement is Agreement.NO_MOVE for u in units):
        yield words("ways.said_nothing")
    if safe:
        yield words("ways.said_safe", list=listed(f"{result.territory_names[u.unit]} ({_moved(u)})" for u in safe))
    for u in units:
        if u.parted:
            one = "said_parted_one" if len(u.parted) == 1 else "said_parted"
            key = one if u.agreement is Agreement.PARTED else "said_no_move"
            names = listed(way_label(name) for name, _ in u.parted)
            yield words(f"ways.{key}", territory=result.territory_names[u.unit], change=_moved(u), list=names)


def _moved(unit: UnitWays) -> str:
    return change(float(unit.final - unit.current))


def _table(result: RunResult, found: Comparison, chunk: Sequence[int]) -> WaysTable:
    units = [found.units[t] for t in chunk]
    others = [way for way in found.ways if way.reason is not Reason.PRESENT]
    return WaysTable(
        tuple(result.territory_names[u.unit] for u in units),
        tuple(posts_text(float(u.current)) for u in units),
        tuple(posts_text(float(u.final)) for u in units),
        tuple(
            WayGroup(words(f"ways.reasons.{reason.value}"), tuple(_row(found, way, chunk) for way in ways))
            for reason, ways in groupby(others, key=lambda way: way.reason)
        ),
        tuple(words(f"ways.{_agreement(u)}") for u in units),
    )


def _row(found: Comparison, way: Way, chunk: Sequence[int]) -> WayRow:
    if way.posts is None:
        return WayRow(way_label(way.name), tuple(Cell(words("units.missing")) for _ in chunk))
    return WayRow(
        way_label(way.name),
        tuple(
            Cell(posts_text(float(way.posts[t])), any(name == way.name for name, _ in found.units[t].parted))
            for t in chunk
        ),
    )


def _agreement(unit: UnitWays) -> str:
    if unit.agreement is Agreement.NO_MOVE:
        return "no_move_parted" if unit.parted else "no_move"
    return "safe" if unit.agreement is Agreement.SAFE else "depends"


def _implied(mission: MissionResult, fairness: Fairness) -> str:
    said = text(IMPLICATIONS[fairness])
    return f"{said} {words('ways.chosen')}" if fairness is mission.instance.fairness else said
