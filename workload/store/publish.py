"""A scenario into schema `published`: what passes disclosure control, whole or not at all.

`preview` says what would be shown and what withheld; `share` opens a scenario to the HR direction, `publish` to
everybody, for good. Each publication knows all earlier ones of its study, so that nothing comes back by comparing two
of them, and is refused by an audit written apart from what chose the cells.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ARRAY, Connection, Engine, String, cast, delete, func, insert, select, update
from sqlmodel import col

from workload.errors import Issue, RequestError, Severity
from workload.ingest.study import Study
from workload.pipeline import RunResult
from workload.store.audit import record
from workload.store.copying import copy_rows
from workload.store.disclosure import Cell
from workload.store.published_tables import PUBLISHED as SCHEMA
from workload.store.published_tables import published_tables
from workload.store.publishing.decided import Memory
from workload.store.publishing.indicators import (
    Counts,
    IndicatorRelease,
    indicator_releases,
    indicator_rows,
    value_rows,
)
from workload.store.publishing.places import place_rows, territory_names
from workload.store.publishing.progress import progress_rows, sheets_of
from workload.store.publishing.releases import RefusedError, Release, rules_of
from workload.store.publishing.scenario_rows import openness, scenario_tables
from workload.store.publishing.time_rows import (
    Shown,
    TimeRelease,
    benchmark_rows,
    pair_rows,
    reading_rows,
    time_release,
    time_use_rows,
)
from workload.store.runs import run_id
from workload.store.scenario_sheets import Closed, keep_sheet
from workload.store.scenarios import PUBLISHED, SHARED, SavedScenario, find_scenario, withdraw
from workload.store.studies import lock_study, study_code
from workload.store.study_tables import Publication, ReleasedCell, Scenario, StudyRow

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Releases:
    """All that a publication may show of the study itself, decided together."""

    time: tuple[TimeRelease, ...]
    indicators: tuple[IndicatorRelease, ...]

    @property
    def withheld(self) -> tuple[Release, ...]:
        """What is withheld, release by release: the information lost."""
        own = (i.release for i in self.indicators if i.release is not None)
        return (*(t.release for t in self.time), *own)

    def closed(self, result: RunResult) -> Closed:
        """Mission → territory → components that may be told only together: they would give away what is withheld."""
        return {m: openness(of, self.time, self.indicators).hidden for m, of in result.missions.items()}

    def substitutes(self, study: Study) -> dict[str, dict[str, float]]:
        """Indicator that the study computes with → territory whose count is withheld → what may be counted there."""
        own = {i.indicator.id: dict(i.substitutes) for i in self.indicators if i.substitutes}
        used = _used(study)
        return {id: of for id, of in own.items() if id in used}


def with_told_counts(engine: Engine, study: Study) -> Study:
    """The study as a scenario of it may be computed: where a count that it uses is withheld, one that may be told
    stands in (`publishing.substitutes`), and a warning says so. The same study where nothing is withheld.

    Raises RequestError as `publish`, where the audit does not let a release of an indicator pass.
    """
    used = {id for id in _used(study) if id in study.indicators and study.indicators[id].confidential}
    persons = rules_of(study.parameters, "minimum_persons")
    with engine.begin() as connection:
        counts = _counts_shown(_documents(connection, study_code(study)))
        try:
            releases = Releases((), indicator_releases(study, persons, counts, used, Memory(connection)))
        except RefusedError as error:
            raise RequestError("publication_refused", release=str(error)) from error
    found = releases.substitutes(study)
    if not found:
        return study
    names = territory_names(study)
    said = tuple(
        Issue(
            "count_substituted",
            study.indicators[id].file,
            value=study.indicators[id].label,
            severity=Severity.WARNING,
            params={"territory": names[territory][0], "count": f"{count:g}"},
        )
        for id, of in found.items()
        for territory, count in of.items()
    )
    return replace(study, substitutes=found, warnings=(*study.warnings, *said))


def _used(study: Study) -> set[str]:
    """Indicators of components and of ceilings of files."""
    settings = study.settings
    components = {i for m in settings.missions.values() for d in m.domains.values() for i in d.indicators}
    return components | {i for caseload in settings.caseloads for i in caseload.indicators}


def _require_told(result: RunResult, releases: Releases) -> None:
    """Raises RequestError where a result stands on a withheld count: all that is told of it would be too much."""
    if releases.substitutes(result.study) != result.study.substitutes:
        raise RequestError("counts_withheld", study=result.study.settings.title)


def preview(engine: Engine, result: RunResult) -> Releases:
    """What a publication would show and withhold now; nothing is written."""
    with engine.begin() as connection:
        return _releases(connection, study_code(result.study), result)


def keep_draft(engine: Engine, id: int, result: RunResult, document: Mapping[str, Any]) -> Releases:
    """The sheet of a scenario that nobody else sees yet: what a publication would say of it now."""
    with engine.begin() as connection:
        scenario = find_scenario(connection, id)
        releases = _releases(connection, scenario.study, result)
        _require_told(result, releases)
        if scenario.status != PUBLISHED:
            tables = _scenario_tables(connection, scenario, result, document, releases)
            keep_sheet(
                connection, id, tables, result, document, releases.closed(result), map(asdict, releases.withheld)
            )
        return releases


def share(
    engine: Engine, id: int, result: RunResult, document: Mapping[str, Any], by: str, import_url: str | None = None
) -> Releases:
    """Shows a scenario to the HR direction alone; it may still change. Raises as `publish`."""
    return _publish(engine, id, result, document, by, SHARED, import_url)


def publish(
    engine: Engine, id: int, result: RunResult, document: Mapping[str, Any], by: str, import_url: str | None = None
) -> Releases:
    """Shows a scenario to everybody who reads published tables. From here on it never changes.

    document: `run_document` of the result. Raises RequestError where the scenario's run is another one, where it
    stands on counts that are withheld (`with_told_counts`), or where the audit finds that something withheld could be
    deduced: then nothing is published.
    """
    return _publish(engine, id, result, document, by, PUBLISHED, import_url)


def _publish(
    engine: Engine,
    id: int,
    result: RunResult,
    document: Mapping[str, Any],
    by: str,
    status: str,
    import_url: str | None,
) -> Releases:
    with engine.begin() as connection:
        lock_study(connection, study_code(result.study))
        scenario = find_scenario(connection, id)
        if scenario.run_id != run_id(dict(document)):
            raise RequestError("scenario_run_differs", title=scenario.title)
        releases = _releases(connection, scenario.study, result)
        _require_told(result, releases)
        if scenario.status != PUBLISHED:  # a published scenario is written again as it was, after a restore or upgrade
            _set_status(connection, id, status)
        scenario = find_scenario(connection, id)
        if scenario.status == PUBLISHED or _study_status(connection, scenario) != PUBLISHED:
            _keep_publication(connection, scenario, releases, by)
            _write_study(connection, scenario, result, releases, import_url)
        _write_scenario(connection, scenario, result, document, releases)
        details = {"run": scenario.run_id, "withheld": sum(r.withheld_n for r in releases.withheld)}
        record(connection, by, f"scenario_{scenario.status}", scenario.key, details)
        return releases


def _set_status(connection: Connection, id: int, status: str) -> None:
    when = "published_at" if status == PUBLISHED else "shared_at"
    connection.execute(update(Scenario).where(col(Scenario.id) == id).values({"status": status, when: func.now()}))


def _releases(connection: Connection, study: str, result: RunResult) -> Releases:
    rules, persons = (rules_of(result.parameters, least) for least in ("minimum_workers", "minimum_persons"))
    documents = _documents(connection, study)
    last = {row["release"]: Release(**row) for row in documents[-1]["withheld"]} if documents else {}
    counts = _counts_shown(documents)
    try:
        time = [
            time_release(result, mission, rules, _earlier(connection, of.estimate.of.agents.id), last)
            for mission, of in result.missions.items()
        ]
        own = indicator_releases(result.study, persons, counts, memory=Memory(connection))
        return Releases(tuple(t for t in time if t is not None), own)
    except RefusedError as error:
        raise RequestError("publication_refused", release=str(error)) from error


def _counts_shown(documents: Iterable[Mapping[str, Any]]) -> list[Counts]:
    """Small counts that were shown, each state of them once."""
    counts: list[Counts] = []
    for document in documents:
        if document["counts"] and document["counts"] not in counts:
            counts.append(document["counts"])
    return counts


def _period(result: RunResult) -> str:
    campaign = result.study.settings.campaign
    return f"{campaign.start.isoformat()}/{campaign.end.isoformat()}" if campaign else ""


def _earlier(connection: Connection, agents: Collection[str]) -> tuple[Shown, ...]:
    """What each earlier publication showed of these agents, whatever study, campaign or mission it was said to be of,
    the oldest first; one for each state of their sheets, however often it was written."""
    rows = connection.execute(
        select(
            col(ReleasedCell.publication_id),
            col(ReleasedCell.cell),
            col(ReleasedCell.agents),
            col(ReleasedCell.shares),
            col(ReleasedCell.factors),
        )
        .where(col(ReleasedCell.agents).op("&&")(cast(list(agents), ARRAY(String))))
        .order_by(col(ReleasedCell.publication_id))
    )
    found: dict[tuple[int, str], tuple[dict[Cell, dict[str, float]], dict[str, float]]] = {}
    for publication, (mission, *cell), who, shares, factors in rows:
        shown, known = found.setdefault((publication, mission), ({}, {}))
        shown[tuple(cell)] = dict(zip(who, shares, strict=True))
        known.update(zip(who, factors, strict=True))
    kept: list[Shown] = []
    for shown, known in found.values():
        if Shown(shown, known) not in kept:
            kept.append(Shown(shown, known))
    return tuple(kept)


def _documents(connection: Connection, study: str) -> list[dict[str, Any]]:
    """What each publication of the study kept of itself, the oldest first."""
    query = (
        select(col(Publication.document))
        .join(Scenario, col(Scenario.id) == col(Publication.scenario_id))
        .join(StudyRow, col(StudyRow.id) == col(Scenario.study_id))
        .where(col(StudyRow.code) == study)
        .order_by(col(Publication.id))
    )
    return list(connection.execute(query).scalars())


def _keep_publication(connection: Connection, scenario: SavedScenario, releases: Releases, by: str) -> None:
    document = {
        "withheld": [asdict(release) for release in releases.withheld],
        "counts": {i.indicator.id: i.counts for i in releases.indicators if i.release is not None},
    }
    values = {"scenario_id": scenario.id, "status": scenario.status, "actor": by, "document": document}
    id = connection.execute(insert(Publication).values(values).returning(col(Publication.id))).scalar_one()
    copy_rows(connection, "core", "released_cell", ["publication_id", *CELL_COLUMNS], _kept_cells(id, releases))


CELL_COLUMNS = ("cell", "agents", "shares", "factors")


def _kept_cells(publication: int, releases: Releases) -> Iterator[Row]:
    for time in releases.time:
        for cell, shares in sorted(time.behind.shares.items()):
            yield {
                "publication_id": publication,
                "cell": [time.mission, *cell],
                "agents": list(shares),
                "shares": list(shares.values()),
                "factors": [time.behind.factors[agent] for agent in shares],
            }


def _write_study(
    connection: Connection, scenario: SavedScenario, result: RunResult, releases: Releases, import_url: str | None
) -> None:
    """What is said of the study itself. Once a scenario is open to all, sharing another leaves it as it is: readers who
    may not see the shared one would see what it changed."""
    opened = _study_status(connection, scenario)
    common = {"study_id": scenario.study, "study": result.study.settings.title, "scenario_status": opened}
    kept = {time.mission for time in releases.time if time.kept}
    for name, rows in _study_tables(connection, result, releases, import_url).items():
        table = published_tables()[name]
        gone = delete(table).where(table.c.study_id == scenario.study)
        if name in TIME_TABLES and kept:
            gone = gone.where(table.c.mission_id.not_in(kept))
            connection.execute(update(table).values(scenario_status=opened).where(table.c.study_id == scenario.study))
        connection.execute(gone)
        _copy(connection, name, _complete(rows, result, common))


def _write_scenario(
    connection: Connection,
    scenario: SavedScenario,
    result: RunResult,
    document: Mapping[str, Any],
    releases: Releases,
) -> None:
    tables = _scenario_tables(connection, scenario, result, document, releases)
    withdraw(connection, scenario.key)
    for name, rows in tables.items():
        _copy(connection, name, rows)
    keep_sheet(
        connection, scenario.id, tables, result, document, releases.closed(result), map(asdict, releases.withheld)
    )


def _scenario_tables(
    connection: Connection,
    scenario: SavedScenario,
    result: RunResult,
    document: Mapping[str, Any],
    releases: Releases,
) -> dict[str, list[Row]]:
    head = {
        "study_id": scenario.study,
        "study": result.study.settings.title,
        "scenario_id": scenario.key,
        "scenario": _label(connection, scenario, result),
        "scenario_status": scenario.status,
    }
    said = scenario_tables(result, document, releases.time, releases.indicators)
    return {"scenario": [_scenario(scenario, result) | head]} | {
        name: list(_complete(rows, result, head)) for name, rows in said.items()
    }


TIME_TABLES = ("time_use", "time_use_cell", "time_use_benchmark")


def _study_status(connection: Connection, scenario: SavedScenario) -> str:
    """The most open status of the study's scenarios: what it lets see of the study itself."""
    known = select(col(Scenario.status)).join(StudyRow, col(StudyRow.id) == col(Scenario.study_id))
    statuses = connection.execute(known.where(col(StudyRow.code) == scenario.study)).scalars()
    return PUBLISHED if PUBLISHED in set(statuses) else SHARED


