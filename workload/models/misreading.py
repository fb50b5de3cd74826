"""Items read unevenly: those that part of the agents noted elsewhere, or far more or less than the others.

A misreading moves minutes for some agents and not for the rest, so it shows as two groups where natural differences
give one. For each item, and each pair of items whose minutes may have changed places, agents are scored along the best
linear discriminant (Fisher 1936) of that change, given all their other items; two normal groups are then compared with
one by likelihood ratio (McLachlan & Peel 2000, §6). Nobody is named or ranked: the result is by item.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workload.models.ratio import Floats

LEAST_RESPONDENTS = 30
"""Under this many sheets two groups cannot be told from one."""
LIKELIHOOD_RATIO = 20.0
NEXT_RATIO = 30.0
"""Twice the log-likelihood gained by a second group, from which items are flagged: the largest of all comparisons stays
below the first in some 95 % of simulated surveys that were read alike. Once a misreading is found it leaves traces in
the other items, so a further one must be plainer."""
LEAST_WORKERS = 5
LEAST_GROUP = 0.06
LEAST_DISTANCE = 2.0
"""Fewest agents, smallest part of them, and smallest distance in standard deviations, that make a second group."""
SOFTENING = 0.15
"""Part of an item's mean share added to shares before logarithms: amounts near zero are mostly rounding."""
SHRINKAGE = 0.2
"""Weight of the diagonal in the covariance of items (Ledoit & Wolf 2004, with a fixed weight)."""
ROUNDS = 60
SCREENING_ROUNDS, SCREENED = 12, 80
PARTS = (0.6, 1.0)
FACTOR = 2.5
"""Misreadings looked for: three fifths or all of an item noted under another, an item noted 2.5 times too
long or short."""
CLIP = 2.0


@dataclass(frozen=True, slots=True)
class Unevenness:
    """An item that was read unevenly. partner: the item its minutes seem to be noted under, or ''."""

    item: str
    partner: str
    readers_share: float  # part of the respondents in the smaller group
    likelihood_ratio: float


def uneven_items(shares: Floats, items: tuple[str, ...], territory: ArrayLike) -> tuple[Unevenness, ...] | None:
    """Items read unevenly, strongest first. shares: (n, I) of each agent's time; territory: (n,) labels.

    Items that nobody notes are left out. None with too few respondents to tell.
    """
    if len(shares) < LEAST_RESPONDENTS:
        return None
    open_items = [k for k in range(len(items)) if (shares[:, k] > 0).sum() >= len(shares) / 4]
    values = _residuals(shares[:, open_items], np.asarray(territory).astype(str))
    mean = shares[:, open_items].mean(axis=0)
    found: list[Unevenness] = []
    free = [k for k in range(len(open_items)) if values[:, k].std() > 1e-9]
    while len(free) > 2:
        best = _strongest(values[:, free], mean[free], NEXT_RATIO if found else LIKELIHOOD_RATIO)
        if best is None:
            break
        first, second, part, ratio = best
        pair = [free[first], *([] if second is None else [free[second]])]
        names = [items[open_items[k]] for k in pair]
        for name, other in zip(names, reversed(names), strict=True):
            found.append(Unevenness(name, other if other != name else "", part, ratio))
        free = [k for k in free if k not in pair]
    return tuple(found)


def _residuals(shares: Floats, territory: NDArray[np.str_]) -> Floats:
    """(n, I) softened log shares about their territory's median, the median of all where a territory has under five."""
    logs = np.log(shares + SOFTENING * shares.mean(axis=0))
    values: Floats = logs - np.median(logs, axis=0)
    for place in np.unique(territory):
        inside = territory == place
        if inside.sum() >= 5:
            n = inside.sum()
            values[inside] -= n / (n + 5) * np.median(values[inside], axis=0)
    return values


def _strongest(values: Floats, mean: Floats, least_ratio: float) -> tuple[int, int | None, float, float] | None:
    """The change of one or two items that splits the agents most clearly: indices, smaller group's part, ratio."""
    moves, who = _moves(mean)
    scores: Floats = moves @ np.linalg.solve(_covariance(values), values.T)  # (C, n) Fisher's discriminants
    scores = scores / np.maximum(scores.std(axis=1, keepdims=True), 1e-12)
    likely = np.argsort(-two_groups(scores, SCREENING_ROUNDS)[0])[:SCREENED]
    ratio, part, distance = two_groups(scores[likely], ROUNDS)
    ratio = np.where((part >= max(LEAST_GROUP, LEAST_WORKERS / len(values))) & (distance >= LEAST_DISTANCE), ratio, 0.0)
    top = int(np.argmax(ratio))
    if ratio[top] < least_ratio:
        return None
    return (*who[likely[top]], float(part[top]), float(ratio[top]))


