"""A count that is withheld cannot be read from what a scenario publishes: not from its rows, sums, fractions or files.

A demonstration study in which few families of one territory are counted; disclosure control closes it and another one.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Engine

from tests.integration.evidence_fixture import sheet_of
from tests.integration.published_study import FOLDER, KEY, STAMP, Computed
from workload.catalogue import issue_message
from workload.errors import RequestError
from workload.ingest.study import Study, read_study
from workload.models.design import place_counts
from workload.pipeline import run
from workload.recount import basis_of, recount
from workload.reporting.run_json import run_document
from workload.store import publish
from workload.store.publishing import indicators, scenario_rows
from workload.store.publishing.indicators import IndicatorRelease, indicator_releases
from workload.store.publishing.releases import rules_of
from workload.store.publishing.scenario_rows import Openness, openness, scenario_tables
from workload.store.publishing.time_cells import DOMAIN
from workload.store.publishing.words import DEPARTMENT
from workload.store.scenario_sheets import Sheet

INDICATOR, COMPONENT, FEW, OTHER, OPEN = "api", "api@budget", "briey", "lunevillois", "longwy"
DRAWS = 4


@cache
def base() -> Study:
    study = read_study(FOLDER, key=KEY)
    main = study.settings.main_mission
    alone = {"missions": {main: study.settings.missions[main]}, "caseloads": ()}
    return replace(study, settings=study.settings.model_copy(update=alone))


@cache
def study_with(few: int) -> Study:
    """`few` families in all of Briey, and so many less in one commune of the Lunévillois, the smallest otherwise."""
    study = base()
    figures, counts = study.figures.copy(), study.counts.copy()
    own = figures["indicator"] == INDICATOR
    for territory, n in ((FEW, few), (OTHER, -20 - few)):
        here = study.communes.loc[study.communes["territory"] == territory].sort_values("population")["commune"]
        if territory == FEW:
            figures.loc[own & figures["place"].isin(set(here)), "count_n"] = 0.0
            counts.loc[here.unique(), INDICATOR] = 0.0
        figures.loc[own & (figures["place"] == here.iloc[-1]), "count_n"] += float(n)
        counts.loc[here.iloc[-1], INDICATOR] += float(n)
    return replace(study, figures=figures, counts=counts)


def release(study: Study) -> IndicatorRelease:
    """As disclosure control leaves it where only territories are shown."""
    territories = {"territories": indicators.RUNGS["territories"]}
    with patch.object(indicators, "RUNGS", territories):
        (found,) = indicator_releases(study, rules_of(study.parameters, "minimum_persons"), (), {INDICATOR})
    return found


def told(study: Study) -> Study:
    return replace(study, substitutes={INDICATOR: dict(release(study).substitutes)})


@cache
def computed(few: int, instead: bool) -> Computed:
    """The main mission alone, on counts that may be told instead of those that are withheld, or on the counts."""
    result = run(told(study_with(few)) if instead else study_with(few), DRAWS)
    return Computed(result, run_document(result, STAMP))


def shown(study: Study) -> dict[str, float]:
    """Territory → count that published.indicator_value shows."""
    figures = release(study).figures.items()
    return {place: f.value for (level, place), f in figures if level == "territoire" and f.value is not None}


def attacks(found: Sheet, counts: dict[str, float]) -> Iterator[float]:
    """The count of Briey, from the rows of another territory and what is shown of it."""
    mission = found.study["main_mission"]
    need = {(r["territory_id"], r["component"]): r for r in found.rows("need_component", mission)}
    per_unit = need[OPEN, COMPONENT]["need_fte"] / counts[OPEN]
    if (FEW, COMPONENT) in need:
        yield need[FEW, COMPONENT]["need_fte"] / per_unit
    # From the need as a whole: what no other component takes.
    whole = found.rows("allocation", mission, FEW)[0]["need_fte"]
    rest = sum(r["need_fte"] for (t, c), r in need.items() if t == FEW and c not in (COMPONENT, "secret"))
    yield (whole - rest) / per_unit
    # From the exact fractions of two ledgers and the component's share of the département.
    row = {
        r["territory_id"]: Fraction(r["posts_exact"]) for r in found.rows("ledger", mission) if r["cause"] == COMPONENT
    }
    posts = {r["territory_id"]: r["posts_current"] for r in found.rows("allocation", mission)}
    share = need[OPEN, COMPONENT]["department_share"]
    if FEW in row:
        part = {t: float(row[t]) + posts[t] * share for t in (FEW, OPEN)}
        yield part[FEW] / part[OPEN] * counts[OPEN]
    # From the basis: the units themselves, or what is left of the total that all ledgers stand on.
    basis = found.basis[mission]
    at = [t["id"] for t in basis["territories"]].index(FEW)
    (p,) = [p for p, c in enumerate(basis["components"]) if c["id"] == COMPONENT]
    if basis["units"][at][p] is not None:
        yield basis["units"][at][p]


def test_attacks_find_a_count_that_was_used():
    study = study_with(3)
    assert FEW not in shown(study)
    found = list(attacks(sheet_of(of=computed(3, False)), shown(study)))
    assert found == pytest.approx([3, 3, 3, 3], rel=1e-3)


def test_summing_it_with_another_row_would_hide_nothing():
    """As disclosure control once did: the smallest other component joins the closed one, in Briey alone."""
    mission = computed(3, False).result.main
    ids = [c.id for c in mission.need.components]
    at, open_at = (mission.need.territories.index(t) for t in (FEW, OPEN))
    by_component = mission.need.contributions_fte.sum(axis=2)[at]
    joined = min((by_component[p], id) for p, id in enumerate(ids) if id != COMPONENT)[1]
    found = sheet_of({mission.id: {FEW: frozenset({COMPONENT, joined})}}, computed(3, False))
    need = {(r["territory_id"], r["component"]): r["need_fte"] for r in found.rows("need_component", mission.id)}
    units = mission.estimate.units  # of the other component, and of Longwy: both are shown
    per_unit = {c: need[OPEN, c] / units[open_at, ids.index(c)] for c in (COMPONENT, joined)}
    rest = need[FEW, "secret"] - per_unit[joined] * units[at, ids.index(joined)]
    assert rest / per_unit[COMPONENT] == pytest.approx(3, rel=1e-3)
    # Were both withheld, one whole-number solution of the exact sum would be left.
    true = (3, round(units[at, ids.index(joined)]))
    most = round(need[FEW, "secret"] / per_unit[COMPONENT])
    pairs = [(x, (need[FEW, "secret"] - per_unit[COMPONENT] * x) / per_unit[joined]) for x in range(most + 1)]
    assert [(x, round(y)) for x, y in pairs if abs(y - round(y)) < 1e-7] == [true]


def test_attacks_find_only_what_may_be_told():
    study = study_with(3)
    instead = release(study).substitutes[FEW]
    found = sheet_of(of=computed(3, True))
    assert list(attacks(found, shown(study))) == pytest.approx([instead] * 4, rel=1e-3)
    assert found.basis[found.study["main_mission"]]["closed"] == [None] * 6


def test_all_that_is_published_is_the_same_for_counts_that_publish_alike():
    """Whatever attack there is: the sheets of two such studies are one and the same."""
    assert release(study_with(3)).figures == release(study_with(1)).figures
    first, second = sheet_of(of=computed(3, True)), sheet_of(of=computed(1, True))
    assert (first.run_id, first.tables, first.study, first.basis) == (
        second.run_id, second.tables, second.study, second.basis,
    )  # fmt: skip


def test_every_count_under_the_minimum_computes_alike():
    told_of = [told(study_with(few)) for few in (1, 2, 3, 4)]
    places = [place_counts(of.communes, of.sites, of.counts, None, of.substitutes) for of in told_of]
    for level in places[0]:
        assert all(of[level].equals(places[0][level]) for of in places)


def test_a_scenario_is_kept_and_opened_on_told_counts_only(engine: Engine):
    study = study_with(3)
    with patch.object(publish, "_used", return_value={INDICATOR}):
        now = publish.with_told_counts(engine, study)
        assert set(now.substitutes[INDICATOR]) >= {FEW}
        warning = next(w for w in now.warnings if w.code == "count_substituted")
        assert "sous secret" in issue_message(warning)
        assert "withheld" in issue_message(warning, "en")
        assert publish.with_told_counts(engine, base()) is base()
        closed = publish.Releases((), (release(study),))
        with pytest.raises(RequestError, match="counts_withheld"):
            publish._require_told(SimpleNamespace(study=study), closed)  # type: ignore[arg-type]
        publish._require_told(SimpleNamespace(study=told(study)), closed)  # type: ignore[arg-type]


# --- What the time of a domain would follow from


def time_release(kept: bool, *but: str) -> Any:
    """All domains shown but these."""
    domains = {c.domain for c in computed(3, True).result.main.need.components} - set(but)
    cells = frozenset((DEPARTMENT, DEPARTMENT, DEPARTMENT, DOMAIN, domain) for domain in domains)
    return SimpleNamespace(mission=computed(3, True).result.main.id, shown=cells, kept=kept)


@pytest.mark.parametrize(("kept", "but"), [(False, ("budget",)), (True, ())])
def test_need_is_told_as_a_whole_where_its_parts_would_tell_the_time_of_a_domain(kept: bool, but: tuple[str, ...]):
    of = computed(3, True)
    mission, time = of.result.main, [time_release(kept, *but)]
    may = openness(mission, time, ())
    assert mission.fit.deciding != "expert"
    assert may.as_one
    tables = scenario_tables(of.result, of.document, time, ())
    mine = {name: [r for r in rows if r["mission_id"] == mission.id] for name, rows in tables.items()}
    assert {r["component"] for r in mine["need_component"]} == {"secret"}
    causes = {r["cause"] for r in mine["ledger"]}
    assert not causes & {c.id for c in mission.need.components}
    assert mine["need_commune"] == []
    assert not {r["component"] for r in mine["counterfactual"]} & {c.id for c in mission.need.components}
    surveyed = [r for r in mine["weight"] if r["line_order"] != 1]
    assert bool(surveyed) is kept
    assert all(r["minutes_per_unit"] == float(f"{r['minutes_per_unit']:.2g}") for r in surveyed)
    # Anybody still computes posts and ledgers again, to the last digit.
    basis = basis_of(of.result, {mission.id: may.hidden})[mission.id]
    assert all(c["minutes_per_unit"] is None for c in basis["components"])
    again = recount(basis)
    for ledger in again.ledgers:
        rows = [r for r in mine["ledger"] if r["territory_id"] == ledger.unit]
        assert [(r["cause"], Fraction(r["posts_exact"])) for r in rows[1:-1]] == [
            (r.cause, r.posts) for r in ledger.rows
        ]


def test_need_is_told_in_parts_where_nothing_follows_from_them():
    mission = computed(3, True).result.main
    assert not openness(mission, [time_release(False)], ()).as_one
    experts = replace(mission, estimate=replace(mission.estimate, fit=replace(mission.fit, deciding="expert")))
    assert not openness(experts, [time_release(True, "budget")], ()).as_one


def test_files_of_a_ceiling_are_not_shown_where_one_of_its_counts_is_closed():
    """An indicator of a ceiling need not be a component of the mission."""
    caseload = SimpleNamespace(mission="enfance", indicators=("aed", "aemo"))
    result = SimpleNamespace(study=SimpleNamespace(settings=SimpleNamespace(caseloads=[caseload])))
    gap = {"mission": "enfance", "active_files_n": 40.0, "served_files_n": 30.0, "missing_posts": 0.26}
    document = {"caseload_gaps": [gap | {"territory": t} for t in (FEW, OPEN)]}
    closed = {FEW: frozenset({"aemo"}), OPEN: frozenset({"rmi"})}
    rows = list(scenario_rows._gaps(result, document, "enfance", Openness(frozenset(), False, {}, closed)))  # type: ignore[arg-type]
    assert [(r["active_files_n"], r["unserved_files_n"]) for r in rows] == [(None, None), (40.0, 10.0)]
