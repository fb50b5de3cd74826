"""The fit of the weights: indicators that say the same, places that decide alone, and what is left unexplained."""

from workload.catalogue import number
from workload.models.verdicts import verdict
from workload.pipeline import MissionResult, RunResult
from workload.pipeline.fit_checks import Merge
from workload.reporting.check_words import Check, between, largest, said, territory_names, two_decimals
from workload.reporting.wording import NARROW, about, counted, indicator_label, listed, percent, words


def component_label(result: RunResult, mission: MissionResult, p: int) -> str:
    component = mission.fit.components[p]
    domain = result.study.taxonomy.domains[component.domain]
    return words("checks.component", indicator=indicator_label(result.study, component.indicator), domain=domain)


def collinearity(result: RunResult, mission: MissionResult) -> Check | None:
    found = mission.checks.collinearity
    if found is None:
        return None
    known = [(v, p) for p, v in enumerate(found.information_vif) if v is not None]
    vif = words("checks.collinearity.no_vif")
    if known:
        value, at = max(known)
        vif = words("checks.collinearity.vif", vif=number(value), component=component_label(result, mission, at))
    index = words("checks.collinearity.flat")
    if found.condition_index is not None:
        index = words("checks.collinearity.index", index=number(found.condition_index))
    key = "ok" if found.verdict == "ok" else "merges" if mission.checks.merges else "alone"
    return said("collinearity", f"{index} {vif}", found.verdict, words(f"checks.collinearity.{key}"))


def merge_label(result: RunResult, merge: Merge) -> str:
    pair = (merge.proposal.kept, merge.proposal.absorbed)
    kept, absorbed = (indicator_label(result.study, indicator) for indicator in pair)
    return words("checks.merges.pair", kept=kept, absorbed=absorbed)


def merges(result: RunResult, mission: MissionResult) -> Check | None:
    merges, names = mission.checks.merges, territory_names(result, mission)
    if not merges:
        return None
    gaps = [(*largest(m.fair_after - m.fair_before, names), merge_label(result, m)) for m in merges]
    top, where, _ = max(gaps)
    moved = [
        words(
            "checks.merges.moved",
            territory=name,
            before=counted(before, "post"),
            after=counted(after, "post"),
        )
        for m in merges
        for name, before, after in zip(names, m.posts_before, m.posts_after, strict=True)
        if before != after
    ]
    pairs = f"{NARROW}; ".join(label for _, _, label in gaps)
    figures = words("checks.merges.result", pairs=pairs, posts=about(top, 2), territory=where)
    meaning = words("checks.merges.changes", list=listed(moved)) if moved else words("checks.merges.same")
    return said("merges", figures, verdict(top, "effect_posts", result.parameters), meaning)


def cooks(result: RunResult, mission: MissionResult, shown: frozenset[str]) -> Check | None:
    found = mission.checks.cooks
    if found is None:
        return None
    if found.reason is not None:
        return said("cooks", words("checks.not_computed"), "watch", words("checks.cooks.unknown"))
    seen = [(float(d), t) for t, d in zip(found.territories, found.by_territory, strict=True) if t in shown]
    if not seen:
        return said("cooks", words("checks.few_answers"), "watch", words("checks.left_out.unknown"))
    value, at = max(seen)
    figures = words("checks.cooks.result", distance=number(value, 2), territory=result.territory_names[at])
    passed = verdict(value, "cooks_distance", result.parameters)
    return said("cooks", figures, passed, words(f"checks.cooks.{passed}"))


def left_out(result: RunResult, mission: MissionResult, shown: frozenset[str]) -> Check | None:
    """Means over the territories that may be shown: the others' could be read back from a mean over all."""
    found = mission.checks.left_out
    if found is None:
        return None
    rows = [row for row in found.left_out if row.territory in shown]
    if not rows:
        return said("left_out", words("checks.few_answers"), "watch", words("checks.left_out.unknown"))
    names = territory_names(result, mission)
    (top, where), out = max((largest(r.change_fte, names), result.territory_names[r.territory]) for r in rows)
    fitted, population = (
        sum(errors) / len(rows) for errors in ([r.fitted_error for r in rows], [r.population_error for r in rows])
    )
    by_expert = [r.expert_error for r in rows if r.expert_error is not None]
    figures = words("checks.left_out.result", posts=about(top, 2), territory=where, out=out)
    errors = words("checks.left_out.errors", fitted=percent(fitted, 1), population=percent(population, 1))
    if by_expert:
        errors += words("checks.left_out.expert", expert=percent(sum(by_expert) / len(by_expert), 1))
    errors += words("checks.left_out.close")
    passed = "bad" if fitted > population else verdict(top, "left_out_posts", result.parameters)
    return said("left_out", f"{figures} {errors}", passed, words(f"checks.left_out.{passed}"))


def residuals(result: RunResult, mission: MissionResult, shown: frozenset[str]) -> Check | None:
    found = mission.checks.residuals
    if found is None:
        return None
    seen = [r for r in found.by_territory if r.territory in shown]
    if not seen:
        return said("residuals", words("checks.few_answers"), "watch", words("checks.left_out.unknown"))
    top = max(seen, key=lambda r: r.misplaced_share)
    figures = words(
        "checks.residuals.result",
        share=percent(top.misplaced_share, 1),
        territory=result.territory_names[top.territory],
        domain=result.study.taxonomy.domains[top.domain],
    )
    passed = verdict(top.misplaced_share, "misplaced_share", result.parameters)
    return said("residuals", figures, passed, words(f"checks.residuals.{passed}"))


def goodness(mission: MissionResult) -> Check | None:
    found = mission.checks.goodness
    if found is None:
        return None
    if found.relative_error is None:
        return said("goodness", words("checks.not_computed"), "watch", words("checks.goodness.unknown"))
    figures = words("checks.goodness.result", error=percent(found.relative_error))
    if found.explained_share is not None:
        figures = f"{figures} {words('checks.goodness.explained', share=percent(found.explained_share))}"
    return said("goodness", figures, found.verdict, words(f"checks.goodness.{found.verdict}"))


def heteroscedasticity(mission: MissionResult) -> Check | None:
    found = mission.checks.heteroscedasticity
    if found is None:
        return None
    if found.slope is None or found.low is None or found.high is None or found.effect_fte is None:
        return said("spread", words("checks.not_computed"), "watch", words("checks.spread.unknown"))
    figures = words(
        "checks.spread.result",
        slope=two_decimals(found.slope),
        interval=between(found.low, found.high),
    )
    same = found.low <= 0 <= found.high
    meaning = words("checks.spread.same" if same else "checks.spread.grows", posts=about(found.effect_fte, 2))
    return said("spread", figures, found.verdict, meaning)
