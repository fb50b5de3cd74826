"""The indicators of every place, over the years, beside the levels above; small counts of our own are withheld.

What others publish passed their own secrecy: its secret cells come to us as such. What the service counts itself, and
what a source card calls confidential, is a figure about people: under the minimum it is withheld, with what would give
it back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workload.ingest.indicators import Indicator
from workload.ingest.study import Study
from workload.store.disclosure import Cell, CellFacts, Equation, LinkedTables, Rules, choose
from workload.store.publishing.places import (
    CANTON,
    COMMUNE,
    EPCI,
    TERRITORY,
    WHOLE,
    Place,
    inhabitants_of,
    places_of,
)
from workload.store.publishing.releases import Release, released
from workload.store.publishing.words import DEPARTMENT, said

RUNGS: Mapping[str, tuple[str, ...]] = {
    "communes": (COMMUNE, CANTON, EPCI, TERRITORY, WHOLE),
    "epci": (CANTON, EPCI, TERRITORY, WHOLE),
    "territories": (TERRITORY, WHOLE),
}
PER = 1_000.0
PUBLISHED, SECRET, MISSING, LOWER_BOUND, IMPUTED = "published", "secret", "missing", "lower_bound", "imputed"


@dataclass(frozen=True, slots=True)
class Figure:
    """A count at one place. coverage: share of the place's inhabitants whose commune's count is known."""

    value: float | None
    status: str
    coverage: float


@dataclass(frozen=True, slots=True)
class IndicatorRelease:
    """One indicator in one year: figures that may be shown, by (level, place)."""

    id: str  # of the series
    indicator: Indicator
    figures: Mapping[tuple[str, str], Figure]
    levels: tuple[str, ...]
    release: Release | None  # None where nothing of ours had to be protected


def indicator_releases(study: Study, rules: Rules) -> tuple[IndicatorRelease, ...]:
    """rules: with the minimum of persons. Raises RefusedError when the audit does not let one pass."""
    places, people = places_of(study), inhabitants_of(study)
    found = []
    for id, described in study.indicators.items():
        own = study.figures[study.figures["indicator"] == id]
        counts = {str(p): (float(n), str(s)) for p, n, s in own[["place", "count_n", "status"]].to_numpy()}
        figures = {(p.level, p.id): _figure(p, counts, people) for p in places}
        series = described.series or id
        if not described.confidential:
            found.append(IndicatorRelease(series, described, figures, RUNGS["communes"], None))
        else:
            found.append(_protected(series, described, figures, places, rules))
    return tuple(found)


def _figure(place: Place, counts: Mapping[str, tuple[float, str]], people: Mapping[str, float]) -> Figure:
    """The sum of what is known. A secret or missing part makes it a lower bound, none known makes it unknown."""
    given = [counts.get(c, (float("nan"), MISSING)) for c in place.communes]
    whole = sum(people[c] for c in place.communes)
    known = [(n, s, people[c]) for (n, s), c in zip(given, place.communes, strict=True) if s not in (SECRET, MISSING)]
    covered = sum(p for _, s, p in known if s != LOWER_BOUND)
    coverage = min(1.0, covered / whole) if whole else float(len(known) == len(given))
    if not known:
        status = SECRET if all(s == SECRET for _, s in given) else MISSING
        return Figure(None, status, 0.0)
    statuses = {s for _, s, _ in known}
    complete = len(known) == len(given) and LOWER_BOUND not in statuses
    status = (IMPUTED if IMPUTED in statuses else PUBLISHED) if complete else LOWER_BOUND
    return Figure(sum(n for n, _, _ in known), status, coverage)


def _protected(
    series: str,
    described: Indicator,
    figures: Mapping[tuple[str, str], Figure],
    places: Sequence[Place],
    rules: Rules,
) -> IndicatorRelease:
    cells: dict[Cell, CellFacts] = {}
    for key, figure in figures.items():
        if figure.value is not None:
            count = round(figure.value)
            # Files and measures: nobody behind the count knows a part of it as her own.
            cells[key] = CellFacts.summary(count, count, 0.0)
    equations = _equations(places, cells)
    candidates = []
    for name, levels in RUNGS.items():
        inside = {cell: facts for cell, facts in cells.items() if cell[0] in levels}
        lines = tuple(e for e in equations if e[0] in inside and all(part in inside for part in e[1]))
        candidates.append((name, LinkedTables(inside, lines, step=1.0)))
    name = said("releases.indicator", indicator=described.label, year=described.year)
    choice = choose(candidates, rules)
    if choice is None:
        nothing = Release(name, said("rungs.nothing"), "", 0, 0, 0.0, 0.0, said("audited_none"))
        return IndicatorRelease(series, described, {}, (), nothing)
    levels = RUNGS[choice.name]
    hidden = choice.protection.withheld
    shown = {
        key: Figure(None, SECRET, figure.coverage) if key in hidden else figure
        for key, figure in figures.items()
        if key[0] in levels
    }
    return IndicatorRelease(series, described, shown, levels, released(name, choice, rules))


def _equations(places: Sequence[Place], cells: Mapping[Cell, CellFacts]) -> tuple[Equation, ...]:
    """Communes add to cantons, EPCI and territories; and those that lie in a territory to it where they fill it."""
    found: list[Equation] = []
    by_level = {level: [p for p in places if p.level == level] for level in (COMMUNE, CANTON, EPCI, TERRITORY, WHOLE)}
    for level in (CANTON, EPCI, TERRITORY, WHOLE):
        for place in by_level[level]:
            for finer in (COMMUNE, CANTON, EPCI, TERRITORY):
                if finer != level and (parts := _tiling(place, by_level[finer])):
                    line = ((level, place.id), tuple((finer, p.id) for p in parts if (finer, p.id) in cells))
                    if line[0] in cells and line[1] and _adds_up(line, cells):
                        found.append(line)
    return tuple(dict.fromkeys(found))


def _tiling(place: Place, finer: Sequence[Place]) -> list[Place]:
    """The finer places that lie wholly in this one, if together they are all of it."""
    wanted = set(place.communes)
    inside = [p for p in finer if wanted.issuperset(p.communes)]
    return inside if sum(len(p.communes) for p in inside) == len(wanted) else []


def _adds_up(line: Equation, cells: Mapping[Cell, CellFacts]) -> bool:
    return abs(sum(cells[part].value for part in line[1]) - cells[line[0]].value) < 0.5


def value_rows(study: Study, releases: Sequence[IndicatorRelease]) -> Iterator[dict[str, Any]]:
    """Rows of published.indicator_value."""
    people = inhabitants_of(study)
    places = {(p.level, p.id): p for p in places_of(study)}
    size = {key: sum(people[c] for c in place.communes) for key, place in places.items()}
    for release in releases:
        rates = {
            key: figure.value / size[key] * PER
            for key, figure in release.figures.items()
            if figure.value is not None and figure.status in (PUBLISHED, IMPUTED) and size[key]
        }
        department = rates.get((WHOLE, DEPARTMENT))
        for key, figure in release.figures.items():
            place = places[key]
            rate = rates.get(key)
            yield {
                "territory_id": place.territory,
                "level": place.level,
                "place_id": place.id,
                "place": place.name,
                "theme": release.indicator.theme or said("themes.none"),
                "indicator_id": release.id,
                "indicator": release.indicator.label,
                "unit": release.indicator.unit,
                "year": release.indicator.year,
                "value": figure.value,
                "per_thousand": rate,
                "territory_per_thousand": rates.get((TERRITORY, place.territory)),
                "department_per_thousand": department,
                "ratio_to_department": rate / department if rate is not None and department else None,
                "coverage_share": figure.coverage,
                "status": said(f"status.{figure.status}"),
            }


def indicator_rows(study: Study, releases: Sequence[IndicatorRelease]) -> Iterator[dict[str, Any]]:
    """Rows of published.indicator: one a series, described as in the year the study uses."""
    used = {i for m in study.settings.missions.values() for d in m.domains.values() for i in d.indicators}
    communes = study.communes["commune"].nunique()
    for release in releases:
        if release.indicator.series:
            continue
        described = release.indicator
        own = study.figures[study.figures["indicator"] == described.id]["status"]
        shown = release.release
        yield {
            "indicator_id": release.id,
            "indicator": described.label,
            "theme": described.theme or said("themes.none"),
            "unit": described.unit,
            "nature": described.nature,
            "year": described.year,
            "source": described.source,
            "simulated": described.simulated,
            "used": described.id in used,
            "coverage_share": _share(own, PUBLISHED, communes),
            "secret_share": _share(own, SECRET, communes),
            "imputed_share": described.imputed_n / communes,
            "finest_level": release.levels[0] if release.levels else said("rungs.nothing"),
            "withheld_share": shown.withheld_share if shown else 0.0,
        }


def _share(statuses: "pd.Series[str]", wanted: str, communes: int) -> float:
    return float((statuses == wanted).sum() / communes) if communes else 0.0
