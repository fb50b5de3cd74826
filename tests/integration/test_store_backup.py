"""A backup restored elsewhere says the same, byte for byte; a damaged one is refused whole."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text

from tests.integration.published_study import computed, published
from workload.errors import RequestError, WorkloadError
from workload.jobs.queue import ensure_queue, missing
from workload.store.account_kinds import Role
from workload.store.accounts import NewAccount, find_login, make_account
from workload.store.audit import broken_at
from workload.store.backup import LABEL, backup, fingerprint, restore
from workload.store.embedded import running
from workload.store.engine import make_engine
from workload.store.migrate import migrate
from workload.store.objections import Said, list_objections, object_to
from workload.store.passwords import is_password
from workload.store.roles import ensure_roles
from workload.store.scenario_sheets import read_sheet
from workload.store.scenarios import list_scenarios
from workload.store.tasks import add_task

pytestmark = pytest.mark.integration


@pytest.fixture
def elsewhere(server: URL, home: Path) -> Iterator[Engine]:
    """Another server altogether, empty but for its tables."""
    with running(home) as url:
        engine = make_engine(url)
        migrate(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def data_dir(engine: Engine) -> Path:
    """Where the programs of the server are found: any folder it was started from will do."""
    with engine.connect() as connection:
        return Path(str(connection.scalar(text("SHOW data_directory")))).parent


def test_a_backup_restored_elsewhere_is_the_same(
    engine: Engine, elsewhere: Engine, home: Path, data_dir: Path, tmp_path: Path
):
    published(engine, "Publié", computed())
    given = make_account(engine, NewAccount("drh", "Direction", Role.DIRECTION), "essai")
    scenario = list_scenarios(engine)[0]
    said = Said("polyvalence", "longwy", "besoin", "26,6", "Ce chiffre est faux.")
    object_to(engine, scenario.id, given.id, "Direction", "drh", said)
    with engine.begin() as connection:
        add_task(connection, "0" * 32, "scenario", scenario.study, given.id, "drh", {"title": "En cours"})
    study = tmp_path / "donnees" / "etudes" / scenario.study
    study.mkdir(parents=True)
    (study / "etude.yaml").write_text("etude: essai\n")
    (tmp_path / "donnees" / "postgresql").symlink_to(data_dir / "postgresql")
    saved = tmp_path / "sauvegarde"
    assert backup(engine, tmp_path / "donnees", saved)[0] == "workload"
    before = fingerprint(engine)
    assert len(set(before.values())) == len(before)  # no table is empty

    assert restore(elsewhere, home, saved) == ("workload",)
    migrate(elsewhere)
    ensure_roles(elsewhere, tmp_path)
    assert fingerprint(elsewhere) == before
    assert [(s.title, s.status) for s in list_scenarios(elsewhere)] == [("Publié", "published")]
    assert (home / "etudes" / scenario.study / "etude.yaml").read_text() == "etude: essai\n"
    assert read_sheet(elsewhere, scenario.key) == read_sheet(engine, scenario.key)
    assert [o.body for o in list_objections(elsewhere)] == [said.body]
    assert is_password(given.password, find_login(elsewhere, "drh").password_hash)
    ensure_queue(elsewhere)
    assert missing(elsewhere) == ["0" * 32]  # what somebody still waited for is put on the queue again
    with elsewhere.connect() as connection:
        assert broken_at(connection) is None
    published(elsewhere, "Publié", computed())  # and it goes on from there
    assert fingerprint(elsewhere) == before

    with pytest.raises(RequestError) as caught:
        restore(elsewhere, home, saved)
    assert caught.value.code == "restore_not_empty"
    assert restore(elsewhere, home, saved, replace=True) == ("workload",)
    assert fingerprint(elsewhere) == before


@pytest.mark.parametrize("how", ["byte", "missing", "label", "other"])
def test_a_damaged_backup_changes_nothing(
    engine: Engine, elsewhere: Engine, home: Path, data_dir: Path, tmp_path: Path, how: str
):
    saved = tmp_path / "sauvegarde"
    backup(engine, data_dir, saved)
    dump = saved / "workload.dump"
    if how == "byte":
        content = bytearray(dump.read_bytes())
        content[len(content) // 2] ^= 1
        dump.write_bytes(content)
    elif how == "missing":
        dump.unlink()
    elif how == "label":
        (saved / LABEL).write_text("{", "utf-8")
    else:  # consistent, but no dump
        dump.write_bytes(b"PGDMP nothing")
        label = json.loads((saved / LABEL).read_text("utf-8"))
        label["files"] = {"workload.dump": hashlib.sha256(dump.read_bytes()).hexdigest()}
        (saved / LABEL).write_text(json.dumps(label), "utf-8")
    before = fingerprint(elsewhere)
    with pytest.raises(WorkloadError):
        restore(elsewhere, home, saved)
    assert fingerprint(elsewhere) == before


def test_a_backup_never_overwrites(engine: Engine, data_dir: Path, tmp_path: Path):
    (tmp_path / "plein").mkdir()
    (tmp_path / "plein" / "autre").write_text("x")
    with pytest.raises(RequestError) as caught:
        backup(engine, data_dir, tmp_path / "plein")
    assert caught.value.code == "backup_exists"
    assert [p.name for p in (tmp_path / "plein").iterdir()] == ["autre"]
    shutil.rmtree(tmp_path / "plein")
