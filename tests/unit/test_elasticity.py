"""ρ and the supply levels: recovered where the truth is known, and never a figure where nothing can be known."""

import numpy as np
import pandas as pd
import pytest

from sample.frames import TAMS_BY_EPCI, from_package
from sample.scenario import RECONSTRUCTION
from sample.simulate import Process, simulate_mission
from tests.unit.fits_fixture import random_fit
from workload.ingest.study_file import Domain, Mission
from workload.models.design import Component, place_counts
from workload.models.elasticity import Elasticity, Staffing, staffing_by_area, staffing_elasticity
from workload.models.need import estimate_need
from workload.models.supply import cancelling_need_fte, compare_lines, supply_levels
from workload.models.timeuse import agents_of
from workload.models.weights import fit_weights
from workload.parameters import taxonomy


def drawn(rng: np.random.Generator, rho: float, areas: int = 120, error: float = 0.0) -> Elasticity:
    """Posts that follow need^ρ within six territories; with error, weights known only as well as their draws say."""
    units = rng.lognormal(0, 0.4, (areas, 3))
    true, spread = np.array([3.0, 2.0, 1.0]), error * np.ones(3)
    found = true * rng.lognormal(0, spread)
    territory = np.arange(areas) % 6
    level = rng.normal(0, 0.5, 6)
    posts = np.exp(level[territory] + rho * np.log(units @ true) + rng.normal(0, 0.15, areas))
    draws = found * rng.lognormal(0, error, (200, 3))
    return staffing_elasticity(
        Staffing(tuple(map(str, range(areas))), territory, posts, units, 0.0), found, draws, 0.95
    )


@pytest.mark.parametrize("rho", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("error", [0.0, 0.4])
def test_rho_is_recovered_and_its_interval_holds_what_it_states(rho: float, error: float) -> None:
    rng = np.random.default_rng(1)
    found = [drawn(rng, rho, error=error) for _ in range(200)]
    estimates = np.array([e.rho for e in found if e.rho is not None])
    inside = np.mean([e.low <= rho <= e.high for e in found if e.low is not None and e.high is not None])
    assert len(estimates) > 190
    assert estimates.mean() == pytest.approx(rho, abs=0.04)
    assert 0.91 <= inside <= 1.0


def test_territory_levels_say_nothing_about_rho() -> None:
    rng = np.random.default_rng(3)
    units, territory = rng.lognormal(0, 0.4, (60, 2)), np.arange(60) % 4
    minutes, draws = np.array([2.0, 1.0]), np.tile([2.0, 1.0], (20, 1))
    posts = rng.lognormal(0, 0.3, 60)
    plain = staffing_elasticity(Staffing((), territory, posts, units, 0.0), minutes, draws, 0.95)
    moved = staffing_elasticity(Staffing((), territory, posts * 2.0**territory, units, 0.0), minutes, draws, 0.95)
    assert plain.rho is not None
    assert moved.rho == pytest.approx(plain.rho, abs=0.02)  # only the areas' weight in the regression changes
    exact = (units @ minutes) ** 0.7 * 2.0**territory
    found = staffing_elasticity(Staffing((), territory, exact, units, 0.0), minutes, draws, 0.95)
    assert found.rho == pytest.approx(0.7)
    assert staffing_elasticity(Staffing((), territory, posts, units, 0.0), 7 * minutes, draws * 3, 0.95).rho == (
        pytest.approx(plain.rho)
    )


@pytest.mark.parametrize(("rho", "allowed"), [(0.0, False), (1.0, True)])
def test_from_the_survey_of_a_simulated_departement(rho: float, allowed: bool) -> None:
    items, spec = taxonomy("niagara-2000"), RECONSTRUCTION.missions["polyvalence"]
    frame = from_package("54", TAMS_BY_EPCI)
    communes, sites, counts, posts, entries, components, _ = simulate_mission(
        RECONSTRUCTION, frame, "polyvalence", items, 5, Process(rho=rho)
    )
    mission = Mission(
        name=spec.name,
        professions=spec.professions,
        domains={d: Domain(indicators=dict.fromkeys(of)) for d, of in spec.need_share.items()},
    )
    places, year = place_counts(communes, sites, counts), 96_000.0
    agents = agents_of("polyvalence", entries, posts, items, year)
    rng = np.random.default_rng(0)
    fit = fit_weights("p", mission, components, places, agents, items, float(posts["fte"].sum()) * year, 100, 0.95, rng)
    found = staffing_elasticity(staffing_by_area(posts, places, components), fit.minutes_per_unit, fit.draws, 0.95)
    print(found)
    assert found.rho == pytest.approx(rho, abs=0.3)
    assert found.u_t_allowed is allowed
    assert found.areas_n + found.without_posts_n == len(places["sector"])


def staffing(posts: list[float], units: list[float], territory: list[int]) -> Staffing:
    return Staffing((), np.array(territory), np.array(posts), np.array(units)[:, None], 0.0)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (staffing([0, 0], [1, 2], [-1, -1]), "no_posts"),
        (staffing([1.0], [1.0], [0]), "few_areas"),
        (staffing([1.0] * 20, [5.0] * 20, [0] * 20), "no_spread_of_need"),
        (staffing([1.0] * 20, [0.0] * 20, [0] * 20), "few_areas"),
    ],
)
def test_a_reason_rather_than_a_figure(given: Staffing, reason: str) -> None:
    found = staffing_elasticity(given, np.ones(1), np.ones((10, 1)), 0.95)
    assert (found.reason, found.rho, found.u_t_allowed) == (reason, None, False)


