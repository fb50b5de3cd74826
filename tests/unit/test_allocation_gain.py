from fractions import Fraction
from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workload.allocation.gain import Pressure, Site, gain, least_kilometres, pressure, straight_line_km
from workload.allocation.instance import Instance
from workload.allocation.register import Movable, movable_posts
from workload.errors import RequestError

PAIR = Instance(("longwy", "briey"), (4, 6), (Fraction(10), Fraction(10)), 20, Fraction(1, 2))
HALF = Fraction(1, 2)


def movable(vacant=0, departing=0, workers=9):
    return Movable("longwy", Fraction(vacant), (Fraction(departing),), Fraction(0), Fraction(4), workers)


BRIEY = Movable("briey", Fraction(0), (Fraction(0),), Fraction(0), Fraction(5), 9)
NEED = (Fraction(4), Fraction(6))


def test_cost_and_gain_by_hand():
    found = gain(PAIR, (8, 12), NEED, (movable(vacant=HALF, departing=0), BRIEY), 5)
    (longwy,) = found.units
    assert (longwy.posts_given, longwy.on_vacancies, longwy.posts_held_by_people) == (1, HALF, HALF)
    assert (found.posts_moved, found.people_at_least) == (1, 1)
    assert found.before == Pressure(Fraction(6, 5), Fraction(4, 5))
    assert (found.highest_falls_by, found.spread_falls_by) == (Fraction(1, 5), Fraction(2, 5))
    assert found.post_kilometres is None
    nobody = gain(PAIR, (8, 12), NEED, (movable(vacant=HALF, departing=2), BRIEY), 5)
    assert (nobody.units[0].on_departures, nobody.people_at_least) == (HALF, 0)


def test_few_workers_are_not_shown():
    found = gain(PAIR, (8, 12), NEED, (movable(workers=4), BRIEY), 5)
    assert found.units[0].posts_given == 1  # the allocation itself says so
    assert (found.units[0].on_vacancies, found.units[0].people_at_least, found.people_at_least) == (None, None, None)


def test_one_small_unit_cannot_be_found_by_subtraction():
    three = Instance(("longwy", "briey", "nancy"), (1, 1, 8), (Fraction(6),) * 3, 18, HALF)
    rows = (movable(workers=4), BRIEY, Movable("nancy", Fraction(0), (Fraction(0),), Fraction(0), Fraction(3), 9))
    found = gain(three, (4, 4, 10), (Fraction(1), Fraction(1), Fraction(8)), rows, 5)
    assert found.people_at_least is None
    assert found.units[1].people_at_least == 1


def test_no_move_and_empty_territories():
    found = gain(PAIR, (10, 10), NEED, (movable(), BRIEY), 5)
    assert (found.posts_moved, found.units, found.people_at_least, found.post_kilometres) == (0, (), 0, 0.0)
    assert pressure([Fraction(1)], [Fraction(0)]) == Pressure(None, None)
    assert pressure([Fraction(0)], [Fraction(0)]).spread is None
    with pytest.raises(RequestError):
        gain(PAIR, (10, 10), NEED, (BRIEY, movable()), 5)


def test_paris_to_lyon():
    paris, lyon = Site("p", "a", 2.3522, 48.8566, HALF), Site("l", "b", 4.8357, 45.7640, HALF)
    assert straight_line_km(paris, lyon) == pytest.approx(391.5, abs=1)  # the usual figure


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=4),
    st.lists(st.integers(1, 2), min_size=4, max_size=4),
)
def test_kilometres_are_the_least_of_all_pairings(places, held):
    """Two sites give two half-posts in all, two get them: every pairing of half-posts tried."""
    sites = [
        Site(f"s{i}", "ab"[i // 2], lon / 10, 48 + lat / 10 + extra / 100, held[i] * HALF)
        for i, (extra, lon, lat) in enumerate(places)
    ]
    found = least_kilometres({"a": Fraction(-1), "b": Fraction(1)}, sites)
    halves = [site for site in sites[:2] for _ in range(int(site.posts * 2))]
    ways = [
        (straight_line_km(halves[i], to[0]) + straight_line_km(halves[j], to[1])) / 2
        for i in range(len(halves)) for j in range(i) for to in product(sites[2:], repeat=2)
    ]  # fmt: skip
    assert found == pytest.approx(min(ways), abs=0.01)


def test_kilometres_need_every_site():
    here = Site("s", "a", 5.7, 49.5, Fraction(1))
    assert least_kilometres({"a": Fraction(-1), "b": Fraction(1)}, [here]) is None
    there = Site("t", "b", 6.1, 48.7, Fraction(1))
    assert least_kilometres({"a": Fraction(-2), "b": Fraction(2)}, [here, there]) is None  # gives more than it holds


def test_what_the_register_lets_move():
    register = pd.DataFrame(
        {
            "territory": ["longwy"] * 6 + ["briey"],
            "fte": [1.0, 0.5, 0.8, 1.0, 0.1, 0.2, 1.0],
            "occupied": [False, True, True, True, True, True, False],
            "locked": [False, False, False, True, False, False, True],
            "departure_year": pd.array([None, 2025, 2027, 2026, 2040, None, None], dtype="Int64"),
        }
    )
    longwy, briey = movable_posts(register, ("longwy", "briey"), 2026, 3)
    assert (longwy.vacant, longwy.departures) == (1, (HALF, Fraction(4, 5), 0))
    assert longwy.occupied == Fraction(3, 10)  # 0.1 + 0.2, exactly; the locked post and the departures apart
    assert (longwy.workers_n, briey.vacant, briey.workers_n) == (5, 0, 0)
