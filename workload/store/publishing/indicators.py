"""The indicators of every place, over the years, beside the levels above; small counts of our own are withheld.

What others publish passed their own secrecy: its secret cells come to us as such. What the service counts itself, and
what a source card calls confidential, is a figure about people: under the minimum it is withheld, with what would give
it back.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil, inf
from typing import Any

import pandas as pd

from workload.ingest.indicators import Indicator
from workload.ingest.study import Study
from workload.store.disclosure import (
    Cell,
    CellFacts,
    Choice,
    Demand,
    LinkedTables,
    Rules,
    audit,
    between_publications,
    choose,
)
from workload.store.disclosure.rules import THRESHOLD, whole_steps
from workload.store.publishing.decided import Memory
from workload.store.publishing.places import (
    CANTON,
    COMMUNE,
    EPCI,
    TERRITORY,
    WHOLE,
    Place,
    inhabitants_in,
    inhabitants_of,
    places_of,
)
from workload.store.publishing.releases import Release, released
from workload.store.publishing.substitutes import Known, deduced, in_steps, rates
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
    substitutes: Mapping[str, float] = field(default_factory=dict)
    """Every territory that is not `open` → what a computation may count there instead."""

    def open(self, territory: str) -> bool:
        """Whether its figure for this territory is shown, or was never ours to protect."""
        figure = self.figures.get((TERRITORY, territory))
        return self.release is None or (figure is not None and figure.value is not None)

    @property
    def counts(self) -> dict[str, float]:
        """What is shown of a protected one, as a later publication must know it."""
        if self.release is None:
            return {}
        return {"|".join(key): f.value for key, f in self.figures.items() if f.value is not None}


Counts = Mapping[str, Mapping[str, float]]
"""Indicator → "level|place" → the count that an earlier publication showed."""


def indicator_releases(
    study: Study,
    rules: Rules,
    earlier: Sequence[Counts] = (),
    only: Collection[str] | None = None,
    memory: Memory | None = None,
) -> tuple[IndicatorRelease, ...]:
    """rules: with the minimum of persons. only: these indicators. Raises RefusedError when the audit does not let one
    pass. memory: where decisions are kept.
    """
    memory = memory or Memory()
    places, people = places_of(study), inhabitants_of(study)
    named = Counter((i.label, i.year) for i in study.indicators.values())
    sizes = {p.id: inhabitants_in(p, people) for p in places if p.level == TERRITORY}
    of_places = tuple(study.communes.astype(str).itertuples(index=False, name=None))
    found = []
    for id, described in study.indicators.items():
        if only is not None and id not in only:
            continue
        own = study.figures[study.figures["indicator"] == id]
        counts = {str(p): (float(n), str(s)) for p, n, s in own[["place", "count_n", "status"]].to_numpy()}
        figures = {(p.level, p.id): _figure(p, counts, people) for p in places}
        series = described.series or id
        if not described.confidential:
            found.append(IndicatorRelease(series, described, figures, RUNGS["communes"], None))
            continue
        known = {c: n for c, (n, s) in counts.items() if s not in (SECRET, MISSING)}
        name = said("releases.indicator", indicator=described.label, year=described.year)
        name += f" ({id})" if named[described.label, described.year] > 1 else ""
        shown_before = [of[id] for of in earlier if id in of]

        decide = partial(_decided, study, places, name, series, described, figures, known, sizes, rules, shown_before)
        stands_on = (name, series, described, sorted(figures.items()), sorted(known.items()), of_places, rules)
        found.append(memory.recall((*stands_on, shown_before, sorted(sizes.items())), decide))
    return tuple(found)


def _decided(
    study: Study,
    places: Sequence[Place],
    name: str,
    series: str,
    described: Indicator,
    figures: Mapping[tuple[str, str], Figure],
    known: Mapping[str, float],
    sizes: Mapping[str, float],
    rules: Rules,
    shown_before: Sequence[Mapping[str, Any]],
) -> IndicatorRelease:
    release, choice = _protected(name, series, described, figures, _Map.of(study, places, known), rules, shown_before)
    return replace(release, substitutes=_substitutes(figures, release, choice, sizes, rules, shown_before))


def _figure(place: Place, counts: Mapping[str, tuple[float, str]], people: Mapping[str, float]) -> Figure:
    """The sum of what is known. A secret or missing part makes it a lower bound, none known makes it unknown."""
    given = [(*counts.get(c, (float("nan"), MISSING)), people[c] * part, part) for c, part in place.parts.items()]
    whole = sum(here for _, _, here, _ in given)
    known = [row for row in given if row[1] not in (SECRET, MISSING)]
    covered = sum(here for _, s, here, _ in known if s != LOWER_BOUND)
    coverage = min(1.0, covered / whole) if whole else float(len(known) == len(given))
    if not known:
        status = SECRET if all(s == SECRET for _, s, _, _ in given) else MISSING
        return Figure(None, status, 0.0)
    statuses = {s for _, s, _, _ in known}
    complete = len(known) == len(given) and LOWER_BOUND not in statuses
    status = (IMPUTED if IMPUTED in statuses else PUBLISHED) if complete else LOWER_BOUND
    return Figure(round(sum(n * part for n, _, _, part in known), 6), status, coverage)


@dataclass(frozen=True, slots=True)
class _Map:
    """Places, and the pieces that the borders of cantons, EPCI and territories cut the département into.

    Two areas that overlap give away what lies between them, so equations go through these pieces.
    """

    areas: Mapping[Cell, tuple[Cell, ...]]  # area → its pieces
    communes: Mapping[Cell, Cell]  # commune → its piece; empty where one is shared by two territories
    pieces: Mapping[Cell, float]  # piece → count of the communes that are known

    @classmethod
    def of(cls, study: Study, places: Sequence[Place], known: Mapping[str, float]) -> "_Map":
        inside: dict[tuple[str, str], list[str]] = {}
        for place in places:
            if place.level in (CANTON, EPCI):
                for commune in place.communes:
                    inside.setdefault((place.level, commune), []).append(place.id)
        pieces: dict[Cell, float] = {}
        areas: dict[Cell, dict[Cell, None]] = {}
        communes: dict[Cell, Cell] = {}
        home: dict[str, set[Cell]] = {}
        for commune, territory, part in study.communes[["commune", "territory", "part"]].to_numpy():
            around = [*inside.get((CANTON, commune), []), "", *inside.get((EPCI, commune), [])]
            piece = ("piece", *around, str(territory))
            pieces[piece] = pieces.get(piece, 0.0) + known.get(str(commune), 0.0) * float(part)
            home.setdefault(str(commune), set()).add(piece)
            for level, ids in ((CANTON, inside.get((CANTON, commune), [])), (EPCI, inside.get((EPCI, commune), []))):
                for id in ids:
                    areas.setdefault((level, id), {})[piece] = None
            areas.setdefault((TERRITORY, str(territory)), {})[piece] = None
            areas.setdefault((WHOLE, DEPARTMENT), {})[piece] = None
        whole = all(len(found) == 1 for found in home.values())
        if whole:
            communes = {(COMMUNE, c): next(iter(found)) for c, found in home.items()}
        return cls({a: tuple(p) for a, p in areas.items()}, communes, {p: round(n, 6) for p, n in pieces.items()})

    def tables(self, levels: Sequence[str], counts: Mapping[Cell, float], rules: Rules) -> LinkedTables | None:
        """Cells of the levels shown, and the pieces as cells that no table shows; None where communes cannot be."""
        if COMMUNE in levels and not self.communes:
            return None
        shown = {cell: n for cell, n in counts.items() if cell[0] in levels}
        equations = [(area, parts) for area, parts in self.areas.items() if area in shown]
        if COMMUNE in levels:
            inside: dict[Cell, list[Cell]] = {}
            for commune, piece in self.communes.items():
                if commune in shown:
                    inside.setdefault(piece, []).append(commune)
            equations += [(piece, tuple(parts)) for piece, parts in inside.items()]
        cells = {cell: _facts(n) for cell, n in {**self.pieces, **shown}.items()}
        small = {} if COMMUNE in levels else {p: n for p, n in self.pieces.items() if 0 < n < rules.minimum_workers}
        step = 1.0 if all(float(n).is_integer() for n in {**self.pieces, **shown}.values()) else 0.0
        forced = {p: (Demand(THRESHOLD, whole_steps(rules.protection_share * n, step), {}),) for p, n in small.items()}
        return LinkedTables(
            cells, tuple(e for e in equations if e[1]), step=step, forced=forced, hidden=frozenset(self.pieces)
        )


def _facts(count: float) -> CellFacts:
    """Files and measures: nobody behind the count knows a part of it as her own."""
    return CellFacts.summary(count, ceil(count), 0.0)


def _protected(
    name: str,
    series: str,
    described: Indicator,
    figures: Mapping[tuple[str, str], Figure],
    places: _Map,
    rules: Rules,
    earlier: Sequence[Mapping[str, float]],
) -> tuple[IndicatorRelease, Choice | None]:
    counts: dict[Cell, float] = {key: figure.value for key, figure in figures.items() if figure.value is not None}
    candidates = []
    for rung, levels in RUNGS.items():
        tables = places.tables(levels, counts, rules)
        if tables is None:
            continue
        now = {cell: facts for cell, facts in tables.cells.items() if cell not in tables.hidden}
        for before in earlier:
            told: dict[Cell, float] = {tuple(key.split("|", 1)): n for key, n in before.items()}
            then = {cell: _facts(n) for cell, n in told.items() if cell in now}
            tables = between_publications(now, then, rules, tables.equations, tables.step).applied(tables)
        candidates.append((rung, tables))
    choice = choose(candidates, rules)
    if choice is None:
        nothing = Release(name, said("rungs.nothing"), "", 0, 0, 0.0, 0.0, said("audited_none"))
        return IndicatorRelease(series, described, {}, (), nothing), None
    levels, hidden = RUNGS[choice.name], choice.protection.withheld
    shown = {
        key: Figure(None, SECRET, figure.coverage) if key in hidden else figure
        for key, figure in figures.items()
        if key[0] in levels
    }
    return IndicatorRelease(series, described, shown, levels, released(name, choice, rules)), choice


def _substitutes(
    figures: Mapping[tuple[str, str], Figure],
    release: IndicatorRelease,
    choice: Choice | None,
    sizes: Mapping[str, float],
    rules: Rules,
    earlier: Sequence[Mapping[str, float]],
) -> dict[str, float]:
    """See `substitutes`. sizes: territory → inhabitants; earlier: what each earlier publication showed."""
    closed = {t: figures[TERRITORY, t].value for t in sizes if not release.open(t)}
    if not closed:
        return {}
    withheld = {t: n for t, n in closed.items() if n is not None}  # ours; of the others nobody gave a figure
    shown = {t: (figures[TERRITORY, t].value or 0.0, sizes[t]) for t in sizes if t not in closed}
    rate = rates({t: sizes[t] for t in closed}, shown)
    told = {t: float(round(rate[t])) for t in closed if t not in withheld}
    whole = release.figures.get((WHOLE, DEPARTMENT))
    known = None if whole is None else whole.value
    together = None if known is None else round(known - sum(n for n, _ in shown.values()), 6)
    same = all(release.counts.get(key) == n for before in earlier for key, n in before.items())
    if len(withheld) > 1 and together and together > 0 and release.levels == RUNGS["territories"] and same:
        return told | in_steps(withheld, {t: sizes[t] for t in withheld}, together, rules)
    if not withheld:
        return told
    follows = audit(choice.tables, rules, choice.protection.withheld).intervals if choice else {}
    zero = {t: (0.0, 0.0) for t, n in withheld.items() if not n}  # known, however it is shown
    between = {t: follows.get((TERRITORY, t), (0.0, inf)) for t in withheld} | zero
    last = {t: before[key] for before in earlier for t in withheld if (key := f"{TERRITORY}|{t}") in before}
    return told | deduced(Known(together, between, last, rate))


def value_rows(study: Study, releases: Sequence[IndicatorRelease]) -> Iterator[dict[str, Any]]:
    """Rows of published.indicator_value."""
    people = inhabitants_of(study)
    places = {(p.level, p.id): p for p in places_of(study)}
    size = {key: inhabitants_in(place, people) for key, place in places.items()}
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
