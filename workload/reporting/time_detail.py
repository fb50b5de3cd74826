"""How sure the time is: precision, partial pooling, items read in two ways; and published weeks beside it."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from workload.catalogue import number
from workload.models.timeuse import ALL, TimeUse
from workload.parameters.benchmarks import BenchmarkWeek, benchmark_weeks, beside_benchmarks
from workload.pipeline import MissionResult, RunResult
from workload.reporting import evidence
from workload.reporting.disclosure import readable
from workload.reporting.wording import about, counted, listed, percent, words


def precision(half_width_min: float | None, half_width_posts: float | None) -> list[str]:
    """± 5 min par semaine; ± 0,5 poste. Nothing where no interval is known."""
    if half_width_min is None or half_width_posts is None:
        return []
    minutes = words("reading.precision_minutes", minutes=number(half_width_min, 0))
    return [minutes, words("reading.precision_posts", posts=about(half_width_posts))]


def pooling(result: RunResult, shown: TimeUse, mission: str) -> str:
    """Territories drawn towards the département, how much on average over domains; empty where none may be told."""
    rows = shown.shares[
        (shown.shares["mission"] == mission)
        & (shown.shares["level"] == "domain")
        & (shown.shares["profession"] == ALL)
        & (shown.shares["territory"] != ALL)
    ].dropna(subset="pooling_weight")
    if rows.empty:
        return ""
    mean = rows.groupby("territory")["pooling_weight"].mean().sort_values(ascending=False, kind="stable")
    items = [
        words("reading.pooled_item", territory=result.territory_names[str(t)], weight=percent(float(w)))
        for t, w in mean.items()
    ]
    return words("reading.pooled", list=listed(items))


def reading_lines(result: RunResult, mission: str) -> list[str]:
    """Items read in two ways, or that none was found or nobody can tell; then weeks unlike all others."""
    items = readable(result.reading, evidence.minimum_workers(result))
    own = items[items["mission"] == mission]
    if own.empty:
        return []
    labels = evidence.code_labels(result, "item")
    uneven = [_uneven(row, labels) for row in own[own["flagged"]].to_dict("records")]
    lines = uneven or [words(f"reading.{own['code'].iloc[0]}")]
    said = unusual_text(result, mission)
    return [*lines, words("reading.unusual", n=said)] if said else lines


def _uneven(row: Mapping[Any, Any], labels: Mapping[str, str]) -> str:
    item, known = labels[str(row["item"])], not pd.isna(row["readers_share"])
    share = percent(float(row["readers_share"])) if known else ""
    first = words("reading.uneven_share" if known else "reading.uneven", item=item, share=share)
    partner = labels.get(str(row["partner"]))
    return f"{first} {words('reading.with_partner', partner=partner) if partner else words('reading.amount')}"


def unusual_text(result: RunResult, mission: str) -> str:
    """How many weeks are like no other, in words; empty where nobody can tell. One to four are never counted."""
    minimum, n = evidence.minimum_workers(result), result.reading.unusual_n.get(mission)
    items = readable(result.reading, minimum)
    if n is None or not (items["mission"] == mission).any():
        return ""
    if n == 0:
        return words("reading.unusual_none")
    return words("reading.unusual_few", minimum=minimum) if n < minimum else counted(n, "agent")


def benchmark_rows(result: RunResult, shares: pd.DataFrame) -> pd.DataFrame:
    """As `beside_benchmarks`, of groups all of whose items may be shown: a sum over the others would be another figure.
    Without categories in which nothing was noted here."""
    table = beside_benchmarks(_whole(result, shares), result.study.taxonomy)
    rank = {mission: k for k, mission in enumerate(result.missions)}
    table = table.sort_values("mission", key=lambda missions: missions.map(rank), kind="stable")
    return table[table["share"].fillna(0.0) > 0].reset_index(drop=True)


def _whole(result: RunResult, shares: pd.DataFrame) -> pd.DataFrame:
    shown, noted = _items_n(shares), _items_n(result.time_use.shares)
    groups = zip(shares["mission"], shares["territory"], strict=True)
    return shares.loc[[shown[group] == noted[group] for group in groups]]


def _items_n(shares: pd.DataFrame) -> Counter[tuple[str, str]]:
    """(mission, territory) → items noted by its agents of all professions."""
    own = shares[(shares["level"] == "item") & (shares["profession"] == ALL)]
    return Counter(zip(own["mission"], own["territory"], strict=True))


def benchmark_table(result: RunResult, shown: TimeUse, mission: MissionResult) -> list[dict[str, str]]:
    rows = benchmark_rows(result, shown.shares[shown.shares["mission"] == mission.id])
    weeks = {week.id: week for week in benchmark_weeks()}
    return [
        {
            "where": weeks[str(row["benchmark"])].label,
            "category": category_label(weeks[str(row["benchmark"])], str(row["category"])),
            "own": percent(float(row["share"]), 1),
            "published": percent(float(row["published_share"]), _decimals(float(row["published_share"]))),
            "range": _range(row["published_low"], row["published_high"]),
        }
        for row in rows[rows["territory"] == ALL].to_dict("records")
    ]


def category_label(week: BenchmarkWeek, code: str) -> str:
    return next(category.label for category in week.categories if category.code == code)


def benchmark_sources() -> list[str]:
    return [words("benchmarks.sources", label=w.label, scope=w.scope, source=w.source) for w in benchmark_weeks()]


def _decimals(share: float) -> int:
    """As precise as the source was: 18 %, 6,6 %."""
    return 0 if abs(100 * share - round(100 * share)) < 1e-9 else 1


def _range(low: Any, high: Any) -> str:
    if pd.isna(low) or pd.isna(high):
        return ""
    ends = [number(100 * float(low), _decimals(float(low))), percent(float(high), _decimals(float(high)))]
    return words("units.interval", low=ends[0], high=ends[1])
