"""The reasons of one mission as plain data: stable names, floats with exact fractions beside them where they matter."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from workload.allocation.gain import Gain, Pressure
from workload.allocation.instance import Instance
from workload.allocation.margin import NEED, Changes, Counterfactual
from workload.allocation.stability import UnitStability
from workload.pipeline import MissionResult, RunResult
from workload.pipeline.reasons import Reasons
from workload.reporting.gains import plan_shown, years_of

SIGNIFICANT = 10  # digits, as of every estimate in run.json


def reasons_fields(result: RunResult, mission: MissionResult) -> dict[str, Any]:
    """`reasons`, `plan` (None where few workers stand behind a source) and `profiles` of the mission's entry."""
    fields = {
        "reasons": _reasons(mission),
        "plan": _plan(result, mission),
        "profiles": _profiles(result, mission.id),
    }
    return {name: _rounded(field) for name, field in fields.items()}


def _rounded(field: Any) -> Any:
    """Floats to the digits that no processor changes."""
    if isinstance(field, dict):
        return {name: _rounded(value) for name, value in field.items()}
    if isinstance(field, list):
        return [_rounded(value) for value in field]
    return float(f"{field:.{SIGNIFICANT}g}") if isinstance(field, float) else field


def _reasons(mission: MissionResult) -> dict[str, Any]:
    found, instance = mission.reasons, mission.instance
    exchange = found.margin.exchange
    return {
        "margin": {
            "one_more": _changes(instance, found.margin.one_more),
            "one_less": _changes(instance, found.margin.one_less),
            "exchange": None if exchange is None else {"giver": exchange[0], "taker": exchange[1]},
        },
        "weight_deviation": float(found.deviation),
        "ways": [
            {"name": way.name, "differs_in": way.reason.value, "posts": _by_unit(instance, way.posts)}
            for way in found.ways.ways
        ],
        "gain": _gain(found.gain),
        "territories": [_territory(mission, found, t) for t in range(len(instance.units))],
    }


def _changes(instance: Instance, changes: Changes | None) -> list[dict[str, Any]] | None:
    if changes is None:
        return None
    return [{"territory": unit, "posts": float(n * instance.step)} for unit, n in changes]


def _by_unit(instance: Instance, posts: Sequence[Fraction] | None) -> dict[str, float] | None:
    return None if posts is None else dict(zip(instance.units, map(float, posts), strict=True))


def _territory(mission: MissionResult, found: Reasons, t: int) -> dict[str, Any]:
    unit, robust, ways = mission.instance.units[t], found.robustness[t], found.ways.units[t]
    supply = mission.checks.supply
    return {
        "id": unit,
        "thresholds": [_threshold(mission, t, row) for row in found.counterfactuals[unit]],
        "cancelling_need_fte": supply[t].cancelling_fte if supply else None,
        "weights_off": {
            "fair_share_by_order_low": float(found.order_bounds[t][1]),
            "fair_share_by_order_high": float(found.order_bounds[t][2]),
            "fair_share_low": float(found.bounds[t].low),
            "fair_share_high": float(found.bounds[t].high),
            "posts_low": float(robust.low),
            "posts_high": float(robust.high),
            "basis": robust.basis.value,
            "bounded": robust.bounded,
            "direction": robust.direction.value,
            "size": robust.size.value,
            "samples": robust.samples_n,
        },
        "ways": {
            "agreement": ways.agreement.value,
            "parted": [{"name": name, "differs_in": reason.value} for name, reason in ways.parted],
            "posts_low": float(ways.low),
            "posts_high": float(ways.high),
        },
        "draws": _draws(mission.stability.units[t]),
    }


def _threshold(mission: MissionResult, t: int, row: Counterfactual) -> dict[str, Any]:
    """Counts of an indicator; full-time posts for the need in total."""
    relative = row.change_relative
    shown: Mapping[str, Any] = {
        "component": row.component,
        "target_posts": float(row.steps * mission.instance.step),
        "relative": None if relative is None else float(relative),
    }
    if row.component == NEED:
        need = float(mission.need.need_fte[t])
        return {
            **shown,
            "unit": "fte",
            "today": need,
            "needed": None if relative is None else need * float(1 + relative),
        }
    needed = row.to_count
    return {
        **shown,
        "unit": "count",
        "today": float(row.from_count),
        "needed": None if needed is None else float(needed),
        "today_exact": str(row.from_count),
        "needed_exact": None if needed is None else str(needed),
    }


def _draws(unit: UnitStability) -> list[dict[str, float]]:
    return [{"posts": float(posts), "share": float(share)} for posts, share in unit.distribution]


def _gain(gain: Gain) -> dict[str, Any]:
    return {
        "posts_moved": float(gain.posts_moved),
        "people_at_least": gain.people_at_least,
        "posts_held_by_people": _float(gain.posts_held_by_people),
        "post_kilometres": gain.post_kilometres,
        "before": _pressure(gain.before),
        "after": _pressure(gain.after),
        "territories": [
            {
                "id": cost.unit,
                "posts_given": float(cost.posts_given),
                "on_vacancies": _float(cost.on_vacancies),
                "on_departures": _float(cost.on_departures),
                "posts_held_by_people": _float(cost.posts_held_by_people),
            }
            for cost in gain.units
        ],
    }


def _pressure(pressure: Pressure) -> dict[str, float | None]:
    return {
        "highest": _float(pressure.highest),
        "lowest": _float(pressure.lowest),
        "spread": _float(pressure.spread),
    }


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _plan(result: RunResult, mission: MissionResult) -> dict[str, Any] | None:
    """Posts at the end of each year and what remains; never by source."""
    plan = mission.reasons.plan
    if not plan_shown(mission.reasons.gain):
        return None
    return {
        "years": list(years_of(result, plan)),
        "territories": [
            {"id": unit, "posts": [float(row[t]) for row in plan.posts], "remaining": float(plan.remaining[t])}
            for t, unit in enumerate(plan.units)
        ],
    }


def _profiles(result: RunResult, mission: str) -> dict[str, Any] | None:
    """None where no survey says how a week divides; '*' is the département."""
    found = result.profiles
    if found.week.empty:
        return None
    week, posts = (table[table["mission"] == mission] for table in (found.week, found.posts))
    return {
        "week": week.drop(columns=["mission", "profession"]).to_dict("records"),
        "posts": posts.drop(columns=["mission", "profession"]).to_dict("records"),
        "withheld": [str(t) for t in found.withheld.loc[found.withheld["mission"] == mission, "territory"]],
    }