def test_need_known_no_better_than_noise_gives_no_figure() -> None:
    rng = np.random.default_rng(0)
    units = np.column_stack([rng.lognormal(0, 0.3, 40), rng.lognormal(0, 0.3, 40)])
    given = Staffing((), np.zeros(40, dtype="int64"), rng.lognormal(0, 0.2, 40), units, 0.0)
    draws = rng.dirichlet([0.05, 0.05], 300)
    assert staffing_elasticity(given, np.array([0.5, 0.5]), draws, 0.95).reason == "need_too_uncertain"


def test_missions_that_cover_sites_use_sites_and_areas_left_out_are_counted() -> None:
    posts = pd.DataFrame(
        {
            "territory": ["a", "a", "b", "b"],
            "site": ["s1", "s1", "s2", "s2"],
            "sector": [None, None, None, "x"],
            "fte": [1.0, 0.5, 2.0, 1.0],
        }
    )
    places = {
        "site": pd.DataFrame({"rsa": [3.0, 4.0, 5.0]}, index=["site:s1", "site:s2", "site:s3"]),
        "sector": pd.DataFrame({"rsa": [1.0]}, index=["sector:x"]),
    }
    components = (Component("rsa", "insertion", None, 0.4),)
    by_site = staffing_by_area(posts, places, components)
    assert dict(zip(by_site.areas, by_site.posts_fte, strict=True)) == {"site:s1": 1.5, "site:s2": 3.0, "site:s3": 0.0}
    by_sector = staffing_by_area(posts.assign(sector=["x", "x", None, "x"]), places, components)
    assert by_sector.areas == ("sector:x",)
    assert by_sector.elsewhere_fte == 2.0
    assert staffing_elasticity(by_site, np.ones(1), np.ones((5, 1)), 0.95).without_posts_n == 1


def test_the_need_that_cancels_a_move_does() -> None:
    posts, fair, total = 30.0, 26.6, 180.0
    added = cancelling_need_fte(posts, fair, total)
    assert added is not None
    need = np.array([fair + added, total - fair])
    assert need[0] / need.sum() * total == pytest.approx(posts)
    assert cancelling_need_fte(180.0, 100.0, 180.0) is None


def test_supply_levels_add_to_nothing_and_name_no_surplus() -> None:
    found, _ = random_fit(0)
    units = pd.DataFrame(np.random.default_rng(1).uniform(100, 400, (4, 6)), columns=[f"i{p}" for p in range(6)])
    need = estimate_need(found, units, 96_000.0, 0.95)
    posts = need.need_fte * np.array([1.5, 1.0, 0.9, 0.7])
    levels = supply_levels(need, posts, 0.95)
    assert sum(level.gap_fte for level in levels) == pytest.approx(0)
    assert [level.standing for level in levels][::3] == ["above", "below"]
    assert all(level.gap_low <= level.gap_fte <= level.gap_high for level in levels)
    assert supply_levels(need, np.zeros(4), 0.95) == ()
    same = compare_lines(need, need, 100.0)
    assert [gap.gap_fte for gap in same] == [0.0] * 4
    assert sum(gap.all_fte for gap in same) == pytest.approx(100)