def _study_tables(
    connection: Connection, result: RunResult, releases: Releases, import_url: str | None
) -> dict[str, list[Row]]:
    minimum = int(result.parameters["minimum_workers"].value)
    sheets = sheets_of(connection, result, _period(result))
    shown = [time for time in releases.time if not time.kept]
    return {
        "place": list(place_rows(result.study)),
        "campaign_progress": list(progress_rows(result, sheets, minimum, import_url)),
        "time_use": [row for time in shown for row in time_use_rows(result, time)],
        "time_use_cell": [row for time in shown for row in pair_rows(result, time)],
        "time_use_benchmark": [row for time in shown for row in benchmark_rows(result, time)],
        "reading": list(reading_rows(result, minimum)),
        "indicator": list(indicator_rows(result.study, releases.indicators)),
        "indicator_value": list(value_rows(result.study, releases.indicators)),
        "withheld": [asdict(release) for release in releases.withheld],
    }


def _complete(rows: Iterable[Row], result: RunResult, common: Row) -> Iterator[Row]:
    """With the names of missions and territories, and what all rows share."""
    territories = territory_names(result.study)
    for row in rows:
        named = dict(common)
        if "mission_id" in row:
            named["mission"] = result.missions[row["mission_id"]].name
        territory = row.get("territory_id", row.get("territory"))
        if territory is not None:
            named["territory_id"] = territory
            named["territory"], named["territory_order"] = territories[territory]
        yield row | named


def _label(connection: Connection, scenario: SavedScenario, result: RunResult) -> str:
    """The title; with the study's where another study has published one of that title. Readers choose by it, and two
    studies must never be added up."""
    table = published_tables()["scenario"]
    same = select(table.c.scenario_id).where(table.c.scenario == scenario.title, table.c.study_id != scenario.study)
    taken = connection.execute(same.limit(1)).first() is not None
    return f"{scenario.title} ({result.study.settings.title})" if taken else scenario.title


def _scenario(scenario: SavedScenario, result: RunResult) -> Row:
    settings = result.study.settings
    return {
        "description": scenario.description,
        "day": settings.day,
        "simulated": settings.simulated,
        "notice": settings.notice.strip(),
        "run_id": scenario.run_id,
        "published_at": scenario.published_at,
        "fairness": settings.fairness,
        "step_posts": settings.step,
        "draws_n": result.draws_n,
        "seed": result.seed,
    }


def _copy(connection: Connection, name: str, rows: Iterable[Row]) -> None:
    copy_rows(connection, SCHEMA, name, list(published_tables()[name].columns.keys()), rows)
