"""Communes merged, split and renumbered: figures carried from the file's list of communes to the study's, by date.

A merger forward, or a split followed back, is a sum. A split forward, or a merger followed back, cannot be computed
from the figure alone: it is refused, or shared by parts that the study declares.
"""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import pandas as pd

from workload.errors import Issue
from workload.ingest.published.status import (
    COUNT_N,
    ERROR_N,
    IMPUTED_N,
    INDICATOR,
    LEVEL,
    PLACE,
    STATUS,
    YEAR,
    Status,
    add_up,
)
from workload.resources import PARAMETERS

CHANGES = PARAMETERS / "communes_changes.csv"
Parts = Mapping[str, Mapping[str, float]]
"""For a commune that was cut: the share of its figures that each commune takes, adding to 1."""


@dataclass(frozen=True, slots=True)
class Change:
    """On `day`, `before` became `after` (one pair of possibly several; P → P when P kept its code)."""

    day: date
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where each commune of a file goes: `targets` commune → communes of the study's day; `last`: day of the change."""

    targets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    last: Mapping[str, date] = field(default_factory=dict)


@cache
def commune_changes() -> tuple[Change, ...]:
    """The dated changes that we ship (1975–2025), oldest first; communes created from several are left out."""
    with CHANGES.open(encoding="utf-8", newline="") as file:
        rows = [Change(date.fromisoformat(r["date"]), r["avant"], r["apres"]) for r in csv.DictReader(file)]
    return tuple(change for change in rows if change.before and change.after)


def route(codes: Collection[str], start: date, end: date, changes: tuple[Change, ...] | None = None) -> Route:
    """Follows codes in force on `start` to those in force on `end`, forward or back."""
    changes = commune_changes() if changes is None else changes
    forward = start <= end
    low, high = min(start, end), max(start, end)
    days: dict[date, dict[str, set[str]]] = {}
    for change in changes:
        if low < change.day <= high:
            source, target = (change.before, change.after) if forward else (change.after, change.before)
            days.setdefault(change.day, {}).setdefault(source, set()).add(target)
    targets = {code: {code} for code in codes}
    last: dict[str, date] = {}
    for day in sorted(days, reverse=not forward):
        steps = days[day]
        for code, now in targets.items():
            then = set().union(*(steps.get(c, {c}) for c in now))
            if then != now:
                targets[code], last[code] = then, day
    return Route({code: frozenset(now) for code, now in targets.items()}, last)


def communes_day(codes: Collection[str], changes: tuple[Change, ...] | None = None) -> date:
    """The latest day on which all these codes were in force; the last change on record when none has gone."""
    changes = commune_changes() if changes is None else changes
    limit = max((change.day for change in changes), default=date.today())
    born = {(change.day, change.after) for change in changes}
    last_end: dict[str, date] = {}
    for change in changes:  # oldest first: a code that comes back is in force again
        if (change.day, change.before) not in born:
            last_end[change.before] = change.day
        last_end.pop(change.after, None)
    ends = [last_end[code] for code in codes if code in last_end]
    return min(ends) - timedelta(days=1) if ends else limit


def follow_changes(
    table: pd.DataFrame,
    start: date,
    end: date,
    additive: Mapping[str, bool],
    file: str,
    parts: Parts | None = None,
    within: Collection[str] | None = None,
) -> tuple[pd.DataFrame, list[Issue]]:
    """A table of communes of `start` as a table of communes of `end`.

    A figure that does not add up (a median, a rate; `additive` by indicator) is missing wherever several communes
    make one. A commune cut in several is shared by its declared `parts`, the shares marked as imputed, else an
    issue; `within` limits what is kept, and what is complained of, to the study's communes.
    """
    codes = list(dict.fromkeys(table[PLACE]))
    found = route(codes, start, end)
    declared = parts or {}
    issues = _part_issues(codes, found, declared, file, within)
    shares = [
        (code, target, share)
        for code in codes
        for target, share in _shares(code, found.targets[code], declared)
        if within is None or target in within
    ]
    steps = pd.DataFrame(shares, columns=[PLACE, "_target", "_share"])
    moved = table.merge(steps, on=PLACE)
    return _shared(moved, additive), issues


def _shares(code: str, targets: frozenset[str], parts: Parts) -> list[tuple[str, float]]:
    if len(targets) == 1:
        return [(next(iter(targets)), 1.0)]
    return (
        [(target, parts[code].get(target, 0.0)) for target in sorted(targets)]
        if code in parts
        else [(target, float("nan")) for target in sorted(targets)]
    )


def _part_issues(
    codes: list[str], found: Route, parts: Parts, file: str, within: Collection[str] | None
) -> list[Issue]:
    issues = []
    for code in codes:
        targets = found.targets[code]
        if len(targets) < 2 or (within is not None and not targets & set(within)):
            continue
        names = ", ".join(sorted(targets))
        if code not in parts:
            params = {"into": names, "date": found.last[code].strftime("%d/%m/%Y")}
            issues.append(Issue("commune_split", file, value=code, params=params))
        elif set(parts[code]) - targets or abs(sum(parts[code].values()) - 1) > 1e-6 or min(parts[code].values()) < 0:
            issues.append(Issue("commune_parts_wrong", file, value=code, params={"into": names}))
    return issues


def _shared(moved: pd.DataFrame, additive: Mapping[str, bool]) -> pd.DataFrame:
    """Shares applied, then summed by target commune."""
    share = moved["_share"]
    cut = share.ne(1.0)
    known = moved[COUNT_N].notna()
    lost = cut & (share.isna() | ~moved[INDICATOR].map(additive).astype("bool"))
    moved = moved.assign(
        **{
            PLACE: moved["_target"],
            COUNT_N: (moved[COUNT_N] * share).mask(lost),
            IMPUTED_N: (moved[IMPUTED_N] * share).mask(cut & known, moved[COUNT_N] * share).mask(lost, 0.0),
            ERROR_N: moved[ERROR_N].mask(cut & known & ~lost).mask(lost, 0.0),
            STATUS: moved[STATUS].mask(cut & known & (moved[STATUS] != Status.LOWER_BOUND), Status.IMPUTED.value),
        }
    )
    moved[STATUS] = moved[STATUS].mask(lost, Status.MISSING.value)
    return add_places(moved, additive)


def add_places(table: pd.DataFrame, additive: Mapping[str, bool]) -> pd.DataFrame:
    """Sums rows of the same place, level, year and indicator; what does not add up is missing where rows were many."""
    keys = [PLACE, LEVEL, YEAR, INDICATOR]
    summed = add_up(table, keys)
    many = table.groupby(keys, sort=True).size().to_numpy() > 1
    lost = many & ~summed[INDICATOR].map(additive).to_numpy(dtype=bool)
    summed[STATUS] = summed[STATUS].mask(lost & (summed[STATUS] != Status.SECRET), Status.MISSING.value)
    summed[COUNT_N] = summed[COUNT_N].mask(lost)
    for column in (IMPUTED_N, ERROR_N):
        summed[column] = summed[column].mask(lost, 0.0)
    return summed[[*keys, COUNT_N, STATUS, IMPUTED_N, ERROR_N]]
