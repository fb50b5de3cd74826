"""The four fairnesses against the textbook methods they are known to equal (Balinski & Young 2001)."""

from fractions import Fraction
from math import floor, isqrt

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workload.allocation.instance import Fairness, Instance
from workload.allocation.rules import MinimumPresence
from workload.allocation.solver import greedy


def rounded_half_up(quotient):
    return floor(quotient + Fraction(1, 2))


def rounded_up(quotient):
    return -((-quotient) // 1)


def rounded_at_geometric_mean(quotient):
    low = floor(quotient)
    return low + (quotient * quotient >= low * (low + 1))


def divisor_method(need, seats, rounding):
    """Find a divisor at which the rounded quotients add to the seats; None where a tie leaves no such divisor."""
    low, high = Fraction(1, 2**20), Fraction(2 * sum(need) + 2)
    for _ in range(160):
        divisor = (low + high) / 2
        result = [rounding(n / divisor) for n in need]
        if sum(result) == seats:
            return tuple(int(x) for x in result)
        low, high = (divisor, high) if sum(result) > seats else (low, divisor)
    return None


def largest_remainders(need, seats):
    """None where equal remainders would need a tie-break."""
    shares = [divmod(n * seats, sum(need)) for n in need]
    order = sorted(range(len(need)), key=lambda t: -shares[t][1])
    left = seats - sum(whole for whole, _ in shares)
    if left > 0 and shares[order[left - 1]][1] == shares[order[left]][1]:
        return None
    return tuple(whole + (t in order[:left]) for t, (whole, _) in enumerate(shares))


def allocate(need, seats, fairness, floors=0):
    units = tuple(str(t) for t in range(len(need)))
    rules = (MinimumPresence(dict.fromkeys(units, floors)),) if floors else ()
    return greedy(Instance(units, tuple(need), None, seats, Fraction(1), fairness, rules=rules))


needs = st.lists(st.integers(1, 10**6), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(needs, st.integers(0, 300))
def test_least_squares_is_webster(need, seats):
    expected = divisor_method(need, seats, rounded_half_up)
    assume(expected is not None)
    assert allocate(need, seats, Fairness.LEAST_SQUARES) == expected


@settings(max_examples=200, deadline=None)
@given(needs, st.integers(0, 300))
def test_least_maximum_is_adams(need, seats):
    assume(seats >= len(need))
    expected = divisor_method(need, seats, rounded_up)
    assume(expected is not None)
    assert allocate(need, seats, Fairness.LEAST_MAXIMUM) == expected


@settings(max_examples=200, deadline=None)
@given(needs, st.integers(0, 300))
def test_geometric_is_huntington_hill(need, seats):
    assume(seats >= len(need))
    expected = divisor_method(need, seats, rounded_at_geometric_mean)
    assume(expected is not None)
    assert allocate(need, seats, Fairness.GEOMETRIC) == expected


@settings(max_examples=200, deadline=None)
@given(needs, st.integers(0, 300))
def test_least_absolute_is_largest_remainders(need, seats):
    expected = largest_remainders(need, seats)
    assume(expected is not None)
    assert allocate(need, seats, Fairness.LEAST_ABSOLUTE) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(10**11, 10**12), min_size=2, max_size=6), st.integers(10, 200))
def test_order_stays_exact_where_doubles_are_blind(need, seats):
    """Needs of 2^40 bring increments closer than 2^-53 of their size; the geometric test squares them again."""
    expected = divisor_method(need, seats, lambda q: floor(q) + (_above_geometric_mean(q)))
    assume(expected is not None)
    assert allocate(need, seats, Fairness.GEOMETRIC) == expected


def _above_geometric_mean(quotient):
    low = floor(quotient)
    return quotient.numerator > isqrt(low * (low + 1) * quotient.denominator**2)
