"""The demonstration study computed with few draws and published once, for every test that looks at what is published."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from workload.ingest.study import read_study
from workload.pipeline import RunResult, run
from workload.reporting.run_json import run_document
from workload.store.publish import Releases, publish, share
from workload.store.scenarios import Draft, SavedScenario, save_scenario

FOLDER = Path("sample/meurthe-et-moselle")
KEY = b"tests of publication"
DRAWS = 12
STAMP = "2026-11-28T08:00:00+00:00"


@dataclass(frozen=True)
class Computed:
    result: RunResult
    document: dict[str, Any]


@cache
def computed(**choices: Any) -> Computed:
    """The study with some of its choices changed; agents keep their pseudonyms."""
    result = run(read_study(FOLDER, key=KEY, choices=choices), DRAWS)
    return Computed(result, run_document(result, STAMP))


def saved(engine: Engine, title: str, of: Computed) -> SavedScenario:
    return save_scenario(engine, Draft(title, "Essai"), of.result.study, of.document, "Mme Essai")


def shared(engine: Engine, title: str, of: Computed) -> Releases:
    return share(engine, saved(engine, title, of).id, of.result, of.document, "Mme Essai")


def published(engine: Engine, title: str, of: Computed) -> Releases:
    return publish(engine, saved(engine, title, of).id, of.result, of.document, "Mme Essai")
