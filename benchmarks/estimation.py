"""Bootstrap of the non-negative fit and the estimation of a whole study, beside the loops one would naturally write."""

import time
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy.optimize import minimize

from benchmarks.timing import Row, compare
from sample.calibrate import LEVEL, DrawnStudy, drawn_study
from sample.simulate import Process
from sample.truth import ANNUAL_MIN
from workload.models.design import Component
from workload.models.experts import experts_of
from workload.models.line_fits import blended_draws
from workload.models.need import estimate_need
from workload.models.observations import Observations
from workload.models.regression import Design, fit
from workload.models.replication import rao_wu
from workload.models.score import dispersion, draw_shares, score_of
from workload.models.weights import WorkloadFit

COMPONENTS, DOMAINS, DRAWS = 20, 6, 2000
SIZES = (250, 500, 1000, 2000, 4000)


def rows() -> list[Row]:
    return [_against_least_squares(), _against_slsqp(), _against_one_by_one()]


def _study(areas: int, seed: int = 0) -> tuple[Design, np.ndarray, np.ndarray]:
    """Areas, their minutes (S, D), and the fit: neither side is timed on these."""
    rng = np.random.default_rng(seed)
    X = rng.lognormal(0, 0.5, (areas, COMPONENTS))
    design = Design(X / X.sum(axis=0), np.arange(COMPONENTS) % DOMAINS)
    theta = rng.dirichlet(np.full(COMPONENTS, 3.0))
    eta = np.stack([design.X[:, design.domain == d] @ theta[design.domain == d] for d in range(DOMAINS)], axis=1)
    y = 1e7 * eta * rng.lognormal(0, 0.3, (areas, DOMAINS))
    return design, y, fit(design, y[None]).theta[0]


def _against_least_squares(areas: int = 600) -> Row:
    """Both sides draw their replicates; ours takes scores and information anew as well, and keeps weights ≥ 0."""
    design, y, theta = _study(areas)
    rng = np.random.default_rng(0)
    response = y.sum(axis=1)
    first = sm.OLS(response, design.X).fit()

    def ours() -> None:
        draw_shares(score_of(design, y, theta), DRAWS, rng)

    def peer() -> None:
        for _ in range(DRAWS):
            drawn = first.fittedvalues + first.resid * rng.choice([-1.0, 1.0], size=areas)
            sm.OLS(drawn, design.X).fit()

    growth = _growth("draws", [(n, _draws_of(design, y, theta, n)) for n in SIZES])
    return compare(
        f"{DRAWS:,} replicates of the non-negative fit, {areas} sectors × {COMPONENTS} indicators",
        ours,
        "statsmodels OLS(y_b, X).fit() in a loop (no constraint, no supply level)",
        peer,
        repeats=5,
        note=growth,
    )


def _draws_of(design: Design, y: np.ndarray, theta: np.ndarray, draws: int) -> Callable[[], object]:
    return lambda: draw_shares(score_of(design, y, theta), draws, np.random.default_rng(0))


@cache
def _département() -> DrawnStudy:
    return drawn_study(1, Process(rho=0.5, misallocation=0.08))


def _estimate(of: DrawnStudy, draws: int) -> WorkloadFit:
    """Areas → weights with draws → need: what a run does between the survey and the allocation."""
    found = of.fit(draws, np.random.default_rng(0))
    estimate_need(found, of.places["territory"], float(ANNUAL_MIN), LEVEL)
    return found


def slow_need(of: DrawnStudy, found: WorkloadFit, draws: int, refit: Callable[..., np.ndarray]) -> np.ndarray:
    """(draws, T) The same draws one by one: agents resampled into a table, summed by area, refitted, need computed."""
    rng = np.random.default_rng(0)
    observed = found.observed
    experts = experts_of(of.components, observed.units, draws, rng)
    assert experts is not None
    multiplier = rao_wu(of.agents.stratum, draws, rng)
    table = pd.DataFrame(observed.minutes).assign(area=observed.area)
    units = of.places["territory"][[c.indicator for c in of.components]].to_numpy(dtype="float64") / observed.units
    need = []
    for b in range(draws):
        columns = table.columns[:-1]
        y = table[columns].mul(multiplier[b], axis=0).groupby(table["area"]).sum().to_numpy()
        prior = experts.draws[b]
        need.append(units @ refit(observed.design, y, prior, experts.precision(found.dispersion, prior)))
    return np.array(need)


