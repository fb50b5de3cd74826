"""The tables of schema `published`, declared with the migration that made them last: names, types, comments.

Tidy and documented: a row per thing said, every column commented in the database, and nothing that did not pass
disclosure control. What writes them is `store.publishing`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)
from sqlmodel import SQLModel

PUBLISHED = "published"
DECLARED = Path(__file__).parent / "migrations" / "versions" / "v0004_published.yaml"
TYPES: Mapping[str, Any] = {
    "text": String(),
    "int": Integer(),
    "float": Float(),
    "bool": Boolean(),
    "date": Date(),
    "timestamp": DateTime(timezone=True),
}


def declare(path: Path, metadata: MetaData) -> dict[str, Table]:
    """The tables of a declaration, on `metadata`, in its order."""
    raw = yaml.safe_load(path.read_text("utf-8"))
    return {name: _table(name, table, raw["groups"], metadata) for name, table in raw["tables"].items()}


def _table(name: str, table: Mapping[str, Any], groups: Mapping[str, Any], metadata: MetaData) -> Table:
    columns = {key: column for group in table["uses"] for key, column in groups[group].items()} | table["columns"]
    made = [
        Column(
            key,
            TYPES[kind.removesuffix("?")],
            primary_key=key in table["key"],
            nullable=kind.endswith("?"),
            autoincrement=False,
            comment=comment,
        )
        for key, (kind, comment) in columns.items()
    ]
    links = []
    if "scenario" in table["uses"] and name != "scenario":
        links = [ForeignKeyConstraint(["scenario_id"], [f"{PUBLISHED}.scenario.scenario_id"], ondelete="CASCADE")]
    filtered = [Index(f"{name}_filtered", *table["filtered"])] if "filtered" in table else []
    return Table(name, metadata, *made, *links, *filtered, schema=PUBLISHED, comment=table["comment"])


@cache
def published_tables() -> dict[str, Table]:
    return declare(DECLARED, SQLModel.metadata)


published_tables()  # on the metadata as soon as this is imported: migrations are compared with it
