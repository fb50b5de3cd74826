"""What a reader may change in the sandbox, checked in words before anything is computed."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from workload.allocation.figures import require_step
from workload.allocation.instance import Fairness
from workload.errors import RequestError
from workload.units import exact

EVERYWHERE = "*"
FACTOR_MOST, MINUTES_MOST, POSTS_MOST, FILES_MOST = 10, 1e7, 1e6, 1e5
Limits = Mapping[str, Fraction | None]
"""Territory, or * for all of them, → posts; None takes the limit away. A name goes before *."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything left empty stays as published. Components, territories and caseloads by their ids in the basis."""

    factors: Mapping[str, float] = field(default_factory=dict)  # component → what its weight is multiplied by, 0 to 10
    minutes: Mapping[str, float] = field(default_factory=dict)  # component → minutes a year per unit
    fairness: Fairness | None = None
    step: Fraction | None = None  # posts per step: 1, 1/2 or 1/10
    largest_change: Limits = field(default_factory=dict)
    floors: Limits = field(default_factory=dict)
    ceilings: Limits = field(default_factory=dict)
    caseloads: Mapping[str, float] = field(default_factory=dict)  # caseload → files per FTE

    @property
    def limits(self) -> Mapping[str, Limits]:
        return {"largest_change": self.largest_change, "floors": self.floors, "ceilings": self.ceilings}

    def __bool__(self) -> bool:
        return self != Changes()


def changes_from(plain: Mapping[str, Any], basis: Mapping[str, Any]) -> Changes:
    """Reads what a form or a file gives, against the basis it is about.

    Raises RequestError, written for whoever typed it: a name nobody knows, no number, or one out of range.
    """
    unknown = sorted(set(plain) - set(NAMES))
    if unknown:
        raise RequestError("sandbox_unknown_name", name=unknown[0], known=", ".join(NAMES))
    components = {c["id"]: c for c in basis["components"]}
    territories = [t["id"] for t in basis["territories"]]
    caseloads = [c["id"] for c in basis["caseloads"]]
    changes = Changes(
        factors=dict(_figures(plain, "factors", components, FACTOR_MOST)),
        minutes=dict(_figures(plain, "minutes", components, MINUTES_MOST)),
        fairness=_fairness(plain.get("fairness")),
        step=None if plain.get("step") is None else require_step(_number(plain["step"], "step")),
        largest_change=dict(_limits(plain, "largest_change", territories)),
        floors=dict(_limits(plain, "floors", territories)),
        ceilings=dict(_limits(plain, "ceilings", territories)),
        caseloads=dict(_figures(plain, "caseloads", caseloads, FILES_MOST, least=0.1)),
    )
    for id in (*changes.factors, *changes.minutes):
        if components[id]["minutes_per_unit"] is None:
            raise RequestError("sandbox_component_closed", name=components[id]["label"])
    if both := sorted(set(changes.factors) & set(changes.minutes)):
        raise RequestError("sandbox_weight_twice", name=components[both[0]]["label"])
    return changes


NAMES = ("factors", "minutes", "fairness", "step", "largest_change", "floors", "ceilings", "caseloads")


def changes_to(changes: Changes) -> dict[str, Any]:
    """Plain JSON that `changes_from` reads back; only what is changed."""
    limits = {
        name: {place: None if posts is None else str(posts) for place, posts in of.items()}
        for name, of in changes.limits.items()
    }
    plain = {
        "factors": dict(changes.factors),
        "minutes": dict(changes.minutes),
        "fairness": changes.fairness and changes.fairness.value,
        "step": changes.step and str(changes.step),
        **limits,
        "caseloads": dict(changes.caseloads),
    }
    return {name: plain[name] for name in NAMES if plain[name]}


def _fairness(value: Any) -> Fairness | None:
    try:
        return None if value is None else Fairness(value)
    except ValueError as error:
        raise RequestError("unknown_fairness", name=value, known=", ".join(Fairness)) from error


def _mapping(plain: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    of = plain.get(name) or {}
    if not isinstance(of, Mapping):
        raise RequestError("sandbox_no_table", name=name)
    return of


def _figures(
    plain: Mapping[str, Any], name: str, known: Mapping[str, Any] | list[str], most: float, least: float = 0.0
) -> Iterator[tuple[str, float]]:
    for id, value in _mapping(plain, name).items():
        if id not in known:
            raise RequestError("sandbox_unknown", name=id, where=name)
        figure = _number(value, id)
        if not least <= figure <= most:
            raise RequestError("sandbox_out_of_range", name=id, value=value, low=f"{least:g}", high=f"{most:g}")
        yield id, float(figure)


def _limits(plain: Mapping[str, Any], name: str, territories: list[str]) -> Iterator[tuple[str, Fraction | None]]:
    for id, value in _mapping(plain, name).items():
        if id != EVERYWHERE and id not in territories:
            raise RequestError("sandbox_unknown", name=id, where=name)
        posts = None if value is None else _number(value, id)
        if posts is not None and not 0 <= posts <= POSTS_MOST:
            raise RequestError("sandbox_out_of_range", name=id, value=value, low="0", high=f"{POSTS_MOST:g}")
        yield id, posts


def _number(value: Any, name: str) -> Fraction:
    """The number that was meant: 0,8 and "1/2" as well as 0.8."""
    try:
        if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(value)
        text = str(value).strip()
        return Fraction(text) if isinstance(value, str) and "/" in text and len(text) < 40 else exact(value)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise RequestError("sandbox_not_a_number", name=name, value=str(value)[:40]) from error
