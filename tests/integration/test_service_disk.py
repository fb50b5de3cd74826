"""A full disk: what arrives is refused in words and whole, what was there stays, and work goes on once there is room.

The disk is a real one of a few megabytes where we may mount it; an ordinary user sees the writer refuse instead.
"""

import errno
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.integration.conftest import NOBODY
from tests.integration.published_study import FOLDER, computed, published
from tests.integration.web_site import Site, new_site
from workload.errors import RequestError
from workload.jobs.queue import ensure_queue
from workload.services.studies import adopt
from workload.store.account_kinds import Role
from workload.store.backup import backup
from workload.store.scenario_sheets import read_sheet
from workload.store.scenarios import list_scenarios
from workload.store.settings import StoreSettings
from workload.web import deposits
from workload.web.app import create_app
from workload.web.documents import document
from workload.web.settings import WebOptions
from workload.web.state import Web

pytestmark = pytest.mark.integration
DISK_MB = 6
STUDY = "meurthe_et_moselle_une_reconstruction"


@pytest.fixture
def disk() -> Iterator[Path]:
    """A disk of its own, or a folder whose writer is told that it is full (`full` below)."""
    path = Path(tempfile.mkdtemp(prefix="workload-disk-", dir="/var/tmp"))
    path.chmod(0o755)
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(path)], check=False, capture_output=True
        ).returncode
    )
    try:
        yield path
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(path)], check=True)
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def as_nobody() -> Iterator[None]:
    """As root, go on without its rights; the database's connections are open already."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def site(server: URL, disk: Path) -> Iterator[Site]:
    with new_site(server) as made:
        ensure_queue(made.engine)
        settings = StoreSettings(data_dir=disk, database_url=None)
        adopt(settings, FOLDER)
        web = Web(made.engine, settings, WebOptions(base_url="http://127.0.0.1:8000"))
        yield Site(made.engine, settings, create_app(web), web)


def full(disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path | None:
    """Fills the disk to the last byte; the file that fills it, or None where the writer only says so."""
    if os.path.ismount(disk):
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\0" * 65536):
                pass
        return ballast

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    return None


def test_sheets_that_do_not_fit_are_refused_whole_and_sent_again_later(
    site: Site, disk: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(deposits, "SPARE_MB", 0)
    manager = site.entered(site.account(Role.DIRECTION))
    sheets = sorted((FOLDER / "enquete").glob("*.xlsx"))[:5]

    def send() -> object:
        files = [("files", (path.name, path.read_bytes())) for path in sheets]
        return manager.post(f"/campagnes/{STUDY}/depots", data={"csrf": manager.csrf}, files=files)

    with monkeypatch.context() as patched:
        ballast = full(disk, patched)
        answer = send()
        assert answer.status_code == 400, answer.text[:500]
        assert "disque" in answer.text
    assert site.sql("SELECT count(*) FROM core.task") == [(0,)]
    assert not any((disk / "depots").glob("*/*")) if (disk / "depots").exists() else True
    if ballast:
        ballast.unlink()
    assert send().status_code == 303
    assert site.sql("SELECT count(*) FROM core.task_file") == [(5,)]


def test_a_nearly_full_disk_takes_nothing_more(site: Site):
    """The database writes too: room must stay for it."""
    manager = site.entered(site.account(Role.DIRECTION))
    files = [("files", (path.name, path.read_bytes())) for path in sorted((FOLDER / "enquete").glob("*.xlsx"))[:1]]
    answer = manager.post(f"/campagnes/{STUDY}/depots", data={"csrf": manager.csrf}, files=files)
    enough = shutil.disk_usage(site.settings.data_dir).free > deposits.SPARE_MB << 20
    assert answer.status_code == (303 if enough else 400)


def test_documents_and_backups_on_a_full_disk_are_there_whole_or_not_at_all(
    site: Site, disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    published(site.engine, "Publié", computed())
    sheet = read_sheet(site.engine, list_scenarios(site.engine)[0].key)
    ballast = full(disk, monkeypatch)
    for name in ("classeur.xlsx", "dossier.html", "preuves.zip"):
        with pytest.raises(RequestError) as caught:
            document(site.web, sheet, name)
        assert caught.value.code in ("document_disk", "signing_key_unusable")
    assert not [p for p in (disk / "documents").rglob("*") if p.is_file()] if (disk / "documents").exists() else True
    if ballast:
        with pytest.raises(Exception, match=r".*"):
            backup(site.engine, site.settings.data_dir, disk / "sauvegarde")
        assert not (disk / "sauvegarde").exists()
        ballast.unlink()
        started = time.monotonic()
        assert document(site.web, sheet, "classeur.xlsx").stat().st_size > 10_000
        assert time.monotonic() - started < 60


def test_a_folder_that_our_user_may_not_write_is_said_in_words(site: Site):
    manager = site.entered(site.account(Role.DIRECTION))
    for path in (site.settings.data_dir / "etudes", *(site.settings.data_dir / "etudes").rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
    depots = site.settings.data_dir / "depots"
    depots.mkdir(mode=0o555, exist_ok=True)
    manager.get("/sante")
    files = [("files", (path.name, path.read_bytes())) for path in sorted((FOLDER / "enquete").glob("*.xlsx"))[:1]]
    with as_nobody():
        answer = manager.post(f"/campagnes/{STUDY}/depots", data={"csrf": manager.csrf}, files=files)
    assert (answer.status_code, "n’accepte pas d’écriture" in answer.text) == (400, True)
    assert site.sql("SELECT count(*) FROM core.task") == [(0,)]
