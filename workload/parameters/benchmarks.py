"""Published divisions of social workers' weeks, to set beside a territory's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import pandas as pd
import yaml

from workload.parameters import Taxonomy
from workload.resources import PARAMETERS

FILE = "benchmark_weeks.yaml"
COLUMNS = [
    *["mission", "territory", "benchmark", "category"],
    *["published_share", "published_low", "published_high", "share"],
]


@dataclass(frozen=True, slots=True)
class Category:
    """A line of a published profile: which modes, within which domains, it gathers. Empty stands for all."""

    code: str
    label: str
    share: float
    low: float | None
    high: float | None
    modes: tuple[str, ...]
    domains: tuple[str, ...]
    except_domains: tuple[str, ...]

    def holds(self, mode: str, domain: str) -> bool:
        wanted = (not self.modes or mode in self.modes) and (not self.domains or domain in self.domains)
        return wanted and domain not in self.except_domains


@dataclass(frozen=True, slots=True)
class BenchmarkWeek:
    """A published profile, with its date, whom it was about and where it was printed."""

    id: str
    label: str
    date: date
    scope: str
    source: str
    categories: tuple[Category, ...]


@cache
def benchmark_weeks() -> tuple[BenchmarkWeek, ...]:
    """Every profile of the file, in its order."""
    raw: Mapping[str, Mapping[str, Any]] = yaml.safe_load((PARAMETERS / FILE).read_text("utf-8"))
    return tuple(
        BenchmarkWeek(
            id,
            week["label"],
            week["date"],
            week["scope"],
            week["source"],
            tuple(_category(entry) for entry in week["categories"]),
        )
        for id, week in raw.items()
    )


def _category(entry: Mapping[str, Any]) -> Category:
    low, high = (None if entry.get(name) is None else float(entry[name]) for name in ("low", "high"))
    groups = (tuple(entry.get(name, ())) for name in ("modes", "domains", "except_domains"))
    return Category(entry["code"], entry["label"], float(entry["share"]), low, high, *groups)


def beside_benchmarks(shares: pd.DataFrame, items: Taxonomy) -> pd.DataFrame:
    """Each mission's and territory's own share of every category of every profile.

    shares: rows of `TimeUse.shares`, of which those by item of all professions count. An item that has no row was not
    noted. Missing (NA): the taxonomy has no item in the category. Bounds are missing where the source gives none.
    """
    own = shares[(shares["level"] == "item") & (shares["profession"] == "*")]
    rows = []
    for (mission, territory), group in own.groupby(["mission", "territory"], sort=True):
        noted = dict(zip(group["code"], group["share"], strict=True))
        for week in benchmark_weeks():
            for category in week.categories:
                inside = [item.code for item in items.items if category.holds(item.mode, item.domain)]
                share = float(sum(noted.get(code, 0.0) for code in inside)) if inside else None
                published = (category.share, category.low, category.high)
                rows.append((mission, territory, week.id, category.code, *published, share))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype(dict.fromkeys(["published_low", "published_high", "share"], "Float64"))
