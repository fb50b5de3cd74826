"""Supply, and what was declared: does staffing follow need, who stands above, which indicators, which noting error."""

from workload.catalogue import number
from workload.models.elasticity import Elasticity
from workload.models.verdicts import verdict
from workload.pipeline import MissionResult, RunResult
from workload.reporting.check_words import (
    Check,
    between,
    fair_fte,
    largest,
    said,
    signed_posts,
    territory_names,
    two_decimals,
)
from workload.reporting.wording import about, indicator_label, interval, listed, names_of, percent, words


def too_wide(found: Elasticity) -> bool:
    """Whether the interval holds both "posts follow need" and "posts ignore it"."""
    return found.low is not None and found.high is not None and found.low <= 0 and found.high >= 1


def elasticity(result: RunResult, mission: MissionResult) -> Check | None:
    found = mission.checks.elasticity
    if found is None:
        return None
    if found.rho is None or found.low is None or found.high is None:
        why = words(f"checks.elasticity.{found.reason}")
        return said("elasticity", why, "watch", words("checks.elasticity.unknown"))
    figures = words(
        "checks.elasticity.result",
        rho=two_decimals(found.rho),
        interval=between(found.low, found.high),
        areas=number(found.areas_n, 0),
    )
    if too_wide(found):
        return said("elasticity", figures, "watch", words("checks.elasticity.too_wide"))
    if not found.u_t_allowed or mission.checks.territory_fte is None:
        return said("elasticity", figures, "ok", words("checks.elasticity.refused"))
    gap, name = largest(mission.checks.territory_fte - fair_fte(mission), territory_names(result, mission))
    meaning = words("checks.elasticity.allowed", posts=about(gap, 2), territory=name)
    return said("elasticity", figures, "ok", meaning)


def supply(result: RunResult, mission: MissionResult) -> Check | None:
    levels = mission.checks.supply
    apart = [s for s in levels if s.standing in ("above", "below")]
    if not levels:
        return None
    if not apart:
        return said("supply", words("checks.supply.none"), "finding", words("checks.supply.none_meaning"))
    top = max(apart, key=lambda s: abs(s.gap_fte))
    name = result.territory_names[top.territory]
    low, high = sorted((abs(top.gap_low), abs(top.gap_high)))
    figures = words(
        f"checks.supply.{top.standing}",
        above=sum(s.standing == "above" for s in apart),
        below=sum(s.standing == "below" for s in apart),
        territory=name,
        posts=about(abs(top.gap_fte)),
        interval=interval(low, high),
    )
    if top.cancelling_fte is None or top.cancelling_share is None:
        return said("supply", figures, "finding", words("checks.supply.none_meaning"))
    need, share = about(abs(top.cancelling_fte)), percent(abs(top.cancelling_share))
    meaning = words(f"checks.supply.{top.standing}_meaning", territory=name, need=need, percent=share)
    return said("supply", figures, "finding", meaning)


def external(result: RunResult, mission: MissionResult) -> Check | None:
    found = mission.checks.external
    if found is None:
        return None
    gap = max(found.gaps, key=lambda g: abs(g.gap_fte))
    dropped = listed(dict.fromkeys(indicator_label(result.study, indicator) for _, indicator in found.line.dropped))
    kept = [result.study.taxonomy.domains[domain] for domain in found.line.kept_internal]
    meaning = words("checks.external.decides" if found.decides else "checks.external.compares", dropped=dropped)
    if kept:
        meaning = f"{meaning} {words('checks.external.kept', list=listed(kept))}"
    name = result.territory_names[gap.territory]
    figures = words("checks.external.result", posts=signed_posts(gap.gap_fte), territory=name)
    return said("external", figures, verdict(abs(gap.gap_fte), "effect_posts", result.parameters), meaning)


def noting(result: RunResult, mission: MissionResult) -> Check | None:
    found = mission.checks.noting
    if found is None:
        return None
    if found.reason is not None:
        return said("noting", words("checks.not_computed"), "watch", words("checks.noting.unknown"))
    top, where = largest(found.change_fte, names_of(result, found.territories))
    figures = words("checks.noting.result", error=percent(found.noting_error), posts=about(top, 2), territory=where)
    return said("noting", figures, found.verdict, words(f"checks.noting.{found.verdict}"))
