"""How many posts departures at a yearly rate free by a given year, exactly: sums of binomials."""

from collections.abc import Sequence
from fractions import Fraction
from math import comb

from workload.allocation.register import Leavers

Distribution = dict[Fraction, Fraction]  # posts freed → probability


def freed_by(leavers: Sequence[Leavers], year: int) -> Distribution:
    """The distribution of the posts freed by the end of the year-th year (1 is the first).

    Each of n people has left by then with probability 1 − (1 − rate)^year, independently: a binomial by group, and
    the convolution of the groups (Poisson-binomial; Wang, "On the number of successes in independent trials", 1993).
    """
    found: Distribution = {Fraction(0): Fraction(1)}
    for group in leavers:
        gone = 1 - (1 - Fraction(group.annual_rate)) ** year
        n = group.people_n
        binomial = {k * group.posts_each: comb(n, k) * gone**k * (1 - gone) ** (n - k) for k in range(n + 1)}
        found = _convolved(found, binomial)
    return found


def probability_at_least(freed: Distribution, posts: Fraction) -> Fraction:
    return sum((p for amount, p in freed.items() if amount >= posts), Fraction(0))


def assured(freed: Distribution, assurance: Fraction) -> Fraction:
    """The most posts that are freed with at least this probability."""
    return max(posts for posts in freed if probability_at_least(freed, posts) >= assurance)


def _convolved(a: Distribution, b: Distribution) -> Distribution:
    found: Distribution = {}
    for x, p in a.items():
        for y, q in b.items():
            found[x + y] = found.get(x + y, Fraction(0)) + p * q
    return found
