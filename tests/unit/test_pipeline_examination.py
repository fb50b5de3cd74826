"""What the chain says beyond the answer: other readings of the data, professions, allowances, transfers."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.unit.test_study_folder import SAMPLE
from workload.allocation.compare import Change
from workload.allocation.stability import Support
from workload.catalogue import error_text
from workload.errors import RequestError
from workload.ingest.study import read_study
from workload.ingest.study_parts import AvailableTime, IndividualAllowance, TaskTransfer
from workload.pipeline import RunResult, run
from workload.pipeline.compare_runs import compare_runs
from workload.pipeline.estimation import INDIVIDUAL
from workload.reporting.brief import _agreement
from workload.reporting.moves import moves_of

MISSION = "polyvalence"


@cache
def result_of(*choices: tuple[str, Any]) -> RunResult:
    study = read_study(SAMPLE)
    one = {MISSION: study.settings.missions[MISSION]}
    settings = study.settings.model_copy(update={"missions": one, "caseloads": (), **dict(choices)})
    return run(replace(study, settings=settings), 20)


def test_external_indicators_decide_unless_the_study_says_otherwise() -> None:
    declared, default = result_of().main, result_of(("internal_indicators", "comparaison")).main
    internal = {"vulnerables", "enquetes"}
    assert internal < {c.indicator for c in declared.fit.components}
    assert not internal & {c.indicator for c in default.fit.components}
    assert declared.checks.external is not None
    assert default.checks.external is not None
    assert (declared.checks.external.decides, default.checks.external.decides) == (False, True)
    # The two runs hold the same two readings, each from its own side.
    for gap, other in zip(declared.checks.external.gaps, default.checks.external.gaps, strict=True):
        assert gap.all_fte == pytest.approx(other.all_fte, abs=0.02)
        assert gap.external_fte == pytest.approx(other.external_fte, abs=0.02)
        assert gap.all_fte == pytest.approx(float(_fair(declared, gap.territory)), abs=1e-6)
        assert other.external_fte == pytest.approx(float(_fair(default, gap.territory)), abs=1e-6)


def _fair(mission: Any, territory: str) -> Fraction:
    return next(x.fair_share for x in mission.justification.ledgers if x.unit == territory)


def test_professions_keep_their_totals_and_territories_what_the_mission_gives() -> None:
    mission = result_of().main
    found = mission.by_profession
    assert found is not None
    assert found.status == "OPTIMAL"
    assert [sum(row) for row in found.final] == list(mission.allocation.posts(mission.instance.step))
    assert [sum(c) for c in zip(*found.final, strict=True)] == [sum(c) for c in zip(*found.current, strict=True)]
    assert np.allclose(np.array(found.need_fte).sum(axis=1), mission.need.need_fte)


def test_an_allowance_is_need_of_its_territory_and_a_row_of_its_ledger() -> None:
    allowance = IndividualAllowance(
        territoire="longwy", mission=MISSION, profession="ASS", etp=1.5, motif="temps syndical"
    )
    plain, given = result_of().main, result_of(("allowances", (allowance,))).main
    rows = {x.unit: {row.cause: row.posts for row in x.rows} for x in given.justification.ledgers}
    assert rows["longwy"][INDIVIDUAL] > 1
    assert all(x.current + sum((r.posts for r in x.rows), Fraction(0)) == x.final for x in given.justification.ledgers)
    assert sum(rows[unit][INDIVIDUAL] for unit in rows) == 0
    assert _fair(given, "longwy") > _fair(plain, "longwy") + 1
    assert given.need.need_fte.sum() == pytest.approx(plain.need.need_fte.sum())


def test_a_shorter_year_of_one_profession_conjures_no_posts() -> None:
    """Its posts of today do the work of today, in whatever time they have: need is relative to present practice."""
    time = {"CESF": AvailableTime(heures_deduites=400, source="essai")}
    plain, shorter = (r.main.estimate for r in (result_of(), result_of(("available_time", _frozen(time)))))
    q = plain.need.professions.index("CESF")
    posts = [found.need.need_by_profession_fte[:, q].sum() for found in (plain, shorter)]
    assert posts[1] == pytest.approx(posts[0], abs=0.1)
    assert shorter.time.available_min[q] == plain.time.available_min[q] - 400 * 60
    assert shorter.need.need_fte.sum() == pytest.approx(plain.need.need_fte.sum())


class _frozen(dict[str, Any]):  # noqa: N801 (hashable, for the cache alone)
    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self)))


def test_a_transfer_moves_need_between_professions_and_leaves_the_base_alone() -> None:
    transfer = TaskTransfer(
        mission=MISSION, activite="insertion", de="ASS", vers="CESF", part=0.5, minutes_par_minute=1.0
    )
    found = result_of(("transfers", (transfer,))).main.estimate
    assert found.shifted is not None
    names = found.need.professions
    change = (found.shifted.need_by_profession_fte - found.need.need_by_profession_fte).sum(axis=0)
    assert change[names.index("ASS")] < -1
    assert change[names.index("CESF")] > 1
    assert np.array_equal(found.need.need_fte, result_of().main.need.need_fte)


def test_every_diagnostic_is_there_and_finite_where_a_survey_decides() -> None:
    checks = result_of().main.checks
    assert checks.elasticity is not None
    assert checks.elasticity.rho is not None
    assert checks.left_out is not None
    assert checks.left_out.fitted_error is not None
    assert checks.left_out.population_error is not None
    assert checks.left_out.fitted_error < checks.left_out.population_error  # the weights say more than heads do
    assert checks.plain_fte is not None
    assert np.isfinite(checks.plain_fte).all()
    final = tuple(float(p) for p in result_of().main.allocation.posts(Fraction(1, 2)))
    assert checks.merges
    assert all(merge.posts_before == final for merge in checks.merges)


def test_reasons_are_about_the_answer_given() -> None:
    mission = result_of().main
    reasons, final = mission.reasons, mission.allocation.posts(mission.instance.step)
    assert tuple(reasons.plan.posts[0]) == tuple(x.current for x in mission.justification.ledgers)
    assert all(sum(year) == sum(final) for year in reasons.plan.posts)
    for (_, low, high), fair in zip(reasons.order_bounds, mission.instance.fair_shares, strict=True):
        assert float(low) - 1e-6 <= fair <= float(high) + 1e-6  # counts are rounded to thousandths
    for bounds, fair in zip(reasons.bounds, mission.instance.fair_shares, strict=True):
        assert bounds.low <= fair <= bounds.high
    assert [unit.unit for unit in reasons.ways.units] == list(mission.instance.units)
    longwy = reasons.counterfactuals["longwy"]
    assert any(row.component == "rmi@insertion" and row.to_count and row.to_count > row.from_count for row in longwy)


def test_allowances_may_not_eat_the_whole_mission() -> None:
    allowance = IndividualAllowance(territoire="longwy", mission=MISSION, profession="ASS", etp=180, motif="essai")
    with pytest.raises(RequestError) as refused:
        result_of(("allowances", (allowance,)))
    assert "180" in error_text(refused.value)


def test_a_decision_against_the_need_measured_is_not_supported_by_the_data() -> None:
    rules = type(read_study(SAMPLE).settings.rules).model_validate(
        {"decisions": [{"territoire": "longwy", "mission": MISSION, "changement": 1}]}
    )
    result = result_of(("rules", rules))
    longwy = next(m for m in moves_of(result, result.main) if m.territory == "longwy")
    assert longwy.change == 1
    assert longwy.support is Support.AGAINST_NEED
    assert not longwy.supported
    assert "Longwy" not in _agreement(result, moves_of(result, result.main))


def test_two_runs_that_differ_by_an_allowance_differ_by_a_count() -> None:
    allowance = IndividualAllowance(territoire="longwy", mission=MISSION, profession="ASS", etp=2, motif="essai")
    compared = compare_runs(result_of(), result_of(("allowances", (allowance,))))[0]
    rows = dict(next(unit for unit in compared.units if unit.unit == "longwy").rows)
    assert rows[Change.COUNTS_HERE] > 1
    assert abs(rows[Change.WEIGHTS]) < Fraction(1, 2)
