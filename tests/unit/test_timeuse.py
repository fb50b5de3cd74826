"""Time use by group: what is added beside the shares, and that thin surveys stay finite."""

import numpy as np
import pandas as pd
import pytest

from workload.models.timeuse import ALL, TimeUse, agents_of, estimate_time_use
from workload.parameters import Item, Taxonomy
from workload.parameters.benchmarks import benchmark_weeks, beside_benchmarks

YEAR_MIN = 96000.0
CODES = {"I": ("interview", "insertion"), "W": ("writing", "insertion"), "M": ("meeting", "support")}


def nomenclature() -> Taxonomy:
    items = tuple(Item(c, c, mode, domain, "", False) for c, (mode, domain) in CODES.items())
    modes = {m: m for m, _ in CODES.values()}
    return Taxonomy(
        "t", "t", "t", pd.Timestamp("2000-01-01").date(), None, modes, {"insertion": "", "support": ""}, items
    )


def register(territories: str = "abcd", each: int = 12) -> pd.DataFrame:
    rows = [
        (f"{t}{k}", t, f"{t.upper()}{k % 2}", f"s{t}{k}", "m", "ASS" if k % 3 else "CESF", 1.0, True)
        for t in territories
        for k in range(each)
    ]
    return pd.DataFrame(
        rows, columns=["post", "territory", "site", "sector", "mission", "profession", "fte", "occupied"]
    )


