"""Loader for the dated, sourced numbers and the versioned taxonomies beside this file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from workload.errors import RequestError
from workload.resources import PARAMETERS

SUPPORT_DOMAIN = "support"
"""Time that serves no person directly: an allowance, never regressed on indicators."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A policy number in force on a date."""

    name: str
    value: float
    unit: str
    source: str
    since: date


@cache
def _policy() -> Mapping[str, Mapping[date, Mapping[str, Any]]]:
    loaded: Mapping[str, Mapping[date, Mapping[str, Any]]] = yaml.safe_load(
        (PARAMETERS / "policy.yaml").read_text("utf-8")
    )
    return loaded


def parameters_on(day: date) -> dict[str, Parameter]:
    """Every policy number in force on a day, by name.

    Raises RequestError when a number has no value that early.
    """
    found = {}
    for name, history in _policy().items():
        since = max((start for start in history if start <= day), default=None)
        if since is None:
            raise RequestError("parameter_too_early", name=name, date=day.isoformat(), first=min(history).isoformat())
        entry = history[since]
        found[name] = Parameter(name, float(entry["value"]), str(entry["unit"]), str(entry["source"]), since)
    return found


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a time-use sheet: its two coordinates are mode × domain."""

    code: str
    label: str
    mode: str
    domain: str
    note: str
    completed: bool  # by us: the published list did not hold it
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class PublishedShare:
    """A share of working time that the source of a taxonomy published, for items together or for a domain."""

    items: tuple[str, ...]
    domain: str
    share: float
    scope: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    id: str
    label: str
    source: str
    since: date
    until: date | None
    modes: Mapping[str, str]
    domains: Mapping[str, str]
    items: tuple[Item, ...]
    published: tuple[PublishedShare, ...] = ()

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)


def read_taxonomy(path: Path) -> Taxonomy:
    raw = yaml.safe_load(path.read_text("utf-8"))
    items = tuple(
        Item(
            *(i["code"], i["label"], i["mode"], i["domain"], i.get("note", "")),
            bool(i.get("completed", False)),
            i.get("from"),
            i.get("to"),
        )
        for i in raw["items"]
    )
    published = tuple(
        PublishedShare(tuple(p.get("items", ())), p.get("domain", ""), float(p["share"]), p["scope"])
        for p in raw.get("published_shares", ())
    )
    return Taxonomy(
        raw["id"],
        raw["label"],
        raw["source"],
        raw["from"],
        raw.get("to"),
        raw["modes"],
        raw["domains"],
        items,
        published,
    )


def taxonomies() -> dict[str, Path]:
    return {path.stem: path for path in sorted((PARAMETERS / "taxonomies").glob("*.yaml"))}


def taxonomy(name: str) -> Taxonomy:
    """A taxonomy that we ship, by its id. Raises RequestError naming those that exist."""
    known = taxonomies()
    if name not in known:
        raise RequestError("unknown_taxonomy", name=name, known=", ".join(known))
    return read_taxonomy(known[name])
