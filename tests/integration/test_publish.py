"""What is published is whole, documented, adds up, never changes once published, and gives nobody away."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.integration.published_study import STAMP, Computed, computed, published, saved, shared
from workload.errors import RequestError
from workload.pipeline import run
from workload.reporting.run_json import run_document
from workload.store.audit import broken_at
from workload.store.disclosure import Protection
from workload.store.publish import preview, publish
from workload.store.published_tables import published_tables
from workload.store.publishing import time_rows
from workload.store.scenarios import list_scenarios

pytestmark = pytest.mark.integration
TITLE = "Scénario de base"


@pytest.fixture(scope="module")
def base() -> Computed:
    return computed()


def table(engine: Engine, name: str) -> pd.DataFrame:
    keys = ", ".join(column.name for column in published_tables()[name].primary_key)
    with engine.connect() as connection:
        return pd.read_sql(text(f"SELECT * FROM published.{name} ORDER BY {keys}"), connection)


def everything(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table, as PostgreSQL writes it."""
    with engine.connect() as connection:
        return {
            name: sorted(connection.execute(text(f"SELECT t::text FROM published.{name} AS t")).scalars())
            for name in published_tables()
        }


# --- Whole and documented


def test_every_table_view_and_column_says_what_it_holds(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    with engine.connect() as connection:
        silent = connection.execute(
            text(
                """
                SELECT c.relname, a.attname FROM pg_class AS c
                JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE c.relnamespace = 'published'::regnamespace AND c.relkind IN ('r', 'v')
                AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)
                """
            )
        ).all()
        relations = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'published'::regnamespace AND relkind IN ('r', 'v')"
            )
        ).scalars()
        assert silent == []
        assert set(relations) == {*published_tables(), "territory_map", "commune_map"}
        for name in (*published_tables(), "territory_map", "commune_map"):
            assert connection.scalar(text(f"SELECT count(*) FROM published.{name}")) > 0, name


