"""The mission's posts by profession: each profession keeps its total, each territory what the mission gives it."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from workload.allocation.group_rules import GroupTotal
from workload.allocation.instance import Instance, to_instance
from workload.allocation.pools import Cell, Where, pools_by
from workload.allocation.solver import Allocation, solve
from workload.errors import NoSolutionError, RequestError
from workload.pipeline.estimation import LEDGER_GRAIN, Estimate
from workload.units import exact, posts_to_steps


@dataclass(frozen=True, slots=True)
class ByProfession:
    """T × Q posts. Nested arrays: territories in the order of the need, then professions in the order of the need."""

    professions: tuple[str, ...]
    current: tuple[tuple[Fraction, ...], ...]  # (T, Q) posts
    need_fte: tuple[tuple[float, ...], ...]
    final: tuple[tuple[Fraction, ...], ...]
    status: str


def by_profession(found: Estimate, instance: Instance, allocation: Allocation) -> ByProfession | None:
    """None with one profession, or where the professions' totals or shares of it fall between two steps."""
    names, territories = found.need.professions, found.need.territories
    if len(names) < 2:
        return None
    held = {(t, p): Fraction(0) for t in territories for p in names}
    for t, p, fte in zip(*(found.of.posts[c] for c in ("territory", "profession", "fte")), strict=True):
        if fte:
            held[t, p] += exact(fte)
    pairs = [(t, p) for t in territories for p in names]
    units = [f"{t} · {p}" for t, p in pairs]
    cells = [Cell(t, found.of.id, p) for t, p in pairs]
    current = [held[pair] for pair in pairs]
    minutes = np.rint(found.need.need_by_profession_fte * found.of.available_min * LEDGER_GRAIN).astype("int64")
    steps = [posts_to_steps(posts, instance.step) for posts in current]
    try:
        answer = solve(
            to_instance(
                units,
                [int(n) for n in minutes.ravel()],
                sum(current, Fraction(0)),
                step=instance.step,
                current=current,
                fairness=instance.fairness,
                lot_seed=instance.lot_seed,
                rules=tuple(
                    GroupTotal(Where(territory=t), x, x) for t, x in zip(territories, allocation.steps, strict=True)
                ),
                cells=cells,
                pools=pools_by(("profession",), units, cells, steps),
            )
        )
    except (NoSolutionError, RequestError):
        return None
    posts, Q = answer.posts(instance.step), len(names)
    return ByProfession(
        names,
        tuple(tuple(current[k : k + Q]) for k in range(0, len(current), Q)),
        tuple(tuple(float(n) for n in row) for row in found.need.need_by_profession_fte),
        tuple(tuple(posts[k : k + Q]) for k in range(0, len(posts), Q)),
        answer.status,
    )
