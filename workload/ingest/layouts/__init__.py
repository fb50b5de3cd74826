"""Layouts are data: which sheet, which heading, which kind of value. Loaded from the CSV files beside this one."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from workload.ingest.values import normalise
from workload.resources import LAYOUTS


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table or one header cell of a form."""

    name: str
    heading: str
    kind: str
    required: bool
    names: frozenset[str]  # normalised heading and aliases


@dataclass(frozen=True, slots=True)
class Layout:
    id: str
    version: str
    sheet: str
    fields: tuple[Field, ...]


def _names(heading: str, aliases: str) -> frozenset[str]:
    return frozenset(normalise(name) for name in [heading, *aliases.split("|")] if name)


@cache
def load(file: str) -> dict[str, Layout]:
    """The layouts of one CSV file, by id."""
    with (LAYOUTS / file).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {
        layout: _layout(layout, [row for row in rows if row["layout"] == layout])
        for layout in dict.fromkeys(r["layout"] for r in rows)
    }


def _layout(layout: str, rows: Iterable[dict[str, str]]) -> Layout:
    rows = list(rows)
    fields = tuple(
        Field(
            row["field"],
            row["heading"],
            row["kind"],
            row["required"] == "yes",
            _names(row["heading"], row["aliases"]),
        )
        for row in rows
    )
    return Layout(layout, rows[0]["version"], rows[0]["sheet"], fields)
