"""The dossier's own sentences: reports/dossier/*.fr.yaml, in the same manner as those of the report."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import yaml

from workload.catalogue import number, posts_text
from workload.reporting import wording
from workload.resources import reports

FOLDER = "dossier"
NAMED = 6
"""Territories that a sentence names before it says how many others there are."""


@cache
def _wording() -> dict[str, Any]:
    loaded: dict[str, Any] = {}
    for file in sorted((reports() / FOLDER).glob("*.fr.yaml")):
        loaded |= wording.spaced(yaml.safe_load(file.read_text("utf-8")))
    return loaded


def entry(key: str) -> Any:
    """What stands under a dotted key. An unknown key is a defect and raises KeyError."""
    found: Any = _wording()
    for part in key.split("."):
        found = found[part]
    return found


def say(key: str, /, **params: object) -> str:
    """The sentence under a dotted key, its braces filled."""
    return str(entry(key)).format(**params)


def some(items: Iterable[str], named: int = NAMED) -> str:
    """A, B et C; beyond `named`, A, B, C et 4 autres."""
    found = list(items)
    if len(found) <= named + 1:
        return wording.listed(found)
    rest = len(found) - named
    return f"{', '.join(found[:named])} {say('cover.and_others', n=rest)}"


def apart(items: Iterable[str], named: int = NAMED) -> str:
    """A ; B ; C: for items that hold commas."""
    found = list(items)
    rest = len(found) - named
    if rest > 1:
        found = [*found[:named], say("cover.and_others", n=rest)]
    return f"{wording.NARROW}; ".join(found)


def relative(share: float) -> str:
    """+39 %, −0,4 %: as many decimals as it takes not to read as nothing."""
    decimals = next((d for limit, d in ((0.00995, 0), (0.000995, 1)) if abs(share) >= limit), 2)
    sign = "+" if share > 0 else "−" if share < 0 else ""
    return f"{sign}{wording.percent(abs(share), decimals)}"


def posts(n: float) -> str:
    """28,5 postes."""
    return wording.counted(n, "post")


def between(low: float, high: float, decimals: int) -> str:
    """25,94 à 27,21; one figure where both read the same."""
    ends = [number(low, decimals), number(high, decimals)]
    return ends[0] if ends[0] == ends[1] else wording.words("units.interval", low=ends[0], high=ends[1])


def posts_between(low: float, high: float) -> str:
    ends = [posts_text(low), posts_text(high)]
    return ends[0] if ends[0] == ends[1] else wording.words("units.interval", low=ends[0], high=ends[1])


def pressure(value: float | None) -> str:
    return wording.words("units.missing") if value is None else wording.percent(value)


def shortened(text: str, most: int) -> str:
    """For a running head or an axis; the whole text stands elsewhere on the page."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def sentences(found: Sequence[str]) -> tuple[str, ...]:
    """Without those that had nothing to say."""
    return tuple(sentence for sentence in found if sentence)
