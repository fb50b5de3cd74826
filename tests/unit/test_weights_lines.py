"""The lines side by side: what each needs to exist, what holds of all of them, and the fast draws against a slow loop."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import stdtrit

from benchmarks.estimation import by_slsqp, slow_need
from sample.calibrate import DrawnStudy, drawn_study
from sample.simulate import Process
from workload.errors import RequestError
from workload.models.lines import share_interval, workload_interval
from workload.models.timeuse import Agents
from workload.models.weights import WorkloadFit

LINES = ("expert", "data", "blended")


@pytest.fixture(scope="module")
def study() -> DrawnStudy:
    return drawn_study(5, Process(rho=0.5, misallocation=0.08))


@pytest.fixture(scope="module")
def fit(study: DrawnStudy) -> WorkloadFit:
    return study.fit(150, np.random.default_rng(0))


def nobody(agents: Agents) -> Agents:
    none = np.zeros(0, dtype="int64")
    return replace(
        agents,
        id=(),
        territory=agents.territory[none],
        profession=agents.profession[none],
        area=agents.area[none],
        annual_min=agents.annual_min[none],
        weight=agents.weight[none],
        stratum=agents.stratum[none],
        population_n=agents.population_n[none],
    )


def without_experts(study: DrawnStudy) -> DrawnStudy:
    return replace(study, components=tuple(replace(c, expert_min=None) for c in study.components))


def figures(fit: WorkloadFit) -> Iterator[np.ndarray]:
    for line in fit.lines.values():
        yield from (line.minutes_per_unit, line.low, line.high, line.draws)
    yield from (w for w in (fit.plain, fit.territory) if w is not None)


def test_all_lines_divide_the_same_total(study: DrawnStudy, fit: WorkloadFit) -> None:
    assert tuple(fit.lines) == LINES
    assert fit.deciding == "blended"
    totals = study.units.sum(axis=0)
    for weights in (*(line.minutes_per_unit for line in fit.lines.values()), fit.plain, fit.territory):
        assert weights is not None
        assert weights.min() >= 0
        assert weights @ totals == pytest.approx(fit.direct_min)
    level = {name: line.draws @ totals / fit.direct_min for name, line in fit.lines.items()}
    assert level["data"] == pytest.approx(level["blended"])  # one draw of the survey's level serves all lines
    assert level["data"].mean() == pytest.approx(1, abs=0.01)
    assert min(line.draws.min() for line in fit.lines.values()) >= 0


def test_intervals_hold_their_estimate(fit: WorkloadFit) -> None:
    for line in fit.lines.values():
        assert (line.low <= line.minutes_per_unit + 1e-9).all()
        assert (line.minutes_per_unit <= line.high + 1e-9).all()
    data = fit.lines["data"]
    assert (data.low[data.minutes_per_unit == 0] == 0).all()
    assert (data.high > data.low).all()


def test_functionals_agree_with_the_weights_they_are_made_of(study: DrawnStudy, fit: WorkloadFit) -> None:
    """A single unit of one component is its weight; shares of two halves of one département are each a half."""
    P = len(fit.components)
    for line in fit.lines.values():
        estimate, low, high = workload_interval(line, np.eye(P), 0.95)
        assert estimate == pytest.approx(line.minutes_per_unit)
        assert high == pytest.approx(line.high)
        two_sided = line.low > 0
        assert low[two_sided] == pytest.approx(line.low[two_sided])
        share, low, high = share_interval(line, np.stack([study.units.sum(axis=0)] * 2), 0.95)
        assert np.stack([share, low, high]) == pytest.approx(np.full((3, 2), 0.5))


def test_the_share_of_the_data_line_errs_as_its_draws_do(study: DrawnStudy) -> None:
    data = study.fit(3000, np.random.default_rng(1)).lines["data"]
    share, low, high = share_interval(data, study.units, 0.95)
    drawn = data.draws @ study.units.T
    error = (drawn / drawn.sum(axis=1, keepdims=True)).std(axis=0)
    t = stdtrit(data.degrees_of_freedom, 0.975)
    assert (high - low) / 2 / t == pytest.approx(error, rel=0.25)  # draws stop at zero, the error does not
    assert (low < share).all()


def test_no_survey_leaves_the_experts(study: DrawnStudy) -> None:
    fit = replace(study, agents=nobody(study.agents)).fit(30, np.random.default_rng(0))
    assert tuple(fit.lines) == ("expert",)
    assert {fit.reason[k] for k in ("data", "blended", "plain", "territory")} == {"no_survey"}
    assert all(np.isfinite(found).all() for found in figures(fit))


def test_no_experts_leave_the_data(study: DrawnStudy) -> None:
    fit = without_experts(study).fit(30, np.random.default_rng(0))
    assert tuple(fit.lines) == ("data",)
    assert fit.deciding == "data"
    assert {fit.reason[k] for k in ("expert", "blended")} == {"no_experts"}
    assert all(np.isfinite(found).all() for found in figures(fit))
    with pytest.raises(RequestError):
        replace(without_experts(study), agents=nobody(study.agents)).fit(30, np.random.default_rng(0))


def test_what_the_survey_cannot_tell_the_experts_fill(study: DrawnStudy, fit: WorkloadFit) -> None:
    """An indicator under two names, and one that counts nothing at all."""
    places = {level: table.assign(again=table["rmi"], none=0.0) for level, table in study.places.items()}
    rmi = next(c for c in study.components if c.indicator == "rmi")
    assert rmi.expert_min is not None
    half = replace(rmi, expert_min=rmi.expert_min / 2)
    split = [half if c is rmi else c for c in study.components]
    components = (*split, replace(half, indicator="again"), replace(rmi, indicator="none"))
    found = replace(study, places=places, components=components).fit(60, np.random.default_rng(0))
    assert found.reason["data"] == "not_identified"
    assert found.deciding == "blended"
    assert all(np.isfinite(figure).all() for figure in figures(found))
    k = study.components.index(rmi)
    together = found.minutes_per_unit[k] + found.minutes_per_unit[-2]
    # two halves, each uncertain by as much, are surer together than the whole was: near, not equal
    assert together == pytest.approx(fit.minutes_per_unit[k], rel=0.15)


def test_one_respondent_and_one_territory_give_figures(study: DrawnStudy) -> None:
    first = nobody(study.agents)
    keep = np.arange(1)
    one = replace(
        first,
        **{name: getattr(study.agents, name)[keep] for name in ("territory", "profession", "area", "annual_min")},
        **{name: getattr(study.agents, name)[keep] for name in ("weight", "stratum", "population_n")},
        id=study.agents.id[:1],
    )
    fit = replace(study, agents=one).fit(20, np.random.default_rng(0))
    assert fit.deciding == "expert"
    assert all(np.isfinite(found).all() for found in figures(fit))


def test_an_indicator_in_other_units_keeps_the_need(study: DrawnStudy, fit: WorkloadFit) -> None:
    """Counted in hundreds: a hundred times the minutes, the same workload everywhere, on every line."""
    factor = {"pop_18_64": 100.0, "rmi": 12.0}
    places = {n: t.assign(**{i: t[i] / f for i, f in factor.items()}) for n, t in study.places.items()}
    scale = np.array([factor.get(c.indicator, 1.0) for c in study.components])
    components = tuple(
        replace(c, expert_min=c.expert_min * s if c.expert_min is not None else None)
        for c, s in zip(study.components, scale, strict=True)
    )
    found = replace(study, places=places, components=components).fit(150, np.random.default_rng(0))
    for name in LINES:
        assert found.lines[name].minutes_per_unit == pytest.approx(fit.lines[name].minutes_per_unit * scale, rel=1e-5)
        assert found.lines[name].high == pytest.approx(fit.lines[name].high * scale, rel=1e-4)
    assert found.plain == pytest.approx(fit.plain * scale, rel=1e-5)


def test_more_cases_never_lower_a_territorys_need(study: DrawnStudy, fit: WorkloadFit) -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        t, p = rng.integers(len(study.units)), rng.integers(len(fit.components))
        more = study.units.copy()
        more[t, p] *= 1 + rng.exponential(0.5)
        for line in fit.lines.values():
            for need in (workload_interval, share_interval):
                before, after = need(line, study.units, 0.95)[0], need(line, more, 0.95)[0]
                assert after[t] >= before[t] * (1 - 1e-12)  # equal where the weight is zero


def test_draws_together_are_the_draws_of_a_slow_loop(study: DrawnStudy) -> None:
    """Warm starts, few steps and all draws at once, against pandas and scipy's SLSQP draw by draw."""
    found = study.fit(25, np.random.default_rng(0))
    slow = slow_need(study, found, 25, by_slsqp)
    fast = found.lines["blended"].draws @ study.units.T
    assert fast / fast.sum(axis=1, keepdims=True) == pytest.approx(slow, abs=2e-4)


def test_nothing_to_count_has_no_share(fit: WorkloadFit) -> None:
    for line in fit.lines.values():
        assert all((figure == 0).all() for figure in share_interval(line, np.zeros((3, len(fit.components))), 0.95))