def by_slsqp(design: Design, y: np.ndarray, prior: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """scipy's general solver with the gradient given, from the experts' weights on."""
    blocks = np.stack([np.where(design.domain == d, design.X, 0.0) for d in range(design.domains_n)], axis=1)
    total, scale = y.sum(axis=1), y.sum()

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        eta = np.maximum(blocks @ theta, 1e-12)
        of_area = eta.sum(axis=1)
        value = (y * np.log(eta)).sum() - total @ np.log(of_area) - 0.5 * precision @ (theta - prior) ** 2
        slope = np.einsum("sd,sdp->p", y / eta, blocks) - (total / of_area) @ design.X - precision * (theta - prior)
        return -value / scale, -slope / scale

    bounds, one = [(0, 1)] * len(prior), {"type": "eq", "fun": lambda t: t.sum() - 1, "jac": np.ones_like}
    return minimize(loss, prior, jac=True, bounds=bounds, constraints=one, options={"ftol": 1e-12}).x


def by_us(design: Design, y: np.ndarray, prior: np.ndarray, precision: np.ndarray) -> np.ndarray:
    return fit(design, y[None], prior[None], precision).theta[0]


def _against_slsqp() -> Row:
    of = _département()
    found = _estimate(of, 250)
    return compare(
        f"whole estimation, 500 draws: {found.respondents_n} agents, {found.areas_n} areas, {len(of.components)} components",
        lambda: _estimate(of, 500),
        "loop over draws: pandas groupby, scipy SLSQP with gradient, need",
        lambda: slow_need(of, found, 500, by_slsqp),
        repeats=1,
        note=_growth("draws", [(n, partial(_estimate, of, n)) for n in SIZES]),
    )


def _against_one_by_one() -> Row:
    of = _département()
    found = _estimate(of, 250)
    return compare(
        f"whole estimation, {DRAWS:,} draws",
        lambda: _estimate(of, DRAWS),
        "loop over draws: pandas groupby, our own fit one draw at a time, need",
        lambda: slow_need(of, found, DRAWS, by_us),
        repeats=1,
        note=_growth("blended draws, sectors", [(s, _blended(s)) for s in (75, 150, 300, 600)]),
    )


def _blended(areas: int) -> Callable[[], object]:
    """500 blended draws of a study of so many sectors, a respondent and a half in each."""
    design, y, theta = _study(areas)
    rng = np.random.default_rng(0)
    area = np.sort(np.concatenate([np.arange(areas), rng.choice(areas, areas // 2)]))
    minutes = y[area] * rng.lognormal(0, 0.2, (len(area), DOMAINS))
    names = tuple(f"{s}" for s in range(areas))
    observed = Observations(names, names, tuple("abcdef"), np.ones(COMPONENTS), design, minutes, area)
    components = [Component(f"{p}", "a", float(theta[p]), 0.4) for p in range(COMPONENTS)]
    experts = experts_of(components, np.ones(COMPONENTS), 500, rng)
    assert experts is not None
    multiplier = rao_wu(np.arange(len(area)) * 6 // len(area), 500, rng)
    phi = dispersion(design, observed.area_minutes()[0], theta)
    return lambda: blended_draws(observed, experts, phi, multiplier, theta)


def _growth(what: str, sizes: list[tuple[int, Callable[[], object]]]) -> str:
    """Time against size, best of three: « 250: 0.01 s … »."""
    said = []
    for size, call in sizes:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        said.append(f"{size:,}: {min(times):.3g} s")
    return f"{what} {', '.join(said)}"
