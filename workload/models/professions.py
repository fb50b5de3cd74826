"""Who does the work: each domain's minutes by profession, available time and allowances, and tasks that change hands.

The category allowances of WISN (WHO 2010) by profession, and its individual allowances as posts declared by territory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workload.errors import RequestError
from workload.ingest.study_parts import IndividualAllowance
from workload.models.ratio import Floats, estimate_ratio
from workload.models.timeuse import Agents
from workload.models.weights import WorkloadFit
from workload.parameters import SUPPORT_DOMAIN, Taxonomy

Basis: TypeAlias = Literal["survey", "pooled", "register", "declared"]


@dataclass(frozen=True, slots=True)
class ProfessionTime:
    """How the Q professions of one mission spend a full-time year, over the I items of the taxonomy."""

    professions: tuple[str, ...]  # (Q,)
    posts_fte: Floats  # (Q,) of the register
    available_min: Floats  # (Q,) minutes a year of a full-time post
    item_share: Floats  # (Q, I) share of working time by item; all zeros without a survey
    support_share: Floats  # (Q,) share of the year outside the declared domains
    basis: tuple[Basis, ...]  # (Q,) where the shares come from: own answers, the mission's, or the posts alone
    support_basis: tuple[Basis, ...]  # (Q,)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Posts that one minute of each component asks of each profession."""

    professions: tuple[str, ...]  # (Q,)
    fte_per_min: Floats  # (P, Q)
    individual_fte: Floats  # (T, Q) declared allowances
    calibration: float  # what the plain algebra was multiplied by so that need totals the posts of today


def profession_time(
    agents: Agents,
    posts: pd.DataFrame,
    items: Taxonomy,
    domains: Sequence[str],
    available_min: Mapping[str, float],
    declared_support: Mapping[str, float],
    minimum_workers: int,
) -> ProfessionTime:
    """posts: register of the mission (`profession, fte`); available_min: by profession.

    A profession with fewer respondents than the minimum takes the profile of the whole mission: its own would say what
    a few people do.
    """
    fte = posts.groupby("profession")["fte"].sum()
    fte = fte[fte > 0]
    names = tuple(str(p) for p in fte.index)
    direct = np.array([item.domain in set(domains) - {SUPPORT_DOMAIN} for item in items.items], dtype=bool)
    answered = len(agents.id) > 0
    shares, basis = np.zeros((len(names), len(items.items))), list[Basis]()
    for q, name in enumerate(names):
        own = agents.profession == name
        thin = int(own.sum()) < minimum_workers
        basis.append("register" if not answered else "pooled" if thin else "survey")
        if answered:
            shares[q] = _profile(agents, np.ones_like(own) if thin else own)
    support = np.where(answered, 1 - shares[:, direct].sum(axis=1), 0.0)
    support_basis = [b if p not in declared_support else "declared" for b, p in zip(basis, names, strict=True)]
    for q, name in enumerate(names):
        support[q] = declared_support.get(name, support[q])
    year = np.array([available_min[p] for p in names], dtype="float64")
    return ProfessionTime(
        names, fte.to_numpy(dtype="float64"), year, shares, support, tuple(basis), tuple(support_basis)
    )


def _profile(agents: Agents, inside: NDArray[np.bool_]) -> Floats:
    total = agents.annual_min.sum(axis=1) * inside
    cluster = np.arange(len(total))
    return estimate_ratio(agents.annual_min * inside[:, None], total, agents.weight, agents.stratum, cluster).ratio


def assign(
    found: WorkloadFit,
    time: ProfessionTime,
    items: Taxonomy,
    individual_fte: Floats,
    total_fte: float,
) -> Assignment:
    """Who does each component, and what a minute of it costs in posts: 1 / (available time × (1 − support share)).

    individual_fte: (T, Q). A domain is split by the professions' own shares of it × their posts × their year; one that
    nobody noted, by the posts. Need is relative to present practice, so that everything together totals `total_fte`.
    """
    year = time.posts_fte * time.available_min
    split = np.zeros((len(found.components), len(time.professions)))
    for p, component in enumerate(found.components):
        of = np.array([item.domain == component.domain for item in items.items], dtype="float64")
        minutes = year * (time.item_share @ of)
        minutes = minutes if minutes.sum() > 0 else year
        split[p] = minutes / minutes.sum()
    plain = split / (time.available_min * np.maximum(1 - time.support_share, 0.05))
    workload = found.minutes_per_unit * found.observed.units
    asked, left = float((workload @ plain).sum()), total_fte - float(individual_fte.sum())
    calibration = left / asked if asked > 0 else 1.0
    return Assignment(time.professions, plain * calibration, individual_fte, calibration)


def individual_allowances(
    declared: Sequence[IndividualAllowance], mission: str, territories: Sequence[str], professions: Sequence[str]
) -> Floats:
    """(T, Q) posts. Raises RequestError for a territory, or a profession of this mission's posts, that is not known."""
    found = np.zeros((len(territories), len(professions)))
    for one in declared:
        if one.mission != mission:
            continue
        if one.territory not in territories:
            raise RequestError("allowance_unknown_territory", territory=one.territory, known=", ".join(territories))
        if one.profession not in professions:
            raise RequestError("allowance_unknown_profession", profession=one.profession, known=", ".join(professions))
        found[list(territories).index(one.territory), list(professions).index(one.profession)] += one.fte
    return found
