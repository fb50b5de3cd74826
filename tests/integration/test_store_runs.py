"""Saved runs: twice is once, found again by the beginning of the id, returned as they were."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Engine, text

from workload.errors import RequestError
from workload.store import find_run, list_runs, load_run, save_run
from workload.store.engine import StoreError, spoken
from workload.store.runs import run_id

pytestmark = pytest.mark.integration


def document(**changes: object) -> dict[str, object]:
    return {
        "generated_at": "2026-03-02T09:30:00+01:00",
        "study": "Évaluation « Pays-Haut » – été à Nœuds-lès-Œuvres",
        "simulated": True,
        "notice": None,
        "inputs": {"territoires.xlsx": "ab" * 32},
        "settings": {"étiquettes": ["ÀÉÎÕÜ", "narrow\u202fspace", "𝛽 ≥ 0", "l'apostrophe ’"], "step": 0.5},
        "seed": 20260302,
        "draws": 400,
        "versions": {"workload": "0.1.0"},
        "territories": [{"id": "longwy", "need_fte": 12.34567891, "fair_share": 1 / 3, "tiny": 1e-12, "whole": 2.0}],
    } | changes


def test_a_document_comes_back_as_it_was(engine: Engine):
    saved = save_run(engine, document())
    loaded = load_run(engine, saved.id)
    assert loaded == document()
    assert run_id(loaded) == saved.id
    assert saved.title == "Évaluation « Pays-Haut » – été à Nœuds-lès-Œuvres"
    assert saved.generated_at == datetime.fromisoformat("2026-03-02T09:30:00+01:00")


def test_saving_twice_changes_nothing(engine: Engine):
    first = save_run(engine, document())
    with engine.connect() as connection:
        before = connection.execute(text("SELECT *, xmin::text, ctid::text FROM core.run")).all()
    again = save_run(engine, document(generated_at="2026-12-24T18:00:00+01:00"))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT *, xmin::text, ctid::text FROM core.run")).all() == before
    assert first.new
    assert not again.new
    assert (again.id, again.saved_at, again.generated_at) == (first.id, first.saved_at, first.generated_at)


def test_the_same_run_saved_by_eight_at_once_is_saved_once(engine: Engine):
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda _: save_run(engine, document()), range(8)))
    assert sum(run.new for run in saved) == 1
    assert len({run.id for run in saved}) == len(list_runs(engine)) == 1


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"draws": 401}, {"versions": {"workload": "0.1.1"}}, {"inputs": {}}, {"settings": {}}]
)
def test_another_seed_draw_version_input_or_setting_is_another_run(change: dict[str, object]):
    assert run_id(document(**change)) != run_id(document())


def test_the_order_of_keys_is_no_part_of_a_run():
    assert run_id(dict(reversed(document().items()))) == run_id(document())


def test_runs_are_listed_last_saved_first(engine: Engine):
    saved = [save_run(engine, document(seed=seed)) for seed in range(3)]
    assert [run.id for run in list_runs(engine)] == [run.id for run in reversed(saved)]
    assert list_runs(engine)[0].saved_at.tzinfo is not None


def test_a_run_is_found_by_a_unique_beginning(engine: Engine):
    saved = [save_run(engine, document(seed=seed)) for seed in range(5)]
    for run in saved:
        assert find_run(engine, run.id[:12].upper() + " ").id == run.id
        assert load_run(engine, run.id[:12])["seed"] == saved.index(run)


def test_an_ambiguous_beginning_names_the_candidates(engine: Engine):
    save_run(engine, document())
    with engine.begin() as connection:
        for tail in "12":
            connection.execute(
                text(
                    "INSERT INTO core.run SELECT :id, title, simulated, generated_at, saved_at, document FROM core.run LIMIT 1"
                ),
                {"id": "abcdef" + tail * 58},
            )
    with pytest.raises(RequestError) as caught:
        find_run(engine, "abcdef")
    assert caught.value.code == "store_run_ambiguous"
    assert caught.value.params["known"] == "abcdef111111, abcdef222222"
    assert find_run(engine, "abcdef1").id == "abcdef" + "1" * 58


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("0123", "store_run_unknown"),
        ("abc", "store_run_prefix"),
        ("%%%%", "store_run_prefix"),
        ("", "store_run_prefix"),
    ],
)
def test_what_cannot_be_found_is_said(engine: Engine, asked: str, code: str):
    with pytest.raises(RequestError) as caught:
        load_run(engine, asked)
    assert caught.value.code == code


def test_a_document_the_database_refuses_leaves_nothing_and_quotes_nothing(engine: Engine):
    with pytest.raises(StoreError) as caught, spoken(engine.url):
        save_run(engine, document(notice="secret\u0000"))
    assert caught.value.code == "store_failed"
    assert "secret" not in str(caught.value)
    assert list_runs(engine) == ()
