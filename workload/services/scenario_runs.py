"""A scenario computed, kept as a draft, and opened as far as asked: the same for the command line and the service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import Engine

from workload.errors import Issue, RequestError
from workload.ingest.study import Study
from workload.pipeline import RunResult, run
from workload.reporting.checks import section
from workload.reporting.run_json import run_document
from workload.services.superset_home import forget_figures
from workload.store.publish import Releases, keep_draft, preview, publish, share, with_told_counts
from workload.store.runs import run_id
from workload.store.scenarios import DRAFT, PUBLISHED, SHARED, Draft, SavedScenario, save_scenario
from workload.store.settings import StoreSettings

PREVIEW = "preview"
Progress = Callable[[str, int, int], None]


class Asked(Protocol):
    """What a scenario tries: a scenario file, or what a page asked for."""

    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def choices(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of it. saved: None where it was only looked at; releases: what is shown and what is withheld."""

    saved: SavedScenario | None
    releases: Releases
    warnings: tuple[Issue, ...]


def compute(study: Study, draws: int, progress: Progress) -> tuple[RunResult, dict[str, Any]]:
    """The result and its document."""
    result = run(study, draws, None, progress)
    return result, run_document(result, datetime.now(UTC).astimezone().isoformat(timespec="seconds"))


def diagnostics(result: RunResult) -> dict[str, list[dict[str, str]]]:
    """Mission → the tests of its fit, in words, as the report has them."""
    return {id: block["rows"] for id, block in zip(result.missions, section(result), strict=True)}


def keep(
    engine: Engine,
    settings: StoreSettings,
    study: Study,
    asked: Asked,
    draws: int,
    by: str,
    wanted: str,
    progress: Progress,
    run_kept: str | None = None,
) -> Kept:
    """Computes a scenario, saves it and opens it as wanted: draft, shared, published, or preview, which saves nothing.

    study: read with the scenario's choices, agents under the database's own pseudonyms, so that a publication can be
    compared with those before it. run_kept: the run that people looked at before they asked to open it; where the data
    now say another, RequestError, and nothing changes.

    Where disclosure control withholds a count, the computation stands on one that may be told, and a warning says so.
    """
    study = with_told_counts(engine, study)
    result, document = compute(study, draws, progress)
    if run_kept is not None and run_id(document) != run_kept:
        raise RequestError("scenario_run_differs", title=asked.title)
    if wanted == PREVIEW:
        return Kept(None, preview(engine, result), study.warnings)
    saved = save_scenario(engine, Draft(asked.title, asked.description, asked.choices), study, document, by)
    said = document | {"diagnostics": diagnostics(result)}
    if wanted == DRAFT:
        return Kept(saved, keep_draft(engine, saved.id, result, said), study.warnings)
    opening = {SHARED: share, PUBLISHED: publish}[wanted]
    releases = opening(engine, saved.id, result, said, by, settings.web_url)
    forget_figures(settings.data_dir)
    return Kept(saved, releases, study.warnings)
