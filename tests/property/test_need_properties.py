"""Need adds up: by component, by profession, by territory and by allowance, whatever the numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.fits_fixture import workload_fit
from workload.models.need import Need, estimate_need, need_draws_by_profession
from workload.models.professions import Assignment
from workload.models.quasilikelihood import Design
from workload.models.weights import WorkloadFit

YEAR = 96_420.0


def case(seed: int, T: int, P: int, Q: int) -> tuple[WorkloadFit, pd.DataFrame, Assignment]:
    rng = np.random.default_rng(seed)
    design = Design(rng.dirichlet(np.ones(6), P).T, np.arange(P) % min(P, 3))
    expert = rng.lognormal(4, 1.5, P)
    found = workload_fit(
        design, np.ones((6, design.domains_n)), ["t"] * 6, rng.lognormal(6, 2, P), expert, "expert", 20
    )
    units = rng.lognormal(3, 1.5, (T, P)) * (rng.random((T, P)) < 0.8)
    table = pd.DataFrame(units, columns=[f"i{p}" for p in range(P)], index=[f"t{t}" for t in range(T)])
    rate = rng.dirichlet(np.ones(Q), P) / (YEAR * rng.uniform(0.5, 0.9, Q))
    return found, table, Assignment(tuple(f"q{q}" for q in range(Q)), rate, rng.uniform(0, 2, (T, Q)), 1.0)


CASES = (st.integers(0, 10_000), st.integers(1, 7), st.integers(2, 9), st.integers(1, 4))


@given(*CASES)
@settings(max_examples=60, deadline=None)
def test_contributions_and_allowances_add_up_to_the_need(seed: int, T: int, P: int, Q: int) -> None:
    found, units, assignment = case(seed, T, P, Q)
    need = estimate_need(found, units, YEAR, 0.95, assignment)
    assert need.contributions_fte.sum(axis=(1, 2)) + need.individual_fte.sum(axis=1) == pytest.approx(need.need_fte)
    assert need.contributions_fte.sum(axis=1) + need.individual_fte == pytest.approx(need.need_by_profession_fte)
    assert need.need_by_profession_fte.sum(axis=1) == pytest.approx(need.need_fte)
    drawn = need_draws_by_profession(found, units, need)
    assert drawn.sum(axis=2) == pytest.approx(need.need_draws_fte)
    if units.to_numpy().any():
        assert need.need_draws_fte.sum(axis=1) == pytest.approx(np.full(20, need.need_fte.sum()))


@given(*CASES, st.integers(0, 6), st.integers(0, 8))
@settings(max_examples=40, deadline=None)
def test_more_cases_never_lower_a_need_and_touch_no_other_territory(
    seed: int, T: int, P: int, Q: int, t: int, p: int
) -> None:
    found, units, assignment = case(seed, T, P, Q)
    more = units.copy()
    more.iloc[t % T, p % P] += 50.0
    before, after = (estimate_need(found, u, YEAR, 0.95, assignment).need_fte for u in (units, more))
    assert after[t % T] > before[t % T]
    assert np.delete(after, t % T) == pytest.approx(np.delete(before, t % T))


@given(*CASES)
@settings(max_examples=30, deadline=None)
def test_two_territories_made_one_need_what_they_needed(seed: int, T: int, P: int, Q: int) -> None:
    found, units, assignment = case(seed, T + 1, P, Q)
    joined = pd.concat([units.iloc[:-2], units.iloc[-2:].sum().to_frame("both").T])
    individual = np.vstack([assignment.individual_fte[:-2], assignment.individual_fte[-2:].sum(axis=0)])
    one = estimate_need(
        found, joined, YEAR, 0.95, Assignment(assignment.professions, assignment.fte_per_min, individual, 1.0)
    )
    apart: Need = estimate_need(found, units, YEAR, 0.95, assignment)
    assert one.need_by_profession_fte[-1] == pytest.approx(apart.need_by_profession_fte[-2:].sum(axis=0))
    assert one.need_fte.sum() == pytest.approx(apart.need_fte.sum())
