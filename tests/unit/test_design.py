"""Counts made from the map, and the line that rests on external indicators alone."""

import numpy as np
import pandas as pd
import pytest

from workload.ingest.study_file import Domain, ExpertWeight, Mission
from workload.models.design import MEAN_DISTANCE, components_of, distances_known, nature_filter, place_counts

COMMUNES = pd.DataFrame(
    {
        "commune": ["54001", "54002", "54002", "54003"],
        "population": [4000.0, 6000.0, 6000.0, 10_000.0],
        "part": [1.0, 0.5, 0.5, 1.0],
        "sector": ["a", "a", "b", "c"],
        "site": ["n", "n", "n", "m"],
        "territory": ["x", "x", "x", "y"],
    }
)
SITES = pd.DataFrame({"site": ["n", "m"], "territory": ["x", "y"], "seat": ["54001", "54003"]})
COUNTS = pd.DataFrame({"rsa": [10.0, 20.0, 40.0]}, index=["54001", "54002", "54003"])


def test_a_normative_sector_is_a_number_of_inhabitants_and_never_a_sector_of_today() -> None:
    places = place_counts(COMMUNES, SITES, COUNTS, sector_inhabitants=4000.0)
    assert places["territory"]["forfait_secteur"].to_dict() == {"x": 2.5, "y": 2.5}
    recut = place_counts(COMMUNES.assign(sector=["a", "b", "c", "d"]), SITES, COUNTS, sector_inhabitants=4000.0)
    assert recut["territory"]["forfait_secteur"].equals(places["territory"]["forfait_secteur"])
    assert "forfait_secteur" not in place_counts(COMMUNES, SITES, COUNTS)["territory"]


def test_the_mean_distance_to_the_centre_of_a_square_by_drawing_points() -> None:
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (200_000, 2))
    assert float(np.hypot(*points.T).mean()) == pytest.approx(MEAN_DISTANCE, abs=0.002)


def test_areas_stand_in_for_coordinates() -> None:
    communes = COMMUNES.assign(area_km2=[16.0, 20.0, 20.0, 100.0])
    trips = place_counts(communes, SITES, COUNTS)["territory"]["trajets"]
    assert trips["x"] == pytest.approx(10_000 * MEAN_DISTANCE * 6)  # √(16 + 20)
    assert trips["y"] == pytest.approx(10_000 * MEAN_DISTANCE * 10)
    assert not distances_known(COMMUNES)
    assert distances_known(communes)
    assert (place_counts(COMMUNES, SITES, COUNTS)["territory"]["trajets"] == 0).all()


def test_coordinates_come_before_areas() -> None:
    placed = COMMUNES.assign(longitude=[6.0, 6.0, 6.0, 7.0], latitude=[48.0, 48.1, 48.1, 48.0])
    both = placed.assign(area_km2=[1.0, 1.0, 1.0, 1.0])
    trips = place_counts(both, SITES, COUNTS)["territory"]["trajets"]
    assert trips["x"] == pytest.approx(6000 * 11.1195, rel=1e-4)
    assert trips["y"] == 0
    holes = both.assign(latitude=[48.0, np.nan, 48.1, 48.0])
    assert place_counts(holes, SITES, COUNTS)["territory"]["trajets"]["y"] == pytest.approx(10_000 * MEAN_DISTANCE)


def mission() -> Mission:
    return Mission(
        name="m",
        professions=("ASS",),
        domains={
            "insertion": Domain(indicators={"rsa": ExpertWeight(minutes=180), "dossiers": None}),
            "child_protection": Domain(indicators={"enquetes": None}),
            "travel": Domain(indicators={"habitants": None}),
        },
    )


def test_external_indicators_alone_except_where_a_domain_has_no_other() -> None:
    line = nature_filter(mission(), {"rsa": "externe", "dossiers": "interne", "enquetes": "interne"})
    assert [c.id for c in components_of(line.mission, 0.4)] == [
        "rsa@insertion",
        "enquetes@child_protection",
        "habitants@travel",
    ]
    assert line.dropped == (("insertion", "dossiers"),)
    assert line.kept_internal == ("child_protection",)
    assert components_of(line.mission, 0.4)[0].expert_min == 180


def test_without_internal_indicators_the_line_is_the_mission_itself() -> None:
    line = nature_filter(mission(), {})
    assert line.mission == mission()
    assert (line.dropped, line.kept_internal) == ((), ())
