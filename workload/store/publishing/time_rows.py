"""Where the time goes, as it may be shown: rows whose cells the protection left open."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from workload.parameters.benchmarks import benchmark_weeks, beside_benchmarks
from workload.pipeline import RunResult
from workload.store.disclosure import Cell, CellFacts, Demand, LinkedTables, Rules, between_publications, choose
from workload.store.disclosure.rules import DIFFERENCE, parts_of
from workload.store.publishing.releases import Release, released
from workload.store.publishing.time_cells import DOMAIN, ITEM, MODE, PAIR, RUNGS, TimeCells, time_cells
from workload.store.publishing.words import DEPARTMENT as ALL
from workload.store.publishing.words import said


@dataclass(frozen=True, slots=True)
class Shown:
    """What stood behind figures when they were published: weighted means of shares by factors.

    shares: cell → agent → share of her own year. factors: agent → the minutes that her year stood for.
    """

    shares: Mapping[Cell, Mapping[str, float]]
    factors: Mapping[str, float]


_SAME = 1e-6  # a share, or a ratio of factors, computed again from the same sheet


@dataclass(frozen=True, slots=True)
class TimeRelease:
    """One mission's time use as it may be shown. shown: cells that are open. kept: few sheets changed since an earlier
    publication, so its figures stay as they are."""

    mission: str
    shown: frozenset[Cell]
    behind: Shown  # the cells shown
    release: Release
    kept: bool = False


def time_release(
    result: RunResult,
    mission: str,
    rules: Rules,
    earlier: Sequence[Shown] = (),
    last: Mapping[str, Release] | None = None,
) -> TimeRelease | None:
    """None where nobody of the mission answered. Raises RefusedError when the audit does not let it pass.

    earlier: what earlier publications showed of agents of this mission, the oldest first. Where the last of them stands
    on the very same sheets, places and weights, the same cells are shown again. Where fewer workers than the minimum
    changed since, everything stays as it was: any figure computed anew would differ by those few. last: what the last
    publication said that it withheld.
    """
    of = result.missions[mission].estimate.of.agents
    if not of.id:
        return None
    name = said("releases.time", mission=result.missions[mission].name)
    cells = time_cells(of, result.study.taxonomy, rules.minimum_workers)
    now = _behind(cells, cells.amounts)
    if earlier:
        changed_n = _changed_n(now, earlier[-1])
        if not changed_n and len(_ratios(now, earlier[-1], set(earlier[-1].factors))) == 1 and last and name in last:
            return TimeRelease(mission, frozenset(earlier[-1].shares), earlier[-1], last[name])
        if changed_n < rules.minimum_workers:
            grain = said("rungs.kept", minimum=rules.minimum_workers)
            kept = Release(name, grain, "", 0, 0, 0.0, 0.0, said("audited_none"))
            return TimeRelease(mission, frozenset(earlier[-1].shares), earlier[-1], kept, True)
    choice = choose([(rung, _with_history(cells, rung, now, earlier, rules)) for rung in RUNGS], rules)
    if choice is None:
        nothing = Release(name, said("rungs.nothing"), "", 0, 0, 0.0, 0.0, said("audited_none"))
        return TimeRelease(mission, frozenset(), Shown({}, {}), nothing)
    open_cells = choice.tables.shown - choice.protection.withheld - cells.whole
    shown = frozenset(cell for cell in open_cells if cell in cells.amounts)
    return TimeRelease(mission, shown, _behind(cells, shown), released(name, choice, rules))


def _behind(cells: TimeCells, wanted: Iterable[Cell]) -> Shown:
    of = cells.of
    year = of.annual_min.sum(axis=1)
    shares = {}
    for cell in wanted:
        if cell not in cells.whole:
            own = cells.amounts[cell] / year
            shares[cell] = {of.id[k]: float(own[k]) for k in np.flatnonzero(own > 0)}
    return Shown(shares, dict(zip(of.id, (of.weight * year).tolist(), strict=True)))


def _with_history(cells: TimeCells, rung: str, now: Shown, earlier: Sequence[Shown], rules: Rules) -> LinkedTables:
    """The tables of a rung, with all that earlier publications made known.

    An earlier figure is set beside today's at today's factors: what differs is then the sheets. Where factors changed
    too, and not all in one proportion, the two figures are two different sums over the same workers, and whoever solves
    them finds each group of one proportion: a group under the minimum makes the cell a figure about those few.
    """
    tables = cells.rung(rung, {cell for shown in earlier for cell in shown.shares})
    facts = {c: f for c, f in tables.cells.items() if c not in tables.public}
    for shown in earlier:
        then = {
            cell: CellFacts.of({a: share * now.factors.get(a, shown.factors[a]) for a, share in of.items()})
            for cell, of in shown.shares.items()
            if cell in facts
        }
        consequences = between_publications(facts, then, rules, tables.equations)
        forced = dict(consequences.forced)
        for cell in then:
            workers = {*now.shares.get(cell, {}), *shown.shares[cell]}
            groups = _ratios(now, shown, workers)
            if len(groups) > 1 and min(groups.values()) < rules.minimum_workers and facts[cell].value > 0:
                demand = Demand(DIFFERENCE, rules.protection_share * facts[cell].value, parts_of(facts[cell]))
                forced[cell] = (*forced.get(cell, ()), demand)
        public = consequences.public - set(forced)
        tables = replace(consequences, forced=forced, public=public).applied(tables)
    return tables


def _ratios(now: Shown, then: Shown, workers: Iterable[str]) -> Counter[int]:
    """How many workers' factors changed in each proportion; who is new or gone counts in a group of her own kind."""
    found: Counter[int] = Counter()
    for worker in workers:
        ratio = now.factors.get(worker, 0.0) / then.factors[worker] if worker in then.factors else -1.0
        found[round(ratio / _SAME)] += 1
    return found


