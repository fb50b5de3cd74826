"""What a scenario costs and what it brings: posts and people that move, kilometres, the fall of the heaviest load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import asin, ceil, cos, lcm, radians, sin, sqrt

from ortools.graph.python import min_cost_flow

from workload.allocation.instance import Instance
from workload.allocation.register import Movable
from workload.errors import RequestError, WorkloadError

EARTH_RADIUS_KM = 6371.0
METRES_PER_KM = 1000


@dataclass(frozen=True, slots=True)
class Site:
    """A team's place: where it is, and the posts it holds today."""

    site: str
    unit: str
    longitude: float  # degrees
    latitude: float
    posts: Fraction


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one unit gives up, in posts; all but the total is None where too few workers stand behind it."""

    unit: str
    posts_given: Fraction
    on_vacancies: Fraction | None
    on_departures: Fraction | None  # announced, up to the end of the plan's years
    posts_held_by_people: Fraction | None  # what is left: somebody must move, or be a volunteer

    @property
    def people_at_least(self) -> int | None:
        """People who must move: nobody holds more than one post."""
        return None if self.posts_held_by_people is None else ceil(self.posts_held_by_people)


@dataclass(frozen=True, slots=True)
class Pressure:
    """Need in full-time posts over posts. None where a unit has a need and no posts, or nobody has any posts."""

    highest: Fraction | None
    lowest: Fraction | None

    @property
    def spread(self) -> Fraction | None:
        return None if self.highest is None or self.lowest is None else self.highest - self.lowest


@dataclass(frozen=True, slots=True)
class Gain:
    """Cost and gain of one pool's scenario."""

    posts_moved: Fraction
    units: tuple[UnitCost, ...]  # units that give, in the order of the instance
    posts_held_by_people: Fraction | None  # over all of them; None when that would say too much about few workers
    people_at_least: int | None  # who must move, over all units
    post_kilometres: float | None  # Σ posts × straight line, the least possible; None without the sites of all
    before: Pressure
    after: Pressure

    @property
    def highest_falls_by(self) -> Fraction | None:
        highest, lower = self.before.highest, self.after.highest
        return None if highest is None or lower is None else highest - lower

    @property
    def spread_falls_by(self) -> Fraction | None:
        wide, narrow = self.before.spread, self.after.spread
        return None if wide is None or narrow is None else wide - narrow


def gain(
    instance: Instance,
    final: Sequence[int],
    need_fte: Sequence[Fraction],
    movable: Sequence[Movable],
    minimum_workers: int,
    sites: Sequence[Site] = (),
) -> Gain:
    """Cost and gain of the allocation `final`, in steps.

    Args:
        instance: with a current state.
        final: (unit,) steps.
        need_fte: (unit,) full-time posts.
        movable: (unit,) what can move without asking, from the register (`register.movable_posts`).
        minimum_workers: fewer workers than this behind a figure, and it is withheld.
        sites: of all units that give or get, for the kilometres.

    Raises:
        RequestError: no current state, or tables that do not follow the units.
    """
    if instance.current is None:
        raise RequestError("plan_needs_current")
    if tuple(m.unit for m in movable) != instance.units:
        raise RequestError("plan_movable_units")
    if len(need_fte) != len(instance.units):
        raise RequestError("allocation_lengths_differ", units=len(instance.units))
    today = [c * instance.step for c in instance.current]
    then = [x * instance.step for x in final]
    change = dict(zip(instance.units, (b - a for a, b in zip(today, then, strict=True)), strict=True))
    units, held, people = _costs(change, movable, minimum_workers)
    return Gain(
        posts_moved=sum((c for c in change.values() if c > 0), Fraction(0)),
        units=units,
        posts_held_by_people=held,
        people_at_least=people,
        post_kilometres=least_kilometres(change, sites),
        before=pressure(need_fte, today),
        after=pressure(need_fte, then),
    )


