"""Indicators by place: what adds up, what is unknown, what is withheld."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from workload.ingest.study import Study, read_study
from workload.store.disclosure import Rules
from workload.store.publishing.indicators import indicator_releases, indicator_rows, value_rows
from workload.store.publishing.places import place_rows, places_of

RULES = Rules(5, 0.85, 0.15, 0.15)


@cache
def study() -> Study:
    return read_study(Path("sample/meurthe-et-moselle"))


def with_figures(**statuses: str) -> Study:
    """Communes by code → the status of their unemployed."""
    figures = study().figures.copy()
    for commune, status in statuses.items():
        own = (figures["indicator"] == "chomeurs") & (figures["place"] == commune.removeprefix("c"))
        figures.loc[own, "status"] = status
        if status in ("secret", "missing"):
            figures.loc[own, "count_n"] = float("nan")
    return replace(study(), figures=figures)


def values(of: Study) -> pd.DataFrame:
    return pd.DataFrame(value_rows(of, indicator_releases(of, RULES)))


def test_places_at_every_level():
    places = places_of(study())
    levels = pd.Series([p.level for p in places]).value_counts()
    assert (levels["commune"], levels["territoire"], levels["département"]) == (591, 6, 1)
    assert levels["epci"] == 20
    assert levels["canton"] > 10
    rows = {(r["level"], r["place_id"]): r for r in place_rows(study())}
    assert rows["territoire", "longwy"]["inhabitants"] == pytest.approx(
        study().communes.drop_duplicates("commune").query("territory == 'longwy'")["population"].sum()
    )
    assert rows["département", "*"]["geometry"].startswith('{"type":')


def test_published_figures_add_up_over_levels():
    table = values(study())
    own = table[(table["indicator_id"] == "chomeurs") & (table["year"] == 2003)]
    by_level = own.groupby("level")["value"].sum()
    assert by_level["commune"] == by_level["territoire"] == by_level["département"] == 32_400
    whole = own[own["level"] == "département"].iloc[0]
    assert whole["ratio_to_department"] == 1
    assert (own["coverage_share"] == 1).all()


def test_a_secret_commune_makes_its_sums_a_lower_bound_and_says_so():
    table = values(with_figures(c54323="secret", c54001="missing"))
    own = table[(table["indicator_id"] == "chomeurs") & (table["year"] == 2003)].set_index(["level", "place_id"])
    assert own.loc[("commune", "54323"), "status"] == "secret"
    assert pd.isna(own.loc[("commune", "54323"), "value"])
    assert own.loc[("commune", "54001"), "status"] == "manquant"
    assert own.loc[("département", "*"), "status"] == "minimum connu"
    assert own.loc[("département", "*"), "coverage_share"] < 1
    assert pd.isna(own.loc[("département", "*"), "per_thousand"])  # a rate of a lower bound would be too low
    described = {r["indicator_id"]: r for r in indicator_rows(study(), indicator_releases(study(), RULES))}
    assert described["rmi"]["finest_level"] == "canton"
    assert described["chomeurs"]["finest_level"] == "commune"


def test_years_of_a_series_stand_under_one_name():
    table = values(study())
    assert sorted(table.loc[table["indicator_id"] == "rmi", "year"].unique()) == [2000, 2001, 2002, 2003]
    assert "rmi_2001" not in set(table["indicator_id"])


def test_nothing_withheld_comes_back_from_the_levels_above():
    """Of a confidential indicator: no withheld place is what its level above leaves when the others are taken away."""
    for release in indicator_releases(study(), RULES):
        hidden = {key for key, figure in release.figures.items() if figure.status == "secret"}
        for level in {key[0] for key in hidden}:
            whole = release.figures["département", "*"].value
            parts = [key for key in release.figures if key[0] == level]
            covered = sum(len(p.communes) for p in places_of(study()) if p.level == level)
            if whole is not None and covered == 591:
                assert len([key for key in parts if key in hidden]) != 1