def _changed_n(now: Shown, then: Shown) -> int:
    """Workers whose part in any figure shown then is not what it was: a sheet new, gone or corrected, or its agent in
    another territory, site or profession."""
    changed: set[str] = set()
    for cell, before in then.shares.items():
        today = now.shares.get(cell, {})
        changed |= {a for a in {*today, *before} if abs(today.get(a, 0.0) - before.get(a, 0.0)) > _SAME}
    return len(changed)


def time_use_rows(result: RunResult, release: TimeRelease) -> Iterator[dict[str, Any]]:
    """Rows of published.time_use. Each has the département's own figure beside it, where that may be shown."""
    tables = [result.time_use.shares.assign(site=ALL), result.time_use.sites]
    departments, labels = _department_shares(result, release), _labels(result)
    for row in pd.concat(tables, ignore_index=True).to_dict("records"):
        cell = (row["territory"], row["profession"], row["site"], row["level"], row["code"])
        if row["mission"] != release.mission or cell not in release.shown:
            continue
        department = departments.get((row["profession"], row["level"], row["code"]))
        yield {
            "mission_id": row["mission"],
            "territory_id": row["territory"],
            "profession": row["profession"],
            "site": row["site"],
            "level": said(f"levels.{row['level']}"),
            "code": row["code"],
            "label": labels[row["level"]][row["code"]],
            "share": row["share"],
            "low": row["low"],
            "high": row["high"],
            "hours_per_week": row["hours_per_week"],
            "department_share": department,
            "gap": None if department is None else row["share"] - department,
        }


def _department_shares(result: RunResult, release: TimeRelease) -> dict[tuple[str, str, str], float]:
    """(profession, level, code) → the département's share, where it may be shown."""
    tables = pd.concat([result.time_use.shares, result.time_use.cells], ignore_index=True)
    own = tables[(tables["mission"] == release.mission) & (tables["territory"] == ALL)]
    keys = zip(own["profession"], own["level"], own["code"], own["share"], strict=True)
    return {(p, v, c): float(share) for p, v, c, share in keys if (ALL, p, ALL, v, c) in release.shown}


def _labels(result: RunResult) -> Mapping[str, Mapping[str, str]]:
    items = result.study.taxonomy
    return {ITEM: {i.code: i.label for i in items.items}, MODE: items.modes, DOMAIN: items.domains}


def pair_rows(result: RunResult, release: TimeRelease) -> Iterator[dict[str, Any]]:
    """Rows of published.time_use_cell."""
    items, departments = result.study.taxonomy, _department_shares(result, release)
    for row in result.time_use.cells.to_dict("records"):
        if row["mission"] != release.mission or (row["territory"], ALL, ALL, PAIR, row["code"]) not in release.shown:
            continue
        mode, domain = row["code"].split("|")
        yield {
            "mission_id": row["mission"],
            "territory_id": row["territory"],
            "mode": mode,
            "domain": domain,
            "mode_label": items.modes[mode],
            "domain_label": items.domains[domain],
            "share": row["share"],
            "department_share": departments.get((ALL, PAIR, row["code"])),
        }


def benchmark_rows(result: RunResult, release: TimeRelease) -> Iterator[dict[str, Any]]:
    """Rows of published.time_use_benchmark, of groups all of whose items may be shown: a sum over the others alone
    would be another figure."""
    shares = result.time_use.shares
    own = shares[(shares["mission"] == release.mission) & (shares["level"] == ITEM) & (shares["profession"] == ALL)]
    whole = {
        territory
        for territory, rows in own.groupby("territory")
        if all((territory, ALL, ALL, ITEM, code) in release.shown for code in rows["code"])
    }
    weeks = {week.id: week for week in benchmark_weeks()}
    table = beside_benchmarks(own[own["territory"].isin(whole)], result.study.taxonomy)
    for row in table[table["share"].fillna(0.0) > 0].to_dict("records"):
        week = weeks[row["benchmark"]]
        yield {
            "mission_id": row["mission"],
            "territory_id": row["territory"],
            "benchmark": week.label,
            "category": row["category"],
            "label": next(c.label for c in week.categories if c.code == row["category"]),
            "published_share": row["published_share"],
            "published_low": known(row["published_low"]),
            "published_high": known(row["published_high"]),
            "share": row["share"],
            "source": f"{week.scope}. {week.source}",
        }


def known(figure: Any) -> Any:
    """A figure of a table, None where it is missing."""
    return None if pd.isna(figure) else figure


def reading_rows(result: RunResult, minimum: int) -> Iterator[dict[str, Any]]:
    """Rows of published.reading: items of missions with enough respondents, never who read them how."""
    labels = _labels(result)[ITEM]
    table = result.reading.items
    for row in table[table["respondents_n"] >= minimum].to_dict("records"):
        flagged = bool(row["flagged"])
        yield {
            "mission_id": row["mission"],
            "item": row["item"],
            "label": labels[row["item"]],
            "flagged": flagged,
            **{name: known(row[name]) for name in ("agent_share", "territory_share", "day_share")},
            "verdict": said("reading.flagged" if flagged else "reading.even"),
        }
