"""Movements found so far: what one attack shows to be possible, another need not work out again."""

import numpy as np

from workload.store.disclosure.problem import Attacker, Floats, Mask, Problem

_TOUCHED = 1e-9  # of the largest step of a movement


class Movements:
    """steps: (found, n), each possible for the outsider and as long as can be, since what is possible is convex and
    holds the truth: any shorter step in the same direction is possible too."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        n = len(problem.cells)
        self._aimed = np.array(sorted(problem.demands), dtype=np.intp)
        self._all = np.zeros((0, n))
        self._steps = np.zeros((0, n))

    def keep_within(self, withheld: Mask) -> None:
        """Only movements that leave the published cells alone count from now on; the others are kept for later."""
        self._steps = self._all[~(self._all[:, ~withheld] != 0).any(axis=1)]

    def add(self, movement: Floats, attacker: Attacker) -> tuple[Floats, Floats]:
        """The movement and its opposite; (n,) how far the attacker's cells can go up and down by them alone."""
        clean = np.where(np.abs(movement) > _TOUCHED * np.abs(movement).max(), movement, 0.0)
        pair = np.array([self._longest(clean), self._longest(-clean)])
        self._all, self._steps = np.vstack([self._all, pair]), np.vstack([self._steps, pair])
        return self._reach(pair, attacker)

    def reach(self, attacker: Attacker) -> tuple[Floats, Floats]:
        """(n,) how far each sensitive cell can go up and down without the attacker noticing."""
        return self._reach(self._steps, attacker)

    def _longest(self, movement: Floats) -> Floats:
        falling = movement < 0
        room = self._problem.value[falling] / -movement[falling]
        return movement * float(room.min(initial=1e4))

    def _reach(self, steps: Floats, attacker: Attacker) -> tuple[Floats, Floats]:
        up, down = np.zeros(len(self._problem.cells)), np.zeros(len(self._problem.cells))
        if not len(steps):
            return up, down
        own = steps[:, attacker.places]
        room = np.maximum(0.0, self._problem.value[attacker.places] - attacker.amounts)
        with np.errstate(divide="ignore", invalid="ignore"):
            fit = np.where(own < 0, room / -own, np.inf).min(axis=1, initial=1.0)
        fit[(steps[:, attacker.lone] != 0).any(axis=1)] = 0.0
        moved = steps[:, self._aimed] * fit[:, None]
        up[self._aimed], down[self._aimed] = moved.max(axis=0), -moved.min(axis=0)
        return up, down
