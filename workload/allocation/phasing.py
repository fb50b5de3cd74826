"""A plan over the years from today's posts to the allocation: closest to it soonest, nobody asked before needed.

Moves ride on vacancies and departures first, on volunteers next, and on occupied posts only where that is allowed. The
total stays what it is in every year, and no unit ever moves away from its target.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from workload.allocation.departures import assured, freed_by, probability_at_least
from workload.allocation.instance import Instance
from workload.allocation.phasing_model import Giver, PhasingModel, Taker
from workload.allocation.register import Movable
from workload.errors import RequestError

YEARS_AT_MOST = 5


class Source(StrEnum):
    FREE = "free"  # vacancies and departures
    VOLUNTEERS = "volunteers"
    OCCUPIED = "occupied"  # people who must move


@dataclass(frozen=True, slots=True)
class Terms:
    """What the plan must keep to; all in posts."""

    years_n: int  # 1…5
    occupied_allowed: bool = False
    yearly_total: Fraction | None = None  # most posts moved in a year, all units together
    yearly_by_unit: Mapping[str, Fraction] = field(default_factory=dict)  # most that a unit gives or gets in a year
    assurance: Fraction = Fraction(1, 2)  # departures at a rate are counted on when at least this likely


@dataclass(frozen=True, slots=True)
class Move:
    """What one unit gives up in one year, in posts; `probability` that the departures it rides on have come by then."""

    year: int  # 1 is the first
    unit: str
    source: Source
    posts: Fraction
    probability: Fraction  # 1 for what is announced


@dataclass(frozen=True, slots=True)
class Plan:
    """Posts by unit and year, and what remains to move after the last."""

    units: tuple[str, ...]
    posts: tuple[tuple[Fraction, ...], ...]  # (year + 1, unit), today first
    distance: tuple[Fraction, ...]  # (year,) Σ |posts − final|: the least possible, the first year first
    moves: tuple[Move, ...]  # by year, then in the order of the units
    remaining: tuple[Fraction, ...]  # (unit,) final − posts of the last year: nothing where the plan arrives


def phase(instance: Instance, final: Sequence[int], movable: Sequence[Movable], terms: Terms) -> Plan:
    """The plan that is as close to the final allocation as can be after one year, then after two, and so on; then with
    the fewest occupied posts, then the fewest volunteers; then larger needs are served sooner (and give later), then
    by lot.

    Args:
        instance: one pool with a current state.
        final: (unit,) steps to arrive at; they add to what the units have today.
        movable: (unit,) in the order of the instance, its departures for every year.
        terms: see `Terms`.

    Raises:
        RequestError: no current state, a total that changes, years out of range, units in another order, a negative
            limit or an assurance outside 0…1.
    """
    _require(instance, final, movable, terms)
    today = [c * instance.step for c in instance.current or ()]
    target = [x * instance.step for x in final]
    givers = [_giver(m, now - then, terms) for m, now, then in zip(movable, today, target, strict=True) if now > then]
    takers = [
        Taker(unit, then - now, terms.yearly_by_unit.get(unit))
        for unit, now, then in zip(instance.units, today, target, strict=True)
        if then > now
    ]
    found = PhasingModel(instance, givers, takers, terms.years_n, terms.yearly_total).solve()
    posts = [tuple(today)]
    for y in range(terms.years_n):
        posts.append(
            tuple(
                p + found.taken.get((unit, y), Fraction(0)) - sum(found.given.get((unit, s, y), 0) for s in range(3))
                for unit, p in zip(instance.units, posts[-1], strict=True)
            )
        )
    distance = tuple(sum((abs(p - f) for p, f in zip(row, target, strict=True)), Fraction(0)) for row in posts[1:])
    remaining = tuple(f - p for f, p in zip(target, posts[-1], strict=True))
    return Plan(instance.units, tuple(posts), distance, _moves(movable, found.given, terms), remaining)


def _giver(movable: Movable, amount: Fraction, terms: Terms) -> Giver:
    """What the unit can have given by the end of each year, by source."""
    known, free = movable.vacant, []
    for y in range(terms.years_n):
        known += movable.departures[y]
        free.append(known + assured(freed_by(movable.leavers, y + 1), terms.assurance))
    # A leaver counted on frees a post that is occupied today: the same post is not given twice.
    occupied = [movable.occupied - (f - k) for f, k in zip(free, _known(movable, terms.years_n), strict=True)]
    occupied = [max(o, Fraction(0)) if terms.occupied_allowed else Fraction(0) for o in occupied]
    return Giver(
        movable.unit,
        amount,
        terms.yearly_by_unit.get(movable.unit),
        (tuple(free), (movable.volunteers,) * terms.years_n, (min(occupied),) * terms.years_n),
    )


def _known(movable: Movable, years_n: int) -> list[Fraction]:
    """Vacancies and announced departures up to each year."""
    return [movable.vacant + sum(movable.departures[: y + 1], Fraction(0)) for y in range(years_n)]


def _moves(
    movable: Sequence[Movable], given: Mapping[tuple[str, int, int], Fraction], terms: Terms
) -> tuple[Move, ...]:
    """Announced posts are used first: only what exceeds them rides on departures that may not come."""
    moves = []
    for y in range(terms.years_n):
        for m in movable:
            for s, source in enumerate(Source):
                posts = given.get((m.unit, s, y), Fraction(0))
                if not posts:
                    continue
                probability = Fraction(1)
                if source is Source.FREE:
                    so_far = sum((given.get((m.unit, s, z), Fraction(0)) for z in range(y + 1)), Fraction(0))
                    uncertain = so_far - _known(m, terms.years_n)[y]
                    probability = probability_at_least(freed_by(m.leavers, y + 1), uncertain)
                moves.append(Move(y + 1, m.unit, source, posts, probability))
    return tuple(moves)


def _require(instance: Instance, final: Sequence[int], movable: Sequence[Movable], terms: Terms) -> None:
    if instance.current is None:
        raise RequestError("plan_needs_current")
    if sum(final) != sum(instance.current):
        raise RequestError("plan_total_changes")
    if not 1 <= terms.years_n <= YEARS_AT_MOST:
        raise RequestError("plan_years", years=terms.years_n, most=YEARS_AT_MOST)
    if tuple(m.unit for m in movable) != instance.units or any(len(m.departures) < terms.years_n for m in movable):
        raise RequestError("plan_movable_units")
    limits = [*terms.yearly_by_unit.values(), terms.yearly_total or Fraction(0)]
    amounts = [a for m in movable for a in (m.vacant, m.volunteers, m.occupied, *m.departures)]
    if min(*limits, *amounts) < 0 or not 0 <= terms.assurance <= 1:
        raise RequestError("plan_negative_limit")
