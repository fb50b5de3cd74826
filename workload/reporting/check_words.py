"""What tests in words are made of, and what several of them need."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from workload.catalogue import number, signed
from workload.models.ratio import Floats
from workload.models.verdicts import Verdict
from workload.pipeline import MissionResult, RunResult
from workload.reporting.wording import about, interval, names_of, words

Said: TypeAlias = Verdict | Literal["finding"]


@dataclass(frozen=True, slots=True)
class Check:
    """One test in words. verdict: ok, watch, bad, or finding where there is nothing to pass."""

    test: str
    name: str
    result: str
    verdict: Said
    meaning: str


def said(test: str, result: str, passed: Said, meaning: str) -> Check:
    return Check(test, words(f"checks.{test}.name"), result, passed, meaning)


def largest(values: Floats, names: Iterable[str]) -> tuple[float, str]:
    """The largest change either way, without its sign, and where."""
    return max(((abs(float(v)), name) for v, name in zip(values, names, strict=True)), key=lambda pair: pair[0])


def territory_names(result: RunResult, mission: MissionResult) -> list[str]:
    return names_of(result, mission.need.territories)


def fair_fte(mission: MissionResult) -> Floats:
    """(T,) posts: the fair share of today's total."""
    return np.array([float(ledger.fair_share) for ledger in mission.justification.ledgers])


def signed_posts(n: float, decimals: int = 1) -> str:
    """+1,2 poste, −0,4 poste; 0,0 poste without a sign."""
    return f"{signed(n, decimals)[:1] if round(n, decimals) else ''}{about(abs(n), decimals)}"


def two_decimals(value: float) -> str:
    """A figure that may be negative, with a true minus."""
    return number(value, 2).replace("-", "\u2212")


def between(low: float, high: float) -> str:
    return interval(low, high, 2).replace("-", "\u2212")
