"""What a computation may count in a territory whose own count is withheld.

A withheld count that entered the need would come back: the need of a territory is told exactly, and so are the weights
and all other counts. Summing ledger rows does not help, since other territories give the weights. So nothing that is
told of a scenario may depend on the count itself; what stands in its place depends only on

- what is published of the indicator, or was: then it tells nothing at all (`deduced`); or
- besides, on the step in which a sum lies, where their common sum is all that is published of them (`in_steps`).

Why the step is safe, even against somebody who knows this program. Let R be the published sum of n withheld counts, d
the one with most inhabitants and s the sum of the others, so that d + s = R. R is cut into K = ⌊R/w⌋ equal steps of
width R/K ≥ w, and the number k of the step of s is all that is told: s lies in [k, k + 1)·R/K, and d in its mirror
image (K − k − 1, K − k]·R/K, a step as well. So no border cuts the first step of either: where d or s is under the
minimum, everything from 1 to w − 1 stays possible. So it does for one count of several in s, since the others can take
what it gives. With w the minimum, what an interval is owed above it, and n − 1 for the one or more that each of the
others must have, no count under the minimum is known better than the rules allow (tests/property/test_substitutes.py
tries every table).

Rounding each count to a multiple of the minimum would not do: of two it leaves 1 or 2 where the rules owe 3, and a
large neighbour just above the middle between two multiples bounds the small count through R. Taking a coarser base
where an audit fails would tell that it failed.

Where finer places are published, or where an earlier publication showed another state, more is known than R, and the
argument does not hold: there the middle of what anybody can deduce stands in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from workload.models.design import shared_out
from workload.store.disclosure import Rules
from workload.store.disclosure.rules import whole_steps

_DIGITS = 3  # of an interval from a linear program: beyond, it depends on the path of the solver


@dataclass(frozen=True, slots=True)
class Known:
    """What everybody knows of the territories whose count is withheld.

    together: their sum, None where the département's figure is withheld too. between: territory → the interval that
    follows from all published figures, with every territory that is withheld. before: territory → the count that the
    latest publication of it showed. rate: territory → what it would have at the rate of the territories that are shown.
    """

    together: float | None
    between: Mapping[str, tuple[float, float]]
    before: Mapping[str, float]
    rate: Mapping[str, float]


def in_steps(
    counts: Mapping[str, float], people: Mapping[str, float], together: float, rules: Rules
) -> dict[str, float]:
    """Whole numbers that add up to `together`, but for a fraction of it.

    counts: every withheld one, two or more, each above zero; people: inhabitants of the same territories. A substitute
    may happen to be the count: nobody can tell.
    """
    most = max(people, key=lambda t: (people[t], t))
    others = [t for t in counts if t != most]
    owed = whole_steps(rules.protection_share * rules.minimum_workers, 1.0)
    steps_n = max(1, int(together // (rules.minimum_workers + owed + len(others))))
    inside = sum(Fraction(counts[t]) for t in others)
    step = min(steps_n - 1, int(inside * steps_n / Fraction(together)))
    middle = min(together, float(np.rint((step + 0.5) * together / steps_n)))
    shared = shared_out(middle, np.array([people[t] for t in others]))
    return dict(zip(others, map(float, shared), strict=True)) | {most: together - middle}


def deduced(known: Known) -> dict[str, float]:
    """As last published; else within what follows from the published figures, alike for all; else by inhabitants."""
    territories = list(known.between)
    low, high = (np.array([round(known.between[t][end], _DIGITS) for t in territories]) for end in (0, 1))
    if known.before.keys() >= set(territories):
        found = np.array([known.before[t] for t in territories])
        if known.together is not None:
            found = shared_out(known.together, found)
    elif known.together is not None and np.isfinite(high).all():
        room, left = high - low, max(0.0, known.together - float(low.sum()))
        found = shared_out(known.together, low + (room * left / room.sum() if room.sum() > 0 else 0.0))
    else:
        guess = [known.before.get(t, known.rate.get(t, 0.0)) for t in territories]
        found = np.rint(np.clip(guess, low, high))
    return {t: float(n) for t, n in zip(territories, found, strict=True)}


def rates(closed: Mapping[str, float], shown: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """closed: territory → inhabitants; shown: territory → (count, inhabitants). Zero where none is shown."""
    people = sum(of for _, of in shown.values())
    rate = sum(n for n, _ in shown.values()) / people if people else 0.0
    return {t: rate * of for t, of in closed.items()}
