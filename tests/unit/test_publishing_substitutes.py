"""Withheld counts of small made-up départements: what may be counted in their place depends on nothing that is withheld.

Eight territories of a few communes; no cantons, no EPCI.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from workload.ingest.indicators import Indicator
from workload.models.design import place_counts
from workload.store.disclosure import Rules
from workload.store.publishing.indicators import IndicatorRelease, indicator_releases

RULES = Rules(5, 0.85, 0.15, 0.15)
FILES = Indicator("dossiers", "Dossiers", "dossiers", "interne", 2003, "essai", True, confidential=True)


def study_of(counts: Mapping[str, list[float | None]]) -> Any:
    """Territory → count of each of its communes; None: nobody gave it."""
    rows = [(f"{t}{k}", t, n) for t, of in counts.items() for k, n in enumerate(of)]
    communes = pd.DataFrame(
        {
            "commune": [c for c, _, _ in rows],
            "commune_name": [c for c, _, _ in rows],
            "territory": [t for _, t, _ in rows],
            "territory_name": [t for _, t, _ in rows],
            "canton": None,
            "epci": None,
            "population": [1000.0 + 10 * k for k in range(len(rows))],
            "part": 1.0,
            "site": "s",
            "sector": [t for _, t, _ in rows],
        }
    )
    figures = pd.DataFrame(
        {
            "place": [c for c, _, _ in rows],
            "indicator": "dossiers",
            "count_n": [float("nan") if n is None else float(n) for _, _, n in rows],
            "status": ["missing" if n is None else "published" for _, _, n in rows],
        }
    )
    return SimpleNamespace(communes=communes, figures=figures, indicators={"dossiers": FILES})


def release(counts: Mapping[str, list[float | None]], *earlier: Mapping[str, float]) -> IndicatorRelease:
    (found,) = indicator_releases(study_of(counts), RULES, [{"dossiers": of} for of in earlier])
    return found


SMALL = {"a": [1, 1], "b": [6, 6], "c": [40, 30], "d": [25, 50], "e": [60, 20], "f": [33, 44]}


def closed(found: IndicatorRelease, counts: Mapping[str, list[float | None]] = SMALL) -> set[str]:
    return {t for t in counts if not found.open(t)}


def test_what_is_open_is_not_replaced_and_what_is_closed_always_is():
    found = release(SMALL)
    assert closed(found) == {"a", "b"} == set(found.substitutes)
    assert sum(found.substitutes.values()) == 14
    assert dict(release({"a": [30, 40], "b": [50, 60]}).substitutes) == {}


@pytest.mark.parametrize("a", [1, 2, 3, 4])
def test_small_counts_that_publish_alike_are_replaced_alike(a: int):
    """The territories' rung: by the steps, and the same for every count under the minimum."""
    counts = SMALL | {"a": [1, a - 1], "b": [6, 14 - a - 6]}
    found, base = release(counts), release(SMALL)
    assert found.figures == base.figures
    assert found.substitutes == base.substitutes


def test_finer_figures_leave_nothing_but_what_follows_from_them():
    many = {t: [20 + k for k in range(8)] for t in "cdefgh"} | {"b": [6, *range(12, 19)]}
    shown = release({"a": [3, *[0] * 7], **many})
    (other,) = closed(shown, many)
    (k,) = [k for k in range(8) if shown.figures["commune", f"{other}{k}"].value is None]
    moved = many | {other: [n + (j == k) for j, n in enumerate(many[other])]}
    one, other = shown, release({"a": [2, *[0] * 7], **moved})
    assert one.levels[0] == "commune"
    assert "a" in closed(one, {"a": [], **many})
    assert one.figures == other.figures
    assert one.substitutes == other.substitutes


def test_after_a_change_the_earlier_count_stands_in():
    """Two files more: the change is a figure about two, so nothing of today's count may be used."""
    earlier = {"territoire|c": 70.0, "territoire|d": 75.0, "territoire|e": 80.0, "territoire|f": 77.0}
    base = {t: SMALL[t] for t in "cdef"}
    one = release(base | {"c": [40, 32], "d": [30, 58]}, earlier)
    other = release(base | {"c": [40, 33], "d": [30, 57]}, earlier)
    assert "c" in closed(one, base)
    if one.figures == other.figures:
        assert one.substitutes == other.substitutes
    assert abs(one.substitutes["c"] - 72) < 12


def test_a_count_that_nobody_gave_has_the_rate_of_the_others():
    found = release(SMALL | {"b": [None, None], "a": [30, 20]})
    assert closed(found) == {"b"}
    assert found.substitutes["b"] == pytest.approx(70, abs=15)


def test_the_substitute_is_shared_by_inhabitants_and_adds_up():
    communes = study_of(SMALL).communes.assign(longitude=6.0, latitude=48.0)
    counts = pd.DataFrame({"dossiers": [float(n) for of in SMALL.values() for n in of]}, index=communes["commune"])
    sites = pd.DataFrame({"site": ["s"], "seat": ["a0"]})
    plain = place_counts(communes, sites, counts)
    told = place_counts(communes, sites, counts, None, {"dossiers": {"a": 7.0, "b": 7.0}})
    assert told["territory"]["dossiers"].to_dict() == plain["territory"]["dossiers"].to_dict() | {"a": 7.0, "b": 7.0}
    assert told["commune"].at["a0", "dossiers"] == pytest.approx(7 * 1000 / 2010)
    assert told["commune"].at["c1", "dossiers"] == 30
