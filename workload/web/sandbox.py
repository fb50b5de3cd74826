"""What a reader tries on a scenario: the same engine, on what is published of it and nothing else."""

from collections.abc import Mapping
from typing import Any

from workload.errors import RequestError
from workload.recount import Recounted, changes_from, recount
from workload.web.reading import Scenario

SEPARATOR = "|"
LIMITS = ("floors", "ceilings", "largest_change")


def basis_of(scenario: Scenario, mission: str) -> Mapping[str, Any]:
    """Raises RequestError for a scenario kept by a version that had no basis yet."""
    found = scenario.sheet.basis.get(mission)
    if not found:
        raise RequestError("basis_missing")
    basis: Mapping[str, Any] = found
    return basis


def plain_changes(given: Mapping[str, str]) -> dict[str, Any]:
    """The form's fields as `changes_from` reads them; empty fields change nothing."""
    changes: dict[str, Any] = {}
    for name, text in given.items():
        kind, _, id = name.partition(SEPARATOR)
        value = text.strip()
        if not value:
            continue
        if kind in ("minutes", "caseloads", *LIMITS) and id:
            changes.setdefault(kind, {})[id] = value
        elif name in ("fairness", "step"):
            changes[name] = value
    return changes


def try_out(basis: Mapping[str, Any], plain: Mapping[str, Any]) -> tuple[Recounted, Recounted]:
    """(as published, as tried). Raises RequestError or NoSolutionError, written for whoever tries."""
    return recount(basis), recount(basis, changes_from(plain, basis))


def result_rows(basis: Mapping[str, Any], before: Recounted, after: Recounted) -> list[dict[str, Any]]:
    """By territory: posts today, fair share and posts as published and as tried."""
    names = {t["id"]: t["name"] for t in basis["territories"]}
    current = [float(c * before.instance.step) for c in before.instance.current or ()]
    return [
        {
            "territory_id": territory,
            "territory": names[territory],
            "posts_current": current[t] if current else 0.0,
            "fair_share": float(before.fair_share[t]),
            "posts": float(before.posts[t]),
            "fair_share_tried": float(after.fair_share[t]),
            "posts_tried": float(after.posts[t]),
        }
        for t, territory in enumerate(before.territories)
    ]
