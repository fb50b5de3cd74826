"""What an attacker can deduce against a pattern of withheld cells, as cuts that a safe pattern must satisfy.

An attacker sees the published cells and the equations. A second table she cannot tell from the true one is the true
one plus a movement d with M d = 0, d = 0 outside the withheld cells and on those she knows, and no cell below zero or
below her own part. A sensitive cell is safe when some d raises it by what it is owed and another lowers it as much.
Where none does, linear-programming duality names a combination of equations that pins it down, and an inequality on
the withheld cells that excludes every pattern pinned down the same way (Fischetti and Salazar-González, "Models and
algorithms for optimizing cell suppression in tabular data with linear constraints", JASA 95, 2000).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from workload.store.disclosure.highs import linear
from workload.store.disclosure.matrices import beside
from workload.store.disclosure.movements import Movements
from workload.store.disclosure.problem import Attacker, Floats, Mask, Places, Problem, components

_ENOUGH = 1 - 1e-7  # of what is owed: the solver's own tolerance
_PLENTY = 30  # breaches after which the other contributors wait for the next pattern
_FAR = 1e4  # a movement this many times the amount owed is as good as unbounded


@dataclass(frozen=True, slots=True)
class Cut:
    """Σ weights[j] · withheld[places[j]] ≥ least."""

    places: Places
    weights: Floats
    least: float = 1.0

    def holds(self, withheld: Mask) -> bool:
        return float(self.weights[withheld[self.places]].sum()) >= self.least - 1e-6


@dataclass(frozen=True, slots=True)
class Target:
    """A sensitive cell that must be able to move by `owed`, up (side = 1) or down (side = -1)."""

    place: int
    side: int
    owed: float


@dataclass(frozen=True, slots=True)
class Breach:
    target: Target
    attacker: Attacker
    cut: Cut


def breaches(problem: Problem, withheld: Mask, seen: Movements) -> list[Breach]:
    """Every sensitive cell too narrow for the outsider, and where none is, for the contributors.

    seen: movements found so far, of this pattern or another; most serve many targets and many attackers.
    """
    seen.keep_within(withheld)
    fields = [_Field.of(problem, withheld, p) for p in components(problem.matrix, np.flatnonzero(withheld))]
    outsider, *contributors = problem.attackers
    found = _attacked(problem, fields, outsider, seen)
    for attacker in [] if found else contributors:
        if withheld[attacker.places].any():
            found += _attacked(problem, fields, attacker, seen)
        if len(found) > _PLENTY:
            break
    return found


def targets(problem: Problem, attacker: Attacker) -> list[Target]:
    """What the attacker must be left uncertain about, the largest amounts first: their movements serve smaller ones."""
    known, found = dict(zip(attacker.places.tolist(), attacker.amounts.tolist(), strict=True)), []
    for place, demands in problem.demands.items():
        value = float(problem.value[place])
        owed = attacker.owed(demands, place)
        if owed > 1e-9 * max(1.0, value):
            room = value - known.get(place, 0.0)
            found += [Target(place, 1, owed)] + ([Target(place, -1, min(owed, room))] if room > 0 else [])
    return sorted(found, key=lambda t: (-t.owed, t.place, t.side))


def _attacked(problem: Problem, fields: list["_Field"], attacker: Attacker, seen: Movements) -> list[Breach]:
    field_of = {int(p): field for field in fields for p in field.places}
    pending = targets(problem, attacker)
    found = []
    up, down = seen.reach(attacker)
    for target in pending:
        reached = (up if target.side > 0 else down)[target.place]
        if reached >= target.owed * _ENOUGH:
            continue
        field = field_of[target.place]
        box = field.box(attacker)
        movement = field.nearest(target, *box)
        if movement is None:
            moved, multipliers = field.furthest(target, *box)
            if moved * target.side < target.owed * _ENOUGH:
                found.append(Breach(target, attacker, field.cut(attacker, target, multipliers)))
        else:
            more_up, more_down = seen.add(movement, attacker)
            up, down = np.maximum(up, more_up), np.maximum(down, more_down)
    return found


@dataclass(frozen=True, slots=True)
class _Field:
    """One component of the withheld cells. rows: (m, k) its equations, row_ids: which they are. effort: (k,) of moving
    each cell, more where one worker knows most of it: a movement that leaves those alone fits more attackers."""

    problem: Problem
    places: Places
    rows: sparse.csr_array
    row_ids: Places
    effort: Floats
    at: dict[int, int]

    @classmethod
    def of(cls, problem: Problem, withheld: Mask, places: Places) -> "_Field":
        part = problem.matrix[:, places]
        ids = np.flatnonzero(np.diff(part.indptr))
        effort = np.array([1 + 4 * problem.facts[p].largest / problem.value[p] for p in places])
        return cls(problem, places, part[ids], ids, effort, {int(p): k for k, p in enumerate(places)})

    def box(self, attacker: Attacker) -> tuple[Floats, Floats]:
        """(k,) lower and upper ends of the movements this attacker cannot exclude."""
        low, high = -self.problem.value[self.places], np.full(len(self.places), np.inf)
        for place, amount in zip(attacker.places.tolist(), attacker.amounts.tolist(), strict=True):
            if place in self.at:
                low[self.at[place]] += amount
        low = np.minimum(low, 0.0)
        for place in attacker.lone.tolist():
            if place in self.at:
                low[self.at[place]] = high[self.at[place]] = 0.0
        return low, high

    def nearest(self, target: Target, low: Floats, high: Floats) -> Floats | None:
        """(n,) a movement that carries the target as far as is owed and the others as little as it can: it touches few
        cells, so it fits most other attackers. None: there is none."""
        k, unit, at = len(self.places), target.owed, self.at[target.place]
        if not (low[at] <= target.side * unit * _ENOUGH <= high[at]):
            return None
        bottom, top = low / unit, np.minimum(high / unit, _FAR)
        bottom[at] = top[at] = target.side * _ENOUGH
        zero = np.zeros(k)
        solved = linear(
            np.concatenate([self.effort, self.effort]),
            beside(self.rows, -self.rows),
            np.concatenate([np.maximum(bottom, zero), np.maximum(-top, zero)]),
            np.concatenate([np.maximum(top, zero), np.maximum(-bottom, zero)]),
        )
        if solved is None:
            return None
        movement = np.zeros(len(self.problem.cells))
        movement[self.places] = (solved.x[:k] - solved.x[k:]) * unit
        return movement

    def furthest(self, target: Target, low: Floats, high: Floats) -> tuple[float, Floats]:
        """How far the target can be carried, and the multipliers of the equations that hold it there."""
        unit, at = target.owed, self.at[target.place]
        goal = np.zeros(len(self.places))
        goal[at] = -target.side
        solved = linear(goal, self.rows, low / unit, np.minimum(high / unit, _FAR))
        if solved is None:
            raise RuntimeError("the linear solver found not even the published table possible")
        return float(solved.x[at] * unit), -solved.multipliers

    def cut(self, attacker: Attacker, target: Target, multipliers: Floats) -> Cut:
        """With y the multipliers and r = side · e_target − Mᵀy: every movement has side · d_target = Σ r d, so that
        Σ max(r, 0) · (how far d can rise) + max(−r, 0) · (how far it can fall) must reach what is owed. A withheld
        cell can rise without limit and falls to zero or to her part; any term can be cut at the amount owed."""
        problem = self.problem
        r = -(problem.matrix[self.row_ids].T @ multipliers)
        r[target.place] += target.side
        r[np.abs(r) < 1e-7] = 0.0
        fall = problem.value.copy()
        fall[attacker.places] = np.maximum(0.0, fall[attacker.places] - attacker.amounts)
        weights = np.where(r > 0, 1.0, np.minimum(1.0, -r * fall / target.owed))
        weights[attacker.lone] = 0.0
        own = float(weights[target.place])  # always withheld
        weights[target.place] = 0.0
        if own < 1:
            weights = np.minimum(1.0, weights / (1 - own))
        places = np.flatnonzero(weights > 1e-9)
        return Cut(places, weights[places])
