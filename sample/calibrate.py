"""`make calibrate`: do intervals hold what they state, and does supply leak into need? Départements of known truth.

Each département has its own map, counts, staffing, survey and experts. ρ is the elasticity of a sector's posts to its
need within its territory. In a third of them short sectors ration: they keep urgent domains and drop the others. Need
that no indicator counts is drawn apart: no model repairs it, and the rows say what it costs.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sample.frames import TAMS_BY_EPCI, Frame, from_package
from sample.people import AGENT_SPREAD
from sample.scenario import RECONSTRUCTION, Scenario
from sample.simulate import Process, simulate_mission
from sample.truth import ANNUAL_MIN
from workload.ingest.study_file import Domain, Mission
from workload.ingest.values import slug
from workload.models.design import Component, place_counts
from workload.models.lines import share_interval, workload_interval
from workload.models.timeuse import Agents, agents_of
from workload.models.weights import WorkloadFit, fit_weights
from workload.parameters import Taxonomy, taxonomy

MISSION = "polyvalence"
NOTHING = {"insertion": "api", "autonomy": "pop_75_plus", "child_protection": "aemo"}  # declared, and true weight zero
LEAST_SHARE = 0.0299  # of need: weights from 3 % on are judged; smaller ones are noise to anyone
LEVEL = 0.95
RATIONING = 0.3
MISALLOCATION = 0.08
UNMEASURED = 0.03
PROCESSES = 2


@dataclass(frozen=True)
class Case:
    """One département to draw."""

    seed: int
    process: Process
    draws: int


def cases(departments: int, draws: int) -> list[Case]:
    """For each ρ: `departments` without rationing and half as many with; one more half with uncounted need."""
    kinds = [(rho, ration, 0.0) for rho in (0.0, 0.5, 1.0) for ration in (0.0, RATIONING)] + [(0.0, 0.0, UNMEASURED)]
    return [
        Case(1000 * k + n, Process(rho, MISALLOCATION, rationing=ration, unmeasured=hidden), draws)
        for k, (rho, ration, hidden) in enumerate(kinds)
        for n in range(departments if not ration and not hidden else departments // 2)
    ]


@cache
def _scenario() -> tuple[Scenario, Frame]:
    spec = RECONSTRUCTION.missions[MISSION]
    shares = {d: of | ({NOTHING[d]: 0.0} if d in NOTHING else {}) for d, of in spec.need_share.items()}
    missions = RECONSTRUCTION.missions | {MISSION: replace(spec, need_share=shares)}
    return replace(RECONSTRUCTION, missions=missions), from_package("54", TAMS_BY_EPCI)


@dataclass(frozen=True)
class DrawnStudy:
    """One département as an estimation sees it, and the truth behind it."""

    mission: Mission
    components: tuple[Component, ...]
    places: dict[str, pd.DataFrame]
    agents: Agents
    items: Taxonomy
    area_fte: dict[str, float]
    weights_min: np.ndarray  # (P,) true minutes per unit
    fair_share: np.ndarray  # (T,) true posts, territories in the order of `places`
    posts: np.ndarray  # (T,) posts of today

    @property
    def posts_n(self) -> float:
        return float(self.posts.sum())

    @property
    def units(self) -> np.ndarray:
        """(T, P)"""
        return self.places["territory"][[c.indicator for c in self.components]].to_numpy(dtype="float64")

    def fit(self, draws: int, rng: np.random.Generator) -> WorkloadFit:
        total_min = self.posts_n * ANNUAL_MIN
        shared = (self.mission, self.components, self.places, self.agents, self.items, total_min)
        return fit_weights(MISSION, *shared, draws, LEVEL, rng, self.area_fte)


def drawn_study(seed: int, process: Process) -> DrawnStudy:
    scenario, frame = _scenario()
    spec, items = scenario.missions[MISSION], taxonomy(scenario.taxonomy)
    communes, sites, counts, posts, entries, components, truth = simulate_mission(
        scenario, frame, MISSION, items, seed, process
    )
    places = place_counts(communes, sites, counts)
    territories = places["territory"].index
    by_slug = {slug(name): share for name, share in truth.fair_share.items()}
    return DrawnStudy(
        Mission(
            name=spec.name,
            professions=spec.professions,
            domains={d: Domain(indicators=dict.fromkeys(of)) for d, of in spec.need_share.items()},
        ),
        components,
        places,
        agents_of(MISSION, entries, posts, items, float(ANNUAL_MIN)),
        items,
        {f"sector:{name}": float(fte) for name, fte in posts.groupby("sector")["fte"].sum().items()},
        truth.minutes_per_unit,
        np.array([by_slug[t] for t in territories]),
        posts.groupby("territory")["fte"].sum().reindex(territories).to_numpy(dtype="float64"),
    )


def outcome(case: Case) -> dict[str, np.ndarray]:
    """`covered/…` booleans by line and quantity, `error/…` posts by line and territory, and the misallocation."""
    of = drawn_study(case.seed, case.process)
    fit = of.fit(case.draws, np.random.default_rng(case.seed))
    found = _covered(fit, of.units, of.weights_min, of.fair_share, of.posts_n)
    lines = {name: line.minutes_per_unit for name, line in fit.lines.items()}
    lines |= {"plain": fit.plain, "territory": fit.territory}
    workloads = {name: of.units @ weights for name, weights in lines.items() if weights is not None}
    workloads["population"] = of.places["territory"]["habitants"].to_numpy(dtype="float64")
    for name, workload in workloads.items():
        found[f"error/{name}"] = workload / workload.sum() * of.posts_n - of.fair_share
    return found | {"surplus": of.posts - of.fair_share}


def _covered(
    fit: WorkloadFit, units: np.ndarray, weights: np.ndarray, fair: np.ndarray, posts_n: float
) -> dict[str, np.ndarray]:
    share = weights * units.sum(axis=0)
    share = share / share.sum()
    need_min = fair / fair.sum() * float(weights @ units.sum(axis=0))
    found = {}
    for name, line in fit.lines.items():
        inside = (line.low <= weights) & (weights <= line.high)
        found[f"covered/{name}/weight"] = inside[share > LEAST_SHARE]
        found[f"covered/{name}/weight truly zero"] = inside[share == 0]
        _, low, high = share_interval(line, units, LEVEL)
        found[f"covered/{name}/fair share"] = (low * posts_n <= fair) & (fair <= high * posts_n)
        _, low, high = workload_interval(line, units, LEVEL)
        found[f"covered/{name}/need"] = (low <= need_min) & (need_min <= high)
    return found


def summary(of: Sequence[Case], outcomes: Sequence[dict[str, np.ndarray]]) -> Iterator[dict[str, Any]]:
    """One row per process, line and quantity: coverage, or mean absolute error and its slope on the present surplus."""
    for process in dict.fromkeys(case.process for case in of):
        here = [found for case, found in zip(of, outcomes, strict=True) if case.process == process]
        stated = {
            "rho": process.rho,
            "rationing": process.rationing,
            "unmeasured": process.unmeasured,
            "agent_spread": AGENT_SPREAD,
            "expert_error": process.expert_error,
            "departments": len(here),
        }
        surplus = np.concatenate([found["surplus"] for found in here])
        for key in here[0]:
            kind, _, name = key.partition("/")
            values = np.concatenate([found[key] for found in here if key in found])
            if kind == "covered":
                line, _, quantity = name.partition("/")
                by_department = [found[key].mean() for found in here if key in found]
                error = float(np.std(by_department) / np.sqrt(len(by_department)))
                row = {"coverage": float(values.mean()), "coverage_error": error, "level": LEVEL}
                yield {"quantity": quantity, "line": line, **row, "n": len(values), **stated}
            elif kind == "error":
                slope = float(values @ surplus / (surplus @ surplus))
                row = {"mean_abs_error_posts": float(np.abs(values).mean()), "slope_on_surplus": slope}
                yield {"quantity": "fair share error", "line": name, **row, "n": len(values), **stated}


def _table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    for process in dict.fromkeys((r["rho"], r["rationing"], r["unmeasured"]) for r in rows):
        here = [r for r in rows if (r["rho"], r["rationing"], r["unmeasured"]) == process]
        first = here[0]
        yield (
            f"\nρ = {process[0]:g}, rationing {process[1]:.0%}, need not counted ± {process[2]:.0%}, agents ± "
            f"{first['agent_spread']:g}, experts ± {first['expert_error']:g}; {first['departments']} départements"
        )
        for row in here:
            if "coverage" in row:
                yield f"  {row['line']:10} {row['quantity']:18} {row['coverage']:6.1%} ± {row['coverage_error']:.1%}"
        for row in here:
            if "coverage" not in row:
                error, slope = row["mean_abs_error_posts"], row["slope_on_surplus"]
                yield f"  {row['line']:10} {'error, posts':18} {error:6.3f}   slope on present surplus {slope:+.3f}"


def main(departments: int = 200, draws: int = 400, path: Path = Path("var/calibrate.json")) -> None:
    todo = cases(departments, draws)
    outcomes = []
    with Pool(PROCESSES) as pool:
        for done, found in enumerate(pool.imap(outcome, todo, chunksize=5), 1):
            outcomes.append(found)
            if done % 50 == 0 or done == len(todo):
                print(f"{done} of {len(todo)}", file=sys.stderr, flush=True)
    rows = list(summary(todo, outcomes))
    print("\n".join(_table(rows)))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
