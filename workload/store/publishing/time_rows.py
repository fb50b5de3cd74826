"""Where the time goes, as it may be shown: rows whose cells the protection left open."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workload.parameters.benchmarks import benchmark_weeks, beside_benchmarks
from workload.pipeline import RunResult
from workload.store.disclosure import Cell, CellFacts, Rules, between_publications, choose
from workload.store.publishing.releases import Release, released
from workload.store.publishing.time_cells import DOMAIN, ITEM, MODE, PAIR, RUNGS, TimeCells, time_cells
from workload.store.publishing.words import DEPARTMENT as ALL
from workload.store.publishing.words import said

Amounts = Mapping[Cell, Mapping[str, float]]
"""Cell → agent → minutes a year: what stood behind a figure when it was published."""

_SAME_MIN = 0.01  # a year: an amount computed again from the same sheet


@dataclass(frozen=True, slots=True)
class TimeRelease:
    """One mission's time use as it may be shown. shown: cells that are open. kept: few sheets changed since an earlier
    publication, so its figures stay as they are."""

    mission: str
    shown: frozenset[Cell]
    amounts: Amounts  # of the cells shown
    release: Release
    kept: bool = False


def time_release(
    result: RunResult,
    mission: str,
    rules: Rules,
    earlier: Sequence[Amounts] = (),
    last: Mapping[str, Release] | None = None,
) -> TimeRelease | None:
    """None where nobody of the mission answered. Raises RefusedError when the audit does not let it pass.

    earlier: what earlier publications of this campaign showed of the mission. Where fewer workers than the minimum
    changed since the last of them, everything stays as it was: any figure computed anew would differ by those few.
    Where nobody changed, the same cells are shown again. last: what the last publication said that it withheld.
    """
    of = result.missions[mission].estimate.of.agents
    if not of.id:
        return None
    name = said("releases.time", mission=result.missions[mission].name)
    cells = time_cells(of, result.study.taxonomy, rules.minimum_workers)
    changed_n = _changed_n(cells, earlier[-1]) if earlier else rules.minimum_workers
    if changed_n == 0 and last and name in last:
        return TimeRelease(mission, frozenset(earlier[-1]), earlier[-1], last[name])
    if changed_n < rules.minimum_workers:
        kept = Release(
            name, said("rungs.kept", minimum=rules.minimum_workers), "", 0, 0, 0.0, 0.0, said("audited_none")
        )
        return TimeRelease(mission, frozenset(earlier[-1]), earlier[-1], kept, True)
    choice = choose([(rung, _with_history(cells, rung, earlier, rules)) for rung in RUNGS], rules)
    if choice is None:
        nothing = Release(name, said("rungs.nothing"), "", 0, 0, 0.0, 0.0, said("audited_none"))
        return TimeRelease(mission, frozenset(), {}, nothing)
    shown = choice.tables.shown - choice.protection.withheld - cells.whole
    shown = frozenset(cell for cell in shown if cell in cells.amounts)
    raw = np.ones(len(of.id))
    amounts = {cell: cells.facts(cell, raw).contributions or {} for cell in shown}
    return TimeRelease(mission, shown, amounts, released(name, choice, rules))


def _with_history(cells: TimeCells, rung: str, earlier: Sequence[Amounts], rules: Rules) -> Any:
    """The tables of a rung, with all that earlier publications made known."""
    tables = cells.rung(rung, {cell for amounts in earlier for cell in amounts})
    weight = dict(zip(cells.of.id, cells.of.weight, strict=True))
    now = {c: facts for c, facts in tables.cells.items() if c not in tables.public}
    for amounts in earlier:
        then = {cell: _weighed(of, weight) for cell, of in amounts.items() if cell in now}
        tables = between_publications(now, then, rules, tables.equations).applied(tables)
    return tables


def _weighed(amounts: Mapping[str, float], weight: Mapping[str, float]) -> CellFacts:
    """An earlier figure at today's weights: what differs is then the sheets, not what each stands for."""
    return CellFacts.of({agent: spent * weight.get(agent, 1.0) for agent, spent in amounts.items()})


def _changed_n(cells: TimeCells, before: Amounts) -> int:
    """Workers whose sheet is not what stood behind the earlier publication, be it new, gone or corrected."""
    changed: set[str] = set()
    for cell, then in before.items():
        if cell[:3] == (ALL, ALL, ALL):
            amounts = cells.amounts.get(cell, np.zeros(len(cells.of.id)))
            now = dict(zip(cells.of.id, amounts.tolist(), strict=True))
            changed |= {a for a in {*now, *then} if abs(now.get(a, 0.0) - then.get(a, 0.0)) > _SAME_MIN}
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
