"""Intervals hold what they state, and supply does not leak into need: a small version of `make calibrate`."""

from typing import Any

import pytest

from sample.calibrate import Case, cases, outcome, summary

DEPARTMENTS, DRAWS = 24, 200


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """All rows of processes that do not ration and hide no need, as `make calibrate` writes them."""
    plain = [c for c in cases(DEPARTMENTS, DRAWS) if not c.process.rationing and not c.process.unmeasured]
    return list(summary(plain, [outcome(case) for case in plain]))


def mean(rows: list[dict[str, Any]], figure: str, **wanted: object) -> float:
    """Over all ρ, unless one is asked for."""
    found = [row[figure] for row in rows if figure in row and all(row[k] == v for k, v in wanted.items())]
    assert found
    return float(sum(found) / len(found))


@pytest.mark.parametrize("quantity", ["weight", "fair share", "need"])
@pytest.mark.parametrize("line", ["data", "blended"])
def test_intervals_cover_the_truth_about_as_often_as_stated(
    rows: list[dict[str, Any]], line: str, quantity: str
) -> None:
    """72 départements give about ± 2 % (two standard errors) on a mean over ρ; 95 % is stated."""
    assert 0.91 <= mean(rows, "coverage", line=line, quantity=quantity) <= 0.99


def test_a_true_zero_is_not_excluded(rows: list[dict[str, Any]]) -> None:
    assert mean(rows, "coverage", line="data", quantity="weight truly zero") >= 0.92
    assert mean(rows, "coverage", line="blended", quantity="weight truly zero") >= 0.92


@pytest.mark.parametrize("rho", [0.0, 0.5, 1.0])
def test_survey_and_experts_together_err_least(rows: list[dict[str, Any]], rho: float) -> None:
    error = {line: mean(rows, "mean_abs_error_posts", line=line, rho=rho) for line in ("data", "blended")}
    others = {
        line: mean(rows, "mean_abs_error_posts", line=line, rho=rho) for line in ("expert", "population", "plain")
    }
    assert error["blended"] < error["data"] < min(others.values())


@pytest.mark.parametrize("rho", [0.0, 1.0])
def test_the_present_allocation_is_not_handed_back_as_the_norm(rows: list[dict[str, Any]], rho: float) -> None:
    """The error of a territory's fair share must not follow the surplus of posts that it holds today."""
    for line in ("data", "blended"):
        assert abs(mean(rows, "slope_on_surplus", line=line, rho=rho)) <= 0.05
    assert mean(rows, "slope_on_surplus", line="plain", rho=1.0) > 0.03  # what the others avoid


def test_need_that_no_indicator_counts_shows_in_the_errors() -> None:
    """No model repairs it; a calibration that did not see it would be blind to everything else too."""
    hidden = [c for c in cases(8, 60) if c.process.unmeasured or c.process == cases(1, 1)[0].process]
    found = list(summary(hidden, [outcome(case) for case in hidden]))
    blended = {
        row["unmeasured"]: row["mean_abs_error_posts"]
        for row in found
        if row.get("line") == "blended" and "mean_abs_error_posts" in row
    }
    assert blended[0.03] > 2 * blended[0.0]


def test_the_same_case_gives_the_same_figures() -> None:
    case: Case = cases(1, 20)[0]
    first, second = outcome(case), outcome(case)
    assert first.keys() == second.keys()
    assert all((first[key] == second[key]).all() for key in first)
