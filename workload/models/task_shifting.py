"""Scenarios: part of an activity goes from one profession to another, at a rate, and the need follows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from workload.ingest.study_parts import TaskTransfer
from workload.models.professions import Assignment, ProfessionTime
from workload.models.ratio import Floats
from workload.models.weights import WorkloadFit
from workload.parameters import SUPPORT_DOMAIN, Taxonomy


def shift_tasks(
    assignment: Assignment,
    found: WorkloadFit,
    time: ProfessionTime,
    items: Taxonomy,
    transfers: Sequence[TaskTransfer],
    available_min: Mapping[str, float],
) -> Assignment:
    """The assignment after part of an activity has gone to another profession; the total of need follows.

    A profession that the mission does not have yet is added, with its declared year and the giver's support share.
    Each transfer takes its share of what the one before left.
    """
    for transfer in transfers:
        if transfer.giver not in assignment.professions:
            continue
        assignment, time = _with_profession(assignment, time, transfer, available_min)
        q, r = (assignment.professions.index(name) for name in (transfer.giver, transfer.taker))
        part = _moved_part(found, time, items, transfer, q)  # (P,) of the giver's posts, by component
        support = _domain_of(transfer.target, items) == SUPPORT_DOMAIN
        given = time.available_min[q] * (1.0 if support else 1 - time.support_share[q])  # minutes that one post holds
        taken = time.available_min[r] * (1 - time.support_share[r])
        fte = assignment.fte_per_min.copy()
        moved = fte[:, q] * part
        fte[:, q] -= moved
        fte[:, r] += moved * given * transfer.minutes_per_minute / taken
        assignment = replace(assignment, fte_per_min=fte)
    return assignment


def _with_profession(
    assignment: Assignment, time: ProfessionTime, transfer: TaskTransfer, available_min: Mapping[str, float]
) -> tuple[Assignment, ProfessionTime]:
    if transfer.taker in assignment.professions:
        return assignment, time
    q = assignment.professions.index(transfer.giver)
    names = (*assignment.professions, transfer.taker)
    year = available_min.get(transfer.taker, float(time.available_min[q]))
    wider = ProfessionTime(
        names,
        np.append(time.posts_fte, 0.0),
        np.append(time.available_min, year),
        np.vstack([time.item_share, np.zeros(time.item_share.shape[1])]),
        np.append(time.support_share, time.support_share[q]),
        (*time.basis, "declared"),
        (*time.support_basis, "pooled"),
    )
    fte, individual = assignment.fte_per_min, assignment.individual_fte
    added = replace(
        assignment,
        professions=names,
        fte_per_min=np.column_stack([fte, np.zeros(len(fte))]),
        individual_fte=np.column_stack([individual, np.zeros(len(individual))]),
    )
    return added, wider


def _domain_of(target: str, items: Taxonomy) -> str:
    item = items.item(target)
    return item.domain if item else target


def _moved_part(found: WorkloadFit, time: ProfessionTime, items: Taxonomy, transfer: TaskTransfer, q: int) -> Floats:
    """(P,) share of the giver's work on each component that moves; support time belongs to all of them alike."""
    domain = _domain_of(transfer.target, items)
    in_domain = np.array([item.domain == domain for item in items.items])
    is_target = np.array([transfer.target in (item.code, item.domain) for item in items.items])
    of_domain = float(time.item_share[q][in_domain].sum())
    if domain == SUPPORT_DOMAIN:
        part = float(time.item_share[q][is_target].sum())
        return np.full(len(found.components), transfer.share * part)
    if transfer.target == domain:
        part = 1.0
    else:
        part = float(time.item_share[q][is_target].sum()) / of_domain if of_domain > 0 else 0.0
    return np.array([transfer.share * part if c.domain == domain else 0.0 for c in found.components])
