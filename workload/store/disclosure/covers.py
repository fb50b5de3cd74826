"""Inequalities every safe pattern satisfies, known before any attack."""

from collections.abc import Iterator

import numpy as np

from workload.store.disclosure.attack import Cut
from workload.store.disclosure.model import flow_targets
from workload.store.disclosure.problem import Floats, Places, Problem

_LONG = 60  # cells of an equation above which only sensitive cells get theirs


def first_cuts(problem: Problem) -> list[Cut]:
    """In every equation a sensitive cell moves only if others move against it: what can rise does so without limit,
    what must fall falls to zero at most. And a withheld cell alone in its equation is no secret, so it is not worth
    withholding."""
    standing: dict[int, list[tuple[int, float]]] = {place: [] for place in problem.demands}
    for row in range(problem.matrix.shape[0]):
        for place, sign in zip(*(part.tolist() for part in _line(problem, row)), strict=True):
            if place in standing:
                standing[place].append((row, sign))
    cuts = [
        _against(problem, row, place, side * sign, owed)
        for place, side, owed in flow_targets(problem)
        for row, sign in standing[place]
    ]
    return cuts + list(_not_alone(problem))


def _line(problem: Problem, row: int) -> tuple[Places, Floats]:
    matrix = problem.matrix
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part], matrix.data[part]


def _against(problem: Problem, row: int, place: int, push: float, owed: float) -> Cut:
    places, signs = _line(problem, row)
    others = places != place
    rises = signs[others] * push < 0
    fall = np.minimum(1.0, problem.value[places[others]] / owed)
    return Cut(places[others].astype(np.intp), np.where(rises, 1.0, fall))


def _not_alone(problem: Problem) -> Iterator[Cut]:
    for row in range(problem.matrix.shape[0]):
        places, _ = _line(problem, row)
        if len(places) > _LONG:
            continue
        for place in places:
            if not problem.forced[place]:
                weights = np.where(places == place, -1.0, 1.0)
                yield Cut(places.astype(np.intp), weights, 0.0)
