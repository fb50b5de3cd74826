"""US House of Representatives 2020: 435 seats, at least one each, Huntington–Hill = the official apportionment."""

import csv
from pathlib import Path

import pytest

from tests.property.test_allocation_apportionment import (
    divisor_method,
    largest_remainders,
    rounded_half_up,
    rounded_up,
)
from workload.allocation.instance import Fairness, to_instance
from workload.allocation.rules import MinimumPresence
from workload.allocation.solver import solve

TABLE = Path(__file__).parents[2].parent / "shared" / "reference" / "us2020_apportionment.csv"
SEATS = 435


@pytest.fixture(scope="module")
def states():
    if not TABLE.exists():
        pytest.skip(f"reference table not here: {TABLE}")
    with TABLE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def apportion(states, fairness, *, floor=1, **options):
    names = [state["Name"] for state in states]
    population = [state["APPORTIONMENT_POPULATION"] for state in states]
    rules = (MinimumPresence(dict.fromkeys(names, floor)),)
    return solve(to_instance(names, population, SEATS, step=1, fairness=fairness, rules=rules), **options)


@pytest.mark.parametrize("options", [{}, {"workers": 2}, {"seed": 7}, {"workers": 2, "seed": 12345}])
def test_geometric_gives_the_official_seats(states, options):
    allocation = apportion(states, Fairness.GEOMETRIC, **options)
    assert allocation.steps == tuple(int(state["official_seats"]) for state in states)
    assert allocation.status == "OPTIMAL"
    assert allocation.tied == ()


@pytest.mark.parametrize(
    ("fairness", "method"),
    [
        (Fairness.LEAST_SQUARES, lambda need: divisor_method(need, SEATS, rounded_half_up)),
        (Fairness.LEAST_MAXIMUM, lambda need: divisor_method(need, SEATS, rounded_up)),
        (Fairness.LEAST_ABSOLUTE, lambda need: largest_remainders(need, SEATS)),
    ],
)
def test_other_fairnesses_give_webster_adams_hamilton(states, fairness, method):
    population = [int(state["APPORTIONMENT_POPULATION"]) for state in states]
    assert apportion(states, fairness, floor=0).steps == method(population)
