"""Posts and survey sheets, drawn: staffing that ignores need, part-timers, non-response, uneven reading of items."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sample.counts import whole_numbers
from sample.scenario import MissionSpec
from sample.truth import SUPPORT_SHARE, MissionTruth
from workload.parameters import SUPPORT_DOMAIN, Taxonomy

DAYS = 10
DAY_MIN = 7 * 60
GRAIN_MIN = 5  # people write five minutes, not one
AGENT_SPREAD = 0.22  # log-scale spread of an agent's division of the week, beyond what the place explains
MISREAD = {"I1": ("A2", 0.35), "P2": ("P1", 0.5), "A3": ("S3", 0.25), "M4": ("M3", 0.4), "N2": ("N1", 0.2)}
MISREADERS = 0.12


@dataclass(frozen=True)
class Sheet:
    """What one agent wrote: minutes by item and day."""

    agent: str
    post: dict[str, object]
    minutes: dict[str, list[int]]


def draw_posts(
    code: str, spec: MissionSpec, current: dict[str, float], parts: pd.DataFrame, rng: np.random.Generator, first: int
) -> list[dict[str, object]]:
    """The register's lines of one mission. Posts go to places by number of inhabitants at most, never by need."""
    level = "sector" if spec.by_sector else "site"
    people = (parts["population"] * parts["part"]).groupby([parts["territory_name"], parts["site"], parts[level]]).sum()
    posts: list[dict[str, object]] = []
    for territory in sorted(current):
        places = people[territory]
        sizes = _post_sizes(current[territory], len(places) if spec.by_sector else 0)
        where = _places(sizes, places, spec.by_sector, rng)
        for size, (site, place) in zip(sizes, where, strict=True):
            number = first + len(posts)
            vacant = rng.random() < 0.05
            profession = spec.professions[1 if (number % 6 == 3) else 0]
            posts.append(
                {
                    "post": f"{code[:2].upper()}-{number:03d}",
                    "territory_name": territory,
                    "site": site,
                    "sector": place if spec.by_sector else None,
                    "mission": spec.name,
                    "profession": profession,
                    "fte": size,
                    "occupied": not vacant,
                    "agent": None if vacant else f"A{rng.integers(1000, 9999)}{number:03d}",
                    "quotite": None if vacant else size * float(rng.choice([1.0, 0.8, 0.5], p=[0.68, 0.24, 0.08])),
                }
            )
    return posts


def _post_sizes(total: float, places: int) -> list[float]:
    """Whole posts, and halves: the odd half, and a pair where there are more sectors than posts."""
    halves = round(2 * total)
    singles = halves % 2 + 2 * max(1, places - halves // 2)
    return [1.0] * ((halves - singles) // 2) + [0.5] * singles


def _places(sizes: list[float], places: pd.Series, each_first: bool, rng: np.random.Generator) -> list[tuple[str, str]]:
    names = list(places.index)
    extra = len(sizes) - len(names) if each_first else len(sizes)
    more = rng.choice(len(names), size=max(extra, 0), p=(places / places.sum()).to_numpy())
    chosen = [*(range(len(names)) if each_first else []), *more]
    return [names[k] for k in chosen[: len(sizes)]]


def draw_sheets(
    spec: MissionSpec,
    posts: list[dict[str, object]],
    truth: MissionTruth,
    places: pd.Index,
    items: Taxonomy,
    rng: np.random.Generator,
) -> list[Sheet]:
    """Sheets of those who answered: territories answer unequally."""
    occupied = [p for p in posts if p["occupied"]]
    willing = {t: rng.uniform(0.7, 1.3) for t in sorted({str(p["territory_name"]) for p in posts})}
    score = [rng.random() / willing[str(p["territory_name"])] for p in occupied]
    answered = sorted(np.argsort(score)[: spec.respondents])
    row_of = {place: k for k, place in enumerate(places)}
    sheets = []
    for k in answered:
        post = occupied[k]
        need = truth.need_min[row_of[post["sector"] or post["site"]]]
        sheets.append(Sheet(str(post["agent"]), post, _fortnight(need, truth, items, float(post["quotite"]), rng)))
    return sheets


def _fortnight(
    need: np.ndarray, truth: MissionTruth, items: Taxonomy, quotite: float, rng: np.random.Generator
) -> dict[str, list[int]]:
    """Ten days of one agent: the week divides as the place's need does, whatever the number of posts there."""
    by_domain: dict[str, float] = {}
    for (domain, _), minutes in zip(truth.components, need, strict=True):
        by_domain[domain] = by_domain.get(domain, 0.0) + minutes
    direct = np.array(list(by_domain.values()))
    direct = direct / direct.sum() * rng.lognormal(0, AGENT_SPREAD, len(direct))
    support = SUPPORT_SHARE * rng.lognormal(-0.02, 0.2)
    share = dict(zip(by_domain, direct / direct.sum() * (1 - support), strict=True)) | {SUPPORT_DOMAIN: support}
    item_share = _items(share, items, rng)
    if rng.random() < MISREADERS:
        for item, (taken_for, part) in MISREAD.items():
            if item in item_share and taken_for in item_share:
                item_share[taken_for] += part * item_share[item]
                item_share[item] *= 1 - part
    return _spread(item_share, quotite, rng)


def _items(share: dict[str, float], items: Taxonomy, rng: np.random.Generator) -> dict[str, float]:
    found = {}
    for domain, part in share.items():
        of = [item.code for item in items.items if item.domain == domain]
        usual = np.linspace(1.4, 0.6, len(of)) if len(of) > 1 else np.ones(1)
        divided = rng.dirichlet(usual * 25)
        found |= dict(zip(of, part * divided, strict=True))
    return found


def _spread(item_share: dict[str, float], quotite: float, rng: np.random.Generator) -> dict[str, list[int]]:
    """Whole blocks of five minutes over the days worked; each day worked is full."""
    worked = min(DAYS, max(1, round(DAYS * quotite)))
    days = sorted(rng.choice(DAYS, size=worked, replace=False))
    blocks = whole_numbers(np.array(list(item_share.values())), worked * DAY_MIN // GRAIN_MIN)
    deck = np.repeat(np.arange(len(blocks)), blocks)
    runs = np.array_split(deck, max(1, len(deck) // 6))  # activities come in stretches of about half an hour
    order = rng.permutation(len(runs))
    deck = np.concatenate([runs[k] for k in order])
    minutes = {item: [0] * DAYS for item in item_share}
    names = list(item_share)
    per_day = DAY_MIN // GRAIN_MIN
    for n, day in enumerate(days):
        for item in deck[n * per_day : (n + 1) * per_day]:
            minutes[names[item]][int(day)] += GRAIN_MIN
    return minutes
