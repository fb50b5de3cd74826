"""The demonstration study computed with few draws and published once, for every test that looks at what is published."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, text

from workload.ingest.study import read_study
from workload.pipeline import RunResult, run
from workload.reporting.run_json import run_document
from workload.store.publish import Releases, publish, share
from workload.store.published_tables import published_tables
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


def table(engine: Engine, name: str) -> pd.DataFrame:
    keys = ", ".join(column.name for column in published_tables()[name].primary_key)
    with engine.connect() as connection:
        return pd.read_sql(text(f"SELECT * FROM published.{name} ORDER BY {keys}"), connection)


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, as PostgreSQL writes it."""
    with engine.connect() as connection:
        return {
            name: sorted(connection.execute(text(f"SELECT t::text FROM published.{name} AS t")).scalars())
            for name in published_tables()
        }


def with_sheets_changed(base: Computed, n: int) -> Computed:
    """The same study, in which `n` agents of the main mission noted half of their time under one item."""
    study = base.result.study
    entries = study.entries.copy()
    agents = sorted(entries.loc[entries["mission"] == "polyvalence", "agent"].unique())[:n]
    for agent in agents:
        own = entries["agent"] == agent
        entries.loc[entries.index[own][0], "time_spent_min"] += entries.loc[own, "time_spent_min"].sum()
    result = run(replace(study, entries=entries), DRAWS)
    return Computed(result, run_document(result, STAMP))