def test_figures_are_those_of_the_run_and_add_up(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    allocation = table(engine, "allocation").set_index(["mission_id", "territory_id"])
    for mission in base.document["missions"]:
        for row in mission["territories"]:
            shown = allocation.loc[(mission["id"], row["id"])]
            assert (shown["posts_current"], shown["posts_final"]) == (row["posts_current"], row["posts_final"])
            assert shown["need_fte"] == row["need_fte"]
    totals = allocation.groupby("mission_id")[["posts_current", "posts_final"]].sum()
    assert (totals["posts_current"] == totals["posts_final"]).all()

    ledger = table(engine, "ledger")
    for where, rows in ledger.groupby(["mission_id", "territory_id"]):
        exact = [Fraction(posts) for posts in rows["posts_exact"]]
        assert sum(exact[:-1]) == exact[-1]
        assert float(exact[-1]) == allocation.loc[where, "posts_final"]
        assert rows["posts_after_row"].iloc[-2] == pytest.approx(float(exact[-1]))

    parts = table(engine, "need_component").groupby(["mission_id", "territory_id"])["need_fte"].sum()
    assert np.allclose(parts.loc[allocation.index], allocation["need_fte"], rtol=1e-9)
    drawn = table(engine, "stability").groupby(["mission_id", "territory_id"])["share"].sum()
    assert np.allclose(drawn, 1)


def test_core_keeps_what_the_run_stands_on_and_what_it_came_to(engine: Engine, base: Computed):
    one = saved(engine, TITLE, base)
    with engine.connect() as connection:
        inputs = dict(map(tuple, connection.execute(text("SELECT name, sha256 FROM core.run_input")).all()))
        rows = connection.execute(
            text("SELECT posts_exact FROM core.ledger_row WHERE run_id = :id"), {"id": one.run_id}
        )
        ledger = sum(Fraction(row.posts_exact) for row in rows)
        counts = {
            name: connection.scalar(text(f"SELECT count(*) FROM core.{name}"))
            for name in ("commune", "post", "site", "territory", "indicator", "indicator_value", "taxonomy_item")
        }
    study = base.result.study
    assert inputs == base.document["inputs"]
    assert ledger == 0
    assert counts["commune"] == len(study.communes)
    assert counts["post"] == len(study.posts)
    assert (counts["site"], counts["territory"]) == (len(study.sites), 6)
    assert counts["indicator_value"] == len(study.figures)
    assert counts["taxonomy_item"] == len(study.taxonomy.items)


# --- Draft, shared, published


def test_a_draft_is_nowhere_and_a_shared_scenario_says_that_it_is_shared(engine: Engine, base: Computed):
    saved(engine, TITLE, base)
    preview(engine, base.result)
    assert not any(everything(engine).values())
    shared(engine, TITLE, base)
    for name in published_tables():
        assert set(table(engine, name)["scenario_status"]) == {"shared"}, name
    published(engine, "Autre", computed(pas=1))
    assert set(table(engine, "time_use")["scenario_status"]) == {"published"}  # of the study, once one is open to all
    assert set(table(engine, "allocation")["scenario_status"]) == {"shared", "published"}


def test_a_published_scenario_and_its_run_never_change(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    before = everything(engine)
    with pytest.raises(RequestError) as caught:
        saved(engine, TITLE, computed(pas=1))
    assert caught.value.code == "scenario_published"
    for statement in (
        "UPDATE core.scenario SET title = 'autre'",
        "DELETE FROM core.scenario",
        "UPDATE core.run SET title = 'autre'",
        "DELETE FROM core.run",
        "UPDATE core.allocation SET posts_final = 0",
        "DELETE FROM core.ledger_row",
        "DELETE FROM core.run_input",
        "DELETE FROM core.study",
        "UPDATE core.audit_event SET actor = 'autre'",
        "DELETE FROM core.audit_event",
        "TRUNCATE core.audit_event",
    ):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.execute(text(statement))
    assert everything(engine) == before
    published(engine, TITLE, base)  # written again, it is what it was
    assert everything(engine) == before


def test_a_scenario_saved_with_another_run_is_not_published_with_this_one(engine: Engine, base: Computed):
    one = saved(engine, TITLE, base)
    with pytest.raises(RequestError) as caught:
        publish(engine, one.id, computed(pas=1).result, computed(pas=1).document, "x")
    assert caught.value.code == "scenario_run_differs"
    assert not any(everything(engine).values())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core.scenario SET status = 'secret'",
        "UPDATE core.scenario SET status = 'published'",  # without its date
        "UPDATE core.indicator SET nature = 'ailleurs'",
        "UPDATE core.indicator_value SET status = 'inconnu'",
        "UPDATE core.commune SET part = 2",
        "UPDATE core.post SET territory = 'nulle_part'",
        "UPDATE core.ledger_row SET kind = 'autre'",
        "INSERT INTO core.scenario (study_id, code, title, description, status, choices, created_by) "
        "VALUES (1, 'x', 'x', '', 'shared', '{}', 'x')",  # shown without a run
    ],
)
def test_the_database_itself_refuses_what_cannot_be(engine: Engine, base: Computed, statement: str):
    saved(engine, TITLE, base)
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(text(statement))


# --- Nobody is given away


def stands_on(base: Computed) -> Iterator[tuple[tuple[str, ...], dict[str, float]]]:
    """Every published figure on time use with the workers behind it, counted from the sheets by another way."""
    study = base.result.study
    items = {i.code: (i.mode, i.domain) for i in study.taxonomy.items}
    entries = study.entries[study.entries["time_spent_min"] > 0].copy()
    of_sector = dict(zip("sector:" + study.posts["sector"].fillna(""), study.posts["site"], strict=True))
    entries["site"] = [of_sector.get(area, str(area).removeprefix("site:")) for area in entries["area"]]
    entries["mode"] = entries["item"].map(lambda code: items[code][0])
    entries["domain"] = entries["item"].map(lambda code: items[code][1])
    entries["mode_domain"] = entries["mode"] + "|" + entries["domain"]
    whole = entries.groupby("agent")["time_spent_min"].transform("sum")
    entries["year"] = entries["time_spent_min"] / whole * entries["quotite"]
    for level in ("item", "mode", "domain", "mode_domain"):
        for groups in ([], ["territory"], ["profession"], ["territory", "profession"], ["territory", "site"]):
            for key, rows in entries.groupby(["mission", *groups, level]):
                named = dict(zip(["mission", *groups, "code"], key, strict=True))
                cell = (
                    *(named["mission"], named.get("territory", "*"), named.get("profession", "*")),
                    *(named.get("site", "*"), level, named["code"]),
                )
                yield cell, rows.groupby("agent")["year"].sum().to_dict()


def shown_cells(engine: Engine) -> set[tuple[str, ...]]:
    levels = {"item": "item", "mode": "mode", "domaine": "domain"}
    keys = ["mission_id", "territory_id", "profession", "site", "level", "code"]
    rows = table(engine, "time_use")[keys].assign(level=lambda t: t["level"].map(levels))
    pairs = table(engine, "time_use_cell")
    found = {tuple(row) for row in rows.itertuples(index=False, name=None)}
    return found | {
        (m, t, "*", "*", "mode_domain", f"{mode}|{domain}")
        for m, t, mode, domain in pairs[["mission_id", "territory_id", "mode", "domain"]].itertuples(index=False)
    }


