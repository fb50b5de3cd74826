"""Fits made by hand: areas, components and minutes of known truth, without a survey to read."""

import numpy as np

from workload.models.design import Component
from workload.models.lines import LineFit
from workload.models.observations import Observations
from workload.models.quasilikelihood import Design
from workload.models.regression import fit
from workload.models.score import dispersion
from workload.models.weights import WorkloadFit

POSTS_MIN = 100 * 96_000.0


def shares_of(design: Design, theta: np.ndarray) -> np.ndarray:
    """(S, D) need by area and domain, component by component."""
    eta = np.zeros((len(design.X), design.domains_n))
    for p, d in enumerate(design.domain):
        eta[:, d] += theta[p] * design.X[:, p]
    return eta


def workload_fit(
    design: Design,
    minutes: np.ndarray,
    territories: list[str],
    units: np.ndarray | None = None,
    expert_min: np.ndarray | None = None,
    deciding: str = "data",
    draws_n: int = 50,
) -> WorkloadFit:
    """A fit of (S, D) minutes with one respondent an area; the direct share is 0.8."""
    P = design.X.shape[1]
    units = np.full(P, 1000.0) if units is None else units
    components = tuple(
        Component(f"i{p}", f"d{design.domain[p]}", None if expert_min is None else float(expert_min[p]), 0.4)
        for p in range(P)
    )
    domains = tuple(f"d{d}" for d in range(design.domains_n))
    S = len(design.X)
    seen = Observations(
        tuple(f"sector:{s}" for s in range(S)), tuple(territories), domains, units, design, minutes, np.arange(S)
    )
    total = POSTS_MIN * 0.8
    lines = {}
    theta = np.full(P, 1 / P)
    if expert_min is not None:
        theta = expert_min * units / (expert_min @ units)
        lines["expert"] = _line(theta * total / units, draws_n)
    phi = float("nan")
    if deciding != "expert":
        data = fit(design, minutes[None]).theta[0]
        phi = dispersion(design, minutes, data)
        lines["data"] = _line(data * total / units, draws_n)
        if deciding == "blended":
            blended = fit(design, minutes[None], theta[None], phi / (0.4 * theta) ** 2).theta[0]
            lines["blended"] = _line(blended * total / units, draws_n)
    return WorkloadFit("m", components, deciding, lines, None, None, {}, 0.8, total, phi, 1.0, S, S, seen)


def _line(minutes: np.ndarray, draws_n: int) -> LineFit:
    draws = minutes * np.random.default_rng(0).lognormal(0, 0.1, (draws_n, len(minutes)))
    return LineFit(minutes, minutes * 0.8, minutes * 1.2, draws)


def random_fit(
    seed: int, areas: int = 60, components: int = 6, domains: int = 3, noise: float = 0.2, **given: object
) -> tuple[WorkloadFit, np.ndarray]:
    """A fit and the true shares of need: four territories, staffing that ignores need."""
    rng = np.random.default_rng(seed)
    X = rng.lognormal(0, 0.6, (areas, components))
    design = Design(X / X.sum(axis=0), np.arange(components) % domains)
    theta = rng.dirichlet(np.full(components, 4.0))
    minutes = shares_of(design, theta) * 1e6 * rng.lognormal(0, 0.5, (areas, 1))
    if noise:
        minutes = minutes * rng.lognormal(0, noise, minutes.shape)
    return workload_fit(design, minutes, [f"t{s % 4}" for s in range(areas)], **given), theta  # type: ignore[arg-type]
