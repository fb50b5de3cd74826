"""Why these posts, and how firmly: the margin, other weights, other ways, what it costs, and the years it takes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from workload.allocation.gain import Gain, Site, gain
from workload.allocation.instance import Instance
from workload.allocation.margin import Counterfactual, Margin, counterfactuals, margin
from workload.allocation.methods import Comparison, Reason, compare_ways, other_ways
from workload.allocation.phasing import Plan, Terms, phase
from workload.allocation.phasing_check import check_plan
from workload.allocation.register import Leavers, Movable, movable_posts
from workload.allocation.robustness import MoveRobustness, move_robustness
from workload.allocation.solver import Allocation
from workload.allocation.steps import at_steps
from workload.allocation.weight_box import ShareBounds, order_bounds, share_bounds
from workload.ingest.study_counts import COMPUTED
from workload.pipeline.estimation import LEDGER_GRAIN, Estimate, line_need
from workload.pipeline.fit_checks import FitChecks
from workload.units import exact

COUNT_GRAIN = 1000


@dataclass(frozen=True, slots=True)
class Reasons:
    """What can be said of one mission's allocation beyond its ledger."""

    margin: Margin
    counterfactuals: Mapping[str, tuple[Counterfactual, ...]]  # by territory; counted indicators and the need in total
    order_bounds: tuple[tuple[str, Fraction, Fraction], ...]  # (T,) fair shares if only the order of weights is known
    bounds: tuple[ShareBounds, ...]  # (T,) fair shares with every weight off by up to `deviation`
    robustness: tuple[MoveRobustness, ...]  # (T,)
    deviation: Fraction
    ways: Comparison
    gain: Gain
    plan: Plan


def find_reasons(found: Estimate, instance: Instance, allocation: Allocation, checks: FitChecks) -> Reasons:
    """All of it, verified where a verifier exists."""
    final = allocation.steps
    parameters = found.of.study.parameters
    deviation = exact(parameters["weight_deviation"].value)
    ledger, rng = found.ledger, np.random.default_rng([*found.of.seed, 1])
    # Declared allowances are off as much as the weights: were they fixed, the level of all weights, which the total of
    # posts settles, would count as uncertain.
    terms, movable = _terms(found, instance)
    plan = phase(instance, final, movable, terms)
    check_plan(instance, final, movable, terms, plan)
    return Reasons(
        margin(instance, final),
        {unit: _thresholds(found, instance, ledger, unit, t, final) for t, unit in enumerate(instance.units)},
        _order_bounds(found, instance),
        share_bounds(instance, ledger, deviation),
        move_robustness(instance, ledger, final, deviation, rng=rng),
        deviation,
        compare_ways(instance, final, other_ways(instance, _needs(found, checks), at_steps(instance))),
        gain(
            instance,
            final,
            [exact(round(float(n), 6)) for n in found.need.need_fte],
            movable,
            int(parameters["minimum_workers"].value),
            _sites(found),
        ),
        plan,
    )


def _order_bounds(found: Estimate, instance: Instance) -> tuple[tuple[str, Fraction, Fraction], ...]:
    """From the heaviest to the lightest weight retained; counts in thousandths, so that shares of places count too."""
    heaviest = np.argsort(-found.fit.minutes_per_unit, kind="stable")
    whole = np.rint(found.units * COUNT_GRAIN).astype("int64")
    counts = {c.id: [int(n) for n in whole[:, k]] for k, c in enumerate(found.components)}
    return order_bounds(instance, counts, [found.components[int(k)].id for k in heaviest])


def _thresholds(
    found: Estimate,
    instance: Instance,
    ledger: Mapping[str, Sequence[int]],
    unit: str,
    t: int,
    final: Sequence[int],
) -> tuple[Counterfactual, ...]:
    """How far counts would have to change for one step more where the unit gives, one less where it gets."""
    counted = {c.id: k for k, c in enumerate(found.components) if c.indicator not in COMPUTED}
    per_count = {}
    for id, k in counted.items():
        units = float(found.units[t, k])
        if units > 0 and ledger[id][t] > 0:
            per_count[id] = Fraction(ledger[id][t]) / exact(round(units, 6))
    assert instance.current is not None
    target = final[t] - 1 if final[t] > instance.current[t] else final[t] + 1
    rows = counterfactuals(instance, ledger, unit, need_per_count=per_count, target_steps=max(target, 0))
    return tuple(row for row in rows if row.component in per_count or row.component == "need")


def _needs(found: Estimate, checks: FitChecks) -> dict[str, tuple[Reason, Sequence[int]]]:
    """Other readings of the need, under the same rules."""
    people = found.of.places["territory"]["habitants"]
    needs: dict[str, tuple[Reason, Sequence[int]]] = {
        "population": (Reason.INDICATOR_SET, [int(n) for n in np.rint(people * LEDGER_GRAIN)])
    }
    if checks.external is not None:
        name = "all_indicators" if checks.external.decides else "external"
        needs[name] = (Reason.INDICATOR_SET, list(checks.external.whole_need))
    for line in ("expert", "data"):
        if line in found.fit.lines and line != found.fit.deciding:
            needs[line] = (Reason.WEIGHTS, line_need(found, found.fit.lines[line].minutes_per_unit))
    return {name: (reason, need) for name, (reason, need) in needs.items() if sum(need) > 0}


def _terms(found: Estimate, instance: Instance) -> tuple[Terms, tuple[Movable, ...]]:
    """The plan's terms and what the register says can move; the first year is the one after the study's."""
    study = found.of.study
    asked = study.settings.plan
    terms = Terms(
        asked.years_n,
        asked.occupied_allowed,
        None if asked.yearly_total is None else exact(asked.yearly_total),
        {} if asked.yearly_by_territory is None else dict.fromkeys(instance.units, exact(asked.yearly_by_territory)),
    )
    movable = movable_posts(found.of.posts, instance.units, study.settings.day.year + 1, asked.years_n)
    if asked.departure_rate:
        rate = exact(asked.departure_rate)
        movable = tuple(_with_leavers(m, found, rate) for m in movable)
    return terms, movable


def _with_leavers(movable: Movable, found: Estimate, rate: Fraction) -> Movable:
    """People whose departure is not announced, by size of their posts."""
    posts = found.of.posts
    stay = posts[
        (posts["territory"] == movable.unit)
        & posts["occupied"].astype(bool)
        & ~posts["locked"].astype(bool)
        & posts["departure_year"].isna()
    ]
    sizes = Counter(exact(fte) for fte in stay["fte"])
    return Movable(
        movable.unit,
        movable.vacant,
        movable.departures,
        movable.volunteers,
        movable.occupied,
        movable.workers_n,
        tuple(Leavers(n, size, rate) for size, n in sorted(sizes.items())),
    )


def _sites(found: Estimate) -> tuple[Site, ...]:
    """Seats of the sites with the posts they hold; none where coordinates are not given."""
    study = found.of.study
    if "longitude" not in study.communes or study.communes["longitude"].isna().any():
        return ()
    seats = study.communes.drop_duplicates("commune")
    where = {c: (float(x), float(y)) for c, x, y in seats[["commune", "longitude", "latitude"]].to_numpy()}
    held: dict[str, Fraction] = {}
    for site, fte in zip(found.of.posts["site"], found.of.posts["fte"], strict=True):
        held[site] = held.get(site, Fraction(0)) + exact(fte)
    return tuple(
        Site(str(site), str(territory), *where[seat], held.get(site, Fraction(0)))
        for site, territory, seat in study.sites[["site", "territory", "seat"]].to_numpy()
    )
