"""Sums over places, mergers, coverage, estimates: what is not known stays not known, or is flagged."""

from datetime import date
from math import nan, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.unit.published_fixture import FILE, figures, make_card, read_text
from workload.catalogue import issue_line
from workload.ingest.published.aggregate import complete, coverage, sum_places, to_communes
from workload.ingest.published.crosswalk import Change, communes_day, follow_changes, route
from workload.ingest.published.impute import cross_validate, impute
from workload.ingest.published.status import as_table
from workload.ingest.published.study import read_for_study, used_years

COUNTS = {"n": True, "median": False}


def communes(rows: dict[str, tuple[float, str]], indicator: str = "n") -> pd.DataFrame:
    return as_table([(place, "commune", 2020, indicator, count, status) for place, (count, status) in rows.items()])


def test_iris_make_lower_bounds_and_secrets(tmp_path: Path) -> None:
    card = make_card(niveau="iris", vide="secret", marques={"nd": "manquant"})
    text = "Code;Nombre\n" + "".join(f"{code};{value}\n" for code, value in [
        ("540010101", 3), ("540010102", 4), ("540020101", 5), ("540020102", ""), ("540030101", ""), ("540030102", ""),
        ("540040101", ""), ("540040102", "nd"), ("751010101", 10), ("751200101", 20),
    ])  # fmt: skip
    table, issues = read_text(tmp_path, text, card)
    assert issues == []
    assert figures(to_communes(table, card)) == {
        "54001": (7, "published"),
        "54002": (5, "lower_bound"),
        "54003": (None, "secret"),
        "54004": (None, "missing"),
        "75056": (30, "published"),
    }


def test_arrondissements_are_kept_when_the_card_asks(tmp_path: Path) -> None:
    text = "Code;Nombre\n69381;1\n69382;2\n"
    card = make_card(garder_arrondissements=True)
    assert set(figures(to_communes(read_text(tmp_path, text, card)[0], card))) == {"69381", "69382"}
    assert figures(to_communes(read_text(tmp_path, text, make_card())[0], make_card())) == {"69123": (3, "published")}
    median = make_card({"n": {"titre": "Nombre", "additif": False}})
    assert figures(to_communes(read_text(tmp_path, text, median)[0], median)) == {"69123": (None, "missing")}


def test_absent_communes_take_the_declared_meaning() -> None:
    table = communes({"54001": (1, "published")})
    for meaning, expected in (
        ("manquant", (None, "missing")),
        ("secret", (None, "secret")),
        ("zero", (0, "published")),
    ):
        assert figures(complete(table, make_card(absent=meaning), ["54001", "54002"]))["54002"] == expected


def test_communes_sum_to_territories() -> None:
    table = communes(
        {
            "a": (1, "published"),
            "b": (2, "published"),
            "c": (nan, "secret"),
            "d": (nan, "secret"),
            "e": (nan, "missing"),
        }
    )
    groups = {"a": "A", "b": "A", "c": "B", "d": "B", "e": "C"}
    assert figures(sum_places(table, groups, "territoire", COUNTS)) == {
        "A": (3, "published"),
        "B": (None, "secret"),
        "C": (None, "missing"),
    }
    assert figures(sum_places(table, dict.fromkeys("abcde", "T"), "territoire", COUNTS)) == {"T": (3, "lower_bound")}
    cut = pd.DataFrame({"commune": ["a", "b", "b"], "place": ["X", "X", "Y"], "part": [1, 0.25, 0.75]})
    assert figures(sum_places(table, cut, "territoire", COUNTS)) == {"X": (1.5, "published"), "Y": (1.5, "published")}


def test_coverage_by_communes_and_population() -> None:
    table = communes({"a": (1, "published"), "b": (nan, "secret")})
    found = coverage(table, {"a": 100, "b": 300, "c": 100}, {"a": "T", "b": "T", "c": "T", "d": "U"}).set_index(
        "territory"
    )
    here = found.loc["T"]
    assert here[["communes_published", "communes_secret", "communes_missing"]].tolist() == pytest.approx([1 / 3] * 3)
    assert here[["population_published", "population_secret", "population_missing"]].tolist() == pytest.approx(
        [0.2, 0.6, 0.2]
    )
    assert found.loc["U", "communes_missing"] == 1


