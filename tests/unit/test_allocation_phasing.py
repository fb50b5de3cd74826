import time
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from workload.allocation.check import CheckError
from workload.allocation.instance import Instance
from workload.allocation.phasing import Move, Source, Terms, phase
from workload.allocation.phasing_check import check_plan
from workload.allocation.register import Leavers, Movable
from workload.errors import RequestError

HALF, NONE = Fraction(1, 2), Fraction(0)
PAIR = Instance(("longwy", "briey"), (28, 12), (Fraction(60), Fraction(20)), 80, HALF)  # 30 and 10 posts
FINAL = (56, 24)  # two posts move


def stock(unit, vacant=NONE, departures=(NONE,) * 5, volunteers=NONE, occupied=Fraction(20), leavers=()):
    return Movable(
        unit, Fraction(vacant), tuple(map(Fraction, departures)), Fraction(volunteers), occupied, 30, leavers
    )


def planned(longwy, terms):
    plan = phase(PAIR, FINAL, (longwy, stock("briey")), terms)
    check_plan(PAIR, FINAL, (longwy, stock("briey")), terms, plan)
    return plan


def test_vacancies_then_departures_then_volunteers():
    plan = planned(stock("longwy", HALF, (0, 1, 0, 0, 0), HALF), Terms(3))
    assert plan.posts == ((30, 10), (29, 11), (28, 12), (28, 12))
    assert plan.distance == (2, 0, 0)
    assert plan.moves == (
        Move(1, "longwy", Source.FREE, HALF, 1),
        Move(1, "longwy", Source.VOLUNTEERS, HALF, 1),
        Move(2, "longwy", Source.FREE, Fraction(1), 1),
    )
    assert plan.remaining == (0, 0)


def test_nobody_is_asked_when_a_departure_comes_in_time_for_the_same_distance():
    # Only half a post may move a year: there is no hurry, so the volunteer's post stays.
    plan = planned(stock("longwy", HALF, (0, 1, 1, 1, 1), 2), Terms(4, yearly_total=HALF))
    assert {move.source for move in plan.moves} == {Source.FREE}
    assert plan.distance == (3, 2, 1, 0)


def test_shortfall_is_printed_and_occupied_posts_only_if_allowed():
    short = planned(stock("longwy", HALF), Terms(2))
    assert short.remaining == (-Fraction(3, 2), Fraction(3, 2))
    allowed = planned(stock("longwy", HALF), Terms(2, occupied_allowed=True))
    assert allowed.remaining == (0, 0)
    assert [(move.source, move.posts) for move in allowed.moves] == [
        (Source.FREE, HALF),
        (Source.OCCUPIED, Fraction(3, 2)),
    ]


def test_departures_at_a_rate_carry_their_probability():
    # Four people, 15 % a year: by year 2 each has left with probability 1 − 0.85² = 0.2775.
    young = (Leavers(4, Fraction(1), Fraction(15, 100)),)
    plan = planned(stock("longwy", 0, leavers=young), Terms(2, assurance=Fraction(2, 5)))
    assert [(m.year, m.posts) for m in plan.moves] == [(1, 1)]
    assert plan.moves[0].probability == 1 - Fraction(85, 100) ** 4  # 0.478: at least one of four
    later = planned(stock("longwy", 0, leavers=young), Terms(2, assurance=Fraction(3, 5)))
    stay = Fraction(7225, 10000)
    assert [(m.year, m.posts, m.probability) for m in later.moves] == [(2, 1, 1 - stay**4)]


def test_announced_posts_are_certain_before_uncertain_ones():
    plan = planned(stock("longwy", 1, leavers=(Leavers(1, Fraction(1), Fraction(1, 2)),)), Terms(1))
    assert plan.moves == (Move(1, "longwy", Source.FREE, Fraction(2), HALF),)


def test_nothing_to_move():
    plan = phase(PAIR, (60, 20), (stock("longwy"), stock("briey")), Terms(2))
    assert (plan.distance, plan.moves, plan.remaining) == ((0, 0), (), (0, 0))
    check_plan(PAIR, (60, 20), (stock("longwy"), stock("briey")), Terms(2), plan)


@pytest.mark.parametrize(
    ("code", "instance", "final", "terms"),
    [
        ("plan_needs_current", replace(PAIR, current=None), FINAL, Terms(2)),
        ("plan_total_changes", PAIR, (56, 26), Terms(2)),
        ("plan_years", PAIR, FINAL, Terms(0)),
        ("plan_years", PAIR, FINAL, Terms(6)),
        ("plan_negative_limit", PAIR, FINAL, Terms(2, yearly_total=Fraction(-1))),
        ("plan_negative_limit", PAIR, FINAL, Terms(2, assurance=Fraction(2))),
    ],
)
def test_refused(code, instance, final, terms):
    with pytest.raises(RequestError) as caught:
        phase(instance, final, (stock("longwy"), stock("briey")), terms)
    assert caught.value.code == code


def test_units_in_another_order_are_refused():
    with pytest.raises(RequestError):
        phase(PAIR, FINAL, (stock("briey"), stock("longwy")), Terms(2))


CORRUPTIONS = [
    lambda p: replace(p, posts=(p.posts[0], (p.posts[1][0] + 1, p.posts[1][1]), *p.posts[2:])),
    lambda p: replace(p, posts=(p.posts[0], (p.posts[1][0] - 9, p.posts[1][1] + 9), *p.posts[2:])),
    lambda p: replace(p, distance=(NONE, *p.distance[1:])),
    lambda p: replace(p, moves=p.moves[1:]),
    lambda p: replace(p, moves=(replace(p.moves[0], posts=Fraction(2)), *p.moves[1:])),
    lambda p: replace(p, remaining=(Fraction(1), Fraction(-1))),
    lambda p: replace(p, posts=p.posts[:-1]),
]


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_the_verifier_rejects_what_is_misstated(corrupt):
    terms, rows = Terms(3), (stock("longwy", HALF, (0, 1, 0, 0, 0), HALF), stock("briey"))
    plan = phase(PAIR, FINAL, rows, terms)
    with pytest.raises(CheckError):
        check_plan(PAIR, FINAL, rows, terms, corrupt(plan))


def test_sixty_territories_over_five_years():
    rng = Random(4)
    units = tuple(f"t{i}" for i in range(60))
    final = [rng.randint(10, 40) for _ in units]
    current = final.copy()
    for _ in range(60):
        i, j = rng.sample(range(60), 2)
        if current[i]:
            current[i], current[j] = current[i] - 1, current[j] + 1
    instance = Instance(
        units, tuple(rng.randint(1, 99) for _ in units), tuple(map(Fraction, current)), sum(final), HALF
    )
    rows = tuple(stock(u, HALF * rng.randint(0, 1), [HALF * rng.randint(0, 1) for _ in range(5)], HALF) for u in units)
    terms = Terms(5, yearly_total=Fraction(6), yearly_by_unit=dict.fromkeys(units, Fraction(1)))
    start = time.process_time()
    plan = phase(instance, final, rows, terms)
    assert time.process_time() - start < 20
    check_plan(instance, final, rows, terms, plan)