def _covariance(values: Floats) -> Floats:
    """Covariance of items from values clipped at two robust standard deviations: the spread of those who read alike."""
    scale = 1.4826 * np.median(np.abs(values), axis=0)
    scale = np.maximum(scale, 0.1 * np.maximum(values.std(axis=0), 1e-6))
    spread = np.cov(np.clip(values, -CLIP * scale, CLIP * scale).T)
    shrunk: Floats = (1 - SHRINKAGE) * spread + SHRINKAGE * np.diag(np.diag(spread))
    return shrunk


def _moves(mean: Floats) -> tuple[Floats, list[tuple[int, int | None]]]:
    """(C, I) changes of softened log shares that a misreading brings to the mean week, and the items of each."""
    count = len(mean)
    weeks: list[Floats] = []
    who: list[tuple[int, int | None]] = []
    for i in range(count):
        for factor in (FACTOR, 1 / FACTOR):
            weeks.append(_times(mean, {i: factor}))
            who.append((i, None))
        for j in range(count):
            if i != j:
                weeks += [_moved(mean, i, j, part) for part in PARTS]
                weeks.append(_times(mean, {i: FACTOR, j: 1 / FACTOR}))
                who += [(i, j)] * (len(PARTS) + 1)
            if i < j:
                weeks += [_times(mean, {i: factor, j: factor}) for factor in (FACTOR, 1 / FACTOR)]
                who += [(i, j)] * 2
    changed = np.array(weeks)
    changed *= mean.sum() / changed.sum(axis=1, keepdims=True)  # more of one item leaves less for all others
    soft = SOFTENING * mean
    moves: Floats = np.log(changed + soft) - np.log(mean + soft)
    return moves, who


def _moved(mean: Floats, i: int, j: int, part: float) -> Floats:
    week = mean.copy()
    week[j] += part * week[i]
    week[i] *= 1 - part
    return week


def _times(mean: Floats, factors: dict[int, float]) -> Floats:
    week = mean.copy()
    for at, factor in factors.items():
        week[at] *= factor
    return week


def two_groups(scores: Floats, rounds_n: int) -> tuple[Floats, Floats, Floats]:
    """Two normal groups of one spread against a single one, for each row of (C, n) scores, by EM.

    Twice the gain in log-likelihood, the smaller group's part, and the distance of the means in standard deviations.
    """
    best = [np.zeros(len(scores)), np.zeros(len(scores)), np.zeros(len(scores))]
    single = scores.var(axis=1)
    for tail in (0.2, 0.8):
        cut = np.quantile(scores, tail, axis=1, keepdims=True)
        member = ((scores <= cut) if tail < 0.5 else (scores > cut)).astype("float64")
        for _ in range(rounds_n):
            part = np.clip(member.mean(axis=1), 1e-6, 1 - 1e-6)
            low = (member * scores).sum(axis=1) / member.sum(axis=1).clip(1e-9)
            high = ((1 - member) * scores).sum(axis=1) / (1 - member).sum(axis=1).clip(1e-9)
            inside = member * (scores - low[:, None]) ** 2 + (1 - member) * (scores - high[:, None]) ** 2
            variance = np.maximum(inside.mean(axis=1), 1e-6)
            a = np.log(part)[:, None] - (scores - low[:, None]) ** 2 / (2 * variance[:, None])
            b = np.log1p(-part)[:, None] - (scores - high[:, None]) ** 2 / (2 * variance[:, None])
            member = 1 / (1 + np.exp(np.clip(b - a, -500, 500)))
        likelihood = (np.logaddexp(a, b) - 0.5 * np.log(variance)[:, None]).sum(axis=1)
        alone = scores.shape[1] * (-0.5 * np.log(np.maximum(single, 1e-6)) - 0.5)
        ratio = 2 * (likelihood - alone)
        better = ratio > best[0]
        distance = np.abs(high - low) / np.sqrt(variance)
        for k, new in enumerate((ratio, np.minimum(part, 1 - part), distance)):
            best[k] = np.where(better, new, best[k])
    return best[0], best[1], best[2]