CHANGES = (
    Change(date(2016, 1, 1), "A", "P"),
    Change(date(2016, 1, 1), "P", "P"),
    Change(date(2018, 1, 1), "P", "Q"),
    Change(date(2020, 1, 1), "S", "S"),
    Change(date(2020, 1, 1), "S", "T"),
)


def test_routes_forward_and_back() -> None:
    codes = ["A", "P", "S", "Z"]
    forward = route(codes, date(2015, 1, 1), date(2021, 1, 1), CHANGES).targets
    assert forward == {"A": {"Q"}, "P": {"Q"}, "S": {"S", "T"}, "Z": {"Z"}}
    assert route(codes, date(2016, 1, 1), date(2017, 1, 1), CHANGES).targets["P"] == {"P"}  # the day itself is after
    back = route(["Q", "S", "T"], date(2021, 1, 1), date(2015, 1, 1), CHANGES).targets
    assert back == {"Q": {"A", "P"}, "S": {"S"}, "T": {"S"}}


def test_the_day_of_a_list_of_communes() -> None:
    assert communes_day(["A", "P"], CHANGES) == date(2015, 12, 31)
    assert communes_day(["P", "S"], CHANGES) == date(2017, 12, 31)
    assert communes_day(["Q", "S", "T"], CHANGES) == date(2020, 1, 1)


def test_real_mergers() -> None:
    table = communes(
        {
            "54099": (5, "published"),
            "54341": (1, "published"),
            "54342": (nan, "secret"),
            "54506": (2, "published"),
            "54557": (3, "published"),
        }
    )
    followed, issues = follow_changes(table, date(2015, 1, 1), date(2024, 1, 1), COUNTS, FILE)
    assert issues == []
    assert figures(followed) == {"54099": (6, "lower_bound"), "54557": (5, "published")}
    medians = communes({"54506": (20, "published"), "54557": (30, "published"), "54001": (25, "published")}, "median")
    followed, _ = follow_changes(medians, date(2015, 1, 1), date(2024, 1, 1), COUNTS, FILE)
    assert figures(followed) == {"54557": (None, "missing"), "54001": (25, "published")}


def test_a_split_is_refused_or_shared_by_declared_parts() -> None:
    table = communes({"54099": (100, "published")})
    followed, issues = follow_changes(table, date(2018, 1, 1), date(2015, 1, 1), COUNTS, FILE)
    assert [(i.code, i.value, i.params["into"], i.params["date"]) for i in issues] == [
        ("commune_split", "54099", "54099, 54341, 54342", "01/01/2017")
    ]
    assert "54341" in issue_line(issues[0])
    assert set(figures(followed).values()) == {(None, "missing")}
    parts = {"54099": {"54099": 0.7, "54341": 0.1, "54342": 0.2}}
    followed, issues = follow_changes(table, date(2018, 1, 1), date(2015, 1, 1), COUNTS, FILE, parts)
    assert issues == []
    assert figures(followed) == {"54099": (70, "imputed"), "54341": (10, "imputed"), "54342": (20, "imputed")}
    assert followed["imputed_n"].sum() == pytest.approx(100)
    assert followed["error_n"].isna().all()  # how wrong the parts are, nobody knows
    wrong = {"54099": {"54099": 0.7}}
    assert [i.code for i in follow_changes(table, date(2018, 1, 1), date(2015, 1, 1), COUNTS, FILE, wrong)[1]] == [
        "commune_parts_wrong"
    ]
    secret = communes({"54099": (nan, "secret")})
    followed, _ = follow_changes(secret, date(2018, 1, 1), date(2015, 1, 1), COUNTS, FILE, parts)
    assert set(figures(followed).values()) == {(None, "secret")}


PROXY = {"a": 10.0, "b": 20.0, "c": 30.0, "d": 40.0, "e": 50.0, "f": 60.0, "g": 5.0}


def observed() -> pd.DataFrame:
    known = {place: (2 * PROXY[place] + (-1) ** k, "published") for k, place in enumerate("abcde")}
    return communes(known | {"f": (nan, "secret"), "g": (15.0, "lower_bound")})


