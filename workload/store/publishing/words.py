"""Words and order of what is published: French, since people read these tables as they are."""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import yaml

from workload.resources import MESSAGES

DEPARTMENT = "*"
"""Stands for the whole département, every profession, every site."""


@cache
def _words() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load((MESSAGES / "published.yaml").read_text("utf-8"))
    return loaded


def said(key: str, /, **params: object) -> str:
    """The sentence under a dotted key, its braces filled. An unknown key is a defect and raises KeyError."""
    found: Any = _words()
    for part in key.split("."):
        found = found[part]
    return str(found).format(**params)


def french_order(names: Iterable[str]) -> dict[str, int]:
    """Name → rank in French order: accents and case count last. PostgreSQL's own order is that of code points."""
    ordered = sorted(set(names), key=lambda name: (_plain(name), name))
    return {name: rank for rank, name in enumerate(ordered, start=1)}


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
