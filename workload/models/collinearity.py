"""Which components say nearly the same, and which two to merge: so that a weight is not shared out by chance.

Variance inflation: plain on the counts (Belsley, Kuh & Welsch 1980), and on the information of the fit, whose scale is
free: how many times less sure a share of need is than if the others were known.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workload.models.fitted import area_information, constrained_inverse, fitted_need, need_shares
from workload.models.merging import MergeProposal
from workload.models.ratio import Floats
from workload.models.verdicts import Verdict, verdict, worst
from workload.models.weights import WorkloadFit
from workload.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Collinearity:
    """P components; None in a list where nothing can be computed (constant count, component without need)."""

    condition_index: float | None  # √ of the information's eigenvalue ratio, unit diagonal; None: two say the same
    information_vif: tuple[float | None, ...]  # (P,)
    counts_vif: tuple[float | None, ...]  # (P,)
    nested: tuple[tuple[str, str], ...]  # (wide, narrow) indicators
    proposals: tuple[MergeProposal, ...]
    unmergeable: tuple[str, ...]  # components over the threshold with no neighbour in their domain to join
    verdict: Verdict


def collinearity(found: WorkloadFit, unit_of: Mapping[str, str], parameters: Mapping[str, Parameter]) -> Collinearity:
    """Of the deciding line, on the areas of the survey, by what the survey says alone.

    unit_of: what each indicator counts; only counts of the same thing can lie in one another.
    """
    design, theta = found.observed.design, need_shares(found)
    y = found.observed.area_minutes()[0]
    H = area_information(design, y, fitted_need(design, theta)).sum(axis=0)
    of_fit = _information_vif(H)
    threshold = parameters["variance_inflation_bad"].value
    pairs = nested_indicators(found, unit_of, parameters)
    over = [p for p, v in enumerate(of_fit) if v is not None and v >= threshold]
    over += _flat(H, theta)
    proposals, alone = _proposals(found, over, pairs, parameters["merge_correlation"].value)
    index = _condition_index(H)
    return Collinearity(
        index,
        of_fit,
        _counts_vif(design.X),
        pairs,
        proposals,
        alone,
        worst(
            [
                verdict(max((v for v in of_fit if v is not None), default=None), "variance_inflation", parameters),
                "bad" if index is None else verdict(index, "condition_index", parameters),
            ]
        ),
    )


def _information_vif(H: Floats) -> tuple[float | None, ...]:
    free = np.diag(H) > 0
    inverse = constrained_inverse(H, free)
    if inverse is None:
        return tuple(None for _ in H)
    vif = [float(v) for v in np.diag(inverse) * np.diag(H)]
    return tuple(v if known else None for v, known in zip(vif, free, strict=True))


def _flat(H: Floats, theta: Floats) -> list[int]:
    """Components whose share of need, relative to that of most others, the minutes leave open altogether.

    In directions that H does not see, identified components move in proportion to their shares (the free scale); the
    largest set that does so together is what is known.
    """
    known = np.flatnonzero((np.diag(H) > 0) & (theta > 1e-9))
    if len(known) < 2:
        return []
    size = np.sqrt(np.diag(H)[known])
    values, vectors = np.linalg.eigh(H[np.ix_(known, known)] / size[:, None] / size[None, :])
    null = vectors[:, values <= 1e-9 * values[-1]]
    relative = null / (size * theta[known])[:, None]
    scale = np.maximum(np.abs(relative).max(axis=0, initial=0.0), 1e-300)
    _, member, count = np.unique(np.round(relative / scale, 4), axis=0, return_inverse=True, return_counts=True)
    return [int(p) for p in known[member.ravel() != count.argmax()]]


def _counts_vif(X: Floats) -> tuple[float | None, ...]:
    if len(X) < 3:
        return tuple(None for _ in X.T)
    varies = X.std(axis=0) > 1e-12 * np.maximum(np.abs(X).max(axis=0), 1e-300)
    first: dict[bytes, int] = {}  # an indicator that serves two domains is one column here
    column = [first.setdefault(X[:, p].tobytes(), p) if varies[p] else -1 for p in range(X.shape[1])]
    used = sorted(set(column) - {-1})
    if len(used) < 2 or len(X) <= len(used):
        return tuple(None for _ in column)
    correlation = np.corrcoef(X[:, used], rowvar=False)
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        return tuple(None for _ in column)
    vif = dict(zip(used, np.diag(np.linalg.inv(correlation)), strict=True))
    return tuple(float(vif[c]) if c >= 0 else None for c in column)


def _condition_index(H: Floats) -> float | None:
    """√(largest / second smallest eigenvalue): the smallest is the free scale. Over 30 is serious (Belsley 1980)."""
    known = np.diag(H) > 0
    if known.sum() < 3:
        return 1.0
    scale = 1 / np.sqrt(np.diag(H)[known])
    values = np.linalg.eigvalsh(H[np.ix_(known, known)] * scale[:, None] * scale[None, :])
    return float(np.sqrt(values[-1] / values[1])) if values[1] > 1e-10 * values[-1] else None


def nested_indicators(
    found: WorkloadFit, unit_of: Mapping[str, str], parameters: Mapping[str, Parameter]
) -> tuple[tuple[str, str], ...]:
    """(wide, narrow) where the wide count holds the narrow one in nearly all areas and goes with it: 65+ and 75+."""
    names = list(dict.fromkeys(c.indicator for c in found.components))
    first = [next(p for p, c in enumerate(found.components) if c.indicator == name) for name in names]
    counts = found.observed.design.X[:, first] * found.observed.units[first]
    if len(counts) < 3:
        return ()
    places, least = parameters["nested_places_share"].value, parameters["nested_correlation"].value
    pairs = []
    for a, wide in enumerate(names):
        for b, narrow in enumerate(names):
            same = a != b and unit_of.get(wide) == unit_of.get(narrow)
            inside = same and counts[:, a].sum() > counts[:, b].sum()
            holds = float((counts[:, a] >= counts[:, b]).mean()) >= places
            if inside and holds and _correlation(counts[:, a], counts[:, b]) >= least:
                pairs.append((wide, narrow))
    return tuple(pairs)


def _correlation(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def _proposals(
    found: WorkloadFit, over: list[int], nested: tuple[tuple[str, str], ...], least: float
) -> tuple[tuple[MergeProposal, ...], tuple[str, ...]]:
    """Each component over the threshold with the one of its domain that goes with it most; no indicator twice."""
    X, used = found.observed.design.X, set[int]()
    proposals, alone = list[MergeProposal](), list[str]()
    for p in over:
        component = found.components[p]
        near = {
            q: _correlation(X[:, p], X[:, q]) for q, c in enumerate(found.components) if c.domain == component.domain
        }
        near = {q: r for q, r in near.items() if q != p and r >= least}
        if not near:
            alone.append(component.id)
        elif not {p, max(near, key=lambda k: near[k])} & used:
            q = max(near, key=lambda k: near[k])
            used |= {p, q}
            proposals.append(_proposal(found, p, q, nested, near[q]))
    return tuple(proposals), tuple(alone)


def _proposal(
    found: WorkloadFit, p: int, q: int, nested: tuple[tuple[str, str], ...], correlation: float
) -> MergeProposal:
    a, b = found.components[p], found.components[q]
    if (b.indicator, a.indicator) in nested:
        a, b = b, a
    is_nested = (a.indicator, b.indicator) in nested
    rate = b.expert_min / a.expert_min if a.expert_min and b.expert_min else 1.0
    return MergeProposal(a.domain, a.indicator, b.indicator, is_nested, correlation, 0.0 if is_nested else rate)
