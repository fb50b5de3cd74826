"""A diagnostic in one word, by dated thresholds: fine, to be watched, or bad for the result."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from workload.parameters import Parameter

Verdict: TypeAlias = Literal["ok", "watch", "bad"]


def verdict(value: float | None, name: str, parameters: Mapping[str, Parameter]) -> Verdict:
    """Against `{name}_watch` and `{name}_bad` of policy.yaml; what cannot be computed is to be watched."""
    if value is None:
        return "watch"
    if value >= parameters[f"{name}_bad"].value:
        return "bad"
    return "watch" if value >= parameters[f"{name}_watch"].value else "ok"


def worst(verdicts: list[Verdict]) -> Verdict:
    order: tuple[Verdict, ...] = ("bad", "watch", "ok")
    return next((v for v in order if v in verdicts), "ok")
