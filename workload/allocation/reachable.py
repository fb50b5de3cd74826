"""Can a unit still get a posts when the weights are off? Exact, by branch and bound over the steps of the others.

The convex envelopes of the step functions of `step_forms` give a linear programme once a common factor normalises the
weights (Charnes & Cooper, "Programming with linear fractional functionals", 1962); intervals are split at the steps.
Every bound is proven in fractions, and every "yes" is an allocation solved exactly at the weights that give it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from workload.allocation.lp_bound import LinearProgramme, solve_with_bound
from workload.allocation.step_forms import Factors, Other, Question, normal_form, other_units

NODES_AT_MOST = 400
FACTOR_GRAIN = 2**30  # factors that floats propose are read as multiples of 1/FACTOR_GRAIN
NEAR = 1e-9  # floats this close to a step are taken to be on it

Node = tuple[tuple[int, int], ...]  # (other,) fewest and most steps
Row = tuple[tuple[Fraction, ...], dict[int, Fraction], Fraction]  # form·v + extra·own ≤ limit
Lines = list[tuple[Fraction, Fraction]]  # slope, intercept


class Reach(StrEnum):
    YES = "yes"  # an allocation was solved that does it
    NO = "no"  # proven
    TIE = "tie"  # at best in a tie, which precedence or the lot decided otherwise where it was tried
    UNPROVEN = "unproven"  # too many cases


@dataclass(frozen=True, slots=True)
class Reached:
    answer: Reach
    factors: Factors | None  # (component,) on the weights, that do it


def reachable(question: Question) -> Reached:
    """Whether some weights of the box let the unit have at least, or at most, that many steps."""
    instance, t, a = question.instance, question.t, question.a
    lo, hi = question.box.lo[t], question.box.hi[t]
    declared = tuple(Fraction(1) for _ in question.weights.low)
    if question.fulfilled(declared):
        return Reached(Reach.YES, declared)
    if (a > hi if question.rise else a < lo) or not any(question.table[t]):
        return Reached(Reach.NO, None)  # without need its steps do not depend on the weights
    search = _Search(question, normal_form(instance, question.table, t), other_units(question))
    return search.run()


class _Search:
    """Branch and bound: the fewest steps others take before t's a-th (rise), or minus the most (fall)."""

    def __init__(self, question: Question, normal: Sequence[Fraction], others: Sequence[Other]) -> None:
        self.question, self.normal, self.others = question, normal, others
        self.sign = 1 if question.rise else -1
        self.goal = self.sign * (question.instance.total_steps - question.a)
        self.sides: tuple[Factors, Factors] = (question.weights.low, question.weights.high)
        least, most = (sum((w * n for w, n in zip(side, normal, strict=True)), Fraction(0)) for side in self.sides)
        self.tau = (1 / most, 1 / least)  # range of the common factor that normalises
        self.span = 1 + max((abs(other.most) + abs(other.least) for other in others), default=Fraction(0))

    def run(self) -> Reached:
        waiting = [tuple(self._range(other) for other in self.others)]
        tie = False
        for _ in range(NODES_AT_MOST):
            if not waiting:
                return Reached(Reach.TIE if tie else Reach.NO, None)
            node = waiting.pop()
            found = self._relaxed(node)
            if found is None:
                continue
            if (witness := self._witness(node, found)) is not None:
                return Reached(Reach.YES, witness)
            children = self._children(node, self._forms(found))
            tie |= not children
            waiting += children
        return Reached(Reach.UNPROVEN, None)

    def _range(self, other: Other) -> tuple[int, int]:
        """Fewest and most steps over all weights; where equal is enough, ties count for the answer."""
        least = sum(c is not None and c < other.least for c in other.thresholds)
        most = sum(c is not None and c <= other.most for c in other.thresholds)
        return other.lo + least, other.lo + most

    def _interval(self, other: Other, steps: tuple[int, int]) -> tuple[Fraction, Fraction]:
        """Values of the form that leave the unit with so many steps, its ends included."""
        k, most = steps[0] - other.lo, steps[1] - other.lo
        below = other.thresholds[k - 1] if k else None
        above = other.thresholds[most] if most < len(other.thresholds) else None
        return (
            other.least if below is None else max(other.least, below),
            other.most if above is None else min(other.most, above),
        )

    def _hull(self, other: Other, steps: tuple[int, int]) -> Lines:
        """Lines (slope, intercept) under the step function on its interval."""
        low, high = self._interval(other, steps)
        points = [(low, Fraction(self.sign * steps[0])), (high, Fraction(self.sign * steps[1]))]
        for k in range(steps[0], steps[1]):
            at = other.thresholds[k - other.lo]
            if at is not None and low <= at <= high:
                points.append((at, Fraction(self.sign * (k if self.sign > 0 else k + 1))))
        return _lower_hull(points)

    def _relaxed(self, node: Node) -> list[float] | None:
        """The relaxation's optimal weights and their common factor; None when the node is proven to hold nothing."""
        if sum(self._best(steps) for steps in node) > self.goal:
            return None
        intervals = [self._interval(other, steps) for other, steps in zip(self.others, node, strict=True)]
        if any(low > high for low, high in intervals):
            return None
        violated = solve_with_bound(self._programme(self._common_slack(intervals), [(Fraction(0), self.span)]))
        if violated is not None and violated[1] > 0:
            return None
        heights = [tuple(sorted((self.sign * Fraction(k), self.sign * Fraction(m)))) for k, m in node]
        found = solve_with_bound(self._programme(self._envelopes(node, intervals), heights))
        if found is not None and found[1] > self.goal:
            return None
        return (found or violated or ([1.0] * (len(self.normal) + 1), Fraction(0)))[0]

    def _best(self, steps: tuple[int, int]) -> int:
        return min(self.sign * steps[0], self.sign * steps[1])

    def _common_slack(self, intervals: Sequence[tuple[Fraction | None, Fraction | None]]) -> list[Row]:
        """low − p ≤ form ≤ high + p, with one p for all."""
        rows: list[Row] = []
        for other, (low, high) in zip(self.others, intervals, strict=True):
            if high is not None:
                rows.append((other.form, {0: Fraction(-1)}, high))
            if low is not None:
                rows.append((tuple(-f for f in other.form), {0: Fraction(-1)}, -low))
        return rows

    def _envelopes(self, node: Node, intervals: Sequence[tuple[Fraction, Fraction]]) -> list[Row]:
        """low ≤ form ≤ high, and a height above every line of the envelope."""
        rows: list[Row] = []
        for j, (other, steps, (low, high)) in enumerate(zip(self.others, node, intervals, strict=True)):
            rows += [(other.form, {}, high), (tuple(-f for f in other.form), {}, -low)]
            for slope, intercept in self._hull(other, steps):
                rows.append((tuple(slope * f for f in other.form), {j: Fraction(-1)}, -intercept))
        return rows

    def _programme(self, rows: Sequence[Row], extra: Sequence[tuple[Fraction, ...]]) -> LinearProgramme:
        """Least sum of the extra variables, after the weights v and their common factor τ: v = τ × factors."""
        n, zero = len(self.normal), Fraction(0)
        (low, high), (tau_low, tau_high) = self.sides, self.tau
        units = [[Fraction(i == j) for j in range(n)] for i in range(n)]
        box = [([-a for a in unit] + [f], zero) for unit, f in zip(units, low, strict=True)]
        box += [([*unit, -f], zero) for unit, f in zip(units, high, strict=True)]
        table = [([*form, zero, *(own.get(j, zero) for j in range(len(extra)))], limit) for form, own, limit in rows]
        table += [([*row, *[zero] * len(extra)], limit) for row, limit in box]
        return LinearProgramme(
            cost=[zero] * (n + 1) + [Fraction(1)] * len(extra),
            rows=[row for row, _ in table],
            limits=[limit for _, limit in table],
            equal=[*self.normal, *[zero] * (1 + len(extra))],
            low=[*(f * tau_low for f in low), tau_low, *(bounds[0] for bounds in extra)],
            high=[*(f * tau_high for f in high), tau_high, *(bounds[-1] for bounds in extra)],
        )

    def _witness(self, node: Node, x: Sequence[float]) -> Factors | None:
        """Factors that really do it, as far as possible from every step the relaxed point suggests to keep clear of."""
        chosen = [self._suggested(*parts) for parts in zip(self.others, node, self._forms(x), strict=True)]
        if sum(self.sign * k for k, _ in chosen) > self.goal:
            return None
        sides = [(None, at) if self.sign > 0 else (at, None) for _, at in chosen]
        inside = solve_with_bound(self._programme(self._common_slack(sides), [(-self.span, self.span)]))
        for point in (x, *([inside[0]] if inside else [])):
            factors = self._factors(point)
            if self.question.fulfilled(factors):
                return factors
        return None

    def _suggested(self, other: Other, steps: tuple[int, int], form: float) -> tuple[int, Fraction | None]:
        """The number of steps at the form's value, ties in our favour, and the value it must stay clear of."""
        marks = [other.thresholds[k - other.lo] for k in range(steps[0], steps[1])]
        past = sum(c is not None and float(c) < form - self.sign * NEAR for c in marks)
        k = steps[0] + past - other.lo
        bound = k if self.sign > 0 else k - 1
        return k + other.lo, other.thresholds[bound] if 0 <= bound < len(other.thresholds) else None

    def _factors(self, x: Sequence[float]) -> Factors:
        """Exact factors near the floats, inside the box."""
        n = len(self.normal)
        found = (Fraction(round(v / x[n] * FACTOR_GRAIN), FACTOR_GRAIN) for v in x[:n])
        return tuple(min(max(f, low), high) for f, low, high in zip(found, *self.sides, strict=True))

    def _forms(self, x: Sequence[float]) -> list[float]:
        return [sum(float(f) * v for f, v in zip(other.form, x, strict=False)) for other in self.others]

    def _children(self, node: Node, forms: Sequence[float]) -> list[Node]:
        """Two halves of the widest range, cut at the step nearest to the relaxed point; none when all are settled."""
        j = max(range(len(node)), key=lambda i: node[i][1] - node[i][0], default=-1)
        if j < 0 or node[j][0] == node[j][1]:
            return []
        (k, most), other = node[j], self.others[j]
        cut = min(range(k, most), key=lambda s: abs(float(other.thresholds[s - other.lo] or 0) - forms[j]))
        return [(*node[:j], half, *node[j + 1 :]) for half in ((k, cut), (cut + 1, most))]


def _lower_hull(points: Sequence[tuple[Fraction, Fraction]]) -> Lines:
    """Lines (slope, intercept) under all points, touching their convex hull from below."""
    lowest: dict[Fraction, Fraction] = {}
    for x, y in points:
        lowest[x] = min(y, lowest.get(x, y))
    hull: list[tuple[Fraction, Fraction]] = []
    for point in sorted(lowest.items()):
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-1], point):
            hull.pop()
        hull.append(point)
    if len(hull) == 1:
        return [(Fraction(0), hull[0][1])]
    return [(_slope(a, b), a[1] - _slope(a, b) * a[0]) for a, b in pairwise(hull)]


def _slope(a: tuple[Fraction, Fraction], b: tuple[Fraction, Fraction]) -> Fraction:
    return (b[1] - a[1]) / (b[0] - a[0])
