"""Counts for the models have no hole: estimated as declared, or refused by name."""

from math import nan

import pandas as pd
import pytest

from tests.unit.published_fixture import FILE, figures
from workload.catalogue import issue_line
from workload.ingest.published.fill import Declared, fill_counts, from_counts
from workload.ingest.published.status import as_table

POP = {"a": 10.0, "b": 20.0, "c": 30.0}


def table(*rows: tuple[str, str, float, str]) -> pd.DataFrame:
    return as_table([(place, "commune", 2020, id, count, status) for id, place, count, status in rows])


HOLED = table(
    ("n", "a", 20, "published"), ("n", "b", nan, "secret"), ("n", "c", 7, "lower_bound"),
    ("whole", "a", 1, "published"), ("whole", "b", 1, "published"), ("whole", "c", 2, "published"),
)  # fmt: skip


def test_filled_in_proportion_to_a_published_indicator_or_to_inhabitants() -> None:
    filled, issues = fill_counts(HOLED, {"n": Declared("whole")}, FILE)
    assert [i.code for i in issues] == ["counts_imputed"]
    assert filled.counts["n"].to_dict() == {"a": 20, "b": 20, "c": 40}
    assert filled.imputations["n"].imputed_n == 2
    by_pop, _ = fill_counts(HOLED, {"n": Declared("habitants")}, FILE, proxies={"habitants": POP})
    assert by_pop.counts["n"].to_dict() == {"a": 20, "b": 40, "c": 60}


def test_filled_to_a_departement_total() -> None:
    filled, issues = fill_counts(HOLED, {"n": Declared("habitants", "n_dep")}, FILE, {"n_dep": 77}, {"habitants": POP})
    assert [i.code for i in issues] == ["indicator_imputed_total"]
    assert issue_line(issues[0])
    assert filled.counts["n"].to_dict() == pytest.approx({"a": 20, "b": 20, "c": 37})


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (None, "missing_counts"),
        (Declared("inconnu"), "imputation_proxy_incomplete"),
        (Declared("whole", "n_dep"), "imputation_total_unknown"),
    ],
)
def test_holes_without_a_usable_declaration_are_refused(how: Declared | None, code: str) -> None:
    filled, issues = fill_counts(HOLED, {"n": how} if how else {}, FILE)
    assert [i.code for i in issues] == [code]
    assert issue_line(issues[0])
    assert filled.counts["n"].isna().to_dict() == {"a": False, "b": True, "c": True}  # a lower bound is no count


def test_the_studys_own_table_in_long_form() -> None:
    counts = pd.DataFrame({"n": [1.0, nan]}, index=["54001", "54002"])
    assert figures(from_counts(counts, 2003)) == {"54001": (1, "published"), "54002": (None, "missing")}