def answers(posts: pd.DataFrame, seed: int, concentration: float = 60.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = []
    for post in posts.to_dict("records"):
        for item, share in zip(CODES, rng.dirichlet(np.array([0.5, 0.3, 0.2]) * concentration), strict=True):
            place = (post["territory"], f"sector:{post['sector']}", post["profession"], 1.0)
            rows.append((post["post"], "m", *place, item, 4200 * share))
    columns = ["agent", "mission", "territory", "area", "profession", "quotite", "item", "time_spent_min"]
    return pd.DataFrame(rows, columns=columns)


def time_use(entries: pd.DataFrame, posts: pd.DataFrame) -> TimeUse:
    agents = {"m": agents_of("m", entries, posts, nomenclature(), YEAR_MIN)}
    return estimate_time_use(agents, posts, nomenclature(), 35, 0.95, np.random.default_rng(0))


@pytest.fixture(scope="module")
def survey() -> TimeUse:
    posts = register()
    return time_use(answers(posts[posts.index % 12 < 8], 1), posts)


def test_minutes_and_half_widths_are_those_of_the_groups_posts(survey: TimeUse) -> None:
    rows = survey.shares.set_index(["territory", "profession", "level", "code"]).sort_index()
    whole = rows.loc[(ALL, ALL, "domain")]
    assert whole["minutes_per_year"].sum() == pytest.approx(48 * YEAR_MIN)
    assert rows.loc[("a", ALL, "domain"), "minutes_per_year"].sum() == pytest.approx(12 * YEAR_MIN)
    row = rows.loc[("a", ALL, "item", "I")]
    half = (row["high"] - row["low"]) / 2
    assert row["half_width_posts"] == pytest.approx(half * 12)
    assert row["half_width_min_per_week"] == pytest.approx(half * 35 * 60)
    assert row["bootstrap_error"] == pytest.approx(row["standard_error"], rel=0.35)


def test_territories_add_up_to_the_whole(survey: TimeUse) -> None:
    rows = survey.shares[(survey.shares["profession"] == ALL) & (survey.shares["level"] == "item")]
    sums = rows[rows["territory"] != ALL].groupby("code")["minutes_per_year"].sum()
    whole = rows[rows["territory"] == ALL].set_index("code")["minutes_per_year"]
    assert sums.to_dict() == pytest.approx(whole.to_dict())


def test_sites_and_cells_refine_the_table_without_entering_it(survey: TimeUse) -> None:
    assert set(survey.shares["level"]) == {"item", "mode", "domain"}
    assert set(survey.sites["site"]) == {f"{t}{k}" for t in "ABCD" for k in "01"}
    assert survey.sites.groupby(["site", "level"])["share"].sum().to_numpy() == pytest.approx(1)
    assert survey.cells.groupby("territory")["share"].sum().to_numpy() == pytest.approx(1)
    item = survey.shares.set_index(["territory", "profession", "level", "code"]).loc[(ALL, ALL, "item", "W"), "share"]
    assert survey.cells.set_index(["territory", "code"]).loc[(ALL, "writing|insertion"), "share"] == pytest.approx(item)


def test_pooling_moves_territories_towards_the_departement_when_they_do_not_differ(survey: TimeUse) -> None:
    rows = survey.shares[(survey.shares["level"] == "item") & (survey.shares["territory"] != ALL)]
    whole = rows[rows["profession"] == ALL]
    spread = whole.groupby("code")[["share", "pooled_share"]].std()
    assert (spread["pooled_share"] <= spread["share"] + 1e-12).all()
    assert whole["pooling_weight"].between(0, 1).all()
    assert whole["pooling_weight"].mean() > 0.4
    assert (whole["pooled_low"] <= whole["pooled_share"]).all()
    assert rows.loc[rows["profession"] != ALL, "pooled_share"].isna().all()


def test_pooling_leaves_territories_that_do_differ() -> None:
    posts = register()
    entries = answers(posts, 2, 400)
    lift = entries["territory"].map({"a": 3.0, "b": 1.0, "c": 0.5, "d": 2.0}).where(entries["item"] == "M", 1.0)
    rows = time_use(entries.assign(time_spent_min=entries["time_spent_min"] * lift), posts).shares
    meetings = rows[(rows["code"] == "M") & (rows["profession"] == ALL) & (rows["territory"] != ALL)]
    assert meetings["pooling_weight"].max() < 0.05
    assert meetings["pooled_share"].to_numpy() == pytest.approx(meetings["share"].to_numpy(), abs=0.01)


def test_the_weighting_is_told_as_counts(survey: TimeUse) -> None:
    row = survey.design.iloc[0]
    assert (row["respondents_n"], row["merged_strata_n"], row["trimmed_n"]) == (32, 0, 0)
    assert row["effective_n"] == pytest.approx(32 / row["weighting_design_effect"])


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_thin_surveys_never_show_a_number_that_is_none(kept: int) -> None:
    posts = register("ab", 3)
    found = time_use(answers(posts.iloc[:kept], 3), posts)
    for table in (found.shares, found.sites, found.cells, found.design):
        for _, column in table.select_dtypes("number").items():
            values = column.dropna().to_numpy(dtype="float64")
            assert np.isfinite(values).all()
            assert column.dtype == "Float64" or column.notna().all()


def test_a_territorys_week_stands_beside_the_published_ones(survey: TimeUse) -> None:
    table = beside_benchmarks(survey.shares, nomenclature()).set_index(["territory", "benchmark", "category"])
    own = survey.shares[(survey.shares["level"] == "item") & (survey.shares["profession"] == ALL)]
    shares = own.set_index(["territory", "code"])["share"]
    assert table.loc[("a", "longwy-2003", "families"), "share"] == pytest.approx(shares["a", "I"])
    assert table.loc[("a", "longwy-2003", "files"), "share"] == pytest.approx(shares["a", "W"])
    assert table.loc[("*", "cnaf-2011", "meetings"), "share"] == pytest.approx(shares["*", "M"])
    assert pd.isna(table.loc[("a", "cnaf-2011", "travel"), "share"])  # no such item: not the same as nothing noted


def test_published_weeks_are_those_of_the_sources() -> None:
    weeks = {week.id: {c.code: c.share for c in week.categories} for week in benchmark_weeks()}
    assert list(weeks["longwy-2003"].values()) == [0.6, 0.2, 0.2]
    assert list(weeks["cnaf-2011"].values()) == [0.39, 0.19, 0.16, 0.09, 0.06, 0.04]
    assert list(weeks["puy-de-dome-2000-ass"].values()) == [0.11, 0.13, 0.10]
    assert all(week.source and week.scope for week in benchmark_weeks())
