"""WISN by component and profession: a published worked example, allowances, norms and seasons."""

import numpy as np
import pandas as pd
import pytest

from tests.reference.shared import reference
from tests.unit.fits_fixture import POSTS_MIN, random_fit, workload_fit
from workload.ingest.study_file import Domain, ExpertWeight, Mission
from workload.ingest.study_parts import NormativeMinutes
from workload.models.need import estimate_need, need_draws_by_profession
from workload.models.normative import normative_need
from workload.models.professions import Assignment
from workload.models.quasilikelihood import Design
from workload.models.seasonal import seasonal_draws, with_season

YEAR = 96_000.0
COLUMNS = [f"i{p}" for p in range(6)]
UNITS = pd.DataFrame(np.random.default_rng(1).uniform(100, 400, (4, 6)), columns=COLUMNS)
UNITS = (UNITS / UNITS.sum() * 1000).set_axis([f"t{t}" for t in range(4)])


def assignment(seed: int = 0, individual: float = 0.0) -> Assignment:
    rng = np.random.default_rng(seed)
    split = rng.dirichlet([2.0, 1.0], 6)
    return Assignment(("ASS", "CESF"), split / YEAR / 0.8, rng.uniform(0, individual, (4, 2)), 1.0)


def test_the_worked_wisn_example_comes_out_of_the_need() -> None:
    inputs = pd.read_csv(reference("wisn_core_nepal_inputs.csv"))
    expected = pd.read_csv(reference("wisn_core_nepal_expected.csv")).set_index("department")
    for name, row in expected.iterrows():
        served = inputs[(inputs["department"] == name) & (inputs["type"] == "health_service")]
        volume, minutes = served["annual_volume"].to_numpy(), served["time_standard_hours"].to_numpy() * 60
        P = len(served)
        design = Design(np.full((2, P), 0.5), np.arange(P) % 2)
        found = workload_fit(design, np.ones((2, 2)), ["a", "b"], volume, minutes, deciding="expert")
        scale = (volume @ minutes) / (found.minutes_per_unit @ volume)  # the fixture's total is its own
        units = pd.DataFrame([volume], columns=[f"i{p}" for p in range(P)], index=["team"])
        year = row["awt_hours"] * 60
        rate = np.full((P, 1), scale / year / (1 - row["support_fraction"]))
        need = estimate_need(found, units, year, 0.95, Assignment(("nurse",), rate, np.zeros((1, 1)), 1.0))
        assert float(need.need_fte[0]) == pytest.approx(row["required_fte_computed"], abs=2e-6)
        assert round(row["current_staff"] / float(need.need_fte[0]), 2) == row["wisn_ratio_stated_in_source_comment"]


def test_without_professions_the_need_is_what_it_was() -> None:
    found, _ = random_fit(0)
    need = estimate_need(found, UNITS, YEAR, 0.95)
    assert need.need_fte.sum() == pytest.approx(POSTS_MIN / YEAR)
    assert need.professions == ("*",)
    assert need.ledger_min == pytest.approx(need.workload_min)
    assert (need.individual_ledger_min == 0).all()


def test_individual_allowances_are_need_of_their_territory_alone() -> None:
    found, _ = random_fit(0)
    plain = estimate_need(found, UNITS, YEAR, 0.95, assignment())
    given = assignment()
    allowed = Assignment(given.professions, given.fte_per_min, np.array([[0.5, 0], [0, 0], [0, 0.2], [0, 0]]), 1.0)
    need = estimate_need(found, UNITS, YEAR, 0.95, allowed)
    assert need.need_fte - plain.need_fte == pytest.approx([0.5, 0, 0.2, 0])
    assert need.need_low - plain.need_low == pytest.approx([0.5, 0, 0.2, 0])
    assert need.need_draws_fte.sum(axis=1) == pytest.approx(np.full(50, need.need_fte.sum()))


def test_draws_by_profession_add_up_to_the_draws() -> None:
    found, _ = random_fit(0)
    need = estimate_need(found, UNITS, YEAR, 0.95, assignment(individual=0.5))
    drawn = need_draws_by_profession(found, UNITS, need)
    assert drawn.sum(axis=2) == pytest.approx(need.need_draws_fte)
    assert drawn.mean(axis=0) == pytest.approx(need.need_by_profession_fte, rel=0.05)


def test_the_ledger_keeps_the_proportions_of_need() -> None:
    found, _ = random_fit(0)
    need = estimate_need(found, UNITS, YEAR, 0.95, assignment(individual=0.5))
    minutes = need.ledger_min.sum(axis=1) + need.individual_ledger_min
    assert minutes / minutes.sum() == pytest.approx(need.need_fte / need.need_fte.sum())
    assert need.workload_draws_min / need.workload_draws_min.sum(axis=1, keepdims=True) == pytest.approx(
        need.need_draws_fte / need.need_draws_fte.sum(axis=1, keepdims=True), abs=5e-3
    )