def test_no_figure_stands_on_fewer_than_five_workers_or_on_one_above_all(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    shown, behind = shown_cells(engine), dict(stands_on(base))
    assert len(shown) > 300
    assert shown <= set(behind)
    for cell in shown:
        amounts = behind[cell]
        assert len(amounts) >= 5, cell
        assert max(amounts.values()) <= 0.9 * sum(amounts.values()), cell  # unweighted here: a little above 85 %
    assert any(len(amounts) < 5 for cell, amounts in behind.items() if cell not in shown)  # there was something to hide


def test_what_is_withheld_does_not_follow_by_subtraction(engine: Engine, base: Computed):
    """Linear algebra: no withheld cell of the detail shown is fixed by the published ones and the sums between them."""
    published(engine, TITLE, base)
    shown = shown_cells(engine)
    for mission in ("polyvalence", "enfance", "pmi"):
        cells = time_rows.time_cells(base.result.missions[mission].estimate.of.agents, base.result.study.taxonomy, 5)
        mine = {cell[1:] for cell in shown if cell[0] == mission}
        kinds = {(c[0] != "*", c[1] != "*", c[2] != "*", c[3]) for c in mine}
        unknown = [
            c
            for c in cells.amounts
            if c not in mine and c not in cells.whole and (c[0] != "*", c[1] != "*", c[2] != "*", c[3]) in kinds
        ]
        at = {cell: k for k, cell in enumerate(unknown)}
        rows = []
        for total, parts in cells.equations:
            if all(c in at or c in mine or c in cells.whole for c in (total, *parts)):
                row = np.zeros(len(unknown))
                for sign, c in [(-1.0, total), *((1.0, part) for part in parts)]:
                    if c in at:
                        row[at[c]] = sign
                rows.append(row)
        if not unknown:
            continue
        _, size, vectors = np.linalg.svd(np.array(rows))
        free = vectors[int((size > 1e-9).sum()) :]
        for cell in unknown:
            assert np.abs(free[:, at[cell]]).max(initial=0) > 1e-9, cell


def test_a_publication_that_the_audit_refuses_leaves_nothing(
    engine: Engine, base: Computed, monkeypatch: pytest.MonkeyPatch
):
    def careless(candidates, rules):
        """A protection that forgets to withhold anything."""
        found = real(candidates, rules)
        p = found.protection
        return replace(found, protection=Protection(frozenset(), p.primary, frozenset(), 0, 0, "optimal", 0, 0))

    real = time_rows.choose
    monkeypatch.setattr(time_rows, "choose", careless)
    with pytest.raises(RequestError) as caught:
        published(engine, TITLE, base)
    assert caught.value.code == "publication_refused"
    assert not any(everything(engine).values())
    assert [s.status for s in list_scenarios(engine)] == ["draft"]


def with_sheets_changed(base: Computed, n: int) -> Computed:
    """The same study, in which `n` agents of the main mission noted half of their time under one item."""
    study = base.result.study
    entries = study.entries.copy()
    agents = sorted(entries.loc[entries["mission"] == "polyvalence", "agent"].unique())[:n]
    for agent in agents:
        own = entries["agent"] == agent
        entries.loc[entries.index[own][0], "time_spent_min"] += entries.loc[own, "time_spent_min"].sum()
    result = run(replace(study, entries=entries), 12)
    return Computed(result, run_document(result, STAMP))


def test_a_late_sheet_changes_no_figure_until_there_are_enough_of_them(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    before, old = everything(engine), table(engine, "time_use")
    published(engine, "Avec deux relevés corrigés", with_sheets_changed(base, 2))
    after = everything(engine)
    for name in ("time_use", "time_use_cell", "time_use_benchmark"):
        assert after[name] == before[name]
    kept = table(engine, "withheld").set_index("release")["grain"]
    assert "publication précédente" in kept["Emploi du temps, Polyvalence de secteur"]

    many = with_sheets_changed(base, 12)
    published(engine, "Avec douze relevés corrigés", many)
    changed = table(engine, "time_use")
    keys = ["mission_id", "territory_id", "profession", "site", "level", "code"]
    both = changed.merge(old, on=keys, suffixes=("", "_before"))
    assert (both["share"] != both["share_before"]).any()
    # A figure that was shown before and is shown now differs by nobody, or by enough workers.
    now, then = dict(stands_on(many)), dict(stands_on(base))
    levels = {"item": "item", "mode": "mode", "domaine": "domain"}
    for row in both[keys].itertuples(index=False, name=None):
        cell = (*row[:4], levels[row[4]], row[5])
        moved = [a for a in {*now[cell], *then[cell]} if abs(now[cell].get(a, 0) - then[cell].get(a, 0)) > 1e-9]
        assert len(moved) == 0 or len(moved) >= 5, cell


def test_small_counts_of_people_are_withheld_by_place(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    values = table(engine, "indicator_value")
    confidential = {i.series or i.id for i in base.result.study.indicators.values() if i.confidential}
    own = values[values["indicator_id"].isin(confidential)]
    assert not own["value"].between(0.5, 4.5).any()
    assert (own.loc[own["status"] == "secret", "value"].isna()).all()
    assert (own["status"] == "secret").any()
    assert "commune" not in set(own["level"])  # too many would have to be withheld there: the coarser table instead
    assert set(values["level"]) == {"commune", "canton", "epci", "territoire", "département"}


# --- Who did what


def test_the_journal_is_a_chain(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    shared(engine, "Autre", computed(pas=1))
    with engine.begin() as connection:
        actions = connection.execute(text("SELECT action FROM core.audit_event ORDER BY id")).scalars().all()
        assert actions == ["scenario_saved", "scenario_published", "scenario_saved", "scenario_shared"]
        assert broken_at(connection) is None
    for change, where in (
        ("UPDATE core.audit_event SET actor = 'autre' WHERE id = 2", 2),
        ("DELETE FROM core.audit_event WHERE id = 3", 3),
    ):
        with engine.connect() as connection, connection.begin() as transaction:
            connection.execute(text("ALTER TABLE core.audit_event DISABLE TRIGGER ALL"))  # as only a superuser can
            connection.execute(text(change))
            assert broken_at(connection) == where
            transaction.rollback()


def test_titles_that_make_one_name_are_refused_and_so_is_one_without_letters(engine: Engine, base: Computed):
    saved(engine, "Essai d’été", base)
    for title, code in (("Essai d'ete", "scenario_name_taken"), ("???", "scenario_title_empty")):
        with pytest.raises(RequestError) as caught:
            saved(engine, title, base)
        assert caught.value.code == code


def test_a_shared_scenario_saved_again_is_a_draft_and_no_longer_shown(engine: Engine, base: Computed):
    shared(engine, TITLE, base)
    saved(engine, TITLE, computed(pas=1))
    assert [s.status for s in list_scenarios(engine)] == ["draft"]
    assert table(engine, "allocation").empty
    assert table(engine, "scenario").empty


def test_sharing_changes_nothing_that_everybody_sees(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    before = everything(engine)
    shared(engine, "À discuter", with_sheets_changed(base, 12))
    after = everything(engine)
    for name in ("place", "time_use", "time_use_cell", "indicator_value", "campaign_progress", "reading", "withheld"):
        assert after[name] == before[name], name


def test_an_agent_who_moves_is_a_change(engine: Engine, base: Computed):
    """Same sheets, but two agents now hold posts in another territory: as few as two corrected sheets."""
    published(engine, TITLE, base)
    before = everything(engine)
    study = base.result.study
    entries = study.entries.copy()
    own = (entries["mission"] == "polyvalence") & (entries["territory"] == "longwy")
    moved = sorted(entries.loc[own, "agent"].unique())[:2]
    entries.loc[entries["agent"].isin(moved), ["territory", "area"]] = ["briey", "site:Jarny"]
    result = run(replace(study, entries=entries), 12)
    published(engine, "Deux agents ailleurs", Computed(result, run_document(result, STAMP)))
    assert everything(engine)["time_use"] == before["time_use"]


def test_other_dates_or_another_title_do_not_make_the_past_forgotten(engine: Engine, base: Computed):
    published(engine, TITLE, base)
    changed = with_sheets_changed(base, 2)
    settings = changed.result.study.settings.model_copy(update={"title": "Autre titre"})
    result = replace(changed.result, study=replace(changed.result.study, settings=settings))
    published(engine, "Ailleurs", Computed(result, run_document(result, STAMP)))
    rows = table(engine, "time_use")
    other = rows[rows["study"] == "Autre titre"]
    assert other[other["mission_id"] == "polyvalence"].empty  # nothing that would differ by two from what was shown
