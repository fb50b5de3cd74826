"""What it takes to compute need, posts and ledger again, bit for bit, as plain JSON; nothing that is withheld.

Where components of a territory may only be told together (`closed`), it gives neither their units nor their minutes,
but one sum; their totals over the département stand where the ledger rows of other territories tell them anyway.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

from workload.allocation.instance import Instance, Rule
from workload.allocation.unit_rules import LargestCaseload
from workload.ingest.study_counts import COMPUTED
from workload.ingest.study_file import Caseload
from workload.models.design import EXTERNAL
from workload.pipeline import MissionResult, RunResult
from workload.pipeline.estimation import INDIVIDUAL, LEDGER_GRAIN
from workload.recount.rule_json import CaseloadFloor, instance_to

Basis: TypeAlias = Mapping[str, Any]  # of one mission
Closed: TypeAlias = Mapping[str, Mapping[str, frozenset[str]]]
"""Mission → territory → components that are told together only."""

FORMAT = 1


def basis_of(result: RunResult, closed: Closed) -> dict[str, Any]:
    """Mission → its basis. closed: see `Closed`; a mission or territory not named there is wholly open."""
    return {id: _mission(result, mission, closed.get(id, {})) for id, mission in result.missions.items()}


def _mission(result: RunResult, mission: MissionResult, closed: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    need, found = mission.need, mission.estimate
    territories = need.territories
    shut = [frozenset(closed.get(t, ())) & {c.id for c in need.components} for t in territories]
    own = found.ledger.get(INDIVIDUAL)
    return {
        "format": FORMAT,
        "mission": mission.id,
        "name": mission.name,
        "deciding_line": mission.fit.deciding,
        "grain": LEDGER_GRAIN,
        "available_min": need.available_min,
        "allowance_factor": need.allowance_factor,
        "territories": [{"id": t, "name": result.territory_names[t]} for t in territories],
        "components": _components(result, mission, shut),
        "units": [
            [None if c.id in shut[t] else _count(n) for c, n in zip(need.components, row, strict=True)]
            for t, row in enumerate(found.units)
        ],
        "closed": [_together(mission, t, shut[t]) for t in range(len(territories))],
        "individual": {
            "fte": [float(n) for n in need.individual_fte.sum(axis=1)],
            "ledger": own or [0] * len(territories),
        },
        "instance": instance_to(mission.instance, _rules(result, mission, shut)),
        "caseloads": [_caseload(result, mission, c, shut) for c in _caseloads(result, mission)],
    }


def _components(result: RunResult, mission: MissionResult, shut: list[frozenset[str]]) -> list[dict[str, Any]]:
    """Weights and conversions; none where the component is closed everywhere: it is a part of sums, and no more."""
    need, domains = mission.need, result.study.taxonomy.domains
    fte_per_min = need.fte_per_min.sum(axis=1)
    per_min = fte_per_min * need.available_min / need.allowance_factor
    often = Counter(c.indicator for c in need.components)
    rows = []
    for p, c in enumerate(need.components):
        described = result.study.indicators.get(c.indicator)
        label = described.label if described else COMPUTED[c.indicator][0]
        told = not all(c.id in ids for ids in shut)
        somewhere_closed = any(c.id in ids for ids in shut)
        rows.append(
            {
                "id": c.id,
                "indicator": c.indicator,
                "domain": c.domain,
                "label": f"{label} ({domains[c.domain]})" if often[c.indicator] > 1 else label,
                "domain_label": domains[c.domain],
                "unit": described.unit if described else COMPUTED[c.indicator][1],
                "nature": described.nature if described else EXTERNAL,
                "minutes_per_unit": float(mission.fit.minutes_per_unit[p]) if told else None,
                "ledger_per_min": float(per_min[p]) if told else None,
                "fte_per_min": float(fte_per_min[p]) if told else None,
                "ledger_total": sum(mission.estimate.ledger[c.id]) if told and somewhere_closed else None,
            }
        )
    return rows


def _together(mission: MissionResult, t: int, ids: frozenset[str]) -> dict[str, Any] | None:
    if not ids:
        return None
    by_component = mission.need.contributions_fte.sum(axis=2)  # (T, P)
    inside = [p for p, c in enumerate(mission.need.components) if c.id in ids]
    return {
        "components": [mission.need.components[p].id for p in inside],
        "ledger": sum(mission.estimate.ledger[id][t] for id in ids),
        "fte": float(by_component[t, inside].sum()),
    }


def _count(value: Any) -> int | float:
    """Counts as people write them; a float that is whole is the same number."""
    return int(value) if float(value).is_integer() else float(value)


def _caseloads(result: RunResult, mission: MissionResult) -> list[Caseload]:
    return [c for c in result.study.settings.caseloads if c.mission == mission.id]


def _caseload(result: RunResult, mission: MissionResult, of: Caseload, shut: list[frozenset[str]]) -> dict[str, Any]:
    """Files of each territory, unrounded; none where one of the counts behind them is closed."""
    counts = mission.estimate.of.places["territory"].loc[list(mission.instance.units), list(of.indicators)].sum(axis=1)
    return {
        "id": "+".join(of.indicators),
        "indicators": list(of.indicators),
        "label": ", ".join(result.study.indicators[i].label for i in of.indicators if i in result.study.indicators),
        "files_per_fte": of.files_per_fte,
        "share_overload": of.share_overload,
        "files": [
            None if hides else _count(n) for n, hides in zip(counts, _hiding(result, mission, of, shut), strict=True)
        ],
    }


def _hiding(result: RunResult, mission: MissionResult, of: Caseload, shut: list[frozenset[str]]) -> list[bool]:
    """(T,) whether a count behind the ceiling is closed there. `closed` speaks of components only: a confidential count
    that weighs in none may be withheld anywhere, and is told nowhere."""
    weighed = {c.indicator for c in mission.need.components}
    known = result.study.indicators
    untold = any(i in known and known[i].confidential and i not in weighed for i in of.indicators)
    return [untold or bool({id.partition("@")[0] for id in ids} & set(of.indicators)) for ids in shut]


def _rules(result: RunResult, mission: MissionResult, shut: list[frozenset[str]]) -> tuple[Rule, ...]:
    """The rules; of a ceiling of files, only the posts it asks for wherever its files or its very number (the files of
    the heaviest territory over its posts) would tell a count that is closed."""
    shared = [c for c in _caseloads(result, mission) if c.share_overload]
    secret = any(any(_hiding(result, mission, c, shut)) for c in shared)
    return tuple(_told(rule, mission.instance) if secret else rule for rule in mission.instance.rules)


def _told(rule: Rule, instance: Instance) -> Rule:
    if not isinstance(rule, LargestCaseload):
        return rule
    floors = {unit: bound.lo for unit, bound in zip(instance.units, rule.bounds(instance), strict=True)}
    return CaseloadFloor({unit: steps for unit, steps in floors.items() if steps})