def _costs(
    change: Mapping[str, Fraction], movable: Sequence[Movable], minimum_workers: int
) -> tuple[tuple[UnitCost, ...], Fraction | None, int | None]:
    """By giving unit, then posts and people over all: withheld where too few workers stand behind."""
    givers = [m for m in movable if change[m.unit] < 0]
    costs = [_cost(m, -change[m.unit]) for m in givers]
    few = [m.workers_n < minimum_workers for m in givers]
    units = tuple(_withheld(cost) if hidden else cost for cost, hidden in zip(costs, few, strict=True))
    # One withheld unit would be found again as the total less the others.
    if givers and (sum(m.workers_n for m in givers) < minimum_workers or few.count(True) == 1):
        return units, None, None
    held = sum((cost.posts_held_by_people or Fraction(0) for cost in costs), Fraction(0))
    return units, held, sum(cost.people_at_least or 0 for cost in costs)


def _cost(movable: Movable, given: Fraction) -> UnitCost:
    on_vacancies = min(given, movable.vacant)
    on_departures = min(given - on_vacancies, sum(movable.departures, Fraction(0)))
    return UnitCost(movable.unit, given, on_vacancies, on_departures, given - on_vacancies - on_departures)


def _withheld(cost: UnitCost) -> UnitCost:
    return UnitCost(cost.unit, cost.posts_given, None, None, None)


def pressure(need_fte: Sequence[Fraction], posts: Sequence[Fraction]) -> Pressure:
    """Highest and lowest need over posts; units with neither are left out."""
    if any(need and not held for need, held in zip(need_fte, posts, strict=True)):
        return Pressure(None, None)
    loads = [Fraction(need) / held for need, held in zip(need_fte, posts, strict=True) if held]
    return Pressure(max(loads, default=None), min(loads, default=None))


def least_kilometres(change: Mapping[str, Fraction], sites: Sequence[Site]) -> float | None:
    """Post-kilometres of the cheapest way to bring what some units give to those that get it.

    A minimum-cost flow from sites to sites, exact in whole metres: a site gives no more than it holds, and receiving
    sites may take any number. None when a unit that gives or gets has no site, or gives more than its sites hold.
    """
    moving = {unit: posts for unit, posts in change.items() if posts}
    if not moving:
        return 0.0
    if sum(moving.values()) or any(all(site.unit != unit for site in sites) for unit in moving):
        return None
    grain = lcm(*(p.denominator for p in moving.values()), *(site.posts.denominator for site in sites))
    nodes = {name: i for i, name in enumerate([*moving, *((site.site,) for site in sites)])}
    flow = min_cost_flow.SimpleMinCostFlow()
    givers = [site for site in sites if moving.get(site.unit, 0) < 0]
    takers = [site for site in sites if moving.get(site.unit, 0) > 0]
    everything = int(sum(p for p in moving.values() if p > 0) * grain)
    add = flow.add_arc_with_capacity_and_unit_cost
    for site in givers:
        add(nodes[site.unit], nodes[(site.site,)], int(site.posts * grain), 0)
        for other in takers:
            metres = round(straight_line_km(site, other) * METRES_PER_KM)
            add(nodes[(site.site,)], nodes[(other.site,)], everything, metres)
    for other in takers:
        add(nodes[(other.site,)], nodes[other.unit], everything, 0)
    for unit, posts in moving.items():
        flow.set_node_supply(nodes[unit], int(-posts * grain))
    status = flow.solve()  # type: ignore[no-untyped-call]
    if status == flow.INFEASIBLE:
        return None
    if status != flow.OPTIMAL:
        raise WorkloadError("plan_not_proven", status=status)
    return float(flow.optimal_cost() / grain / METRES_PER_KM)


def straight_line_km(a: Site, b: Site) -> float:
    """Great-circle distance (haversine; Sinnott, "Virtues of the haversine", 1984)."""
    lat_a, lat_b = radians(a.latitude), radians(b.latitude)
    h = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(b.longitude - a.longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(h, 1.0)))
