"""What the register of posts says can move without asking anybody: vacancies and foreseen departures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from workload.units import exact


@dataclass(frozen=True, slots=True)
class Leavers:
    """People whose departure is not announced: each leaves with the same probability every year, independently."""

    people_n: int
    posts_each: Fraction
    annual_rate: Fraction  # 0…1


@dataclass(frozen=True, slots=True)
class Movable:
    """Posts of one unit that could go elsewhere, all in posts. Locked posts are in none of these."""

    unit: str
    vacant: Fraction
    departures: tuple[Fraction, ...]  # (year,) freed by announced departures in each year of the plan
    volunteers: Fraction  # occupied by people who would move
    occupied: Fraction  # occupied by the others, up to the end of the plan
    workers_n: int  # people behind these figures
    leavers: tuple[Leavers, ...] = ()  # among the occupied


def movable_posts(
    register: pd.DataFrame, units: Sequence[str], first_year: int, years_n: int, *, by: str = "territory"
) -> tuple[Movable, ...]:
    """(unit,) what each unit could give up in years first_year … first_year + years_n − 1; nobody volunteers yet.

    Args:
        register: the posts of one pool as `ingest.posts` gives them: fte, occupied, locked, departure_year and `by`.
        units: in this order.
        first_year: earlier departures count in it.
        years_n: length of the plan.
        by: the column that names the unit.
    """
    found = []
    for unit in units:
        posts = register[(register[by] == unit) & ~register["locked"].astype(bool)]
        held = posts[posts["occupied"].astype(bool)]
        year = held["departure_year"]
        freed = tuple(
            _fte(held[(year <= first_year).fillna(False) if y == 0 else (year == first_year + y).fillna(False)])
            for y in range(years_n)
        )
        vacant = _fte(posts[~posts["occupied"].astype(bool)])
        # Locked or not, they are people: the figures of a unit stand on everybody there.
        workers_n = int((register.loc[register[by] == unit, "occupied"].astype(bool)).sum())
        stay = _fte(held) - sum(freed, Fraction(0))
        found.append(Movable(unit, vacant, freed, Fraction(0), stay, workers_n))
    return tuple(found)


def _fte(posts: pd.DataFrame) -> Fraction:
    return sum((exact(fte) for fte in posts["fte"]), Fraction(0))
