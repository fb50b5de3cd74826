"""What is published is whole, documented, adds up, and never changes once published."""

from fractions import Fraction

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.integration.published_study import (
    Computed,
    computed,
    everything,
    published,
    saved,
    shared,
    table,
    with_sheets_changed,
)
from workload.errors import RequestError
from workload.store.audit import broken_at
from workload.store.publish import preview, publish
from workload.store.published_tables import published_tables
from workload.store.scenarios import list_scenarios

pytestmark = pytest.mark.integration
TITLE = "Scénario de base"


@pytest.fixture(scope="module")
def base() -> Computed:
    return computed()


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