def test_estimates_in_proportion_are_flagged_with_their_error() -> None:
    filled, done, issues = impute(observed(), "n", 2020, PROXY, "pop", FILE)
    assert done is not None
    assert [i.code for i in issues] == ["counts_imputed"]
    x, p = np.array([21, 39, 61, 79, 101.0]), np.array([10, 20, 30, 40, 50.0])
    ratio = x.sum() / p.sum()
    assert figures(filled)["f"] == (pytest.approx(60 * ratio), "imputed")
    assert figures(filled)["g"] == (15, "imputed")  # the estimate, 10, is under what is known
    assert figures(filled)["a"] == (21, "published")
    residual = [x[i] - p[i] * np.delete(x, i).sum() / np.delete(p, i).sum() for i in range(5)]
    assert done.relative_error == pytest.approx(sum(map(abs, residual)) / x.sum())
    sigma = sqrt(np.mean([r * r / q for r, q in zip(residual, p, strict=True)]))
    assert filled.set_index("place").loc["f", "error_n"] == pytest.approx(sigma * sqrt(60 * (1 + 60 / 150)))
    summed = sum_places(filled, dict.fromkeys("abcdefg", "T"), "territoire", COUNTS)
    assert figures(summed)["T"][1] == "imputed"
    assert summed["imputed_n"].iloc[0] == pytest.approx(60 * ratio)
    assert summed["error_n"].iloc[0] > 0


def test_a_total_is_shared_out_exactly_and_never_undercuts_a_bound() -> None:
    filled, done, issues = impute(observed(), "n", 2020, PROXY, "pop", FILE, total_n=500)
    assert done is not None
    assert [i.code for i in issues] == ["indicator_imputed_total"]
    assert filled["count_n"].sum() == pytest.approx(500)
    rest = 500 - 301 - 15
    assert figures(filled)["g"] == (pytest.approx(15 + rest * 5 / 65), "imputed")
    assert filled["imputed_n"].sum() == pytest.approx(rest)
    assert done.imputed_share == pytest.approx(rest / 500)


def test_estimates_that_cannot_be_made_are_refused() -> None:
    for proxy, total, code in (
        ({"a": 1.0}, None, "imputation_proxy_unknown"),
        (PROXY, 100.0, "imputation_total_too_small"),
        (dict.fromkeys(PROXY, 0.0), None, "imputation_no_base"),
        (dict.fromkeys(PROXY, 0.0), 500.0, "imputation_no_base"),
    ):
        unchanged, done, issues = impute(observed(), "n", 2020, proxy, "pop", FILE, total)
        assert ([i.code for i in issues], done) == ([code], None)
        assert figures(unchanged)["f"] == (None, "secret")
        assert issue_line(issues[0])


def test_with_few_published_figures_the_error_is_unknown_and_said_so() -> None:
    table = communes({"a": (10, "published"), "b": (nan, "secret")})
    filled, done, issues = impute(table, "n", 2020, PROXY, "pop", FILE)
    assert done is not None
    assert np.isnan(done.relative_error)
    assert filled.set_index("place")["error_n"].isna().to_dict() == {"a": False, "b": True}
    assert issues[0].params["error"] == "?"
    assert np.isnan(cross_validate(np.array([1.0]), np.array([1.0]))[0])


def test_a_file_for_a_study(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text("Code;Nombre\n54099;5\n54341;1\n54342;2\n54001;s\n54999;4\n88001;9\n", "utf-8")
    card = make_card(annee=2016, marques={"s": "secret"})
    found, issues = read_for_study(path, card, ["54001", "54002", "54099"], "54", FILE)
    assert [(i.code, i.severity.value, i.params["communes"]) for i in issues] == [
        ("published_communes_unknown", "warning", "54999")
    ]
    assert figures(found.table) == {"54001": (None, "secret"), "54002": (None, "missing"), "54099": (8, "published")}
    assert used_years(found.table, card).equals(found.table)
    _, issues = read_for_study(path, card, ["01001"], "01", FILE)
    assert [i.code for i in issues] == ["published_no_commune"]
    by_epci = make_card(niveau="epci")
    path.write_text("Code;Nombre\n245400676;5\n", "utf-8")
    assert [i.code for i in read_for_study(path, by_epci, ["54001"], "54", FILE)[1]] == ["published_level_too_high"]