def test_a_territory_without_units_and_one_territory_alone() -> None:
    found, _ = random_fit(0)
    units = UNITS.copy()
    units.loc["t3"] = 0.0
    assert estimate_need(found, units, YEAR, 0.95, assignment()).need_fte[3] == 0
    alone = estimate_need(found, UNITS.iloc[:1], YEAR, 0.95)
    assert alone.need_low == pytest.approx(alone.need_fte)
    nothing = estimate_need(found, UNITS * 0, YEAR, 0.95)
    assert np.isfinite(nothing.need_draws_fte).all()
    assert (nothing.need_high == 0).all()


def test_a_season_moves_the_indicators_of_a_domain_together() -> None:
    draws = np.ones((20_000, 3))
    moved = seasonal_draws(draws, ["a", "b", "a"], {"a": 0.25}, np.random.default_rng(0))
    assert (moved[:, 1] == 1).all()
    assert (moved[:, 0] == moved[:, 2]).all()
    assert moved[:, 0].mean() == pytest.approx(1, abs=0.01)
    assert moved[:, 0].std() == pytest.approx(0.25, abs=0.01)
    assert (draws == 1).all()


def test_a_season_widens_the_interval_and_not_the_need() -> None:
    found, _ = random_fit(0, draws_n=400)
    seasoned = with_season(found, {"d0": 0.5}, 0.95, np.random.default_rng(1))
    before, after = (estimate_need(f, UNITS, YEAR, 0.95) for f in (found, seasoned))
    assert after.need_fte == pytest.approx(before.need_fte)
    widths = [(need.need_high - need.need_low).sum() for need in (before, after)]
    assert widths[1] > 1.5 * widths[0]
    assert with_season(found, {}, 0.95, np.random.default_rng(1)) is found


def normed(minutes: dict[str, tuple[float, float] | None]) -> Mission:
    weights = {
        i: ExpertWeight(normative=NormativeMinutes(minimal=v[0], optimal=v[1])) if v else None
        for i, v in minutes.items()
    }
    domains = {f"d{d}": Domain(indicators={f"i{p}": weights[f"i{p}"] for p in (d, d + 3)}) for d in range(3)}
    return Mission(name="m", professions=("ASS",), domains=domains)


def test_a_norm_equal_to_practice_asks_for_no_post_and_a_double_one_doubles_its_part() -> None:
    found, _ = random_fit(0)
    need = estimate_need(found, UNITS, YEAR, 0.95)
    present = float(need.need_fte.sum())
    practice = {f"i{p}": (float(m), 2 * float(m)) for p, m in enumerate(found.minutes_per_unit)}
    same = normative_need(normed(practice), need, UNITS.to_numpy(), present)
    assert same is not None
    assert same.minimal_fte == pytest.approx(need.need_fte)
    assert same.minimal_gap_fte == pytest.approx(0, abs=1e-9)
    assert same.optimal_gap_fte == pytest.approx(present)
    assert same.minimal_hours.sum() * 60 == pytest.approx(need.workload_min.sum())
    one = normative_need(normed(dict.fromkeys(practice) | {"i1": practice["i1"]}), need, UNITS.to_numpy(), present)
    assert one is not None
    assert one.normed == ("i1@d1",)
    assert len(one.observed) == 5
    assert one.optimal_gap_fte == pytest.approx(need.contributions_fte[:, 1].sum())


def test_a_norm_is_not_brought_to_the_posts_of_today() -> None:
    found, _ = random_fit(0)
    rate = assignment().fte_per_min
    calibrated = Assignment(("ASS", "CESF"), rate * 0.5, np.zeros((4, 2)), 0.5)
    practice = {f"i{p}": (float(m), float(m)) for p, m in enumerate(found.minutes_per_unit)}
    needs = [
        estimate_need(found, UNITS, YEAR, 0.95, a)
        for a in (calibrated, Assignment(("ASS", "CESF"), rate, np.zeros((4, 2)), 1.0))
    ]
    norms = [normative_need(normed(practice), need, UNITS.to_numpy(), 100.0) for need in needs]
    assert norms[0] is not None
    assert norms[1] is not None
    assert norms[0].minimal_fte == pytest.approx(norms[1].minimal_fte)
    assert normative_need(normed(dict.fromkeys(practice)), needs[0], UNITS.to_numpy(), 100.0) is None
