"""Does the calculation hold? The section of the report, mission by mission, as plain data in words."""

from typing import Any

from workload.catalogue import number, signed
from workload.models.need import EVERYBODY
from workload.models.ratio import Floats
from workload.pipeline import MissionResult, RunResult
from workload.reporting import check_fit, check_supply, evidence
from workload.reporting.check_words import Check, fair_fte, territory_names
from workload.reporting.disclosure import open_territories
from workload.reporting.wording import about, entry, indicator_label, listed, words


def surveyed(mission: MissionResult) -> bool:
    return mission.checks.elasticity is not None


def checks_of(result: RunResult, mission: MissionResult) -> list[Check]:
    """Every test that could be made, in the order of the page; empty without a survey that decides."""
    if not surveyed(mission):
        return []
    shown = open_territories(evidence.shown_time_use(result), mission.id)
    found = [
        check_supply.elasticity(result, mission),
        check_supply.supply(result, mission),
        check_fit.collinearity(result, mission),
        check_fit.merges(result, mission),
        check_supply.external(result, mission),
        check_fit.cooks(result, mission, shown),
        check_fit.left_out(result, mission, shown),
        check_fit.residuals(result, mission, shown),
        check_fit.goodness(mission),
        check_fit.heteroscedasticity(mission),
        check_supply.noting(result, mission),
    ]
    return [check for check in found if check is not None]


def territory_level(mission: MissionResult) -> Floats | None:
    """(T,) fair shares with one supply level per territory, where staffing lets it be asked."""
    found = mission.checks.elasticity
    return mission.checks.territory_fte if found is not None and found.u_t_allowed else None


def section(result: RunResult) -> list[dict[str, Any]]:
    """One block per mission: the tests, then the other readings of the same data in posts."""
    return [
        {
            "name": mission.name,
            "rows": [_row(check) for check in checks_of(result, mission)],
            "unsurveyed": "" if surveyed(mission) else words("checks.unsurveyed", mission=mission.name),
            "external": _external_table(result, mission),
            "professions": _professions(result, mission),
            "normative": _normative(result, mission),
        }
        for mission in result.missions.values()
    ]


def _row(check: Check) -> dict[str, str]:
    return {
        "name": check.name,
        "result": check.result,
        "verdict": check.verdict,
        "label": words(f"checks.verdicts.{check.verdict}"),
        "meaning": check.meaning,
    }


def _external_table(result: RunResult, mission: MissionResult) -> list[list[str]]:
    """Territory, fair share on all indicators, on the external ones only, gap."""
    found = mission.checks.external
    return [
        [result.territory_names[g.territory], number(g.all_fte), number(g.external_fte), signed(g.gap_fte) or number(0)]
        for g in (found.gaps if found else ())
    ]


def _professions(result: RunResult, mission: MissionResult) -> dict[str, Any] | None:
    """Need by territory and profession; where tasks are shifted, before → after."""
    need, shifted = mission.need, mission.estimate.shifted
    if need.professions == (EVERYBODY,) or (len(need.professions) < 2 and shifted is None):
        return None
    names = (shifted or need).professions
    today, after = need.need_by_profession_fte, None if shifted is None else shifted.need_by_profession_fte
    before = {q: today[:, k] for k, q in enumerate(need.professions)}

    def cell(t: int, q: str) -> str:
        held = number(float(before[q][t])) if q in before else number(0)
        return held if after is None else f"{held} → {number(float(after[t, names.index(q)]))}"

    rows = [[place, *(cell(t, q) for q in names)] for t, place in enumerate(territory_names(result, mission))]
    return {
        "professions": list(names),
        "rows": rows,
        "note": words(f"checks.professions.{'as_is' if after is None else 'shifted'}"),
    }


def _normative(result: RunResult, mission: MissionResult) -> dict[str, Any] | None:
    found = mission.checks.normative
    if found is None:
        return None
    rows = [
        [place, *(number(float(hours[t]), 0) for hours in (found.minimal_hours, found.optimal_hours))]
        + [number(float(posts[t])) for posts in (found.minimal_fte, found.optimal_fte)]
        for t, place in enumerate(territory_names(result, mission))
    ]
    totals = [number(float(hours.sum()), 0) for hours in (found.minimal_hours, found.optimal_hours)]
    totals += [number(float(posts.sum())) for posts in (found.minimal_fte, found.optimal_fte)]
    notes = [
        words("checks.normative.gap", minimal=_missing(found.minimal_gap_fte), optimal=_missing(found.optimal_gap_fte))
    ]
    if found.observed:
        labels = dict.fromkeys(indicator_label(result.study, c.split("@", 1)[0]) for c in found.observed)
        notes.append(words("checks.normative.observed", list=listed(labels)))
    return {"rows": rows, "total": [words("posts.total"), *totals], "notes": notes}


def _missing(gap: float) -> str:
    key = "missing" if gap > 0 else "spare"
    return str(entry("checks.normative")[key]).format(posts=about(abs(gap)))


def naive(result: RunResult, mission: MissionResult) -> dict[str, Any] | None:
    """Fair shares of the fits that are not used, beside today's posts and the one that is; None without a survey."""
    if mission.checks.elasticity is None:
        return None
    level = territory_level(mission)
    wide = check_supply.too_wide(mission.checks.elasticity)
    unknown = mission.checks.elasticity.rho is None
    key = "unknown" if unknown else "refused" if level is None else "wide" if wide else ""
    notes = [words(f"naive.territory_{key}")] if key else []
    columns = [("retained", fair_fte(mission)), ("plain", mission.checks.plain_fte), ("territory", level)]
    shown = [(name, line) for name, line in columns if line is not None]
    return {
        "columns": [words(f"naive.{name}") for name, _ in shown],
        "rows": [
            [name, number(float(ledger.current)), *(number(float(line[t])) for _, line in shown)]
            for t, (name, ledger) in enumerate(
                zip(territory_names(result, mission), mission.justification.ledgers, strict=True)
            )
        ],
        "notes": notes if mission.checks.plain_fte is not None else [words("naive.none"), *notes],
    }
